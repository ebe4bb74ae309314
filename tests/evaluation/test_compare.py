"""Comparisons: a worse system is found worse, the same one is not, and what is not the same data is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from synthetic import table

from stancewire.errors import DataError
from stancewire.evaluation.compare import Difference, Paired, is_right
from stancewire.evaluation.pages import comparison

STORIES = 150


@pytest.fixture(scope="module")
def good() -> pd.DataFrame:
    return table(STORIES, 3)


@pytest.fixture(scope="module")
def bad() -> pd.DataFrame:
    return table(STORIES, 3, skill=0.3)


def found(paired: Paired, figure: str, kind: str = "quote") -> Difference:
    return next(difference for difference in paired.differences(kind) if difference.figure == figure)


def test_a_worse_system_is_found_worse_in_every_figure(good: pd.DataFrame, bad: pd.DataFrame) -> None:
    paired = Paired(good, bad, draws=500)
    for figure in ("average_precision", "f1", "stance_f1", "brier"):
        difference = found(paired, figure)
        assert difference.verdict == "worse", figure
        assert difference.p < 0.01
        assert abs(difference.value) > difference.detectable
        assert difference.value == pytest.approx(difference.after - difference.before)
    assert found(Paired(bad, good, draws=500), "stance_f1").verdict == "better"


def test_a_system_is_no_better_than_itself(good: pd.DataFrame) -> None:
    for difference in Paired(good, good.sample(frac=1, random_state=0), draws=100).differences("article"):
        assert difference.value == 0
        assert difference.p == 1
        assert difference.verdict == "no difference found"


def test_pairing_finds_smaller_differences_than_two_intervals(good: pd.DataFrame) -> None:
    near = good.assign(probability=(good["probability"] * 0.98).clip(0, 1))
    changed = good.index[::40]
    near.loc[changed, "on"] = ~near.loc[changed, "on"]
    paired = Paired(good, near, draws=500)
    difference = found(paired, "f1")
    row = paired.before.row(paired.before.kinds == "quote", paired.before.drawn(paired.before.kinds == "quote"))
    low, high = row["intervals"]["f1"]
    assert difference.high - difference.low < (high - low) / 2


def test_noise_is_called_a_difference_as_seldom_as_it_says() -> None:
    wrong = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        pairs = table(40, seed)
        # Both guess, each by itself: neither is the better one.
        one, other = (pairs.assign(on=random.random(len(pairs)) < 0.5) for _ in range(2))
        difference = Paired(one, other, draws=200).difference("quote", "f1", "", "")
        wrong += difference is not None and difference.p < 0.05
    assert wrong <= 8


def test_flips_are_what_one_has_right_and_the_other_wrong(good: pd.DataFrame, bad: pd.DataFrame) -> None:
    paired = Paired(good, bad, draws=10)
    flips = paired.flips()
    assert len(flips) == (is_right(good) != is_right(bad)).sum()
    broken = flips[flips["change"] == "broken"]
    assert (broken["before"] == broken["gold"]).all()
    assert (broken["after"] != broken["gold"]).all()
    assert broken["sure"].is_monotonic_decreasing
    assert len(paired.flips(3)) == 3


def test_only_pairs_that_both_have_are_compared(good: pd.DataFrame) -> None:
    paired = Paired(good, good[good["lang"] != "ja"], draws=10)
    assert len(paired) == (good["lang"] != "ja").sum()
    assert paired.left_out == ((good["lang"] == "ja").sum(), 0)


def test_other_records_and_other_gold_are_refused(good: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no pair of a unit and a target in common"):
        Paired(good, good.assign(id="other " + good["id"]))
    with pytest.raises(DataError, match=r"gold labels of \d+ pairs differ, first in article a0"):
        Paired(good, good.assign(gold_on=~good["gold_on"]))


def test_the_page_says_what_differs_and_what_could_not_be_seen(good: pd.DataFrame, bad: pd.DataFrame) -> None:
    page = comparison(Paired(good, bad, draws=200), "old", "new", flips=2)
    lines = page.splitlines()
    assert lines[0] == "A: old  "
    assert any("stance F1" in line and "**worse**" in line and "−" in line for line in lines)
    assert sum(line.startswith("| broken") for line in lines) == 2
