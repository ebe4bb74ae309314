"""The text around the quotes of an article: sentences, reporting clauses, and the mentions near each quote."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stancewire.inference.quotes.decide import sentence_after, sentence_before
from stancewire.inference.quotes.facts import HARD_STOP, Facts, describe
from stancewire.inference.quotes.lexicon import WORD, Language
from stancewire.inference.quotes.mentions import Mention, mentions
from stancewire.inference.quotes.parts import Layout, Part
from stancewire.inference.quotes.words import abbreviates
from stancewire.records import Span

Side = Literal["between", "after", "before"]

_REACH = 1200
_AHEAD = 320
_CLAUSE = 120
_GAPS = 6
_INSIDE = re.compile(r"[\w,;)’'-] (?:[\w.]{1,3}['’. ])?([^\W\d_a-z]\w+)")
_NEAR_VERB = 24
_PAST = {
    "ru": (("f", ("ла", "лась")), ("p", ("ли", "лись")), ("m", ("л", "лся"))),
    "uk": (("f", ("ла", "лася")), ("p", ("ли", "лися")), ("m", ("в", "вся"))),
    "pl": (("f", ("ła",)), ("p", ("li", "ły")), ("m", ("ł",))),
    "cs": (("f", ("la",)), ("p", ("li", "ly")), ("m", ("l",))),
}
_NEXT = re.compile(r"\s*(\S?)")


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds one quote.

    Attributes:
        part: the quote.
        low: where its sentence begins.
        high: where its sentence ends.
        paragraph: its paragraph, or its first one's start and its last one's end.
        pronoun: a pronoun stands beside a verb of speech in its sentence.
        pronouns: where such pronouns begin.
        gender: what such a pronoun, or the ending of the verb, tells: ``f``, ``m``, ``p`` for several, or nothing.
        clause: its sentence has a verb of speech.
        fresh: it ends with a full stop and a capital follows: what comes after is another sentence.
        colon: a colon introduces it.
    """

    part: Part
    low: int
    high: int
    paragraph: Span
    pronoun: bool
    pronouns: tuple[int, ...]
    gender: str
    clause: bool
    fresh: bool
    colon: bool


def _small(between: str) -> bool:
    """Whether only small words of the same clause stand here."""
    return len(between.split()) <= 2 and not any(char.isupper() or char in ",.;:!?\n" for char in between)


class Surroundings:
    """The mentions of one article, read once a gap between two quotes and only as far as a speaker may stand.

    Args:
        text: the article.
        layout: its paragraphs and stretches of speech.
        kept: which of the stretches are quotes.
        language: its word lists.
    """

    def __init__(self, text: str, layout: Layout, kept: list[int], language: Language) -> None:
        self.text, self.layout, self.language = text, layout, language
        self.parts = [layout.parts[index] for index in kept]
        self._facts: dict[Span, Facts] = {}
        stops = HARD_STOP.finditer(text) if kept else iter(())
        self._stops = [match.start() for match in stops if not abbreviates(text, match.start())]
        self._verbs: list[int] = []
        self.counts = (
            Counter(match[0] for match in WORD.finditer(text) if not match[0].islower()) if kept else Counter()
        )
        # Names are written with a capital inside a sentence too; "However" and "Wörtlich" are not.
        self.inside = {match[1] for match in _INSIDE.finditer(text)} if kept and language.cased else set()
        self._gaps = [self._gap(index) for index in range(len(kept) + 1)] if kept else []
        self.surnames: set[str] = set()
        self._named: Counter[str] = Counter()
        self._speaking: Counter[str] = Counter()
        self._placed: Counter[str] = Counter()
        for gap in self._gaps:
            self._note(gap)

    def _gap(self, index: int) -> list[Mention]:
        """Return the mentions between quote ``index - 1`` and quote ``index``."""
        start = self.parts[index - 1].outer[1] if index else 0
        end = self.parts[index].outer[0] if index < len(self.parts) else len(self.text)
        pieces = [(start, end)]
        if end - start > _REACH + _AHEAD:
            pieces = [(start, start + _AHEAD), (end - _REACH, end)]
        for piece in pieces:
            self._verbs += sorted({start for start, _ in self.language["verbs"].find(self.text, *piece)})
        return [mention for piece in pieces for mention in mentions(self.text, *piece, self.language)]

    def mentions(self) -> Iterator[Mention]:
        """Yield the mentions between the quotes, in the order of the text."""
        for gap in self._gaps:
            yield from gap

    def _note(self, found: list[Mention]) -> None:
        """Count how often the last word of a name stands beside a verb of speech, and how often after a preposition."""
        for mention in found:
            if mention.kind not in {"name", "both"} or self.language.inside:
                continue
            facts = self.facts(mention)
            if not facts.words:
                continue
            last = facts.words[-1]
            if len(facts.words) > 1:
                self.surnames.add(last)
            self._named[last] += 1
            self._speaking[last] += facts.verb_left or facts.verb_right
            self._placed[last] += facts.preposition

    def facts(self, mention: Mention) -> Facts:
        """Return what is true of the mention whatever the quote."""
        if mention.span not in self._facts:
            self._facts[mention.span] = describe(self.text, mention, self.language)
        return self._facts[mention.span]

    def habits(self, word: str) -> tuple[float, float]:
        """Return the shares of a name's mentions that stand beside a verb of speech, and after a preposition."""
        named = self._named[word]
        return (self._speaking[word] / named, self._placed[word] / named) if named else (0.0, 0.0)

    def stops(self, start: int, end: int) -> int:
        """Return how many sentences end between two offsets."""
        return bisect_left(self._stops, end) - bisect_left(self._stops, start)

    def context(self, index: int) -> Context:
        """Describe the sentence and the paragraph of quote ``index``."""
        text, language, part = self.text, self.language, self.parts[index]
        first, last = (self.layout.paragraphs[number] for number in part.paragraphs)
        floor = self.parts[index - 1].outer[1] if index else 0
        ceiling = self.parts[index + 1].outer[0] if index + 1 < len(self.parts) else len(text)
        start, end = part.outer
        low = sentence_before(text, start, max(first[0], floor))
        high = sentence_after(text, end, min(last[1], ceiling))
        following = _NEXT.match(text, end, high)
        capital = not language.cased or (following is not None and following[1].isupper())
        ended = text[part.spans[-1][1] - 1] in ".!?…。！？"
        fresh = ended and capital and text[end : end + 1].isspace()
        clauses = [(low, start), *part.clauses, *([] if fresh else [(end, min(high, end + _CLAUSE))])]
        pronouns = [at for span in clauses for at in self._pronouns(span)]
        return Context(
            part=part,
            low=low,
            high=high,
            paragraph=(first[0], last[1]),
            pronoun=bool(pronouns),
            pronouns=tuple(pronouns),
            gender=self._gender(pronouns, clauses),
            clause=any(True for span in clauses for _ in language["verbs"].find(text, *span)),
            fresh=fresh,
            colon=text[max(0, start - 2) : start].strip() in {":", "："},
        )

    def _pronouns(self, span: Span) -> list[int]:
        """Return where pronouns begin that stand beside a verb of speech, or before one with a small word between."""
        text, language = self.text, self.language
        verbs = list(language["verbs"].find(text, *span))
        found = []
        for begin, end in language["pronouns"].find(text, *span):
            beside = any(-2 <= begin - stop <= 2 or -2 <= start - end <= 2 for start, stop in verbs)
            if beside or any(0 < start - end < _NEAR_VERB and _small(text[end:start]) for start, _ in verbs):
                found.append(begin)
        return found

    def _gender(self, pronouns: list[int], clauses: list[Span]) -> str:
        """Say what the pronoun of the reporting clause tells of the speaker, or the ending of its verb in the past."""
        text, language = self.text, self.language
        for at in pronouns:
            match = WORD.match(text, at)
            if match is None or (match[0] in language["articles"] and not language.inside):
                continue
            for name, sign in (("feminine", "f"), ("masculine", "m"), ("plural", "p")):
                if match[0] in language[name] or any(True for _ in language[name].find(text, at, at + 3)):
                    return sign
        endings = _PAST.get(language.code)
        if endings is None:
            return ""
        verbs = [text[slice(*found)] for span in clauses for found in language["verbs"].find(text, *span)]
        for verb in verbs:
            for sign, ending in endings:
                if verb.endswith(ending):
                    return sign
        return ""

    def subjects(self, group: list[Mention]) -> set[int]:
        """Return the places that come first in their sentence, after no preposition: most subjects do."""
        out: dict[int, int] = {}
        for mention in sorted(group, key=lambda item: item.span):
            sentence = bisect_left(self._stops, mention.span[0])
            if sentence not in out and not self.facts(mention).preposition:
                out[sentence] = mention.place
        return set(out.values())

    def verb_after(self, at: int, limit: int) -> int | None:
        """Return where the first verb of speech begins that follows ``at`` in its sentence, before ``limit``."""
        number = bisect_left(self._verbs, at)
        if number == len(self._verbs) or self._verbs[number] >= limit or self.stops(at, self._verbs[number]):
            return None
        return self._verbs[number]

    def near(self, index: int) -> list[tuple[Side, list[Mention]]]:
        """Return the mentions between the spans of quote ``index``, after it, and before it as far as one may speak."""
        part = self.parts[index]
        start, end = part.outer
        inner = [m for clause in part.clauses for m in mentions(self.text, *clause, self.language)]
        after = [m for m in self._gaps[index + 1] if m.span[0] < end + _AHEAD]
        before: list[Mention] = []
        for number in range(index, max(-1, index - _GAPS), -1):
            near = [m for m in self._gaps[number] if m.span[0] >= start - _REACH]
            before.extend(near)
            if not near and number < index:
                break
        return [("between", inner), ("after", after), ("before", before)]
