"""Reports: one record of what was measured, on what, with which code, and the same as Markdown."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stancewire.evaluation.endtoend import OVERLAP, EndToEndRow
from stancewire.evaluation.metrics import ALL, ScoreTable

SCHEMA = "stancewire-report/1"
PACKAGES = ("stancewire", "numpy", "scikit-learn", "torch", "transformers")
METRICS = {
    "average_precision": "of the probabilities that a topic is on; for all topics the mean over those with a positive",
    "f1": "of the on and off labels; for all topics the mean over those with a positive",
    "stance_f1": "mean F1 of the stances that occur in gold, where the gold topic is on with a known stance, whether "
    "or not it was found on; for all topics their pairs are pooled",
    "end_to_end": f"quotes match when they share {OVERLAP:g} of their joint characters; a topic of a quote that was "
    "missed is a miss, one of a quote that is none a false alarm; all topics are pooled",
}
"""What the numbers are; all lie in [0, 1], more is better, null is undefined."""

UNDEFINED = "–"


@dataclass(frozen=True, slots=True)
class System:
    """What was scored on the units that the data gives: the checkpoint, or a baseline.

    Attributes:
        name: short, for tables.
        description: what it is, in a sentence.
        table: its scores.
    """

    name: str
    description: str
    table: ScoreTable


def make_report(
    checkpoint: Mapping[str, Any],
    data: Mapping[str, Any],
    train: Mapping[str, Any] | None,
    topics: Sequence[str],
    systems: Sequence[System],
    end_to_end: Sequence[EndToEndRow],
) -> dict[str, Any]:
    """Return the report as JSON has it.

    Args:
        checkpoint: its name, digest and label set.
        data: name, split, digest and counts of what was scored.
        train: the same of what the baselines learned from, if there are any.
        topics: the names of the label set.
        systems: the checkpoint first.
        end_to_end: of the checkpoint; empty where no record's quotes are annotated in full.
    """
    return {
        "schema": SCHEMA,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "versions": {package: version(package) for package in PACKAGES},
        "checkpoint": dict(checkpoint),
        "data": dict(data),
        "train": dict(train) if train else None,
        "topics": list(topics),
        "metrics": METRICS,
        "systems": [
            {
                "name": system.name,
                "description": system.description,
                "rows": [row.to_dict() for row in system.table.rows],
            }
            for system in systems
        ],
        "end_to_end": [row.to_dict() for row in end_to_end],
    }


def write_report(report: Mapping[str, Any], folder: Path) -> None:
    """Write ``report.json`` and ``report.md`` into a folder, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "report.json", json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    _write(folder / "report.md", markdown(report))


def markdown(report: Mapping[str, Any]) -> str:
    """Return the report as a page: by unit beside the baselines, by topic, by language, end to end."""
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
        "the mean over the stances that occur, where the gold topic is on, whether or not it was found on.",
        "",
        *(f"- **{system['name']}**: {system['description']}" for system in report["systems"]),
        "",
        "## By topic",
        "",
        _topic_table(report),
        "",
        "## By language",
        "",
        _language_table(report),
        "",
        "## End to end",
        "",
        *_end_to_end(report),
        "",
    ]
    return "\n".join(parts)


def unit_table(report: Mapping[str, Any]) -> str:
    """Return the first table of the page: every system on articles and on quotes."""
    rows = [
        [
            row["kind"],
            system["name"],
            *_numbers(row),
        ]
        for kind in ("article", "quote")
        for system in report["systems"]
        for row in _rows(system, kind, topic=ALL, lang=ALL)
    ]
    return _table(["unit", "system", *_NUMBERS], rows, left=2)


def _facts(
    checkpoint: Mapping[str, Any], data: Mapping[str, Any], train: Mapping[str, Any] | None, report: Mapping[str, Any]
) -> list[str]:
    facts = [
        f"- checkpoint: {checkpoint['name']}, sha256 `{checkpoint['sha256'][:16]}`",
        f"- data: {_source(data)}",
        f"- stancewire {report['versions']['stancewire']}, {report['date'][:10]}",
    ]
    if train:
        facts.insert(2, f"- the baselines learned from: {_source(train)}")
    return facts


def _source(source: Mapping[str, Any]) -> str:
    split = f" ({source['split']})" if source["split"] else ""
    return (
        f"{source['name']}{split}, {source['articles']:,} articles, {source['quotes']:,} quotes, "
        f"sha256 `{source['sha256'][:16]}`"
    )


def _topic_table(report: Mapping[str, Any]) -> str:
    rows = [
        [kind, topic, system["name"], *_numbers(row)]
        for kind in ("article", "quote")
        for topic in report["topics"]
        for system in report["systems"]
        for row in _rows(system, kind, topic=topic, lang=ALL)
    ]
    return _table(["unit", "topic", "system", *_NUMBERS], rows, left=3)


def _language_table(report: Mapping[str, Any]) -> str:
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
                _share(row["average_precision"]),
                _share(row["f1"]),
                f"{row['stance_n']:,}",
                _share(row["stance_f1"]),
                *(_share(other[name]) for other in beside for name in ("average_precision", "stance_f1")),
            ]
        )
    return _table(head, rows, left=2)


def _end_to_end(report: Mapping[str, Any]) -> list[str]:
    rows = report["end_to_end"]
    if not rows:
        return ["No record says of all its quotes where they are."]
    topics = [
        [
            row["topic"],
            *(f"{row['relevance'][name]:,}" for name in ("gold", "found")),
            *(_share(row["relevance"][name]) for name in ("precision", "recall", "f1")),
            _share(row["stance"]["f1"]),
        ]
        for row in rows
        if row["lang"] == ALL
    ]
    langs = [
        [
            row["lang"],
            f"{row['articles']:,}",
            *(f"{row['quotes'][name]:,}" for name in ("gold", "found")),
            *(_share(row["quotes"][name]) for name in ("precision", "recall", "f1")),
            f"{row['speakers']:,}",
            _share(row["speaker_accuracy"]),
            f"{row['relevance']['gold']:,}",
            _share(row["relevance"]["f1"]),
            _share(row["stance"]["f1"]),
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
        _table([*quote_head, "speaker right", "pairs", "topic F1", "topic and stance F1"], langs, left=1),
        "",
        _table(["topic", "pairs", "found", "precision", "recall", "F1", "F1 with stance"], topics, left=1),
    ]


_NUMBERS = ["n", "on", "AP", "F1", "precision", "recall", "stance n", "stance F1"]


def _numbers(row: Mapping[str, Any]) -> list[str]:
    return [
        f"{row['n']:,}",
        f"{row['positives']:,}",
        *(_share(row[name]) for name in ("average_precision", "f1", "precision", "recall")),
        f"{row['stance_n']:,}",
        _share(row["stance_f1"]),
    ]


def _rows(system: Mapping[str, Any], kind: str, topic: str, lang: str) -> list[Mapping[str, Any]]:
    return [row for row in system["rows"] if (row["kind"], row["topic"], row["lang"]) == (kind, topic, lang)]


def _share(value: float | None) -> str:
    return UNDEFINED if value is None else f"{100 * value:.1f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    """Return a Markdown table whose first ``left`` columns are words, the others numbers."""
    rule = ["---"] * left + ["--:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, "utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
