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
from stancewire.evaluation.markdown import markdown, unit_table
from stancewire.evaluation.metrics import ScoreTable

__all__ = ["SCHEMA", "System", "make_report", "markdown", "unit_table", "write_report", "write_text"]

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
    write_text(folder / "report.json", json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    write_text(folder / "report.md", markdown(report))


def write_text(path: Path, text: str) -> None:
    """Write a file that is whole or not there."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, "utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
