"""A prediction as a notebook shows it: a small table, without script, that fits a light and a dark theme."""

from __future__ import annotations

from html import escape

from stancewire.page.stands import NOBODY, OUTLET, SIGNS, WORDS, Stand, speaker_of, stands_of
from stancewire.page.typesetting import attributes
from stancewire.predictions import Prediction

LONGEST_QUOTE = 160
"""Characters of a quote that are shown."""

# Each is 3 : 1 or more on white and on black; it only draws an edge, the words keep the theme's colour.
_EDGES = {"support": "#2e8b57", "oppose": "#d9482b", "neutral": "#5b86c0", "unsure": "#888"}


def notebook_fragment(prediction: Prediction) -> str:
    """Return the outlet's voice and each quote with its speaker and the topics that are on."""
    rows = [f"<tr><th>{OUTLET}</th><td></td><td>{_stands(stands_of(prediction, 'article'))}</td></tr>"]
    for number, quote in enumerate(prediction.quotes):
        cut = quote.text if len(quote.text) <= LONGEST_QUOTE else quote.text[:LONGEST_QUOTE] + "…"
        rows.append(
            f"<tr><th><bdi>{escape(speaker_of(prediction, number) or NOBODY)}</bdi></th>"
            f'<td style="text-align:start" {attributes(quote.text, prediction.lang)}>{escape(cut)}</td>'
            f"<td>{_stands(stands_of(prediction, number))}</td></tr>"
        )
    return f"<table><caption>{escape(prediction.id)}</caption>{''.join(rows)}</table>"


def _stands(stands: list[Stand]) -> str:
    return "<br>".join(
        f'<span style="border-inline-start:4px solid {_EDGES[stand.side]};padding-inline-start:6px;white-space:nowrap">'
        f"{SIGNS[stand.side]} {WORDS[stand.side]} <bdi>{escape(stand.name)}</bdi> {stand.sure:.0%}</span>"
        for stand in stands
        if stand.side in _EDGES
    )
