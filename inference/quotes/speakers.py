"""Who says a quote: every mention around it is described by where it stands, and the best one is taken, or none."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from stancewire.inference.quotes.lexicon import WORD, Language
from stancewire.inference.quotes.mentions import Mention
from stancewire.inference.quotes.surroundings import Context, Side, Surroundings
from stancewire.records import Span

_FAR = 400
_ARTICLE = re.compile(r"(?<!\w)(\w+)[ '’]$")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mention beside one quote, described.

    Attributes:
        mention: where it stands.
        features: what speaks for it and against it.
        key: what mentions of one person share: the last word of a name; empty for what is no name.
    """

    mention: Mention
    features: dict[str, float]
    key: str = ""


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
        subjects = surroundings.subjects(group)
        free = [mention for mention in group if not surroundings.facts(mention).preposition]
        free_ranks = _ranks(free, context.part.outer, side)
        widths = _widths(surroundings, group)
        starts = sorted({mention.span[0] for mention in group})
        for mention in group:
            rank = min(ranks[mention.place], 4)
            features = surroundings.facts(mention).features | _placed(
                surroundings, mention, side, rank, context, previous
            )
            features |= _role_in_sentence(surroundings, mention, side, context, mention.place in subjects, starts, rank)
            if widths[mention.place] in {"1", "lone"} and features.pop("one word", 0.0):
                features["only word"] = 1.0
            where, free_rank = _where(mention, side, context), min(free_ranks.get(mention.place, 5), 5)
            features[f"{where}, free {free_rank}, pronoun {context.pronoun}"] = 1.0
            features[f"{where}, whole {widths[mention.place]}"] = 1.0
            out.append(Candidate(mention, features, name_key(surroundings.facts(mention).words, mention)))
    return out


def _ranks(group: list[Mention], outer: Span, side: Side) -> dict[int, int]:
    """Number the places by their nearness to the quote."""
    nearest: dict[int, int] = {}
    for mention in group:
        far = outer[0] - mention.span[1] if side == "before" else mention.span[0] - outer[1]
        nearest[mention.place] = min(far, nearest.get(mention.place, far))
    return {place: rank for rank, (_, place) in enumerate(sorted((far, place) for place, far in nearest.items()))}


def _widths(surroundings: Surroundings, group: list[Mention]) -> dict[int, str]:
    """Say of each place how many words its longest mention has, and whether a lone first word is a name at all."""
    widths: dict[int, str] = {}
    longest: dict[int, int] = {}
    for mention in group:
        facts = surroundings.facts(mention)
        count = min(len(facts.words), 3)
        if count <= longest.get(mention.place, 0):
            continue
        longest[mention.place] = count
        lone = count == 1 and facts.opens and facts.words[0] not in surroundings.inside
        widths[mention.place] = "lone" if lone else str(count)
    return {mention.place: widths.get(mention.place, "0") for mention in group}


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
        words = WORD.findall(surroundings.text[slice(*previous)])
        key = facts.words[-1] if facts.words else ""
        out |= _continued(mention.span, previous, where, context, key, words[-1] if words else "")
    return out


def _role_in_sentence(
    surroundings: Surroundings,
    mention: Mention,
    side: Side,
    context: Context,
    subject: bool,
    starts: list[int],
    rank: int,
) -> dict[str, float]:
    """Describe whether the mention may be the subject of the verb of speech, and fits its pronoun."""
    facts, where = surroundings.facts(mention), _where(mention, side, context)
    begin, stop = mention.span
    start, end = context.part.outer
    state = f"clause {context.clause}, pronoun {context.pronoun}"
    out = {f"{where}, subject {subject}, {state}": 1.0}
    if facts.preposition:
        out[f"{where}, preposition, {state}"] = 1.0
    if side == "before":
        verb = surroundings.verb_after(stop, start)
        between = 0 if verb is None else bisect_left(starts, verb) - bisect_left(starts, stop)
        reach = "no verb" if verb is None else f"verb {min(between, 2)}"
        out[f"{where}, {reach}, subject {subject}"] = 1.0
        if any(stop <= at < start for at in context.pronouns):
            out[f"{where}, pronoun between"] = 1.0
    elif side == "after" and any(end <= at <= begin for at in context.pronouns):
        out[f"{where}, pronoun between"] = 1.0
    # Half a unit each: what one language adds must be seen more often than what holds for all.
    code = surroundings.language.code
    out[f"{code}, {where}, kind {mention.kind}"] = 0.5
    out[f"{code}, {where}, subject {subject}, {state}"] = 0.5
    out[f"{code}, {where}, left {facts.verb_left}, right {facts.verb_right}"] = 0.5
    out[f"{code}, {where}, rank {rank}"] = 0.5
    if context.gender:
        out[f"{context.gender} for {facts.gender or 'any'}"] = 1.0
        out[f"{context.gender} for {mention.kind}"] = 1.0
        if context.pronoun and len(facts.words) == 1 and facts.words[0].isupper():
            out[f"{context.gender} for acronym"] = 1.0
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


def _continued(span: Span, previous: Span, where: str, context: Context, key: str, before: str) -> dict[str, float]:
    """Describe whether it is the speaker of the quote before who goes on."""
    if span != previous and key and key == before:
        name = "name of speaker before"
        return {name: 1.0, f"{name}, pronoun {context.pronoun}": 1.0, f"{name}, {where}, clause {context.clause}": 1.0}
    if span != previous:
        return {"overlaps speaker before": 1.0} if span[0] < previous[1] and previous[0] < span[1] else {}
    out = {"speaker before": 1.0, f"speaker before, {where}, pronoun {context.pronoun}": 1.0}
    if context.pronoun:
        out["speaker before, pronoun"] = 1.0
    if not context.clause:
        out["speaker before, no clause"] = 1.0
    return out


def name_key(words: list[str], mention: Mention) -> str:
    """Return what tells a person in an article: the last word of the name; nothing for offices and phrases."""
    named = mention.kind in {"name", "named", "both", "tail"} and bool(words) and len(words[-1]) > 1
    return words[-1].casefold() if named else ""


def best(found: list[Candidate], weights: Mapping[str, float]) -> tuple[Mention | None, float]:
    """Return the likeliest speaker's likeliest mention and the speaker's probability; ``None`` for nobody.

    All places that name one person share their probability: who speaks is asked first, and only then which mention of
    that speaker, and how much of it.
    """
    none = weights.get("nobody", 0.0)
    scores = [sum(weights.get(name, 0.0) * value for name, value in c.features.items()) for c in found]
    top = max([none, *scores])
    masses = [math.exp(score - top) for score in scores]
    nobody = math.exp(none - top)
    groups = speakers_of(found)
    places: dict[tuple[str, int], float] = {}
    for group, candidate, mass in zip(groups, found, masses, strict=True):
        place = (group, candidate.mention.place)
        places[place] = max(places.get(place, 0.0), mass)
    shares: dict[str, float] = {}
    for (group, _), mass in places.items():
        shares[group] = shares.get(group, 0.0) + mass
    total = sum(shares.values()) + nobody
    likeliest = max(shares, key=shares.__getitem__, default=None)
    if likeliest is None or shares[likeliest] <= nobody:
        return None, nobody / total
    members = [i for i, group in enumerate(groups) if group == likeliest]
    chosen = found[max(members, key=scores.__getitem__)].mention
    return chosen, shares[likeliest] / total


def speakers_of(found: list[Candidate]) -> list[str]:
    """Return for each candidate whom it names: a name, or else its place in the text."""
    names: dict[int, Candidate] = {}
    for candidate in found:
        known = names.get(candidate.mention.place)
        if candidate.key and (known is None or _length(candidate) > _length(known)):
            names[candidate.mention.place] = candidate
    return [names[c.mention.place].key if c.mention.place in names else f"@{c.mention.place}" for c in found]


def _length(candidate: Candidate) -> int:
    return candidate.mention.span[1] - candidate.mention.span[0]


def widened(text: str, mention: Mention, language: Language) -> Span:
    """Return the span with the article of the name, in languages whose names of countries have one: la Corée."""
    begin, stop = mention.span
    match = _ARTICLE.search(text[max(0, begin - 5) : begin])
    if match is None or "articled names" not in language.habits or mention.kind not in {"name", "tail"}:
        return mention.span
    word = match[1]
    article = word in language["articles"] or word in language["elisions"]
    return (begin - len(match[0]), stop) if article and word not in language["prepositions"] else mention.span
