"""Figures with their intervals, of everything and of parts: by topic, language, form, outlet, length, marks.

A part is compared with the whole in the same draws. What is too small to say something says so, and is never the worst.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stancewire.evaluation.figures import FIGURES, Sample, all_figures, calibration_noise, confusion, once, values_of
from stancewire.evaluation.intervals import DRAWS, SEED, percentile_interval, rate_interval, story_draws
from stancewire.evaluation.metrics import ALL, KINDS
from stancewire.evaluation.pairs import TARGET, sample_of
from stancewire.records import STANCES

MIN_STORIES, MIN_POSITIVES = 20, 10
"""What a slice needs to be judged."""

MOST_VALUES = 24
"""Most values of a slice that are listed, the largest first."""

PRIMARY = ("average_precision", "f1", "stance_f1")
"""The figures that slices are compared by."""

OPEN = "open target"
"""The kind of the rows on open targets, of articles and quotes together."""

WORDS = {"lang": "language", "marks": "quotation marks", "seen": "target", "taught": "language in training"}
"""What slices are called, where the column's name is not a word for it."""

SLICED_BY = ("lang", "topic", "form", "outlet", "length", "marks", "seen", "taught")


class Scorer:
    """Scores parts of one table of pairs, all in the same draws of its stories."""

    def __init__(self, pairs: pd.DataFrame, draws: int = DRAWS, seed: int = SEED) -> None:
        """Take the pairs of one system.

        Args:
            pairs: rows as :mod:`stancewire.evaluation.pairs` has them.
            draws: of the bootstrap.
            seed: of the draws.
        """
        self.pairs = pairs
        self.sample, self.topics, self.stories = sample_of(pairs)
        self.draws = story_draws(self.stories, draws, seed)
        self.seed = seed
        self.kinds = np.where(pairs["task"] == TARGET, OPEN, pairs["kind"])

    def drawn(self, chosen: np.ndarray, names: Sequence[str] = FIGURES) -> dict[str, np.ndarray]:
        """Return figures of the pairs of a mask in every draw."""
        return all_figures(self.sample.take(chosen), self.draws, names)

    def row(self, chosen: np.ndarray, drawn: Mapping[str, np.ndarray] | None = None) -> dict[str, Any]:
        """Return the figures of the pairs of a mask, with counts; with intervals, where the draws are given."""
        sample = self.sample.take(chosen)
        stances = np.bincount(sample.sided.gold_stance, minlength=len(STANCES)).tolist()
        row: dict[str, Any] = {
            "n": len(sample),
            "stories": len(np.unique(sample.story)),
            "positives": int(sample.gold_on.sum()),
            **values_of(all_figures(sample, once(self.stories))),
            "stance_n": len(sample.sided),
            "stance_counts": dict(zip(STANCES, stances, strict=True)),
        }
        if drawn is not None:
            found = {name: percentile_interval(values) for name, values in drawn.items() if row[name] is not None}
            found |= {name: value for name, value in _rates(sample).items() if row[name] is not None}
            row["intervals"] = {name: list(interval) for name, interval in found.items() if interval}
        return row

    def rows(self, topics: Sequence[str], intervals: bool = True) -> list[dict[str, Any]]:
        """Return rows by kind, topic and language; those of one topic in one language have no intervals.

        Args:
            topics: in the order of the rows.
            intervals: compute them.
        """
        found = []
        for kind in KINDS:
            of_kind = np.asarray(self.kinds == kind)
            for lang in (ALL, *sorted(set(self.pairs["lang"][of_kind]))) if of_kind.any() else ():
                in_lang = of_kind & _mask(self.pairs, "lang", lang)
                for topic in (ALL, *topics):
                    chosen = in_lang & self._of_topic(topic)
                    drawn = self.drawn(chosen) if intervals and ALL in (lang, topic) and chosen.any() else None
                    found.append({"kind": kind, "topic": topic, "lang": lang, **self.row(chosen, drawn)})
        return found

    def confusion(self, kind: str) -> list[list[int]]:
        """Return how often each gold stance (rows) was said to be each stance (columns), in this kind of unit."""
        table = confusion(self.sample.take(np.asarray(self.kinds == kind)).sided, once(self.stories))[0]
        return [[int(cell) for cell in line] for line in table]

    def noise(self, kind: str) -> dict[str, float | None]:
        """Return the calibration errors that honest probabilities would show on so few stories."""
        sample = self.sample.take(np.asarray(self.kinds == kind))
        sided = sample.sided
        top, right = sided.stance_probability.max(1, initial=0.0), sided.stance == sided.gold_stance
        rest = (self.stories, 200, self.seed)
        known = len(sided) > 0 and not np.isnan(top).any()
        return {
            "calibration_error": calibration_noise(sample.gold_on, sample.probability, sample.story, *rest),
            "stance_calibration_error": calibration_noise(right, top, sided.story, *rest) if known else None,
        }

    def _of_topic(self, topic: str) -> np.ndarray:
        if topic == ALL:
            return np.ones(len(self.sample), dtype=bool)
        code = self.topics.index(topic) if topic in self.topics else -1
        return np.asarray(self.sample.topic == code)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the pairs of one kind.

    Attributes:
        kind: article, quote or open target.
        by: what it is a part by, such as ``lang``.
        value: which part, such as ``fr``.
        row: its figures and intervals.
        too_small: why it cannot be judged; empty where it can.
        differences: figure to its difference from the whole: value, low, high, p and p after Holm's correction.
    """

    kind: str
    by: str
    value: str
    row: Mapping[str, Any]
    too_small: str
    differences: Mapping[str, Mapping[str, float]]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        named = {"kind": self.kind, "by": self.by, "value": self.value}
        return named | dict(self.row) | {"too_small": self.too_small, "differences": dict(self.differences)}


def score_slices(scorer: Scorer) -> list[Slice]:
    """Return the parts of each kind of unit, each with its difference from the whole of its kind."""
    found: list[Slice] = []
    for kind in (*KINDS, OPEN):
        of_kind = np.asarray(scorer.kinds == kind)
        if of_kind.any():
            whole, drawn = scorer.row(of_kind), scorer.drawn(of_kind, PRIMARY)
            found += [_slice(scorer, kind, part, chosen, whole, drawn) for *part, chosen in _parts(scorer, of_kind)]
    return _with_holm(found)


def worst_slices(slices: Iterable[Slice]) -> list[dict[str, Any]]:
    """Return, for each kind and primary figure, the slice that lies furthest below the whole."""
    judged = [part for part in slices if not part.too_small]
    found = []
    for kind, name in dict.fromkeys((part.kind, name) for part in judged for name in part.differences):
        parts = [part for part in judged if part.kind == kind and name in part.differences]
        lowest = min(parts, key=lambda part: part.differences[name]["value"])
        if lowest.differences[name]["value"] < 0:
            named = {"kind": kind, "figure": name, "by": lowest.by, "value": lowest.value}
            found.append(named | {"score": lowest.row[name], "of": len(parts), **_renamed(lowest.differences[name])})
    return found


def bootstrap_p(differences: np.ndarray) -> float:
    """Return the two-sided p of no difference from bootstrap differences (draws,); never below 2 / (draws + 1)."""
    defined = differences[~np.isnan(differences)]
    if not len(defined):
        return 1.0
    tail = min(int((defined <= 0).sum()), int((defined >= 0).sum())) + 1
    return min(1.0, 2 * tail / (len(defined) + 1))


def holm(p: Sequence[float]) -> list[float]:
    """Return p values that stand for all of them together (Holm 1979)."""
    order = np.argsort(p)
    adjusted = np.maximum.accumulate(np.array(p)[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(adjusted, 1.0)
    return [float(value) for value in out]


def too_small(row: Mapping[str, Any]) -> str:
    """Return why figures on so few stories say nothing of a slice, or nothing."""
    if row["stories"] < MIN_STORIES:
        return f"{row['stories']} stories, {MIN_STORIES} are needed"
    if row["positives"] < MIN_POSITIVES:
        return f"{row['positives']} positive pairs, {MIN_POSITIVES} are needed"
    return ""


def _parts(scorer: Scorer, of_kind: np.ndarray) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield the parts of one kind: by what, which, and the mask; what has one value only is no part."""
    for by in SLICED_BY:
        column = scorer.pairs["target" if by == "topic" else by].to_numpy(dtype=object)
        if by == "topic" and scorer.kinds[of_kind][0] == OPEN:
            continue
        values, counts = np.unique(column[of_kind & (column != "")].astype(str), return_counts=True)
        largest = values[np.argsort(-counts, kind="stable")][:MOST_VALUES]
        for value in largest if len(values) > 1 else ():
            yield by, str(value), of_kind & (column == value)


def _slice(
    scorer: Scorer,
    kind: str,
    part: Sequence[str],
    chosen: np.ndarray,
    whole: Mapping[str, Any],
    whole_drawn: Mapping[str, np.ndarray],
) -> Slice:
    drawn = scorer.drawn(chosen)
    row = scorer.row(chosen, drawn)
    differences = {}
    for name in PRIMARY:
        interval = percentile_interval(drawn[name] - whole_drawn[name])
        if row[name] is not None and whole[name] is not None and interval:
            differences[name] = {
                "value": row[name] - whole[name],
                "low": interval[0],
                "high": interval[1],
                "p": bootstrap_p(drawn[name] - whole_drawn[name]),
            }
    return Slice(kind, part[0], part[1], row, too_small(row), differences)


def _with_holm(slices: Sequence[Slice]) -> list[Slice]:
    """Correct the p of each figure for all the slices of its kind that were looked at."""
    differences = [{name: dict(found) for name, found in part.differences.items()} for part in slices]
    for kind in {part.kind for part in slices}:
        for name in PRIMARY:
            asked = [
                mine[name]
                for part, mine in zip(slices, differences, strict=True)
                if part.kind == kind and name in mine and not part.too_small
            ]
            for entry, adjusted in zip(asked, holm([entry["p"] for entry in asked]) if asked else [], strict=True):
                entry["p_holm"] = adjusted
    return [
        Slice(part.kind, part.by, part.value, part.row, part.too_small, mine)
        for part, mine in zip(slices, differences, strict=True)
    ]


def _rates(sample: Sample) -> dict[str, Any]:
    """Return Wilson intervals of the figures that are a share of pairs: those of one topic, and of stances."""
    sided = sample.sided
    found = {"stance_accuracy": rate_interval(sided.stance == sided.gold_stance, sided.story)}
    if len(np.unique(sample.topic)) == 1:
        on, gold = sample.on == 1, sample.gold_on == 1
        found["precision"] = rate_interval(gold[on], sample.story[on])
        found["recall"] = rate_interval(on[gold], sample.story[gold])
    return found


def _mask(pairs: pd.DataFrame, column: str, value: str) -> np.ndarray:
    return np.ones(len(pairs), dtype=bool) if value == ALL else (pairs[column] == value).to_numpy()


def _renamed(difference: Mapping[str, float]) -> dict[str, float]:
    names = {"value": "difference", "low": "difference_low", "high": "difference_high"}
    return {names.get(name, name): value for name, value in difference.items()}
