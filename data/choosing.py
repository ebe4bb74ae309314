"""What to label next: articles of which the model is unsure, unlike each other, spread over languages and topics.

Uncertainty is entropy (Settles, *Active Learning Literature Survey*, 2009); diversity is the farthest-first walk of
core sets (Sener and Savarese, 2018), its steps weighed by uncertainty, so that neither oddities of which the model is
sure nor five versions of one story are chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stancewire.predictions import Prediction, TopicPrediction

LEAST_DISTANCE = 1e-6
"""Of a copy of what is chosen: it comes last, but comes, where all else is chosen."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One article to label.

    Attributes:
        index: in the articles that were given.
        topic: the one of which the model is least sure.
        uncertainty: on it, in [0, 1].
    """

    index: int
    topic: str
    uncertainty: float


def uncertainties(prediction: Prediction) -> dict[str, float]:
    """Return how unsure the model is of each topic: of the article or of the quote of which it is least sure."""
    units = [prediction.topics, *(quote.topics for quote in prediction.quotes)]
    return {topic: max(_entropy(unit[topic]) for unit in units) for topic in prediction.topics}


def choose(
    predictions: Sequence[Prediction], vectors: np.ndarray, n: int, labelled: np.ndarray | None = None
) -> list[Choice]:
    """Choose what to label next, the most useful first.

    Each step takes an article of a language that was taken least, of a topic that was taken least among those, and of
    these the one where uncertainty × distance to all that is chosen is largest.

    Args:
        predictions: of the articles to choose from (N).
        vectors: of the same articles (N, H).
        n: how many; all of them if there are fewer.
        labelled: vectors of articles that are labelled already (M, H), to keep away from.
    """
    if not predictions:
        return []
    unsure = [_least_sure(uncertainties(prediction)) for prediction in predictions]
    weight = np.array([value for _, value in unsure])  # (N,)
    langs = [prediction.lang or "?" for prediction in predictions]
    topics = [topic for topic, _ in unsure]
    # Encoders give all texts nearly one direction: what tells them apart is the rest.
    centre = vectors.mean(0)
    units = _unit_length(vectors - centre)
    distance = np.ones(len(predictions))
    if labelled is not None and len(labelled):
        distance = _distances(units, _unit_length(labelled - centre)).min(1)
    left = np.ones(len(predictions), dtype=bool)
    taken_langs: Counter[str] = Counter()
    taken_topics: Counter[str] = Counter()
    choices: list[Choice] = []
    while left.any() and len(choices) < n:
        candidates = _least_taken(_least_taken(np.flatnonzero(left), langs, taken_langs), topics, taken_topics)
        best = int(candidates[(weight * distance)[candidates].argmax()])
        choices.append(Choice(best, topics[best], float(weight[best])))
        left[best] = False
        taken_langs[langs[best]] += 1
        taken_topics[topics[best]] += 1
        distance = np.minimum(distance, _distances(units, units[best : best + 1])[:, 0])
    return choices


def _least_sure(values: Mapping[str, float]) -> tuple[str, float]:
    return max(values.items(), key=lambda item: item[1])


def _entropy(topic: TopicPrediction) -> float:
    """Return the entropy of off and of on with each stance, as a share of the largest possible."""
    on = topic.probability
    shares = np.array([1 - on, *(on * share for share in topic.stances.values())])
    shares = shares[shares > 0]
    return max(0.0, float(-(shares * np.log(shares)).sum() / np.log(1 + len(topic.stances))))


def _least_taken(candidates: np.ndarray, names: Sequence[str], taken: Counter[str]) -> np.ndarray:
    """Return the candidates whose name was taken least."""
    counts = np.array([taken[names[i]] for i in candidates])
    return np.asarray(candidates[counts == counts.min()])


def _unit_length(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def _distances(units: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return cosine distances (N, M)."""
    return np.asarray(np.maximum(1 - units @ others.T, LEAST_DISTANCE))
