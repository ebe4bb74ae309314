"""Articles of a test set that the training set has already told: copies, versions, translations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from stancewire.errors import DataError
from stancewire.records import Article
from stancewire.stories import story_of

SAME, COPY, STORY, ALIKE, DAY = "same text", "near copy", "same story", "alike", "same outlet and day"
LEAKS = (SAME, COPY, STORY, ALIKE)
"""The kinds that spoil a score; the same outlet and day is a hint."""

RUN = 8
CONTAINED = 0.4
"""Least share of the shorter text's runs of characters that a copy shares: a wire story is cut and rewritten."""

MARGIN, NEIGHBOURS = 1.045, 4
"""Least margin of two vectors that are versions of one story, and how many neighbours it is measured against."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One article of the test set and the one of the training set that gives it away.

    Attributes:
        kind: same text, near copy, same story, alike, or same outlet and day.
        test: id in the test set.
        train: id in the training set.
        similarity: share of common runs for copies, margin for what is alike, else 1.
    """

    kind: str
    test: str
    train: str
    similarity: float


def find_leaks(
    train: Sequence[Article], test: Sequence[Article], vectors: tuple[np.ndarray, np.ndarray] | None = None
) -> list[Leak]:
    """Return what gives articles of ``test`` away, for each the gravest kind only and its nearest article.

    Args:
        train: the training set.
        test: the test set.
        vectors: of both, from an encoder that knows their languages; finds translations and paraphrases.

    Raises:
        DataError: a set is empty.
    """
    if not train or not test:
        raise DataError("found a set without articles, expected a training set and a test set")
    found: dict[str, Leak] = {}
    finders = [_same(train, test), _copies(train, test), _stories(train, test)]
    if vectors is not None:
        finders.append(_alike(train, test, *vectors))
    for leaks in (*finders, _days(train, test)):
        for leak in leaks:
            found.setdefault(leak.test, leak)
    order = (*LEAKS, DAY)
    return sorted(found.values(), key=lambda leak: (order.index(leak.kind), -leak.similarity, leak.test))


def margins(one: np.ndarray, other: np.ndarray, neighbours: int = NEIGHBOURS) -> np.ndarray:
    """Return the margin of each pair of vectors (A, B): cosine over the mean cosine of their nearest neighbours.

    Cosines of one encoder lie close together, and closer in some languages than in others; the ratio asks whether two
    texts are nearer than their neighbours are (Artetxe and Schwenk 2019, https://arxiv.org/abs/1811.01136).
    """
    cosines = _unit(one) @ _unit(other).T
    near = [np.sort(cosines, axis=axis) for axis in (1, 0)]
    k = (min(neighbours, cosines.shape[1]), min(neighbours, cosines.shape[0]))
    around = near[0][:, -k[0] :].mean(1)[:, None] + near[1][-k[1] :].mean(0)[None, :]
    return np.asarray(2 * cosines / around)


def _same(train: Sequence[Article], test: Sequence[Article]) -> Iterator[Leak]:
    known = {_key(article): article.id for article in reversed(train)}
    for article in test:
        if (key := _key(article)) in known:
            yield Leak(SAME, article.id, known[key], 1.0)


def _copies(train: Sequence[Article], test: Sequence[Article]) -> Iterator[Leak]:
    from sklearn.feature_extraction.text import HashingVectorizer

    runs = HashingVectorizer(
        analyzer="char", ngram_range=(RUN, RUN), n_features=2**22, binary=True, norm=None, alternate_sign=False
    )
    ours, theirs = (runs.transform([_key(article) for article in articles]) for articles in (test, train))
    sizes = np.asarray(theirs.sum(1)).ravel()
    for row, article in enumerate(test):
        size = ours[row].sum()
        shared = np.asarray((ours[row] @ theirs.T).todense()).ravel() / np.maximum(1, np.minimum(size, sizes))
        best = int(shared.argmax())
        if shared[best] >= CONTAINED:
            yield Leak(COPY, article.id, train[best].id, round(float(shared[best]), 3))


def _stories(train: Sequence[Article], test: Sequence[Article]) -> Iterator[Leak]:
    known = {story_of(article): article.id for article in reversed(train)}
    for article in test:
        if (story := story_of(article)) in known:
            yield Leak(STORY, article.id, known[story], 1.0)


def _alike(
    train: Sequence[Article], test: Sequence[Article], train_vectors: np.ndarray, test_vectors: np.ndarray
) -> Iterator[Leak]:
    found = margins(test_vectors, train_vectors)
    for row, article in enumerate(test):
        best = int(found[row].argmax())
        if found[row, best] >= MARGIN:
            yield Leak(ALIKE, article.id, train[best].id, round(float(found[row, best]), 3))


def _days(train: Sequence[Article], test: Sequence[Article]) -> Iterator[Leak]:
    known = {(a.source, a.date): a.id for a in reversed(train) if a.source and a.date}
    for article in test:
        if (day := (article.source, article.date)) in known:
            yield Leak(DAY, article.id, known[day], 1.0)


def _key(article: Article) -> str:
    return " ".join(article.text.casefold().split())


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))
