"""Look over labelled files before a run: what is in them, what cannot be read, what stands in two splits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stancewire.data.counts import Counts, count_labels, single_unit
from stancewire.data.duplicates import Duplicate, Place, find_duplicates
from stancewire.data.readers import scan_articles
from stancewire.errors import DataError
from stancewire.records import Article

_SPLITS = {"train": "train", "dev": "dev", "validation": "dev", "valid": "dev", "val": "dev", "test": "test"}
NO_SPLIT = "-"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Attributes:
        counts: of all records that could be read.
        faults: one sentence for each record or file that could not.
        duplicates: texts that stand in two files or splits, in whole or nearly.
    """

    counts: Counts
    faults: tuple[str, ...]
    duplicates: tuple[Duplicate, ...]

    @property
    def leaks(self) -> tuple[Duplicate, ...]:
        """The duplicates that make a score worthless: the same text in two splits."""
        return tuple(pair for pair in self.duplicates if pair.leaks)


def check_files(paths: Sequence[Path]) -> CheckReport:
    """Read ``paths`` to the end, whatever is wrong in them, count their labels and compare their texts."""
    found: list[tuple[Place, Article]] = []
    faults: list[str] = []
    for path in paths:
        for article in scan_articles(path):
            if isinstance(article, DataError):
                faults.append(str(article))
            else:
                found.append((Place(str(path), article.id, split_of_record(article, path)), article))
    return CheckReport(
        counts=count_labels((place.split, article) for place, article in found),
        faults=tuple(faults),
        duplicates=tuple(find_duplicates(_texts(found))),
    )


def split_of_record(article: Article, path: Path) -> str:
    """Return the split that the record names, or its file's name (``news.train.jsonl``), or ``-``."""
    named = article.extra.get("split")
    if isinstance(named, str) and named:
        return _SPLITS.get(named.lower(), named)
    parts = path.name.lower().replace("-", ".").replace("_", ".").split(".")
    return next((_SPLITS[part] for part in parts if part in _SPLITS), NO_SPLIT)


def _texts(found: Iterable[tuple[Place, Article]]) -> Iterable[tuple[Place, str]]:
    """A single unit is compared without its context, which its neighbours share."""
    for place, article in found:
        yield place, article.quotes[0].text_in(article.text) if single_unit(article) else article.text
