"""Gold labels as arrays: the order of units, the masks, and predictions beside them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from stancewire.errors import DataError
from stancewire.evaluation.gold import MASKED, gold_units, predicted_scores
from stancewire.predictions import Prediction, QuotePrediction, TopicPrediction
from stancewire.records import STANCES, Article, Quote

TOPICS = ("arms", "talks")
SUPPORT, OPPOSE, NEUTRAL = range(3)

FIRST = Article(
    id="a",
    title="Title",
    text="One said: “yes, arms”. Two: “no”.",
    lang="fr",
    topics={"arms": "neutral"},
    quotes=(Quote(spans=((11, 20),), topics={"arms": "support"}), Quote(spans=((29, 31),), topics=None)),
)
SECOND = Article(
    id="b",
    text="Three: “may be”.",
    topics={"talks": "on"},
    unknown=frozenset({"arms", "talks"}),
    quotes=(Quote(spans=((8, 14),), topics={}, unknown=frozenset({"talks"})),),
)


def answer(stances: Mapping[str, str]) -> dict[str, TopicPrediction]:
    """Return a prediction that is sure of some stances, and that all else is off."""
    return {
        topic: TopicPrediction(
            on=topic in stances,
            probability=float(topic in stances),
            stance=stances[topic] if stances.get(topic) in STANCES else "neutral",
            stances=dict.fromkeys(STANCES, 1 / 3),
        )
        for topic in TOPICS
    }


def perfect(article: Article) -> Prediction:
    """Return the prediction that says what is annotated."""
    quotes = tuple(
        QuotePrediction(quote.spans, quote.text_in(article.text), answer(quote.topics or {}), quote.speaker)
        for quote in article.quotes
    )
    return Prediction(article.id, article.lang, 1, answer(article.topics or {}), quotes)


def test_units_are_each_article_and_then_its_quotes() -> None:
    units = gold_units([FIRST, SECOND], TOPICS)
    assert units.text == ("Title\n" + FIRST.text, "yes, arms", "no", SECOND.text, "may be")
    assert units.kind.tolist() == ["article", "quote", "quote", "article", "quote"]
    assert units.lang.tolist() == ["fr", "fr", "fr", "?", "?"]
    assert units.article.tolist() == [0, 0, 0, 1, 1]


def test_what_is_not_annotated_or_unknown_is_masked() -> None:
    units = gold_units([FIRST, SECOND], TOPICS)
    assert units.on.tolist() == [[1, 0], [1, 0], [MASKED, MASKED], [MASKED, 1], [0, MASKED]]


def test_on_is_a_topic_of_unknown_stance() -> None:
    units = gold_units([FIRST, SECOND], TOPICS)
    assert units.stance.tolist() == [
        [NEUTRAL, MASKED],
        [SUPPORT, MASKED],
        [MASKED, MASKED],
        [MASKED, MASKED],
        [MASKED, MASKED],
    ]


def test_a_part_of_the_units_keeps_all_columns_together() -> None:
    part = gold_units([FIRST, SECOND], TOPICS).take(np.array([False, True, False, False, True]))
    assert part.text == ("yes, arms", "may be")
    assert part.on.tolist() == [[1, 0], [0, MASKED]]
    assert part.article.tolist() == [0, 1]


def test_no_articles_are_no_units() -> None:
    units = gold_units([], TOPICS)
    assert len(units) == 0
    assert units.on.shape == (0, 2)


def test_a_prediction_that_says_what_is_annotated_scores_one() -> None:
    scores = predicted_scores([FIRST, SECOND], [perfect(FIRST), perfect(SECOND)], TOPICS)
    known = scores.gold_on >= 0
    assert (scores.on == (scores.gold_on == 1))[known].all()
    assert (scores.stance == scores.gold_stance)[scores.gold_stance >= 0].all()
    assert scores.stance_probability is not None
    assert scores.stance_probability.shape == (5, 2, 3)


def test_predictions_are_aligned_with_units_and_topics() -> None:
    prediction = Prediction(
        FIRST.id,
        FIRST.lang,
        1,
        answer({"talks": "oppose"}),
        (
            QuotePrediction(FIRST.quotes[0].spans, "", answer({"arms": "support"})),
            QuotePrediction(FIRST.quotes[1].spans, "", answer({})),
        ),
    )
    scores = predicted_scores([FIRST], [prediction], TOPICS)
    assert scores.on.tolist() == [[False, True], [True, False], [False, False]]
    assert scores.stance.tolist() == [[NEUTRAL, OPPOSE], [SUPPORT, NEUTRAL], [NEUTRAL, NEUTRAL]]
    assert scores.probability.tolist() == [[0, 1], [1, 0], [0, 0]]


def test_predictions_of_other_articles_or_quotes_are_refused() -> None:
    with pytest.raises(DataError, match="predictions: found 1, expected one for each of 2 articles"):
        predicted_scores([FIRST, SECOND], [perfect(FIRST)], TOPICS)
    with pytest.raises(DataError, match="prediction: found 'b', expected that of article a"):
        predicted_scores([FIRST, SECOND], [perfect(SECOND), perfect(FIRST)], TOPICS)
    with pytest.raises(DataError, match="prediction a: found '0 quotes', expected 2 quotes"):
        predicted_scores([FIRST], [Prediction("a", "fr", 1, answer({}))], TOPICS)
