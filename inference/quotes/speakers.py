"""Who says a quote: every mention around it is described by where it stands, and the best one is taken, or none."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from stancewire.inference.quotes.evidence import NOTHING, Evidence
from stancewire.inference.quotes.facts import Traits
from stancewire.inference.quotes.lexicon import WORD, Language
from stancewire.inference.quotes.mentions import Mention
from stancewire.inference.quotes.surroundings import Context, Frame, Place, Side, Surroundings
from stancewire.records import Span

_FAR = 400
_ARTICLE = re.compile(r"(?<!\w)(\w+)[ '’]$")
_WHERES = ("between", "after", "next", "below", "before", "earlier", "above")
_DISTANCE = {where: f"{where}, distance" for where in _WHERES}
_SPEAKS = {(where, pronoun): f"{where}, pronoun {pronoun}, speaks" for where in _WHERES for pronoun in (True, False)}
_PLACED = {(where, pronoun): f"{where}, pronoun {pronoun}, placed" for where in _WHERES for pronoun in (True, False)}

Number = tuple[str, float]


class Candidate(NamedTuple):
    """A mention beside one quote, described.

    Attributes:
        mention: where it stands.
        key: what mentions of one person share: the last word of a name; empty for what is no name.
        evidence: what speaks for it and against it, shared with those that are alike.
        numbers: evidence that is measured.
    """

    mention: Mention
    key: str
    evidence: tuple[Evidence, ...]
    numbers: list[Number]

    @property
    def features(self) -> dict[str, float]:
        """All evidence by name."""
        out: dict[str, float] = {}
        for evidence in self.evidence:
            out |= evidence.to_dict()
        if "only word" in out:
            del out["one word"]
        return out | dict(self.numbers)

    def score(self, weights: Mapping[str, float]) -> float:
        """Return the weighed sum of the evidence."""
        total = 0.0
        for evidence in self.evidence:
            total += evidence.weighed(weights)
        for name, value in self.numbers:
            total += weights.get(name, 0.0) * value
        return total


_LONE = Evidence({"only word": 1.0, "one word": -1.0})


def candidates(surroundings: Surroundings, index: int, previous: Span | None) -> list[Candidate]:
    """Describe every mention near quote ``index``.

    Args:
        surroundings: the article's mentions.
        index: which of the quotes.
        previous: the span of the speaker of the quotes before, if one was named.
    """
    context = surroundings.context(index)
    words = WORD.findall(surroundings.text[slice(*previous)]) if previous else []
    before = words[-1] if words else ""
    out: list[Candidate] = []
    for side, group in surroundings.near(index):
        subjects = _subjects(group)
        for place, rank, free in _ranked(group, side):
            _describe(out, surroundings, context, side, (place, rank, free, place.number in subjects), previous, before)
    return out


def _subjects(group: list[Place]) -> set[int]:
    """Return the places that come first in their sentence, after no preposition: most subjects do."""
    first: dict[int, int] = {}
    for place in sorted(group, key=lambda item: item.number):
        for sentence in place.sentences:
            first.setdefault(sentence, place.number)
    return set(first.values())


def _ranked(group: list[Place], side: Side) -> Iterator[tuple[Place, int, int]]:
    """Yield the places with their nearness to the quote, among all and among those after no preposition."""
    if not group:
        return
    if side == "before":
        nearest = max(group, key=lambda item: item.number)
        last = nearest.free + bool(nearest.sentences) - 1
        for place in group:
            yield place, min(nearest.number - place.number, 4), min(last - place.free, 5) if place.sentences else 5
    else:
        number, free = group[0].number, group[0].free
        for place in group:
            yield place, min(place.number - number, 4), min(place.free - free, 5) if place.sentences else 5


def _describe(
    out: list[Candidate],
    surroundings: Surroundings,
    context: Context,
    side: Side,
    ranked: tuple[Place, int, int, bool],
    previous: Span | None,
    before: str,
) -> None:
    """Add the mentions of one place to the candidates."""
    place, rank, free, subject = ranked
    frame, pronouns = context.frame, context.pronouns
    start, end = context.part.outer
    ended = surroundings.stops(start)
    where = ""
    around = NOTHING
    alone = place.width in {"1", "lone"}
    for seen in place.seen:
        mention = seen.mention
        begin, stop = mention.span
        now = _where(begin, stop, side, context)
        if now != where:
            where, around = now, _around(frame, now, rank, free, subject, place.width)
        reach, stops, pronoun_between = "", 0, False
        if side == "before":
            distance = start - stop
            verb = seen.verb
            reach = "no verb" if verb is None or verb >= start else _REACHES[seen.between]
            stops = min(3, (ended if start <= stop + _FAR else seen.ahead) - seen.behind)
            if pronouns:
                pronoun_between = any(stop <= at < start for at in pronouns)
        else:
            distance = begin - end
            if side == "after" and pronouns:
                pronoun_between = any(end <= at <= begin for at in pronouns)
        here = _here(frame, where, seen.traits, rank, stops, reach, subject, pronoun_between, seen.surname)
        numbers = [(_DISTANCE[where], math.log1p(distance))] if distance > 0 else []
        if seen.speaks:
            numbers.append((_SPEAKS[where, frame.pronoun], seen.speaks))
        if seen.placed:
            numbers.append((_PLACED[where, frame.pronoun], seen.placed))
        evidence: tuple[Evidence, ...] = (seen.evidence, around, here)
        if alone and len(seen.words) == 1:
            evidence += (_LONE,)
        if previous is not None:
            named = before != "" and bool(seen.words) and seen.words[-1] == before
            overlaps = begin < previous[1] and previous[0] < stop
            if named or overlaps:
                same = mention.span == previous
                evidence += (_continued(where, frame.pronoun, frame.clause, same, named, overlaps),)
        out.append(Candidate(mention, seen.key, evidence, numbers))


_REACHES = ("verb 0", "verb 1", "verb 2")


def _where(begin: int, stop: int, side: Side, context: Context) -> str:
    if side == "between":
        return side
    if side == "after":
        if stop <= context.high:
            return "after"
        return "next" if begin < context.paragraph[1] else "below"
    if begin >= context.low:
        return "before"
    return "earlier" if begin >= context.paragraph[0] else "above"


@lru_cache(maxsize=65_536)
def _around(frame: Frame, where: str, rank: int, free: int, subject: bool, width: str) -> Evidence:
    """Describe where the place of a mention stands to the quote."""
    state = f"clause {frame.clause}, pronoun {frame.pronoun}"
    return Evidence(
        {
            where: 1.0,
            f"{where}, rank {rank}": 1.0,
            f"{where}, clause": frame.clause,
            f"{where}, pronoun": frame.pronoun,
            f"{where}, fresh": frame.fresh,
            f"{where}, subject {subject}, {state}": 1.0,
            f"{where}, free {free}, pronoun {frame.pronoun}": 1.0,
            f"{where}, whole {width}": 1.0,
            # Half a unit each: what one language adds must be seen more often than what holds for all.
            f"{frame.code}, {where}, subject {subject}, {state}": 0.5,
            f"{frame.code}, {where}, rank {rank}": 0.5,
        }
    )


@lru_cache(maxsize=131_072)
def _here(
    frame: Frame,
    where: str,
    traits: Traits,
    rank: int,
    stops: int,
    reach: str,
    subject: bool,
    pronoun_between: bool,
    surname: bool,
) -> Evidence:
    """Describe whether the mention, as it stands to the quote, may be the subject of its verb and fits its pronoun."""
    kind, left, right, code = traits.kind, traits.verb_left, traits.verb_right, frame.code
    state = f"clause {frame.clause}, pronoun {frame.pronoun}"
    out: dict[str, float] = {
        f"{where}, kind {kind}": 1.0,
        f"{where}, stops {stops}, opens {traits.opens}": 1.0,
        f"{where}, stops {stops}, {state}": 1.0,
        f"{where}, verb left": left,
        f"{where}, verb left, rank {rank}": left,
        f"{where}, verb right": right,
        f"{where}, verb right, rank {rank}": right,
        f"{where}, preposition": traits.preposition,
        f"{where}, preposition, {state}": traits.preposition,
        f"{where}, opens": traits.opens,
        f"{where}, opens, kind {kind}": traits.opens,
        f"{where}, colon, stops {stops}": frame.colon,
        f"{where}, {reach}, subject {subject}": bool(reach),
        f"{where}, pronoun between": pronoun_between,
        "surname": surname,
        f"{where}, surname": surname,
        f"{code}, {where}, kind {kind}": 0.5,
        f"{code}, {where}, left {left}, right {right}": 0.5,
    }
    if frame.gender:
        out[f"{frame.gender} for {traits.gender or 'any'}"] = 1.0
        out[f"{frame.gender} for {kind}"] = 1.0
        out[f"{frame.gender} for acronym"] = frame.pronoun and traits.capitals
    return Evidence(out)


@lru_cache(maxsize=4096)
def _continued(where: str, pronoun: bool, clause: bool, same: bool, named: bool, overlaps: bool) -> Evidence:
    """Describe whether it is the speaker of the quote before who goes on."""
    if named and not same:
        name = "name of speaker before"
        return Evidence({name: 1.0, f"{name}, pronoun {pronoun}": 1.0, f"{name}, {where}, clause {clause}": 1.0})
    if not same:
        return Evidence({"overlaps speaker before": overlaps})
    return Evidence(
        {
            "speaker before": 1.0,
            f"speaker before, {where}, pronoun {pronoun}": 1.0,
            "speaker before, pronoun": pronoun,
            "speaker before, no clause": not clause,
        }
    )


def best(found: list[Candidate], weights: Mapping[str, float]) -> tuple[Mention | None, float]:
    """Return the likeliest speaker's likeliest mention and the speaker's probability; ``None`` for nobody.

    All places that name one person share their probability: who speaks is asked first, and only then which mention of
    that speaker, and how much of it.
    """
    none = weights.get("nobody", 0.0)
    scores = [candidate.score(weights) for candidate in found]
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
