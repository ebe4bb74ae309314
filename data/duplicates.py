"""Texts that stand twice, or nearly so, where a model would be tested on what it has learnt.

Two texts are near duplicates if the sets of their runs of five characters overlap by four fifths (Jaccard), which
asks for no words and so holds for Chinese and Japanese too. MinHash finds the candidates in about linear time; each is
then compared in full, so that no pair is reported by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

RUN = 5
THRESHOLD = 0.8
PERMUTATIONS = 96


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands."""

    file: str
    id: str
    split: str

    def __str__(self) -> str:
        return f"{self.file}: {self.id} ({self.split})"

    @property
    def group(self) -> tuple[str, str]:
        """Duplicates within one file and split are the author's business."""
        return self.file, self.split


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two places with nearly the same text.

    Attributes:
        first: the one that was read first.
        second: the other.
        similarity: the Jaccard overlap of their runs of characters, in [0, 1].
        exact: whether the texts are the same but for case and white space.
    """

    first: Place
    second: Place
    similarity: float
    exact: bool

    @property
    def leaks(self) -> bool:
        """Whether the same text stands in two splits."""
        return self.exact and self.first.split != self.second.split


def find_duplicates(texts: Iterable[tuple[Place, str]]) -> Iterator[Duplicate]:
    """Yield the pairs of duplicates that stand in two files or in two splits of a file."""
    from datasketch import MinHash, MinHashLSH

    blank = MinHash(num_perm=PERMUTATIONS, hashfunc=crc32)
    # A candidate missed is lost and one too many costs a comparison: weigh misses more.
    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, weights=(0.2, 0.8))
    places: dict[str, list[Place]] = {}
    for place, text in texts:
        key = " ".join(text.casefold().split())
        here = places.setdefault(key, [])
        if any(other.group == place.group for other in here):
            continue
        for other in here:
            yield Duplicate(other, place, 1.0, exact=True)
        signature = blank.copy()
        signature.update_batch([run.encode() for run in _runs(key)])
        for near in sorted(index.query(signature)):
            others = [other for other in places[near] if near != key and other.group != place.group]
            if others and (similarity := _jaccard(key, near)) >= THRESHOLD:
                yield from (Duplicate(other, place, similarity, exact=False) for other in others)
        if not here:
            index.insert(key, signature)
        here.append(place)


def _runs(text: str) -> set[str]:
    return {text[start : start + RUN] for start in range(max(1, len(text) - RUN + 1))}


def _jaccard(first: str, second: str) -> float:
    one, other = _runs(first), _runs(second)
    return len(one & other) / len(one | other)
