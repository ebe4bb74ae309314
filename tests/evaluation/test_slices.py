"""Rows and slices: what is small says so, the worst is named, looking at many is paid for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from synthetic import TOPICS, table

from stancewire.evaluation.slices import OPEN, Scorer, bootstrap_p, holm, score_slices, worst_slices


@pytest.fixture(scope="module")
def pairs() -> pd.DataFrame:
    """Return a good system that guesses in Japanese, and a language with two stories."""
    good, bad = table(120, 1), table(120, 1, skill=0.1)
    japanese = good["lang"] == "ja"
    mixed = pd.concat([good[~japanese], bad[japanese]], ignore_index=True)
    return mixed.assign(lang=mixed["lang"].where(~mixed["id"].isin(["a0", "a4"]), "uk"))


@pytest.fixture(scope="module")
def scorer(pairs: pd.DataFrame) -> Scorer:
    return Scorer(pairs, draws=400)


def test_rows_stand_for_each_kind_topic_and_language_and_count_the_same_pairs(scorer: Scorer) -> None:
    rows = scorer.rows(TOPICS)
    assert {row["kind"] for row in rows} == {"article", "quote"}
    quotes = [row for row in rows if row["kind"] == "quote"]
    whole = next(row for row in quotes if row["topic"] == row["lang"] == "all")
    assert whole["n"] == sum(row["n"] for row in quotes if row["topic"] != "all" and row["lang"] == "all")
    assert whole["n"] == sum(row["n"] for row in quotes if row["topic"] == "all" and row["lang"] != "all")
    assert whole["stories"] <= 120
    low, high = whole["intervals"]["stance_f1"]
    assert low < whole["stance_f1"] < high
    assert {row["topic"] for row in rows} == {"all", *TOPICS}


def test_the_worst_slice_is_the_one_that_is_worse(scorer: Scorer) -> None:
    slices = score_slices(scorer)
    worst = {(found["kind"], found["figure"]): found for found in worst_slices(slices)}
    found = worst["quote", "average_precision"]
    assert (found["by"], found["value"]) == ("lang", "ja")
    assert found["difference_high"] < 0
    assert found["p_holm"] < 0.05


def test_a_slice_that_is_too_small_says_so_and_is_never_the_worst(scorer: Scorer) -> None:
    slices = score_slices(scorer)
    small = next(part for part in slices if part.kind == "quote" and part.value == "uk")
    assert small.too_small == "2 stories, 20 are needed"
    assert all(found["value"] != "uk" for found in worst_slices(slices))
    assert all("p_holm" not in difference for difference in small.differences.values())


def test_open_targets_are_a_kind_of_their_own(pairs: pd.DataFrame) -> None:
    asked = pairs[:300].assign(task="target", target="closer ties", seen=["seen", "unseen"] * 150)
    scorer = Scorer(pd.concat([pairs, asked], ignore_index=True), draws=50)
    slices = score_slices(scorer)
    assert {part.value for part in slices if part.kind == OPEN and part.by == "seen"} == {"seen", "unseen"}
    assert not any(part.by == "topic" for part in slices if part.kind == OPEN)
    whole = next(
        row for row in scorer.rows(TOPICS, intervals=False) if row["kind"] == "quote" and row["topic"] == "all"
    )
    assert whole["n"] == (pairs["kind"] == "quote").sum()


def test_p_values_pay_for_every_slice_that_was_looked_at() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert bootstrap_p(np.linspace(0.1, 1, 999)) == pytest.approx(0.002)
    assert bootstrap_p(np.linspace(-1, 1, 999)) == 1.0
    assert bootstrap_p(np.full(10, np.nan)) == 1.0
