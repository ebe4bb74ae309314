"""Who says a quote: every mention around it is described by where it stands, and the best one is taken, or none."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from stancewire.inference.quotes.lexicon import Language
from stancewire.inference.quotes.mentions import Mention
from stancewire.inference.quotes.surroundings import Context, Side, Surroundings
from stancewire.records import Span

_FAR = 400
_ARTICLE = re.compile(r"(?<!\w)(\w+)[ '’]$")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mention beside one quote, described."""

    mention: Mention
    features: dict[str, float]


def candidates(surroundings: Surroundings, index: int, previous: Span | None) -> list[Candidate]:
    """Describe every mention near quote ``index``.

    Args:
        surroundings: the article's mentions.
        index: which of the quotes.
        previous: the span of the speaker of the quotes before, if one was named.
    """
    context = surroundings.context(index)
    out: list[Candidate] = []
    for side, group in surroundings.near(index):
        ranks = _ranks(group, context.part.outer, side)
        for mention in group:
            rank = min(ranks[mention.place], 4)
            features = surroundings.facts(mention).features | _placed(
                surroundings, mention, side, rank, context, previous
            )
            out.append(Candidate(mention, features))
    return out


def _ranks(group: list[Mention], outer: Span, side: Side) -> dict[int, int]:
    """Number the places by their nearness to the quote."""
    nearest: dict[int, int] = {}
    for mention in group:
        far = outer[0] - mention.span[1] if side == "before" else mention.span[0] - outer[1]
        nearest[mention.place] = min(far, nearest.get(mention.place, far))
    return {place: rank for rank, (_, place) in enumerate(sorted((far, place) for place, far in nearest.items()))}


def _where(mention: Mention, side: Side, context: Context) -> str:
    begin, stop = mention.span
    if side == "between":
        return side
    if side == "after":
        if stop <= context.high:
            return "after"
        return "next" if begin < context.paragraph[1] else "below"
    if begin >= context.low:
        return "before"
    return "earlier" if begin >= context.paragraph[0] else "above"


def _placed(
    surroundings: Surroundings, mention: Mention, side: Side, rank: int, context: Context, previous: Span | None
) -> dict[str, float]:
    """Describe where a mention stands to the quote, and what it did in the article so far."""
    facts = surroundings.facts(mention)
    where = _where(mention, side, context)
    begin, stop = mention.span
    start, end = context.part.outer
    distance = start - stop if side == "before" else begin - end
    stops = min(3, surroundings.stops(stop, min(start, stop + _FAR))) if side == "before" else 0
    out = {
        where: 1.0,
        f"{where}, kind {mention.kind}": 1.0,
        f"{where}, rank {rank}": 1.0,
        f"{where}, distance": math.log1p(max(0, distance)),
        f"{where}, stops {stops}, opens {facts.opens}": 1.0,
        f"{where}, stops {stops}, clause {context.clause}, pronoun {context.pronoun}": 1.0,
    }
    for name, holds in (("clause", context.clause), ("pronoun", context.pronoun), ("fresh", context.fresh)):
        if holds:
            out[f"{where}, {name}"] = 1.0
    for name, holds in (("verb left", facts.verb_left), ("verb right", facts.verb_right)):
        if holds:
            out[f"{where}, {name}"] = 1.0
            out[f"{where}, {name}, rank {rank}"] = 1.0
    if facts.preposition:
        out[f"{where}, preposition"] = 1.0
    if facts.opens:
        out[f"{where}, opens"] = 1.0
        out[f"{where}, opens, kind {mention.kind}"] = 1.0
    if context.colon:
        out[f"{where}, colon, stops {stops}"] = 1.0
    if facts.words:
        out |= _history(surroundings, facts.words, where, context)
    if previous is not None:
        out |= _continued(mention.span, previous, where, context)
    return out


def _history(surroundings: Surroundings, words: list[str], where: str, context: Context) -> dict[str, float]:
    """Describe what the article does with the name elsewhere: a speaker speaks again, a place is only stayed in."""
    last = words[-1]
    out = {}
    if (count := surroundings.counts[last]) > 1:
        out["repeated"] = math.log1p(count - 1)
    speaks, placed = surroundings.habits(last)
    if speaks:
        out["speaks"] = out[f"{where}, pronoun {context.pronoun}, speaks"] = math.sqrt(speaks)
    if placed:
        out["placed"] = out[f"{where}, pronoun {context.pronoun}, placed"] = placed
    if len(words) == 1 and last in surroundings.surnames:
        out["surname"] = out[f"{where}, surname"] = 1.0
    return out


def _continued(span: Span, previous: Span, where: str, context: Context) -> dict[str, float]:
    """Describe whether it is the speaker of the quote before who goes on."""
    if span != previous:
        return {"overlaps speaker before": 1.0} if span[0] < previous[1] and previous[0] < span[1] else {}
    out = {"speaker before": 1.0, f"speaker before, {where}, pronoun {context.pronoun}": 1.0}
    if context.pronoun:
        out["speaker before, pronoun"] = 1.0
    if not context.clause:
        out["speaker before, no clause"] = 1.0
    return out


def best(found: list[Candidate], weights: Mapping[str, float]) -> tuple[Mention | None, float]:
    """Return the likeliest mention and its probability; ``None`` where "nobody" is likelier than any place.

    Spans of one place share their probability: how sure it is *who* speaks, not how long the name is.
    """
    none = weights.get("nobody", 0.0)
    scores = [sum(weights.get(name, 0.0) * value for name, value in c.features.items()) for c in found]
    top = max([none, *scores])
    masses = [math.exp(score - top) for score in scores]
    nobody = math.exp(none - top)
    total = sum(masses) + nobody
    if not found or max(scores) <= none:
        return None, nobody / total
    chosen = found[max(range(len(scores)), key=scores.__getitem__)].mention
    begin, stop = chosen.span
    same = sum(m for m, c in zip(masses, found, strict=True) if c.mention.span[0] < stop and begin < c.mention.span[1])
    return chosen, same / total


def widened(text: str, mention: Mention, language: Language) -> Span:
    """Return the span with the article of the name, in languages whose names of countries have one: la Corée."""
    begin, stop = mention.span
    match = _ARTICLE.search(text[max(0, begin - 5) : begin])
    if match is None or "articled names" not in language.habits or mention.kind not in {"name", "tail"}:
        return mention.span
    word = match[1]
    article = word in language["articles"] or word in language["elisions"]
    return (begin - len(match[0]), stop) if article and word not in language["prepositions"] else mention.span
