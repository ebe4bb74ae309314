"""Label large inputs part by part; killed at any moment and started again, only what is missing is done.

A part is labelled by itself, so its bytes are a function of its records, the checkpoint, the settings and the
libraries, not of what was done before it or beside it. The folder::

    manifest.json       what is labelled with what; at the end the counts and digests of all parts
    parts/part-*.jsonl  the answers, one file for each part of the input
    done/part-*.json    written after its part: counts, digest, and the records that could not be read
    errors.jsonl        at the end: the records of all parts that could not be read

Each file appears whole.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Protocol

import torch

from stancewire.errors import DataError, StancewireError
from stancewire.inference.abstaining import FILE as ABSTENTION
from stancewire.inference.abstaining import read_abstention
from stancewire.inference.batch_folder import Done, Folder, Part, done_name, part_name
from stancewire.inference.predictor import Predictor
from stancewire.models.files import MANIFEST as CHECKPOINT_MANIFEST
from stancewire.models.files import sha256, verify_folder
from stancewire.predictions import Prediction
from stancewire.records import Article

LIBRARIES = ("torch", "transformers", "tokenizers", "pyarrow")
"""Whose other versions may give other last digits, or other bytes."""
RAY_BLOCKS = 4096
"""Into which Ray Data is given the parts, at most; each costs it a little."""


class Fault(Protocol):
    """A record that could not be read."""

    def to_dict(self) -> dict[str, Any]:
        """Return the line of ``errors.jsonl``."""


class PartReader(AbstractContextManager["PartReader"], Protocol):
    """Reads parts."""

    def read(self, part: Any) -> Iterator[Article | Fault]:  # noqa: ANN401 - its own kind of part
        """Yield an article or a fault for each record of a part."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to label any part; it can be sent to another process.

    Attributes:
        output: the folder, local or any that fsspec reaches.
        reader: makes a reader of parts.
        write: writes answers to a file, given the names of the topics and the open targets.
        ending: of the files that it writes, such as ``.jsonl``.
        model: as :meth:`Predictor.load` takes it.
        quotes: find quotes, or take those of the records.
        targets: open targets.
        lang: language of records that do not say theirs.
        max_error: as :meth:`Predictor.iter_predict` takes it.
        held_out: as :meth:`Predictor.iter_predict` takes it.
        threads: of a worker; 0 for as many as torch takes by itself.
    """

    output: str
    reader: Callable[[], PartReader]
    write: Callable[[Iterable[Prediction], Sequence[str], Sequence[str], Path], None]
    ending: str
    model: str | None = None
    quotes: Literal["find", "given"] = "find"
    targets: tuple[str, ...] = ()
    lang: str | None = None
    max_error: float | None = None
    held_out: str | None = None
    threads: int = 0


class Worker:
    """Labels parts with one predictor; keep it, loading is the slow part."""

    def __init__(self, job: Job, predictor: Predictor | None = None) -> None:
        """Take a job, and the predictor if it is loaded already."""
        if job.threads:
            torch.set_num_threads(job.threads)
        self.job = job
        self.predictor = predictor or Predictor.load(job.model)
        self.folder = Folder(job.output)
        self.reader = job.reader()

    def label(self, part: Part, progress: Callable[[int], None] | None = None) -> Done:
        """Write a part's answers, then the note that it is done.

        Raises:
            DataError: the input has changed since it was cut.
        """
        job, faults, labelled = self.job, list[Fault](), 0

        def articles() -> Iterator[Article]:
            for item in self.reader.read(part):
                if isinstance(item, Article):
                    yield replace(item, lang=item.lang or job.lang)
                else:
                    faults.append(item)

        def counted() -> Iterator[Prediction]:
            nonlocal labelled
            for prediction in self.predictor.iter_predict(
                articles(), job.quotes, job.targets, progress, job.max_error, job.held_out
            ):
                labelled += 1
                yield prediction

        try:
            with self.folder.whole(part_name(part.number, job.ending)) as path:
                job.write(counted(), [topic.name for topic in self.predictor.labels.topics], job.targets, path)
                done = Done(part.number, part.records, labelled, len(faults), path.stat().st_size, sha256(path))
                if labelled + len(faults) != part.records:
                    raise DataError(f"{part}: found {labelled + len(faults)} records; it has changed since it was cut")
        except Exception as error:
            error.add_note(f"while labelling {part}")
            raise
        note = asdict(done) | {"faults": [fault.to_dict() for fault in faults]}
        self.folder.write_text(done_name(part.number), json.dumps(note, ensure_ascii=False) + "\n")
        return done


def identity(job: Job, predictor: Predictor, files: Sequence[Any], part_records: int) -> dict[str, Any]:
    """Return all that the answers of a run depend on, by subject; two runs may share a folder only if it is equal.

    Args:
        job: its settings; neither engine nor model name are among them, but the checkpoint's digest is.
        predictor: with the checkpoint, checked to be whole, on the device that it computes on.
        files: dataclasses that name each input file with its digest; where it lies is left out.
        part_records: of one part, at most.

    Raises:
        CheckpointError: the checkpoint's files are not what its manifest says.
        DataError: nothing is known for ``max_error``.
    """
    folder = predictor.checkpoint.folder
    verify_folder(folder)
    checkpoint = sha256(folder / CHECKPOINT_MANIFEST)
    held_out = None
    if job.max_error is not None:
        path = Path(job.held_out or folder)
        read_abstention(path, job.max_error, checkpoint)
        held_out = sha256(path / ABSTENTION if path.is_dir() else path)
    return {
        "versions": {name: version(name) for name in ("stancewire", *LIBRARIES)},
        "checkpoint": {"sha256": checkpoint},
        "settings": {
            "format": job.ending.removeprefix("."),
            "quotes": job.quotes,
            "targets": list(job.targets),
            "lang": job.lang,
            "max_error": job.max_error,
            "held_out": held_out,
            "part_records": part_records,
            "device": predictor.model.device.type,
            "threads": torch.get_num_threads(),  # sums of other parts have other last digits
        },
        "input": [{name: value for name, value in asdict(file).items() if name != "url"} for file in files],
    }


def label_here(worker: Worker, parts: Iterable[Part], progress: Callable[[int], None]) -> Iterator[Done]:
    """Label parts one after another in this process."""
    with worker.reader:
        for part in parts:
            done = worker.label(part, progress)
            progress(done.errors)
            yield done


def label_with_ray(job: Job, parts: Sequence[Part], workers: int, progress: Callable[[int], None]) -> Iterator[Done]:
    """Label parts with Ray Data: on the cluster that ``RAY_ADDRESS`` names, else in processes on this machine.

    Args:
        job: its ``threads`` are the cores of each worker, at least one.
        parts: what is to be done.
        workers: how many processes.
        progress: called with the number of records after each part.

    Raises:
        DataError: Ray is not installed, or a worker found what a user can mend.
    """
    try:
        import ray
    except ImportError as error:
        raise DataError("--engine ray needs Ray; install it with: pip install 'stancewire[ray]'") from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # what is labelled here is nobody else's business
    if not ray.is_initialized():
        here = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers * job.threads, "include_dashboard": False}
        ray.init(log_to_driver=False, logging_level=logging.ERROR, **here)
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # once it is loaded: it sets the level itself
    labelled = ray.data.from_items(
        [{"index": index} for index in range(len(parts))], override_num_blocks=min(len(parts), RAY_BLOCKS)
    ).map(
        _RayWorker,
        fn_constructor_args=(job, parts),
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=job.threads,
    )
    for row in labelled.iter_rows():
        if row["wrong"]:
            raise DataError(row["wrong"])
        done = Done(**json.loads(row["done"]))
        progress(done.records)
        yield done


class _RayWorker:
    """A worker as Ray Data calls it."""

    def __init__(self, job: Job, parts: Sequence[Part]) -> None:
        self.worker = Worker(job)
        self.parts = parts

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"done": json.dumps(asdict(self.worker.label(self.parts[row["index"]]))), "wrong": ""}
        except StancewireError as error:  # as a row: Ray would make a page of it
            return {"done": "", "wrong": str(error)}
