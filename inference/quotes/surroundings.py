"""The text around the quotes of an article: sentences, reporting clauses, and the mentions near each quote."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Literal

from stancewire.inference.quotes.decide import sentence_after, sentence_before
from stancewire.inference.quotes.evidence import Evidence
from stancewire.inference.quotes.facts import HARD_STOP, Describer, Traits
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
_FAR = 400
_PAST = {
    "ru": (("f", ("ла", "лась")), ("p", ("ли", "лись")), ("m", ("л", "лся"))),
    "uk": (("f", ("ла", "лася")), ("p", ("ли", "лися")), ("m", ("в", "вся"))),
    "pl": (("f", ("ła",)), ("p", ("li", "ły")), ("m", ("ł",))),
    "cs": (("f", ("la",)), ("p", ("li", "ly")), ("m", ("l",))),
}
_NEXT = re.compile(r"\s*(\S?)")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What of a quote's surroundings bears on every mention; quotes that are alike share one object.

    Attributes:
        code: the language.
        pronoun: a pronoun stands beside a verb of speech in its sentence.
        gender: what such a pronoun, or the ending of the verb, tells: ``f``, ``m``, ``p`` for several, or nothing.
        clause: its sentence has a verb of speech.
        fresh: it ends with a full stop and a capital follows: what comes after is another sentence.
        colon: a colon introduces it.
    """

    code: str
    pronoun: bool
    gender: str
    clause: bool
    fresh: bool
    colon: bool


_frame = lru_cache(maxsize=1024)(Frame)


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds one quote.

    Attributes:
        part: the quote.
        low: where its sentence begins.
        high: where its sentence ends.
        paragraph: its paragraph, or its first one's start and its last one's end.
        pronouns: where pronouns begin that stand beside a verb of speech in its sentence.
        frame: what bears on every mention.
    """

    part: Part
    low: int
    high: int
    paragraph: Span
    pronouns: tuple[int, ...]
    frame: Frame


@dataclass(slots=True)
class Seen:
    """One mention with all that holds whatever the quote.

    Attributes:
        mention: where it stands.
        words: its words.
        traits: what matters by the place to the quote.
        evidence: what does not depend on the quote.
        key: what mentions of one person share: the last word of a name; empty for what is no name.
        sentence: how many sentences end before it.
        behind: how many sentences end before its own end.
        ahead: how many sentences end before the text a good way after it.
        verb: where the first verb of speech after it in its sentence begins; ``None`` for nowhere.
        between: how many other mentions begin between it and that verb, up to two.
        speaks: the share of the name's mentions that stand beside a verb of speech: evidence.
        placed: the share of the name's mentions that a preposition governs.
        surname: it is one word, the last of a fuller name.
    """

    mention: Mention
    words: list[str]
    traits: Traits
    evidence: Evidence
    key: str
    sentence: int
    behind: int
    ahead: int
    verb: int | None = None
    between: int = 0
    speaks: float = 0.0
    placed: float = 0.0
    surname: bool = False


@dataclass(slots=True)
class Place:
    """The mentions of one place in the text: they overlap.

    Attributes:
        seen: the mentions, in order.
        width: how many words the longest has; ``lone`` for a single word that may be no name.
        sentences: the sentences in which one of them stands after no preposition.
        number: how many places come before it.
        free: how many such places come before it where some mention stands after no preposition.
    """

    seen: list[Seen]
    width: str
    sentences: list[int]
    number: int = 0
    free: int = 0


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
        self._describer = Describer(text, language)
        stops = HARD_STOP.finditer(text) if kept else iter(())
        self._stops = [match.start() for match in stops if not abbreviates(text, match.start())]
        self._verbs: list[int] = []
        self._counts = Counter(word for word in WORD.findall(text) if not word.islower()) if kept else Counter()
        # Names are written with a capital inside a sentence too; "However" and "Wörtlich" are not.
        self._inside = {match[1] for match in _INSIDE.finditer(text)} if kept and language.cased else set()
        self._surnames: set[str] = set()
        self._named: Counter[str] = Counter()
        self._speaking: Counter[str] = Counter()
        self._placed: Counter[str] = Counter()
        self._gaps = [self._gap(index) for index in range(len(kept) + 1)] if kept else []
        self._settle()

    def _gap(self, index: int) -> list[Place]:
        """Return the places of mentions between quote ``index - 1`` and quote ``index``."""
        start = self.parts[index - 1].outer[1] if index else 0
        end = self.parts[index].outer[0] if index < len(self.parts) else len(self.text)
        pieces = [(start, end)]
        if end - start > _REACH + _AHEAD:
            pieces = [(start, start + _AHEAD), (end - _REACH, end)]
        places: list[Place] = []
        for piece in pieces:
            self._verbs += sorted({start for start, _ in self.language["verbs"].find(self.text, *piece)})
            places += self._places(mentions(self.text, *piece, self.language))
        self._note(places)
        return places

    def _places(self, found: list[Mention]) -> list[Place]:
        groups = [list(group) for _, group in groupby(found, key=attrgetter("place"))]
        return [self._place([self._see(mention) for mention in group]) for group in groups]

    def _place(self, seen: list[Seen]) -> Place:
        """Gather what the mentions of a place have in common; a lone first word may be no name at all."""
        width, longest = "0", 0
        for one in seen:
            count = min(len(one.words), 3)
            if count > longest:
                longest = count
                lone = count == 1 and one.traits.opens and one.words[0] not in self._inside
                width = "lone" if lone else str(count)
        sentences = list(dict.fromkeys(one.sentence for one in seen if not one.traits.preposition))
        return Place(seen, width, sentences)

    def _see(self, mention: Mention) -> Seen:
        facts = self._describer.describe(mention)
        begin, stop = mention.span
        words = facts.words
        named = mention.kind in {"name", "named", "both", "tail"} and bool(words) and len(words[-1]) > 1
        behind = bisect_left(self._stops, stop)
        return Seen(
            mention=mention,
            words=words,
            traits=facts.traits,
            evidence=facts.evidence,
            key=words[-1].casefold() if named else "",
            sentence=bisect_left(self._stops, begin),
            behind=behind,
            ahead=bisect_left(self._stops, stop + _FAR, behind),
        )

    def mentions(self) -> Iterator[Mention]:
        """Yield the mentions between the quotes, in the order of the text."""
        for gap in self._gaps:
            for place in gap:
                for one in place.seen:
                    yield one.mention

    def _note(self, places: list[Place]) -> None:
        """Count how often the last word of a name stands beside a verb of speech, and how often after a preposition."""
        if self.language.inside:
            return
        for place in places:
            for one in place.seen:
                traits = one.traits
                if traits.kind not in {"name", "both"} or not one.words:
                    continue
                last = one.words[-1]
                if len(one.words) > 1:
                    self._surnames.add(last)
                self._named[last] += 1
                self._speaking[last] += traits.verb_left or traits.verb_right
                self._placed[last] += traits.preposition

    def _settle(self) -> None:
        """Number the places, and note for each mention what only the whole article tells."""
        number = free = 0
        starts = sorted({mention.span[0] for mention in self.mentions()})
        for gap in self._gaps:
            for place in gap:
                place.number, place.free = number, free
                number += 1
                free += bool(place.sentences)
                for one in place.seen:
                    self._finish(one, starts)

    def _finish(self, one: Seen, starts: list[int]) -> None:
        """Add what only the whole article tells of a mention, and the verb after it among the ``starts`` of all."""
        stop = one.mention.span[1]
        number = bisect_left(self._verbs, stop)
        if number < len(self._verbs) and one.behind == bisect_left(self._stops, self._verbs[number], one.behind):
            one.verb = self._verbs[number]
            one.between = min(2, bisect_left(starts, one.verb) - bisect_left(starts, stop))
        if one.words:
            last = one.words[-1]
            if (named := self._named[last]) > 0:
                one.speaks = math.sqrt(self._speaking[last] / named)
                one.placed = self._placed[last] / named
            one.surname = len(one.words) == 1 and last in self._surnames
            count = self._counts[last]
            again = math.log1p(count - 1) if count > 1 else 0.0
            if again or one.speaks or one.placed:
                history = {"repeated": again, "speaks": one.speaks, "placed": one.placed}
                one.evidence = Evidence(history, one.evidence)

    def stops(self, at: int) -> int:
        """Return how many sentences end before ``at``."""
        return bisect_left(self._stops, at)

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
            pronouns=tuple(pronouns),
            frame=_frame(
                language.code,
                bool(pronouns),
                self._gender(pronouns, clauses),
                any(True for span in clauses for _ in language["verbs"].find(text, *span)),
                fresh,
                text[max(0, start - 2) : start].strip() in {":", "："},
            ),
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

    def near(self, index: int) -> list[tuple[Side, list[Place]]]:
        """Return the places between the spans of quote ``index``, after it, and before it as far as one may speak.

        The places before come gap by gap, the nearest gap first, each in the order of the text.
        """
        part = self.parts[index]
        start, end = part.outer
        inner = [
            place for clause in part.clauses for place in self._places(mentions(self.text, *clause, self.language))
        ]
        for number, place in enumerate(inner):
            place.number = number
            place.free = sum(bool(other.sentences) for other in inner[:number])
            for one in place.seen:
                self._finish(one, [])
        after = self._within(self._gaps[index + 1], 0, end + _AHEAD)
        before: list[Place] = []
        for number in range(index, max(-1, index - _GAPS), -1):
            near = self._within(self._gaps[number], start - _REACH, start)
            before.extend(near)
            if not near and number < index:
                break
        return [("between", inner), ("after", after), ("before", before)]

    def _within(self, gap: list[Place], low: int, high: int) -> list[Place]:
        """Return the places of a gap with the mentions in them that begin from ``low`` to before ``high``."""
        first = bisect_left(gap, low, key=_last_begin)
        last = bisect_left(gap, high, key=_first_begin)
        near = gap[first:last]
        for edge in {0, len(near) - 1} if near else ():
            place = near[edge]
            seen = [one for one in place.seen if low <= one.mention.span[0] < high]
            if len(seen) < len(place.seen):
                near[edge] = self._place(seen)
                near[edge].number, near[edge].free = place.number, place.free
        return near


def _first_begin(place: Place) -> int:
    return place.seen[0].mention.span[0]


def _last_begin(place: Place) -> int:
    return place.seen[-1].mention.span[0]
