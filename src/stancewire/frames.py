"""A pandas DataFrame of articles in, a DataFrame of labels out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa

from stancewire.data.tables import record_of_row
from stancewire.errors import DataError, found_expected
from stancewire.inference.predictor import Predictor, default_predictor
from stancewire.records import Article
from stancewire.rows import flat_rows, flat_schema

OPTIONAL = ("id", "title", "lang", "quotes")
"""Columns that are read beside the text, where the frame has them."""


def label_frame(
    frame: pd.DataFrame,
    text: str = "text",
    *,
    predictor: Predictor | None = None,
    quotes: Literal["find", "given"] = "find",
    targets: Sequence[str] = (),
    max_error: float | None = None,
    held_out: str | Path | None = None,
) -> pd.DataFrame:
    """Label the articles of a frame, one a row.

    The answer has one row for each article's own voice (``unit`` is ``"article"``), then one for each of its quotes
    (``unit`` is ``"0"``, ``"1"``, …), in the columns that ``stancewire label --format csv`` writes. Its index is that
    of ``frame``, each label as often as it has units, so that either joins the other.

    Args:
        frame: its columns ``id``, ``title``, ``lang`` and ``quotes`` are read as those of a Parquet file are, where
            it has them; the id is the index label where it has none.
        text: the column of texts.
        predictor: the model; the shipped one, loaded once, by default.
        quotes: ``find`` looks for quotes in the text; ``given`` takes those of the column ``quotes``.
        targets: open targets, to be answered for the article and for each quote.
        max_error: the share of answers on topics that may be wrong (:meth:`Predictor.predict`).
        held_out: the report that says how sure an answer must be for it.

    Returns:
        A new frame; offsets are those of the texts that were given.

    Raises:
        DataError: there is no column of texts, the index has a label twice, or a row is no article.

    Examples:
        >>> labels = label_frame(frame, targets=["closer ties with Japan"])
        >>> labels[labels.unit != "article"].groupby("speaker").defense_stance.value_counts()
        >>> labels.join(frame[["outlet", "date"]])
    """
    if quotes == "given" and "quotes" not in frame:
        raise DataError(found_expected("frame", list(frame.columns), "a column quotes, or quotes='find'"))
    articles = list(_articles(frame, text))
    predictor = predictor or default_predictor()
    targets = [targets] if isinstance(targets, str) else list(dict.fromkeys(targets))
    results = predictor.predict(articles, quotes, targets, max_error=max_error, held_out=held_out)
    schema = flat_schema([topic.name for topic in predictor.labels.topics], targets)
    table = pa.Table.from_pylist(list(flat_rows(results)), schema=schema)
    # Offsets are whole numbers, also beside an article, which has none.
    labels: pd.DataFrame = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    labels.index = frame.index.repeat([1 + len(prediction.quotes) for prediction in results])
    return labels


def _articles(frame: pd.DataFrame, text: str) -> Iterator[Article]:
    """Yield the article of each row, checked as a row of a Parquet file is."""
    if text not in frame:
        raise DataError(found_expected("frame", list(frame.columns), f"a column {text}"))
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()].tolist()[0]
        raise DataError(found_expected("frame: index", twice, "each label once; frame.reset_index() makes it so"))
    columns = [text, *(name for name in OPTIONAL if name in frame and name != text)]
    try:
        # Arrow makes what a row of Parquet gives: None for NaN, lists for arrays, numbers of Python.
        rows = pa.Table.from_pandas(frame[columns].rename(columns={text: "text"}), preserve_index=False).to_pylist()
    except (pa.ArrowException, ValueError) as error:
        # What stands before the last of its arguments may be a whole text.
        rule = "each column needs a name of its own and values of one kind"
        raise DataError(f"frame: {error.args[-1]}; {rule}") from error
    for label, row in zip(frame.index, rows, strict=True):
        where = f"row {label!r}"
        record = record_of_row(row, where, str(label))
        if isinstance(record, DataError):
            raise record
        yield Article.from_dict(record, where)
