"""Who says a quote: every mention around it is described by where it stands, and the best one is taken, or none."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from stancewire.inference.quotes.decide import sentence_after, sentence_before
from stancewire.inference.quotes.lexicon import WORD, Language
from stancewire.inference.quotes.mentions import Mention, mentions
from stancewire.inference.quotes.parts import Layout, Part
from stancewire.records import Span

_REACH = 1200
_AHEAD = 320
_GAPS = 6
_KO_PARTICLE = re.compile(r"(?:은|는|을|를|에|에서|에게|으로|고|며|서|한|된|할|던|인|와|과)$")
_HARD_STOP = frozenset(".!?…。！？;؟")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mention beside one quote, described."""

    mention: Mention
    features: dict[str, float]


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds one quote: its sentence, its paragraph, and whether a pronoun speaks."""

    part: Part
    low: int
    high: int
    paragraph: Span
    pronoun: bool
    clause: bool
    fresh: bool


class Surroundings:
    """The mentions of one article, read once a gap between two quotes and only as far as a speaker may stand."""

    def __init__(self, text: str, layout: Layout, kept: list[int], language: Language) -> None:
        self.text, self.layout, self.language = text, layout, language
        self.kept = kept
        self._gaps: dict[int, list[Mention]] = {}
        self.surnames: set[str] = set()
        self.speaking: Counter[str] = Counter()
        self.placed: Counter[str] = Counter()
        self.named: Counter[str] = Counter()
        self.counts = Counter(match[0] for match in WORD.finditer(text) if not match[0].islower())
        for index in range(len(kept) + 1 if kept else 0):
            self._note(self.gap(index))

    def _note(self, found: list[Mention]) -> None:
        """Count, for the last word of each name, how often it stands beside a verb of speech, and after a preposition."""
        for mention in found:
            if mention.kind not in {"name", "both"} or self.language.inside:
                continue
            begin, stop = mention.span
            words = WORD.findall(self.text[begin:stop])
            left, right = self.text[max(0, begin - 24) : begin], self.text[stop : stop + 24]
            before = WORD.findall(left)
            if len(words) > 1:
                self.surnames.add(words[-1])
            verb = _touches(left, before[-1:], self.language) or _touches(
                right, WORD.findall(right)[:1], self.language, ahead=True
            )
            self.named[words[-1]] += 1
            self.speaking[words[-1]] += verb
            self.placed[words[-1]] += bool(before) and before[-1] in self.language["prepositions"]

    def gap(self, index: int) -> list[Mention]:
        """Return the mentions between kept part ``index - 1`` and kept part ``index``."""
        if index not in self._gaps:
            parts = self.layout.parts
            start = parts[self.kept[index - 1]].outer[1] if index else 0
            end = parts[self.kept[index]].outer[0] if index < len(self.kept) else len(self.text)
            pieces = (
                [(start, end)] if end - start <= _REACH + _AHEAD else [(start, start + _AHEAD), (end - _REACH, end)]
            )
            self._gaps[index] = [m for piece in pieces for m in mentions(self.text, *piece, self.language)]
        return self._gaps[index]

    def context(self, index: int) -> Context:
        """Describe the sentence and the paragraph of kept part ``index``."""
        text, language = self.text, self.language
        part = self.layout.parts[self.kept[index]]
        first, last = (self.layout.paragraphs[number] for number in part.paragraphs)
        floor = self.layout.parts[self.kept[index - 1]].outer[1] if index else 0
        ceiling = self.layout.parts[self.kept[index + 1]].outer[0] if index + 1 < len(self.kept) else len(text)
        start, end = part.outer
        low = sentence_before(text, start, max(first[0], floor))
        high = sentence_after(text, end, min(last[1], ceiling))
        inside_stop = text[part.spans[-1][1] - 1] in ".!?…。！？"
        following = re.compile(r"\s*(\S?)").match(text, end, high)
        opening = following[1] if following else ""
        fresh = inside_stop and (opening.isupper() or not language.cased) and text[end : end + 1].isspace()
        clauses = [(low, start), *part.clauses] + ([] if fresh else [(end, min(high, end + 120))])
        verb = any(True for span in clauses for _ in language["verbs"].find(text, *span))
        pronoun = any(self._pronoun(span) for span in clauses)
        return Context(part, low, high, (first[0], last[1]), pronoun, verb, fresh)

    def _pronoun(self, span: Span) -> bool:
        """Whether a pronoun stands beside a verb in the clause."""
        text, language = self.text, self.language
        verbs = list(language["verbs"].find(text, *span))
        return any(
            -2 <= begin - verb_end <= 2 or -2 <= verb_begin - end <= 2
            for begin, end in language["pronouns"].find(text, *span)
            for verb_begin, verb_end in verbs
        )

    def candidates(self, index: int, previous: Span | None) -> list[Candidate]:
        """Describe every mention near kept part ``index``.

        Args:
            index: which of the kept parts.
            previous: the speaker's span of the quote before, if it has one.
        """
        context = self.context(index)
        start, end = context.part.outer
        inner = [m for clause in context.part.clauses for m in mentions(self.text, *clause, self.language)]
        after = [m for m in self.gap(index + 1) if end <= m.span[0] < end + _AHEAD]
        before: list[Mention] = []
        for number in range(index, max(-1, index - _GAPS), -1):
            near = [m for m in self.gap(number) if m.span[1] <= start and m.span[0] >= start - _REACH]
            before.extend(near)
            if not near and number < index:
                break
        out: list[Candidate] = []
        for group, side in ((inner, "between"), (after, "after"), (before, "before")):
            ranks = _ranks(group, start, end, side)
            for mention in group:
                out.append(self._describe(mention, side, ranks, context, previous))
        return out

    def _describe(
        self, mention: Mention, side: str, ranks: dict[int, int], context: Context, previous: Span | None
    ) -> Candidate:
        text, language = self.text, self.language
        begin, stop = mention.span
        where = _where(mention, side, context)
        rank = min(ranks[mention.place], 4)
        words = WORD.findall(text[begin:stop])
        left = text[max(0, begin - 24) : begin]
        right = text[stop : stop + 24]
        before_words, after_words = WORD.findall(left), WORD.findall(right)
        glued = not language.inside
        verb_left = (
            bool(left) and _touches(left, before_words[-2:], language)
            if glued
            else any(True for _ in language["verbs"].find(text, max(0, begin - 4), begin))
        )
        verb_right = (
            bool(right) and _touches(right, after_words[:2], language, ahead=True)
            if glued
            else any(True for _ in language["verbs"].find(text, stop, min(len(text), stop + 8)))
        )
        preposition = bool(before_words) and before_words[-1] in language["prepositions"]
        according = any(stop_ >= begin - 2 for _, stop_ in language["according"].find(text, max(0, begin - 24), begin))
        previous_sign = left.rstrip()[-1:]
        opens = not left.strip() or previous_sign in _HARD_STOP or "\n" in left
        edge = right.lstrip()[:1]
        distance = begin - context.part.outer[1] if side != "before" else context.part.outer[0] - stop
        family = language.code if language.code in {"ar", "de", "ja", "ko", "zh"} else "cased"
        colon = text[max(0, context.part.outer[0] - 2) : context.part.outer[0]].strip() in {":", "："}
        known = self.named[words[-1]] if words else 0
        speaks = math.sqrt(self.speaking[words[-1]] / known) if known else 0.0
        placed = self.placed[words[-1]] / known if known else 0.0
        stops = 0
        if side == "before":
            stops = min(
                3,
                sum(
                    text[i] in _HARD_STOP or text[i] == "\n"
                    for i in range(stop, min(context.part.outer[0], stop + 400))
                ),
            )
        features = {
            where: 1.0,
            f"{where}, kind {mention.kind}": 1.0,
            f"{where}, rank {rank}": 1.0,
            f"{where}, verb left": float(verb_left),
            f"{where}, verb right": float(verb_right),
            f"{where}, distance": math.log1p(max(0, distance)),
            f"{where}, clause": float(context.clause),
            f"{where}, pronoun": float(context.pronoun),
            f"{where}, preposition": float(preposition),
            f"{where}, opens": float(opens),
            f"{where}, verb left, rank {rank}": float(verb_left),
            f"{where}, verb right, rank {rank}": float(verb_right),
            f"{where}, colon, stops {stops}": float(colon),
            f"{where}, stops {stops}, opens {opens}": 1.0,
            f"{where}, stops {stops}, clause {context.clause}, pronoun {context.pronoun}": 1.0,
            f"{where}, opens, kind {mention.kind}": float(opens),
            "surname": float(len(words) == 1 and words[0] in self.surnames),
            "inner particle": float(language.code == "ko" and any(_KO_PARTICLE.search(word) for word in words[:-1])),
            f"{where}, fresh": float(context.fresh),
            f"{family}, kind {mention.kind}": 1.0,
            f"{family}, words": math.log1p(len(words)) if glued or language.code == "ko" else math.log1p(stop - begin),
            "according": float(according),
            "article": float(bool(words) and words[0] in language["articles"]),
            "article outside": float(
                bool(before_words) and left.endswith(" ") and before_words[-1] in language["articles"]
            ),
            f"{family}, edge {_sign(edge, language)}": 1.0,
            f"{family}, left {_sign(previous_sign, language)}": 1.0,
            "cut word left": float(
                glued and begin > 0 and left[-1:] == " " and before_words[-1:] != [] and before_words[-1][0].isupper()
            ),
            "cut word right": float(
                glued and right[:1] == " " and after_words[:1] != [] and after_words[0][0].isupper()
            ),
            "one word": float(len(words) == 1),
            "repeated": math.log1p(self.counts[words[-1]] - 1) if words and self.counts[words[-1]] else 0.0,
            "speaker before": float(mention.span == previous),
            "speaker before, pronoun": float(mention.span == previous and context.pronoun),
            f"speaker before, {where}, pronoun {context.pronoun}": float(mention.span == previous),
            "speaks": speaks,
            "placed": placed,
            f"{where}, pronoun {context.pronoun}, speaks": speaks,
            f"{where}, pronoun {context.pronoun}, placed": placed,
            f"{where}, surname": float(len(words) == 1 and words[0] in self.surnames),
            "speaker before, no clause": float(mention.span == previous and not context.clause),
            "overlaps speaker before": float(
                previous is not None and mention.span != previous and begin < previous[1] and previous[0] < stop
            ),
            "marker": float(bool(re.match("[은는이가도はがもの]", right))) if language.code in {"ja", "ko"} else 0.0,
            "subject marker": float(bool(re.match("[은는이가はが]", right))) if language.code in {"ja", "ko"} else 0.0,
            f"{family}, {mention.kind}, role left {_role_left(left, before_words, language)}": float(glued),
            f"{family}, {mention.kind}, starts {_start(words, language)}": float(glued),
            "role, name right": float(mention.kind in {"role", "phrase"} and glued and _name_follows(right)),
            "verb itself": float(words[:1] != [] and words[0] in language["verbs"] and glued),
            "holds stop": float(any(w in language["words"] for w in words[1:]) and glued),
            "ends in role": float(bool(words) and any(b == stop for _, b in language["roles"].find(text, begin, stop))),
        }
        return Candidate(mention, {name: value for name, value in features.items() if value})


def _role_left(left: str, words: list[str], language: Language) -> str:
    """Say whether an office stands right before a mention, and how: bare, or after an article and perhaps a comma."""
    gap = left[-1:] if left else ""
    if not words or gap != " " or words[-1] not in language["roles"]:
        return "apart" if words and left.endswith(", ") and words[-1] in language["roles"] else "no"
    return "articled" if any(word in language["articles"] for word in words[:-1]) else "bare"


def _start(words: list[str], language: Language) -> str:
    if not words:
        return "nothing"
    if words[0] in language["articles"]:
        return "article"
    if words[0] in language["roles"] or words[0] in language["titles"]:
        return "big role" if words[0][0].isupper() else "role"
    return "big" if words[0][0].isupper() else "small"


def _name_follows(right: str) -> bool:
    return re.match(r",? [^\W\d_]", right) is not None and right.lstrip(", ")[:1].isupper()


def _ranks(group: list[Mention], start: int, end: int, side: str) -> dict[int, int]:
    """Number the places by their nearness to the quote."""
    nearest: dict[int, int] = {}
    for mention in group:
        far = start - mention.span[1] if side == "before" else mention.span[0] - end
        nearest[mention.place] = min(far, nearest.get(mention.place, far))
    return {place: rank for rank, (_, place) in enumerate(sorted((far, place) for place, far in nearest.items()))}


def _where(mention: Mention, side: str, context: Context) -> str:
    if side == "between":
        return side
    if side == "after":
        return (
            "after"
            if mention.span[1] <= context.high
            else "next"
            if mention.span[0] < context.paragraph[1]
            else "below"
        )
    if mention.span[0] >= context.low:
        return "before"
    return "earlier" if mention.span[0] >= context.paragraph[0] else "above"


def _touches(passage: str, words: list[str], language: Language, *, ahead: bool = False) -> bool:
    """Whether one of the two words nearest to a mention is a reporting verb of the same clause."""
    near = passage[:14] if ahead else passage[-14:]
    if any(sign in near.rstrip() if not ahead else sign in near.lstrip() for sign in ".!?\n"):
        words = []
    return any(word in language["verbs"] for word in words)


def _sign(char: str, language: Language) -> str:
    if not char:
        return "end"
    if char in ",،，、":
        return "comma"
    if char in "\"“”„«»‘’「」『』'":
        return "mark"
    if char in ":：":
        return "colon"
    if char.isalnum():
        return "big" if language.cased and char.isupper() else "letter"
    return "other"


def widened(text: str, mention: Mention, language: Language) -> Span:
    """Return the span with the article of the name, in languages whose names of countries have one: la Corée."""
    begin, stop = mention.span
    if "articled names" in language.habits and mention.kind in {"name", "tail"}:
        for match in re.finditer(r"(?<!\w)\w+(?: |['’])$", text[max(0, begin - 5) : begin]):
            word = match[0][:-1]
            if (word in language["articles"] or word in language["elisions"]) and word not in language["prepositions"]:
                return begin - len(match[0]), stop
    return mention.span


def best(candidates: list[Candidate], weights: Mapping[str, float]) -> tuple[Mention | None, float]:
    """Return the likeliest mention and its probability; ``None`` where "nobody" is likelier than any place.

    Spans of one place share their probability: how sure it is *who* speaks, not how long the name is.
    """
    none = weights.get("nobody", 0.0)
    scores = [sum(weights.get(name, 0.0) * value for name, value in c.features.items()) for c in candidates]
    top = max([none, *scores])
    masses = [math.exp(score - top) for score in scores]
    nobody = math.exp(none - top)
    total = sum(masses) + nobody
    if not candidates or max(scores) <= none:
        return None, nobody / total
    winner = max(range(len(scores)), key=scores.__getitem__)
    chosen = candidates[winner].mention
    same = sum(
        mass
        for mass, candidate in zip(masses, candidates, strict=True)
        if candidate.mention.span[0] < chosen.span[1] and chosen.span[0] < candidate.mention.span[1]
    )
    return chosen, same / total
