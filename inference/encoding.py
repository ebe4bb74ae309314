"""Run the encoder over the windows of many layouts, and pool the states of their tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise

import torch
from torch import Tensor

from stancewire.models.layout import Layout, pad
from stancewire.models.network import StanceModel

TOKENS = 6144
"""Tokens of one encoder batch, padding included: more is no faster on two cores, and memory stays small."""


def bf16_is_fast(device: torch.device) -> bool:
    """Whether the hardware multiplies bf16 itself; where it does not, bf16 is several times slower than fp32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        found = torch.cpu.get_capabilities()
        return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
    return False


def precision(choice: str, device: torch.device) -> AbstractContextManager[None]:
    """Return the context to compute in: ``fp32``, ``bf16``, or ``auto`` for what the hardware is fast at."""
    if choice == "bf16" or (choice == "auto" and bf16_is_fast(device)):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


@torch.inference_mode()
def encode_pools(
    model: StanceModel,
    layouts: Sequence[Layout],
    pad_id: int,
    choice: str = "fp32",
    progress: Callable[[int], None] | None = None,
) -> list[Tensor]:
    """Return the pools of each layout: a list of fp32 tensors (pools, H or 2H).

    Windows are read sorted by length, so that batches hold little padding; what a window gives does not depend on
    the batch that it is read in.

    Args:
        model: its encoder is used; its heads are not.
        layouts: of articles or targets.
        pad_id: token id of padding.
        choice: ``fp32``, ``bf16`` or ``auto``.
        progress: called with the number of tokens after each batch.
    """
    device = model.device
    bases = [0]
    members: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for index, layout in enumerate(layouts):
        for pool, ranges in enumerate(layout.pools):
            for window, first, last in ranges:
                members.setdefault((index, window), []).append((bases[-1] + pool, first, last))
        bases.append(bases[-1] + len(layout.pools))
    read = sorted(members, key=lambda key: len(layouts[key[0]].windows[key[1]]))
    sums: Tensor | None = None
    sizes = torch.zeros(bases[-1], device=device)
    for batch in _batches(read, layouts):
        ids, mask = pad([layouts[index].windows[window] for index, window in batch], pad_id)
        with precision(choice, device):
            states = model.encode(ids.to(device), mask.to(device))
        flat = states.reshape(-1, states.shape[-1])
        if sums is None:
            sums = torch.zeros(bases[-1], flat.shape[-1], device=device)
        token, owner = (index.to(device) for index in _members(batch, members, ids.shape[1]))
        sums.index_add_(0, owner, flat[token].float())
        sizes += torch.bincount(owner, minlength=bases[-1])
        if progress:
            progress(int(mask.sum()))
    if sums is None:
        return []
    pools = (sums / sizes.clamp(min=1)[:, None]).cpu()
    return [pools[a:b].clone() for a, b in pairwise(bases)]


def _batches(read: Sequence[tuple[int, int]], layouts: Sequence[Layout]) -> Iterator[list[tuple[int, int]]]:
    """Yield runs of windows, sorted by length, whose padded size stays within the budget."""
    batch: list[tuple[int, int]] = []
    for index, window in read:
        longest = len(layouts[index].windows[window])
        if batch and (len(batch) + 1) * longest > TOKENS:
            yield batch
            batch = []
        batch.append((index, window))
    if batch:
        yield batch


def _members(
    batch: Sequence[tuple[int, int]], members: dict[tuple[int, int], list[tuple[int, int, int]]], length: int
) -> tuple[Tensor, Tensor]:
    """Return the flat token index and the pool of each member of the batch's pools."""
    tokens, pools = [], []
    for row, key in enumerate(batch):
        for pool, first, last in members[key]:
            tokens.append(torch.arange(row * length + first, row * length + last))
            pools.append(torch.full((last - first,), pool))
    return torch.cat(tokens), torch.cat(pools)
