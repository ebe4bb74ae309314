"""Unicode NFC with offsets that stay right in both directions."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NormalizedText:
    """A text in NFC and where its pieces come from.

    Attributes:
        text: the text in NFC.
        starts: the offsets in ``text`` at which the pieces begin, and its length; empty if nothing changed.
        original: the same offsets in the text that was given.
    """

    text: str
    starts: tuple[int, ...] = ()
    original: tuple[int, ...] = ()

    def to_original(self, span: tuple[int, int]) -> tuple[int, int]:
        """Return the span of the given text that ``span`` of the NFC text stands for."""
        return _convert(span, self.starts, self.original)

    def from_original(self, span: tuple[int, int]) -> tuple[int, int]:
        """Return the span of the NFC text that ``span`` of the given text became, widened to whole characters."""
        return _convert(span, self.original, self.starts)


def _convert(span: tuple[int, int], source: tuple[int, ...], goal: tuple[int, ...]) -> tuple[int, int]:
    if not source:
        return span
    start = bisect_right(source, span[0]) - 1
    end = bisect_left(source, span[1])
    return goal[start], goal[end]


def normalize(text: str) -> NormalizedText:
    """Return ``text`` in NFC with the offsets of its pieces.

    A piece is what composes together: a starter, its combining marks, and any starter that would compose with them
    (Unicode Standard Annex 15). Text that is NFC already, which is nearly all text, costs one check.
    """
    if unicodedata.is_normalized("NFC", text):
        return NormalizedText(text)
    pieces: list[str] = []
    starts, original = [0], [0]
    begin = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and not _boundary(text, begin, end):
            continue
        piece = unicodedata.normalize("NFC", text[begin:end])
        pieces.append(piece)
        starts.append(starts[-1] + len(piece))
        original.append(end)
        begin = end
    return NormalizedText("".join(pieces), tuple(starts), tuple(original))


def _boundary(text: str, begin: int, end: int) -> bool:
    """Whether the character at ``end`` neither marks nor composes with the piece before it."""
    following = text[end]
    if following.isascii():
        return True
    if unicodedata.combining(unicodedata.normalize("NFD", following)[0]):
        return False
    # Marks never get here, so that a long run of them is composed once, at its end, and the whole stays linear.
    piece = text[begin:end]
    composed = unicodedata.normalize("NFC", piece + following)
    return composed == unicodedata.normalize("NFC", piece) + unicodedata.normalize("NFC", following)
