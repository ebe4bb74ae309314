"""The dev set's logits, and the threshold-free score that runs are selected on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import expit

from stancewire.evaluation.metrics import UnitScores, selection_score
from stancewire.models.network import UNIT_KINDS, StanceModel
from stancewire.training.examples import Example
from stancewire.training.features import Features


@dataclass(frozen=True, slots=True)
class DevLogits:
    """One row a pair of unit and target.

    Attributes:
        relevance_logits: (P,).
        stance_logits: (P, 3).
        relevance: 1, 0 or a negative number where it is not annotated (P,).
        stance: index of the stance or a negative number (P,).
        kind: index of the unit's kind (P,).
        topic: index of the topic, -1 for an open target (P,).
        unit: number of the unit, through all articles (P,).
        lang: of the article (P,).
    """

    relevance_logits: np.ndarray
    stance_logits: np.ndarray
    relevance: np.ndarray
    stance: np.ndarray
    kind: np.ndarray
    topic: np.ndarray
    unit: np.ndarray
    lang: np.ndarray


@torch.inference_mode()
def dev_logits(model: StanceModel, examples: Sequence[Example], features: Features) -> DevLogits:
    """Score all pairs of ``examples`` with the model's heads as they are."""
    rows, targets, units, columns = [], [], [], []
    row_base = unit_base = 0
    for example in examples:
        for row, pair in zip(example.rows, example.pairs, strict=True):
            rows.append(row_base + row)
            targets.append(features.target_index.get(pair.target, 0))
            units.append(unit_base + pair.unit)
            columns.append((pair.relevance, pair.stance, pair.kind, pair.topic))
        row_base += len(example.layout.units)
        unit_base += 1 + len(example.article.quotes)
    logits = torch.cat(
        [
            features.logits(model, unit, target)
            for unit, target in zip(torch.tensor(rows).split(8192), torch.tensor(targets).split(8192), strict=True)
        ]
    ).numpy()
    relevance, stance, kind, topic = np.array(columns, dtype=int).T
    lang = np.array([example.article.lang or "" for example in examples for _ in example.pairs])
    return DevLogits(logits[:, 0], logits[:, 1:], relevance, stance, kind, topic, np.array(units), lang)


def unit_scores(dev: DevLogits, topics: int) -> UnitScores:
    """Arrange the pairs with topics as a table of units and topics; nothing is on or off yet."""
    rows = np.flatnonzero(dev.topic >= 0)
    units, place = np.unique(dev.unit[rows], return_inverse=True)
    shape = (len(units), topics)
    topic = dev.topic[rows]
    probability, gold_on, gold_stance = np.zeros(shape), np.full(shape, -1), np.full(shape, -1)
    stance = np.zeros(shape, dtype=int)
    kind, lang = np.zeros(len(units), dtype=int), np.empty(len(units), dtype=dev.lang.dtype)
    probability[place, topic] = expit(dev.relevance_logits[rows])
    stance[place, topic] = dev.stance_logits[rows].argmax(-1)
    gold_on[place, topic] = np.maximum(dev.relevance[rows], -1)
    gold_stance[place, topic] = np.maximum(dev.stance[rows], -1)
    kind[place], lang[place] = dev.kind[rows], dev.lang[rows]
    return UnitScores(
        probability=probability,
        on=probability >= 0.5,
        stance=stance,
        gold_on=gold_on,
        gold_stance=gold_stance,
        kind=np.array(UNIT_KINDS)[kind],
        lang=lang,
    )


def dev_score(model: StanceModel, examples: Sequence[Example], features: Features, topics: int) -> float:
    """Return the score of the model's heads on ``examples``: mean of average precision and stance macro-F1."""
    return selection_score(unit_scores(dev_logits(model, examples, features), topics))
