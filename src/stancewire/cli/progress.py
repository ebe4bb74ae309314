"""Progress bars on standard error, where a person looks; none where standard error is a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_ERROR = Console(stderr=True)


@contextmanager
def progress_bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar with rate and time left; gives the function that advances it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_ERROR, transient=True, disable=not _ERROR.is_terminal) as progress:
        task = progress.add_task(label, total=total)
        yield lambda step: progress.advance(task, step)


def say(line: str) -> None:
    """Print a line for the user on standard error; standard output is for results."""
    _ERROR.print(line, markup=False, highlight=False, soft_wrap=True)
