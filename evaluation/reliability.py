"""Curves: what was promised against what happened, and how many errors are left where the unsure are not answered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from stancewire.evaluation.intervals import SEED, story_draws

GRID = tuple(round(step / 40, 3) for step in range(41))
"""Probabilities at which a curve is given."""

BAND_DRAWS = 200
SHARES = tuple(round(step / 20, 2) for step in range(1, 21))
"""Shares of answered pairs at which the errors among them are given."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A reliability curve without bins: isotonic regression of what happened on what was promised.

    It is the stable reliability diagram of Dimitriadis, Gneiting and Jordan (2021, https://doi.org/10.1073/pnas.2016191118),
    with a band from draws of whole stories. Points beyond the probabilities that occur are left out.

    Attributes:
        promised: probabilities (P,).
        happened: the share that came true (P,).
        low: of its 95 % band (P,).
        high: of its 95 % band (P,).
        counts: pairs in each twentieth of the scale of probabilities (20,).
    """

    promised: tuple[float, ...]
    happened: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    counts: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {name: list(values) for name, values in asdict(self).items()}


def reliability_curve(true: np.ndarray, probability: np.ndarray, story: np.ndarray) -> Curve | None:
    """Return the curve of events (N,) under probabilities (N,); ``None`` where there is nothing to draw."""
    if len(true) < 2 or np.isnan(probability).any():
        return None
    grid = np.array([x for x in GRID if probability.min() <= x <= probability.max()])
    if not len(grid):
        return None
    names = np.unique(story, return_inverse=True)[1]
    weights = story_draws(int(names.max()) + 1, BAND_DRAWS, SEED)
    drawn = np.stack([_isotonic(true, probability, row[names], grid) for row in weights])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    counts = np.histogram(probability, bins=20, range=(0, 1))[0]
    happened = _isotonic(true, probability, np.ones(len(true)), grid)
    return Curve(_rounded(grid), _rounded(happened), _rounded(low), _rounded(high), tuple(counts.tolist()))


def risk_coverage(right: np.ndarray, confidence: np.ndarray) -> list[dict[str, float]]:
    """Return the share of errors among the surest answers, for growing shares of answers (El-Yaniv and Wiener 2010)."""
    if not len(right):
        return []
    wrong = 1 - right[np.argsort(-confidence, kind="stable")].astype(float)
    found = []
    for share in SHARES:
        kept = max(1, round(share * len(wrong)))
        found.append({"answered": share, "errors": round(float(wrong[:kept].mean()), 5)})
    return found


def _isotonic(true: np.ndarray, probability: np.ndarray, weights: np.ndarray, grid: np.ndarray) -> np.ndarray:
    kept = weights > 0
    fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    fitted.fit(probability[kept], true[kept], sample_weight=weights[kept])
    return np.asarray(fitted.predict(grid))


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)
