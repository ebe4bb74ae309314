"""Fit the calibration of a model on its dev set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from stancewire.models.calibration import Calibration, Scale
from stancewire.models.network import UNIT_KINDS
from stancewire.training.scoring import DevLogits


def fit_calibration(dev: DevLogits, topics: Sequence[str]) -> Calibration:
    """Return scales and thresholds that make the dev set's probabilities honest.

    Relevance takes a slope and a shift, stance a slope alone (a temperature), each by unit kind; relevance of open
    targets takes a slope alone, since their prior is the user's. Thresholds maximise F1 by topic and unit kind.
    A kind without annotated pairs keeps its logits as they are.
    """
    relevance, stance, thresholds = {}, {}, {}
    for index, kind in enumerate(UNIT_KINDS):
        of_kind = dev.kind == index
        topical = of_kind & (dev.topic >= 0) & (dev.relevance >= 0)
        relevance[kind] = _fit_relevance(dev.relevance_logits[topical], dev.relevance[topical], shift=True)
        sided = of_kind & (dev.stance >= 0)
        stance[kind] = _fit_stance(dev.stance_logits[sided], dev.stance[sided])
        scale = relevance[kind]
        thresholds[kind] = {
            name: best_threshold(
                _probability(scale, dev.relevance_logits[topical & (dev.topic == topic)]),
                dev.relevance[topical & (dev.topic == topic)],
            )
            for topic, name in enumerate(topics)
        }
    asked = (dev.topic < 0) & (dev.relevance >= 0)
    targets = _fit_relevance(dev.relevance_logits[asked], dev.relevance[asked], shift=False)
    return Calibration(relevance, stance, targets, thresholds)


def _probability(scale: Scale, logits: np.ndarray) -> np.ndarray:
    return np.asarray(expit(scale(logits)))


def _fit_relevance(logits: np.ndarray, labels: np.ndarray, shift: bool) -> Scale:
    """Minimise the log loss of ``labels`` (P,) under scaled ``logits`` (P,)."""
    if len(set(labels.tolist())) < 2:
        return Scale()

    def loss(parameters: np.ndarray) -> float:
        scaled = logits * np.exp(parameters[0]) + (parameters[1] if shift else 0.0)
        return float(np.mean(np.logaddexp(0, scaled) - labels * scaled))

    # The weak pull toward the identity keeps the scale finite where the classes separate.
    fitted = minimize(lambda p: loss(p) + 1e-4 * float(p @ p), np.zeros(2), method="L-BFGS-B").x
    return Scale(float(np.exp(fitted[0])), float(fitted[1]) if shift else 0.0)


def _fit_stance(logits: np.ndarray, labels: np.ndarray) -> Scale:
    """Minimise the log loss of ``labels`` (P,) under scaled ``logits`` (P, 3)."""
    if len(set(labels.tolist())) < 2:
        return Scale()

    def loss(parameters: np.ndarray) -> float:
        scaled = logits * np.exp(parameters[0])
        total = np.logaddexp.reduce(scaled, axis=-1)
        return float(np.mean(total - scaled[np.arange(len(labels)), labels]))

    fitted = minimize(lambda p: loss(p) + 1e-4 * float(p @ p), np.zeros(1), method="L-BFGS-B").x
    return Scale(float(np.exp(fitted[0])))


def best_threshold(probability: np.ndarray, labels: np.ndarray) -> float:
    """Return the threshold in [0.2, 0.8] with the highest F1 of ``labels`` (N,); the one nearest to 0.5 among equals.

    The bounds keep a small dev set from choosing an extreme that will not hold elsewhere.
    """
    if not labels.any():
        return 0.5
    grid = np.round(np.arange(0.2, 0.801, 0.01), 2)
    on = probability[None, :] >= grid[:, None]
    hits = (on & (labels == 1)).sum(1)
    f1 = 2 * hits / np.maximum(1, on.sum(1) + labels.sum())
    best = grid[f1 >= f1.max() - 1e-9]
    return float(best[np.abs(best - 0.5).argmin()])
