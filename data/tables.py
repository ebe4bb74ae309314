"""Records as rows of a table, for ``datasets``, Parquet and CSV, whose columns have one type each.

In a table the topics are a list of ``{topic, stance}``, a target's ``unit`` is a string, and nested columns may also
be JSON strings; ``record_of_row`` turns all of that into the record of the codebook.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from stancewire.errors import DataError, found_expected
from stancewire.records import Article, Quote

if TYPE_CHECKING:
    from datasets import Features

NESTED = ("quotes", "topics", "targets", "unknown")


def record_of_row(row: Mapping[str, Any], where: str, fallback_id: str) -> dict[str, Any] | DataError:
    """Return the record of the codebook that a row of a table stands for.

    Args:
        row: column to value.
        where: the place that an error names.
        fallback_id: the id of a row that has none.

    Returns:
        The record, not yet checked, or the error if a nested column holds bad JSON.
    """
    record = {name: _plain(value) for name, value in row.items()}
    if record.get("id") in (None, ""):
        record["id"] = fallback_id
    for name in NESTED:
        value = record.get(name)
        if isinstance(value, str):
            try:
                record[name] = json.loads(value) if value.strip() else None
            except ValueError as error:
                return DataError(found_expected(f"{where}: field {name}", value, f"JSON ({error})"))
    record["topics"] = _topics(record.get("topics"))
    if isinstance(record.get("quotes"), list):
        record["quotes"] = [_quote(quote) for quote in record["quotes"]]
    if isinstance(record.get("targets"), list):
        record["targets"] = [_target(target) for target in record["targets"]]
    return record


def _plain(value: Any) -> Any:  # noqa: ANN401 - any column
    if isinstance(value, datetime):
        return value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _topics(value: Any) -> Any:  # noqa: ANN401 - whatever stands there; Article.from_dict judges it
    """Return topic to stance; a struct column names every topic in every row, null where it is off."""
    if isinstance(value, list) and all(
        isinstance(pair, Mapping) and {"topic", "stance"} <= pair.keys() for pair in value
    ):
        return {pair["topic"]: pair["stance"] for pair in value}
    if isinstance(value, Mapping):
        return {topic: stance for topic, stance in value.items() if stance is not None}
    return value


def _quote(value: Any) -> Any:  # noqa: ANN401 - see _topics
    return {**value, "topics": _topics(value.get("topics"))} if isinstance(value, Mapping) else value


def _target(value: Any) -> Any:  # noqa: ANN401 - see _topics
    if isinstance(value, Mapping) and isinstance(unit := value.get("unit"), str) and unit.isdecimal():
        return {**value, "unit": int(unit)}
    return value


def row_of_article(article: Article) -> dict[str, Any]:
    """Return the row of an article of the corpus, as :func:`features` describes it; ``record_of_row`` turns it back."""
    return {
        "id": article.id,
        "lang": article.lang,
        "date": article.date,
        "source": article.source,
        "title": article.title,
        "text": article.text,
        "topics": _pairs(article.topics),
        "quotes": [_quote_row(quote) for quote in article.quotes],
        "targets": [{"unit": str(t.unit), "target": t.target, "stance": t.stance} for t in article.targets],
        **article.extra,
    }


def _pairs(topics: Mapping[str, str] | None) -> list[dict[str, str]] | None:
    return None if topics is None else [{"topic": topic, "stance": stance} for topic, stance in topics.items()]


def _quote_row(quote: Quote) -> dict[str, Any]:
    speaker = quote.speaker and {"text": quote.speaker.text, "span": quote.speaker.span and list(quote.speaker.span)}
    return {"spans": [list(span) for span in quote.spans], "speaker": speaker, "topics": _pairs(quote.topics)}


def features() -> Features:
    """Return the schema of the corpus as ``datasets`` serves it."""
    from datasets import Features, List, Value

    text = Value("string")
    topics = List({"topic": text, "stance": text})
    quote = {
        "spans": List(List(Value("int32"))),
        "speaker": {"text": text, "span": List(Value("int32"))},
        "topics": topics,
    }
    return Features(
        dict.fromkeys(("id", "lang", "date", "source", "title", "text"), text)
        | {"topics": topics, "quotes": List(quote), "targets": List({"unit": text, "target": text, "stance": text})}
        | {"kind": text, "split": text, "set": Value("int32")}
    )
