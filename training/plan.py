"""Which examples are read when: an order that is a function of the seed alone, so that a run resumes exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def epoch_order(sizes: Sequence[int], weights: Sequence[float], seed: int, epoch: int) -> list[int]:
    """Return the examples of one epoch, shuffled; sets follow one another in the numbering.

    Args:
        sizes: examples of each set.
        weights: how often an epoch reads each set; 0.25 reads a quarter, another one in each epoch.
        seed: of the run.
        epoch: counted from 0.
    """
    order: list[np.ndarray] = []
    base = 0
    for number, (size, weight) in enumerate(zip(sizes, weights, strict=True)):
        fixed = np.random.default_rng([seed, number]).permutation(size)
        first, last = round(epoch * weight * size), round((epoch + 1) * weight * size)
        if size:
            order.append(base + fixed[np.arange(first, last) % size])
        base += size
    joined = np.concatenate(order) if order else np.empty(0, dtype=int)
    return [int(i) for i in np.random.default_rng([seed, epoch, 1]).permutation(joined)]


def token_batches(order: Sequence[int], tokens: Sequence[int], budget: int) -> list[list[int]]:
    """Cut an order into batches of at most ``budget`` tokens, as it comes.

    Sorting examples by length would save no padding, since an article is read in windows, which
    :func:`stancewire.models.layout.collate` pads among their like; and it would fill batches with one kind of set,
    which was measured to undo what the heads had learned.

    Args:
        order: examples in the order of reading.
        tokens: of each example, by its number.
        budget: tokens of a batch; an example that is longer is a batch of its own.
    """
    batches: list[list[int]] = []
    size = 0
    for example in order:
        if not batches or size + tokens[example] > budget:
            batches.append([])
            size = 0
        batches[-1].append(example)
        size += tokens[example]
    return batches
