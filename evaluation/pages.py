"""The pages of a comparison, an agreement and an estimate, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from stancewire.evaluation.agreement import LabelAgreement, SpanAgreement
from stancewire.evaluation.compare import Difference, Paired
from stancewire.evaluation.estimate import Share
from stancewire.evaluation.intervals import Interval
from stancewire.evaluation.markdown import NAMES, UNDEFINED, cell, share, signed, table
from stancewire.evaluation.metrics import ratio
from stancewire.evaluation.population import Question


def comparison(paired: Paired, before: str, after: str, flips: int) -> str:
    """Return the page of a comparison: the differences by kind of unit, and the examples that flipped."""
    differences = [difference for kind in paired.kinds() for difference in paired.differences(kind)]
    rows = [
        [
            difference.kind,
            NAMES[difference.figure],
            f"{difference.n:,}",
            f"{difference.stories:,}",
            share(difference.before),
            share(difference.after),
            f"{signed(difference.value)} ({signed(difference.low)} to {signed(difference.high)})",
            f"{difference.p:.3f}",
            share(difference.detectable),
            _verdict(difference),
        ]
        for difference in differences
    ]
    head = ["unit", "figure", "n", "stories", "A", "B", "B − A (95 %)", "p", "detectable", "B is"]
    shown, every = paired.flips(flips), paired.flips()
    changes = every["change"].value_counts()
    parts = [
        f"A: {before}  \nB: {after}",
        "",
        table(head, rows, left=2),
        "",
        f"Flipped: {changes.get('fixed', 0):,} pairs are right in B alone, {changes.get('broken', 0):,} in A alone.",
    ]
    if len(shown):
        names = ["change", "id", "unit", "lang", "target", "gold", "before", "after", "text"]
        lines = [[cell(str(value)) for value in line] for line in shown[names].to_numpy().tolist()]
        head = ["B has it", "article", "unit", "language", "target", "gold", "A", "B", "text"]
        parts += ["", table(head, lines, left=len(head))]
    return "\n".join(parts)


def agreement_page(
    spans: Sequence[SpanAgreement],
    labels: Sequence[LabelAgreement],
    differing: Sequence[tuple[str, str, str, tuple[str, ...]]],
    names: Sequence[str],
    most: int,
) -> str:
    """Return the page of an agreement: quotes, labels, and up to ``most`` labels that differ."""
    span_rows = [
        [
            cell(found.first),
            cell(found.second),
            *(f"{count:,}" for count in (found.articles, found.loose.gold, found.loose.found)),
            *(share(value) for value in (found.loose.f1, found.exact.f1, ratio(*found.speakers))),
        ]
        for found in spans
    ]
    label_rows = [
        [
            *(found.kind, found.what, found.topic, f"{found.n:,}", share(found.same)),
            _coefficient(found.kappa, found.kappa_interval),
            _coefficient(found.alpha, found.alpha_interval),
        ]
        for found in labels
    ]
    span_head = ["A", "B", "articles", "quotes of A", "of B", "F1, half shared", "F1, the same", "same speaker"]
    parts = [
        "## Quotes",
        "",
        table(span_head, span_rows, left=2),
        "",
        "## Labels",
        "",
        table(["unit", "what", "topic", "n", "same", "κ (95 %)", "α (95 %)"], label_rows, left=3),
        "",
        f"{len(differing):,} labels differ.",
    ]
    if most and differing:
        lines = [[cell(article), cell(unit), topic, *said] for article, unit, topic, said in differing[:most]]
        head = ["article", "unit", "topic", *map(cell, names)]
        parts += ["", table(head, lines, left=len(head))]
    return "\n".join(parts)


def shares_page(shares: Sequence[Share], question: Question) -> str:
    """Return the page of an estimate: the naive count, the labels alone and the corrected share, by group."""
    whole = f"{question.kind}s about {question.topic}" if question.of_topic else f"all {question.kind}s"
    rows = [
        [
            cell(found.group),
            *(f"{count:,}" for count in (found.units, found.labelled, found.stories)),
            _with_ends(found.naive, found.naive_interval),
            _with_ends(found.labels_alone, found.labels_interval),
            found.too_small or f"**{_with_ends(found.value, found.interval)}**",
        ]
        for found in shares
    ]
    head = ["group", "units", "labelled", "stories", "counted (naive)", "labels alone", "share (95 %)"]
    parts = [
        f"{question.topic}={question.stance}, in hundredths of {whole}",
        "",
        table(head, rows, left=1),
        "",
        "The naive interval takes the model for right; it says nothing of the true share.",
    ]
    return "\n".join(parts)


def _with_ends(value: float | None, interval: Interval | None) -> str:
    return share(value) + (f" ({share(interval[0])}–{share(interval[1])})" if interval else "")


def _coefficient(value: float | None, interval: Interval | None) -> str:
    ends = f" ({interval[0]:.2f}–{interval[1]:.2f})" if interval else ""
    return UNDEFINED if value is None else f"{value:.2f}{ends}"


def _verdict(difference: Difference) -> str:
    return f"**{difference.verdict}**" if difference.verdict in ("better", "worse") else difference.verdict
