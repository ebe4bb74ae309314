"""Articles out of files and of anything that yields records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from stancewire.data.files import Row, rows_of, text_of
from stancewire.data.tables import record_of_row
from stancewire.data.units import article_of_unit, is_unit_record
from stancewire.errors import DataError, found_expected
from stancewire.records import Article

Source = str | Path | Iterable[Mapping[str, Any]]
"""A file, a folder of texts, or records: a list of dicts, a ``datasets.Dataset``."""


def read_articles(source: Source) -> Iterator[Article]:
    """Yield the articles of ``source`` in NFC, with offsets that follow it.

    A file is read by its ending: ``.jsonl``, ``.jsonl.gz``, ``.jsonl.xz`` and ``.json`` hold one record a line;
    ``.csv`` and ``.parquet`` have the record's fields as columns (quotes, topics and targets as JSON strings, or
    nested in Parquet); a ``.txt`` file is one article, and so is each ``.txt`` file under a folder. Records are those
    of the codebook or single units (:mod:`stancewire.data.units`), told apart record by record. Rows of tables may
    lack an id: they get the file's name and their number.

    Args:
        source: a path, or an iterable of dicts such as a ``datasets.Dataset``.

    Raises:
        DataError: at the first thing that is wrong; the text names file, line, field, what was found and expected.
    """
    for article in scan_articles(source):
        if isinstance(article, DataError):
            raise article
        yield article


def read_text(raw: bytes, name: str) -> Article:
    """Return the article of a text that is not in a file, such as standard input, checked as a ``.txt`` file is.

    Args:
        raw: the whole text in UTF-8.
        name: what an error calls it; the article's id.

    Raises:
        DataError: it is empty, binary or not UTF-8.
    """
    return Article.from_dict({"id": name, "text": text_of(raw, name)}, name)


def scan_articles(source: Source) -> Iterator[Article | DataError]:
    """Yield the articles of ``source``, and an error in the place of each that cannot be read."""
    places: dict[str, str] = {}
    try:
        for row in _rows(source):
            article = article_of_row(row)
            if isinstance(article, Article):
                if (first := places.get(article.id)) is not None:
                    yield DataError(
                        found_expected(f"{row.where}: field id", article.id, f"another id than {first} has")
                    )
                    continue
                places[article.id] = row.where
            yield article
    except DataError as error:
        yield error


def _rows(source: Source) -> Iterator[Row]:
    if isinstance(source, str | Path):
        return rows_of(Path(source))
    if isinstance(source, Mapping):
        raise DataError(
            found_expected("source", list(source), "a file or a list of records; of a DatasetDict, one split")
        )
    return _records(source)


def _records(records: Iterable[Any]) -> Iterator[Row]:
    for number, record in enumerate(records, 1):
        where = f"record {number}"
        content = record_of_row(record, where, str(number)) if isinstance(record, Mapping) else record
        yield Row(where, content)


def article_of_row(row: Row) -> Article | DataError:
    """Return the article of a record of the codebook or of a single unit, or why it is none."""
    if isinstance(row.content, DataError):
        return row.content
    try:
        if is_unit_record(row.content):
            return article_of_unit(row.content, row.where)
        return Article.from_dict(row.content, row.where)
    except DataError as error:
        return error
