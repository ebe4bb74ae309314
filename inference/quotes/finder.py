"""Find the quotes of an article and who says each of them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

from stancewire.inference.quotes.decide import logistic, quote_features
from stancewire.inference.quotes.entities import entities
from stancewire.inference.quotes.lexicon import Language, language_of
from stancewire.inference.quotes.parts import Layout, Part, lay_out, merged, together
from stancewire.inference.quotes.speakers import best, candidates, widened
from stancewire.inference.quotes.surroundings import Surroundings
from stancewire.records import Quote, Span, Speaker

_FRAGMENT = 0.3

Weights = dict[str, dict[str, float]]


def find_quotes(text: str, lang: str | None = None) -> list[Quote]:
    """Find the direct quotes of ``text`` and their speakers, by marks, words and weighed evidence; no network runs.

    Args:
        text: an article's body, any string.
        lang: its language; guessed from script and function words where it is missing or has no word lists.

    Returns:
        The quotes in the order of the text. Spans count code points of ``text`` and lie inside the marks; a quote
        that a reporting clause breaks has several. ``topics`` is ``None``; ``probability`` is how likely the stretch
        is a quote; ``speaker`` is the mention nearest to it, with the probability that it is this one who speaks, or
        ``None`` where nobody is named.
    """
    language = language_of(text, lang)
    layout = lay_out(text, language)
    weighed = weights()["quotes"]
    chances = [logistic(evidence(text, layout, i, language), weighed) for i in range(len(layout.parts))]
    layout, chances = _gathered(text, layout, chances, language)
    kept = [index for index, chance in enumerate(chances) if chance >= 0.5]
    surroundings = Surroundings(text, layout, kept, language)
    found: list[tuple[Span, float] | None] = []
    previous: Span | None = None
    for number in range(len(kept)):
        mention, probability = best(candidates(surroundings, number, previous), weights()["speakers"])
        previous = mention.span if mention else previous
        found.append((widened(text, mention, language), round(probability, 4)) if mention else None)
    named = entities(text, [item and item[0] for item in found], surroundings.mentions(), language)
    quotes: list[Quote] = []
    for index, item, entity in zip(kept, found, named, strict=True):
        speaker = Speaker(text[slice(*item[0])], item[0], item[1], entity) if item else None
        quotes.append(Quote(spans=layout.parts[index].spans, speaker=speaker, probability=round(chances[index], 4)))
    return quotes


def _gathered(text: str, layout: Layout, chances: list[float], language: Language) -> tuple[Layout, list[float]]:
    """Join fragments of one sentence that hang on one verb; one that is surely a quote speaks for its neighbour."""
    parts: list[Part] = []
    joint: list[float] = []
    for part, chance in zip(layout.parts, chances, strict=True):
        likely = bool(parts) and max(joint[-1], chance) >= 0.5 and min(joint[-1], chance) >= _FRAGMENT
        if likely and together(text, parts[-1], part, language):
            parts[-1], joint[-1] = merged(parts[-1], part), max(joint[-1], chance)
        else:
            parts.append(part)
            joint.append(chance)
    return Layout(layout.paragraphs, parts), joint


def evidence(text: str, layout: Layout, index: int, language: Language) -> dict[str, float]:
    """Describe the layout's part ``index`` between its neighbours: what speaks for a quote and what against."""
    part = layout.parts[index]
    floor = layout.parts[index - 1].outer[1] if index else 0
    ceiling = layout.parts[index + 1].outer[0] if index + 1 < len(layout.parts) else len(text)
    bounds = (layout.paragraphs[part.paragraphs[0]][0], layout.paragraphs[part.paragraphs[1]][1])
    return quote_features(text, part, language, bounds, floor, ceiling)


@cache
def weights() -> Weights:
    """Return the weights of the evidence: ``quotes`` and ``speakers``, fitted by ``benchmarks/fit_quotes.py``."""
    source = files("stancewire.inference.quotes") / "weights.yaml"
    # The C parser reads four thousand weights in a tenth of the time; not every build of PyYAML has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: Weights = yaml.load(source.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    return loaded
