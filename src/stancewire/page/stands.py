"""Who takes which side on what: topics and open targets in one form, for marks, tables and charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from stancewire.predictions import Prediction, TopicPrediction
from stancewire.records import STANCES, Article, Unit

Side = Literal["support", "oppose", "neutral", "mixed", "unsure", "off"]

SIGNS: Mapping[str, str] = {"support": "+", "oppose": "−", "neutral": "○", "mixed": "±", "unsure": "?", "off": "·"}
"""The sign of each side; colour is never alone."""

WORDS: Mapping[str, str] = {
    "support": "supports",
    "oppose": "opposes",
    "neutral": "takes no side on",
    "mixed": "takes several sides",
    "unsure": "too unsure to tell",
    "off": "not about",
}

ALL = "all"
"""The choice of no single topic: a quote's side is that of all its topics together."""

OUTLET = "The outlet itself"
NOBODY = "nobody named"


@dataclass(frozen=True, slots=True)
class Stand:
    """What one voice says about one topic or open target.

    Attributes:
        name: the topic or the target, as people read it.
        asked: whether it is an open target.
        side: ``off`` where the voice does not touch it, ``unsure`` where the model abstains.
        relevance: the probability that the voice touches it.
        stances: stance to probability, given that it does.
    """

    name: str
    asked: bool
    side: Side
    relevance: float
    stances: Mapping[str, float]

    @property
    def key(self) -> str:
        """Return what tells it from a topic or target of another kind with the same name."""
        return f"{'target' if self.asked else 'topic'}:{self.name}"

    @property
    def sure(self) -> float:
        """Return the probability that both are right, that the voice touches it and the side."""
        return self.relevance * self.stances.get(self.side, 0.0)

    @property
    def taken(self) -> bool:
        """Return whether this is a stand that counts: one on a topic that the voice touches."""
        return self.side in STANCES


@dataclass(frozen=True, slots=True)
class Stood:
    """A stand with who took it, and where.

    Attributes:
        speaker: the fullest name of who speaks; empty for the outlet's own voice and where nobody is named.
        outlet: whether it is the outlet's own voice.
        lang: of the article.
        date: of the article, or ``None``.
        article: its id.
        stand: what was said.
    """

    speaker: str
    outlet: bool
    lang: str | None
    date: str | None
    article: str
    stand: Stand


def stands_of(prediction: Prediction, unit: Unit) -> list[Stand]:
    """Return a unit's stands: every topic of the label set, then every open target that was asked."""
    topics = prediction.topics if unit == "article" else prediction.quotes[unit].topics
    asked = [answer for answer in prediction.targets if answer.unit == unit]
    return [Stand(name, False, _side(topic), topic.probability, topic.stances) for name, topic in topics.items()] + [
        Stand(answer.target, True, _known(answer.stance), answer.relevance, answer.stances) for answer in asked
    ]


def _side(topic: TopicPrediction) -> Side:
    if topic.abstained:
        return "unsure"
    return _known(topic.stance) if topic.on else "off"


def _known(stance: str) -> Side:
    return cast(Side, stance) if stance in STANCES else "off"  # "unrelated" is none


def overall(stands: Sequence[Stand]) -> Side:
    """Return the side of all stands together: that of those which take one, ``mixed`` where they take both."""
    sides = {stand.side for stand in stands}
    if {"support", "oppose"} <= sides:
        return "mixed"
    order: tuple[Side, ...] = ("support", "oppose", "neutral", "unsure")
    return next((side for side in order if side in sides), "off")


def speaker_of(prediction: Prediction, number: int) -> str:
    """Return the fullest name of who says a quote; empty where nobody is named."""
    speaker = prediction.quotes[number].speaker
    return (speaker.entity or speaker.text) if speaker else ""


def all_stands(results: Sequence[tuple[Article, Prediction]]) -> list[Stood]:
    """Return the stands of every voice in every article, those that are off left out."""
    found = []
    for article, prediction in results:
        units: list[Unit] = ["article", *range(len(prediction.quotes))]
        for unit in units:
            speaker = "" if unit == "article" else speaker_of(prediction, unit)
            found += [
                Stood(speaker, unit == "article", article.lang or prediction.lang, article.date, article.id, stand)
                for stand in stands_of(prediction, unit)
                if stand.taken
            ]
    return found


def aspects(results: Sequence[tuple[Article, Prediction]]) -> dict[str, str]:
    """Return what the articles were asked about, key to name: the topics in their order, then the open targets."""
    found = {stand.key: stand.name for _, prediction in results for stand in stands_of(prediction, "article")}
    return dict(sorted(found.items(), key=lambda item: item[0].startswith("target:")))
