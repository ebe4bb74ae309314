"""Texts in, labels out: the same for an article alone, in a batch, and with other targets beside it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from stancewire import DataError, Predictor
from stancewire.predictions import Prediction
from stancewire.records import Article

TARGETS = ["closer ties with Japan", "制裁の解除"]


@pytest.fixture(scope="module")
def predictor(checkpoint_folder: Path) -> Predictor:
    return Predictor.load(checkpoint_folder)


def numbers(prediction: Prediction) -> list[float]:
    """Return all probabilities of topics and stances, in order."""
    units = [prediction.topics, *(quote.topics for quote in prediction.quotes)]
    topics = [topic for unit in units for topic in unit.values()]
    return [value for topic in topics for value in (topic.probability, *topic.stances.values())]


def test_one_article_alone_in_a_batch_of_64_and_with_other_targets_has_the_same_scores(
    predictor: Predictor, articles: list[Article]
) -> None:
    batch = (articles * 2)[:64]
    together = predictor.predict(batch, quotes="given")
    asked = predictor.predict(batch[:3], quotes="given", targets=TARGETS)
    for i in range(3):
        alone = predictor.predict(batch[i], quotes="given")[0]
        assert numbers(alone) == pytest.approx(numbers(together[i]), abs=1e-5)
        assert numbers(alone) == pytest.approx(numbers(asked[i]), abs=1e-5)


def test_an_open_target_is_answered_the_same_whatever_stands_beside_it(
    predictor: Predictor, articles: list[Article]
) -> None:
    both = predictor.predict(articles[:1], quotes="given", targets=TARGETS)[0].targets
    one = predictor.predict(articles[:1], quotes="given", targets=TARGETS[1:])[0].targets
    assert [t.unit for t in one] == ["article", *range(len(articles[0].quotes))]
    assert [t.relevance for t in one] == pytest.approx([t.relevance for t in both if t.target == TARGETS[1]], abs=1e-5)


def test_every_topic_is_there_and_stances_sum_to_one(predictor: Predictor, articles: list[Article]) -> None:
    for prediction in predictor.predict(articles, quotes="given"):
        assert list(prediction.topics) == ["defense", "sanctions", "diplomacy"]
        for topic in prediction.topics.values():
            assert sum(topic.stances.values()) == pytest.approx(1)
            assert topic.stance == max(topic.stances, key=lambda name: topic.stances[name])
            assert topic.on == (
                topic.probability >= predictor.calibration.threshold("article", _name(prediction, topic))
            )


def _name(prediction: Prediction, topic: object) -> str:
    return next(name for name, value in prediction.topics.items() if value is topic)


def test_offsets_are_those_of_the_text_that_was_given(predictor: Predictor) -> None:
    text = "«Nous refusons l'été des armées», a déclaré le ministre Désiré Évrard à Séoul."
    given = unicodedata.normalize("NFD", text)
    assert given != text
    (quote,) = predictor.predict(given)[0].quotes
    (start, end) = quote.spans[0]
    assert given[start:end] == unicodedata.normalize("NFD", "Nous refusons l'été des armées")
    assert quote.text == "Nous refusons l'été des armées"


def test_texts_records_and_articles_give_the_same(predictor: Predictor, articles: list[Article]) -> None:
    article = articles[0]
    from_article = predictor.predict(article, quotes="given")[0]
    from_record = predictor.predict([article.to_dict()], quotes="given")[0]
    assert from_article == from_record
    named = predictor.predict({"id": "x", "text": article.text})[0]
    assert numbers(named) == numbers(predictor.predict(article.text)[0])


def test_the_json_form_reads_back_and_holds_what_the_readme_shows(
    predictor: Predictor, articles: list[Article]
) -> None:
    prediction = predictor.predict(articles[0], quotes="given", targets=TARGETS[:1])[0]
    record = prediction.to_dict()
    assert list(record) == ["id", "lang", "windows", "topics", "quotes", "targets"]
    assert list(record["quotes"][0]) == ["spans", "text", "probability", "speaker", "topics"]
    assert list(record["topics"]["defense"]) == ["on", "probability", "stance", "stances"]
    assert list(record["targets"][0]) == ["unit", "target", "relevance", "stance", "stances"]
    assert Prediction.from_dict(record).to_dict() == record


def test_nothing_of_a_long_text_is_left_out(predictor: Predictor) -> None:
    sentence = "Le ministre a parlé des armes devant le parlement hier soir. "
    short, long = predictor.predict([sentence * 10, sentence * 1000])
    assert long.windows > 90 * short.windows


@pytest.mark.parametrize("wrong", [{"text": ""}, {"title": "no text"}, {"text": "x", "quotes": [{"spans": [[0, 9]]}]}])
def test_a_record_that_is_none_is_refused_with_its_number(predictor: Predictor, wrong: dict[str, object]) -> None:
    with pytest.raises(DataError, match="input 1"):
        predictor.predict([{"text": "fine"}, wrong])
