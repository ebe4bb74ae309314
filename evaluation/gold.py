"""Gold labels of records as arrays, with a model's answers beside them.

The units are the first article, its quotes, the second article, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stancewire.errors import DataError, found_expected
from stancewire.evaluation.metrics import UnitScores
from stancewire.predictions import Prediction, TopicPrediction
from stancewire.records import STANCES, Article

MASKED = -1
"""Not annotated (relevance), or off or of unknown stance (stance)."""


@dataclass(frozen=True, slots=True)
class Units:
    """U units with their words and their gold labels on T topics.

    Attributes:
        text: the words of each: title and body of an article, the words between the marks of a quote.
        kind: ``article`` or ``quote`` (U,).
        lang: of the article, ``?`` where the record does not say (U,).
        article: index of the article (U,).
        on: 1, 0 or :data:`MASKED` (U, T).
        stance: index of the stance or :data:`MASKED` (U, T).
    """

    text: tuple[str, ...]
    kind: np.ndarray
    lang: np.ndarray
    article: np.ndarray
    on: np.ndarray
    stance: np.ndarray

    def __repr__(self) -> str:
        return f"Units({len(self.text)} units of {len(np.unique(self.article))} articles)"

    def __len__(self) -> int:
        return len(self.text)

    def take(self, chosen: np.ndarray) -> Units:
        """Return the units of a mask or of indices."""
        rows = np.arange(len(self))[chosen]
        return Units(
            tuple(self.text[row] for row in rows),
            self.kind[rows],
            self.lang[rows],
            self.article[rows],
            self.on[rows],
            self.stance[rows],
        )

    def scored(self, probability: np.ndarray, on: np.ndarray, stance: np.ndarray) -> UnitScores:
        """Put a system's answers (U, T) beside the gold labels."""
        return UnitScores(probability, on, stance, self.on, self.stance, self.kind, self.lang)


def gold_units(articles: Sequence[Article], topics: Sequence[str]) -> Units:
    """Return the units of articles with their gold labels.

    A unit without annotated topics is masked, and so is a topic that is absent but listed as unknown. A topic that is
    ``on`` has an unknown stance.
    """
    text: list[str] = []
    labels: list[tuple[np.ndarray, np.ndarray]] = []
    sizes = [1 + len(article.quotes) for article in articles]
    for article in articles:
        text.append("\n".join(part for part in (article.title, article.text) if part))
        labels.append(topic_labels(article.topics, article.unknown, topics))
        for quote in article.quotes:
            text.append(quote.text_in(article.text))
            labels.append(topic_labels(quote.topics, quote.unknown, topics))
    shape = (len(text), len(topics))
    return Units(
        text=tuple(text),
        kind=np.array([kind for size in sizes for kind in ["article"] + ["quote"] * (size - 1)], dtype=np.str_),
        lang=np.repeat(np.array([article.lang or "?" for article in articles], dtype=np.str_), sizes),
        article=np.repeat(np.arange(len(articles)), sizes),
        on=np.array([on for on, _ in labels], dtype=int).reshape(shape),
        stance=np.array([stance for _, stance in labels], dtype=int).reshape(shape),
    )


def topic_labels(
    annotated: Mapping[str, str] | None, unknown: frozenset[str], topics: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return relevance and stance (T,) of one unit, :data:`MASKED` where they are not known."""
    on, stance = np.full(len(topics), MASKED), np.full(len(topics), MASKED)
    if annotated is None:
        return on, stance
    for t, topic in enumerate(topics):
        label = annotated.get(topic)
        if label is not None:
            on[t] = 1
            stance[t] = STANCES.index(label) if label in STANCES else MASKED
        elif topic not in unknown:
            on[t] = 0
    return on, stance


def predicted_scores(
    articles: Sequence[Article], predictions: Sequence[Prediction], topics: Sequence[str]
) -> UnitScores:
    """Put predictions for the records' own quotes beside the gold labels.

    Args:
        articles: the records.
        predictions: one for each, in their order, made with ``quotes="given"``.
        topics: the label set's topics.

    Raises:
        DataError: the predictions are not those of the articles and their quotes.
    """
    check_aligned(articles, predictions)
    answers: list[Mapping[str, TopicPrediction]] = []
    for article, prediction in zip(articles, predictions, strict=True):
        if len(prediction.quotes) != len(article.quotes):
            raise DataError(
                found_expected(
                    f"prediction {prediction.id}", f"{len(prediction.quotes)} quotes", f"{len(article.quotes)} quotes"
                )
            )
        answers += [prediction.topics, *(quote.topics for quote in prediction.quotes)]

    def table(value: Callable[[TopicPrediction], float]) -> np.ndarray:
        found = [[value(answer[topic]) for topic in topics] for answer in answers]
        return np.array(found).reshape(len(answers), len(topics))

    scores = gold_units(articles, topics).scored(
        probability=table(lambda answer: answer.probability),
        on=table(lambda answer: answer.on).astype(bool),
        stance=table(lambda answer: STANCES.index(answer.stance)).astype(int),
    )
    stances = [[[answer[topic].stances[name] for name in STANCES] for topic in topics] for answer in answers]
    return replace(scores, stance_probability=np.array(stances).reshape(len(answers), len(topics), len(STANCES)))


def check_aligned(articles: Sequence[Article], predictions: Sequence[Prediction]) -> None:
    """Check that predictions are those of the articles, one by one.

    Raises:
        DataError: they are not.
    """
    if len(predictions) != len(articles):
        raise DataError(found_expected("predictions", len(predictions), f"one for each of {len(articles)} articles"))
    for article, prediction in zip(articles, predictions, strict=True):
        if article.id != prediction.id:
            raise DataError(found_expected("prediction", prediction.id, f"that of article {article.id}"))
