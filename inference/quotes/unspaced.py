"""What stands beside a mention and how it looks, in languages that write without spaces or tie particles to words."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from stancewire.inference.quotes.evidence import Evidence
from stancewire.inference.quotes.lexicon import Language

Look = tuple[str | bool, ...]

_KO_PARTICLE = re.compile(r"(?:은|는|을|를|에|에서|에게|으로|고|며|서|한|된|할|던|인|와|과)$")
_MARKER = re.compile("[은는이가도はがもの]")
_SUBJECT_MARKER = re.compile("[은는이가はが]")


def left_of(text: str, begin: int, left: str, language: Language) -> tuple[bool, Look]:
    """Return whether a verb of speech stands right before ``begin``, and what else :func:`left_evidence` asks."""
    verb = any(True for _ in language["verbs"].find(text, max(0, begin - 4), begin))
    bare = left.rstrip()
    tied = left.rstrip(" の의的")
    edge = begin - len(left) + len(tied)
    role = any(end == edge for _, end in language["roles"].find(text, max(0, edge - 8), edge))
    return verb, (text[begin], text[begin - 1 : begin], role, tied != left, tied != bare)


def right_of(text: str, stop: int, right: str, language: Language) -> tuple[bool, Look]:
    """Return whether a verb of speech stands right after ``stop``, and what else :func:`right_evidence` asks."""
    high = min(len(text), stop + 8)
    verb = any(True for _ in language["verbs"].find(text, stop, high))
    role = any(start <= stop + 1 for start, _ in language["roles"].find(text, stop, high))
    marker, subject = _MARKER.match(right) is not None, _SUBJECT_MARKER.match(right) is not None
    return verb, (text[stop - 1], text[stop : stop + 1], role, marker, subject)


def form_evidence(
    language: Language, family: str, kind: str, passage: str, words: list[str], ends: set[int]
) -> Evidence:
    """Describe how a mention looks; ``ends``: where offices in it end."""
    code = language.code
    return _form(
        code,
        family,
        kind,
        len(words) if code == "ko" else len(passage),
        len(words) == 1,
        bool(words) and len(passage) in ends,
        code == "ko" and any(_KO_PARTICLE.search(word) for word in words[:-1]),
        any(end < len(passage) for end in ends),
        any(True for _ in language["joints"].find(passage, 0, len(passage))),
    )


@lru_cache(maxsize=65_536)
def left_evidence(
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
def right_evidence(
    code: str, family: str, kind: str, edge: str, last: str, after: str, role: bool, marker: bool, subject: bool
) -> Evidence:
    """Describe what stands after a mention."""
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
def _form(
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
