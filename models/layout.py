"""The input layout: which windows the encoder reads, and which of their tokens each unit's vectors are means of."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

PARTS = ("own", "apart", "context")
"""The pools of a unit, in the order in which its feature joins them."""


@dataclass(frozen=True, slots=True)
class UnitPools:
    """The pools that a unit's feature is joined from, as indices into :attr:`Layout.pools`.

    Attributes:
        kind: index into :data:`stancewire.models.network.UNIT_KINDS`.
        own: its tokens where they stand in the article.
        apart: its tokens where its sentence is read apart from the article; of an article, its first window.
        context: the whole article.
    """

    kind: int
    own: int
    apart: int
    context: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What is read of one article, or of one target.

    Attributes:
        windows: token ids of each window, special tokens included.
        pools: each a list of ranges ``(window, first, last)`` of tokens, end exclusive.
        units: the article, then its quotes; none for a target, whose pool is 0.
        text_windows: how many of the windows are the text itself; the others are read apart.
    """

    windows: list[list[int]]
    pools: list[list[tuple[int, int, int]]]
    units: list[UnitPools]
    text_windows: int

    @property
    def tokens(self) -> int:
        """How many tokens the encoder reads for it."""
        return sum(len(window) for window in self.windows)

    def unit_pools(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the units' pools as tensors (U,): own, apart, context."""
        own, apart, context = (torch.tensor([getattr(unit, part) for unit in self.units]) for part in PARTS)
        return own, apart, context


def pad(windows: Sequence[Sequence[int]], pad_id: int) -> tuple[Tensor, Tensor]:
    """Return token ids and attention mask (W, L) of ``windows``, padded at the end to the longest."""
    length = max(len(window) for window in windows)
    ids = torch.full((len(windows), length), pad_id, dtype=torch.long)
    mask = torch.zeros((len(windows), length), dtype=torch.long)
    for i, window in enumerate(windows):
        ids[i, : len(window)] = torch.tensor(window, dtype=torch.long)
        mask[i, : len(window)] = 1
    return ids, mask


GROUPS = (24, 48, 72)
"""Windows of a batch are padded among their like: up to so many tokens, and the rest."""


def collate(layouts: Sequence[Layout], targets: Sequence[Layout], pad_id: int) -> dict[str, Tensor | list[Tensor]]:
    """Return the tensors of :meth:`stancewire.models.network.StanceModel.forward`, all but pairs and labels.

    Pools and units are numbered through, article by article; the targets' pools come last.

    Args:
        layouts: articles.
        targets: targets; empty in pair mode.
        pad_id: token id of padding.
    """
    everything = [*layouts, *targets]
    windows = [window for layout in everything for window in layout.windows]
    ids, masks, place = _grouped(windows, pad_id)
    tokens, pools = [], []
    units: dict[str, list[int]] = {name: [] for name in (*PARTS, "kind")}
    target_pool = []
    window_base = pool_base = 0
    for index, layout in enumerate(everything):
        for pool, ranges in enumerate(layout.pools):
            for window, first, last in ranges:
                row = place[window_base + window]
                tokens.append(torch.arange(row + first, row + last))
                pools.append(torch.full((last - first,), pool_base + pool))
        for unit in layout.units:
            for part in PARTS:
                units[part].append(pool_base + getattr(unit, part))
            units["kind"].append(unit.kind)
        if index >= len(layouts):
            target_pool.append(pool_base)
        window_base += len(layout.windows)
        pool_base += len(layout.pools)
    return {
        "input_ids": ids,
        "attention_mask": masks,
        "pool_token": torch.cat(tokens),
        "pool_id": torch.cat(pools),
        **{f"unit_{part}": torch.tensor(values, dtype=torch.long) for part, values in units.items()},
        "target_pool": torch.tensor(target_pool, dtype=torch.long),
    }


def _grouped(windows: Sequence[list[int]], pad_id: int) -> tuple[list[Tensor], list[Tensor], list[int]]:
    """Pad windows among their like; return ids and masks by group, and where each window's tokens begin in all."""
    groups: dict[int, list[int]] = {}
    for number, window in enumerate(windows):
        groups.setdefault(bisect_left(GROUPS, len(window)), []).append(number)
    ids, masks = [], []
    place = [0] * len(windows)
    base = 0
    for _, members in sorted(groups.items()):
        group_ids, mask = pad([windows[number] for number in members], pad_id)
        for row, number in enumerate(members):
            place[number] = base + row * group_ids.shape[1]
        base += group_ids.numel()
        ids.append(group_ids)
        masks.append(mask)
    return ids, masks, place
