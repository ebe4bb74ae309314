"""Windows read each token once, in order, and leave nothing out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from stancewire.errors import CheckpointError
from stancewire.inference.reading import Reader
from stancewire.inference.windows import cut, tokenize
from stancewire.models.network import StanceConfig
from stancewire.records import Article, Quote

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@settings(max_examples=60, deadline=None)
@given(text=TEXT, budget=st.integers(8, 40))
def test_windows_follow_one_another_without_a_gap(tokenizer: PreTrainedTokenizerFast, text: str, budget: int) -> None:
    tokens = tokenize(tokenizer, text)
    windows = cut(text, tokens, budget)
    assert [piece for a, b in windows for piece in range(a, b)] == list(range(len(tokens.ids)))
    assert all(0 < b - a <= budget for a, b in windows)


def test_a_window_ends_at_a_sentence_where_one_fits(tokenizer: PreTrainedTokenizerFast) -> None:
    text = "Le ministre a parlé. La réponse est venue hier soir à Paris. Rien ne change. Tout le monde attend la suite."
    tokens = tokenize(tokenizer, text)
    windows = cut(text, tokens, 50)
    assert len(windows) > 1
    for _, last in windows[:-1]:
        assert text[: tokens.offsets[last - 1][1]].rstrip().endswith(".")


def test_a_quotes_pool_holds_the_pieces_of_its_spans(
    tokenizer: PreTrainedTokenizerFast, articles: list[Article]
) -> None:
    reader = Reader(tokenizer, StanceConfig(window_tokens=32))
    for article in articles:
        layout = reader.article(article)
        assert len(layout.units) == 1 + len(article.quotes)
        for unit, quote in zip(layout.units[1:], article.quotes, strict=True):
            ids = [layout.windows[w][i] for w, a, b in layout.pools[unit.own] for i in range(a, b)]
            read = "".join(tokenizer.decode(ids).split())
            for start, end in quote.spans:
                words = "".join(tokenizer.decode(tokenize(tokenizer, article.text[start:end]).ids).split())
                assert words[1:-1] in read


def test_a_quote_that_is_the_whole_text_is_read_once(tokenizer: PreTrainedTokenizerFast) -> None:
    text = "Wir liefern die Waffen noch in diesem Jahr."
    layout = Reader(tokenizer, StanceConfig(window_tokens=48)).article(
        Article("a", text, quotes=(Quote(((0, len(text)),)),))
    )
    assert layout.text_windows == len(layout.windows) == 1


def test_a_window_without_room_for_text_is_refused(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(CheckpointError, match="window_tokens: found 9"):
        Reader(tokenizer, StanceConfig(window_tokens=9))
