"""The options that every command which labels has: what is asked, and of what."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click

from stancewire.errors import DataError, found_expected

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
"""The shape of a language tag (RFC 5646), as far as records need one."""


def _language(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _LANGUAGE_TAG.fullmatch(value):
        raise DataError(found_expected("--lang", value, "the code of a language, such as fr or pt-BR"))
    return value


_OPTIONS = (
    click.option("--model", help="A checkpoint folder, or a name on the Hugging Face Hub.  [default: the shipped one]"),
    click.option(
        "--target", "targets", multiple=True, help="An open target to ask about, in any language; may be repeated."
    ),
    click.option(
        "--quotes",
        type=click.Choice(["find", "given"]),
        default="find",
        show_default=True,
        help="Find quotes, or take those of the records.",
    ),
    click.option(
        "--max-error",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        help="Share of the answers on topics that may be wrong, such as 0.1; what is not sure enough says so "
        "(abstained).",
    ),
    click.option(
        "--held-out",
        type=click.Path(path_type=Path),
        metavar="REPORT",
        help="With --max-error: report of the model on records like yours (stancewire evaluate), which says how sure "
        "is sure enough; the shipped model brings none.",
    ),
    click.option("--lang", callback=_language, help="Language of texts that do not say theirs, such as fr."),
)


def labelling(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of labelling."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
