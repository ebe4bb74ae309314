"""The counts in the corpus's data card, which a command writes and a test compares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from stancewire.data.authoring import KINDS, LANGUAGES, TOPICS
from stancewire.data.build import SETS, replace_file
from stancewire.data.corpus import SPLITS, data_digest
from stancewire.data.counts import NONE_ON, OPEN_TARGET, count_labels
from stancewire.errors import DataError
from stancewire.records import STANCES, TARGET_STANCES, Article

BEGIN = "<!-- counts: begin (written by `stancewire data card`) -->"
END = "<!-- counts: end -->"

Cell = str | int


def update_card(card: str, articles: Sequence[Article], place: str) -> str:
    """Return ``card`` with the counts of ``articles`` between its two marks.

    Raises:
        DataError: the card has no marks; ``place`` names it.
    """
    before, begin, rest = card.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise DataError(f"{place}: found no place for the counts, expected the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{render_counts(articles)}\n{END}{after}"


def write_card(path: Path, articles: Sequence[Article]) -> None:
    """Write the counts of ``articles`` into the card at ``path``."""
    replace_file(path, update_card(path.read_text("utf-8"), articles, str(path)).encode())


def render_counts(articles: Sequence[Article]) -> str:
    """Return the counts as Markdown."""
    quotes = sum(len(article.quotes) for article in articles)
    targets = sum(len(article.targets) for article in articles)
    characters = sum(len(article.text) for article in articles)
    parts = [
        f"{len(articles):,} articles, {quotes:,} quotes, {targets:,} open targets, {characters:,} characters. "
        f"Digest of the records: `{data_digest(articles)}`.",
        "Articles and quotes by set:\n\n" + _by_set(articles),
        "Articles and quotes by language:\n\n" + _by_language(articles),
        "Units by topic and stance:\n\n" + _by_label(articles),
        "Articles by kind:\n\n" + _by_kind(articles),
    ]
    return "\n\n".join(parts) + "\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    lines = [header, ["---", *("--:" for _ in header[1:])]]
    lines += [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _per_split(articles: Iterable[Article]) -> list[Cell]:
    """Return articles and quotes of each split, then of all."""
    units: Counter[tuple[str, str]] = Counter()
    for article in articles:
        for split in (article.extra["split"], "all"):
            units[split, "articles"] += 1
            units[split, "quotes"] += len(article.quotes)
    return [units[split, unit] for split in (*SPLITS, "all") for unit in ("articles", "quotes")]


def _split_columns(first: str) -> list[str]:
    return [first, *(f"{split}, {unit}" for split in (*SPLITS, "all") for unit in ("articles", "quotes"))]


def _by_set(articles: Sequence[Article]) -> str:
    rows: list[list[Cell]] = [
        [f"{n} (`{SETS[n]}/`)", *_per_split(a for a in articles if a.extra["set"] == n)] for n in SETS
    ]
    return _table(_split_columns("set"), rows)


def _by_language(articles: Sequence[Article]) -> str:
    rows: list[list[Cell]] = [[lang, *_per_split(a for a in articles if a.lang == lang)] for lang in LANGUAGES]
    return _table(_split_columns("language"), [*rows, ["all", *_per_split(articles)]])


def _by_label(articles: Sequence[Article]) -> str:
    labels = count_labels((article.extra["split"], article) for article in articles).labels
    wanted = [(topic, stance) for topic in TOPICS for stance in STANCES]
    wanted += [(NONE_ON, ""), *((OPEN_TARGET, stance) for stance in TARGET_STANCES)]
    columns = [(unit, split) for unit in ("article", "quote") for split in SPLITS]
    rows: list[list[Cell]] = [
        [f"{topic} {stance}".strip(), *(labels.get((split, unit, topic, stance), 0) for unit, split in columns)]
        for topic, stance in wanted
    ]
    return _table(["topic and stance", *(f"{unit}s, {split}" for unit, split in columns)], rows)


def _by_kind(articles: Sequence[Article]) -> str:
    kinds = Counter((article.extra["kind"], article.extra["set"]) for article in articles)
    rows: list[list[Cell]] = [
        [kind, *(kinds[kind, n] for n in SETS), sum(kinds[kind, n] for n in SETS)] for kind in KINDS
    ]
    return _table(["kind", *(f"set {n}" for n in SETS), "all"], rows)
