"""Scores of relevance and stance, on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, f1_score


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
    """

    probability: np.ndarray
    on: np.ndarray
    stance: np.ndarray
    gold_on: np.ndarray
    gold_stance: np.ndarray
    kind: np.ndarray
    lang: np.ndarray


def selection_score(scores: UnitScores) -> float:
    """Return the threshold-free score that runs are selected on.

    It is the mean, over unit kinds, of macro average precision over topics and of stance macro-F1 where a stance is
    annotated; topics without a positive, and kinds with less than two stances, are left out.
    """
    found = []
    for kind in np.unique(scores.kind):
        rows = scores.kind == kind
        precisions = []
        for topic in range(scores.gold_on.shape[1]):
            known = rows & (scores.gold_on[:, topic] >= 0)
            gold = scores.gold_on[known, topic]
            if gold.any():
                precisions.append(average_precision_score(gold, scores.probability[known, topic]))
        if precisions:
            found.append(float(np.mean(precisions)))
        sided = rows[:, None] & (scores.gold_stance >= 0)
        gold, said = scores.gold_stance[sided], scores.stance[sided]
        if len(np.unique(gold)) > 1:
            found.append(float(f1_score(gold, said, labels=np.unique(gold), average="macro", zero_division=0)))
    return float(np.mean(found)) if found else 0.0
