"""``stancewire data``: check, audit and split labelled files, build the project's corpus, count it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancewire.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from rich.table import Table

    from stancewire.data.check import CheckReport
    from stancewire.data.counts import Counts
    from stancewire.inference.predictor import Predictor
    from stancewire.records import Article

READ_CHARACTERS, READ_AT_ONCE = 1500, 64
"""How much of an article is read to know its story, and how many are read together."""

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data/corpus"),
    show_default=True,
    help="The corpus folder of the repository.",
)


@click.group()
def data() -> None:
    """Check, audit and split labelled files, and build the project's corpus."""


@data.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--labels",
    default="labels/newswire.yaml",
    show_default=True,
    metavar="YAML",
    help="The label set, or a config that has one: topics that it does not name are told.",
)
def check(files: tuple[Path, ...], labels: str) -> None:
    """Count the labels of FILES and look for faults and duplicates.

    A record's split is its field `split`, or the file's name (news.train.jsonl). Records that cannot be read, and
    texts that stand in two splits, make the exit code 2; near duplicates, and topics that are not in the label set (a
    training run masks them), are warnings.

    \b
    stancewire data check my.train.jsonl my.dev.jsonl --labels mine.yaml
    """  # noqa: D301 - click wants the character itself
    from rich.console import Console

    from stancewire.config_files import labels_of
    from stancewire.data.check import check_files

    label_set = labels_of(labels)
    report = check_files(files)
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 10_000  # a pipe has no width: no line is to be broken
    if report.counts.units:
        console.print(_unit_table(report.counts))
        console.print()
        console.print(_label_table(report.counts))
    _print_complaints(report)
    _print_strangers(report.counts, [topic.name for topic in label_set.topics], labels)
    problems = [
        (len(report.faults), "records or files cannot be read"),
        (len(report.leaks), "texts stand in two splits"),
    ]
    if summary := ", ".join(f"{number} {what}" for number, what in problems if number):
        raise DataError(summary)
    click.echo(f"all records of {', '.join(map(str, files))} can be read, and no text stands in two splits", err=True)


@data.command()
@click.argument("train", type=click.Path(path_type=Path))
@click.argument("test", type=click.Path(path_type=Path))
@click.option(
    "--encoder",
    default="default",
    show_default=True,
    metavar="NAME",
    help="Checkpoint whose encoder finds translations and paraphrases; none to look for copies only, in seconds.",
)
@click.option("--most", default=50, show_default=True, type=click.IntRange(min=0), help="List so many articles.")
@click.pass_context
def audit(context: click.Context, train: Path, test: Path, encoder: str, most: int) -> None:
    """Look for articles of TEST that TRAIN has already told.

    Exact and near copies (syndicated stories that were cut or rewritten), versions of one story (field `story` or
    `parallel`), translations and paraphrases (vectors that are nearer to each other than to their neighbours), and,
    as a hint, the same outlet and day. The exit code is 1 where a score on TEST would be spoilt.

    \b
    stancewire data audit my.train.jsonl my.test.jsonl
    """  # noqa: D301 - click wants the character itself
    from collections import Counter

    from stancewire.data.leaks import LEAKS, find_leaks
    from stancewire.data.readers import read_articles

    learned, tested = list(read_articles(train)), list(read_articles(test))
    vectors = None
    if encoder != "none":
        from stancewire.inference.predictor import Predictor

        predictor = Predictor.load(encoder)
        vectors = article_vectors(predictor, learned), article_vectors(predictor, tested)
    leaks = find_leaks(learned, tested, vectors)
    for leak in leaks[:most]:
        click.echo(f"{leak.kind} ({leak.similarity:.2f}): {test}: {leak.test} and {train}: {leak.train}")
    counts = Counter(leak.kind for leak in leaks)
    told = ", ".join(f"{kind} {count:,}" for kind, count in counts.items()) or "nothing found"
    click.echo(f"{len(tested):,} articles of {test}: {told}")
    context.exit(1 if any(counts[kind] for kind in LEAKS) else 0)


@data.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--by",
    default="story",
    show_default=True,
    type=click.Choice(["story", "date", "outlet", "target", "lang"]),
    help="story: versions of a story stay together. date: the newest are test. outlet, lang, target: test has those "
    "that training does not.",
)
@click.option("--dev", default=0.1, show_default=True, help="Share of dev.")
@click.option("--test", default=0.2, show_default=True, help="Share of test.")
@click.option("--held-out", multiple=True, metavar="NAME", help="Outlet, language or target for test; may be repeated.")
@click.option(
    "--output",
    "-o",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for train.jsonl, dev.jsonl and test.jsonl.",
)
def split(file: Path, by: str, dev: float, test: float, held_out: tuple[str, ...], folder: Path) -> None:
    """Split the records of FILE, with copies and versions of a story on one side.

    Splits are drawn from a hash of the story: an article does not change sides when others are added.

    \b
    stancewire data split news.jsonl --by date -o splits
    stancewire data split news.jsonl --by lang --held-out ja --held-out ko -o splits
    """  # noqa: D301 - click wants the character itself
    import json

    from stancewire.data.build import replace_file
    from stancewire.data.readers import read_articles
    from stancewire.data.splits import SPLITS, split_articles

    articles = list(read_articles(file))
    splits = split_articles(articles, by, dev, test, held_out)
    folder.mkdir(parents=True, exist_ok=True)
    for name in SPLITS:
        records = [a.to_dict() | {"split": name} for a, given in zip(articles, splits, strict=True) if given == name]
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        if records:
            replace_file(folder / f"{name}.jsonl", lines.encode())
        click.echo(f"{folder / name}.jsonl: {len(records):,} articles")


def article_vectors(predictor: Predictor, articles: Sequence[Article]) -> np.ndarray:
    """Return the mean states of a checkpoint's encoder over the beginning of each article (N, H), with progress."""
    import numpy as np

    from stancewire.cli.progress import progress_bar

    found = []
    with progress_bar("articles read", len(articles)) as advance:
        for start in range(0, len(articles), READ_AT_ONCE):
            part = articles[start : start + READ_AT_ONCE]
            found.append(predictor.embed([f"{a.title or ''}\n{a.text[:READ_CHARACTERS]}".strip() for a in part]))
            advance(len(part))
    return np.concatenate(found)


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


def _print_strangers(counts: Counts, topics: list[str], labels: str) -> None:
    """Tell topics that the label set does not name, with the one that may be meant."""
    from collections import Counter
    from difflib import get_close_matches

    from stancewire.data.counts import NONE_ON, NOT_ANNOTATED, OPEN_TARGET

    found: Counter[str] = Counter()
    for (_, _, topic, _), number in counts.labels.items():
        found[topic] += number
    for topic in sorted(set(found) - {*topics, NONE_ON, NOT_ANNOTATED, OPEN_TARGET}):
        meant = get_close_matches(topic, topics, 1)
        hint = f"; did you mean {meant[0]!r}?" if meant else f" ({', '.join(topics)})"
        click.echo(f"warning: topic {topic!r} of {found[topic]:,} units is not in {labels}{hint}", err=True)
