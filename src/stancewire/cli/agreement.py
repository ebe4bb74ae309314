"""``stancewire agreement``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("files", metavar="FILE_A FILE_B [...]", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--topic",
    "topics",
    multiple=True,
    help="Compare this topic only; may be repeated.  [default: all that stand in the files]",
)
@click.option(
    "--disagreements",
    "most",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="List so many labels on which the annotators differ, to be settled together.",
)
def agreement(files: tuple[Path, ...], topics: tuple[str, ...], most: int) -> None:
    """Say how far annotators agree who labelled the same articles, one file each.

    Articles are matched by their id and must have the same text; quotes are the same where they share half of their
    joint characters. Cohen's kappa is the mean over pairs of annotators, Krippendorff's alpha of all of them at once;
    1 is full agreement, 0 what chance would give. The page is Markdown.

    \b
    stancewire agreement anna.jsonl ben.jsonl --disagreements 50
    """  # noqa: D301 - click wants the character itself
    if len(files) < 2:
        raise click.UsageError("name the files of two annotators or more")
    from stancewire.data import read_articles
    from stancewire.evaluation.agreement import disagreements, label_agreement, match_annotations, span_agreement
    from stancewire.evaluation.pages import agreement_page

    read = {str(path): list(read_articles(path)) for path in files}
    if not topics:
        every = [a for articles in read.values() for a in articles]
        annotated = [labels for a in every for labels in (a.topics, *(quote.topics for quote in a.quotes))]
        topics = tuple(sorted({topic for labels in annotated for topic in labels or {}}))
    matched = match_annotations(read, topics)
    differing = disagreements(matched, topics)
    agreed = label_agreement(matched, topics)
    click.echo(agreement_page(span_agreement(read), agreed, differing, list(read), most))
