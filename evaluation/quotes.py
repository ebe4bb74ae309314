"""How well quotes and their speakers are found: spans and speakers by language, kind of mark and reporting clause."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from stancewire.evaluation.endtoend import overlap
from stancewire.evaluation.metrics import ALL, ratio
from stancewire.records import Article, Quote, Span, Speaker

Finder = Callable[[str, str | None], Sequence[Quote]]
"""A text and its language to the quotes in it."""

LEAST, MOST = 0.3, 0.8
"""Shares of characters in common (intersection over union) from which spans overlap, and from which they overlap well;
a speaker is judged where the spans overlap."""

MARKS = {
    "“": "“ ”",
    "”": "“ ”",
    '"': '" "',
    "„": "„ “",
    "«": "« »",
    "»": "« »",
    "‘": "‘ ’",
    "’": "‘ ’",
    "'": "' '",
    "「": "「 」",
    "『": "『 』",
    "—": "dash",
    "–": "dash",
    "-": "dash",
}
_DASHES = frozenset("—–-―")
_Counts = dict[tuple[str, str], "QuoteCounts"]


@dataclass(slots=True)
class QuoteCounts:
    """What was counted in one slice.

    Attributes:
        gold: annotated quotes.
        found: found quotes; 0 in slices by the place of the reporting clause, which only annotated quotes have.
        exact: annotated quotes whose spans were all found, up to punctuation and white space at their ends.
        overlap: quotes matched at :data:`LEAST`.
        overlap_most: quotes matched at :data:`MOST`.
        speakers: matched quotes whose speaker is annotated, or annotated to be nobody.
        speaker_exact: of those, the same words.
        speaker_overlap: the mention shares characters with the annotated one, or the words of one hold the other's.
        speaker_entity: the mention or its entity does.
    """

    gold: int = 0
    found: int = 0
    exact: int = 0
    overlap: int = 0
    overlap_most: int = 0
    speakers: int = 0
    speaker_exact: int = 0
    speaker_overlap: int = 0
    speaker_entity: int = 0

    def f1(self, hits: int) -> float | None:
        """Return the F1 of ``hits``; the recall where a slice has no found quotes of its own."""
        return ratio(2 * hits, self.gold + self.found) if self.found else ratio(hits, self.gold)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts and what follows from them."""
        return asdict(self) | {
            "exact_f1": self.f1(self.exact),
            "overlap_f1": self.f1(self.overlap),
            "overlap_most_f1": self.f1(self.overlap_most),
            "speaker_exact_accuracy": ratio(self.speaker_exact, self.speakers),
            "speaker_overlap_accuracy": ratio(self.speaker_overlap, self.speakers),
            "speaker_entity_accuracy": ratio(self.speaker_entity, self.speakers),
        }

    def add(self, **counts: int) -> None:
        """Add to the counts."""
        for name, count in counts.items():
            setattr(self, name, getattr(self, name) + count)


@dataclass(frozen=True, slots=True)
class QuoteScores:
    """The scores of one finder on one set of articles.

    Attributes:
        system: its name.
        articles: how many articles with all quotes annotated were read.
        slices: (dimension, value) to counts: ``all``, ``lang``, ``mark``, ``clause`` (the place of the speaker), and
            ``incomplete`` for articles that have only some of their quotes annotated, by language.
        failed: articles that the finder raised on; all their quotes are missed.
    """

    system: str
    articles: int
    slices: Mapping[tuple[str, str], QuoteCounts]
    failed: int = 0
    names: tuple[str, ...] = field(default=tuple(f.name for f in fields(QuoteCounts)), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        rows = [{"slice": kind, "value": value} | counts.to_dict() for (kind, value), counts in self.slices.items()]
        return {"system": self.system, "articles": self.articles, "failed": self.failed, "rows": rows}


def score_quotes(articles: Sequence[Article], find: Finder, system: str) -> QuoteScores:
    """Find the quotes of each article and compare them with the annotated ones.

    Args:
        articles: the records; where ``quotes_complete`` is false only what is annotated can be missed, so that these
            are counted apart, by recall. Speakers count in languages in which the articles name any.
        find: the finder; an article that it raises on counts as one without quotes.
        system: what to call it.
    """
    named = {article.lang for article in articles if any(quote.speaker for quote in article.quotes)}
    counts: _Counts = defaultdict(QuoteCounts)
    failed = complete = 0
    for article in articles:
        try:
            found = list(find(article.text, article.lang))
        except Exception:
            found, failed = [], failed + 1
        whole = bool(article.extra.get("quotes_complete", True))
        complete += whole
        _count(article, found, counts, speakers=article.lang in named, whole=whole)
    order = ("all", "lang", "mark", "clause", "incomplete")
    ordered = sorted(
        counts, key=lambda key: (order.index(key[0]), -counts[key].gold if key[0] == "mark" else 0, key[1])
    )
    return QuoteScores(system, complete, {key: counts[key] for key in ordered}, failed)


def _count(article: Article, found: list[Quote], counts: _Counts, *, speakers: bool, whole: bool) -> None:
    text, gold, lang = article.text, article.quotes, article.lang or "?"
    bare_gold = [bare_spans(quote.spans, text) for quote in gold]
    bare_found = [bare_spans(quote.spans, text) for quote in found]
    known = set(bare_found)
    pairs = {LEAST: dict(_match(bare_gold, bare_found, LEAST)), MOST: dict(_match(bare_gold, bare_found, MOST))}
    for index, quote in enumerate(gold):
        right = {"gold": 1, "exact": bare_gold[index] in known}
        right |= {"overlap": index in pairs[LEAST], "overlap_most": index in pairs[MOST]}
        if index in pairs[LEAST] and speakers:
            right |= judge_speaker(quote.speaker, found[pairs[LEAST][index]].speaker)
        if not whole:
            counts["incomplete", lang].add(**right)
            continue
        for kind, value in (
            ("all", ALL),
            ("lang", lang),
            ("mark", mark_of(text, quote)),
            ("clause", clause_of(quote)),
        ):
            counts[kind, value].add(**right)
    for quote in found if whole else ():
        for kind, value in (("all", ALL), ("lang", lang), ("mark", mark_of(text, quote))):
            counts[kind, value].add(found=1)


def judge_speaker(gold: Speaker | None, found: Speaker | None) -> dict[str, int]:
    """Say in how far the found speaker is the annotated one; nobody is right where nobody is named."""
    if gold is None or found is None:
        nobody = int(gold is found)
        return {"speakers": 1, "speaker_exact": nobody, "speaker_overlap": nobody, "speaker_entity": nobody}
    one, other = gold.text.casefold(), found.text.casefold()
    touches = bool(gold.span and found.span and overlap((gold.span,), (found.span,)))
    same = touches or one in other or other in one
    entity = (found.entity or found.text).casefold()
    alike = same or one in entity or entity in one
    return {"speakers": 1, "speaker_exact": one == other, "speaker_overlap": same, "speaker_entity": alike}


def mark_of(text: str, quote: Quote) -> str:
    """Return the kind of mark that opens the quote."""
    before = text[max(0, quote.spans[0][0] - 3) : quote.spans[0][0]].rstrip()[-1:]
    return MARKS.get(before, "other")


def clause_of(quote: Quote) -> str:
    """Say where the speaker stands: before, after or inside the quote; ``unnamed`` without one."""
    speaker = quote.speaker
    if speaker is None or speaker.span is None:
        return "unnamed"
    if speaker.span[1] <= quote.spans[0][0]:
        return "before"
    return "after" if speaker.span[0] >= quote.spans[-1][1] else "inside"


def _match(gold: Sequence[tuple[Span, ...]], found: Sequence[tuple[Span, ...]], least: float) -> list[tuple[int, int]]:
    """Return pairs of indices, each used once, the greatest overlap first."""
    scored = []
    for j, other in enumerate(found):
        for i, one in enumerate(gold):
            if one[0][0] < other[-1][1] and other[0][0] < one[-1][1] and (share := overlap(one, other)) >= least:
                scored.append((-share, i, j))
    used: set[int] = set()
    pairs: dict[int, int] = {}
    for _, i, j in sorted(scored):
        if i not in pairs and j not in used:
            pairs[i] = j
            used.add(j)
    return sorted(pairs.items())


def bare_spans(spans: Iterable[Span], text: str) -> tuple[Span, ...]:
    """Return spans without white space and punctuation at their ends, which comparisons ignore (codebook)."""
    out = []
    for start, end in spans:
        first, last = start, end
        while first < last and _loose(text[first]):
            first += 1
        while last > first and _loose(text[last - 1]):
            last -= 1
        out.append((first, last))
    return tuple(out)


def _loose(char: str) -> bool:
    return char.isspace() or unicodedata.category(char)[0] in "PC"
