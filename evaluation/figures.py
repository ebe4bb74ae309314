"""Figures of relevance and stance, each for many draws of the stories at once.

Every function takes weights (B, S), a row a draw, and returns (B,): the figure itself is the draw in which each story
stands once. What is undefined is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from stancewire.evaluation.intervals import story_sums
from stancewire.records import STANCES

AT_ONCE = 4_000_000
"""Numbers that are held at once where a figure needs the order of its pairs."""

CLASSES = len(STANCES)


@dataclass(frozen=True, slots=True)
class Sample:
    """N annotated pairs of a unit and a topic, with a system's answers.

    Attributes:
        topic: index of the topic (N,).
        story: index of the story (N,).
        gold_on: whether the topic is on (N,).
        probability: that it is on, as the system says (N,).
        on: whether the system says so (N,).
        gold_stance: index of the stance, -1 where it is off or not known (N,).
        stance: index of the system's stance (N,).
        stance_probability: of each stance (N, 3); NaN where the system gives none.
    """

    topic: np.ndarray
    story: np.ndarray
    gold_on: np.ndarray
    probability: np.ndarray
    on: np.ndarray
    gold_stance: np.ndarray
    stance: np.ndarray
    stance_probability: np.ndarray

    def __repr__(self) -> str:
        return f"Sample({len(self)} pairs, {len(np.unique(self.story))} stories)"

    def __len__(self) -> int:
        return len(self.topic)

    def take(self, chosen: np.ndarray) -> Sample:
        """Return the pairs of a mask or of indices."""
        return Sample(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @property
    def sided(self) -> Sample:
        """The pairs whose gold stance is known."""
        return self.take(self.gold_stance >= 0)


RELEVANCE = ("f1", "precision", "recall", "mcc", "brier", "average_precision", "calibration_error")
STANCE = ("stance_f1", "stance_accuracy", "stance_mcc", "stance_brier", "stance_calibration_error")
FIGURES = (*RELEVANCE, *STANCE)
"""The names of all figures (see ``report.METRICS``)."""


def all_figures(sample: Sample, weights: np.ndarray, names: Sequence[str] = FIGURES) -> dict[str, np.ndarray]:
    """Return the figures of a sample by name."""
    found: dict[str, np.ndarray] = {}
    if not {"average_precision", "calibration_error"}.issuperset(names):
        found |= relevance_figures(sample, weights)
    if "average_precision" in names:
        found["average_precision"] = average_precision(sample, weights)
    if "calibration_error" in names:
        gold, said = sample.gold_on, sample.probability
        found["calibration_error"] = calibration_error(gold, said, sample.story, weights)
    if not set(STANCE).isdisjoint(names):
        found |= stance_figures(sample.sided, weights, "stance_calibration_error" in names)
    return {name: found[name] for name in FIGURES if name in names}


def relevance_figures(sample: Sample, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return what follows from the counts of each topic; the mean over the topics that have a positive."""
    topics = np.unique(sample.topic)
    ours = (sample.topic[:, None] == topics).astype(float)
    gold, on = sample.gold_on[:, None] * ours, sample.on[:, None] * ours
    parts = [ours, gold, on, gold * on]
    squares = ((sample.probability - sample.gold_on) ** 2)[:, None]
    sums = weights @ story_sums(sample.story, weights.shape[1], np.hstack([*parts, squares]))
    n, positives, found, hits = np.split(sums[:, :-1], 4, axis=1)
    scored = gold.sum(0) > 0
    shares = {
        "f1": _ratio(2 * hits, positives + found, where=positives > 0),
        "precision": _ratio(hits, found, where=positives > 0),
        "recall": _ratio(hits, positives),
        "mcc": _binary_mcc(n, positives, found, hits),
    }
    return {name: _mean(values[:, scored]) for name, values in shares.items()} | {
        "brier": _ratio(sums[:, -1], n.sum(1))
    }


def average_precision(sample: Sample, weights: np.ndarray) -> np.ndarray:
    """Return the area under precision and recall without interpolation; the mean over the topics with a positive."""
    columns = []
    for topic in np.unique(sample.topic[sample.gold_on.astype(bool)]):
        of_topic = sample.take(sample.topic == topic)
        order = np.argsort(-of_topic.probability, kind="stable")
        ends = _ends(of_topic.probability[order])
        gold = of_topic.gold_on[order].astype(np.float32)
        values = []
        for drawn in _gather(weights, of_topic.story[order]):
            seen = np.cumsum(drawn, axis=1)[:, ends]
            hits = np.cumsum(drawn * gold, axis=1)[:, ends]
            gained = np.diff(hits, axis=1, prepend=0)
            values.append(_ratio((gained * _ratio(hits, seen, zero=0.0)).sum(1), hits[:, -1]))
        columns.append(np.concatenate(values))
    return _mean(np.stack(columns, axis=1)) if columns else np.full(len(weights), np.nan)


def calibration_error(true: np.ndarray, probability: np.ndarray, story: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the greatest share by which the events up to any probability were more or fewer than was promised.

    It is the Kolmogorov-Smirnov calibration error (Gupta et al. 2021, https://arxiv.org/abs/2006.12800), which has no
    bins to choose.
    """
    if not len(true):
        return np.full(len(weights), np.nan)
    order = np.argsort(probability, kind="stable")
    residual = (true - probability)[order]
    ends = _ends(probability[order])
    values = []
    for drawn in _gather(weights, story[order]):
        away = np.abs(np.cumsum(drawn * residual, axis=1)[:, ends]).max(axis=1)
        values.append(_ratio(away, drawn.sum(1)))
    return np.concatenate(values)


def calibration_noise(
    true: np.ndarray, probability: np.ndarray, story: np.ndarray, stories: int, draws: int, seed: int
) -> float | None:
    """Return the calibration error that honest probabilities would show on so few stories, on average.

    The sign of each story's residuals is drawn at random (a wild bootstrap), which leaves their sizes, and what
    belongs together, as they are.
    """
    if not len(true):
        return None
    signs = np.random.default_rng(seed).choice(np.array([-1.0, 1.0]), size=(draws, stories))
    order = np.argsort(probability, kind="stable")
    residual = (true - probability)[order]
    ends = _ends(probability[order])
    found = [np.abs(np.cumsum(drawn * residual, axis=1)[:, ends]).max(axis=1) for drawn in _gather(signs, story[order])]
    return float(np.concatenate(found).mean() / len(true))


def stance_figures(sided: Sample, weights: np.ndarray, calibration: bool = True) -> dict[str, np.ndarray]:
    """Return the figures of stance, over pairs whose gold stance is known; all topics are pooled."""
    undefined = np.full(len(weights), np.nan)
    if not len(sided):
        return dict.fromkeys(STANCE, undefined)
    table = confusion(sided, weights)
    gold, said, hits = table.sum(2), table.sum(1), np.diagonal(table, axis1=1, axis2=2)
    n = gold.sum(1)
    # One half of the sum of squares lies in [0, 1], as it does for two classes.
    squares = ((sided.stance_probability - np.eye(CLASSES)[sided.gold_stance]) ** 2).sum(1, keepdims=True) / 2
    top = sided.stance_probability.max(1)
    right = (sided.stance == sided.gold_stance).astype(float)
    known = calibration and not np.isnan(top).any()
    return {
        "stance_f1": _mean(_ratio(2 * hits, gold + said, where=gold > 0)),
        "stance_accuracy": _ratio(hits.sum(1), n),
        "stance_mcc": _many_mcc(table),
        "stance_brier": _ratio((weights @ story_sums(sided.story, weights.shape[1], squares))[:, 0], n),
        "stance_calibration_error": calibration_error(right, top, sided.story, weights) if known else undefined,
    }


def confusion(sided: Sample, weights: np.ndarray) -> np.ndarray:
    """Return gold by said stances: (B, 3, 3)."""
    cells = np.eye(CLASSES * CLASSES)[sided.gold_stance * CLASSES + sided.stance]
    sums = weights @ story_sums(sided.story, weights.shape[1], cells)
    return np.asarray(sums.reshape(-1, CLASSES, CLASSES))


def once(stories: int) -> np.ndarray:
    """Return the weights of the sample itself: each story stands once (1, S)."""
    return np.ones((1, stories), dtype=np.float32)


def values_of(figures: Mapping[str, np.ndarray]) -> dict[str, float | None]:
    """Return the figures of one draw as plain numbers, ``None`` where they are undefined."""
    return {name: None if np.isnan(found[0]) else float(found[0]) for name, found in figures.items()}


def _gather(weights: np.ndarray, story: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the weights of pairs (draws, N), some draws at a time."""
    step = max(1, AT_ONCE // max(1, len(story)))
    for start in range(0, len(weights), step):
        yield weights[start : start + step][:, story]


def _ends(ordered: np.ndarray) -> np.ndarray:
    """Return the last place of each run of equal values: what is equal has no order."""
    return np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)


def _ratio(part: np.ndarray, whole: np.ndarray, where: np.ndarray | None = None, zero: float = np.nan) -> np.ndarray:
    """Divide; ``zero`` where there is nothing to divide by, and NaN where ``where`` is false."""
    divided = np.divide(part, whole, out=np.full(np.shape(whole), zero), where=whole > 0)
    return divided if where is None else np.where(where, divided, np.nan)


def _mean(values: np.ndarray) -> np.ndarray:
    """Return the mean of what is defined in each row (B, K)."""
    defined = ~np.isnan(values)
    return _ratio(np.where(defined, values, 0.0).sum(1), defined.sum(1))


def _binary_mcc(n: np.ndarray, positives: np.ndarray, found: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """Return Matthews' correlation; 0 where nothing, or all, is found; NaN where gold has one class only."""
    spread = positives * (n - positives) * found * (n - found)
    correlation = (n * hits - positives * found) / np.sqrt(np.where(spread > 0, spread, 1.0))
    both = (positives > 0) & (positives < n)
    return np.where(both, correlation, np.nan)


def _many_mcc(table: np.ndarray) -> np.ndarray:
    """Return Gorodkin's correlation of several classes (2004) from confusions (B, K, K)."""
    gold, said = table.sum(2), table.sum(1)
    n, right = gold.sum(1), np.trace(table, axis1=1, axis2=2)
    spread = (n**2 - (said**2).sum(1)) * (n**2 - (gold**2).sum(1))
    correlation = (right * n - (gold * said).sum(1)) / np.sqrt(np.where(spread > 0, spread, 1.0))
    return np.where(n**2 > (gold**2).sum(1), correlation, np.nan)
