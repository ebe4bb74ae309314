"""From texts to the input layout: what the encoder reads of an article, of its quotes and of a target."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from stancewire.errors import CheckpointError, DataError
from stancewire.inference.windows import Tokens, cut, sentence_ends, sentences_around, tokenize
from stancewire.models.layout import Layout, UnitPools
from stancewire.models.network import UNIT_KINDS, StanceConfig
from stancewire.records import Article, Unit

ARTICLE, QUOTE = (UNIT_KINDS.index(kind) for kind in ("article", "quote"))


class Reader:
    """Lays out articles and targets for one tokenizer and one network config."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, config: StanceConfig) -> None:
        """Prepare the fixed tokens of a window.

        Raises:
            CheckpointError: the tokenizer has no token for the beginning or the end of a text, gives no offsets, or
                the windows leave no room for text.
        """
        if not tokenizer.is_fast or tokenizer.cls_token_id is None or tokenizer.sep_token_id is None:
            raise CheckpointError(
                f"tokenizer {tokenizer.name_or_path}: expected a fast tokenizer with cls and sep tokens, "
                f"found {type(tokenizer).__name__}; choose an encoder with a tokenizer.json"
            )
        self.tokenizer = tokenizer
        self.config = config
        prefix = tokenize(tokenizer, config.prefix.rstrip()).ids if config.prefix else []
        self.head = [tokenizer.cls_token_id, *prefix]
        self.tail = [tokenizer.sep_token_id]
        self.budget = config.window_tokens - len(self.head) - len(self.tail)
        if self.budget < 8:
            raise CheckpointError(
                f"window_tokens: found {config.window_tokens}, which leaves {self.budget} for text; expected 16 or more"
            )

    def article(self, article: Article) -> Layout:
        """Lay out an article and its quotes: units are the article, then the quotes in their order."""
        text, shift = _full_text(article)
        tokens = tokenize(self.tokenizer, text)
        ranges = cut(text, tokens, self.budget) or [(0, 0)]
        windows = [self._window(tokens.ids[a:b]) for a, b in ranges]
        whole = [(w, 0, len(window)) for w, window in enumerate(windows)]
        pools = [whole, whole[:1]]
        units = [UnitPools(ARTICLE, own=0, apart=1, context=0)]
        text_windows = len(windows)
        ends = sentence_ends(text)
        for quote in article.quotes:
            spans = [(start + shift, end + shift) for start, end in quote.spans]
            own = len(pools)
            pools.append(self._inside(tokens, ranges, spans))
            read = self._apart(text, spans, ends)
            if read is None:
                units.append(UnitPools(QUOTE, own, apart=own, context=0))
                continue
            apart, inside = read
            pools.append([(len(windows) + w, first, last) for w, first, last in inside])
            windows.extend(apart)
            units.append(UnitPools(QUOTE, own, apart=own + 1, context=0))
        return Layout(windows, pools, units, text_windows)

    def target(self, text: str) -> Layout:
        """Lay out a target; its vector is pool 0."""
        windows = self._windows(text)
        return Layout(windows, [[(w, 0, len(window)) for w, window in enumerate(windows)]], [], 0)

    def pairs(self, article: Article, asked: Sequence[tuple[Unit, str]]) -> Layout:
        """Lay out ``target [SEP] text`` for each unit and target that is asked, as one unit each (pair mode).

        A text that is longer than a window is read in several, each behind the target.

        Raises:
            DataError: a target leaves less than half of a window for the text.
        """
        windows: list[list[int]] = []
        pools: list[list[tuple[int, int, int]]] = []
        units = []
        for unit, target in asked:
            text = _full_text(article)[0] if unit == "article" else article.quotes[unit].text_in(article.text)
            tokens = tokenize(self.tokenizer, text)
            between = [*tokenize(self.tokenizer, target).ids, self.tokenizer.sep_token_id]
            if len(between) > self.budget // 2:
                raise DataError(
                    f"target {target[:60]!r}: found {len(between)} tokens, expected at most {self.budget // 2}, half a "
                    "window, in pair mode; shorten it, or train with a larger encoder.window_tokens"
                )
            own = [
                self._window([*between, *tokens.ids[a:b]]) for a, b in cut(text, tokens, self.budget - len(between))
            ] or [self._window(between)]
            pools.append([(len(windows) + w, 0, len(window)) for w, window in enumerate(own)])
            windows.extend(own)
            pool = len(pools) - 1
            units.append(UnitPools(ARTICLE if unit == "article" else QUOTE, pool, pool, pool))
        return Layout(windows, pools, units, len(windows))

    def _window(self, ids: Sequence[int]) -> list[int]:
        return [*self.head, *ids, *self.tail]

    def _windows(self, text: str) -> list[list[int]]:
        tokens = tokenize(self.tokenizer, text)
        return [self._window(tokens.ids[a:b]) for a, b in cut(text, tokens, self.budget)] or [self._window([])]

    def _apart(
        self, text: str, spans: Sequence[tuple[int, int]], ends: Sequence[int]
    ) -> tuple[list[list[int]], list[tuple[int, int, int]]] | None:
        """Return the windows of what of a quote is read apart, and where the quote lies in them; None for nothing.

        A quote that is the whole text, as in sets of sentences, stands apart already.
        """
        start, end = spans[0][0], spans[-1][1]
        if self.config.quote_apart == "sentence":
            start, end = sentences_around(ends, len(text), start, end)
        if self.config.quote_apart == "none" or (start, end) == (0, len(text)):
            return None
        if self.config.quote_apart == "words":
            windows = self._windows(" ".join(text[a:b] for a, b in spans))
            return windows, [(w, 0, len(window)) for w, window in enumerate(windows)]
        tokens = tokenize(self.tokenizer, text[start:end])
        ranges = cut(text[start:end], tokens, self.budget) or [(0, 0)]
        inside = self._inside(tokens, ranges, [(a - start, b - start) for a, b in spans])
        return [self._window(tokens.ids[a:b]) for a, b in ranges], inside

    def _inside(
        self, tokens: Tokens, ranges: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]
    ) -> list[tuple[int, int, int]]:
        """Return where the pieces of ``spans`` lie in the article's windows."""
        found = []
        for start, end in spans:
            pieces = tokens.within(start, end)
            for w in range(bisect_right(ranges, pieces.start, key=lambda r: r[1]), len(ranges)):
                a, b = ranges[w]
                if a >= pieces.stop:
                    break
                first, last = max(a, pieces.start), min(b, pieces.stop)
                if first < last:
                    found.append((w, first - a + len(self.head), last - a + len(self.head)))
        return found or [(0, 0, len(self.head))]


def _full_text(article: Article) -> tuple[str, int]:
    """Return the title before the body, and by how much that shifts the body's offsets."""
    if not article.title:
        return article.text, 0
    return f"{article.title}\n{article.text}", len(article.title) + 1
