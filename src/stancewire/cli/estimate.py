"""``stancewire estimate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancewire.errors import DataError

if TYPE_CHECKING:
    from stancewire.predictions import Prediction

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("predictions", metavar="PREDICTIONS", type=FILE)
@click.option(
    "--labelled",
    required=True,
    metavar="FILE",
    type=FILE,
    help="Labelled records of some of the same articles: draw them by chance, or the interval says nothing.",
)
@click.option("--topic", required=True, help="The topic whose share is asked for, such as sanctions.")
@click.option(
    "--stance",
    default="support",
    show_default=True,
    type=click.Choice(["support", "oppose", "neutral", "on"]),
    help="The side that is counted; on counts what is about the topic, whatever its side.",
)
@click.option(
    "--unit",
    "kind",
    default="quote",
    show_default=True,
    type=click.Choice(["article", "quote"]),
    help="Count articles (the outlet's voice) or quotes (their speakers').",
)
@click.option(
    "--of",
    "whole",
    default="topic",
    show_default=True,
    type=click.Choice(["topic", "all"]),
    help="The share among the units about the topic, or among all units.",
)
@click.option(
    "--by",
    default=None,
    type=click.Choice(["lang", "speaker", "outlet", "form", "week", "month", "year"]),
    help="Estimate each group too. Outlet, form and time stand in records: name them with --records.",
)
@click.option(
    "--records", default=None, metavar="FILE", type=FILE, help="The articles that were labelled by the model."
)
@click.option("--plot", default=None, metavar="FILE.svg", type=FILE, help="Draw the shares with their intervals.")
def estimate(
    predictions: Path,
    labelled: Path,
    topic: str,
    stance: str,
    kind: str,
    whole: str,
    by: str | None,
    records: Path | None,
    plot: Path | None,
) -> None:
    """Estimate the share of units that take a side, from many predictions and a few labels.

    PREDICTIONS is what stancewire label wrote as JSON Lines. Counting it repeats the model's errors however much is
    counted; here the errors on the labelled sample correct the count (prediction-powered inference), and the interval
    covers the true share in 95 of 100 cases. The page is Markdown: the naive count, the labels alone, and the share.

    \b
    stancewire label news.jsonl -o answers.jsonl
    stancewire estimate answers.jsonl --labelled sample.jsonl --topic sanctions --by month --records news.jsonl
    """  # noqa: D301 - click wants the character itself
    from stancewire.data import read_articles
    from stancewire.evaluation.estimate import estimate_groups
    from stancewire.evaluation.pages import shares_page
    from stancewire.evaluation.population import OF_RECORDS, Question, groups_of, population_of
    from stancewire.evaluation.report import write_text
    from stancewire.evaluation.svg import shares_plot

    answers = _read(predictions)
    sample = list(read_articles(labelled))
    known = {article.id: article for article in sample}
    if records:
        known = {article.id: article for article in read_articles(records)} | known
    elif by in OF_RECORDS:
        raise DataError(f"--by {by}: predictions do not hold it; name the articles with --records FILE")
    question = Question(kind, topic, stance, whole == "topic")
    population = population_of(answers, sample, known, question)
    groups = groups_of(answers, known, kind, by) if by else [""] * len(population.story)
    shares = estimate_groups(population, groups)
    click.echo(shares_page(shares, question))
    if plot:
        write_text(plot, shares_plot(shares, f"{topic}={stance}, {kind}s"))


def _read(path: Path) -> list[Prediction]:
    """Read JSON Lines as ``stancewire label`` writes them."""
    from stancewire.data.files import rows_of
    from stancewire.predictions import Prediction

    found = []
    for row in rows_of(path):
        if isinstance(row.content, DataError):
            raise row.content
        try:
            found.append(Prediction.from_dict(row.content))
        except DataError as error:
            raise DataError(f"{row.where}: {error}") from error
    return found
