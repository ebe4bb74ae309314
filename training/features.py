"""Features of the frozen encoder, computed once and kept by the digest of all that they depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from stancewire.files import whole_file
from stancewire.inference.encoding import encode_pools
from stancewire.models.layout import Layout
from stancewire.models.network import StanceModel
from stancewire.training.examples import Example


@dataclass(frozen=True, slots=True)
class Features:
    """What the heads read, for all units of some examples and all targets that they ask.

    Attributes:
        units: features (U, parts x H).
        kinds: index of each unit's kind (U,).
        targets: mean of the last layer's states (T, H).
        target_index: the row of each target's text.
    """

    units: Tensor
    kinds: Tensor
    targets: Tensor
    target_index: Mapping[str, int]

    def logits(self, model: StanceModel, unit: Tensor, target: Tensor) -> Tensor:
        """Return the heads' logits (P, 4) of pairs of units (P,) and targets (P,)."""
        # Only the rows that are asked are projected, so that a batch costs what it holds.
        units, unit = torch.unique(unit, return_inverse=True)
        logits: Tensor = model.heads(self.units[units], self.kinds[units], self.targets, unit, target)
        return logits


def compute_features(
    model: StanceModel,
    sources: Sequence[Sequence[Example]],
    targets: Mapping[str, Layout],
    pad_id: int,
    choice: str,
    cache: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> Features:
    """Read all examples and targets once with the encoder as it is.

    Args:
        model: in evaluation mode.
        sources: the examples of each data source.
        targets: layout of each target's text.
        pad_id: token id of padding.
        choice: precision, ``fp32``, ``bf16`` or ``auto``.
        cache: a folder; what the same encoder gave for the same texts is taken from there, or put there.
        progress: called with the number of tokens read after each batch.
    """
    units: list[Tensor] = []
    kinds: list[int] = []
    for examples in sources:
        layouts = [example.layout for example in examples]
        for pool, layout in zip(_pools(model, layouts, pad_id, choice, cache, progress), layouts, strict=True):
            units.append(model.unit_features(pool, *layout.unit_pools()))
            kinds.extend(unit.kind for unit in layout.units)
    width = model.encoder.config.hidden_size
    read = _pools(model, list(targets.values()), pad_id, choice, cache, progress)
    return Features(
        units=torch.cat(units),
        kinds=torch.tensor(kinds),
        targets=torch.stack([pool[0, :width] for pool in read]) if read else torch.zeros(1, width),
        target_index={text: i for i, text in enumerate(targets)},
    )


def _pools(
    model: StanceModel,
    layouts: Sequence[Layout],
    pad_id: int,
    choice: str,
    cache: Path | None,
    progress: Callable[[int], None] | None,
) -> list[Tensor]:
    """Return the pools of each layout, out of the cache if they are there."""
    if cache is None or not layouts:
        return encode_pools(model, layouts, pad_id, choice, progress)
    path = cache / f"{_digest(model, layouts, choice)}.safetensors"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            save_file({"pools": torch.cat(encode_pools(model, layouts, pad_id, choice, progress))}, partial)
    return list(load_file(path)["pools"].split([len(layout.pools) for layout in layouts]))


def _digest(model: StanceModel, layouts: Sequence[Layout], choice: str) -> str:
    """Return a digest of the encoder's weights, of what it reads and of the precision."""
    digest = hashlib.sha256(f"{choice} {model.config.middle_layer} {torch.__version__}".encode())
    for name, value in sorted(model.encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().view(torch.uint8).numpy())
    for layout in layouts:
        digest.update(json.dumps([layout.windows, layout.pools]).encode())
    return digest.hexdigest()[:32]
