"""The record of the codebook: there and back, and each fault named by place, field, found and expected."""

from __future__ import annotations

from typing import Any

import pytest

from stancewire import Article, DataError, Quote, Target

RECORD: dict[str, Any] = {
    "id": "a-1",
    "lang": "fr",
    "date": "2024-05-03",
    "source": "Le Phare",
    "title": "Un titre",
    "text": "« Jamais », a dit Zoé Marchand. « C’est », a-t-elle ajouté, « trop tard. »",
    "topics": {"defense": "neutral", "sanctions": "on"},
    "unknown": ["diplomacy"],
    "quotes": [
        {
            "spans": [[2, 8]],
            "speaker": {"text": "Zoé Marchand", "span": [18, 30]},
            "topics": {"defense": "oppose"},
            "unknown": ["sanctions"],
        },
        {"spans": [[34, 39], [62, 72]], "speaker": {"text": "Marchand"}, "topics": {}},
        {"spans": [[34, 39]], "speaker": None},
    ],
    "targets": [
        {"unit": "article", "target": "les chars", "stance": "unrelated"},
        {"unit": 1, "target": "l’aide", "stance": "support"},
    ],
    "kind": "news",
}


def test_a_record_survives_the_way_there_and_back() -> None:
    assert Article.from_dict(RECORD).to_dict() == RECORD


def test_no_topic_on_differs_from_not_annotated() -> None:
    quotes = Article.from_dict(RECORD).quotes
    assert quotes[1].topics == {}
    assert quotes[2].topics is None


def test_a_broken_quote_is_joined_by_a_space() -> None:
    article = Article.from_dict(RECORD)
    assert article.quotes[1].text_in(article.text) == "C’est trop tard."


def test_what_may_be_absent_may_be_absent() -> None:
    article = Article.from_dict({"id": 7, "text": "Ein Satz.", "title": "", "quotes": None})
    assert (article.id, article.title, article.topics, article.quotes) == ("7", None, None, ())
    assert article.to_dict() == {"id": "7", "text": "Ein Satz.", "quotes": [], "targets": []}


def test_a_target_without_a_unit_is_the_articles() -> None:
    article = Article.from_dict({"id": "a", "text": "Text.", "targets": [{"target": "NATO", "stance": "neutral"}]})
    assert article.targets == (Target("article", "NATO", "neutral"),)


def test_other_quotes_drop_the_targets_of_the_old() -> None:
    article = Article.from_dict(RECORD).with_quotes([Quote(((2, 8),))])
    assert len(article.quotes) == 1
    assert [target.unit for target in article.targets] == ["article"]


def test_text_title_and_speaker_become_nfc_and_offsets_follow() -> None:
    text = "« Oui », dit Zoe\u0301 Caf\u00e9."
    record = {
        "id": "a",
        "text": text,
        "title": "Zoe\u0301",
        "quotes": [{"spans": [[2, 5]], "speaker": {"text": "Zoe\u0301 Café", "span": [13, 22]}}],
    }
    article = Article.from_dict(record)
    speaker = article.quotes[0].speaker
    assert article.title == "Zoé"
    assert speaker is not None
    assert speaker.span == (13, 21)
    assert article.text[13:21] == speaker.text == "Zoé Café"


def test_a_record_cannot_be_changed() -> None:
    article = Article.from_dict(RECORD)
    with pytest.raises(TypeError):
        article.topics["defense"] = "support"  # type: ignore[index]


def quote(**changes: object) -> dict[str, Any]:
    return {"quotes": [{"spans": [[2, 8]]} | changes]}


def target(**changes: object) -> dict[str, Any]:
    return {"targets": [{"unit": "article", "target": "NATO", "stance": "support"} | changes]}


@pytest.mark.parametrize(
    ("changes", "field", "found", "expected"),
    [
        ({"id": ""}, "id", "''", "a string that is unique"),
        ({"id": None}, "id", "None", "a string that is unique"),
        ({"id": True}, "id", "True", "a string that is unique"),
        ({"text": "  "}, "text", "'  '", "a string that is not empty"),
        ({"text": None}, "text", "None", "a string that is not empty"),
        ({"lang": 3}, "lang", "3", "a string or null"),
        ({"topics": ["defense"]}, "topics", "['defense']", "an object of topic: stance"),
        ({"topics": {"defense": "pro"}}, "topics.defense", "'pro'", "one of support, oppose, neutral, on"),
        ({"unknown": [1]}, "unknown", "[1]", "a list of topic names"),
        ({"quotes": {}}, "quotes", "{}", "a list"),
        ({"quotes": ["Jamais"]}, "quotes[0]", "'Jamais'", "an object with spans"),
        (quote(spans=[]), "quotes[0].spans", "[]", "at least one [start, end]"),
        (quote(spans=[[2, 99]]), "quotes[0].spans[0]", "[2, 99]", "<= 74"),
        (quote(spans=[[8, 2]]), "quotes[0].spans[0]", "[8, 2]", "0 <= start < end"),
        (quote(spans=[[2, 4.5]]), "quotes[0].spans[0]", "[2, 4.5]", "[start, end]"),
        (quote(spans=[[5, 8], [2, 4]]), "quotes[0].spans", "[[5, 8], [2, 4]]", "in order that do not overlap"),
        (quote(speaker="Zoé"), "quotes[0].speaker", "'Zoé'", "null or"),
        (quote(speaker={"text": "Léa", "span": [18, 21]}), "quotes[0].speaker.text", "'Léa'", "'Zoé'"),
        (quote(topics={"defense": 1}), "quotes[0].topics.defense", "1", "one of support"),
        (target(unit=9), "targets[0].unit", "9", "the index of one of the 3 quotes"),
        (target(target=" "), "targets[0].target", "' '", "a phrase or a proposition"),
        (target(stance="on"), "targets[0].stance", "'on'", "one of support, oppose, neutral, unrelated"),
        ({"targets": [1]}, "targets[0]", "1", "an object with unit, target and stance"),
    ],
)
def test_a_fault_names_place_field_found_and_expected(
    changes: dict[str, Any], field: str, found: str, expected: str
) -> None:
    with pytest.raises(DataError) as caught:
        Article.from_dict(RECORD | changes, "news.jsonl:12")
    message = str(caught.value)
    assert message.startswith("news.jsonl:12")
    assert f"field {field}: found {found}, expected " in message
    assert expected in message.partition(", expected ")[2]


def test_a_record_that_is_no_object_is_refused() -> None:
    with pytest.raises(DataError, match=r"news.jsonl:1: found \[\], expected a JSON object"):
        Article.from_dict([], "news.jsonl:1")  # type: ignore[arg-type]


def test_a_text_longer_than_a_book_is_refused_with_its_length() -> None:
    with pytest.raises(DataError, match=r"field text: found 1000001, expected at most 1000000 characters"):
        Article.from_dict({"id": "a", "text": "a" * 1_000_001})


def test_half_a_character_is_refused_with_its_place() -> None:
    with pytest.raises(DataError, match=r"expected text without half characters \(offset 3\)"):
        Article.from_dict({"id": "a", "text": "abc\ud800"})
