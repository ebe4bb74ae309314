"""What the threads of the service do with articles: label them, or find their quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stancewire.inference.predictor import Predictor
from stancewire.inference.quotes import find_quotes
from stancewire.normalize import NormalizedText
from stancewire.predictions import Prediction
from stancewire.records import Article, Quote

KEPT_TARGETS = 10_000
"""Open targets whose vectors are kept, some kilobytes each."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks of its articles; those that ask the same are read together."""

    quotes: Literal["find", "given"]
    targets: tuple[str, ...]


class Labeller:
    """A predictor for a long life."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._targets: set[str] = set()

    def __call__(self, articles: Sequence[Article], asked: Asked) -> list[Prediction]:
        """Label articles that ask the same."""
        self._targets.update(asked.targets)
        if len(self._targets) > KEPT_TARGETS:
            # A predictor keeps the vectors of all targets that it was ever asked; a new one around the same weights
            # costs nothing but those of the topics.
            self._predictor = Predictor(self._predictor.checkpoint, self._predictor.model.device)
            self._targets = set(asked.targets)
        return self._predictor.predict(articles, asked.quotes, asked.targets)


def quotes_of(articles: Sequence[Article], asked: None = None) -> list[dict[str, Any]]:
    """Return who says what in each article, with the offsets of the text that was given."""
    return [
        {
            "id": article.id,
            "lang": article.lang,
            "quotes": [_quote_dict(quote, article) for quote in find_quotes(article.text, article.lang)],
        }
        for article in articles
    ]


def _quote_dict(quote: Quote, article: Article) -> dict[str, Any]:
    back = (article.given or NormalizedText(article.text)).to_original
    speaker = quote.speaker and {
        "text": quote.speaker.text,
        "span": quote.speaker.span and list(back(quote.speaker.span)),
        "probability": quote.speaker.probability,
        "entity": quote.speaker.entity,
    }
    return {
        "spans": [list(back(span)) for span in quote.spans],
        "text": quote.text_in(article.text),
        "probability": quote.probability,
        "speaker": speaker,
    }
