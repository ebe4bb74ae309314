"""``stancewire data``: check labelled files, build the project's corpus, write its card's counts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancewire.errors import DataError

if TYPE_CHECKING:
    from rich.table import Table

    from stancewire.data.check import CheckReport
    from stancewire.data.counts import Counts

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data/corpus"),
    show_default=True,
    help="The corpus folder of the repository.",
)


@click.group()
def data() -> None:
    """Check labelled files and build the project's corpus."""


@data.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Count the labels of FILES and look for faults and duplicates.

    A record's split is its field `split`, or the file's name (news.train.jsonl). Records that cannot be read, and
    texts that stand in two splits, make the exit code 2; near duplicates are warnings.
    """
    from rich.console import Console

    from stancewire.data.check import check_files

    report = check_files(files)
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 10_000  # a pipe has no width: no line is to be broken
    if report.counts.units:
        console.print(_unit_table(report.counts))
        console.print()
        console.print(_label_table(report.counts))
    _print_complaints(report)
    problems = [
        (len(report.faults), "records or files cannot be read"),
        (len(report.leaks), "texts stand in two splits"),
    ]
    if summary := ", ".join(f"{number} {what}" for number, what in problems if number):
        raise DataError(summary)


@data.command("build-corpus")
@_FOLDER
def build(folder: Path) -> None:
    """Compile the authoring texts into corpus.jsonl.xz, or list all their faults."""
    from stancewire.data.build import CORPUS_FILE, build_corpus, write_corpus

    articles = build_corpus(folder)
    write_corpus(articles, folder / CORPUS_FILE)
    quotes = sum(len(article.quotes) for article in articles)
    click.echo(f"{folder / CORPUS_FILE}: {len(articles):,} articles, {quotes:,} quotes")


@data.command()
@_FOLDER
def card(folder: Path) -> None:
    """Write the counts of corpus.jsonl.xz into the data card, README.md."""
    from stancewire.data.build import CORPUS_FILE
    from stancewire.data.card import write_card
    from stancewire.data.readers import read_articles

    write_card(folder / "README.md", list(read_articles(folder / CORPUS_FILE)))
    click.echo(f"{folder / 'README.md'}: counts written")


def _unit_table(counts: Counts) -> Table:
    table, splits = _split_table("language, unit", counts)
    for lang, unit in sorted({(lang, unit) for _, lang, unit in counts.units}):
        _add(table, f"{lang} {unit}", [counts.units.get((split, lang, unit), 0) for split in splits])
    for unit in sorted({unit for *_, unit in counts.units}):
        sums = [sum(n for (s, _, u), n in counts.units.items() if (s, u) == (split, unit)) for split in splits]
        _add(table, f"all {unit}", sums)
    return table


def _label_table(counts: Counts) -> Table:
    table, splits = _split_table("unit, topic, stance", counts)
    for unit, topic, stance in sorted({(unit, topic, stance) for _, unit, topic, stance in counts.labels}):
        numbers = [counts.labels.get((split, unit, topic, stance), 0) for split in splits]
        _add(table, f"{unit} {topic} {stance}".rstrip(), numbers)
    return table


def _split_table(first: str, counts: Counts) -> tuple[Table, list[str]]:
    """Return a table with a column for each split, and the splits."""
    from rich.table import Table

    splits = sorted({split for split, *_ in counts.units}, key=_split_order)
    table = Table(box=None, pad_edge=False)
    table.add_column(first)
    for split in splits:
        table.add_column("units" if split == "-" else split, justify="right")
    return table, splits


def _split_order(split: str) -> tuple[int, str]:
    known = ("train", "dev", "test")
    return (known.index(split) if split in known else len(known), split)


def _add(table: Table, name: str, numbers: list[int]) -> None:
    table.add_row(name, *(f"{number:,}" if number else "-" for number in numbers))


def _print_complaints(report: CheckReport) -> None:
    for fault in report.faults:
        click.echo(f"error: {fault}", err=True)
    for pair in report.duplicates:
        level = "error" if pair.leaks else "warning"
        what = "the same text" if pair.exact else f"nearly the same text ({pair.similarity:.2f})"
        click.echo(f"{level}: {what}: {pair.first} and {pair.second}", err=True)
