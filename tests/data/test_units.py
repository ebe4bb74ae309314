"""Single units become articles with one quote, and what they do not annotate stays not annotated."""

from __future__ import annotations

from typing import Any

import pytest

from stancewire import Article, DataError
from stancewire.data import read_articles

TWEET: dict[str, Any] = {
    "id": "t-1",
    "lang": "en",
    "source": "a_set",
    "unit": "tweet",
    "text": "Send them the jets, now.",
    "context": None,
    "topics": {"defense": "support"},
    "targets": [{"target": "fighter jets", "stance": "support"}, {"target": "tea", "stance": "unrelated"}],
    "license": "CC-BY-4.0",
    "redistributable": True,
    "unknown": ["diplomacy"],
    "holder": "the minister",
}


def read(**changes: object) -> Article:
    (article,) = read_articles([TWEET | changes])
    return article


def test_a_tweet_is_an_article_with_one_quote() -> None:
    article = read()
    (quote,) = article.quotes
    assert quote.text_in(article.text) == article.text == TWEET["text"]
    assert quote.topics == {"defense": "support"}
    assert quote.unknown == {"diplomacy"}
    assert article.topics is None
    assert not article.unknown
    assert [(t.unit, t.target, t.stance) for t in article.targets] == [
        (0, "fighter jets", "support"),
        (0, "tea", "unrelated"),
    ]
    assert dict(article.extra) == {
        "unit": "tweet",
        "license": "CC-BY-4.0",
        "redistributable": True,
        "holder": "the minister",
    }


def test_the_context_stands_around_its_unit() -> None:
    article = read(unit="sentence", context="Cafe\u0301 talk. […] Then tea.")
    assert article.text == "Café talk. Send them the jets, now. Then tea."
    assert article.quotes[0].text_in(article.text) == TWEET["text"]


def test_not_annotated_stays_not_annotated() -> None:
    assert read(topics=None, unknown=None).quotes[0].topics is None
    assert read(topics={}).quotes[0].topics == {}


def test_a_whole_article_keeps_its_labels() -> None:
    article = read(unit="article")
    assert article.quotes == ()
    assert article.topics == {"defense": "support"}
    assert article.unknown == {"diplomacy"}
    assert {target.unit for target in article.targets} == {"article"}


def test_it_survives_being_written_and_read_again() -> None:
    once = read(context="Before. […] After.")
    (again,) = read_articles([once.to_dict()])
    assert again == once


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"text": " "}, "record 1: field text: found ' ', expected a string that is not empty"),
        ({"context": "no place"}, "record 1: field context: found 'no place', expected null or a text with one […]"),
        ({"context": "[…] and […]"}, "record 1: field context: found '[…] and […]', expected"),
        ({"topics": {"defense": "pro"}}, "field quotes[0].topics.defense: found 'pro', expected one of"),
        ({"targets": [{"stance": "support"}]}, "field targets[0].target: found None, expected a phrase"),
        ({"targets": ["jets"]}, "field targets[0]: found 'jets', expected an object"),
    ],
)
def test_a_fault_names_its_field(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError) as caught:
        read(**changes)
    assert says in str(caught.value)
