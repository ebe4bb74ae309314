"""What stands beside a mention and how it looks, in languages that part words by spaces."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from itertools import pairwise

from stancewire.inference.quotes.evidence import Evidence
from stancewire.inference.quotes.lexicon import WORD, Language

Look = tuple[str | bool, ...]
Tags = list[frozenset[str]]

_A_ENDINGS = frozenset("aáаяąё")
_POSSESSIVE = re.compile("['’]s\\b")
_INFLECTED = frozenset({"cs", "pl", "ru", "tr", "uk"})
_NO_TAGS: frozenset[str] = frozenset()


def left_of(left: str, words: list[str], tags: Tags, language: Language) -> tuple[bool, Look]:
    """Return whether a verb of speech stands right before a mention, and what else :func:`left_evidence` asks.

    Args:
        left: the text before the mention.
        words: the words in it.
        tags: the lists that hold each word.
        language: the word lists.
    """
    addressed = any("addressing" in found for found in tags[-2:])
    verb = touches(left, words[-2:], language) and not addressed
    spaced, last = left.endswith(" "), tags[-1] if tags else _NO_TAGS
    big = bool(words) and words[-1][0].isupper()
    return verb, (
        _role_left(left, tags),
        left.endswith(", ") and big,
        _comma_left(left, tags, language),
        addressed,
        spaced and "articles" in last,
        spaced and big,
    )


def right_of(right: str, language: Language) -> tuple[bool, Look]:
    """Return whether a verb of speech stands right after a mention, and what else :func:`right_evidence` asks."""
    words = WORD.findall(right)
    return touches(right, words[:2], language, ahead=True), (
        _POSSESSIVE.match(right) is not None,
        _apposition(right, words, language),
        _comma_right(right, words, language),
        right.startswith(" ") and bool(words) and words[0][0].isupper(),
        right.lstrip(", ")[:1].isupper() and right[:1] in {" ", ","},
    )


def form_evidence(
    language: Language, family: str, kind: str, words: list[str], capitals: bool, ends_in_role: bool
) -> Evidence:
    """Describe how a mention looks; ``capitals``: it is one word in capitals."""
    tags = [language.tags(word) for word in words]
    first = tags[0] if tags else _NO_TAGS
    form = _form(
        family,
        kind,
        len(words),
        _start(words, first),
        ends_in_role,
        capitals and len(words[0]) > 1,
        "articles" in first,
        "verbs" in first,
        any("words" in found for found in tags[1:]),
    )
    code = language.code
    if words and code in _INFLECTED:
        return Evidence({}, form, _endings(code, words[0][-2:], words[-1][-2:], "", ""))
    if words and code == "ar":
        return Evidence({}, form, _endings("ar", words[0][-2:], words[-1][-2:], words[0][0], words[0][:2]))
    return form


@lru_cache(maxsize=65_536)
def left_evidence(
    code: str,
    family: str,
    kind: str,
    sign: str,
    according: bool,
    role: str,
    apposed: bool,
    comma: str,
    addressed: bool,
    article: bool,
    cut: bool,
) -> Evidence:
    """Describe what stands before a mention."""
    return Evidence(
        {
            f"{family}, left {sign}": 1.0,
            "according": according,
            f"{family}, {kind}, role left {role}": 1.0,
            f"{kind}, apposed": apposed,
            f"{code}, {kind}, comma left {comma}": bool(comma),
            "addressed": addressed,
            "article outside": article,
            "cut word left": cut,
        }
    )


@lru_cache(maxsize=65_536)
def right_evidence(
    code: str,
    family: str,
    kind: str,
    edge: str,
    possessive: bool,
    apposition: bool,
    comma: str,
    cut: bool,
    name: bool,
) -> Evidence:
    """Describe what stands after a mention."""
    return Evidence(
        {
            f"{family}, edge {edge}": 1.0,
            "possessive": possessive,
            f"{kind}, apposition follows": apposition,
            f"{code}, {kind}, comma right {comma}": bool(comma),
            "cut word right": cut,
            "role, name right": name and kind in {"role", "phrase"},
        }
    )


@lru_cache(maxsize=65_536)
def _form(
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
def gender_of(language: Language, passage: str, near: str) -> str:
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


def preposed(before: Tags) -> bool:
    """Whether a preposition governs the mention, with or without an article between: in the Hall."""
    near = before[-2:]
    if near and "prepositions" not in near[-1] and "articles" in near[-1]:
        near = near[:-1]
    return bool(near) and "prepositions" in near[-1]


def after_that(words: list[str], before: list[str], language: Language) -> bool:
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


def _apposition(right: str, after: list[str], language: Language) -> bool:
    """Whether a comma and an office follow: Maud Ferrier, the minister."""
    if not right.startswith(", "):
        return False
    near = after[1:3] if after[:1] and "articles" in language.tags(after[0]) else after[:2]
    return any("roles" in language.tags(word) for word in near)


def _comma_left(left: str, tags: Tags, language: Language) -> str:
    """Say what stands before the comma before a mention, where no capital tells a name from an office."""
    if language.code != "ar" or not left.endswith("، "):
        return ""
    return "role" if any("roles" in found for found in tags) else "other"


def _comma_right(right: str, words: list[str], language: Language) -> str:
    """Say what follows the comma after a mention, where no capital tells a name from an office."""
    if language.code != "ar" or not right.startswith("، ") or not words:
        return ""
    tags = language.tags(words[0])
    return next((name for name in ("roles", "titles", "verbs", "words") if name in tags), "other")


def _role_left(left: str, tags: Tags) -> str:
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
