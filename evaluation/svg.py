"""Plots as SVG: two for the page, in its colours, and one that stands alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from stancewire.evaluation.estimate import Share

SIZE, LEFT, BOTTOM, TOP = 300, 44, 40, 10
"""Of the square that is drawn in, and the margins around it."""

ALONE = (
    "text{font:13px system-ui,sans-serif;fill:#1c1e21}.title{font-weight:600;font-size:15px}.paper{fill:#fff}"
    ".axis{stroke:#d5dae0}.bar{stroke:#2457a7;stroke-width:4;opacity:.45}.dot{fill:#2457a7}"
    ".naive{fill:none;stroke:#5b6470;stroke-width:1.5}"
    "@media(prefers-color-scheme:dark){text{fill:#e6e9ed}.paper{fill:#14181d}.axis{stroke:#39424d}"
    ".bar{stroke:#84b1f5}.dot{fill:#84b1f5}.naive{stroke:#a2adba}}"
)
"""The style of a plot that stands alone."""

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability_plot(curve: Mapping[str, Any], label: str) -> str:
    """Return what happened against what was promised, with its band, over a histogram of the probabilities."""
    xs = curve["promised"]
    line = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in zip(xs, curve["happened"], strict=True))
    up = [f"{_x(x):.1f},{_y(y):.1f}" for x, y in zip(xs, curve["high"], strict=True)]
    down = [f"{_x(x):.1f},{_y(y):.1f}" for x, y in zip(reversed(xs), reversed(curve["low"]), strict=True)]
    most = max(*curve["counts"], 1)
    width = SIZE / len(curve["counts"])
    bars = "".join(
        f'<rect class="count" x="{LEFT + i * width + 1:.1f}" y="{_y(0.25 * n / most):.1f}" width="{width - 2:.1f}" '
        f'height="{0.25 * n / most * SIZE:.1f}"><title>{n:,} pairs</title></rect>'
        for i, n in enumerate(curve["counts"])
    )
    ideal = f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    drawn = f'<polygon class="band" points="{" ".join(up + down)}"/><polyline class="curve" points="{line}"/>'
    return _plot(label, bars + ideal + drawn, "probability that was given", "came true", TICKS)


def errors_plot(points: Sequence[Mapping[str, float]], label: str) -> str:
    """Return the share of errors against the share of answers, the surest first."""
    top = max(0.05, *(point["errors"] for point in points)) * 1.1
    line = " ".join(f"{_x(point['answered']):.1f},{_y(point['errors'] / top):.1f}" for point in points)
    dots = "".join(
        f'<circle cx="{_x(p["answered"]):.1f}" cy="{_y(p["errors"] / top):.1f}" r="7" fill="transparent">'
        f"<title>{p['answered']:.0%} answered: {p['errors']:.1%} errors</title></circle>"
        for p in points
    )
    ticks = tuple(top * tick for tick in TICKS)
    return _plot(label, f'<polyline class="curve" points="{line}"/>{dots}', "share answered", "errors", ticks)


def shares_plot(shares: Sequence[Share], title: str) -> str:
    """Return a file with a line a group: the share with its interval, and the naive count as a ring."""
    row, left, width = 26, 180, 420
    lines = []
    for i, found in enumerate(shares):
        y = 52 + i * row
        lines.append(f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">{escape(found.group[:24])}</text>')
        if found.naive is not None:
            at = left + found.naive * width
            lines.append(f'<circle class="naive" cx="{at:.1f}" cy="{y}" r="5"><title>counted</title></circle>')
        if found.value is None or found.interval is None:
            lines.append(f'<text x="{left + width + 10}" y="{y + 4}">too few labels</text>')
            continue
        low, high = (left + end * width for end in found.interval)
        at = left + found.value * width
        lines += [
            f'<line class="bar" x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}"/>',
            f'<circle class="dot" cx="{at:.1f}" cy="{y}" r="5"/>',
            f'<text x="{left + width + 10}" y="{y + 4}">{100 * found.value:.0f} %</text>',
        ]
    bottom = 52 + len(shares) * row
    ticks = "".join(
        f'<line class="axis" x1="{left + at * width}" y1="36" x2="{left + at * width}" y2="{bottom - 10}"/>'
        f'<text x="{left + at * width}" y="{bottom + 8}" text-anchor="middle">{100 * at:.0f} %</text>'
        for at in TICKS
    )
    height = bottom + 34
    legend = f'<text x="{left}" y="{bottom + 26}">● share with 95 % interval   ○ counted (naive)</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" role="img" aria-label="{escape(title)}">\n'
        f'<style>{ALONE}</style>\n<rect class="paper" width="720" height="{height}"/>\n'
        f'<text class="title" x="16" y="22">{escape(title)}</text>\n{ticks}{"".join(lines)}{legend}\n</svg>\n'
    )


def _plot(label: str, inside: str, below: str, beside: str, ticks: Sequence[float]) -> str:
    marks = []
    for at, value in zip(TICKS, ticks, strict=True):
        marks += [
            f'<line class="axis" x1="{LEFT}" y1="{_y(at)}" x2="{LEFT + SIZE}" y2="{_y(at)}"/>',
            f'<text x="{LEFT - 6}" y="{_y(at) + 4}" text-anchor="end">{100 * value:.0f}</text>',
            f'<text x="{_x(at)}" y="{TOP + SIZE + 16}" text-anchor="middle">{100 * at:.0f}</text>',
        ]
    middle = TOP + SIZE / 2
    names = (
        f'<text x="{LEFT + SIZE / 2}" y="{TOP + SIZE + 34}" text-anchor="middle">{escape(below)}, %</text>'
        f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">{escape(beside)}, %</text>'
    )
    box = f"0 0 {LEFT + SIZE + 12} {TOP + SIZE + BOTTOM}"
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(label)}">{"".join(marks)}{inside}{names}</svg>'


def _x(value: float) -> float:
    return round(LEFT + value * SIZE, 1)


def _y(value: float) -> float:
    return round(TOP + (1 - value) * SIZE, 1)
