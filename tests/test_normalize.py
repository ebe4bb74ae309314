"""NFC with offsets that stay right in both directions."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancewire.normalize import normalize

# What composes in unusual ways: marks, Hangul jamo, vowel signs, singletons, letters that are not composed.
ALPHABET = "ae\u0301\u0323\u0308\u0344 .ᄀ각\u1161\u11a8가क\u093c\u0958\u0b47\u0b3e\u0b56が\u3099か\u212b\u0958😀\u1ebf"
TEXTS = st.text(st.one_of(st.sampled_from(ALPHABET), st.characters(exclude_categories=["Cs"])), max_size=30)


@given(TEXTS)
def test_text_is_nfc(text: str) -> None:
    assert normalize(text).text == unicodedata.normalize("NFC", text)


@given(TEXTS, st.data())
def test_pieces_map_to_pieces_both_ways(text: str, data: st.DataObject) -> None:
    normal = normalize(text)
    starts = normal.starts or tuple(range(len(text) + 1))
    begin, end = sorted(data.draw(st.tuples(st.sampled_from(starts), st.sampled_from(starts))))
    original = normal.to_original((begin, end))
    assert unicodedata.normalize("NFC", text[slice(*original)]) == normal.text[begin:end]
    if begin < end:
        assert normal.from_original(original) == (begin, end)


@given(TEXTS, st.data())
def test_a_span_is_widened_and_never_cut(text: str, data: st.DataObject) -> None:
    begin, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    if begin == end:
        return
    normal = normalize(text)
    wide = normal.to_original(normal.from_original((begin, end)))
    assert wide[0] <= begin
    assert wide[1] >= end


def test_text_in_nfc_keeps_its_offsets() -> None:
    normal = normalize("naïve 각")
    assert normal.starts == ()
    assert normal.from_original((2, 5)) == normal.to_original((2, 5)) == (2, 5)


@pytest.mark.parametrize(
    ("given_text", "span", "words", "nfc_span"),
    [
        ("cafe\u0301 noir", (0, 5), "café", (0, 4)),
        ("cafe\u0301 noir", (6, 10), "noir", (5, 9)),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8 말", (0, 3), "한", (0, 1)),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8 말", (3, 6), "국", (1, 2)),
        ("か\u3099く", (2, 3), "く", (1, 2)),
        ("e\u0323\u0302\u0301x", (4, 5), "x", (2, 3)),
    ],
)
def test_spans_follow_composition(
    given_text: str, span: tuple[int, int], words: str, nfc_span: tuple[int, int]
) -> None:
    normal = normalize(given_text)
    assert normal.from_original(span) == nfc_span
    assert normal.text[slice(*nfc_span)] == words
    assert normal.to_original(nfc_span) == span


def test_half_a_character_becomes_a_whole_one() -> None:
    assert normalize("cafe\u0301").from_original((4, 5)) == (3, 4)


def test_a_long_run_of_marks_takes_linear_time() -> None:
    began = time.perf_counter()
    normalize("a" + "\u0301" * 100_000 + "é" + "\u0301")
    assert time.perf_counter() - began < 5
