"""The page of a report in Markdown, for pull requests and job summaries, and what such pages are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stancewire.evaluation.endtoend import OVERLAP
from stancewire.evaluation.metrics import ALL, KINDS
from stancewire.evaluation.slices import WORDS
from stancewire.records import STANCES

UNDEFINED = "–"
NAMES = {
    "average_precision": "AP",
    "f1": "F1",
    "precision": "precision",
    "recall": "recall",
    "mcc": "MCC",
    "brier": "Brier",
    "calibration_error": "calibration error",
    "stance_f1": "stance F1",
    "stance_accuracy": "stance accuracy",
    "stance_mcc": "stance MCC",
    "stance_brier": "stance Brier",
    "stance_calibration_error": "stance calibration error",
}
"""What figures are called in tables; all are shown in hundredths."""


def markdown(report: Mapping[str, Any]) -> str:
    """Return a report as a page: by unit beside the baselines, what is worst, by topic, by language, end to end."""
    checkpoint, data, train = report["checkpoint"], report["data"], report["train"]
    parts = [
        f"# {checkpoint['name']} on {data['name']}",
        "",
        *_facts(checkpoint, data, train, report),
        "",
        "## By unit",
        "",
        unit_table(report),
        "",
        "n counts pairs of a unit and a topic. AP and F1 are means over the topics that have a positive; stance F1 is "
        "the mean over the stances that occur, where the gold topic is on, whether or not it was found on."
        + _of_intervals(report),
        "",
        *(f"- **{system['name']}**: {system['description']}" for system in report["systems"]),
        "",
        *_section("Weakest slices", _worst(report)),
        *_section("Open targets", open_targets(report)),
        *_section("Calibration", _calibration(report)),
        *_section("Stances, gold by said", _confusion(report)),
        *_section("Abstaining", _abstaining(report)),
        *_section("By topic", [_topic_table(report)]),
        *_section("By language", [language_table(report)]),
        *_section("End to end", end_to_end(report)),
    ]
    return "\n".join(parts)


def share(value: float | None) -> str:
    """Return a figure in hundredths."""
    return UNDEFINED if value is None else f"{100 * value:.1f}"


def signed(value: float) -> str:
    """Return a difference in hundredths, with its sign."""
    return f"{100 * value:+.1f}".replace("-", "−")


def with_interval(row: Mapping[str, Any], name: str) -> str:
    """Return a row's figure in hundredths, with its interval where it has one."""
    interval = row.get("intervals", {}).get(name)
    ends = f" ({share(interval[0])}–{share(interval[1])})" if interval else ""
    return share(row[name]) + ends


def cell(text: str, most: int = 100) -> str:
    """Return text that is safe and short enough for a cell."""
    line = " ".join(text.split()).replace("|", "\\|")
    return line if len(line) <= most else line[: most - 1] + "…"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    """Return a Markdown table whose first ``left`` columns are words, the others numbers."""
    rule = ["---"] * left + ["--:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def unit_table(report: Mapping[str, Any]) -> str:
    """Return the first table of the page: every system on articles and on quotes."""
    rows = [
        [
            row["kind"],
            system["name"],
            *_numbers(row),
        ]
        for kind in KINDS
        for system in report["systems"]
        for row in _rows(system, kind, topic=ALL, lang=ALL)
    ]
    return table(["unit", "system", *_NUMBERS], rows, left=2)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""] if lines else []


def _of_intervals(report: Mapping[str, Any]) -> str:
    bootstrap = report.get("bootstrap")
    if not bootstrap:
        return ""
    return f" In brackets: 95 % intervals from {bootstrap['draws']:,} draws of whole stories."


def _worst(report: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            found["kind"],
            NAMES[found["figure"]],
            f"{WORDS.get(found['by'], found['by'])} {found['value']}",
            share(found["score"]),
            f"{signed(found['difference'])} ({signed(found['difference_low'])} to {signed(found['difference_high'])})",
            f"{found['p_holm']:.3f}",
            str(found["of"]),
        ]
        for found in report.get("worst", ())
    ]
    if not rows:
        return []
    head = ["unit", "figure", "slice", "there", "against the whole (95 %)", "p", "of slices"]
    small = sum(1 for part in report["slices"] if part["too_small"])
    weaker = any(found["p_holm"] < 0.05 for found in report["worst"])
    note = "p pays for all the slices that were looked at" + ("" if weaker else "; none is weaker beyond chance")
    return [
        table(head, rows, left=3),
        "",
        f"{note}; {small} slices are too small to be judged." if small else f"{note}.",
    ]


def open_targets(report: Mapping[str, Any]) -> list[str]:
    """Return the table of open targets, all and those that training has not seen; nothing if there are none."""
    rows = [[row["value"] or "all", *_numbers(row)] for row in report.get("targets", ())]
    return [table(["targets", *_NUMBERS], rows, left=1)] if rows else []


def _calibration(report: Mapping[str, Any]) -> list[str]:
    rows = []
    for kind, found in report.get("reliability", {}).items():
        whole = next(iter(_rows(report["systems"][0], kind, topic=ALL, lang=ALL)), None)
        for what, prefix in (("topic is on", ""), ("stance is right", "stance_")):
            name = f"{prefix}calibration_error"
            if whole and whole[name] is not None:
                noise = found["noise"][name]
                rows.append(
                    [kind, what, with_interval(whole, f"{prefix}brier"), with_interval(whole, name), share(noise)]
                )
    if not rows:
        return []
    head = ["unit", "probability that", "Brier", "calibration error", "if all were honest"]
    return [
        table(head, rows, left=2),
        "",
        "The last column is the error that honest probabilities show on so few stories.",
    ]


def _abstaining(report: Mapping[str, Any]) -> list[str]:
    """Return what share of the answers is left where an error is allowed."""
    levels = {level["max_error"]: level["thresholds"] for level in report.get("abstention", {}).get("levels", ())}
    shown = [level for level in (0.05, 0.1, 0.2) if level in levels]
    if not shown:
        return []
    rows = [
        [kind, topic, said, *(_answered(levels[level][kind][topic][said]) for level in shown)]
        for kind in KINDS
        for topic in report["topics"]
        for said in ("on", "off")
    ]
    head = ["unit", "topic", "said", *(f"{level:.0%} errors allowed" for level in shown)]
    note = (
        "Answers that are left, and the confidence that they need. In 9 of 10 draws of held-out stories no more than "
        "the allowed share of them is wrong, if these records were neither trained nor tuned on."
    )
    return [table(head, rows, left=3), "", note]


def _answered(told: Mapping[str, Any]) -> str:
    return "none" if told["at_least"] is None else f"{share(told['answered'])} (from {told['at_least']:.2f})"


def _confusion(report: Mapping[str, Any]) -> list[str]:
    rows = [
        [kind, gold, *(f"{count:,}" for count in counts)]
        for kind, cells in report.get("confusion", {}).items()
        for gold, counts in zip(STANCES, cells, strict=True)
        if sum(map(sum, cells))
    ]
    return [table(["unit", "gold", *STANCES], rows, left=2)] if rows else []


def _facts(
    checkpoint: Mapping[str, Any], data: Mapping[str, Any], train: Mapping[str, Any] | None, report: Mapping[str, Any]
) -> list[str]:
    facts = [
        f"- checkpoint: {checkpoint['name']}, sha256 `{checkpoint['sha256'][:16]}`",
        f"- data: {source_line(data)}",
        f"- stancewire {report['versions']['stancewire']}, {report['date'][:10]}",
    ]
    if train:
        facts.insert(2, f"- the baselines learned from: {source_line(train)}")
    return facts


def source_line(source: Mapping[str, Any]) -> str:
    """Return what a set is: its name, split, counts and digest."""
    split = f" ({source['split']})" if source["split"] else ""
    return (
        f"{source['name']}{split}, {source['articles']:,} articles, {source['quotes']:,} quotes, "
        f"sha256 `{source['sha256'][:16]}`"
    )


def _topic_table(report: Mapping[str, Any]) -> str:
    rows = [
        [kind, topic, system["name"], *_numbers(row)]
        for kind in KINDS
        for topic in report["topics"]
        for system in report["systems"]
        for row in _rows(system, kind, topic=topic, lang=ALL)
    ]
    return table(["unit", "topic", "system", *_NUMBERS], rows, left=3)


def language_table(report: Mapping[str, Any]) -> str:
    """Return the table by unit and language, with the other systems' figures beside."""
    first, *others = report["systems"]
    head = ["unit", "language", "n", "on", "AP", "F1", "stance n", "stance F1"]
    head += [f"{system['name']} {what}" for system in others for what in ("AP", "stance F1")]
    rows = []
    for row in first["rows"]:
        if row["topic"] != ALL or row["lang"] == ALL:
            continue
        beside = [_rows(system, row["kind"], topic=ALL, lang=row["lang"])[0] for system in others]
        rows.append(
            [
                row["kind"],
                row["lang"],
                f"{row['n']:,}",
                f"{row['positives']:,}",
                with_interval(row, "average_precision"),
                share(row["f1"]),
                f"{row['stance_n']:,}",
                with_interval(row, "stance_f1"),
                *(share(other[name]) for other in beside for name in ("average_precision", "stance_f1")),
            ]
        )
    return table(head, rows, left=2)


def end_to_end(report: Mapping[str, Any]) -> list[str]:
    """Return what the checkpoint reaches with quotes that it finds itself, by language and by topic."""
    rows = report["end_to_end"]
    if not rows:
        return ["No record says of all its quotes where they are."]
    topics = [
        [
            row["topic"],
            *(f"{row['relevance'][name]:,}" for name in ("gold", "found")),
            *(share(row["relevance"][name]) for name in ("precision", "recall", "f1")),
            share(row["stance"]["f1"]),
        ]
        for row in rows
        if row["lang"] == ALL
    ]
    langs = [
        [
            row["lang"],
            f"{row['articles']:,}",
            *(f"{row['quotes'][name]:,}" for name in ("gold", "found")),
            *(share(row["quotes"][name]) for name in ("precision", "recall", "f1")),
            f"{row['speakers']:,}",
            share(row["speaker_accuracy"]),
            f"{row['relevance']['gold']:,}",
            share(row["relevance"]["f1"]),
            share(row["stance"]["f1"]),
        ]
        for row in rows
        if row["topic"] == ALL
    ]
    quote_head = ["language", "articles", "quotes", "found", "precision", "recall", "F1", "matched, speaker known"]
    return [
        "The checkpoint reads the bare text and finds the quotes itself; the labels of articles do not depend on them. "
        f"A found quote matches an annotated one when they share {OVERLAP:.0%} of their joint characters. A pair is a "
        "quote and a topic that is on.",
        "",
        table([*quote_head, "speaker right", "pairs", "topic F1", "topic and stance F1"], langs, left=1),
        "",
        table(["topic", "pairs", "found", "precision", "recall", "F1", "F1 with stance"], topics, left=1),
    ]


_NUMBERS = ["n", "on", "AP", "F1", "precision", "recall", "stance n", "stance F1"]


def _numbers(row: Mapping[str, Any]) -> list[str]:
    return [
        f"{row['n']:,}",
        f"{row['positives']:,}",
        *(with_interval(row, name) for name in ("average_precision", "f1")),
        *(share(row[name]) for name in ("precision", "recall")),
        f"{row['stance_n']:,}",
        with_interval(row, "stance_f1"),
    ]


def _rows(system: Mapping[str, Any], kind: str, topic: str, lang: str) -> list[Mapping[str, Any]]:
    return [row for row in system["rows"] if (row["kind"], row["topic"], row["lang"]) == (kind, topic, lang)]
