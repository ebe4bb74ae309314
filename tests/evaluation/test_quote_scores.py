"""Scores of quotes: what counts as found, and who counts as right."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from stancewire.errors import ConfigError
from stancewire.evaluation import quote_rivals
from stancewire.evaluation.quotes import QuoteScores, score_quotes
from stancewire.records import Article, Quote, Span, Speaker

TEXT = "“We waited long enough,” said Maud Ferrier. “No more,” said Paul."
FIRST, SECOND = (1, 23), (45, 53)


def quote(span: Span, name: str | None, entity: str | None = None) -> Quote:
    at = TEXT.find(name) if name else -1
    place = (at, at + len(name)) if name and at >= 0 else None
    return Quote((span,), Speaker(name, place, entity=entity) if name else None)


GOLD = Article("a", TEXT, lang="en", quotes=(quote(FIRST, "Maud Ferrier"), quote(SECOND, "Paul")))


def scores(found: Sequence[Quote], article: Article = GOLD) -> QuoteScores:
    return score_quotes([article], lambda text, lang: found, "ours")


def test_what_is_annotated_scores_one_on_itself() -> None:
    row = scores(GOLD.quotes).slices["all", "all"].to_dict()
    assert [row[name] for name in row if name.endswith(("f1", "accuracy"))] == [1.0] * 6


def test_punctuation_at_the_ends_of_a_span_does_not_count() -> None:
    assert scores([quote((FIRST[0] - 1, FIRST[1] + 2), "Maud Ferrier")]).slices["all", "all"].exact == 1


def test_half_a_quote_overlaps_but_not_well() -> None:
    counts = scores([quote((FIRST[0], FIRST[0] + 10), "Maud Ferrier")]).slices["all", "all"]
    assert (counts.exact, counts.overlap, counts.overlap_most) == (0, 1, 0)


def test_a_mention_is_exact_a_part_overlaps_and_an_entity_names_the_same() -> None:
    found = [quote(FIRST, "Ferrier"), quote(SECOND, "he", entity="Paul")]
    counts = scores(found).slices["all", "all"]
    assert (counts.speakers, counts.speaker_exact, counts.speaker_overlap, counts.speaker_entity) == (2, 0, 1, 2)


def test_slices_tell_language_mark_and_place_of_the_reporting_clause() -> None:
    slices = scores(GOLD.quotes).slices
    assert slices["lang", "en"].gold == slices["mark", "“ ”"].gold == slices["clause", "after"].gold == 2


def test_articles_with_some_quotes_annotated_are_counted_apart_by_recall() -> None:
    article = Article("a", TEXT, lang="en", quotes=GOLD.quotes[:1], extra={"quotes_complete": False})
    result = scores(GOLD.quotes, article)
    assert result.articles == 0
    assert ("all", "all") not in result.slices
    assert result.slices["incomplete", "en"].to_dict()["exact_f1"] == 1.0


def test_a_finder_that_raises_misses_the_quotes_of_that_article_and_is_told() -> None:
    def broken(text: str, lang: str | None) -> list[Quote]:
        raise ValueError(text, lang)

    result = score_quotes([GOLD], broken, "broken")
    assert result.failed == 1
    assert result.slices["all", "all"].exact == 0


def test_the_naive_rival_takes_what_stands_between_marks() -> None:
    assert [TEXT[slice(*found.spans[0])] for found in quote_rivals.naive(TEXT)] == ["We waited long enough,"]


def test_a_rival_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quote_rivals, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install textacy"):
        quote_rivals.textacy_finder(["en"])
