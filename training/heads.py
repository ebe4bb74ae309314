"""Heads first: projections and scorer are trained on features of the frozen encoder, to convergence, in seconds.

Linear probing before fine-tuning keeps the encoder from being bent toward random heads (Kumar et al. 2022,
https://arxiv.org/abs/2202.10054).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stancewire.config import HeadsConfig
from stancewire.models.network import StanceModel, pair_loss
from stancewire.training.examples import PairTensors
from stancewire.training.features import Features


@dataclass(frozen=True, slots=True)
class HeadsEpoch:
    """What one epoch came to.

    Attributes:
        epoch: counted from 1.
        loss: mean over the batches.
        score: of the dev set, higher is better.
        best: whether it is the best so far.
    """

    epoch: int
    loss: float
    score: float
    best: bool


def train_heads(
    model: StanceModel,
    features: Features,
    pairs: PairTensors,
    rows: Sequence[Tensor],
    orders: Callable[[int], Sequence[int]],
    config: HeadsConfig,
    label_smoothing: float,
    score: Callable[[], float],
) -> Iterator[HeadsEpoch]:
    """Train the heads in place and yield after each epoch; at the end they are those of the best epoch.

    Args:
        model: only its heads are changed.
        features: of the training examples.
        pairs: of the training examples.
        rows: for each example, the indices of its pairs.
        orders: the examples of an epoch.
        config: rate, batch size and patience.
        label_smoothing: share of the stance label that is spread over all stances.
        score: computes the dev score of the model as it is.
    """
    optimizer = torch.optim.AdamW(model.heads.parameters(), lr=config.lr, weight_decay=config.weight_decay)
    best, best_state, waited = float("-inf"), {}, 0
    for epoch in range(config.epochs):
        model.heads.train()
        losses = []
        for batch in _batches([rows[example] for example in orders(epoch)], config.batch):
            logits = features.logits(model, pairs.unit[batch], pairs.target[batch])
            loss = pair_loss(
                logits[:, 0],
                logits[:, 1:],
                pairs.relevance[batch],
                pairs.stance[batch],
                pairs.relevance_weight[batch],
                pairs.stance_weight[batch],
                label_smoothing,
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        model.heads.eval()
        reached = score()
        better = reached > best
        if better:
            best, waited = reached, 0
            best_state = {name: value.clone() for name, value in model.heads.state_dict().items()}
        yield HeadsEpoch(epoch + 1, sum(losses) / max(1, len(losses)), reached, better)
        waited += not better
        if waited > config.patience:
            break
    if best_state:
        model.heads.load_state_dict(best_state)


def _batches(rows: Sequence[Tensor], size: int) -> Iterator[Tensor]:
    """Join the pairs of examples into batches of at least ``size`` pairs."""
    held: list[Tensor] = []
    count = 0
    for pairs in rows:
        held.append(pairs)
        count += len(pairs)
        if count >= size:
            yield torch.cat(held)
            held, count = [], 0
    if held:
        yield torch.cat(held)
