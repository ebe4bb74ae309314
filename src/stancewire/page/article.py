"""One labelled article as an HTML element: headline, the outlet's own voice, the text with its quotes, the voices."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from hashlib import blake2s
from html import escape

from stancewire.page.stands import (
    ALL,
    NOBODY,
    OUTLET,
    SIGNS,
    WORDS,
    Stand,
    all_stands,
    aspects,
    overall,
    speaker_of,
    stands_of,
)
from stancewire.page.table import stand_table
from stancewire.page.typesetting import Piece, attributes, paragraphs
from stancewire.predictions import Prediction
from stancewire.records import Article

LONGEST_LABEL = 28
"""Characters of a fullest name beside a quote; where it is longer, the words that name the speaker there are used."""

_CLOSING = re.compile(r"[\s\u200f]?[”»“’」』›‹\"'][.,]?")


def fragment(article: Article, prediction: Prediction) -> str:
    """Return a labelled article as an ``<article>`` element, for the page that :func:`stancewire.page.page` makes.

    Args:
        article: what was labelled.
        prediction: the answer for it.
    """
    key = article_key(article)
    head, body = paragraphs(article, prediction)
    lang = article.lang or prediction.lang
    setting = attributes(article.text, lang)
    headline = _marked(head, prediction, key) if head else escape(article.id)
    facts = [article.source, article.date, lang, article.id]
    result = [(article, prediction)]
    table = stand_table(all_stands(result), aspects(result), "Who stands where in this article")
    return (
        f'<article id="{key}" class="story" data-id="{escape(article.id)}">\n'
        f"<header><h2 {setting if head else ''}>{headline}</h2>\n"
        f'<p class="soft facts">{" · ".join(f"<bdi>{escape(fact)}</bdi>" for fact in facts if fact)}</p>\n'
        f"{_outlet(prediction)}</header>\n"
        f'<div class="text" {setting}>\n'
        + "".join(f"<p>{_marked(line, prediction, key)}</p>\n" for line in body)
        + f"</div>\n{_voices(prediction, key, lang)}\n{table}</article>\n"
    )


def article_key(article: Article) -> str:
    """Return an id for the article's element, the same in each page."""
    return "a-" + blake2s(f"{article.id}\0{article.text}".encode(), digest_size=6).hexdigest()


def chip(stand: Stand) -> str:
    """Return a stand in a few words, with its sign and how sure it is."""
    hint = f"{stand.name}: {stand.relevance:.0%}" + (f", {stand.side}: {stand.sure:.0%} in all" if stand.taken else "")
    name = f"“<bdi>{escape(stand.name)}</bdi>”" if stand.asked else f"<bdi>{escape(stand.name)}</bdi>"
    return (
        f'<span class="chip" data-stance="{stand.side}" data-key="{escape(stand.key)}" title="{escape(hint)}">'
        f'<b aria-hidden="true">{SIGNS[stand.side]}</b> <span class="aloud">{WORDS[stand.side]} </span>{name}'
        f" <small>{f'{stand.sure:.0%}' if stand.taken else f'{stand.relevance:.0%}'}</small></span>"
    )


def _outlet(prediction: Prediction) -> str:
    chips = [chip(stand) for stand in stands_of(prediction, "article") if stand.side != "off" or stand.asked]
    return f'<p class="outlet"><strong>{OUTLET}</strong> {" ".join(chips) or "touches none of the topics"}</p>'


def _marked(pieces: Iterable[Piece], prediction: Prediction, key: str) -> str:
    """Return a line with its quotes marked, and after the closing mark of each who says it."""
    parts, label = [], ""
    for piece in pieces:
        words = escape(piece.text)
        if piece.quote is None:
            closing = _CLOSING.match(piece.text)
            end = closing.end() if closing and label else 0
            parts.append(escape(piece.text[:end]) + label + escape(piece.text[end:]))
            label = ""
            continue
        stands = stands_of(prediction, piece.quote)
        side = overall(stands)
        sides = escape(json.dumps({ALL: side} | {stand.key: stand.side for stand in stands}, ensure_ascii=False))
        parts.append(
            f'{label}<mark data-quote="{key}-q{piece.quote}" data-stance="{side}" data-sides="{sides}">'
            f'<b class="sign" aria-hidden="true">{SIGNS[side]}</b>{words}</mark>'
        )
        label = _who(prediction, piece.quote, key, sides, stands) if piece.last else ""
    return "".join(parts) + label


def _who(prediction: Prediction, number: int, key: str, sides: str, stands: Sequence[Stand]) -> str:
    name = _label(prediction, number)
    said = f"<bdi>{escape(name)}</bdi>" if name else f'<span lang="en" dir="ltr">{NOBODY}</span>'
    side = overall(stands)
    return (
        f'<button type="button" class="who" data-quote="{key}-q{number}" data-stance="{side}" data-sides="{sides}" '
        f'aria-describedby="{key}-q{number}"><b class="sign" aria-hidden="true">{SIGNS[side]}</b>'
        f"{said}</button>"
    )


def _label(prediction: Prediction, number: int) -> str:
    name, speaker = speaker_of(prediction, number), prediction.quotes[number].speaker
    shorter = speaker is not None and len(name) > LONGEST_LABEL and speaker.text in name
    return speaker.text if speaker and shorter else name


def _voices(prediction: Prediction, key: str, lang: str | None) -> str:
    """Return every quote with its speaker, topics and probabilities; what the page shows beside a quote, too."""
    if not prediction.quotes:
        return '<p class="soft">No quote was found.</p>'
    items = "\n".join(_voice(prediction, number, key, lang) for number in range(len(prediction.quotes)))
    count = len(prediction.quotes)
    return (
        f'<details class="voices"><summary>{count} quote{"s" * (count != 1)}, with every probability</summary>\n'
        f"<ol>\n{items}\n</ol></details>"
    )


def _voice(prediction: Prediction, number: int, key: str, lang: str | None) -> str:
    quote = prediction.quotes[number]
    name = speaker_of(prediction, number)
    speaker = f"<strong {attributes(name, lang)}>{escape(name)}</strong>" if name else f"<strong>{NOBODY}</strong>"
    facts = []
    if quote.speaker and quote.speaker.text != name:
        facts.append(f"here “<bdi>{escape(quote.speaker.text)}</bdi>”")
    if quote.speaker and quote.speaker.probability is not None:
        facts.append(f"speaker {quote.speaker.probability:.0%}")
    if quote.probability is not None:
        facts.append(f"quote {quote.probability:.0%}")
    rows = "".join(_row(stand) for stand in stands_of(prediction, number))
    return (
        f'<li id="{key}-q{number}"><div class="speaker">{speaker} <span class="soft">{", ".join(facts)}</span></div>'
        f"<blockquote {attributes(quote.text, lang)}>{escape(quote.text)}</blockquote>"
        f'<div class="stands">{rows}</div></li>'
    )


def _row(stand: Stand) -> str:
    """Return a stand with its probabilities, in words and as a bar as long as the topic is probable."""
    bar = "".join(
        f'<i data-stance="{name}" style="width:{100 * stand.relevance * value:.1f}%"></i>'
        for name, value in stand.stances.items()
    )
    each = ", ".join(f"{name} {value:.0%}" for name, value in stand.stances.items())
    said = f"{stand.relevance:.0%} on the topic" + ("" if stand.side == "off" else f"; {each}")
    name = f"“{escape(stand.name)}”" if stand.asked else escape(stand.name)
    return (
        f'<div class="stand" data-stance="{stand.side}"><b class="sign" aria-hidden="true">{SIGNS[stand.side]}</b>'
        f'<span><span class="aloud">{WORDS[stand.side]} </span><bdi>{name}</bdi></span>'
        f'<span class="bar" aria-hidden="true">{bar}</span><small>{said}</small></div>'
    )
