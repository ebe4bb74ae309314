"""``stancewire quotes`` and ``stancewire evaluate-quotes``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancewire.cli.progress import progress_bar, say

if TYPE_CHECKING:
    from stancewire.evaluation.quotes import Finder, QuoteScores
    from stancewire.records import Article, Quote

CORPUS = "corpus"
_SHOWN = 72


@click.command()
@click.argument("source", metavar="FILE|DIR|-")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "jsonl", "text"]),
    help="A table to read, JSON Lines (one article a line), or the text with its quotes marked.  "
    "[default: a table on a terminal, else jsonl]",
)
@click.option("--lang", help="Language of texts that do not say theirs, such as fr; guessed without it.")
def quotes(source: str, form: str | None, lang: str | None) -> None:
    """Find who said what: the quotes of articles and their speakers, without any model.

    FILE is a text (.txt) or records (.jsonl, .csv, .parquet, also .jsonl.gz and .jsonl.xz); DIR a folder of texts; -
    reads one text from standard input. Offsets count code points of the text as it was given; a quote that a reporting
    clause breaks has several spans. "entity" is the speaker's fullest mention: group by it.

    \b
    stancewire quotes story.txt
    stancewire quotes news.jsonl.xz --format jsonl | jq -r '.quotes[] | [.speaker.entity, .text] | @tsv'
    """  # noqa: D301 - click wants the character \b, not its escape
    from stancewire.data import read_articles, read_text
    from stancewire.inference.quotes import find_quotes

    form = form or ("table" if sys.stdout.isatty() else "jsonl")
    if isinstance(sys.stdout, TextIOWrapper) and form != "table":
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    articles = [read_text(sys.stdin.buffer.read(), "stdin")] if source == "-" else read_articles(source)
    for article in articles:
        found = find_quotes(article.text, article.lang or lang)
        if form == "jsonl":
            click.echo(json.dumps(_record(article, found), ensure_ascii=False))
        elif form == "text":
            click.echo(marked_text(article.text, found))
        else:
            _print_table(article, found)


def _record(article: Article, found: Sequence[Quote]) -> dict[str, Any]:
    """Return the JSON form, with the offsets of the text that was given."""
    back = article.given.to_original if article.given else None
    rows = []
    for quote in found:
        speaker: dict[str, Any] | None = None
        if quote.speaker and quote.speaker.span:
            span = back(quote.speaker.span) if back else quote.speaker.span
            speaker = {"text": quote.speaker.text, "span": list(span), "entity": quote.speaker.entity}
            speaker["probability"] = quote.speaker.probability
        spans = [list(back(span) if back else span) for span in quote.spans]
        text = quote.text_in(article.text)
        rows.append({"spans": spans, "text": text, "probability": quote.probability, "speaker": speaker})
    return {"id": article.id, "lang": article.lang, "quotes": rows}


def marked_text(text: str, found: Sequence[Quote]) -> str:
    """Return the text with each span between ⟦ and ⟧, and after a quote's last span its number and speaker."""
    pieces: list[str] = []
    at = 0
    for number, quote in enumerate(found, start=1):
        for index, (start, end) in enumerate(quote.spans):
            pieces += [text[at:start], "⟦", text[start:end], "⟧"]
            if index == len(quote.spans) - 1:
                name = (quote.speaker.entity or quote.speaker.text) if quote.speaker else "?"
                pieces.append(f"({number}: {name})")
            at = end
    return "".join([*pieces, text[at:]])


def _print_table(article: Article, found: Sequence[Quote]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(article.title or article.id), title_justify="left")
    for name in ("at", "speaker", "quote", "sure"):
        table.add_column(name, justify="right" if name in {"at", "sure"} else "left")
    for quote in found:
        words = " ".join(quote.text_in(article.text).split())
        said = words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
        name = (quote.speaker.entity or quote.speaker.text) if quote.speaker else "–"
        table.add_row(str(quote.spans[0][0]), Text(name), Text(said), f"{quote.probability or 0:.2f}")
    Console(highlight=False).print(table)


@click.command()
@click.argument("data", metavar="DATA", default=CORPUS)
@click.option("--split", default=None, help="Take the records of this split only [of the corpus: test].")
@click.option("--lang", default=None, help="Take the records in this language only, such as fr.")
@click.option(
    "--rival",
    "rivals",
    multiple=True,
    type=click.Choice(["regex", "textacy", "none"]),
    help="Score this one too: a naive regular expression, or textacy's direct_quotations (pip install textacy, and its "
    "spaCy models); may be repeated.  [default: regex, and textacy where it is installed]",
)
@click.option(
    "--json", "path", type=click.Path(path_type=Path, dir_okay=False), help="Write all counts and scores here."
)
def evaluate_quotes(data: str, split: str | None, lang: str | None, rivals: tuple[str, ...], path: Path | None) -> None:
    """Score the quote finder on the annotated quotes of DATA, beside simpler ones.

    DATA is a file of records or "corpus", the project's own. Spans: F1 of quotes whose spans are all exact (up to
    punctuation at their ends), and of those that overlap by at least .3 and .8 of their characters. Speakers, where
    spans overlap: the same words, overlapping words, the same entity. By language, kind of mark and place of the
    reporting clause (there: recall). Articles with "quotes_complete": false are counted apart, by recall.

    \b
    stancewire evaluate-quotes
    stancewire evaluate-quotes news.jsonl.xz --rival regex --json scores.json
    """  # noqa: D301 - click wants the character itself
    from stancewire.evaluation.quotes import score_quotes

    articles = _read(data, split, lang)
    systems = _systems(rivals, sorted({article.lang or "en" for article in articles}))
    scores = []
    with progress_bar("finding quotes", len(systems)) as advance:
        for name, find in systems.items():
            scores.append(score_quotes(articles, find, name))
            advance(1)
    for number, one in enumerate(scores):
        click.echo(score_table(one, whole=number == 0))
    if path:
        from stancewire.files import whole_file

        with whole_file(path) as partial:
            report = {"data": data, "split": split, "systems": [one.to_dict() for one in scores]}
            partial.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
        say(f"scores: {path}")


def _read(data: str, split: str | None, lang: str | None) -> list[Article]:
    from stancewire.data import load_corpus, read_articles
    from stancewire.errors import DataError

    if data == CORPUS:
        return load_corpus(split or "test", lang)
    articles = [a for a in read_articles(data) if lang in {None, a.lang} and split in {None, a.extra.get("split")}]
    if not any(article.quotes for article in articles):
        raise DataError(f"{data}: found no annotated quote, expected at least one")
    return articles


def _systems(rivals: Sequence[str], languages: Sequence[str]) -> dict[str, Finder]:
    """Return the finders by name, ours first; what is asked for and not installed is an error."""
    from stancewire.errors import ConfigError
    from stancewire.evaluation.quote_rivals import naive, textacy_finder
    from stancewire.inference.quotes import find_quotes

    systems: dict[str, Finder] = {"stancewire": find_quotes}
    if "regex" in rivals or not rivals:
        systems["regex"] = naive
    if "textacy" in rivals or not rivals:
        try:
            systems["textacy"] = textacy_finder(languages)
        except ConfigError as error:
            if rivals:
                raise
            say(f"left out: {error}")
    return systems


def score_table(scores: QuoteScores, *, whole: bool) -> str:
    """Return the scores as lines of text; only the overall one and the languages unless ``whole``."""
    failed = f", {scores.failed} failed" if scores.failed else ""
    lines = [
        f"{scores.system}: {scores.articles:,} articles with all quotes annotated{failed}",
        f"{'':20} {'gold':>6} {'found':>6} {'exact':>6} {'≥ .3':>6} {'≥ .8':>6} | "
        f"{'speaker':>7} {'exact':>6} {'overl.':>6} {'entity':>6}",
    ]
    for (kind, value), counts in scores.slices.items():
        if whole or kind in {"all", "lang"}:
            row = counts.to_dict()
            names = ("exact_f1", "overlap_f1", "overlap_most_f1")
            spans = " ".join(_number(row[name]) for name in names)
            judged = " ".join(_number(row[f"speaker_{name}_accuracy"]) for name in ("exact", "overlap", "entity"))
            title = value if kind == value else f"{kind} {value}"
            lines.append(f"{title:20} {counts.gold:6} {counts.found:6} {spans} | {counts.speakers:7} {judged}")
    return "\n".join([*lines, ""])


def _number(value: float | None) -> str:
    return "     –" if value is None else f"{value:6.3f}"
