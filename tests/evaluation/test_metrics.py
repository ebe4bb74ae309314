"""Scores are those that a hand computes; what is not annotated does not count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from synthetic import pairs_of

from stancewire.evaluation.metrics import ALL, UnitScores, selection_score
from stancewire.evaluation.slices import Scorer

TOPICS = ("arms", "talks")
SUPPORT, OPPOSE, NEUTRAL = range(3)


@pytest.fixture
def scores() -> UnitScores:
    """Return four quotes in two languages and one article; the last quote is not annotated for talks."""
    return UnitScores(
        probability=np.array([[0.9, 0.2], [0.8, 0.9], [0.4, 0.1], [0.6, 0.9], [0.7, 0.1]]),
        on=np.array([[1, 0], [1, 1], [0, 0], [1, 1], [1, 0]], dtype=bool),
        stance=np.array([[SUPPORT, OPPOSE], [OPPOSE, NEUTRAL], [OPPOSE, SUPPORT], [SUPPORT, SUPPORT], [NEUTRAL, 0]]),
        gold_on=np.array([[1, 1], [0, 1], [1, 0], [1, -1], [1, 0]]),
        gold_stance=np.array([[SUPPORT, OPPOSE], [-1, SUPPORT], [OPPOSE, -1], [-1, -1], [NEUTRAL, -1]]),
        kind=np.array(["quote"] * 4 + ["article"]),
        lang=np.array(["fr", "fr", "de", "de", "fr"]),
    )


def rows_of(scores: UnitScores) -> list[dict[str, Any]]:
    return Scorer(pairs_of(scores, TOPICS), draws=10).rows(TOPICS, intervals=False)


def row_of(scores: UnitScores, kind: str, topic: str = ALL, lang: str = ALL) -> dict[str, Any]:
    (row,) = (row for row in rows_of(scores) if (row["kind"], row["topic"], row["lang"]) == (kind, topic, lang))
    return row


def test_one_topic_by_hand(scores: UnitScores) -> None:
    row = row_of(scores, "quote", "arms")
    assert (row["n"], row["positives"]) == (4, 3)
    # Ranked 0.9 yes, 0.8 no, 0.6 yes, 0.4 yes: precision at the hits is 1, 2/3 and 3/4.
    assert row["average_precision"] == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert (row["precision"], row["recall"], row["f1"]) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    # One support and one oppose, both right; the topic that is on without a known stance does not count.
    assert (row["stance_n"], tuple(row["stance_counts"].values()), row["stance_f1"]) == (2, (1, 1, 0), 1.0)


def test_what_is_not_annotated_does_not_count(scores: UnitScores) -> None:
    row = row_of(scores, "quote", "talks")
    assert (row["n"], row["positives"]) == (3, 2)
    assert row["average_precision"] == 1
    assert (row["precision"], row["recall"], row["f1"]) == pytest.approx((1, 1 / 2, 2 / 3))
    masked = replace(scores, probability=scores.probability.copy(), stance=scores.stance.copy())
    masked.probability[3, 1], masked.stance[3, 1] = 0, NEUTRAL
    assert rows_of(masked) == rows_of(scores)


def test_all_topics_are_a_macro_average_of_relevance_and_a_pool_of_stances(scores: UnitScores) -> None:
    row = row_of(scores, "quote")
    assert (row["n"], row["positives"]) == (7, 5)
    assert row["average_precision"] == pytest.approx(((1 + 2 / 3 + 3 / 4) / 3 + 1) / 2)
    assert row["f1"] == pytest.approx(2 / 3)
    # Gold support, oppose, oppose, support; said support, oppose, oppose, neutral: F1 2/3 and 1.
    assert (row["stance_n"], row["stance_f1"]) == (4, pytest.approx(5 / 6))


def test_a_row_for_each_kind_language_and_topic(scores: UnitScores) -> None:
    keys = {(row["kind"], row["topic"], row["lang"]) for row in rows_of(scores)}
    assert keys == {
        *(("quote", topic, lang) for topic in (ALL, *TOPICS) for lang in (ALL, "de", "fr")),
        *(("article", topic, lang) for topic in (ALL, *TOPICS) for lang in (ALL, "fr")),
    }
    assert row_of(scores, "quote", "arms", "de")["n"] == 2


def test_what_is_undefined_is_none_and_says_its_n(scores: UnitScores) -> None:
    row = row_of(scores, "article", "talks")
    assert (row["n"], row["positives"], row["stance_n"]) == (1, 0, 0)
    assert (row["average_precision"], row["f1"], row["precision"], row["recall"], row["stance_f1"]) == (None,) * 5
    # Macro averages leave such a topic out.
    assert row_of(scores, "article")["average_precision"] == 1
    assert row_of(scores, "quote", "talks", "de")["average_precision"] is None


def test_a_topic_that_is_never_found_has_no_precision_and_an_f1_of_zero(scores: UnitScores) -> None:
    row = row_of(replace(scores, on=np.zeros_like(scores.on)), "quote", "arms")
    assert (row["precision"], row["recall"], row["f1"]) == (None, 0, 0)


def test_a_perfect_prediction_scores_one_everywhere(scores: UnitScores) -> None:
    perfect = replace(
        scores,
        probability=np.maximum(scores.gold_on, 0).astype(float),
        on=scores.gold_on == 1,
        stance=np.maximum(scores.gold_stance, 0),
    )
    for row in rows_of(perfect):
        assert {row["average_precision"], row["f1"], row["precision"], row["recall"], row["stance_f1"]} <= {1.0, None}
        assert (row["f1"] == 1) == (row["positives"] > 0)
    assert selection_score(perfect) == 1


def test_selection_is_the_mean_of_precision_over_kinds_and_of_the_stance_of_all_units(scores: UnitScores) -> None:
    quote_precision = ((1 + 2 / 3 + 3 / 4) / 3 + 1) / 2
    # The article has one topic with a positive, ranked first.
    precision = (quote_precision + 1) / 2
    # Support is found once and missed once, for a neutral too many; both of oppose are found.
    stance = (2 / 3 + 1 + 2 / 3) / 3
    assert selection_score(scores) == pytest.approx((precision + stance) / 2)


def test_selection_needs_no_threshold(scores: UnitScores) -> None:
    assert selection_score(replace(scores, on=~scores.on)) == selection_score(scores)


def test_units_without_any_label_score_zero_for_selection(scores: UnitScores) -> None:
    blank = np.full_like(scores.gold_on, -1)
    empty = replace(scores, gold_on=blank, gold_stance=blank)
    assert selection_score(empty) == 0
