"""Results as rows of a table, one a unit: the columns of CSV, of Parquet and of data frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stancewire.predictions import Prediction, QuotePrediction, TopicPrediction
from stancewire.records import Unit


def flat_schema(topics: Sequence[str], targets: Sequence[str]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the columns of :func:`flat_rows`; what stands in the rows would leave a column without words untyped."""
    import pyarrow as pa

    text, number = pa.string(), pa.float64()
    columns = {"id": text, "lang": text, "unit": text, "start": pa.int64(), "end": pa.int64()}
    columns |= {"text": text, "speaker": text}
    for topic in topics:
        columns |= {f"{topic}_on": pa.bool_(), f"{topic}_probability": number, f"{topic}_stance": text}
        columns |= {f"{topic}_stance_probability": number, f"{topic}_abstained": text}
    for target in targets:
        columns |= {f"target:{target}": text, f"target:{target}:relevance": number}
        columns |= {f"target:{target}:stance_probability": number}
    return pa.schema(columns)


def flat_rows(results: Iterable[Prediction]) -> Iterator[dict[str, Any]]:
    """Yield one flat row a unit: the article, then its quotes.

    ``unit`` is ``article`` or the number of the quote; ``start`` and ``end`` are those of the whole quote, parts of
    other voices between its spans included. A topic that is off has no stance. All rows of one labelling have the same
    columns.
    """
    for prediction in results:
        yield _flat_row(prediction, "article", prediction.topics)
        for number, quote in enumerate(prediction.quotes):
            yield _flat_row(prediction, number, quote.topics, quote)


def _flat_row(
    prediction: Prediction, unit: Unit, topics: Mapping[str, TopicPrediction], quote: QuotePrediction | None = None
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": prediction.id,
        "lang": prediction.lang,
        "unit": str(unit),
        "start": quote.spans[0][0] if quote else None,
        "end": quote.spans[-1][1] if quote else None,
        "text": quote.text if quote else None,
        "speaker": quote.speaker.text if quote and quote.speaker else None,
    }
    for topic, found in topics.items():
        row[f"{topic}_on"] = found.on
        row[f"{topic}_probability"] = round(found.probability, 4)
        row[f"{topic}_stance"] = found.stance if found.on else None
        row[f"{topic}_stance_probability"] = round(found.stances[found.stance], 4) if found.on else None
        row[f"{topic}_abstained"] = found.abstained
    for answer in prediction.targets:
        if answer.unit == unit:
            row[f"target:{answer.target}"] = answer.stance
            row[f"target:{answer.target}:relevance"] = round(answer.relevance, 4)
            related = answer.stances.get(answer.stance)  # "unrelated" is no stance
            row[f"target:{answer.target}:stance_probability"] = related and round(related, 4)
    return row
