"""Run the encoder over the windows of many layouts, and pool the states of their tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise

import torch
from torch import Tensor

from stancewire.models.layout import Layout, pad
from stancewire.models.network import StanceModel

Window = tuple[int, ...]
"""Token ids."""

Member = tuple[int, int, int]
"""A pool, and the first token of a window that it takes and the one after the last."""

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
    the batch that it is read in. A window that occurs several times, as the sentence of two quotes does, is read once.

    Args:
        model: its encoder is used; its heads are not.
        layouts: of articles or targets.
        pad_id: token id of padding.
        choice: ``fp32``, ``bf16`` or ``auto``.
        progress: called with the number of tokens after each batch.
    """
    device = model.device
    bases = [0]
    members: dict[Window, list[Member]] = {}
    times: Counter[Window] = Counter()
    for layout in layouts:
        windows = [tuple(window) for window in layout.windows]
        times.update(windows)
        for pool, ranges in enumerate(layout.pools):
            for window, first, last in ranges:
                members.setdefault(windows[window], []).append((bases[-1] + pool, first, last))
        bases.append(bases[-1] + len(layout.pools))
    sums: Tensor | None = None
    sizes = torch.zeros(bases[-1], device=device)
    for batch in _batches(sorted(members, key=len)):
        ids, mask = pad(batch, pad_id)
        with precision(choice, device):
            states = model.encode(ids.to(device), mask.to(device))
        flat = states.reshape(-1, states.shape[-1])
        if sums is None:
            sums = torch.zeros(bases[-1], flat.shape[-1], device=device)
        token, owner = (index.to(device) for index in _members(batch, members, ids.shape[1]))
        sums.index_add_(0, owner, flat[token].float())
        sizes += torch.bincount(owner, minlength=bases[-1])
        if progress:
            progress(sum(times[window] * len(window) for window in batch))
    if sums is None:
        return []
    pools = (sums / sizes.clamp(min=1)[:, None]).cpu()
    return [pools[a:b].clone() for a, b in pairwise(bases)]


def _batches(windows: Sequence[Window]) -> Iterator[list[Window]]:
    """Yield runs of windows, sorted by length, whose padded size stays within the budget."""
    batch: list[Window] = []
    for window in windows:
        if batch and (len(batch) + 1) * len(window) > TOKENS:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _members(batch: Sequence[Window], members: Mapping[Window, Sequence[Member]], length: int) -> tuple[Tensor, Tensor]:
    """Return the flat token index and the pool of each member of the batch's pools."""
    tokens, pools = [], []
    for row, window in enumerate(batch):
        for pool, first, last in members[window]:
            tokens.append(torch.arange(row * length + first, row * length + last))
            pools.append(torch.full((last - first,), pool))
    return torch.cat(tokens), torch.cat(pools)
