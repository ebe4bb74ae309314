"""The map of speakers and topics, and the timeline: SVG that takes its colours from the page's style."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from stancewire.page.stands import SIGNS, Stand, Stood
from stancewire.page.table import Tally
from stancewire.records import STANCES

WIDTH = 600
MARGIN = 10
MOST_NAMES = 14
"""Speakers on a line of the map: those who say most."""

_LANE, _HEAD, _GLYPH = 26, 46, 7.0
_BAR, _LEFT = 34, 84
_LONGEST_NAME = 28


@dataclass(frozen=True, slots=True)
class _Dot:
    """A speaker on one line of the map, from ``left`` to ``right`` with the name."""

    speaker: str
    tally: Tally
    before: float | None
    x: float
    left: float
    right: float


def speaker_map(stood: Sequence[Stood], aspects: Mapping[str, str]) -> str:
    """Return a line a topic, from all against to all for, with who stands where on it; none where nobody does.

    Args:
        stood: the stands that count; the outlets' own voices are left out.
        aspects: key to name of the lines.
    """
    parts, y = [], 0.0
    for key, name in aspects.items():
        by_speaker: dict[str, list[Stood]] = defaultdict(list)
        for one in stood:
            if one.stand.key == key and one.speaker:
                by_speaker[one.speaker].append(one)
        most = sorted(by_speaker, key=lambda speaker: -len(by_speaker[speaker]))
        if not most:
            continue
        lanes = _lanes([_dot(speaker, by_speaker[speaker]) for speaker in most[:MOST_NAMES]])
        left_out = len(most) - MOST_NAMES
        parts.append(_map_line(name, lanes, y, f" (the {MOST_NAMES} of {len(most):,} who say most)" * (left_out > 0)))
        y += _HEAD + len(lanes) * _LANE + 12
    return _svg("".join(parts), y, "Map: who opposes and who supports what") if parts else ""


def _map_line(name: str, lanes: Sequence[Sequence[_Dot]], y: float, note: str) -> str:
    top, bottom, middle = y + _HEAD - 12, y + _HEAD + len(lanes) * _LANE, WIDTH / 2
    dots = "".join(_drawn(dot, y + _HEAD + lane * _LANE + 8) for lane, dots in enumerate(lanes) for dot in dots)
    return (
        f'<text x="{MARGIN}" y="{y + 16}" class="name">{escape(name)}{note}</text>'
        f'<text x="{MARGIN}" y="{y + 31}">− opposes</text>'
        f'<text x="{middle}" y="{y + 31}" text-anchor="middle">○</text>'
        f'<text x="{WIDTH - MARGIN}" y="{y + 31}" text-anchor="end">supports +</text>'
        f'<path class="axis" d="M{MARGIN} {top}H{WIDTH - MARGIN}M{middle} {top}V{bottom}"/>{dots}'
    )


def _dot(speaker: str, stood: Sequence[Stood]) -> _Dot:
    tally = Tally([one.stand for one in stood])
    x = _place(tally.balance)
    dates = sorted({one.date for one in stood if one.date})
    before = Tally([one.stand for one in stood if one.date == dates[0]]).balance if len(dates) > 1 else None
    width = 16 + _GLYPH * sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in _label(speaker, tally))
    return _Dot(
        speaker, tally, before, x, x - 12 if x < WIDTH / 2 else x - width, x + width if x < WIDTH / 2 else x + 12
    )


def _label(speaker: str, tally: Tally) -> str:
    name = speaker if len(speaker) <= _LONGEST_NAME else speaker[: _LONGEST_NAME - 1] + "…"
    # The marks isolate the name, so that one from right to left does not pull the figures with it.
    return f"\u2068{name}\u2069 {len(tally.stands)}× {tally.sure:.0%}"


def _place(balance: float) -> float:
    return MARGIN + 10 + (WIDTH - 2 * MARGIN - 20) * (balance + 1) / 2


def _lanes(dots: Sequence[_Dot]) -> list[list[_Dot]]:
    """Put each dot in the first lane where it and its name have room."""
    lanes: list[list[_Dot]] = []
    for dot in dots:
        for lane in lanes:
            if all(dot.left >= other.right or dot.right <= other.left for other in lane):
                lane.append(dot)
                break
        else:
            lanes.append([dot])
    return lanes


def _drawn(dot: _Dot, y: float) -> str:
    side, starts = dot.tally.side, dot.x < WIDTH / 2
    moved = ""
    if dot.before is not None and abs(_place(dot.before) - dot.x) > 12:
        moved = f'<path class="moved" d="M{_place(dot.before):.0f} {y}H{dot.x:.0f}"/>'
        moved += f'<circle class="moved" cx="{_place(dot.before):.0f}" cy="{y}" r="4"/>'
    text = f'x="{dot.x + 13 * (1 if starts else -1):.0f}" y="{y + 4}" text-anchor="{"start" if starts else "end"}"'
    return (
        f'{moved}<circle data-stance="{side}" cx="{dot.x:.0f}" cy="{y}" r="9"/>'
        f'<text class="sign" data-stance="{side}" x="{dot.x:.0f}" y="{y + 5}" text-anchor="middle">{SIGNS[side]}</text>'
        f"<text {text}>{escape(_label(dot.speaker, dot.tally))}</text>"
    )


def timeline(stood: Sequence[Stood], aspects: Mapping[str, str]) -> str:
    """Return bars over time, a line a topic: up for support, down for oppose; none with fewer than two dates.

    Args:
        stood: the stands that count; the outlets' own voices are left out.
        aspects: key to name of the lines.
    """
    dated = [(found, one.stand) for one in stood if not one.outlet and (found := _date(one.date))]
    days = sorted({day for day, _ in dated})
    if len(days) < 2:
        return ""
    number, name_of = _period(days)
    periods = number(days[-1]) - number(days[0]) + 1
    step = (WIDTH - _LEFT - MARGIN) / periods
    parts, y = [], 0.0
    for key, name in aspects.items():
        bins: dict[int, list[Stand]] = defaultdict(list)
        for day, stand in dated:
            if stand.key == key:
                bins[number(day) - number(days[0])].append(stand)
        if bins:
            parts.append(_time_line(name, bins, y, step))
            y += 2 * _BAR + 40
    ends = f'<text x="{_LEFT}" y="{y + 6}">{name_of(days[0])}</text>'
    ends += f'<text x="{WIDTH - MARGIN}" y="{y + 6}" text-anchor="end">{name_of(days[-1])}</text>'
    return _svg("".join(parts) + ends, y + 14, "Timeline: how many quotes support and oppose what, and when")


def _time_line(name: str, bins: Mapping[int, Sequence[Stand]], y: float, step: float) -> str:
    middle, most = y + _BAR + 24, max(map(len, bins.values()))
    parts = [
        f'<text x="{MARGIN}" y="{y + 12}" class="name">{escape(name)}</text>',
        f'<text x="{_LEFT - 8}" y="{middle - 12}" text-anchor="end">+ support</text>',
        f'<text x="{_LEFT - 8}" y="{middle + 20}" text-anchor="end">− oppose</text>',
        f'<path class="axis" d="M{_LEFT} {middle}H{WIDTH - MARGIN}"/>',
    ]
    width = max(1.5, min(step - 2, 26))
    for place, stands in bins.items():
        x = _LEFT + (place + 0.5) * step
        counts = Tally(stands).counts
        said = ", ".join(f"{side} {counts.get(side, 0)}" for side in STANCES)
        heights = {side: _BAR * counts.get(side, 0) / most for side in ("support", "oppose")}
        bars = "".join(
            f'<rect data-stance="{side}" x="{x - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" '
            f'height="{height:.1f}"/>'
            for side, height in heights.items()
            if (top := middle - height if side == "support" else middle) and height
        )
        dot = f'<circle data-stance="neutral" cx="{x:.1f}" cy="{middle}" r="3"/>' if "neutral" in counts else ""
        parts.append(f"<g><title>{said}</title>{bars}{dot}</g>")
    return "".join(parts)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _period(days: Sequence[date]) -> tuple[Callable[[date], int], Callable[[date], str]]:
    """Return the number of a day's period and its name: days within two months, months within five years, or years."""
    length = (days[-1] - days[0]).days
    if length <= 62:
        return date.toordinal, date.isoformat
    if length <= 5 * 366:
        return (lambda day: 12 * day.year + day.month), (lambda day: day.isoformat()[:7])
    return (lambda day: day.year), (lambda day: str(day.year))


def _svg(body: str, height: float, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" direction="ltr" aria-label="{title}" xmlns="http://www.w3.org/2000/svg">'
        f"{body}</svg>"
    )
