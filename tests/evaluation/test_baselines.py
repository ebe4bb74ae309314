"""Baselines learn from the training units, answer for the others, and look at no gold label of these."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic import pairs_of

from stancewire.data import load_corpus
from stancewire.evaluation.baselines import Baseline, encoder, majority, tfidf, without_examples
from stancewire.evaluation.gold import MASKED, Units, gold_units
from stancewire.evaluation.metrics import selection_score
from stancewire.evaluation.slices import Scorer

TOPICS = ("defense", "sanctions", "diplomacy")


@pytest.fixture(scope="module")
def train() -> Units:
    return gold_units(load_corpus("train", "fr"), TOPICS)


@pytest.fixture(scope="module")
def test() -> Units:
    return gold_units(load_corpus("test", "fr"), TOPICS)


def letters(texts: list[str]) -> np.ndarray:
    """Return a poor vector of each text: how often each letter stands in it."""
    return np.array([[text.lower().count(chr(code)) / len(text) for code in range(97, 123)] for text in texts])


def answers(name: str, train: Units, test: Units) -> Baseline:
    if name == "encoder":
        return encoder(train, test, letters)
    return {"majority": majority, "tfidf": tfidf}[name](train, test)


def test_majority_says_what_is_most_frequent_by_hand() -> None:
    train = Units(
        text=("a",) * 5,
        kind=np.array(["article", "quote", "quote", "quote", "quote"]),
        lang=np.array(["fr"] * 5),
        article=np.zeros(5, dtype=int),
        on=np.array([[0], [1], [1], [0], [MASKED]]),
        stance=np.array([[MASKED], [1], [1], [MASKED], [MASKED]]),
    )
    scores = majority(train, train).scores
    assert scores.probability[:, 0] == pytest.approx([0, 2 / 3, 2 / 3, 2 / 3, 2 / 3])
    assert scores.on[:, 0].tolist() == [False, True, True, True, True]
    # Articles have no stance to learn from: neutral. Quotes mostly oppose.
    assert scores.stance[:, 0].tolist() == [2, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["majority", "tfidf", "encoder"])
def test_no_baseline_reads_the_gold_labels_that_it_is_scored_on(name: str, train: Units, test: Units) -> None:
    blind = replace(test, on=np.full_like(test.on, MASKED), stance=np.full_like(test.stance, MASKED))
    few = train.take(train.article < 30)
    seeing, unseeing = answers(name, few, test).scores, answers(name, few, blind).scores
    for field in ("probability", "on", "stance"):
        assert np.array_equal(getattr(seeing, field), getattr(unseeing, field))


def test_words_beat_the_most_frequent_answer(train: Units, test: Units) -> None:
    learned, constant = tfidf(train, test).scores, majority(train, test).scores
    assert selection_score(learned) > selection_score(constant) + 0.1
    row = Scorer(pairs_of(learned, TOPICS), draws=10).rows(TOPICS, intervals=False)[0]
    assert (row["kind"], row["topic"], row["lang"]) == ("article", "all", "all")
    assert row["f1"] > 0.5


def test_vectors_that_hold_the_answer_are_enough(train: Units) -> None:
    held = {text: np.r_[train.on[i] == 1, np.eye(4)[train.stance[i] + 1].ravel()] for i, text in enumerate(train.text)}
    scores = encoder(train, train, lambda texts: np.array([held[text] for text in texts], dtype=float)).scores
    # Not 1: which of several stances is a topic's own is more than a linear model can say.
    assert selection_score(scores) > 0.9


@pytest.mark.parametrize("name", ["majority", "tfidf", "encoder"])
def test_a_handful_of_units_with_masks_is_no_fault(name: str, train: Units, test: Units) -> None:
    few = train.take(np.arange(6))
    few.on[:, 0], few.stance[:, 0] = MASKED, MASKED
    scores = answers(name, few, test.take(np.arange(4))).scores
    assert scores.probability.shape == (4, 3)
    assert not scores.on[:, 0].any()


def test_topics_without_an_example_are_named(train: Units) -> None:
    assert without_examples(train, TOPICS) == []
    strange = gold_units(load_corpus("train", "fr")[:20], ("defense", "migration"))
    assert without_examples(strange, ("defense", "migration")) == ["migration"]
