"""Shares of units that take a side, from many predictions and a few labels, with intervals that hold.

Counting predictions repeats the model's errors, however many are counted. Prediction-powered inference takes the mean
of the predictions and corrects it by the errors on a labelled random sample; a weight says how far the predictions are
trusted, so that poor ones cost nothing (PPI++: Angelopoulos, Duchi and Zrnic 2023, https://arxiv.org/abs/2311.01453,
sections 3 and 6). Variances are those of whole stories; intervals are Student's, with the stories that are labelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from scipy.stats import t as student

from stancewire.evaluation.intervals import LEVEL, Interval, rate_interval, wilson

MIN_STORIES = 10
"""Labelled stories that a group needs."""


@dataclass(frozen=True, slots=True)
class Population:
    """N units of a population, some of which are labelled.

    Attributes:
        story: what is not independent of each other (N,).
        said: whether the system counts the unit (N,).
        said_base: whether it counts in the denominator: 1 for a share of all units (N,).
        score: the probability of the same (N,).
        score_base: the probability that it counts in the denominator (N,).
        gold: 1 or 0 where the unit is labelled, else NaN (N,).
        gold_base: the same of the denominator (N,).
    """

    story: np.ndarray
    said: np.ndarray
    said_base: np.ndarray
    score: np.ndarray
    score_base: np.ndarray
    gold: np.ndarray
    gold_base: np.ndarray

    def __repr__(self) -> str:
        return f"Population({len(self.story)} units, {int(self.labelled.sum())} labelled)"

    @property
    def labelled(self) -> np.ndarray:
        """Which units are labelled (N,)."""
        return np.asarray(~(np.isnan(self.gold) | np.isnan(self.gold_base)))

    def take(self, chosen: np.ndarray) -> Population:
        """Return the units of a mask."""
        return Population(*(getattr(self, field.name)[chosen] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Share:
    """The share of a group's units that take a side.

    Attributes:
        group: its name; ``all`` for the whole population.
        units: that were predicted.
        labelled: units of those.
        stories: that the labelled units are of.
        naive: the share that the system counts.
        naive_interval: what it would be if the system made no error.
        value: the corrected share.
        interval: of it, 95 %.
        labels_alone: the share in the labelled units.
        labels_interval: of it, 95 %.
        trust: the weight of the predictions, from 0 (none) to 1.
        too_small: why nothing is estimated; empty where it is.
    """

    group: str
    units: int
    labelled: int
    stories: int
    naive: float | None
    naive_interval: Interval | None
    value: float | None = None
    interval: Interval | None = None
    labels_alone: float | None = None
    labels_interval: Interval | None = None
    trust: float | None = None
    too_small: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def estimate_share(population: Population, group: str = "all") -> Share:
    """Estimate the share of a population; its labelled units must be a random sample of its units or stories."""
    labelled = population.labelled
    stories = len(np.unique(population.story[labelled]))
    counted = population.said[population.said_base == 1]
    naive = float(counted.mean()) if len(counted) else None
    naive_interval = rate_interval(counted, population.story[population.said_base == 1])
    share = Share(group, len(population.story), int(labelled.sum()), stories, naive, naive_interval)
    if stories < MIN_STORIES:
        return _refused(share, f"{stories} labelled stories, {MIN_STORIES} are needed")
    known, rest = population.take(labelled), population.take(~labelled)
    if not known.gold_base.any():
        return _refused(share, "no labelled unit is about the topic")
    alone, variance = _ratio(known, rest, trust=0.0)
    # Once for the weight that suits the labels' own estimate, once for the estimate itself.
    trust = _trust(known, rest, alone)
    value, corrected = _ratio(known, rest, trust)
    return Share(
        **{name: getattr(share, name) for name in ("group", "units", "labelled", "stories", "naive", "naive_interval")},
        value=float(np.clip(value, 0, 1)),
        interval=_interval(value, corrected, stories - 1),  # the weight was fitted too
        labels_alone=alone,
        labels_interval=_interval(alone, variance, stories),
        trust=trust,
    )


def estimate_groups(population: Population, groups: Sequence[str] | np.ndarray) -> list[Share]:
    """Return the share of the whole, then that of each group (N,), in the order of their names; no name is no group."""
    names = np.asarray(groups, dtype=object)
    found = [estimate_share(population)]
    for name in sorted(set(names) - {""}):
        found.append(estimate_share(population.take(names == name), str(name)))
    return found


def _refused(share: Share, why: str) -> Share:
    kept = {field.name: getattr(share, field.name) for field in fields(share)}
    return Share(**kept | {"too_small": why})


def _ratio(known: Population, rest: Population, trust: float) -> tuple[float, float]:
    """Return the corrected share and its variance (delta method)."""
    top = _corrected(known.gold, known.score, rest.score, trust)
    base = _corrected(known.gold_base, known.score_base, rest.score_base, trust)
    if base <= 0:
        return float("nan"), float("nan")
    value = top / base
    residual = known.gold - value * known.gold_base
    near, far = known.score - value * known.score_base, rest.score - value * rest.score_base
    variance = _variance(residual - trust * near, known.story) + trust**2 * _variance(far, rest.story)
    return value, variance / base**2


def _corrected(gold: np.ndarray, near: np.ndarray, far: np.ndarray, trust: float) -> float:
    """Return the mean of labels, moved by what the predictions say of the other units."""
    moved = trust * (far.mean() - near.mean()) if len(far) else 0.0
    return float(gold.mean() + moved)


def _trust(known: Population, rest: Population, value: float) -> float:
    """Return the weight of the predictions that makes the variance least, within [0, 1]."""
    if not len(rest.story):
        return 0.0
    residual = known.gold - value * known.gold_base
    near, far = known.score - value * known.score_base, rest.score - value * rest.score_base
    spread = _variance(near, known.story) + _variance(far, rest.story)
    shared = _covariance(residual, near, known.story)
    return float(np.clip(shared / spread, 0, 1)) if spread > 0 else 0.0


def _variance(values: np.ndarray, story: np.ndarray) -> float:
    return _covariance(values, values, story)


def _covariance(one: np.ndarray, other: np.ndarray, story: np.ndarray) -> float:
    """Return the covariance of two means (N,) over units that are drawn by whole stories."""
    names = np.unique(story, return_inverse=True)[1]
    sizes = np.bincount(names)
    if len(sizes) < 2:
        return 0.0
    # Each story's sum as if the mean were that of the other stories (the jackknife, CR3): few stories of unequal size
    # would else look surer than they are.
    left_out = 1 - sizes / len(one)
    sums = [np.bincount(names, weights=values - values.mean()) / left_out for values in (one, other)]
    return (len(sizes) - 1) / len(sizes) * float(sums[0] @ sums[1]) / len(one) ** 2


def _interval(value: float, variance: float, stories: int) -> Interval | None:
    """Return Wilson's interval at the size that the variance says, with Student's quantile; Wald's at the edges."""
    if np.isnan(value):
        return None
    quantile = float(student.ppf((1 + LEVEL) / 2, stories - 1))
    if 0 < value < 1 and variance > 0:
        return wilson(value, value * (1 - value) / variance, quantile)
    half = quantile * float(np.sqrt(variance))
    return max(0.0, value - half), min(1.0, value + half)
