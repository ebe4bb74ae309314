"""What is true of one mention whatever the quote: its form, its neighbours, the verb of speech beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from stancewire.inference.quotes import spaced, unspaced
from stancewire.inference.quotes.evidence import Evidence
from stancewire.inference.quotes.lexicon import WORD, Language
from stancewire.inference.quotes.mentions import Mention

HARD_STOP = re.compile(r"[.!?…。！？;؟\n]")
_NEAR = 24


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What of a mention matters in some places to the quote and not in others.

    Attributes:
        kind: of the mention.
        opens: it opens a sentence.
        verb_left: a verb of speech stands right before it.
        verb_right: one stands right after it.
        preposition: a preposition stands right before it, so that it is hardly a subject.
        gender: ``f``, ``m``, or ``a`` where the name ends like a woman's in many languages; empty where nothing tells.
        capitals: it is one word that is written in capitals.
    """

    kind: str
    opens: bool
    verb_left: bool
    verb_right: bool
    preposition: bool
    gender: str
    capitals: bool


_traits = lru_cache(maxsize=4096)(Traits)


@dataclass(slots=True)
class Facts:
    """One mention, described.

    Attributes:
        words: the words of the mention.
        traits: what matters by the place to the quote; mentions that are alike share one object.
        evidence: what does not depend on the quote.
    """

    words: list[str]
    traits: Traits
    evidence: Evidence


@dataclass(slots=True)
class _Left:
    """What stands before an offset."""

    words: list[str]
    verb: bool
    preposition: bool
    opens: bool
    near: str
    clause: bool
    evidence: dict[str, Evidence]
    look: tuple[str | bool, ...]


@dataclass(slots=True)
class _Right:
    """What stands after an offset."""

    verb: bool
    evidence: dict[str, Evidence]
    look: tuple[str | bool, ...]


class Describer:
    """Describes the mentions of one text; what stands before or after several of them is read once."""

    def __init__(self, text: str, language: Language) -> None:
        self._text, self._language = text, language
        self._lefts: dict[int, _Left] = {}
        self._rights: dict[int, _Right] = {}
        self._family = language.code if language.code in {"ar", "de", "ja", "ko", "zh"} else "cased"
        self._room = unspaced if language.inside else spaced

    def describe(self, mention: Mention) -> Facts:
        """Return the facts of ``mention``."""
        begin, stop = mention.span
        left, right = self._lefts.get(begin), self._rights.get(stop)
        if left is None:
            left = self._lefts[begin] = self._left(begin)
        if right is None:
            right = self._rights[stop] = self._right(stop)
        kind, language = mention.kind, self._language
        if kind not in left.evidence:
            left.evidence[kind] = self._room.left_evidence(language.code, self._family, kind, *left.look)
        if kind not in right.evidence:
            right.evidence[kind] = self._room.right_evidence(language.code, self._family, kind, *right.look)
        words, capitals, form = _form(language, self._family, kind, self._text[begin:stop])
        parts = [form, left.evidence[kind], right.evidence[kind]]
        if left.clause and spaced.after_that(words, left.words, language):
            parts.append(_AFTER_THAT)
        gender = "" if language.inside else spaced.gender_of(language, self._text[begin:stop], left.near)
        return Facts(
            words=words,
            traits=_traits(kind, left.opens, left.verb, right.verb, left.preposition, gender, capitals),
            evidence=_together(*parts),
        )

    def _left(self, begin: int) -> _Left:
        text, language = self._text, self._language
        left = text[max(0, begin - _NEAR) : begin]
        words = WORD.findall(left)
        tags = [language.tags(word) for word in words]
        char = left.rstrip()[-1:]
        sources = language["according"]
        near = sources.pattern is not None or any("according" in found for found in tags[-2:])
        according = near and any(end >= begin - 2 for _, end in sources.find(text, begin - len(left), begin))
        if language.inside:
            verb, look = unspaced.left_of(text, begin, left, language)
        else:
            verb, look = spaced.left_of(left, words, tags, language)
        return _Left(
            words=words,
            verb=verb,
            preposition=spaced.preposed(tags),
            opens=not left.strip() or HARD_STOP.match(char) is not None or "\n" in left,
            near=words[-1] if words and left.endswith((" ", ". ", "'")) else "",
            clause=len(words) > 1 and any("verbs" in found for found in tags[-2:]),
            evidence={},
            look=(_sign(char, language), according, *look),
        )

    def _right(self, stop: int) -> _Right:
        text, language = self._text, self._language
        right = text[stop : stop + _NEAR]
        sign = _sign(right.lstrip()[:1], language)
        if language.inside:
            verb, look = unspaced.right_of(text, stop, right, language)
        else:
            verb, look = spaced.right_of(right, language)
        return _Right(verb, {}, (sign, *look))


_AFTER_THAT = Evidence({"after that": 1.0})


@lru_cache(maxsize=65_536)
def _together(*parts: Evidence) -> Evidence:
    return Evidence({}, *parts)


@lru_cache(maxsize=65_536)
def _form(language: Language, family: str, kind: str, passage: str) -> tuple[list[str], bool, Evidence]:
    """Return the words of a mention, whether it is one word in capitals, and what its form tells."""
    words = WORD.findall(passage)
    ends = {end for _, end in language["roles"].find(passage, 0, len(passage))}
    capitals = len(words) == 1 and words[0].isupper()
    if language.inside:
        return words, capitals, unspaced.form_evidence(language, family, kind, passage, words, ends)
    in_role = bool(words) and len(passage) in ends
    return words, capitals, spaced.form_evidence(language, family, kind, words, capitals, in_role)


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
