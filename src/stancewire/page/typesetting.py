"""How a text is set: its language and direction, its headline, and where the quotes stand in its paragraphs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from stancewire.predictions import Prediction
from stancewire.records import Article, Span

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
LONGEST_HEADLINE = 200
"""Characters of a first line that may still be a headline."""

_HAN, _KANA, _HANGUL = (re.compile(letters) for letters in ("[一-鿿]", "[ぁ-ヿ]", "[가-힣]"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph, all in one quote or in none.

    Attributes:
        text: its words.
        quote: the number of its quote; ``None`` outside of quotes.
        first: whether the quote begins here.
        last: whether the quote ends here.
    """

    text: str
    quote: int | None = None
    first: bool = False
    last: bool = False


def attributes(text: str, lang: str | None) -> str:
    """Return the attributes ``lang`` and ``dir`` for an element with this text.

    A browser takes fonts and line breaks from the language; where nobody says which it is, the letters tell Japanese,
    Korean and Chinese apart.
    """
    direction = _direction(text, lang)
    if lang is None:
        start = text[:2000]
        guesses = (("ja", _KANA), ("ko", _HANGUL), ("zh", _HAN))
        lang = next((name for name, letters in guesses if letters.search(start)), None)
    return f'lang="{escape(lang or "")}" dir="{direction}"'


def _direction(text: str, lang: str | None) -> str:
    if lang:
        return "rtl" if lang.split("-")[0].lower() in RIGHT_TO_LEFT else "ltr"
    strong = (unicodedata.bidirectional(letter) for letter in text[:2000])
    return "rtl" if next((kind for kind in strong if kind in ("L", "R", "AL")), "L") != "L" else "ltr"


def paragraphs(article: Article, prediction: Prediction) -> tuple[list[Piece], list[list[Piece]]]:
    """Return the headline and the paragraphs of an article, cut where quotes begin and end.

    Offsets count code points, those of a browser do not: so the text is cut here. Where quotes overlap, the words are
    the inner one's.
    """
    text = article.text
    spans = [
        (article.given.from_original(span) if article.given else span, number)
        for number, quote in enumerate(prediction.quotes)
        for span in quote.spans
    ]
    owners: list[int | None] = [None] * len(text)
    for (start, end), number in sorted(spans, key=lambda item: (item[0][0], -item[0][1])):
        owners[start:end] = [number] * (min(end, len(text)) - start)
    lines = [list(_pieces(text, owners, found.span())) for found in re.finditer(r"[^\n]+", text) if found[0].strip()]
    lines = _with_ends(lines)
    if article.title:
        return [Piece(article.title)], lines
    return (lines[0], lines[1:]) if _has_headline(text) else ([], lines)


def headline(article: Article) -> str:
    """Return the headline as plain text; the record's id where there is none."""
    return article.title or (article.text.strip().partition("\n")[0] if _has_headline(article.text) else article.id)


def _has_headline(text: str) -> bool:
    head, gap, rest = text.strip().partition("\n\n")
    return bool(gap and rest) and len(head) <= LONGEST_HEADLINE and "\n" not in head


def _pieces(text: str, owners: Sequence[int | None], line: Span) -> Iterator[Piece]:
    at = line[0]
    for quote, group in groupby(owners[line[0] : line[1]]):
        end = at + sum(1 for _ in group)
        yield Piece(text[at:end], quote)
        at = end


def _with_ends(lines: Sequence[Sequence[Piece]]) -> list[list[Piece]]:
    """Say of each piece whether it is the first or the last of its quote."""
    of_quotes = [(i, j, piece.quote) for i, line in enumerate(lines) for j, piece in enumerate(line)]
    firsts = {quote: (i, j) for i, j, quote in reversed(of_quotes)}
    lasts = {quote: (i, j) for i, j, quote in of_quotes}
    return [
        [
            piece
            if piece.quote is None
            else Piece(piece.text, piece.quote, firsts[piece.quote] == (i, j), lasts[piece.quote] == (i, j))
            for j, piece in enumerate(line)
        ]
        for i, line in enumerate(lines)
    ]
