"""``stancewire batch``."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancewire.cli.options import labelling
from stancewire.cli.progress import say
from stancewire.cli.rendering import print_results, write_parquet
from stancewire.errors import DataError, found_expected

if TYPE_CHECKING:
    from stancewire.data.parts import Plan
    from stancewire.inference.batch_folder import Done
    from stancewire.predictions import Prediction

SECONDS = (1, 30)
"""Between two lines of progress: on a terminal, where each takes the place of the last, and in a log."""


@click.command()
@click.argument("source", metavar="INPUT")
@click.argument("output", metavar="OUTPUT")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "parquet"]),
    default="jsonl",
    show_default=True,
    help="jsonl: an article a line with all its quotes; parquet: a row a unit, the article and then each quote.",
)
@click.option(
    "--part-records",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Records of one part. A part not finished is done again: fewer lose less, more make fewer files.",
)
@click.option(
    "--engine",
    type=click.Choice(["here", "ray"]),
    default="here",
    show_default=True,
    help="Label in this process, or with Ray Data: on the cluster that RAY_ADDRESS names, else on this machine.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes that Ray keeps, each with the model in memory.  [default: one a core of this machine]",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="Cores of one worker; the last digits depend on it.  [default: all of the machine here, one with Ray]",
)
@labelling
@click.pass_context
def batch(
    context: click.Context,
    source: str,
    output: str,
    model: str | None,
    form: str,
    part_records: int,
    engine: str,
    workers: int | None,
    threads: int | None,
    targets: tuple[str, ...],
    quotes: str,
    max_error: float | None,
    held_out: Path | None,
    lang: str | None,
) -> None:
    """Label large files part by part; killed and started again, it does only what is missing.

    INPUT is a file of records (.jsonl, also .jsonl.gz and .jsonl.xz; .parquet) or a folder of them, OUTPUT a folder;
    both may be paths of fsspec, such as s3://bucket/news. OUTPUT/parts holds the answers, manifest.json counts and
    digests, errors.jsonl the records that could not be read, with file, line and reason. The exit code is 0 if all
    records were labelled, 1 if some could not be read.

    \b
    stancewire batch news/ labels/
    stancewire batch news.parquet labels/ --format parquet --engine ray --workers 4
    """  # noqa: D301 - click wants the character \b, not its escape
    if any(not target.strip() for target in targets):
        raise DataError(found_expected("--target", "", "a phrase or a proposition"))
    if workers and engine != "ray":
        raise click.UsageError("--workers needs --engine ray; one process works on several cores with --threads")
    from stancewire.data.parts import PartReader, cut_input
    from stancewire.inference.batch import Job, Worker, identity, label_here, label_with_ray
    from stancewire.inference.batch_folder import Folder, begin, finish, missing

    folder = Folder(output)
    if folder.is_under(Folder(source)):
        raise DataError(f"{output}: lies in the input {source}; name a folder beside it")
    job = Job(
        output=folder.system.unstrip_protocol(folder.root),  # whole paths: a worker may stand in another folder
        reader=PartReader,
        write=write_parquet if form == "parquet" else _write_jsonl,
        ending=f".{form}",
        model=_whole_path(model),
        quotes="given" if quotes == "given" else "find",
        targets=tuple(dict.fromkeys(targets)),
        lang=lang,
        max_error=max_error,
        held_out=str(held_out.absolute()) if held_out else None,
        threads=threads or (1 if engine == "ray" else 0),
    )
    with folder.claimed():
        plan = cut_input(source, part_records, _reading_teller())
        _tell_plan(plan)
        worker = Worker(job)
        run = identity(job, worker.predictor, plan.files, part_records)
        begin(folder, run)
        left, before = missing(folder, plan.parts, job.ending)
        if before:
            say(f"{before:,} records are labelled already, {plan.records - before:,} are left")
        progress = _teller(plan.records, before)
        if engine == "ray" and left:
            del worker
            labelled = label_with_ray(job, left, workers or os.cpu_count() or 1, progress)
        else:
            labelled = label_here(worker, left, progress)
        for _ in labelled:
            pass
        done = finish(folder, plan.parts, job.ending, run)
    if _tell_end(output, done):
        context.exit(1)


def _whole_path(name: str | None) -> str | None:
    """Return a path from the root; a name of the Hub stays as it is."""
    return str(Path(name).absolute()) if name and Path(name).exists() else name


def _write_jsonl(results: Iterable[Prediction], topics: Sequence[str], targets: Sequence[str], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        print_results(results, (), "jsonl", file)


def _tell_plan(plan: Plan) -> None:
    say(f"{_count(plan.records, 'record')} in {_count(len(plan.files), 'file')}, {_count(len(plan.parts), 'part')}")
    if plan.others:
        say(f"left out, of another kind: {_count(len(plan.others), 'file')} ({', '.join(plan.others[:3])})")


def _lines() -> Callable[[str, bool], None]:
    """Return a function that prints a line if it is time for one; on a terminal each over the other, and the last."""
    terminal = sys.stderr.isatty()
    told = time.monotonic()

    def print_line(line: str, is_last: bool) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= SECONDS[not terminal] or (terminal and is_last):
            told = now
            click.echo(f"\r\033[K{line}" if terminal else line, err=True, nl=is_last or not terminal)

    return print_line


def _reading_teller() -> Callable[[int], None]:
    """Return a function that counts bytes of the input and says from time to time how many were read."""
    print_line, read = _lines(), 0

    def advance(step: int) -> None:
        nonlocal read
        read += step
        print_line(f"reading the input for its digest: {read / 1e9:,.1f} GB", False)

    return advance


def _teller(total: int, before: int) -> Callable[[int], None]:
    """Return a function that counts records and says from time to time how far it is, how fast, and how long to go."""
    print_line, done, start = _lines(), before, time.monotonic()

    def advance(step: int) -> None:
        nonlocal done
        done += step
        rate = (done - before) / max(time.monotonic() - start, 1e-9)
        left = timedelta(seconds=round((total - done) / rate)) if rate else "unknown"
        print_line(f"{done:,} of {total:,} records, {rate:,.1f} a second, {left} left", done == total)

    return advance


def _tell_end(output: str, done: Sequence[Done]) -> int:
    """Say what there is, and return how many records could not be read.

    Raises:
        DataError: nothing could be read.
    """
    labelled, errors = sum(part.labelled for part in done), sum(part.errors for part in done)
    if not labelled:
        raise DataError(f"{output}: none of {_count(errors, 'record')} could be read; {output}/errors.jsonl says why")
    say(f"{output}: {_count(labelled, 'article')} in {_count(len(done), 'part')}")
    if errors:
        say(f"{_count(errors, 'record')} could not be read: file, line and reason are in {output}/errors.jsonl")
    return errors


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
