"""Packed weights unpack to what they were packed from, and pack again to the same bytes."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import packed_table

from stancewire.models.packing import SMALLEST_SCALE, PackedEmbedding, pack_matrix, unpack_matrix, unpack_words


def test_a_word_row_is_scale_times_nibble_less_eight() -> None:
    group = bytearray(18)
    group[:2] = np.float16(0.5).tobytes()
    group[2], group[3] = 0x1F, 0x80
    row = unpack_words(torch.tensor([list(group)], dtype=torch.uint8))[0]
    assert row[0] == (15 - 8) * 0.5
    assert row[1] == (0 - 8) * 0.5
    assert row[16] == (1 - 8) * 0.5
    assert row[17] == (8 - 8) * 0.5


def test_a_packed_embedding_looks_up_the_rows_of_its_table() -> None:
    table = PackedEmbedding(packed_table(50, 64))
    ids = torch.tensor([[3, 49, 3], [0, 7, 1]])
    assert torch.equal(table(ids), table.weight[ids])
    assert (table.num_embeddings, table.embedding_dim) == (50, 64)
    assert not list(table.parameters())


@given(st.integers(0, 10_000), st.floats(1e-6, 1e3))
def test_eight_bit_groups_pack_again_to_the_same_bytes(seed: int, size: float) -> None:
    weight = torch.randn(5, 96, generator=torch.Generator().manual_seed(seed)) * size
    weight[2] = 0
    quantised, scale = pack_matrix(weight)
    unpacked = unpack_matrix(quantised, scale)
    again, scale_again = pack_matrix(unpacked)
    assert torch.equal(unpack_matrix(again, scale_again), unpacked)
    groups = weight.reshape(5, 3, 32)
    step = (groups.abs().amax(-1, keepdim=True) / 127).clamp(min=SMALLEST_SCALE)
    error = (unpacked.reshape(5, 3, 32) - groups).abs()
    # Half a step of rounding, and what fp16 rounds off the scale.
    assert bool((error <= step * 0.5 + 127 * step * 2**-11 * 1.01).all())
