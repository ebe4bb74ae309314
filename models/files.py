"""Folders that appear whole or not at all, with a manifest of their files."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stancewire.errors import CheckpointError
from stancewire.files import sync

MANIFEST = "MANIFEST.json"
CARD = "README.md"
"""The model card: not in the manifest, since people correct it, on the Hub as well, and results are added to it."""


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty temporary folder beside ``path``; it takes the final name when the block ends well.

    A manifest of its files is written last. What stood under the final name before is removed only then.
    """
    partial = path.with_name(f".{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        commit_folder(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def commit_folder(partial: Path, path: Path) -> None:
    """Write the manifest of ``partial``, make it durable, and give it the name ``path``."""
    files = sorted(file for file in partial.rglob("*") if file.is_file() and file.name != MANIFEST)
    manifest = {
        file.relative_to(partial).as_posix(): {"bytes": file.stat().st_size, "sha256": sha256(file)}
        for file in files
        if file.name != CARD
    }
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    for file in [*files, partial / MANIFEST, partial]:
        sync(file)
    old = path.with_name(f".{path.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    partial.rename(path)
    sync(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def sha256(path: Path) -> str:
    """Return the digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_folder(folder: Path, digests: bool = True) -> None:
    """Check that a folder holds what its manifest says.

    Args:
        folder: a checkpoint, or a snapshot of a run.
        digests: compare contents as well as sizes.

    Raises:
        CheckpointError: no manifest, or a file that is missing, of another size or of other content.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder}: no readable {MANIFEST}: not a whole checkpoint ({error})") from error
    for name, expected in manifest.items():
        file = folder / name
        size = file.stat().st_size if file.is_file() else None
        if size != expected["bytes"]:
            found = "no such file" if size is None else f"{size} bytes"
            raise CheckpointError(
                f"{file}: found {found}, expected {expected['bytes']} bytes: the checkpoint is truncated; copy it again"
            )
        if digests and sha256(file) != expected["sha256"]:
            raise CheckpointError(f"{file}: its content is not what {MANIFEST} says; copy the checkpoint again")
