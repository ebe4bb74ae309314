"""The ``model-index`` block of a model card, which the Hugging Face Hub shows beside the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from huggingface_hub import EvalResult
from huggingface_hub.repocard_data import eval_results_to_model_index

from stancewire.evaluation.markdown import NAMES
from stancewire.evaluation.metrics import ALL

FIGURES = ("average_precision", "f1", "stance_f1", "brier", "calibration_error")


def model_index(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the block of the reports of one checkpoint, to be put into the front matter of its card."""
    named = [without_paths(report) for report in reports]
    results = [result for report in named for result in _results(report)]
    return {"model-index": _plain(eval_results_to_model_index(named[0]["checkpoint"]["name"], results))}


def without_paths(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report that names checkpoint and data without their folders, which say nothing to others."""
    checkpoint, data = PurePath(report["checkpoint"]["name"]), PurePath(report["data"]["name"])
    name = checkpoint.parent.name if checkpoint.name == "checkpoint" else checkpoint.name
    return {
        **report,
        "checkpoint": {**report["checkpoint"], "name": name},
        "data": {**report["data"], "name": data.name},
    }


def _results(report: Mapping[str, Any]) -> list[EvalResult]:
    data = report["data"]
    return [
        EvalResult(
            task_type="text-classification",
            task_name="topic and stance",
            # The Hub lumps together what does not differ in its dataset.
            dataset_config=f"{row['kind']}s",
            dataset_type=data["name"],
            dataset_name=data["name"],
            dataset_split=data["split"],
            dataset_revision=data["sha256"][:16],
            metric_type=name,
            metric_name=NAMES[name],
            metric_value=round(row[name], 4),
            metric_args={"interval": [round(end, 4) for end in row.get("intervals", {}).get(name, ())], "n": row["n"]},
        )
        for row in report["systems"][0]["rows"]
        if row["topic"] == row["lang"] == ALL
        for name in FIGURES
        if row.get(name) is not None
    ]


def _plain(value: object) -> object:
    """Return lists and mappings without what is not said, which would be nulls in the card."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
