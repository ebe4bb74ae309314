"""Intervals that respect stories: what was read in one story is not independent of the rest of it.

A story is an article, or all versions of it in other languages or outlets: they are drawn together. The cluster
bootstrap (Davison and Hinkley 1997, section 3.8) draws whole stories with replacement; a draw is the vector of how
often each story was drawn, so that a figure of 2,000 draws is a product of matrices and not a loop. Rates take a Wilson
interval (1927) at their effective size, which does not break down at 0 of 12 as a bootstrap does.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

DRAWS, SEED, LEVEL = 2000, 20240229, 0.95
"""Draws, seed and coverage of every interval in a report."""

Interval = tuple[float, float]


def story_draws(stories: int, draws: int = DRAWS, seed: int = SEED) -> np.ndarray:
    """Return how often each story is drawn: (draws, stories), whole numbers as floats, rows sum to ``stories``."""
    random = np.random.default_rng(seed)
    each = np.full(stories, 1 / stories)
    return random.multinomial(stories, each, size=draws).astype(np.float32)


def story_sums(story: np.ndarray, stories: int, values: np.ndarray) -> np.ndarray:
    """Return the sums of ``values`` (N, K) by story (N,): (stories, K)."""
    sums = np.empty((stories, values.shape[1]))
    for column in range(values.shape[1]):
        sums[:, column] = np.bincount(story, weights=values[:, column], minlength=stories)
    return sums


def percentile_interval(values: np.ndarray) -> Interval | None:
    """Return the interval of bootstrap values (draws,); ``None`` where one draw in twenty or more is undefined."""
    defined = values[~np.isnan(values)]
    if len(defined) <= 0.95 * len(values):
        return None
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def rate_interval(right: np.ndarray, story: np.ndarray) -> Interval | None:
    """Return the Wilson interval of the share of ``right`` (N,), at the effective size that its stories leave."""
    if not len(right):
        return None
    return wilson(float(np.mean(right)), effective_size(right.astype(float), story))


def effective_size(right: np.ndarray, story: np.ndarray) -> float:
    """Return how many independent answers the answers (N,) are worth: N over the design effect, at most N."""
    share, names = right.mean(), np.unique(story, return_inverse=True)[1]
    stories = int(names.max()) + 1
    if stories < 2:
        return 1.0
    residuals = np.bincount(names, weights=right - share)
    variance = stories / (stories - 1) * float(residuals @ residuals) / len(right) ** 2
    plain = share * (1 - share) / len(right)
    # Where all answers are the same nothing can be told of their variance: a story is then worth one answer.
    return float(stories) if plain <= 0 else len(right) / max(1.0, variance / plain)


def wilson(share: float, n: float, quantile: float | None = None) -> Interval:
    """Return the Wilson score interval of a share of ``n``, which need not be whole."""
    z = float(norm.ppf((1 + LEVEL) / 2)) if quantile is None else quantile
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))
