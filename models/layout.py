"""The input layout: which windows the encoder reads, and which of their tokens each unit's vectors are means of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class UnitPools:
    """The pools that a unit's feature is joined from, as indices into :attr:`Layout.pools`.

    Attributes:
        kind: index into :data:`stancewire.models.network.UNIT_KINDS`.
        own: its tokens where they stand in the article.
        near: the windows that it stands in: who speaks, in which clause; of an article, its first window.
        alone: the unit read without its article.
        context: the whole article.
    """

    kind: int
    own: int
    near: int
    alone: int
    context: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What is read of one article, or of one target.

    Attributes:
        windows: token ids of each window, special tokens included.
        pools: each a list of ranges ``(window, first, last)`` of tokens, end exclusive.
        units: the article, then its quotes; none for a target, whose pool is 0.
        text_windows: how many of the windows are the text itself; the others are quotes read alone.
    """

    windows: list[list[int]]
    pools: list[list[tuple[int, int, int]]]
    units: list[UnitPools]
    text_windows: int

    @property
    def tokens(self) -> int:
        """How many tokens the encoder reads for it."""
        return sum(len(window) for window in self.windows)

    def unit_pools(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the units' pools as tensors (U,): own, near, alone, context."""
        own, near, alone, context = (
            torch.tensor([getattr(unit, part) for unit in self.units]) for part in ("own", "near", "alone", "context")
        )
        return own, near, alone, context


def pad(windows: Sequence[Sequence[int]], pad_id: int) -> tuple[Tensor, Tensor]:
    """Return token ids and attention mask (W, L) of ``windows``, padded at the end to the longest."""
    length = max(len(window) for window in windows)
    ids = torch.full((len(windows), length), pad_id, dtype=torch.long)
    mask = torch.zeros((len(windows), length), dtype=torch.long)
    for i, window in enumerate(windows):
        ids[i, : len(window)] = torch.tensor(window, dtype=torch.long)
        mask[i, : len(window)] = 1
    return ids, mask


def collate(layouts: Sequence[Layout], targets: Sequence[Layout], pad_id: int) -> dict[str, Tensor]:
    """Return the tensors of :meth:`stancewire.models.network.StanceModel.forward`, all but pairs and labels.

    Pools and units are numbered through, article by article; the targets' pools come last.

    Args:
        layouts: articles.
        targets: targets; empty in pair mode.
        pad_id: token id of padding.
    """
    everything = [*layouts, *targets]
    ids, mask = pad([window for layout in everything for window in layout.windows], pad_id)
    length = ids.shape[1]
    tokens, pools = [], []
    own, near, alone, context, kinds, target_pool = [], [], [], [], [], []
    window_base = pool_base = 0
    for index, layout in enumerate(everything):
        for pool, ranges in enumerate(layout.pools):
            for window, first, last in ranges:
                row = (window_base + window) * length
                tokens.append(torch.arange(row + first, row + last))
                pools.append(torch.full((last - first,), pool_base + pool))
        for unit in layout.units:
            own.append(pool_base + unit.own)
            near.append(pool_base + unit.near)
            alone.append(pool_base + unit.alone)
            context.append(pool_base + unit.context)
            kinds.append(unit.kind)
        if index >= len(layouts):
            target_pool.append(pool_base)
        window_base += len(layout.windows)
        pool_base += len(layout.pools)
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "pool_token": torch.cat(tokens),
        "pool_id": torch.cat(pools),
        "unit_own": torch.tensor(own, dtype=torch.long),
        "unit_near": torch.tensor(near, dtype=torch.long),
        "unit_alone": torch.tensor(alone, dtype=torch.long),
        "unit_context": torch.tensor(context, dtype=torch.long),
        "unit_kind": torch.tensor(kinds, dtype=torch.long),
        "target_pool": torch.tensor(target_pool, dtype=torch.long),
    }
