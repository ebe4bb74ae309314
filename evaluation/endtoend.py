"""Scores from the bare text on: quotes that were found, matched with the annotated ones, and what was said of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from stancewire.evaluation.gold import MASKED, check_aligned, topic_labels
from stancewire.evaluation.intervals import DRAWS, Interval, percentile_interval, story_draws, story_sums
from stancewire.evaluation.metrics import ALL, ratio
from stancewire.predictions import Prediction, QuotePrediction, TopicPrediction
from stancewire.records import STANCES, Article, Quote, Span, Speaker
from stancewire.stories import story_of

OVERLAP = 0.5
"""Least intersection over union, in characters, of a found quote and the annotated one that it matches."""

Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Precision, recall and F1 of things found against things annotated; ``None`` where they are undefined.

    Attributes:
        gold: how many are annotated.
        found: how many were found.
        hits: how many were found and are right.
    """

    gold: int
    found: int
    hits: int

    @property
    def precision(self) -> float | None:
        """Share of what was found that is right."""
        return ratio(self.hits, self.found)

    @property
    def recall(self) -> float | None:
        """Share of what is annotated that was found."""
        return ratio(self.hits, self.gold)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; ``None`` where nothing is annotated."""
        return ratio(2 * self.hits, self.gold + self.found) if self.gold else None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self) | {"precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True, slots=True)
class EndToEndRow:
    """One topic or all, one language or all.

    A pair is a quote and a topic. An annotated quote that was not found misses its topics; a found one that is not
    annotated gives false alarms. A topic counts in an article only if all its quotes are annotated for it.

    Attributes:
        topic: a topic, or ``all``, where the pairs of all topics are pooled.
        lang: a language, or ``all``.
        articles: that were read; their quotes are annotated in full.
        quotes: spans of quotes; the same for every topic.
        relevance: pairs that are on.
        stance: pairs that are on and of the right stance; pairs of unknown stance are left out.
        speakers: matched quotes, in articles that name a speaker at all.
        speakers_right: quotes of those with the right speaker; nobody is right where nobody is named.
        intervals: of ``quotes``, ``relevance`` and ``stance`` (their F1), and of ``speaker_accuracy``.
    """

    topic: str
    lang: str
    articles: int
    quotes: Agreement
    relevance: Agreement
    stance: Agreement
    speakers: int
    speakers_right: int
    intervals: Mapping[str, Interval] = field(default_factory=dict)

    @property
    def speaker_accuracy(self) -> float | None:
        """Share of matched quotes with the right speaker."""
        return ratio(self.speakers_right, self.speakers)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "topic": self.topic,
            "lang": self.lang,
            "articles": self.articles,
            "quotes": self.quotes.to_dict(),
            "relevance": self.relevance.to_dict(),
            "stance": self.stance.to_dict(),
            "speakers": self.speakers,
            "speakers_right": self.speakers_right,
            "speaker_accuracy": self.speaker_accuracy,
            "intervals": {name: list(interval) for name, interval in self.intervals.items()},
        }


@dataclass(frozen=True, slots=True)
class ArticleCounts:
    """What was counted in each of A articles; rows are sums of it.

    Attributes:
        lang: (A,).
        story: index of the story (A,).
        quotes: gold, found and hits (A, 3).
        speakers: asked and right (A, 2).
        relevance: gold, found and hits of each topic (A, T, 3).
        stance: the same, of pairs whose stance is known (A, T, 3).
    """

    lang: np.ndarray
    story: np.ndarray
    quotes: np.ndarray
    speakers: np.ndarray
    relevance: np.ndarray
    stance: np.ndarray


def is_complete(article: Article) -> bool:
    """Whether the record says of all its quotes where they are, as records do unless they say otherwise."""
    return bool(article.extra.get("quotes_complete", True)) and "unit" not in article.extra


def score_end_to_end(
    articles: Sequence[Article], predictions: Sequence[Prediction], topics: Sequence[str]
) -> tuple[EndToEndRow, ...]:
    """Score what was read out of the bare text.

    Args:
        articles: the records; those whose quotes are not annotated in full (``quotes_complete`` is false, and single
            units) are left out.
        predictions: one for each, in their order, made with ``quotes="find"``.
        topics: the label set's topics.

    Returns:
        Rows first for all languages, then for each; all topics first, then each. Empty if no record is complete.

    Raises:
        DataError: the predictions are not those of the articles.
    """
    counts = count_matches(articles, predictions, topics)
    langs = sorted(set(counts.lang.tolist()))
    draws = story_draws(len(np.unique(counts.story)), draws=DRAWS) if langs else np.zeros((1, 0))
    return tuple(
        _row(counts, topics, topic, lang, draws)
        for lang in ([ALL, *langs] if langs else [])
        for topic in (ALL, *topics)
    )


def _row(counts: ArticleCounts, topics: Sequence[str], topic: str, lang: str, draws: np.ndarray) -> EndToEndRow:
    """Sum the counts of one topic or all, in one language or all."""
    chosen = np.ones(len(counts.lang), dtype=bool) if lang == ALL else counts.lang == lang
    columns = slice(None) if topic == ALL else slice(topics.index(topic), topics.index(topic) + 1)
    relevance, stance = (table[chosen, columns].sum(1) for table in (counts.relevance, counts.stance))
    quotes, speakers = counts.quotes[chosen], counts.speakers[chosen]
    asked, right = speakers.sum(0).tolist()
    parts = {"quotes": quotes, "relevance": relevance, "stance": stance, "speaker_accuracy": speakers}
    intervals = {name: _interval(part, counts.story[chosen], draws) for name, part in parts.items()}
    return EndToEndRow(
        topic=topic,
        lang=lang,
        articles=int(chosen.sum()),
        quotes=Agreement(*quotes.sum(0).tolist()),
        relevance=Agreement(*relevance.sum(0).tolist()),
        stance=Agreement(*stance.sum(0).tolist()),
        speakers=asked,
        speakers_right=right,
        intervals={name: interval for name, interval in intervals.items() if interval},
    )


def _interval(counts: np.ndarray, story: np.ndarray, draws: np.ndarray) -> Interval | None:
    """Return the interval of F1 from gold, found and hits (A, 3), or of a share from asked and right (A, 2)."""
    drawn = draws @ story_sums(story, draws.shape[1], counts)
    if counts.shape[1] == 2:
        part, whole, defined = drawn[:, 1], drawn[:, 0], drawn[:, 0] > 0
    else:
        part, whole, defined = 2 * drawn[:, 2], drawn[:, 0] + drawn[:, 1], drawn[:, 0] > 0
    return percentile_interval(np.where(defined, part / np.where(defined, whole, 1), np.nan))


def count_matches(
    articles: Sequence[Article], predictions: Sequence[Prediction], topics: Sequence[str]
) -> ArticleCounts:
    """Count hits, misses and false alarms in each article whose quotes are annotated in full."""
    check_aligned(articles, predictions)
    both = [(a, p) for a, p in zip(articles, predictions, strict=True) if is_complete(a)]
    quotes = np.zeros((len(both), 3), dtype=int)
    speakers = np.zeros((len(both), 2), dtype=int)
    relevance, stance = (np.zeros((len(both), len(topics), 3), dtype=int) for _ in range(2))
    for row, (article, prediction) in enumerate(both):
        found = [in_record(quote, article) for quote in prediction.quotes]
        pairs = match_quotes(
            [bare_spans(quote.spans, article.text) for quote in article.quotes],
            [bare_spans(quote.spans, article.text) for quote in found],
        )
        quotes[row] = len(article.quotes), len(found), len(pairs)
        if any(quote.speaker for quote in article.quotes):
            speakers[row, 0] = len(pairs)
            speakers[row, 1] = sum(same_speaker(article.quotes[i].speaker, found[j].speaker) for i, j in pairs)
        relevance[row], stance[row] = _count_topics(article, prediction.quotes, pairs, topics)
    lang = np.array([article.lang or "?" for article, _ in both], dtype=np.str_)
    story = np.unique([story_of(article) for article, _ in both], return_inverse=True)[1] if both else np.zeros(0, int)
    return ArticleCounts(lang, story, quotes, speakers, relevance, stance)


def match_quotes(gold: Sequence[Spans], found: Sequence[Spans]) -> list[tuple[int, int]]:
    """Return pairs of indices, each used once: the greatest overlap first, at least :data:`OVERLAP`."""
    scored = [(overlap(one, other), i, j) for i, one in enumerate(gold) for j, other in enumerate(found)]
    pairs: dict[int, int] = {}
    for share, i, j in sorted(scored, key=lambda item: (-item[0], item[1:])):
        if share >= OVERLAP and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return sorted(pairs.items())


def overlap(one: Spans, other: Spans) -> float:
    """Return the intersection over union of two quotes, in characters; each quote's spans lie apart."""
    shared = sum(max(0, min(b, d) - max(a, c)) for a, b in one for c, d in other)
    length = sum(b - a for a, b in (*one, *other))
    return shared / (length - shared) if length > shared else 0.0


def same_speaker(gold: Speaker | None, found: Speaker | None) -> bool:
    """Whether two mentions are of one speaker: they share characters of the text, or are equal but for case."""
    if gold is None or found is None:
        return gold is found
    if gold.text.casefold() == found.text.casefold():
        return True
    return bool(gold.span and found.span and overlap((gold.span,), (found.span,)))


def _count_topics(
    article: Article, found: Sequence[QuotePrediction], pairs: Sequence[tuple[int, int]], topics: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return gold, found and hits of each topic (T, 3): of relevance, and of relevance with stance."""
    labels = [topic_labels(quote.topics, quote.unknown, topics) for quote in article.quotes]
    gold_on = np.array([on for on, _ in labels], dtype=int).reshape(-1, len(topics))
    gold_stance = np.array([stance for _, stance in labels], dtype=int).reshape(-1, len(topics))
    on = _table(found, topics, lambda answer: answer.on)
    stance = _table(found, topics, lambda answer: STANCES.index(answer.stance))
    counted = (gold_on != MASKED).all(0)[:, None]
    gold, one, other = gold_on == 1, [i for i, _ in pairs], [j for _, j in pairs]
    hits = gold[one] & (on[other] == 1)
    relevance = np.stack([gold.sum(0), on.sum(0), hits.sum(0)], axis=-1)
    sided = gold_stance != MASKED
    # A hit on a topic whose stance nobody knows is neither right nor wrong.
    blind = (hits & ~sided[one]).sum(0)
    right = hits & sided[one] & (gold_stance[one] == stance[other])
    return relevance * counted, np.stack([sided.sum(0), on.sum(0) - blind, right.sum(0)], axis=-1) * counted


def _table(
    quotes: Sequence[QuotePrediction], topics: Sequence[str], value: Callable[[TopicPrediction], int]
) -> np.ndarray:
    found = [[int(value(quote.topics[topic])) for topic in topics] for quote in quotes]
    return np.array(found, dtype=int).reshape(-1, len(topics))


def in_record(quote: QuotePrediction, article: Article) -> Quote:
    """Bring a found quote from the offsets of the text that was given to those of the record, which is in NFC."""
    if article.given is None:
        return Quote(quote.spans, quote.speaker)
    back = article.given.from_original
    speaker = quote.speaker
    if speaker and speaker.span:
        speaker = Speaker(speaker.text, back(speaker.span))
    return Quote(tuple(back(span) for span in quote.spans), speaker)


def bare_spans(spans: Spans, text: str) -> Spans:
    """Return spans without white space and punctuation at their ends, which comparisons ignore (codebook)."""
    bare = []
    for start, end in spans:
        inside = [i for i in range(start, end) if not _loose(text[i])]
        bare.append((inside[0], inside[-1] + 1) if inside else (start, end))
    return tuple(bare)


def _loose(char: str) -> bool:
    return char.isspace() or unicodedata.category(char).startswith("P")
