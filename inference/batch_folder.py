"""The output folder of a batch: files that appear whole, and what tells a part that is done from a missing one."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from stancewire.errors import DataError
from stancewire.files import whole_file

MANIFEST, ERRORS = "manifest.json", "errors.jsonl"


class Part(Protocol):
    """A run of records that is labelled by itself."""

    @property
    def number(self) -> int:
        """Its place among the parts, from 0."""

    @property
    def records(self) -> int:
        """How many it has."""


@dataclass(frozen=True, slots=True)
class Done:
    """A part that was labelled: ``records`` is the sum of ``labelled`` and ``errors``."""

    number: int
    records: int
    labelled: int
    errors: int
    bytes: int
    sha256: str


class Folder:
    """The output folder: local, or any that fsspec reaches."""

    def __init__(self, url: str) -> None:
        """Take its address; it need not be there yet.

        Raises:
            DataError: nothing that is installed reaches it.
        """
        import fsspec
        from fsspec.implementations.local import LocalFileSystem

        self.url = url
        try:
            self.system, self.root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise DataError(f"{url}: {error}") from error
        self.is_local = isinstance(self.system, LocalFileSystem)

    def is_under(self, other: Folder) -> bool:
        """Whether it is the other folder or lies in it."""
        same = type(self.system) is type(other.system)
        return same and f"{self.root}/".startswith(f"{other.root}/")

    @contextmanager
    def whole(self, name: str) -> Iterator[Path]:
        """Give a local path to write to; what it holds appears under ``name``, whole, when the block ends well."""
        if self.is_local:
            path = Path(self.root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as partial:
                yield partial
            return
        with TemporaryDirectory() as folder:
            partial = Path(folder, "partial")
            yield partial
            # An object store shows an object when it is whole; elsewhere the size, which the note holds, tells.
            self.system.makedirs(f"{self.root}/{name}".rpartition("/")[0], exist_ok=True)
            self.system.put_file(str(partial), f"{self.root}/{name}")

    def write_text(self, name: str, text: str) -> None:
        """Write a small file, whole."""
        with self.whole(name) as path:
            path.write_text(text, "utf-8")

    def read_json(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """Return what a file holds; ``None`` if it is not there or holds no JSON."""
        try:
            return json.loads(self.system.cat_file(f"{self.root}/{name}"))
        except (FileNotFoundError, ValueError):
            return None

    def size(self, name: str) -> int | None:
        """Return the size of a file; ``None`` if it is not there."""
        try:
            return int(self.system.size(f"{self.root}/{name}"))
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        """Return the names of the files and folders in it."""
        self.system.invalidate_cache()
        return [path.rpartition("/")[2] for path in self.system.ls(self.root, detail=False)] if self.exists() else []

    def exists(self) -> bool:
        """Whether it is there."""
        return bool(self.system.isdir(self.root))

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Keep other runs out of a local folder, and sweep away the files that a killed one left half written.

        Raises:
            DataError: another run is at work in it, or it cannot be written to.
        """
        if not self.is_local:
            yield
            return
        root = Path(self.root)
        try:
            root.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(root, os.O_RDONLY)
        except OSError as error:
            raise DataError(f"{self.url}: no folder that can be written to ({error.strerror})") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for partial in root.rglob(".*.partial"):
                partial.unlink(missing_ok=True)
            yield
        except BlockingIOError as error:
            raise DataError(f"{self.url}: another run is at work in this folder; wait for it") from error
        finally:
            os.close(descriptor)


def part_name(number: int, ending: str) -> str:
    """Return the name of the file with the answers of a part."""
    return f"parts/part-{number:06d}{ending}"


def done_name(number: int) -> str:
    """Return the name of the note that a part is done."""
    return f"done/part-{number:06d}.json"


def begin(folder: Folder, identity: Mapping[str, Any]) -> None:
    """Take a folder for a run: it is new, empty, or holds this very run.

    Args:
        folder: the output.
        identity: all that the answers depend on, as JSON, by subject.

    Raises:
        DataError: it holds another run, or other files.
    """
    manifest = folder.read_json(MANIFEST)
    if manifest is None:
        if names := folder.names():
            raise DataError(f"{folder.url}: found {names[0]} in it, expected an empty folder, a new one or {MANIFEST}")
        folder.write_text(MANIFEST, _manifest(identity))
        return
    for subject, value in json.loads(json.dumps(identity)).items():
        if (found := manifest.get(subject)) != value:
            raise DataError(
                f"{folder.url}: holds a run with another {subject} ({_difference(found, value)}); name another folder"
            )


def _difference(found: Any, asked: Any) -> str:  # noqa: ANN401 - any JSON
    """Say where two values of JSON differ first."""
    if isinstance(found, list) and isinstance(asked, list):
        names = [{item.get("name"): item for item in side} for side in (found, asked)]
        name = next((n for n in [*names[0], *names[1]] if names[0].get(n) != names[1].get(n)), "the order")
        if all(name in side for side in names):
            return f"{name} has another content"
        return f"{name} is only in {'that' if name in names[0] else 'this'} one"
    if isinstance(found, dict) and isinstance(asked, dict):
        key = next(key for key in {**found, **asked} if found.get(key) != asked.get(key))
        return f"{key}: {_brief(found.get(key))} there, {_brief(asked.get(key))} here"
    return f"{_brief(found)} there, {_brief(asked)} here"


def _brief(value: Any) -> str:  # noqa: ANN401 - any JSON
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:17] + "…" + text[-1]


def _manifest(identity: Mapping[str, Any], done: Sequence[Done] = ()) -> str:
    """Return the text of the manifest; without parts, that of a run which is not complete."""
    counts = {name: sum(getattr(part, name) for part in done) for name in ("records", "labelled", "errors")}
    end: dict[str, Any] = {"complete": False}
    if done:
        end = {"complete": True, "counts": counts, "parts": [asdict(part) for part in done]}
    return json.dumps({**identity, **end}, ensure_ascii=False, indent=1) + "\n"


def missing(folder: Folder, parts: Sequence[Part], ending: str) -> tuple[list[Part], int]:
    """Return the parts that are not done, or whose file is not as it was written, and the records of the others."""
    left = [part for part in parts if _done(folder, part, ending) is None]
    return left, sum(part.records for part in parts) - sum(part.records for part in left)


def _done(folder: Folder, part: Part, ending: str) -> tuple[Done, list[dict[str, Any]]] | None:
    """Return what the note of a part says, if there is one and the part's file is there."""
    note = folder.read_json(done_name(part.number))
    if note is None or folder.size(part_name(part.number, ending)) != note["bytes"]:
        return None
    faults = note.pop("faults")
    return Done(**note), faults


def finish(folder: Folder, parts: Sequence[Part], ending: str, identity: Mapping[str, Any]) -> list[Done]:
    """Write ``errors.jsonl`` and the complete manifest when every part is there and every record is accounted for.

    Raises:
        DataError: a part is missing, or the counts do not add up.
    """
    done: list[Done] = []
    with folder.whole(ERRORS) as path, path.open("w", encoding="utf-8") as errors:
        for part in parts:
            note = _done(folder, part, ending)
            if note is None:
                raise DataError(f"{folder.url}: {part} is not there although it was done; start the run again")
            found, faults = note
            if not found.records == part.records == found.labelled + found.errors or len(faults) != found.errors:
                raise DataError(
                    f"{folder.url}: {part}: {found.labelled} labelled and {len(faults)} errors do not make "
                    f"{part.records} records; delete {done_name(part.number)} and start the run again"
                )
            errors.writelines(json.dumps(fault, ensure_ascii=False) + "\n" for fault in faults)
            done.append(found)
    folder.write_text(MANIFEST, _manifest(identity, done))
    return done
