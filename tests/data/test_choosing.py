"""What to label next: what the model is unsure of, unlike what is there, evenly over languages and topics."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancewire.data.choosing import choose, uncertainties
from stancewire.predictions import Prediction, QuotePrediction, TopicPrediction
from stancewire.records import STANCES


def topic(probability: float, support: float = 1 / 3) -> TopicPrediction:
    stances = dict(zip(STANCES, (support, (1 - support) / 2, (1 - support) / 2), strict=True))
    return TopicPrediction(probability > 0.5, probability, "support", stances)


def prediction(lang: str = "en", **topics: float) -> Prediction:
    return Prediction("a", lang, 1, {name: topic(probability, 1.0) for name, probability in topics.items()})


def test_uncertainty_is_none_where_all_is_sure_and_whole_where_nothing_is() -> None:
    sure = prediction(arms=0.0, trade=1.0)
    assert uncertainties(sure) == {"arms": 0.0, "trade": 0.0}
    evenly = Prediction("a", None, 1, {"arms": topic(0.75)})
    assert uncertainties(evenly)["arms"] == pytest.approx(1)


def test_the_quote_of_which_the_model_is_least_sure_counts() -> None:
    quotes = tuple(QuotePrediction(((0, 1),), "x", {"arms": topic(p, 1.0)}) for p in (0.01, 0.5, 0.99))
    of_quote = uncertainties(Prediction("a", None, 1, {"arms": topic(0.0)}, quotes))["arms"]
    assert of_quote == uncertainties(prediction(arms=0.5))["arms"]


def test_the_unsure_come_first_where_all_are_equally_far() -> None:
    found = choose([prediction(arms=p) for p in (0.99, 0.5, 0.9, 0.7)], np.eye(4), 4)
    assert [choice.index for choice in found] == [1, 3, 2, 0]
    assert found[0].topic == "arms"


def test_a_copy_of_what_is_chosen_or_labelled_comes_last() -> None:
    vectors = np.eye(4)[[0, 0, 1, 2]]
    unsure = [prediction(arms=p) for p in (0.5, 0.5, 0.9, 0.9)]
    assert [choice.index for choice in choose(unsure, vectors, 3)] == [0, 2, 3]
    assert {choice.index for choice in choose(unsure, vectors, 2, labelled=vectors[:1])} == {2, 3}


def test_languages_and_topics_are_taken_evenly_as_far_as_there_are_articles() -> None:
    random = np.random.default_rng(0)
    names = ["en"] * 80 + ["fr"] * 10 + ["ja"] * 2
    unsure = [prediction(lang, **{t: p}) for lang, t, p in zip(names, ["arms", "trade"] * 46, [0.5] * 92, strict=True)]
    found = choose(unsure, random.normal(size=(92, 8)), 18)
    assert Counter(names[choice.index] for choice in found) == {"en": 8, "fr": 8, "ja": 2}
    assert Counter(choice.topic for choice in found) == {"arms": 9, "trade": 9}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 1), st.integers(0, 3)), max_size=12), st.integers(1, 15))
def test_each_is_chosen_once_and_all_where_more_are_asked_for(pool: list[tuple[str, float, int]], n: int) -> None:
    vectors = np.eye(4)[[place for *_, place in pool]].reshape(len(pool), 4)
    found = [choice.index for choice in choose([prediction(lang, arms=p) for lang, p, _ in pool], vectors, n)]
    assert len(found) == len(set(found)) == min(n, len(pool))
    assert found == [c.index for c in choose([prediction(lang, arms=p) for lang, p, _ in pool], vectors, n)]
