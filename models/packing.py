"""Packed weights of the shipped default: the word table in 4-bit groups, the other matrices in 8-bit groups.

Both take groups of 32 weights along a row with one fp16 scale each, after the block formats Q4_0 and Q8_0 of ggml
(https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). Packing what was unpacked gives the same bytes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

GROUP = 32
WORD_BYTES = 2 + GROUP // 2
"""Bytes of one 4-bit group: the fp16 scale, then 16 bytes whose low halves are the first 16 weights."""

SMALLEST_SCALE = 2.0**-14
"""The smallest normal number of fp16."""


def unpack_words(rows: Tensor) -> Tensor:
    """Return the fp32 weights (N, H) of packed rows (N, H / 32 x 18) of bytes."""
    groups = rows.reshape(rows.shape[0], -1, WORD_BYTES)
    scale = groups[..., :2].contiguous().view(torch.float16).float()  # (N, G, 1)
    low, high = (groups[..., 2:] & 15), (groups[..., 2:] >> 4)
    weights = torch.cat([low, high], dim=-1).float() - 8.0
    return (weights * scale).reshape(rows.shape[0], -1)


class PackedEmbedding(nn.Module):
    """A frozen word table that stays packed: looked-up rows are gathered and unpacked.

    It holds 216 bytes a row at width 384, a seventh of fp32, and needs no work when it is loaded.
    """

    packed: Tensor

    def __init__(self, packed: Tensor) -> None:
        """Take the table.

        Args:
            packed: bytes (V, H / 32 x 18).
        """
        super().__init__()
        self.register_buffer("packed", packed)
        self.num_embeddings = packed.shape[0]
        self.embedding_dim = packed.shape[1] // WORD_BYTES * GROUP

    @property
    def weight(self) -> Tensor:
        """The whole table in fp32 (V, H), unpacked anew at each call."""
        return unpack_words(self.packed)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the rows of ``ids`` (...) in fp32 (..., H)."""
        rows = unpack_words(F.embedding(ids.reshape(-1), self.packed))
        return rows.reshape(*ids.shape, self.embedding_dim)


def pack_matrix(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return int8 weights (R, C) and fp16 scales (R, C / 32) of an fp32 matrix (R, C) whose C is a multiple of 32."""
    groups = weight.float().reshape(weight.shape[0], -1, GROUP)
    # Below its normal range fp16 rounds so coarsely that packing again would give other bytes.
    scale = (groups.abs().amax(dim=-1, keepdim=True) / 127).clamp(min=SMALLEST_SCALE).half()
    quantised = (groups / scale.float()).round().clamp(-127, 127).to(torch.int8)
    return quantised.reshape(weight.shape), scale.squeeze(-1)


def unpack_matrix(quantised: Tensor, scale: Tensor) -> Tensor:
    """Return the fp32 matrix (R, C) of what :func:`pack_matrix` gave."""
    groups = quantised.reshape(quantised.shape[0], -1, GROUP).float()
    return (groups * scale.float()[..., None]).reshape(quantised.shape)
