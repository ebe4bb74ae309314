"""A system's answers beside gold labels, as arrays, and the figures that training chooses by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, f1_score

ALL = "all"
"""Stands for all topics or all languages in a row."""

KINDS = ("article", "quote")


@dataclass(frozen=True, slots=True)
class UnitScores:
    """U units and T topics, with gold labels beside what a model says.

    Attributes:
        probability: that the unit is about the topic (U, T).
        on: whether the model says so (U, T).
        stance: index of the model's stance (U, T).
        gold_on: 1, 0, or -1 where it is not annotated (U, T).
        gold_stance: index of the stance, or -1 (U, T).
        kind: ``article`` or ``quote`` (U,).
        lang: of the article (U,).
        stance_probability: of each stance, where the model gives them (U, T, 3).
    """

    probability: np.ndarray
    on: np.ndarray
    stance: np.ndarray
    gold_on: np.ndarray
    gold_stance: np.ndarray
    kind: np.ndarray
    lang: np.ndarray
    stance_probability: np.ndarray | None = None


def average_precision(gold: np.ndarray, probability: np.ndarray) -> float | None:
    """Return the area under precision and recall, without interpolation; ``None`` where no ``gold`` is 1."""
    return float(average_precision_score(gold, probability)) if gold.any() else None


def macro_f1(gold: np.ndarray, said: np.ndarray) -> float | None:
    """Return the mean F1 of the classes that occur in ``gold``; ``None`` where there are none."""
    if not len(gold):
        return None
    return float(f1_score(gold, said, labels=np.unique(gold), average="macro", zero_division=0))


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of the values that are defined, ``None`` if none is."""
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def ratio(part: float, whole: float) -> float | None:
    """Return a share, ``None`` where there is nothing to share."""
    return float(part / whole) if whole else None


def selection_score(scores: UnitScores) -> float:
    """Return the threshold-free score that runs are selected on.

    It is the mean of two: macro average precision over topics, in the mean over unit kinds, and stance macro-F1 of all
    units together, since few articles take a side and their own score would be chance. What has no positive, or less
    than two stances, is left out.
    """
    topics = range(scores.gold_on.shape[1])
    kinds = [scores.kind == kind for kind in np.unique(scores.kind)]
    known = [[units & (scores.gold_on[:, t] >= 0) for t in topics] for units in kinds]
    precision = mean(
        mean(average_precision(scores.gold_on[rows, t], scores.probability[rows, t]) for t, rows in enumerate(of_kind))
        for of_kind in known
    )
    gold, said = _stances(scores, np.ones(len(scores.kind), dtype=bool), slice(None))
    stance = macro_f1(gold, said) if len(np.unique(gold)) > 1 else None
    return mean([precision, stance]) or 0.0


def _stances(scores: UnitScores, units: np.ndarray, topics: slice) -> tuple[np.ndarray, np.ndarray]:
    """Return gold and predicted stances of the pairs whose stance is known."""
    gold, said = scores.gold_stance[units, topics], scores.stance[units, topics]
    return gold[gold >= 0], said[gold >= 0]
