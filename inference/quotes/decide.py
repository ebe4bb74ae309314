"""Is a stretch between marks speech, or a title, a name, a scare quote? Evidence, weighed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from stancewire.inference.quotes.lexicon import WORD, Language
from stancewire.inference.quotes.parts import Part
from stancewire.inference.quotes.words import abbreviates
from stancewire.records import Span

_SENTENCE_END = re.compile(r"[.!?…](?=\s)|[。！？؟\n]")
_NOTHING = re.compile(r"(?!)")
_PARTICLE = {"ko": re.compile("이?[라다고며]"), "ja": re.compile("と")}
_WINDOW = 220
_SMALL = frozenset({"articles", "particles", "joints", "prepositions"})


def sentence_before(text: str, at: int, floor: int) -> int:
    """Return where the sentence begins that ends at ``at``, at most a window back and not before ``floor``."""
    low = max(floor, at - _WINDOW)
    start = low
    for match in _SENTENCE_END.finditer(text, low, at):
        if match.end() < at and not abbreviates(text, match.start()):
            start = match.end()
    return start


def sentence_after(text: str, at: int, ceiling: int) -> int:
    """Return where the sentence ends that goes on at ``at``, at most a window on and not past ``ceiling``."""
    high = min(ceiling, at + _WINDOW)
    for match in _SENTENCE_END.finditer(text, at, high):
        if match.start() >= at and not abbreviates(text, match.start()):
            return match.start()
    return high


def quote_features(
    text: str, part: Part, language: Language, bounds: Span, floor: int, ceiling: int
) -> dict[str, float]:
    """Describe a stretch and what stands around it.

    Args:
        text: the article.
        part: the stretch.
        language: its word lists.
        bounds: its first paragraph's start, its last one's end.
        floor: the end of the stretch before it in the same paragraph.
        ceiling: the start of the stretch after it.
    """
    inside = text[part.spans[0][0] : part.spans[-1][1]]
    head = inside[:400]
    words = WORD.findall(head)
    length = len(head) / 2.2 if language.code in {"zh", "ja"} else len(words)
    start, end = part.outer
    low = sentence_before(text, start, max(bounds[0], floor))
    high = sentence_after(text, end, min(bounds[1], ceiling))
    before, after = text[low:start].rstrip(), text[end:high].strip()
    verb_before = any(True for _ in language["verbs"].find(text, low, start))
    verb_after = [span[0] - end for span in language["verbs"].find(text, end, high)]
    near_after = bool(verb_after) and min(verb_after) < 40
    last_before = WORD.findall(before[-40:])[-1:]
    that = bool(last_before) and last_before[0] in language["that"]
    verbs = language["verbs"]
    named = any(True for _ in language["naming"].find(text, max(low, start - 25), start)) or any(
        text[slice(*span)] not in verbs for span in language["naming"].find(text, end, min(high, end + 14))
    )
    lower = sum(word in language["words"] for word in words) if not language.inside else 0
    capitals = sum(word[0].isupper() for word in words) if language.cased else 0
    all_capital = language.cased and bool(words) and all(w[0].isupper() or _ties(w, language) for w in words)
    verbs_before = [span[1] for span in language["verbs"].find(text, max(low, start - 40), start)]
    close = bool(verbs_before) and len(WORD.findall(text[max(verbs_before) : start])) < 4
    title_like = language.cased and inside[:1].isupper() and before[-1:].isalnum() and not close and not that
    said = _said_next(text, end, high, language)
    small = inside[:1].islower()
    alone = not before and not after and low <= bounds[0] and high >= bounds[1]
    return {
        "bias": 1.0,
        "length": math.log1p(length),
        "one word": float(length < 2),
        "two words": float(2 <= length < 3),
        "three or four words": float(3 <= length < 5),
        "long": float(length >= 10),
        "colon before": float(before.endswith((":", "："))),
        "that before": float(that),
        "verb before": float(verb_before),
        "verb after": float(near_after),
        "verb far after": float(bool(verb_after) and not near_after),
        "short without verb": float(length < 8 and not verb_before and not near_after),
        "clause follows": float(said),
        "short, clause follows": float(said and length < 8),
        "verb close": float(close),
        "short, verb close": float(close and length < 8),
        "short, verb before": float(verb_before and length < 8),
        "big after a word": float(title_like),
        "big after a word, goes on": float(title_like and after[:1].islower() and not near_after),
        "according": float(any(True for _ in language["according"].find(text, low, high))),
        "speech comma": float(after[:1] in {",", "—", "–", "،"} or text[end - 2 : end - 1] in {",", "，"}),
        "stop inside": float(inside[-1:] in ".!?…。！？"),
        "sentences inside": float(_SENTENCE_END.search(inside[:-1]) is not None),
        "comma inside": float("," in inside or "，" in inside or "、" in inside or "،" in inside),
        "all capitals": float(all_capital and len(words) > 1),
        "one name": float(len(words) == 1 and bool(capitals)),
        "starts small": float(small),
        "small and short": float(small and length < 5),
        "small and short, verb before": float(small and length < 5 and verb_before),
        "small and short, verb close": float(small and length < 5 and close),
        "function words": min(3.0, float(lower)),
        "digits only": float(bool(words) and all(word.isdigit() for word in words)),
        "naming": float(named),
        "naming and short": float(named and length < 5),
        "alone": float(alone),
        "opens paragraph": float(low <= bounds[0] and not before),
        "broken": float(bool(part.clauses)),
        "unclosed": float(not part.closed),
        "single mark": float(part.opener in "‘'‚"),
        "dash": float(part.opener == "—"),
        "glued": float(language.cased and end < len(text) and text[end].isalnum()),
        "glued and short": float(end < len(text) and text[end].isalnum() and length < 5),
        "short": float(length < 5),
        "caseless short": float(not language.cased and length < 5),
        "particle after": float(_PARTICLE.get(language.code, _NOTHING).match(text, end) is not None),
    }


def _ties(word: str, language: Language) -> bool:
    """Whether a small word may stand in a title between words with capitals: of, the, und; not a verb."""
    tags = language.tags(word)
    return len(word) < 4 and bool(tags & _SMALL)


def _said_next(text: str, at: int, high: int, language: Language) -> bool:
    """Whether a comma and a verb of speech follow at once: “…”, said; “…” she says."""
    if language.inside:
        return any(begin < at + 8 for begin, _ in language["verbs"].find(text, at, min(high, at + 20)))
    following = WORD.findall(text[at : min(high, at + 40)])[:2]
    return any("verbs" in language.tags(word) for word in following)


def logistic(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the probability that the weights give to what the features describe."""
    total = sum(weights.get(name, 0.0) * value for name, value in features.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
