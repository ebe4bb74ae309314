"""What is true of one mention whatever the quote: its form, its neighbours, the verb of speech beside it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from stancewire.inference.quotes.evidence import Evidence
from stancewire.inference.quotes.lexicon import WORD, Language
from stancewire.inference.quotes.mentions import Mention

HARD_STOP = re.compile(r"[.!?…。！？;؟\n]")
_NEAR = 24
_KO_PARTICLE = re.compile(r"(?:은|는|을|를|에|에서|에게|으로|고|며|서|한|된|할|던|인|와|과)$")
_MARKER = re.compile("[은는이가도はがもの]")
_A_ENDINGS = frozenset("aáаяąё")
_POSSESSIVE = re.compile("['’]s\\b")
_SUBJECT_MARKER = re.compile("[은는이가はが]")
_INFLECTED = frozenset({"cs", "pl", "ru", "tr", "uk"})
_UNSPACED = frozenset({"ja", "ko", "zh"})
_NO_TAGS: frozenset[str] = frozenset()


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
            look = _unspaced_left if language.inside else _spaced_left
            left.evidence[kind] = look(language.code, self._family, kind, *left.look)
        if kind not in right.evidence:
            look = _unspaced_right if language.inside else _spaced_right
            right.evidence[kind] = look(language.code, self._family, kind, *right.look)
        words, capitals, form = _form(language, self._family, kind, self._text[begin:stop])
        parts = [form, left.evidence[kind], right.evidence[kind]]
        if left.clause and _after_that(words, left.words, language):
            parts.append(_AFTER_THAT)
        gender = "" if language.inside else _gender(language, self._text[begin:stop], left.near)
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
        look: tuple[str | bool, ...]
        if language.inside:
            verb = any(True for _ in language["verbs"].find(text, max(0, begin - 4), begin))
            tied = left.rstrip(" の의的")
            edge = begin - len(left) + len(tied)
            role = any(end == edge for _, end in language["roles"].find(text, max(0, edge - 8), edge))
            before = text[begin - 1 : begin]
            joint = tied != left.rstrip()
            look = (_sign(char, language), according, text[begin], before, role, tied != left, joint)
        else:
            addressed = any("addressing" in found for found in tags[-2:])
            verb = touches(left, words[-2:], language) and not addressed
            spaced, last = left.endswith(" "), tags[-1] if tags else _NO_TAGS
            big = bool(words) and words[-1][0].isupper()
            look = (
                _sign(char, language),
                according,
                _role_left(left, tags),
                left.endswith(", ") and big,
                addressed,
                spaced and "articles" in last,
                spaced and big,
            )
        return _Left(
            words=words,
            verb=verb,
            preposition=_preposed(tags),
            opens=not left.strip() or HARD_STOP.match(char) is not None or "\n" in left,
            near=words[-1] if words and left.endswith((" ", ". ", "'")) else "",
            clause=len(words) > 1 and any("verbs" in found for found in tags[-2:]),
            evidence={},
            look=look,
        )

    def _right(self, stop: int) -> _Right:
        text, language = self._text, self._language
        right = text[stop : stop + _NEAR]
        sign = _sign(right.lstrip()[:1], language)
        look: tuple[str | bool, ...]
        if language.inside:
            verb = any(True for _ in language["verbs"].find(text, stop, min(len(text), stop + 8)))
            near = language["roles"].find(text, stop, min(len(text), stop + 8))
            role = any(start <= stop + 1 for start, _ in near)
            marks = _MARKER.match(right) is not None, _SUBJECT_MARKER.match(right) is not None
            look = (sign, text[stop - 1], text[stop : stop + 1], role, *marks)
        else:
            words = WORD.findall(right)
            verb = touches(right, words[:2], language, ahead=True)
            look = (
                sign,
                _POSSESSIVE.match(right) is not None,
                _apposition(right, words, language),
                right.startswith(" ") and bool(words) and words[0][0].isupper(),
                right.lstrip(", ")[:1].isupper() and right[:1] in {" ", ","},
            )
        return _Right(verb, {}, look)


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
    ending = bool(words) and len(passage) in ends
    code = language.code
    if language.inside:
        counted = len(words) if code == "ko" else len(passage)
        particle = code == "ko" and any(_KO_PARTICLE.search(word) for word in words[:-1])
        inner = any(end < len(passage) for end in ends)
        joint = any(True for _ in language["joints"].find(passage, 0, len(passage)))
        return (
            words,
            capitals,
            _unspaced_form(code, family, kind, counted, len(words) == 1, ending, particle, inner, joint),
        )
    tags = [language.tags(word) for word in words]
    first = tags[0] if tags else _NO_TAGS
    form = _spaced_form(
        family,
        kind,
        len(words),
        _start(words, first),
        ending,
        capitals and len(words[0]) > 1,
        "articles" in first,
        "verbs" in first,
        any("words" in found for found in tags[1:]),
    )
    if words and code in _INFLECTED:
        form = Evidence({}, form, _endings(code, words[0][-2:], words[-1][-2:], "", ""))
    elif words and code == "ar":
        form = Evidence({}, form, _endings("ar", words[0][-2:], words[-1][-2:], words[0][0], words[0][:2]))
    return words, capitals, form


@lru_cache(maxsize=65_536)
def _gender(language: Language, passage: str, near: str) -> str:
    """Say what title, office, article or ending tell of a person's gender; ``near``: the word before, if it counts."""
    words = [(word, language.tags(word)) for word in WORD.findall(passage)]
    tagged = [(near, language.tags(near)), *words] if near else words
    for name, sign in (("feminine", "f"), ("masculine", "m")):
        if any(name in tags for word, tags in tagged if word[0].isupper() or "titles" in tags):
            return sign
    for name, sign in (("feminine", "f"), ("masculine", "m")):
        if any(name in tags for _, tags in tagged):
            return sign
    first = next((word for word, tags in words if word[0].isupper() and "roles" not in tags), "")
    return "a" if first[-1:] in _A_ENDINGS and first else ""


@lru_cache(maxsize=65_536)
def _spaced_left(
    code: str,
    family: str,
    kind: str,
    sign: str,
    according: bool,
    role: str,
    apposed: bool,
    addressed: bool,
    article: bool,
    cut: bool,
) -> Evidence:
    return Evidence(
        {
            f"{family}, left {sign}": 1.0,
            "according": according,
            f"{family}, {kind}, role left {role}": 1.0,
            f"{kind}, apposed": apposed,
            "addressed": addressed,
            "article outside": article,
            "cut word left": cut,
        }
    )


@lru_cache(maxsize=65_536)
def _spaced_right(
    code: str, family: str, kind: str, edge: str, possessive: bool, apposition: bool, cut: bool, name: bool
) -> Evidence:
    return Evidence(
        {
            f"{family}, edge {edge}": 1.0,
            "possessive": possessive,
            f"{kind}, apposition follows": apposition,
            "cut word right": cut,
            "role, name right": name and kind in {"role", "phrase"},
        }
    )


@lru_cache(maxsize=65_536)
def _spaced_form(
    family: str,
    kind: str,
    counted: int,
    start: str,
    ends_in_role: bool,
    acronym: bool,
    article: bool,
    verb: bool,
    holds_stop: bool,
) -> Evidence:
    return Evidence(
        {
            f"{family}, kind {kind}": 1.0,
            f"{family}, words": math.log1p(counted),
            "one word": counted == 1,
            "ends in role": ends_in_role,
            f"{family}, {kind}, starts {start}": 1.0,
            "acronym": acronym,
            "article": article,
            "verb itself": verb,
            "holds stop": holds_stop,
        }
    )


@lru_cache(maxsize=65_536)
def _endings(code: str, ending: str, last: str, first: str, second: str) -> Evidence:
    """Describe the letters at the edges: they tell verbs from nouns without capitals, and case by its ending."""
    edges = {"first": first, "ending": ending, "last": last, "second": second}
    return Evidence({f"{code}, {edge} {letters}": 1.0 for edge, letters in edges.items() if letters.strip()})


@lru_cache(maxsize=65_536)
def _unspaced_left(
    code: str,
    family: str,
    kind: str,
    sign: str,
    according: bool,
    first: str,
    before: str,
    role: bool,
    apart: bool,
    joint: bool,
) -> Evidence:
    """Describe what stands before a mention where particles and offices are written without spaces."""
    return Evidence(
        {
            f"{family}, left {sign}": 1.0,
            "according": according,
            f"{code}, first {first}": bool(first.strip()),
            f"{code}, before {before}": bool(before.strip()),
            f"{code}, {kind}, role left, {'apart' if apart else 'joined'}": role,
            f"{code}, {kind}, joint left": joint,
        }
    )


@lru_cache(maxsize=65_536)
def _unspaced_right(
    code: str, family: str, kind: str, edge: str, last: str, after: str, role: bool, marker: bool, subject: bool
) -> Evidence:
    return Evidence(
        {
            f"{family}, edge {edge}": 1.0,
            f"{code}, last {last}": bool(last.strip()),
            f"{code}, after {after}": bool(after.strip()),
            f"{code}, {kind}, role right": role,
            "marker": marker and code in {"ja", "ko"},
            "subject marker": subject and code in {"ja", "ko"},
        }
    )


@lru_cache(maxsize=65_536)
def _unspaced_form(
    code: str,
    family: str,
    kind: str,
    counted: int,
    one: bool,
    ends_in_role: bool,
    particle: bool,
    inner: bool,
    joint: bool,
) -> Evidence:
    return Evidence(
        {
            f"{family}, kind {kind}": 1.0,
            f"{family}, words": math.log1p(counted),
            "one word": one,
            "ends in role": ends_in_role,
            "inner particle": particle,
            f"{code}, {kind}, inner role": inner,
            f"{code}, {kind}, inner joint": joint,
        }
    )


def _preposed(before: list[frozenset[str]]) -> bool:
    """Whether a preposition governs the mention, with or without an article between: in the Hall."""
    near = before[-2:]
    if near and "prepositions" not in near[-1] and "articles" in near[-1]:
        near = near[:-1]
    return bool(near) and "prepositions" in near[-1]


def _apposition(right: str, after: list[str], language: Language) -> bool:
    """Whether a comma and an office follow: Maud Ferrier, the minister."""
    if not right.startswith(", "):
        return False
    near = after[1:3] if after[:1] and "articles" in language.tags(after[0]) else after[:2]
    return any("roles" in language.tags(word) for word in near)


def _after_that(words: list[str], before: list[str], language: Language) -> bool:
    """Whether "that" opens a clause whose subject the mention is: X said that Y had left."""
    if len(before) < 2:
        return False
    near = [language.tags(word) for word in (*before[-2:], *words[:1])]
    if "joints" in near[1]:
        return False
    return any("verbs" in one and "that" in other for one, other in pairwise(near))


def touches(passage: str, words: list[str], language: Language, *, ahead: bool = False) -> bool:
    """Whether one of the words nearest to a mention is a verb of speech of the same clause, and no name lies between.

    Args:
        passage: the text beside the mention.
        words: its two words nearest to the mention.
        language: its word lists.
        ahead: the passage follows the mention.
    """
    near = passage[:14].lstrip() if ahead else passage[-14:].rstrip()
    if "." in near or "!" in near or "?" in near or "\n" in near:
        return False
    nearest = words if ahead else words[::-1]
    if not nearest:
        return False
    tags = language.tags(nearest[0])
    if "verbs" in tags:
        return True
    name = nearest[0][0].isupper() and not ("roles" in tags or "titles" in tags)
    return len(nearest) > 1 and "verbs" in language.tags(nearest[1]) and (not name or language.code == "de")


def _role_left(left: str, tags: list[frozenset[str]]) -> str:
    """Say how an office stands right before a mention: bare, after an article, apart by a comma, or not at all."""
    if not tags or "roles" not in tags[-1]:
        return "no"
    if not left.endswith(" ") or left.endswith(", "):
        return "apart" if left.endswith(", ") else "no"
    return "articled" if any("articles" in found for found in tags[:-1]) else "bare"


def _start(words: list[str], first: frozenset[str]) -> str:
    if not words:
        return "nothing"
    if "articles" in first:
        return "article"
    size = "big" if words[0][0].isupper() else "small"
    return f"{size} role" if "roles" in first or "titles" in first else size


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
