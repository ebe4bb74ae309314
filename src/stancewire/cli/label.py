"""``stancewire label``."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancewire.cli.options import labelling
from stancewire.cli.progress import progress_bar, say
from stancewire.cli.rendering import FORMATS, print_results, write_parquet
from stancewire.errors import DataError, found_expected

if TYPE_CHECKING:
    from stancewire.predictions import Prediction
    from stancewire.records import Article


@click.command()
@click.argument("source", metavar="FILE|DIR|-")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="[default: as --output ends; a table on a terminal, else jsonl]",
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write here, whole or not at all."
)
@click.option(
    "--html",
    "page_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page to look at: one HTML file that loads nothing. Without --output or --format, only that.",
)
@labelling
def label(
    source: str,
    model: str | None,
    form: str | None,
    output: Path | None,
    page_path: Path | None,
    targets: tuple[str, ...],
    quotes: str,
    max_error: float | None,
    held_out: Path | None,
    lang: str | None,
) -> None:
    """Label articles and the quotes in them by topic and stance.

    FILE is a text (.txt), or records (.jsonl, .csv, .parquet, also .jsonl.gz and .jsonl.xz); DIR a folder of texts;
    - reads one text from standard input. The stance of an article is the outlet's own voice, that of a quote its
    speaker's. All of it is read before anything is labelled, so that a bad record ends the command at once.

    \b
    stancewire label story.txt
    stancewire label news.jsonl -o labels.csv
    stancewire label news/ --html news.html
    cat story.txt | stancewire label - --target "closer ties with Japan" | jq .targets
    """  # noqa: D301 - click wants the character \b, not its escape
    asked, form = form, form or _form(output)
    if form == "parquet" and output is None:
        raise click.UsageError("--format parquet needs --output FILE: it is not for a terminal or a pipe")
    if any(not target.strip() for target in targets):
        raise DataError(found_expected("--target", "", "a phrase or a proposition"))
    articles = _articles(source, lang)
    if quotes == "given" and not any(article.quotes for article in articles):
        raise DataError(f"{source}: no record brings quotes; leave --quotes given out, and they are looked for")
    from stancewire.inference.predictor import Predictor

    predictor = Predictor.load(model)
    with (
        _destination(output) as path,
        _destination(page_path) as page,
        progress_bar("labelling", len(articles)) as advance,
    ):
        results = predictor.iter_predict(
            articles,
            "given" if quotes == "given" else "find",
            tuple(dict.fromkeys(targets)),
            advance,
            max_error,
            held_out,
        )
        if page:
            results = _with_page(results, articles, page)
        if path is None and page and not asked:
            deque(results, maxlen=0)  # the page is all that was asked for
        elif path is None:
            if form != "table" and isinstance(sys.stdout, TextIOWrapper):
                # Records are UTF-8 whatever the locale is; a table is for the eyes at this terminal.
                sys.stdout.reconfigure(encoding="utf-8", newline="\n")
            print_results(results, articles, form, sys.stdout)
        elif form == "parquet":
            topics = [topic.name for topic in predictor.labels.topics]
            write_parquet(results, topics, tuple(dict.fromkeys(targets)), path)
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                print_results(results, articles, form, file)
    for written in (output, page_path):
        if written:
            say(f"{written}: {len(articles):,} article{'s' * (len(articles) != 1)}")


def _form(output: Path | None) -> str:
    """Return the format that a user means who names none."""
    if output is None:
        return "table" if sys.stdout.isatty() else "jsonl"
    ending = output.suffix.lower().removeprefix(".")
    return ending if ending in FORMATS else "jsonl"


def _with_page(results: Iterable[Prediction], articles: Sequence[Article], path: Path) -> Iterator[Prediction]:
    """Yield the results as they come, and write them as a page when all are there."""
    from stancewire.page import page

    kept = []
    for prediction in results:
        kept.append(prediction)
        yield prediction
    path.write_text(page(list(zip(articles, kept, strict=True))), "utf-8")


def _articles(source: str, lang: str | None) -> list[Article]:
    """Read what is to be labelled; texts without a language take ``lang``."""
    from dataclasses import replace

    from stancewire.data import read_articles, read_text

    articles = [read_text(sys.stdin.buffer.read(), "stdin")] if source == "-" else list(read_articles(source))
    return [replace(article, lang=article.lang or lang) for article in articles]


@contextmanager
def _destination(output: Path | None) -> Iterator[Path | None]:
    """Give the path to write to, which becomes ``output`` when the block ends well; none for standard output."""
    if output is None:
        yield None
        return
    from stancewire.files import whole_file

    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(output) as partial:
            partial.touch()  # a folder that cannot be written to is told now, not after the labelling
            yield partial
    except OSError as error:
        raise DataError(f"{output}: cannot be written ({error.strerror or error})") from error
