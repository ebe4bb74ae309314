"""Scores of relevance and stance, on arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, f1_score

from stancewire.records import STANCES

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


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """The scores of one kind of unit, one topic or all, one language or all; what is undefined is ``None``.

    Relevance is scored where it is annotated. For all topics it is the macro average over the topics that have a
    positive; a topic without one has no average precision, recall or F1. Stance is scored where the gold topic is
    on with a known stance, whether or not the model finds it on, so that it does not depend on relevance; its
    macro-F1 is over the stances that occur in gold, and for all topics it pools their pairs.

    Attributes:
        kind: ``article`` or ``quote``.
        topic: a topic, or :data:`ALL`.
        lang: a language, or :data:`ALL`.
        n: annotated pairs of unit and topic.
        positives: how many of them are on.
        average_precision: of the probabilities; needs no threshold.
        f1: of the on and off labels.
        precision: ``None`` where the model finds nothing on.
        recall: of the on labels.
        stance_n: pairs with a known stance.
        stance_counts: their gold stances, in the order of :data:`stancewire.records.STANCES`.
        stance_f1: macro-F1 of the stances.
    """

    kind: str
    topic: str
    lang: str
    n: int
    positives: int
    average_precision: float | None
    f1: float | None
    precision: float | None
    recall: float | None
    stance_n: int
    stance_counts: tuple[int, ...]
    stance_f1: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; numbers are not rounded."""
        return asdict(self) | {"stance_counts": dict(zip(STANCES, self.stance_counts, strict=True))}


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """The rows of one system on one data set."""

    rows: tuple[ScoreRow, ...]

    def __repr__(self) -> str:
        return f"ScoreTable({len(self.rows)} rows)"

    def row(self, kind: str, topic: str = ALL, lang: str = ALL) -> ScoreRow:
        """Return one row.

        Raises:
            KeyError: there is no such row.
        """
        for row in self.rows:
            if (row.kind, row.topic, row.lang) == (kind, topic, lang):
                return row
        raise KeyError((kind, topic, lang))


def score(scores: UnitScores, topics: Sequence[str]) -> ScoreTable:
    """Score each kind of unit, by topic and by language.

    Args:
        scores: of all units.
        topics: the names of its columns.

    Returns:
        Rows for the kinds that occur, first for all languages, then for each; all topics first, then each.
    """
    rows = []
    for kind in (kind for kind in KINDS if (scores.kind == kind).any()):
        of_kind = scores.kind == kind
        for lang in (ALL, *sorted(set(scores.lang[of_kind].tolist()))):
            chosen = of_kind if lang == ALL else of_kind & (scores.lang == lang)
            each = [_topic_row(scores, chosen, t, (kind, topic, lang)) for t, topic in enumerate(topics)]
            rows += [_all_row(scores, chosen, each, (kind, ALL, lang)), *each]
    return ScoreTable(tuple(rows))


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

    It is the mean, over unit kinds, of macro average precision over topics and of stance macro-F1 where a stance is
    annotated; topics without a positive, and kinds with less than two stances, are left out.
    """
    found: list[float] = []
    for kind in np.unique(scores.kind):
        units = scores.kind == kind
        topics = range(scores.gold_on.shape[1])
        masks = [units & (scores.gold_on[:, t] >= 0) for t in topics]
        precision = mean(
            average_precision(scores.gold_on[known, t], scores.probability[known, t])
            for t, known in zip(topics, masks, strict=True)
        )
        gold, said = _stances(scores, units, slice(None))
        if precision is not None:
            found.append(precision)
        if len(np.unique(gold)) > 1:
            found.append(macro_f1(gold, said) or 0.0)
    return mean(found) or 0.0


def _topic_row(scores: UnitScores, units: np.ndarray, topic: int, names: tuple[str, str, str]) -> ScoreRow:
    known = units & (scores.gold_on[:, topic] >= 0)
    gold, said = scores.gold_on[known, topic] == 1, scores.on[known, topic]
    hits, positives, found = int((gold & said).sum()), int(gold.sum()), int(said.sum())
    stance_gold, stance_said = _stances(scores, units, slice(topic, topic + 1))
    return ScoreRow(
        *names,
        n=int(known.sum()),
        positives=positives,
        average_precision=average_precision(gold, scores.probability[known, topic]),
        f1=ratio(2 * hits, positives + found) if positives else None,
        precision=ratio(hits, found),
        recall=ratio(hits, positives),
        stance_n=len(stance_gold),
        stance_counts=_counts(stance_gold),
        stance_f1=macro_f1(stance_gold, stance_said),
    )


def _all_row(scores: UnitScores, units: np.ndarray, each: Sequence[ScoreRow], names: tuple[str, str, str]) -> ScoreRow:
    scored = [row for row in each if row.positives]
    stance_gold, stance_said = _stances(scores, units, slice(None))
    return ScoreRow(
        *names,
        n=sum(row.n for row in each),
        positives=sum(row.positives for row in each),
        average_precision=mean(row.average_precision for row in scored),
        f1=mean(row.f1 for row in scored),
        precision=mean(row.precision for row in scored),
        recall=mean(row.recall for row in scored),
        stance_n=len(stance_gold),
        stance_counts=_counts(stance_gold),
        stance_f1=macro_f1(stance_gold, stance_said),
    )


def _stances(scores: UnitScores, units: np.ndarray, topics: slice) -> tuple[np.ndarray, np.ndarray]:
    """Return gold and predicted stances of the pairs whose stance is known."""
    gold, said = scores.gold_stance[units, topics], scores.stance[units, topics]
    return gold[gold >= 0], said[gold >= 0]


def _counts(stances: np.ndarray) -> tuple[int, ...]:
    return tuple(int(count) for count in np.bincount(stances, minlength=len(STANCES)))
