"""The units of ``stancewire label``'s answers as a population, with the labels of those that people have read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stancewire.errors import DataError, found_expected
from stancewire.evaluation.endtoend import bare_spans, in_record, match_quotes
from stancewire.evaluation.estimate import Population
from stancewire.predictions import Prediction, QuotePrediction, TopicPrediction
from stancewire.records import STANCES, Article, Quote
from stancewire.stories import story_of

BY = ("lang", "speaker", "outlet", "form", "week", "month", "year")
OF_RECORDS = ("outlet", "form", "week", "month", "year")
"""Groups that predictions do not hold, so that records are needed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What share is asked for.

    Attributes:
        kind: article or quote.
        topic: of the label set.
        stance: the side, or ``on`` for the share that is about the topic.
        of_topic: count among the units about the topic, rather than among all.
    """

    kind: str
    topic: str
    stance: str
    of_topic: bool


def population_of(
    predictions: Sequence[Prediction], labelled: Sequence[Article], records: Mapping[str, Article], question: Question
) -> Population:
    """Return the units of predictions with the labels that they have.

    A predicted quote has the labels of the annotated one that it overlaps by half; without one it has none.

    Args:
        predictions: of the whole population.
        labelled: records of a random sample of its articles.
        records: by id, where they are at hand; they name stories.
        question: what is asked.

    Raises:
        DataError: the predictions do not know the topic, or none of their units is labelled.
    """
    gold = {article.id: article for article in labelled}
    rows: list[tuple[float, ...]] = []
    stories: list[str] = []
    for prediction in predictions:
        article = gold.get(prediction.id)
        known = article or records.get(prediction.id)
        for said, unit in _units(prediction, article, question.kind):
            if question.topic not in said:
                wanted = f"one of {', '.join(said)}"
                raise DataError(found_expected(f"topic of prediction {prediction.id}", question.topic, wanted))
            rows.append((*_said(said[question.topic], question), *_gold(unit, question)))
            stories.append(story_of(known) if known else prediction.id)
    table = np.array(rows, dtype=float).reshape(-1, 6)
    population = Population(np.array(stories), *(table[:, i] for i in range(6)))
    if not population.labelled.any():
        raise DataError(
            f"no predicted {question.kind} has a label for {question.topic}: the ids of the labelled records must be "
            "those of the predictions"
        )
    return population


def groups_of(predictions: Sequence[Prediction], records: Mapping[str, Article], kind: str, by: str) -> list[str]:
    """Return the group of each unit, in the order of :func:`population_of`; empty where it is not known."""
    found: list[str] = []
    for prediction in predictions:
        units: Sequence[QuotePrediction | None] = [None] if kind == "article" else prediction.quotes
        for quote in units:
            found.append(_group(prediction, quote, records.get(prediction.id), by))
    return found


def _group(prediction: Prediction, quote: QuotePrediction | None, article: Article | None, by: str) -> str:
    if by == "lang":
        return prediction.lang or ""
    if by == "speaker":
        return quote.speaker.text if quote and quote.speaker else ""
    if article is None:
        return ""
    if by == "outlet":
        return article.source or ""
    return str(article.extra.get("kind") or "") if by == "form" else _period(article, by)


def _period(article: Article, by: str) -> str:
    try:
        date = dt.date.fromisoformat((article.date or "")[:10])
    except ValueError:
        return ""
    if by == "week":
        return f"{date.isocalendar().year}-W{date.isocalendar().week:02}"
    return f"{date.year}" if by == "year" else f"{date.year}-{date.month:02}"


def _units(
    prediction: Prediction, article: Article | None, kind: str
) -> list[tuple[Mapping[str, TopicPrediction], Article | Quote | None]]:
    """Return what is said of each unit of one kind, and the unit of the record that holds its labels."""
    if kind == "article":
        return [(prediction.topics, article)]
    if article is None:
        return [(quote.topics, None) for quote in prediction.quotes]
    pairs = match_quotes(
        [bare_spans(quote.spans, article.text) for quote in article.quotes],
        [bare_spans(in_record(quote, article).spans, article.text) for quote in prediction.quotes],
    )
    matched = {j: article.quotes[i] for i, j in pairs}
    return [(quote.topics, matched.get(j)) for j, quote in enumerate(prediction.quotes)]


def _said(topic: TopicPrediction, question: Question) -> tuple[float, float, float, float]:
    """Return whether the unit counts, and counts in the denominator, and the probabilities of both."""
    side = question.stance in STANCES
    counts = topic.on and (not side or topic.stance == question.stance)
    score = topic.probability * (topic.stances[question.stance] if side else 1.0)
    if question.of_topic:
        return float(counts), float(topic.on), score, topic.probability
    return float(counts), 1.0, score, 1.0


def _gold(unit: Article | Quote | None, question: Question) -> tuple[float, float]:
    """Return the same of the labels; NaN where they do not say."""
    missing = (float("nan"), float("nan"))
    if unit is None or unit.topics is None:
        return missing
    label = unit.topics.get(question.topic)
    if label is None:
        return missing if question.topic in unit.unknown else (0.0, 0.0 if question.of_topic else 1.0)
    if label not in STANCES and question.stance in STANCES:
        return missing
    return float(question.stance in ("on", label)), 1.0
