"""Two systems on the same pairs: differences in the same draws of the stories, and the examples that flipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from stancewire.errors import DataError
from stancewire.evaluation.figures import all_figures, once
from stancewire.evaluation.intervals import DRAWS, SEED, percentile_interval
from stancewire.evaluation.metrics import KINDS
from stancewire.evaluation.pairs import COLUMNS
from stancewire.evaluation.slices import OPEN, Scorer, bootstrap_p

COMPARED = ("average_precision", "f1", "stance_f1", "brier", "calibration_error", "stance_brier")
"""The figures of a comparison."""

LESS_IS_BETTER = frozenset({"brier", "calibration_error", "stance_brier", "stance_calibration_error"})

POWER = 0.8
"""How often the smallest detectable difference would be found."""

KEY = ["task", "target", "id", "unit"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two systems on the same pairs.

    Attributes:
        kind: article, quote or open target.
        figure: its name.
        n: pairs.
        stories: that they are of.
        before: the first system's figure.
        after: the second one's.
        value: after minus before.
        low: end of the 95 % interval of the difference.
        high: the other end.
        p: two-sided, of no difference.
        detectable: the true difference that a set like this would find in four of five cases; nothing is known of
            smaller ones that it did not find.
        p_worse: one-sided, of no more than the drop that was allowed.
    """

    kind: str
    figure: str
    n: int
    stories: int
    before: float
    after: float
    value: float
    low: float
    high: float
    p: float
    detectable: float
    p_worse: float

    @property
    def verdict(self) -> str:
        """What the interval says: better, worse, or no difference that this set can tell."""
        if self.low <= 0 <= self.high:
            return "no difference found"
        return "better" if (self.value > 0) != (self.figure in LESS_IS_BETTER) else "worse"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self) | {"verdict": self.verdict}


class Paired:
    """The pairs that both tables have, one system's answers beside the other's."""

    def __init__(self, before: pd.DataFrame, after: pd.DataFrame, draws: int = DRAWS, seed: int = SEED) -> None:
        """Match two tables of pairs, one system each.

        Args:
            before: of the system to compare with.
            after: of the system in question.
            draws: of the bootstrap.
            seed: of the draws.

        Raises:
            DataError: they have no pair in common, or gold labels that differ.
        """
        before, after = before.drop_duplicates(KEY), after.drop_duplicates(KEY)
        both = before[[*KEY, "gold_on", "gold_stance"]].merge(
            after[[*KEY, "gold_on", "gold_stance"]], on=KEY, suffixes=("", "_after"), validate="one_to_one"
        )
        if both.empty:
            raise DataError("the reports have no pair of a unit and a target in common: they are of other data")
        changed = (both["gold_on"] != both["gold_on_after"]) | (both["gold_stance"] != both["gold_stance_after"])
        if changed.any():
            first = both[changed].iloc[0]
            raise DataError(
                f"the gold labels of {int(changed.sum())} pairs differ, first in article {first['id']}, unit "
                f"{first['unit']}, {first['target']}: evaluate both on the same records"
            )
        self.before = Scorer(both[KEY].merge(before, on=KEY, how="left")[list(COLUMNS)], draws, seed)
        self.after = Scorer(both[KEY].merge(after, on=KEY, how="left")[list(COLUMNS)], draws, seed)
        self.left_out = (len(before) - len(both), len(after) - len(both))

    def __len__(self) -> int:
        return len(self.before.pairs)

    def kinds(self) -> list[str]:
        """Return the kinds of units that occur."""
        return [kind for kind in (*KINDS, OPEN) if (self.before.kinds == kind).any()]

    def differences(self, kind: str, figures: Sequence[str] = COMPARED) -> list[Difference]:
        """Return the differences of one kind of unit; a figure that is undefined in either is left out."""
        chosen = np.asarray(self.before.kinds == kind)
        return self._differences(kind, chosen, figures, 0.0)

    def difference(self, kind: str, figure: str, by: str, value: str, allowed: float = 0.0) -> Difference | None:
        """Return one difference, of a slice if ``by`` is given; ``None`` where it is undefined.

        Args:
            kind: of unit.
            figure: its name.
            by: a column of the pairs, or nothing for all of them.
            value: of that column.
            allowed: the drop that ``p_worse`` forgives.
        """
        chosen = np.asarray(self.before.kinds == kind)
        if by:
            chosen = chosen & (self.before.pairs["target" if by == "topic" else by] == value).to_numpy()
        return next(iter(self._differences(kind, chosen, [figure], allowed)), None)

    def flips(self, most: int | None = None) -> pd.DataFrame:
        """Return the pairs that one system has right and the other wrong, the surest mistakes first.

        Columns: those of the key, ``lang``, ``text``, ``gold``, ``before``, ``after``, ``change`` (fixed or broken).
        """
        said = [answers(scorer.pairs) for scorer in (self.before, self.after)]
        right = [is_right(scorer.pairs) for scorer in (self.before, self.after)]
        pairs = self.after.pairs
        flipped: pd.DataFrame = pairs[[*KEY, "lang", "text"]].assign(
            gold=gold_answers(pairs),
            before=said[0],
            after=said[1],
            change=np.where(right[1], "fixed", "broken"),
            sure=confidence(pairs),
        )[right[0] != right[1]]
        ordered: pd.DataFrame = flipped.sort_values(["change", "sure"], ascending=[True, False], kind="stable")
        return ordered.head(len(ordered) if most is None else most)

    def _differences(self, kind: str, chosen: np.ndarray, figures: Sequence[str], allowed: float) -> list[Difference]:
        if not chosen.any():
            return []
        one, other = self.before.sample.take(chosen), self.after.sample.take(chosen)
        stories = once(self.before.stories)
        before, after = all_figures(one, stories, figures), all_figures(other, stories, figures)
        drawn, drawn_after = self.before.drawn(chosen, figures), self.after.drawn(chosen, figures)
        found = []
        for figure in figures:
            change = drawn_after[figure] - drawn[figure]
            interval = percentile_interval(change)
            value = float(after[figure][0] - before[figure][0])
            if interval is None or np.isnan(value):
                continue
            drop = change if figure in LESS_IS_BETTER else -change
            found.append(
                Difference(
                    kind=kind,
                    figure=figure,
                    n=int(chosen.sum()),
                    stories=len(np.unique(one.story)),
                    before=float(before[figure][0]),
                    after=float(after[figure][0]),
                    value=value,
                    low=interval[0],
                    high=interval[1],
                    p=bootstrap_p(change),
                    detectable=float((norm.ppf(0.975) + norm.ppf(POWER)) * np.nanstd(change)),
                    p_worse=float((1 + np.sum(~(drop > allowed))) / (1 + len(drop))),
                )
            )
        return found


def answers(pairs: pd.DataFrame) -> np.ndarray:
    """Return what a system says of each pair: ``off``, or a stance."""
    return np.where(pairs["on"], pairs["stance"], "off")


def gold_answers(pairs: pd.DataFrame) -> np.ndarray:
    """Return the gold labels in the same words; ``on`` where the stance is not known."""
    return np.where(pairs["gold_on"], np.where(pairs["gold_stance"] == "", "on", pairs["gold_stance"]), "off")


def is_right(pairs: pd.DataFrame) -> np.ndarray:
    """Whether relevance is right, and the stance where it is on and known."""
    on = pairs["on"].to_numpy(dtype=bool)
    same = on == pairs["gold_on"].to_numpy(dtype=bool)
    unknown = (pairs["gold_stance"] == "").to_numpy()
    return np.asarray(same & (~on | unknown | (pairs["stance"] == pairs["gold_stance"]).to_numpy()))


def confidence(pairs: pd.DataFrame) -> np.ndarray:
    """Return the probability of what was said: off, or on with its stance where stances have one."""
    on = pairs["on"].to_numpy(dtype=bool)
    relevance = pairs["probability"].to_numpy(dtype=float)
    stances = pairs[[name for name in COLUMNS if name.startswith("stance_")]].to_numpy(dtype=float)
    top = np.where(np.isnan(stances).any(1), 1.0, stances.max(1))
    return np.asarray(np.where(on, relevance * top, 1 - relevance))
