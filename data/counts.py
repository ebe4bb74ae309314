"""How many units and labels a set of articles has, by split, language, unit, topic and stance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stancewire.data.units import UNITS
from stancewire.records import Article

NONE_ON, NOT_ANNOTATED, OPEN_TARGET = "none on", "not annotated", "open target"
"""What stands in the place of a topic where a unit has none, is not annotated, or is asked about a target."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a set.

    Attributes:
        units: (split, language, unit) to the number of units.
        labels: (split, unit, topic, stance) to the number of units labelled so.
    """

    units: Mapping[tuple[str, str, str], int]
    labels: Mapping[tuple[str, str, str, str], int]


def count_labels(articles: Iterable[tuple[str, Article]]) -> Counts:
    """Return the counts of ``articles``, each with its split."""
    units: Counter[tuple[str, str, str]] = Counter()
    labels: Counter[tuple[str, str, str, str]] = Counter()
    for split, article in articles:
        names = []
        for unit, topics in _units(article):
            names.append(unit)
            units[split, article.lang or "-", unit] += 1
            for topic, stance in _labels(topics):
                labels[split, unit, topic, stance] += 1
        for target in article.targets:
            # A single unit stands alone; else the article comes first and quote n is unit n + 1.
            index = 0 if target.unit == "article" else target.unit + len(names) - len(article.quotes)
            labels[split, names[index], OPEN_TARGET, target.stance] += 1
    return Counts(dict(units), dict(labels))


def single_unit(article: Article) -> str | None:
    """Return what the article is a mere frame for, such as ``tweet``; ``None`` if it is an article of its own."""
    unit = article.extra.get("unit")
    return unit if unit in UNITS and unit != "article" and len(article.quotes) == 1 else None


def _units(article: Article) -> Iterator[tuple[str, Mapping[str, str] | None]]:
    single = single_unit(article)
    if single is None:
        yield "article", article.topics
    for quote in article.quotes:
        yield single or "quote", quote.topics


def _labels(topics: Mapping[str, str] | None) -> Iterable[tuple[str, str]]:
    if topics is None:
        return [(NOT_ANNOTATED, "")]
    return topics.items() or [(NONE_ON, "")]
