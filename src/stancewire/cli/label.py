"""``stancewire label``."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancewire.cli.progress import progress_bar, say
from stancewire.errors import DataError

if TYPE_CHECKING:
    from stancewire.predictions import Prediction, TopicPrediction
    from stancewire.records import Article

FORMATS = ("table", "jsonl", "csv", "parquet")


@click.command()
@click.argument("source", metavar="FILE|DIR|-")
@click.option("--model", default=None, help="A checkpoint folder, or a name on the Hugging Face Hub [the shipped one].")
@click.option("--format", "form", type=click.Choice(FORMATS), help="[table on a terminal, jsonl in a pipe or a file]")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write here, whole or not at all.")
@click.option("--target", "targets", multiple=True, help="An open target to ask about, in any language; may be repeated.")
@click.option("--quotes", type=click.Choice(["find", "given"]), default="find", help="Find quotes, or take the record's.")
@click.option("--lang", default=None, help="Language of texts that do not say theirs, such as fr.")
def label(
    source: str,
    model: str | None,
    form: str | None,
    output: Path | None,
    targets: tuple[str, ...],
    quotes: str,
    lang: str | None,
) -> None:
    """Label articles and the quotes in them by topic and stance.

    FILE is a text (.txt), or records (.jsonl, .csv, .parquet, also .gz and .xz); DIR a folder of them; - reads one
    text from standard input. The stance of an article is the outlet's own voice, that of a quote its speaker's.

    \b
    stancewire label story.txt
    stancewire label news.jsonl --format csv -o labels.csv
    cat story.txt | stancewire label - --target "closer ties with Japan" | jq .targets
    """
    articles = list(_articles(source, lang))
    form = form or ("table" if sys.stdout.isatty() and output is None else "jsonl")
    if form == "parquet" and output is None:
        raise click.UsageError("--format parquet needs --output FILE: it is not for a terminal or a pipe")
    from stancewire.inference.predictor import Predictor

    predictor = Predictor.load(model)
    with progress_bar("labelling", len(articles)) as advance:
        results = predictor.iter_predict(articles, quotes="given" if quotes == "given" else "find", targets=targets, progress=advance)
        if output is None:
            _print(results, form, articles)
            return
        from stancewire.models.files import whole_file

        output.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(output) as partial:
            _write(list(results), form, partial, articles)
    say(f"{len(articles)} articles: {output}")


def _articles(source: str, lang: str | None) -> Iterator[Article]:
    """Read what is to be labelled; texts without a language take ``lang``."""
    from dataclasses import replace

    from stancewire.data import read_articles, read_text

    found: Iterator[Article] = (
        iter([read_text(sys.stdin.buffer.read(), "standard input")]) if source == "-" else iter(read_articles(source))
    )
    count = 0
    for article in found:
        count += 1
        yield replace(article, lang=lang) if lang and article.lang is None else article
    if not count:
        raise DataError(f"{source}: found no article, expected at least one")


def _print(results: Iterator[Prediction], form: str, articles: Sequence[Article]) -> None:
    if form == "jsonl":
        for prediction in results:
            click.echo(json.dumps(prediction.to_dict(), ensure_ascii=False))
    elif form == "csv":
        click.echo(_csv(list(results)), nl=False)
    else:
        from rich.console import Console

        # A pipe has no width of its own; 120 columns read well in a log.
        console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
        for number, (prediction, article) in enumerate(zip(results, articles, strict=True)):
            if number:
                console.print()
            _table(console, prediction, article)


def _write(results: list[Prediction], form: str, path: Path, articles: Sequence[Article]) -> None:
    if form == "jsonl":
        lines = (json.dumps(prediction.to_dict(), ensure_ascii=False) + "\n" for prediction in results)
        path.write_text("".join(lines), "utf-8")
    elif form == "csv":
        path.write_text(_csv(results), "utf-8")
    elif form == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(_rows(results)), path)
    else:
        from rich.console import Console

        with path.open("w", encoding="utf-8") as file:
            console = Console(file=file, width=120, highlight=False)
            for prediction, article in zip(results, articles, strict=True):
                _table(console, prediction, article)


def _rows(results: Sequence[Prediction]) -> list[dict[str, Any]]:
    """Return one flat row a unit: the article, then its quotes."""
    rows = []
    for prediction in results:
        units: list[tuple[str, Any]] = [("article", prediction), *((f"{i}", q) for i, q in enumerate(prediction.quotes))]
        for name, unit in units:
            quote = unit if name != "article" else None
            index = "article" if quote is None else int(name)
            row: dict[str, Any] = {
                "id": prediction.id,
                "lang": prediction.lang,
                "unit": name,
                "start": quote.spans[0][0] if quote else None,
                "end": quote.spans[-1][1] if quote else None,
                "text": quote.text if quote else None,
                "speaker": quote.speaker.text if quote and quote.speaker else None,
            }
            for topic, found in unit.topics.items():
                row |= {
                    f"{topic}_on": found.on,
                    f"{topic}_probability": round(found.probability, 4),
                    f"{topic}_stance": found.stance,
                    f"{topic}_stance_probability": round(found.stances[found.stance], 4),
                }
            for target in prediction.targets:
                if target.unit == index:
                    row |= {
                        f"target:{target.target}": target.stance,
                        f"target:{target.target}:relevance": round(target.relevance, 4),
                    }
            rows.append(row)
    return rows


def _csv(results: Sequence[Prediction]) -> str:
    rows = _rows(results)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


_COLOURS = {"support": "green", "oppose": "red", "neutral": "cyan"}
_SIGNS = {"support": "+", "oppose": "−", "neutral": "○", "unrelated": " "}


def _table(console: Any, prediction: Prediction, article: Article) -> None:  # noqa: ANN401 - rich is loaded late
    """Print one article: the outlet's voice first, then who says what, then the open targets."""
    from rich.table import Table
    from rich.text import Text

    title = article.title or next((line for line in article.text.splitlines() if line.strip()), "")
    heading = Text(f"{prediction.id}", style="bold")
    heading.append(f"  {title[:100]}", style="")
    console.print(heading)
    table = Table(show_lines=False, expand=False, pad_edge=False)
    table.add_column("who")
    table.add_column("says", ratio=1, overflow="fold")
    for topic in prediction.topics:
        table.add_column(topic, no_wrap=True)
    table.add_row("the outlet", Text("(its own voice)", style="dim"), *(_cell(t) for t in prediction.topics.values()))
    for quote in prediction.quotes:
        who = quote.speaker.text if quote.speaker else "(nobody named)"
        table.add_row(Text(who), Text(quote.text), *(_cell(t) for t in quote.topics.values()))
    console.print(table)
    for target in prediction.targets:
        unit = "the outlet" if target.unit == "article" else f"quote {int(target.unit) + 1}"
        sign = _SIGNS[target.stance]
        console.print(f"  {sign} {target.stance} {target.relevance:.2f}  {unit} on “{target.target}”", markup=False)


def _cell(topic: TopicPrediction) -> Any:  # noqa: ANN401 - rich is loaded late
    """Return a topic's cell: sign, stance and its probability, and the topic's own; a dot where it is off."""
    from rich.text import Text

    if not topic.on:
        return Text(f"· {topic.probability:.2f}", style="dim")
    stance = topic.stance
    text = Text(f"{_SIGNS[stance]} {stance} {topic.stances[stance]:.2f}", style=_COLOURS[stance])
    return text.append(f" / {topic.probability:.2f}", style="dim")
