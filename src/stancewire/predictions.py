"""What the model answers: one :class:`Prediction` an article, in the JSON form that ``stancewire label`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stancewire.errors import DataError, found_expected
from stancewire.records import Span, Speaker, Unit


@dataclass(frozen=True, slots=True)
class TopicPrediction:
    """One topic of one unit.

    Attributes:
        on: whether the calibrated probability passes the topic's threshold.
        probability: that the unit is about the topic, calibrated, in [0, 1].
        stance: the most probable stance; it means something where ``on`` is true.
        stances: stance to probability, given that the topic is on; they sum to 1.
        abstained: why the answer is not to be relied on, where ``max_error`` was asked for; empty where it is.
    """

    on: bool
    probability: float
    stance: str
    stances: Mapping[str, float]
    abstained: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, probabilities to four digits; ``abstained`` only where there is a reason."""
        record = {
            "on": self.on,
            "probability": round(self.probability, 4),
            "stance": self.stance,
            "stances": {name: round(value, 4) for name, value in self.stances.items()},
        }
        return record | {"abstained": self.abstained} if self.abstained else record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> TopicPrediction:
        """Read the JSON form."""
        stances = dict(record["stances"])
        return cls(record["on"], record["probability"], record["stance"], stances, record.get("abstained", ""))


@dataclass(frozen=True, slots=True)
class QuotePrediction:
    """One quote: where it stands, who says it, and every topic of the label set.

    Attributes:
        spans: offsets in the text that was given.
        text: the words of the spans, joined by a space.
        topics: topic to its prediction, on or off, in the label set's order.
        speaker: who says it; ``None`` where nobody is named.
        probability: how sure the finder is that this is a quote; ``None`` for quotes that came with the record.
    """

    spans: tuple[Span, ...]
    text: str
    topics: Mapping[str, TopicPrediction]
    speaker: Speaker | None = None
    probability: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        speaker = None
        if self.speaker:
            span = list(self.speaker.span) if self.speaker.span else None
            speaker = {
                "text": self.speaker.text,
                "span": span,
                "probability": self.speaker.probability,
                "entity": self.speaker.entity,
            }
        return {
            "spans": [list(span) for span in self.spans],
            "text": self.text,
            "probability": self.probability,
            "speaker": speaker,
            "topics": {name: topic.to_dict() for name, topic in self.topics.items()},
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> QuotePrediction:
        """Read the JSON form."""
        speaker = record["speaker"]
        return cls(
            spans=tuple((start, end) for start, end in record["spans"]),
            text=record["text"],
            topics=_topics(record),
            speaker=speaker
            and Speaker(
                speaker["text"],
                speaker["span"] and tuple(speaker["span"]),
                speaker["probability"],
                speaker.get("entity"),  # results of version 0.1 have none
            ),
            probability=record["probability"],
        )


@dataclass(frozen=True, slots=True)
class TargetPrediction:
    """The stance of one unit toward one open target.

    Attributes:
        unit: ``"article"`` or the index of a quote.
        target: the phrase or proposition that was asked.
        relevance: the probability that the unit touches the target, in [0, 1].
        stance: the most probable stance, or ``"unrelated"`` where relevance is below one half.
        stances: stance to probability, given that the unit touches the target.
    """

    unit: Unit
    target: str
    relevance: float
    stance: str
    stances: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "unit": self.unit,
            "target": self.target,
            "relevance": round(self.relevance, 4),
            "stance": self.stance,
            "stances": {name: round(value, 4) for name, value in self.stances.items()},
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> TargetPrediction:
        """Read the JSON form."""
        stances = dict(record["stances"])
        return cls(record["unit"], record["target"], record["relevance"], record["stance"], stances)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One labelled article.

    Attributes:
        id: of the record, or of the file.
        lang: as given; ``None`` where it was not.
        windows: how many windows of the text the encoder read; nothing was left out.
        topics: the outlet's own voice: every topic of the label set, on or off.
        quotes: in the order of the text.
        targets: for each open target that was asked: the article first, then each quote.
    """

    id: str
    lang: str | None
    windows: int
    topics: Mapping[str, TopicPrediction]
    quotes: tuple[QuotePrediction, ...] = ()
    targets: tuple[TargetPrediction, ...] = ()

    def __repr__(self) -> str:
        on = ", ".join(f"{name}={topic.stance}" for name, topic in self.topics.items() if topic.on) or "no topic"
        return f"Prediction({self.id!r}, {on}, {len(self.quotes)} quotes)"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from stancewire.page.notebook import notebook_fragment

        return notebook_fragment(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``stancewire label`` writes."""
        return {
            "id": self.id,
            "lang": self.lang,
            "windows": self.windows,
            "topics": {name: topic.to_dict() for name, topic in self.topics.items()},
            "quotes": [quote.to_dict() for quote in self.quotes],
            "targets": [target.to_dict() for target in self.targets],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Prediction:
        """Read the JSON form.

        Raises:
            DataError: a field is missing.
        """
        try:
            return cls(
                id=record["id"],
                lang=record["lang"],
                windows=record["windows"],
                topics=_topics(record),
                quotes=tuple(QuotePrediction.from_dict(quote) for quote in record["quotes"]),
                targets=tuple(TargetPrediction.from_dict(target) for target in record["targets"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(found_expected("prediction", error, "what stancewire label writes")) from error


def _topics(record: Mapping[str, Any]) -> dict[str, TopicPrediction]:
    return {name: TopicPrediction.from_dict(topic) for name, topic in record["topics"].items()}
