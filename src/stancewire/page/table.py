"""The table of who stands where on what: a row a speaker, a column a topic or open target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from stancewire.page.stands import NOBODY, OUTLET, SIGNS, WORDS, Side, Stand, Stood
from stancewire.page.typesetting import attributes
from stancewire.records import STANCES

MOST_SPEAKERS = 25
"""Rows of a table; who speaks less is in the downloads."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The stands of one speaker on one topic, counted."""

    stands: Sequence[Stand]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many stands are on each side, those that there are."""
        counts = {side: sum(stand.side == side for stand in self.stands) for side in STANCES}
        return {side: count for side, count in counts.items() if count}

    @property
    def sure(self) -> float:
        """Return the mean probability that topic and side are right."""
        return sum(stand.sure for stand in self.stands) / len(self.stands)

    @property
    def balance(self) -> float:
        """Return the mean of support less oppose, in probability: from −1, all against, to 1, all for."""
        balances = (stand.stances.get("support", 0) - stand.stances.get("oppose", 0) for stand in self.stands)
        return sum(balances) / len(self.stands)

    @property
    def side(self) -> Side:
        """Return the side that more than half of them take, or ``mixed``."""
        most: tuple[Side, ...] = ("support", "oppose", "neutral")
        return next((side for side in most if 2 * self.counts.get(side, 0) > len(self.stands)), "mixed")


def stand_table(stood: Sequence[Stood], aspects: Mapping[str, str], caption: str) -> str:
    """Return the table, with how often each side was taken and how sure that is; none where nobody takes any.

    Args:
        stood: the stands that count.
        aspects: key to name of the columns.
        caption: what stands above it.
    """
    by_voice: dict[tuple[bool, str], dict[str, list[Stand]]] = defaultdict(lambda: defaultdict(list))
    for one in stood:
        by_voice[(one.outlet, one.speaker)][one.stand.key].append(one.stand)
    if not by_voice:
        return ""
    # The outlet first, then who says most; what nobody is named for comes last.
    ranked = sorted(by_voice, key=lambda voice: (not voice[0], not voice[1], -sum(map(len, by_voice[voice].values()))))
    rows = "\n".join(_row(voice, by_voice[voice], aspects) for voice in ranked[:MOST_SPEAKERS])
    more = len(ranked) - MOST_SPEAKERS
    note = f'<p class="soft">{more:,} more speakers say less; the downloads have all.</p>' if more > 0 else ""
    head = "".join(f'<th scope="col" {attributes(name, None)}>{escape(name)}</th>' for name in aspects.values())
    return (
        f'<div class="scroll"><table class="where"><caption>{caption}: + supports, − opposes, ○ takes no side; how '
        f'often, how sure</caption>\n<thead><tr><th scope="col">speaker</th>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>{note}\n"
    )


def _row(voice: tuple[bool, str], cells: Mapping[str, Sequence[Stand]], aspects: Mapping[str, str]) -> str:
    outlet, speaker = voice
    name = OUTLET if outlet else f"<bdi>{escape(speaker)}</bdi>" if speaker else NOBODY
    kind = ' class="apart"' if outlet or not speaker else ""
    return f'<tr{kind}><th scope="row">{name}</th>{"".join(_cell(cells.get(key)) for key in aspects)}</tr>'


def _cell(stands: Sequence[Stand] | None) -> str:
    if not stands:
        return '<td><span class="soft">·</span></td>'
    tally = Tally(stands)
    counts = " ".join(
        f'<b data-stance="{side}"><span aria-hidden="true">{SIGNS[side]}</span>'
        f'<span class="aloud">{WORDS[side]} </span>{count}</b>'
        for side, count in tally.counts.items()
    )
    return f'<td data-stance="{tally.side}">{counts} <small>{tally.sure:.0%}</small></td>'
