"""Results as JSON Lines, CSV, Parquet, or a table for people."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stancewire.predictions import Prediction, TargetPrediction, TopicPrediction
from stancewire.records import Article, Speaker
from stancewire.rows import flat_rows, flat_schema

FORMATS = ("table", "jsonl", "csv", "parquet")
ROW_GROUP = 10_000
"""Rows of a Parquet file that are held and written together."""
PIPE_WIDTH = 120
"""Columns of a table where there is no terminal to ask: it reads well in a log."""

_COLOURS = {"support": "green", "oppose": "red", "neutral": "cyan"}
_SIGNS = {"support": "+", "oppose": "−", "neutral": "○", "unrelated": "·"}


def print_results(results: Iterable[Prediction], articles: Sequence[Article], form: str, stream: TextIO) -> None:
    """Write results as text; JSON Lines and tables one by one, as they come.

    Args:
        results: one an article.
        articles: what was labelled, in the same order.
        form: ``jsonl``, ``csv`` or ``table``.
        stream: where to.
    """
    if form == "jsonl":
        for prediction in results:
            stream.write(json.dumps(prediction.to_dict(), ensure_ascii=False) + "\n")
            stream.flush()
    elif form == "csv":
        _print_csv(flat_rows(results), stream)
    else:
        console = Console(file=stream, width=None if stream.isatty() else PIPE_WIDTH, highlight=False)
        for number, (prediction, article) in enumerate(zip(results, articles, strict=True)):
            if number:
                console.print()
            _print_article(console, prediction, article)


def write_parquet(results: Iterable[Prediction], topics: Sequence[str], targets: Sequence[str], path: Path) -> None:
    """Write results as a Parquet file with the columns of :func:`stancewire.rows.flat_rows`, typed alike in every file.

    Args:
        results: as they come; a few are held at a time.
        topics: of the label set, in order.
        targets: open targets that were asked, in order.
        path: where to.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = flat_schema(topics, targets)
    rows = flat_rows(results)
    with pq.ParquetWriter(path, schema) as writer:
        while block := list(islice(rows, ROW_GROUP)):
            writer.write_table(pa.Table.from_pylist(block, schema=schema))


def _print_csv(rows: Iterator[dict[str, Any]], stream: TextIO) -> None:
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(stream, fieldnames=list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)


def _print_article(console: Console, prediction: Prediction, article: Article) -> None:
    """Print one article: the outlet's voice first, then who says what, then the open targets."""
    title = article.title or next((line for line in article.text.splitlines() if line.strip()), "")
    console.print(Text.assemble((prediction.id, "bold"), f"  {title.strip()[:100]}"))
    table = Table()
    table.add_column("unit", justify="right")
    table.add_column("who")
    table.add_column("says", ratio=1, overflow="fold")
    for topic in prediction.topics:
        table.add_column(Text(topic), no_wrap=True)
    table.add_row("article", "the outlet", Text("(its own voice)", "dim"), *map(_cell, prediction.topics.values()))
    for number, quote in enumerate(prediction.quotes):
        table.add_row(str(number), _who(quote.speaker), Text(quote.text), *map(_cell, quote.topics.values()))
    console.print(table)
    for answer in prediction.targets:
        console.print(_answer(answer))


def _who(speaker: Speaker | None) -> Text:
    """Return the words that name a speaker, and under them the fullest name of the same one where it is another."""
    if speaker is None:
        return Text("(nobody named)", "dim")
    text = Text(speaker.text)
    if speaker.entity and speaker.entity.casefold() != speaker.text.casefold():
        text.append(f"\n= {speaker.entity}", "dim")
    return text


def _cell(topic: TopicPrediction) -> Text:
    """Return a topic's cell: sign, stance, its probability and the topic's own; · where it is off, ? where unsure."""
    if topic.abstained:
        return Text(f"? {topic.probability:.2f}", "dim")
    if not topic.on:
        return Text(f"· {topic.probability:.2f}", "dim")
    stance = topic.stance
    text = Text(f"{_SIGNS[stance]} {stance} {topic.stances[stance]:.2f}", _COLOURS[stance])
    return text.append(f" / {topic.probability:.2f}", "dim")


def _answer(answer: TargetPrediction) -> Text:
    unit = "article" if answer.unit == "article" else f"quote {answer.unit}"
    line = f"  {_SIGNS[answer.stance]} {answer.stance} {answer.relevance:.2f}  {unit} on “{answer.target}”"
    return Text(line, _COLOURS.get(answer.stance, "dim"))
