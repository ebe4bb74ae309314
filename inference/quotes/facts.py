"""What is true of one mention whatever the quote: its form, its neighbours, the verb of speech beside it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise

from stancewire.inference.quotes.lexicon import WORD, Language
from stancewire.inference.quotes.mentions import Mention
from stancewire.records import Span

HARD_STOP = re.compile(r"[.!?…。！？;؟\n]")
_NEAR = 24
_KO_PARTICLE = re.compile(r"(?:은|는|을|를|에|에서|에게|으로|고|며|서|한|된|할|던|인|와|과)$")
_MARKER = re.compile("[은는이가도はがもの]")
_A_ENDINGS = frozenset("aáаяąё")
_POSSESSIVE = re.compile("['’]s\\b")
_SUBJECT_MARKER = re.compile("[은는이가はが]")


@dataclass(frozen=True, slots=True)
class Facts:
    """One mention, described.

    Attributes:
        words: the words of the mention.
        verb_left: a verb of speech stands right before it.
        verb_right: one stands right after it.
        preposition: a preposition stands right before it, so that it is hardly a subject.
        opens: it opens a sentence.
        gender: ``f``, ``m``, or ``a`` where the name ends like a woman's in many languages; empty where nothing tells.
        features: the evidence that does not depend on the quote.
    """

    words: list[str]
    verb_left: bool
    verb_right: bool
    preposition: bool
    opens: bool
    gender: str
    features: dict[str, float]


def describe(text: str, mention: Mention, language: Language) -> Facts:
    """Return the facts of ``mention`` in ``text``."""
    begin, stop = mention.span
    words = WORD.findall(text[begin:stop])
    left, right = text[max(0, begin - _NEAR) : begin], text[stop : stop + _NEAR]
    before, after = WORD.findall(left), WORD.findall(right)
    verbs = language["verbs"]
    if language.inside:
        verb_left = any(True for _ in verbs.find(text, max(0, begin - 4), begin))
        verb_right = any(True for _ in verbs.find(text, stop, min(len(text), stop + 8)))
    else:
        addressed = any(word in language["addressing"] for word in before[-2:])
        verb_left = touches(left, before[-2:], language) and not addressed
        verb_right = touches(right, after[:2], language, ahead=True)
    sign = left.rstrip()[-1:]
    family = language.code if language.code in {"ar", "de", "ja", "ko", "zh"} else "cased"
    counted = len(words) if not language.inside or language.code == "ko" else stop - begin
    features = _letters(text, mention.span, words, language.code) | {
        f"{family}, kind {mention.kind}": 1.0,
        f"{family}, words": math.log1p(counted),
        f"{family}, edge {_sign(right.lstrip()[:1], language)}": 1.0,
        f"{family}, left {_sign(sign, language)}": 1.0,
        "according": float(any(b >= begin - 2 for _, b in language["according"].find(text, begin - len(left), begin))),
        "one word": float(len(words) == 1),
        "ends in role": float(bool(words) and any(b == stop for _, b in language["roles"].find(text, begin, stop))),
    }
    if language.inside:
        features |= _unspaced(text, mention, words, left, right, language)
    else:
        features |= _spaced(family, mention, words, left, right, before, after, language)
    return Facts(
        words=words,
        verb_left=verb_left,
        verb_right=verb_right,
        preposition=_preposed(before, language),
        opens=not left.strip() or HARD_STOP.match(sign) is not None or "\n" in left,
        gender=_gender(words, before, left, language),
        features={name: value for name, value in features.items() if value},
    )


def _letters(text: str, span: Span, words: list[str], code: str) -> dict[str, float]:
    """Describe the letters at the edges: they tell verbs from nouns without capitals, and case by its ending."""
    begin, stop = span
    if code in {"ja", "ko", "zh"}:
        edges = {"first": text[begin], "last": text[stop - 1], "before": text[begin - 1 : begin]}
        edges["after"] = text[stop : stop + 1]
    elif code == "ar" and words:
        edges = {"first": words[0][0], "ending": words[0][-2:], "last": words[-1][-2:], "second": words[0][:2]}
    elif code in {"cs", "pl", "ru", "tr", "uk"} and words:
        edges = {"ending": words[0][-2:], "last": words[-1][-2:]}
    else:
        return {}
    return {f"{code}, {edge} {letters}": 1.0 for edge, letters in edges.items() if letters.strip()}


def _preposed(before: list[str], language: Language) -> bool:
    """Whether a preposition governs the mention, with or without an article between: in the Hall."""
    prepositions, articles = language["prepositions"], language["articles"]
    near = before[-2:]
    if near and near[-1] not in prepositions and near[-1] in articles:
        near = near[:-1]
    return bool(near) and near[-1] in prepositions


def _gender(words: list[str], before: list[str], left: str, language: Language) -> str:
    """Say what title, office, article or ending tell of a person's gender."""
    if language.inside:
        return ""
    near = [*(before[-1:] if left.endswith((" ", ". ", "'")) else []), *words]
    for name, sign in (("feminine", "f"), ("masculine", "m")):
        if any(word in language[name] for word in near if word[0].isupper() or word in language["titles"]):
            return sign
    for name, sign in (("feminine", "f"), ("masculine", "m")):
        if any(word in language[name] for word in near):
            return sign
    first = next((word for word in words if word[0].isupper() and word not in language["roles"]), "")
    return "a" if first[-1:] in _A_ENDINGS and first else ""


def _unspaced(
    text: str, mention: Mention, words: list[str], left: str, right: str, language: Language
) -> dict[str, float]:
    """Describe a mention and its neighbours in a language that writes particles and offices without spaces."""
    begin, stop = mention.span
    code, kind = language.code, mention.kind
    inner = [end for _, end in language["roles"].find(text, begin, stop) if end < stop]
    tied = left.rstrip(" の의的")
    edge = begin - len(left) + len(tied)
    role_left = any(end == edge for _, end in language["roles"].find(text, max(0, edge - 8), edge))
    role_right = any(start <= stop + 1 for start, _ in language["roles"].find(text, stop, min(len(text), stop + 8)))
    joint = any(True for _ in language["joints"].find(text, begin, stop))
    return {
        "inner particle": float(code == "ko" and any(_KO_PARTICLE.search(word) for word in words[:-1])),
        "marker": float(code in {"ja", "ko"} and bool(_MARKER.match(right))),
        "subject marker": float(code in {"ja", "ko"} and bool(_SUBJECT_MARKER.match(right))),
        f"{code}, {kind}, inner role": float(bool(inner)),
        f"{code}, {kind}, inner joint": float(joint),
        f"{code}, {kind}, role left, {'apart' if tied != left else 'joined'}": float(role_left),
        f"{code}, {kind}, joint left": float(tied != left.rstrip()),
        f"{code}, {kind}, role right": float(role_right),
    }


def _spaced(
    family: str,
    mention: Mention,
    words: list[str],
    left: str,
    right: str,
    before: list[str],
    after: list[str],
    language: Language,
) -> dict[str, float]:
    """Describe a mention's words and their neighbours in a language that parts words by spaces."""
    articles = language["articles"]
    name_right = mention.kind in {"role", "phrase"} and right.lstrip(", ")[:1].isupper()
    return {
        f"{family}, {mention.kind}, role left {_role_left(left, before, language)}": 1.0,
        f"{family}, {mention.kind}, starts {_start(words, language)}": 1.0,
        "possessive": float(_POSSESSIVE.match(right) is not None),
        "after that": float(_after_that(words, before, language)),
        "acronym": float(len(words) == 1 and len(words[0]) > 1 and words[0].isupper()),
        f"{mention.kind}, apposed": float(left.endswith(", ") and bool(before) and before[-1][0].isupper()),
        f"{mention.kind}, apposition follows": float(_apposition(right, after, language)),
        "addressed": float(any(word in language["addressing"] for word in before[-2:])),
        "article": float(bool(words) and words[0] in articles),
        "article outside": float(bool(before) and left.endswith(" ") and before[-1] in articles),
        "cut word left": float(left.endswith(" ") and bool(before) and before[-1][0].isupper()),
        "cut word right": float(right.startswith(" ") and bool(after) and after[0][0].isupper()),
        "role, name right": float(name_right and right[:1] in {" ", ","}),
        "verb itself": float(bool(words) and words[0] in language["verbs"]),
        "holds stop": float(any(word in language["words"] for word in words[1:])),
    }


def _apposition(right: str, after: list[str], language: Language) -> bool:
    """Whether a comma and an office follow: Maud Ferrier, the minister."""
    if not right.startswith(", "):
        return False
    near = after[1:3] if after[:1] and after[0] in language["articles"] else after[:2]
    return any(word in language["roles"] for word in near)


def _after_that(words: list[str], before: list[str], language: Language) -> bool:
    """Whether "that" opens a clause whose subject the mention is: X said that Y had left."""
    near = [*before[-2:], *words[:1]]
    if len(before) < 2 or before[-1] in language["joints"]:
        return False
    return any(one in language["verbs"] and other in language["that"] for one, other in pairwise(near))


def touches(passage: str, words: list[str], language: Language, *, ahead: bool = False) -> bool:
    """Whether one of the words nearest to a mention is a verb of speech of the same clause, and no name lies between.

    Args:
        passage: the text beside the mention.
        words: its two words nearest to the mention.
        language: its word lists.
        ahead: the passage follows the mention.
    """
    near = passage[:14].lstrip() if ahead else passage[-14:].rstrip()
    if any(sign in near for sign in ".!?\n"):
        return False
    nearest = words if ahead else words[::-1]
    verbs = language["verbs"]
    if not nearest or nearest[0] in verbs:
        return bool(nearest)
    name = nearest[0][0].isupper() and not (nearest[0] in language["roles"] or nearest[0] in language["titles"])
    return len(nearest) > 1 and nearest[1] in verbs and (not name or language.code == "de")


def _role_left(left: str, words: list[str], language: Language) -> str:
    """Say how an office stands right before a mention: bare, after an article, apart by a comma, or not at all."""
    if not words or words[-1] not in language["roles"]:
        return "no"
    if not left.endswith(" ") or left.endswith(", "):
        return "apart" if left.endswith(", ") else "no"
    return "articled" if any(word in language["articles"] for word in words[:-1]) else "bare"


def _start(words: list[str], language: Language) -> str:
    if not words:
        return "nothing"
    if words[0] in language["articles"]:
        return "article"
    size = "big" if words[0][0].isupper() else "small"
    return f"{size} role" if words[0] in language["roles"] or words[0] in language["titles"] else size


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
