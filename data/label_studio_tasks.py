"""Articles as tasks of Label Studio, with what is labelled in them or what a model says of them; also for doccano.

Offsets count code points, as ours do: Label Studio does so too, though its page runs in a browser (seen in 1.23).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stancewire.config import LabelSet
from stancewire.data.choosing import uncertainties
from stancewire.data.label_studio import (
    ARTICLE,
    FIELDS,
    GOES_ON,
    LEFT_OUT,
    QUOTE,
    SAYS,
    SPANS,
    SPEAKER,
    SPEAKER_TAG,
    TEXT,
    UNSURE,
    left_out_tag,
    target_choice,
    targets_tag,
    topic_tag,
)
from stancewire.errors import DataError, found_expected
from stancewire.normalize import NormalizedText
from stancewire.predictions import Prediction, TopicPrediction
from stancewire.records import TARGET_STANCES, Article, Span, Speaker, Unit


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is said of the article or of a quote; a value stands with its score, which a person's answer has not."""

    topics: Mapping[str, tuple[str, float | None]] | None
    unknown: frozenset[str] = frozenset()
    targets: Sequence[tuple[str, str, float | None]] = ()
    spans: tuple[Span, ...] = ()
    speaker: Speaker | None = None
    score: float | None = None


def task_of(article: Article, labels: LabelSet, prediction: Prediction | None = None) -> dict[str, Any]:
    """Return an article as a task.

    Args:
        article: what is labelled in it becomes an annotation; a bare text has none.
        labels: the label set of the project's config.
        prediction: of the same article; becomes its pre-annotation, with scores.

    Raises:
        DataError: a topic is not in the label set, or the prediction is of another text.
    """
    asked = dict.fromkeys(target.target for target in article.targets)
    asked |= dict.fromkeys(target.target for target in (prediction.targets if prediction else ()))
    data: dict[str, Any] = {"id": article.id, "text": article.text}
    data |= {name: getattr(article, name) or "" for name in FIELDS}
    data["targets"] = [{"value": target_choice(target, stance)} for target in asked for stance in TARGET_STANCES]
    data["extra"] = dict(article.extra)
    task: dict[str, Any] = {"data": data}
    if is_labelled(article):
        task["annotations"] = [{"result": _results(article, labels, _units_of_record(article))}]
    if prediction:
        result = _results(article, labels, _units_of_prediction(article, prediction))
        score = 1 - max(uncertainties(prediction).values(), default=0.0)
        task["predictions"] = [{"model_version": "stancewire", "score": round(score, 4), "result": result}]
    return task


def is_labelled(article: Article) -> bool:
    """Whether anything is annotated in an article."""
    return article.topics is not None or bool(article.quotes or article.targets)


def doccano_record(article: Article) -> dict[str, Any]:
    """Return an article as doccano's JSON Lines take it: quotes and speakers as entities with their relations."""
    regions = _Regions(article.text)
    for number, quote in enumerate(article.quotes):
        regions.add(f"q{number}", quote.spans, quote.speaker, None)
    numbers = {item["id"]: number for number, item in enumerate(regions.spans)}
    entities = [
        {"id": numbers[item["id"]], "label": item["value"]["labels"][0]}
        | {f"{end}_offset": item["value"][end] for end in ("start", "end")}
        for item in regions.spans
    ]
    relations = [
        {"id": number, "from_id": numbers[item["from_id"]], "to_id": numbers[item["to_id"]], "type": item["labels"][0]}
        for number, item in enumerate(regions.relations)
    ]
    return {"text": article.text, "entities": entities, "relations": relations, "article": article.id}


def _units_of_record(article: Article) -> list[_Unit]:
    def unit(index: Unit, holder: Any, **rest: Any) -> _Unit:  # noqa: ANN401 - an article or a quote, and its spans
        topics = None if holder.topics is None else {name: (value, None) for name, value in holder.topics.items()}
        targets = [(t.target, t.stance, None) for t in article.targets if t.unit == index]
        return _Unit(topics, holder.unknown, targets, **rest)

    quotes = (unit(i, quote, spans=quote.spans, speaker=quote.speaker) for i, quote in enumerate(article.quotes))
    return [unit("article", article), *quotes]


def _units_of_prediction(article: Article, prediction: Prediction) -> list[_Unit]:
    normal = article.given or NormalizedText(article.text)

    def targets(index: Unit) -> list[tuple[str, str, float | None]]:
        return [
            (t.target, t.stance, 1 - t.relevance if t.stance == "unrelated" else t.relevance * t.stances[t.stance])
            for t in prediction.targets
            if t.unit == index
        ]

    units = [_Unit(_on(prediction.topics), targets=targets("article"))]
    for number, quote in enumerate(prediction.quotes):
        spans = tuple(normal.from_original(span) for span in quote.spans)
        words = " ".join(article.text[start:end] for start, end in spans)
        if words != quote.text:
            where = f"prediction {prediction.id}: quotes[{number}].text"
            raise DataError(found_expected(where, quote.text, f"the text at its spans in the record, {words!r}"))
        speaker = quote.speaker
        if speaker and speaker.span:
            speaker = Speaker(speaker.text, normal.from_original(speaker.span), speaker.probability)
        units.append(_Unit(_on(quote.topics), frozenset(), targets(number), spans, speaker, quote.probability))
    return units


def _on(topics: Mapping[str, TopicPrediction]) -> dict[str, tuple[str, float | None]]:
    return {name: (t.stance, t.probability * t.stances[t.stance]) for name, t in topics.items() if t.on}


@dataclass(slots=True)
class _Regions:
    """The regions of a text and the relations between them; quotes of one mention share its region."""

    text: str
    spans: list[dict[str, Any]] = field(default_factory=list)
    relations: list[dict[str, Any]] = field(default_factory=list)

    def value(self, span: Span) -> dict[str, Any]:
        """Return what every result on a region says of it."""
        return {"start": span[0], "end": span[1], "text": self.text[span[0] : span[1]]}

    def add(self, name: str, spans: Sequence[Span], speaker: Speaker | None, score: float | None) -> None:
        """Add a quote, its further parts and its speaker."""
        for part, span in enumerate(spans):
            identifier = f"{name}.{part}" if part else name
            self._label(identifier, QUOTE, span, score)
            if part:
                self._join(name, identifier, GOES_ON)
        if speaker and speaker.span:
            mention = f"s{speaker.span[0]}-{speaker.span[1]}"
            if not any(item["id"] == mention for item in self.spans):
                self._label(mention, SPEAKER, speaker.span, speaker.probability)
            self._join(mention, name, SAYS)

    def _label(self, identifier: str, label: str, span: Span, score: float | None) -> None:
        value = self.value(span) | {"labels": [label]}
        item = {"id": identifier, "from_name": SPANS, "to_name": TEXT, "type": "labels", "value": value}
        self.spans.append(item | _scored(score))

    def _join(self, one: str, other: str, label: str) -> None:
        self.relations.append(
            {"type": "relation", "from_id": one, "to_id": other, "direction": "right", "labels": [label]}
        )


def _results(article: Article, labels: LabelSet, units: Iterable[_Unit]) -> list[dict[str, Any]]:
    """Return the results of an annotation or a prediction, as Label Studio writes them."""
    known = [topic.name for topic in labels.topics]
    regions = _Regions(article.text)
    choices: list[dict[str, Any]] = []
    for number, unit in enumerate(units, -1):
        strange = {*(unit.topics or ()), *unit.unknown} - set(known)
        if strange:
            where = f"article {article.id}: topics of {f'quotes[{number}]' if unit.spans else 'the article'}"
            raise DataError(found_expected(where, min(strange), f"one of the label set's: {', '.join(known)}"))
        kind, name, value = ARTICLE, "a", {}
        if unit.spans:
            kind, name, value = QUOTE, f"q{number}", regions.value(unit.spans[0])
            regions.add(name, unit.spans, unit.speaker, unit.score)
            if unit.speaker and not unit.speaker.span:
                choices.append(_item(name, SPEAKER_TAG, "textarea", value | {"text": [unit.speaker.text]}, None))
        for tag, chosen, score in _answers(unit, kind):
            # A result of no region has an id of its own.
            identifier = name if unit.spans else f"{name}{len(choices)}"
            choices.append(_item(identifier, tag, "choices", value | {"choices": chosen}, score))
    return [*regions.spans, *choices, *regions.relations]


def _answers(unit: _Unit, kind: str) -> Iterable[tuple[str, list[Any], float | None]]:
    """Yield the tag, what is chosen in it, and the score of each answer."""
    if unit.topics is None:
        yield left_out_tag(kind), [LEFT_OUT], None
    for topic, (stance, score) in (unit.topics or {}).items():
        yield topic_tag(kind, topic), [stance], score
    for topic in sorted(unit.unknown - set(unit.topics or ())) if unit.topics is not None else ():
        yield topic_tag(kind, topic), [UNSURE], None
    if unit.targets:
        scores = [score for *_, score in unit.targets if score is not None]
        chosen = [target_choice(target, stance) for target, stance, _ in unit.targets]
        yield targets_tag(kind), chosen, min(scores, default=None)


def _item(identifier: str, tag: str, kind: str, value: dict[str, Any], score: float | None) -> dict[str, Any]:
    return {"id": identifier, "from_name": tag, "to_name": TEXT, "type": kind, "value": value} | _scored(score)


def _scored(score: float | None) -> dict[str, float]:
    return {} if score is None else {"score": round(score, 4)}
