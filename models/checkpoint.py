"""Checkpoints: one folder that holds all that a prediction needs, written whole and checked when it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from stancewire.config import LabelSet
from stancewire.errors import CheckpointError
from stancewire.models.calibration import Calibration
from stancewire.models.files import MANIFEST, verify_folder, whole_folder
from stancewire.models.network import StanceConfig, StanceModel
from stancewire.models.packing import PackedEmbedding, pack_matrix, unpack_matrix, unpack_words

WORDS, BODY = "words.safetensors", "body.safetensors"
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model with what belongs to it.

    Attributes:
        model: in evaluation mode, fp32.
        tokenizer: of its encoder.
        labels: the topics that it was trained on.
        calibration: from logits to probabilities and labels.
        folder: where it was read.
    """

    model: StanceModel
    tokenizer: PreTrainedTokenizerBase
    labels: LabelSet
    calibration: Calibration
    folder: Path

    def __repr__(self) -> str:
        return f"Checkpoint({str(self.folder)!r})"


def save_checkpoint(
    folder: Path,
    model: StanceModel,
    tokenizer: PreTrainedTokenizerBase,
    labels: LabelSet,
    calibration: Calibration,
    documents: Mapping[str, str],
) -> None:
    """Write a checkpoint, whole or not at all, with all weights in plain safetensors.

    Args:
        folder: its final name.
        model: its weights and config.
        tokenizer: of its encoder.
        labels: the topics that it was trained on.
        calibration: fitted on the dev set.
        documents: further text files by name: ``run.yaml``, ``provenance.json``, ``README.md``.
    """
    with whole_folder(folder) as partial:
        with quiet():
            model.save_pretrained(partial, state_dict=_plain_state(model))
            tokenizer.save_pretrained(partial)
        _write_documents(partial, labels, calibration, documents)


def load_checkpoint(name: str | Path | None = None) -> Checkpoint:
    """Load a checkpoint.

    Args:
        name: a folder, the folder of a run that ended, or a name on the Hugging Face Hub; ``None`` or ``"default"``
            for the one that is shipped.

    Raises:
        CheckpointError: there is none, or it is not whole.
    """
    folder = find_checkpoint(name)
    try:
        labels = LabelSet.model_validate_json((folder / "labels.json").read_text("utf-8"))
        calibration = Calibration.from_dict(
            json.loads((folder / "calibration.json").read_text("utf-8")), str(folder / "calibration.json")
        )
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            if (folder / WORDS).exists():
                model = _load_packed(folder)
            else:
                model = StanceModel.from_pretrained(
                    folder, dtype=torch.float32, local_files_only=True, use_safetensors=True
                )
    except (OSError, ValueError, KeyError, SafetensorError, RuntimeError) as error:
        raise CheckpointError(f"{folder}: not a checkpoint of stancewire that can be read ({_brief(error)})") from error
    return Checkpoint(model.eval(), tokenizer, labels, calibration, folder)


def pack_checkpoint(source: Path, words: Path, folder: Path) -> None:
    """Write a checkpoint in the form of the shipped default: word table in 4 bits, encoder in 8 bits.

    Args:
        source: a checkpoint with plain weights whose word table was not changed in training.
        words: the packed word table, as ``stancewire import-e5`` writes it.
        folder: the packed checkpoint's final name.

    Raises:
        CheckpointError: the word table is another one than the checkpoint's.
    """
    checkpoint = load_checkpoint(source)
    packed = load_file(words)["packed"]
    state = _plain_state(checkpoint.model)
    table = state.pop(_words_name(checkpoint.model))
    if packed.shape[0] != table.shape[0] or not torch.equal(unpack_words(packed), table):
        raise CheckpointError(f"{words}: its word table is not that of {source}, which the packed form needs unchanged")
    body: dict[str, Tensor] = {}
    for name, value in state.items():
        if name.startswith("encoder.") and value.ndim == 2 and value.shape[1] % 32 == 0:
            body[f"{name}.int8"], body[f"{name}.scale"] = pack_matrix(value)
        else:
            body[name] = value
    documents = {
        name: (checkpoint.folder / name).read_text("utf-8")
        for name in ("run.yaml", "provenance.json", "README.md")
        if (checkpoint.folder / name).exists()
    }
    with whole_folder(folder) as partial:
        save_file({"packed": packed}, partial / WORDS)
        save_file(body, partial / BODY)
        with quiet():
            checkpoint.model.config.save_pretrained(partial)
            checkpoint.tokenizer.save_pretrained(partial)
        _write_documents(partial, checkpoint.labels, checkpoint.calibration, documents)


def load_encoder(name: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load an encoder in fp32 with its tokenizer.

    Args:
        name: a folder, a name on the Hugging Face Hub, or ``"default"`` for the encoder of the shipped checkpoint.

    Raises:
        CheckpointError: there is none of that name, or it is not one that ``AutoModel`` knows.
    """
    if name == "default":
        checkpoint = load_checkpoint()
        return checkpoint.model.encoder, checkpoint.tokenizer
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(name)
            encoder = AutoModel.from_pretrained(name, dtype=torch.float32, use_safetensors=True)
    except (OSError, ValueError, KeyError, SafetensorError, RuntimeError) as error:
        raise CheckpointError(
            f"encoder {name}: no such folder, and no model of that name that can be fetched and read "
            f"({_brief(error)}); give a folder, a name of the Hugging Face Hub that this machine can reach, "
            f"or make the default encoder with: stancewire import-e5 {name}"
        ) from error
    return encoder, tokenizer


def find_checkpoint(name: str | Path | None) -> Path:
    """Return the folder of a checkpoint, named as for :func:`load_checkpoint`, with the files' sizes checked.

    Raises:
        CheckpointError: there is none, or a file is missing or of another size.
    """
    if name is None or name == "default":
        with as_file(files("stancewire.models") / "default") as folder:
            verify_folder(folder, digests=False)
            return folder
    folder = Path(name)
    if not folder.exists():
        if not _HUB_NAME.fullmatch(str(name)):
            raise CheckpointError(f"{name}: no such folder; expected a checkpoint, such as runs/NAME/checkpoint")
        try:
            folder = Path(snapshot_download(str(name)))
        except (OSError, HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
            raise CheckpointError(
                f"{name}: no such folder, and no checkpoint of that name that can be fetched ({_brief(error)})"
            ) from error
    if not (folder / MANIFEST).exists() and (folder / "checkpoint" / MANIFEST).exists():
        folder = folder / "checkpoint"
    verify_folder(folder, digests=False)
    return folder


def _load_packed(folder: Path) -> StanceModel:
    """Build the network around the packed word table, without ever unpacking the table as a whole."""
    config = StanceConfig.from_pretrained(folder, local_files_only=True)
    encoder_config = config.encoder_config()
    vocabulary = encoder_config.vocab_size
    # The table is not built to be thrown away: the encoder is made with the smallest one that its padding allows.
    encoder_config.vocab_size = (encoder_config.pad_token_id or 0) + 1
    encoder = AutoModel.from_config(encoder_config)
    encoder.config.vocab_size = vocabulary
    encoder.set_input_embeddings(PackedEmbedding(load_file(folder / WORDS)["packed"]))
    model = StanceModel(config, encoder)
    stored = load_file(folder / BODY)
    state: dict[str, Tensor] = {}
    for name, value in stored.items():
        if name.endswith(".int8"):
            state[name.removesuffix(".int8")] = unpack_matrix(value, stored[name.removesuffix(".int8") + ".scale"])
        elif name.removesuffix(".scale") + ".int8" not in stored:
            state[name] = value
    missing, unexpected = model.load_state_dict(state, strict=False)
    odd = sorted(name for name in [*missing, *unexpected] if not name.endswith(".packed"))
    if odd:
        raise CheckpointError(f"{folder / BODY}: its weights are of another network (for example {odd[0]})")
    return model


def _words_name(model: StanceModel) -> str:
    """Return the name of the word table among the model's weights."""
    table = model.encoder.get_input_embeddings()
    for name, module in model.named_modules():
        if module is table:
            return f"{name}.weight"
    raise CheckpointError(f"{type(model.encoder).__name__}: its word table is not one of its modules")


def _plain_state(model: StanceModel) -> dict[str, Tensor]:
    """Return all weights under their plain names; a packed word table is unpacked."""
    state = {name: value.detach().contiguous() for name, value in model.state_dict().items()}
    table = model.encoder.get_input_embeddings()
    if isinstance(table, PackedEmbedding):
        name = _words_name(model)
        del state[name.removesuffix(".weight") + ".packed"]
        state[name] = table.weight
    return state


def _write_documents(folder: Path, labels: LabelSet, calibration: Calibration, documents: Mapping[str, str]) -> None:
    (folder / "labels.json").write_text(labels.model_dump_json(indent=1) + "\n", "utf-8")
    (folder / "calibration.json").write_text(json.dumps(calibration.to_dict(), indent=1) + "\n", "utf-8")
    for name, text in documents.items():
        (folder / name).write_text(text, "utf-8")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' own bars and reports out of our output; what matters is raised."""
    shown, level = transformers_logging.is_progress_bar_enabled(), transformers_logging.get_verbosity()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if shown:
            transformers_logging.enable_progress_bar()


def _brief(error: BaseException) -> str:
    """Return the first line of an error that may be a page long."""
    lines: list[Any] = str(error).strip().splitlines()
    return str(lines[0])[:200] if lines else type(error).__name__
