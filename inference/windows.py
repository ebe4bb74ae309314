"""Short windows over a text: each token is read once, cuts fall at sentence ends, and nothing is left out.

Sentence encoders blur what they read together: in long windows the states of a quote say what the article is about.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

SENTENCE_END = re.compile(r"""[.!?…]["'”“»’)\]]{0,3}\s+|[。！？｡][」』”’）]{0,3}|\n+""")
"""The end of a sentence in the sixteen languages; a cut too many (after "Mr.") costs nothing but a shorter window."""

MARKS = 4
"""Full stop, closing marks and a space: what may stand between a quote's last word and its reporting clause."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as pieces of the tokenizer's vocabulary.

    Attributes:
        ids: of the pieces, without special tokens.
        offsets: of each piece in the text, without the white space at its beginning.
    """

    ids: list[int]
    offsets: list[tuple[int, int]]

    def within(self, start: int, end: int) -> range:
        """Return the indices of the pieces that overlap ``[start, end)``, or the nearest piece if none does."""
        first = bisect_right(self.offsets, start, key=lambda offset: offset[1])
        last = bisect_left(self.offsets, end, key=lambda offset: offset[0])
        if first < last or not self.offsets:
            return range(first, last)
        nearest = min(first, len(self.offsets) - 1)
        return range(nearest, nearest + 1)


def tokenize(tokenizer: PreTrainedTokenizerBase, text: str) -> Tokens:
    """Return the pieces of the whole ``text``, whatever its length."""
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, truncation=False, verbose=False)
    offsets = []
    for start, end in encoded["offset_mapping"]:
        while start < end and text[start].isspace():
            start += 1
        offsets.append((start, end))
    return Tokens(list(encoded["input_ids"]), offsets)


def sentence_ends(text: str) -> list[int]:
    """Return where sentences of ``text`` end, in order, the white space behind them included."""
    return [match.end() for match in SENTENCE_END.finditer(text)]


def sentences_around(ends: Sequence[int], length: int, start: int, end: int) -> tuple[int, int]:
    """Return the range of the sentences that ``[start, end)`` touches.

    A sentence that ends with a quote goes on behind its closing mark: “Never.” said the minister.

    Args:
        ends: as :func:`sentence_ends` gives them.
        length: of the text.
        start: of the range.
        end: of the range.
    """
    before = bisect_right(ends, start)
    after = bisect_right(ends, end + MARKS)
    return ends[before - 1] if before else 0, ends[after] if after < len(ends) else length


def cut(text: str, tokens: Tokens, budget: int) -> list[tuple[int, int]]:
    """Cut the pieces of ``text`` into windows of at most ``budget`` pieces.

    A window ends at the last sentence end that fits; a sentence that is longer than a window ends at a word, and a
    word that is longer is cut as it falls.

    Returns:
        Ranges ``[first, last)`` of pieces that follow one another without a gap.
    """
    ends = _piece_ends(text, tokens)
    windows = []
    first, count = 0, len(tokens.ids)
    while count - first > budget:
        limit = first + budget
        last = max((k for k in range(limit, first, -1) if ends[k] == 2), default=0)
        # Half a window is enough for a sentence end; earlier ones would make windows that say too little.
        if last < first + budget // 2:
            last = max((k for k in range(limit, first, -1) if ends[k]), default=limit)
        windows.append((first, last))
        first = last
    if first < count:
        windows.append((first, count))
    return windows


def _piece_ends(text: str, tokens: Tokens) -> list[int]:
    """Return for each place between pieces: 2 after a sentence, 1 after a word, 0 within one."""
    of_sentences = sentence_ends(text)
    ends = [0] * (len(tokens.ids) + 1)
    k = 0
    for i in range(1, len(tokens.ids)):
        before, start = tokens.offsets[i - 1][1], tokens.offsets[i][0]
        while k < len(of_sentences) and of_sentences[k] < before:
            k += 1
        if k < len(of_sentences) and of_sentences[k] <= max(start, before):
            ends[i] = 2
        elif start > before:
            ends[i] = 1
    ends[-1] = 2
    return ends
