"""From the bare text on: which quotes match, and what misses and false alarms cost."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from stancewire.evaluation.endtoend import (
    Agreement,
    EndToEndRow,
    is_complete,
    match_quotes,
    overlap,
    same_speaker,
    score_end_to_end,
)
from stancewire.predictions import Prediction, QuotePrediction, TopicPrediction
from stancewire.records import STANCES, Article, Quote, Span, Speaker

TOPICS = ("arms", "talks")
TEXT = "Ann said: “0123456789”. Bob said: “abcdefghij”. Cem said: “ABCDEFGHIJ”."
ONE, TWO, THREE = (11, 21), (35, 45), (59, 69)
ANN, BOB = Speaker("Ann", (0, 3)), Speaker("Bob", (24, 27))

ARTICLE = Article(
    id="a",
    text=TEXT,
    lang="en",
    topics={},
    quotes=(
        Quote((ONE,), ANN, {"arms": "support", "talks": "oppose"}),
        Quote((TWO,), BOB, {"arms": "oppose"}),
    ),
)


def topics_of(stances: Mapping[str, str]) -> dict[str, TopicPrediction]:
    each = dict.fromkeys(STANCES, 1 / 3)
    return {topic: TopicPrediction(topic in stances, 0.5, stances.get(topic, "neutral"), each) for topic in TOPICS}


def found(span: Span, speaker: Speaker | None, **stances: str) -> QuotePrediction:
    return QuotePrediction((span,), "", topics_of(stances), speaker)


def read(article: Article, quotes: Sequence[QuotePrediction]) -> Prediction:
    return Prediction(article.id, article.lang, 1, topics_of({}), tuple(quotes))


def rows_of(article: Article, *quotes: QuotePrediction) -> dict[tuple[str, str], EndToEndRow]:
    rows = score_end_to_end([article], [read(article, quotes)], TOPICS)
    return {(row.topic, row.lang): row for row in rows}


def test_overlap_is_intersection_over_union_of_all_spans() -> None:
    assert overlap(((0, 10),), ((5, 15),)) == pytest.approx(5 / 15)
    assert overlap(((0, 10), (20, 30)), ((0, 30),)) == pytest.approx(20 / 30)
    assert overlap(((0, 5),), ((5, 9),)) == 0


def test_each_quote_matches_once_the_greatest_overlap_first() -> None:
    assert match_quotes([((0, 10),), ((20, 30),)], [((21, 30),), ((0, 10),), ((1, 10),)]) == [(0, 1), (1, 0)]
    # Nine of ten goes before eight of ten, whichever comes first in the text.
    assert match_quotes([((0, 8), (9, 10)), ((0, 10),)], [((0, 10),)]) == [(1, 0)]
    assert match_quotes([((0, 10),)], [((5, 20),)]) == []
    assert match_quotes([((0, 10),)], [((0, 5),)]) == [(0, 0)]
    assert match_quotes([], [((0, 5),)]) == []


def test_hits_misses_and_false_alarms_by_hand() -> None:
    rows = rows_of(
        ARTICLE,
        found(ONE, ANN, arms="oppose", talks="oppose"),
        found(THREE, None, arms="support"),
    )
    row = rows["all", "all"]
    assert row.quotes == Agreement(gold=2, found=2, hits=1)
    assert (row.quotes.precision, row.quotes.recall, row.quotes.f1) == (0.5, 0.5, 0.5)
    # Annotated: arms and talks of Ann, arms of Bob, who was missed. Found: two of Ann's, one of a quote that is none.
    assert row.relevance == Agreement(gold=3, found=3, hits=2)
    assert row.stance == Agreement(gold=3, found=3, hits=1)
    assert rows["arms", "en"].relevance == Agreement(gold=2, found=2, hits=1)
    assert rows["talks", "en"].stance == Agreement(gold=1, found=1, hits=1)
    assert (row.speakers, row.speaker_accuracy) == (1, 1.0)


def test_what_the_record_says_scores_one() -> None:
    quotes = [found(q.spans[0], q.speaker, **dict(q.topics or {})) for q in ARTICLE.quotes]
    for row in rows_of(ARTICLE, *quotes).values():
        assert row.quotes.f1 == row.relevance.f1 == row.stance.f1 == row.speaker_accuracy == 1


def test_marks_and_spaces_at_the_ends_do_not_count() -> None:
    article = replace(ARTICLE, text="“Go!” said Ann.", quotes=(Quote(((1, 3),), None, {}),))
    assert rows_of(article, found((0, 5), None))["all", "all"].quotes.f1 == 1


def test_a_stance_that_nobody_knows_counts_for_relevance_alone() -> None:
    article = replace(ARTICLE, quotes=(Quote((ONE,), None, {"arms": "on"}), Quote((TWO,), None, {"arms": "support"})))
    row = rows_of(article, found(ONE, None, arms="oppose"), found(TWO, None, arms="support"))["arms", "all"]
    assert row.relevance == Agreement(gold=2, found=2, hits=2)
    assert row.stance == Agreement(gold=1, found=1, hits=1)


def test_a_topic_counts_only_where_all_quotes_are_annotated_for_it() -> None:
    unknown = Quote((TWO,), BOB, {"arms": "oppose"}, unknown=frozenset({"talks"}))
    rows = rows_of(replace(ARTICLE, quotes=(ARTICLE.quotes[0], unknown)), found(THREE, None, talks="support"))
    assert rows["talks", "all"].relevance == Agreement(0, 0, 0)
    assert rows["all", "all"].relevance == Agreement(gold=2, found=0, hits=0)


def test_articles_without_all_their_quotes_are_left_out() -> None:
    partial = replace(ARTICLE, id="b", extra={"quotes_complete": False})
    unit = replace(ARTICLE, id="c", extra={"unit": "sentence"})
    assert not is_complete(partial)
    assert not is_complete(unit)
    articles = [ARTICLE, partial, unit]
    (row, *_) = score_end_to_end(articles, [read(article, []) for article in articles], TOPICS)
    assert (row.articles, row.quotes.gold) == (1, 2)
    assert score_end_to_end([partial], [read(partial, [])], TOPICS) == ()


def test_an_article_without_quotes_can_only_give_false_alarms() -> None:
    row = rows_of(replace(ARTICLE, quotes=()), found(ONE, ANN, arms="support"))["all", "all"]
    assert row.quotes == Agreement(gold=0, found=1, hits=0)
    assert row.relevance == Agreement(gold=0, found=1, hits=0)
    assert (row.quotes.precision, row.quotes.recall, row.quotes.f1) == (0, None, None)
    assert row.speaker_accuracy is None


def test_speakers_agree_by_place_or_by_name() -> None:
    assert same_speaker(Speaker("Ann Lee", (0, 7)), Speaker("Lee", (4, 7)))
    assert same_speaker(Speaker("Ann Lee"), Speaker("ANN LEE", (40, 47)))
    assert same_speaker(None, None)
    assert not same_speaker(Speaker("Ann", (0, 3)), Speaker("Lee", (4, 7)))
    assert not same_speaker(Speaker("Ann"), None)
    assert not same_speaker(None, Speaker("Ann"))


def test_speakers_are_not_scored_where_the_record_names_none() -> None:
    unnamed = tuple(replace(quote, speaker=None) for quote in ARTICLE.quotes)
    row = rows_of(replace(ARTICLE, quotes=unnamed), found(ONE, ANN), found(TWO, None))["all", "all"]
    assert (row.quotes.hits, row.speakers) == (2, 0)
    row = rows_of(replace(ARTICLE, quotes=(ARTICLE.quotes[0], unnamed[1])), found(ONE, ANN), found(TWO, BOB))
    assert (row["all", "all"].speakers, row["all", "all"].speakers_right) == (2, 1)


def test_offsets_of_a_text_that_was_not_in_nfc_still_match() -> None:
    text = unicodedata.normalize("NFD", "éééééééééé dit Ève: «été».")
    start = text.index("«") + 1
    span = [start, text.index("»")]
    article = Article.from_dict({"id": "a", "text": text, "lang": "fr", "quotes": [{"spans": [span], "topics": {}}]})
    assert article.quotes[0].spans != (tuple(span),)
    row = rows_of(article, found((span[0], span[1]), None))["all", "fr"]
    assert row.quotes.f1 == 1
