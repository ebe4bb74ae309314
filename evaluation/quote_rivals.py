"""What others do about quotes, to be scored beside ours: a regular expression, and textacy where it is installed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from stancewire.errors import ConfigError
from stancewire.records import Quote, Speaker

_MARKED = re.compile('[“„«‘「『"]([^“”„«»‘’「」『』"]{1,2000})[”“»’」』"]')
_SPEAKER = re.compile(r"\W{0,4}(?:\w+ ){0,2}?([A-ZÀ-ÞА-Я]\w+(?: [A-ZÀ-ÞА-Я]\w+){0,3})")
_LEAST_WORDS = 3
SPACY_MODELS = {"en": "en_core_web_sm", "es": "es_core_news_sm", "fr": "fr_core_news_sm"}


def naive(text: str, lang: str | None = None) -> list[Quote]:
    """Take what stands between any two marks and is long enough, and the first capitalised words after it."""
    del lang  # one expression for all languages
    quotes = []
    for match in _MARKED.finditer(text):
        said = match[1]
        if len(said.split()) < _LEAST_WORDS and len(said) < 4 * _LEAST_WORDS:
            continue
        name = _SPEAKER.match(text, match.end(), match.end() + 80)
        quotes.append(Quote((match.span(1),), Speaker(name[1], name.span(1)) if name else None))
    return quotes


def textacy_finder(languages: Sequence[str]) -> Callable[[str, str | None], list[Quote]]:
    """Return textacy's ``direct_quotations`` as a finder.

    Raises:
        ConfigError: textacy or the model of one of the languages is not installed.
    """
    if find_spec("textacy") is None:
        raise ConfigError("textacy: not installed, expected it for --rival textacy (pip install textacy)")
    for lang in languages:
        if lang in SPACY_MODELS and find_spec(SPACY_MODELS[lang]) is None:
            raise ConfigError(f"textacy: found no model {SPACY_MODELS[lang]}, expected it for texts in {lang}")

    def find(text: str, lang: str | None = None) -> list[Quote]:
        return list(_direct_quotations(text, lang or "en"))

    return find


def _direct_quotations(text: str, lang: str) -> Iterator[Quote]:
    if lang not in SPACY_MODELS:
        return
    for found in import_module("textacy.extract").direct_quotations(_pipeline(lang)(text)):
        content = found.content
        start, end = content.start_char, content.end_char
        speaker = None
        if found.speaker:
            first, last = found.speaker[0], found.speaker[-1]
            span = (first.idx, last.idx + len(last.text))
            speaker = Speaker(text[slice(*span)], span)
        yield Quote(((start, end),), speaker)


@cache
def _pipeline(lang: str) -> Any:  # noqa: ANN401 - a spaCy pipeline; spaCy may not be installed
    return import_module("spacy").load(SPACY_MODELS[lang])
