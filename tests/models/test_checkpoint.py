"""A checkpoint is whole or it is refused, in one sentence."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tiny import packed_table

from stancewire.errors import CheckpointError
from stancewire.files import whole_file
from stancewire.models.checkpoint import Checkpoint, load_checkpoint, load_encoder, pack_checkpoint, save_checkpoint
from stancewire.models.files import CARD, MANIFEST, verify_folder, whole_folder
from stancewire.models.packing import PackedEmbedding, unpack_words

EXPECTED = {
    "MANIFEST.json",
    "README.md",
    "calibration.json",
    "config.json",
    "labels.json",
    "model.safetensors",
    "provenance.json",
    "run.yaml",
    "tokenizer.json",
    "tokenizer_config.json",
}


def saved_again(checkpoint: Checkpoint, folder: Path) -> Checkpoint:
    save_checkpoint(
        folder, checkpoint.model, checkpoint.tokenizer, checkpoint.labels, checkpoint.calibration, {"README.md": "card"}
    )
    return load_checkpoint(folder)


def test_a_run_leaves_exactly_the_files_of_a_checkpoint(checkpoint_folder: Path) -> None:
    assert {file.name for file in checkpoint_folder.iterdir()} == EXPECTED
    verify_folder(checkpoint_folder)


def test_a_checkpoint_loads_from_its_folder_and_from_its_run(checkpoint_folder: Path) -> None:
    for name in (checkpoint_folder, str(checkpoint_folder), checkpoint_folder.parent):
        checkpoint = load_checkpoint(name)
        assert [topic.name for topic in checkpoint.labels.topics] == ["defense", "sanctions", "diplomacy"]
        assert checkpoint.model.dtype == torch.float32
        assert not checkpoint.model.training


@pytest.mark.parametrize("file", sorted(EXPECTED - {MANIFEST, CARD}))
def test_a_truncated_file_is_named(checkpoint_folder: Path, file: str, tmp_path: Path) -> None:
    broken = shutil.copytree(checkpoint_folder, tmp_path / "broken")
    content = (broken / file).read_bytes()
    (broken / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(CheckpointError, match=f"{file}: found .* expected .* bytes"):
        load_checkpoint(broken)


def test_the_card_may_be_corrected(checkpoint_folder: Path, tmp_path: Path) -> None:
    edited = shutil.copytree(checkpoint_folder, tmp_path / "edited")
    with (edited / CARD).open("a", encoding="utf-8") as card:
        card.write("\nA word of warning.\n")
    verify_folder(edited)
    assert load_checkpoint(edited).labels.topics


def test_a_changed_byte_is_found_by_the_digests(checkpoint_folder: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(checkpoint_folder, tmp_path / "broken")
    content = bytearray((broken / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (broken / "model.safetensors").write_bytes(content)
    verify_folder(broken, digests=False)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: its content is not"):
        verify_folder(broken)


def test_a_name_that_is_nothing_says_what_was_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(CheckpointError, match="no such folder; expected a checkpoint"):
        load_checkpoint(tmp_path / "nothing")
    with pytest.raises(CheckpointError, match="no such folder, and no checkpoint of that name"):
        load_checkpoint("nobody/has-this")
    with pytest.raises(CheckpointError, match="encoder nobody/has-this: no such folder"):
        load_encoder("nobody/has-this")


def test_a_packed_checkpoint_is_the_plain_one_with_rounded_matrices(checkpoint_folder: Path, tmp_path: Path) -> None:
    plain = load_checkpoint(checkpoint_folder)
    words = packed_table(plain.model.encoder.config.vocab_size, 32)
    plain.model.encoder.get_input_embeddings().weight.data = unpack_words(words)
    source = saved_again(plain, tmp_path / "plain")
    save_file({"packed": words}, tmp_path / "words.safetensors")
    pack_checkpoint(source.folder, tmp_path / "words.safetensors", tmp_path / "packed")
    packed = load_checkpoint(tmp_path / "packed")
    assert isinstance(packed.model.encoder.get_input_embeddings(), PackedEmbedding)
    assert packed.model.encoder.config.vocab_size == source.model.encoder.config.vocab_size
    ids = torch.tensor([[0, 5, 17, 300, 2]])
    close = packed.model.encode(ids, torch.ones_like(ids)), source.model.encode(ids, torch.ones_like(ids))
    torch.testing.assert_close(*close, atol=0.05, rtol=0)
    # Saved plain and packed again, it is the same to the bit: a user may fine-tune from the shipped default.
    again = saved_again(packed, tmp_path / "again")
    pack_checkpoint(again.folder, tmp_path / "words.safetensors", tmp_path / "packed2")
    for name in ("body.safetensors", "words.safetensors"):
        assert (tmp_path / "packed" / name).read_bytes() == (tmp_path / "packed2" / name).read_bytes()


def test_packing_refuses_another_word_table(checkpoint_folder: Path, tmp_path: Path) -> None:
    save_file({"packed": packed_table(1000, 32)}, tmp_path / "words.safetensors")
    with pytest.raises(CheckpointError, match="its word table is not that of"):
        pack_checkpoint(checkpoint_folder, tmp_path / "words.safetensors", tmp_path / "packed")
    assert not (tmp_path / "packed").exists()


def fail_half_way(whole: AbstractContextManager[Path]) -> None:
    with whole as partial:
        (partial / "new" if partial.is_dir() else partial).write_text("half")
        raise RuntimeError


def test_what_fails_half_way_leaves_nothing_and_spoils_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kept").write_text("old")
    for whole, name in ((whole_file, "file"), (whole_folder, "folder")):
        with pytest.raises(RuntimeError):
            fail_half_way(whole(tmp_path / name))
    assert (tmp_path / "file").read_text() == "old"
    assert (tmp_path / "folder" / "kept").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
