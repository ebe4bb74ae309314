"""``stancewire compare``."""

from __future__ import annotations

from pathlib import Path

import click

from stancewire.cli.progress import say

REPORT = click.Path(path_type=Path)


@click.command()
@click.argument("report_a", metavar="REPORT_A", type=REPORT)
@click.argument("report_b", metavar="REPORT_B", type=REPORT)
@click.option(
    "--flips",
    default=10,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many of the examples to show that one has right and the other wrong; the surest mistakes first.",
)
def compare(report_a: Path, report_b: Path, flips: int) -> None:
    """Say whether REPORT_B is better than REPORT_A, or whether the records cannot tell.

    A report is the folder that stancewire evaluate wrote, or its predictions.parquet. Both must be of the same
    records: the difference of each figure is computed on the same pairs and in the same draws of whole stories, which
    finds smaller differences than two intervals side by side. The last column is the smallest difference that a set
    like this would find in four of five cases; "no difference found" says nothing of smaller ones. The page is
    Markdown.

    \b
    stancewire compare reports/monday reports/tuesday > comparison.md
    """  # noqa: D301 - click wants the character itself
    from stancewire.evaluation.compare import Paired
    from stancewire.evaluation.pages import comparison
    from stancewire.evaluation.pairs import CHECKPOINT, read_pairs

    paired = Paired(read_pairs(report_a, CHECKPOINT), read_pairs(report_b, CHECKPOINT))
    if any(paired.left_out):
        first, second = paired.left_out
        say(f"left out, as only one report has them: {first:,} pairs of the first, {second:,} of the second")
    click.echo(comparison(paired, str(report_a), str(report_b), flips))
