"""Reports: one record of what was measured, on what, with which code; the same as pages, and the table behind it."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from stancewire.errors import DataError, found_expected
from stancewire.evaluation.abstain import abstention_record
from stancewire.evaluation.compare import LESS_IS_BETTER, confidence, is_right
from stancewire.evaluation.endtoend import OVERLAP, EndToEndRow
from stancewire.evaluation.html import html
from stancewire.evaluation.intervals import DRAWS, LEVEL, SEED
from stancewire.evaluation.markdown import markdown
from stancewire.evaluation.metrics import KINDS
from stancewire.evaluation.model_index import model_index
from stancewire.evaluation.pairs import PREDICTIONS
from stancewire.evaluation.reliability import reliability_curve, risk_coverage
from stancewire.evaluation.slices import OPEN, Scorer, score_slices, worst_slices
from stancewire.files import whole_file
from stancewire.records import Article

SCHEMA = "stancewire-report/2"
PACKAGES = ("stancewire", "numpy", "scikit-learn", "torch", "transformers")
METRICS = {
    "average_precision": "of the probabilities that a topic is on; for all topics the mean over those with a positive",
    "f1": "of the on and off labels; for all topics the mean over those with a positive",
    "precision": "of the on labels; for all topics the mean over those with a positive",
    "recall": "of the on labels; for all topics the mean over those with a positive",
    "mcc": "Matthews' correlation of the on and off labels; the same mean",
    "brier": "mean square of probability minus truth, over all pairs",
    "calibration_error": "greatest share by which topics were on more or less often than promised, up to any "
    "probability (Kolmogorov-Smirnov)",
    "stance_f1": "mean F1 of the stances that occur in gold, where the gold topic is on with a known stance, whether "
    "or not it was found on; for all topics their pairs are pooled",
    "stance_accuracy": "share of the same pairs with the right stance",
    "stance_mcc": "Gorodkin's correlation of the stances of the same pairs",
    "stance_brier": "half the mean squared distance of the stances' probabilities from the truth",
    "stance_calibration_error": "calibration error of the probability of the most probable stance",
    "end_to_end": f"quotes match when they share {OVERLAP:g} of their joint characters; a topic of a quote that was "
    "missed is a miss, one of a quote that is none a false alarm; all topics are pooled",
}
"""What the numbers are; null is undefined."""


@dataclass(frozen=True, slots=True)
class System:
    """What was scored on the units that the data gives: the checkpoint, or a baseline.

    Attributes:
        name: short, for tables.
        description: what it is, in a sentence.
        pairs: its answers, as :mod:`stancewire.evaluation.pairs` has them.
    """

    name: str
    description: str
    pairs: pd.DataFrame


def make_report(
    checkpoint: Mapping[str, Any],
    data: Mapping[str, Any],
    train: Mapping[str, Any] | None,
    topics: Sequence[str],
    systems: Sequence[System],
    end_to_end: Sequence[EndToEndRow],
    draws: int = DRAWS,
) -> dict[str, Any]:
    """Return the report as JSON has it.

    Args:
        checkpoint: its name, digest and label set.
        data: name, split, digest and counts of what was scored.
        train: the same of what the baselines learned from, if there are any.
        topics: the names of the label set.
        systems: the checkpoint first.
        end_to_end: of the checkpoint; empty where no record's quotes are annotated in full.
        draws: of the bootstrap.
    """
    scorers = [Scorer(system.pairs, draws) for system in systems]
    first = scorers[0]
    slices = score_slices(first)
    kinds = [kind for kind in KINDS if (first.kinds == kind).any()]
    return {
        "schema": SCHEMA,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "versions": {package: version(package) for package in PACKAGES},
        "python": platform.python_version(),
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "checkpoint": dict(checkpoint),
        "data": dict(data) | {"stories": first.stories},
        "train": dict(train) if train else None,
        "topics": list(topics),
        "metrics": {name: {"what": what, "better": _better(name)} for name, what in METRICS.items()},
        "bootstrap": {"draws": draws, "seed": SEED, "level": LEVEL, "over": "stories"},
        "systems": [
            {"name": system.name, "description": system.description, "rows": scorer.rows(topics)}
            for system, scorer in zip(systems, scorers, strict=True)
        ],
        "targets": _targets(first),
        "slices": [part.to_dict() for part in slices],
        "worst": worst_slices(slices),
        "reliability": {kind: _reliability(first, kind) for kind in kinds},
        "confusion": {kind: first.confusion(kind) for kind in kinds},
        "risk_coverage": {kind: _risk_coverage(first, kind) for kind in kinds},
        "abstention": abstention_record(systems[0].pairs, topics, checkpoint, data),
        "end_to_end": [row.to_dict() for row in end_to_end],
    }


def write_report(
    report: Mapping[str, Any], folder: Path, systems: Sequence[System] = (), articles: Sequence[Article] = ()
) -> None:
    """Write a report into a folder, each file whole or not at all.

    Args:
        report: as :func:`make_report` gives it.
        folder: gets ``report.json``, ``report.md``, ``report.html``, ``model-index.yaml`` and ``abstention.json``.
        systems: whose answers are written to ``predictions.parquet``, and those of the first shown in the page.
        articles: the records, in which the page shows its examples.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "report.json", json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    write_text(folder / "report.md", markdown(report))
    index = yaml.safe_dump(model_index([report]), sort_keys=False, allow_unicode=True)
    write_text(folder / "model-index.yaml", index)
    pairs = [system.pairs for system in systems]
    write_text(folder / "abstention.json", json.dumps(report["abstention"], ensure_ascii=False) + "\n")
    write_text(folder / "report.html", html(report, pairs[0] if pairs else None, articles))
    if pairs:
        with whole_file(folder / PREDICTIONS) as partial:
            pd.concat(pairs, ignore_index=True).to_parquet(partial, index=False)


def read_report(folder: Path) -> dict[str, Any]:
    """Return the report that :func:`write_report` wrote into a folder.

    Raises:
        DataError: there is none that can be read, or it is one of another version of this package.
    """
    path = folder / "report.json"
    try:
        report = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a report of stancewire evaluate that can be read ({error})") from error
    schema = report.get("schema") if isinstance(report, dict) else None
    if schema != SCHEMA:
        raise DataError(found_expected(f"{path}: schema", schema, f"{SCHEMA!r}; evaluate again with this version"))
    return dict(report)


def write_text(path: Path, text: str) -> None:
    """Write a file that is whole or not there."""
    with whole_file(path) as partial:
        partial.write_text(text, "utf-8")


def _better(name: str) -> str:
    return "less" if name in LESS_IS_BETTER else "more"


def _targets(scorer: Scorer) -> list[dict[str, Any]]:
    """Return the figures of open targets: all, and those that training knew and did not know."""
    asked = np.asarray(scorer.kinds == OPEN)
    if not asked.any():
        return []
    seen = scorer.pairs["seen"].to_numpy()
    parts = [("", asked), *((value, asked & (seen == value)) for value in ("seen", "unseen"))]
    return [{"value": value, **scorer.row(part, scorer.drawn(part))} for value, part in parts if part.any()]


def _reliability(scorer: Scorer, kind: str) -> dict[str, Any]:
    sample = scorer.sample.take(np.asarray(scorer.kinds == kind))
    sided = sample.sided
    top, right = sided.stance_probability.max(1, initial=0.0), (sided.stance == sided.gold_stance).astype(float)
    curves = {
        "relevance": reliability_curve(sample.gold_on, sample.probability, sample.story),
        "stance": reliability_curve(right, top, sided.story),
    }
    return {name: curve and curve.to_dict() for name, curve in curves.items()} | {"noise": scorer.noise(kind)}


def _risk_coverage(scorer: Scorer, kind: str) -> list[dict[str, float]]:
    pairs = scorer.pairs[scorer.kinds == kind]
    return risk_coverage(is_right(pairs), confidence(pairs))
