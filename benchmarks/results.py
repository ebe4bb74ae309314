#!/usr/bin/env python3
"""Write docs/results.md out of the reports of ``stancewire evaluate`` and the logs of training runs.

The reports of several checkpoints on the same data make one table by unit; the page of the first checkpoint's reports
follows in full.

usage: python benchmarks/results.py [--runs RUN_FOLDER ...] -- REPORT_FOLDER ...
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stancewire.evaluation.markdown import markdown, table, with_interval
from stancewire.evaluation.metrics import ALL, KINDS
from stancewire.files import whole_file

TARGET = Path(__file__).parents[1] / "docs" / "results.md"

HEAD = """# Results

Written by `python benchmarks/results.py` out of these commands; `NEWS` is real news, labelled after the codebook, that
is not part of this repository (docs/data.md):

```
stancewire evaluate default corpus --encoder encoders/e5-small --report runs/reports/corpus
stancewire evaluate default NEWS --encoder encoders/e5-small --report runs/reports/news
for run in small-single small-pair; do
  stancewire train experiments/$run.yaml
  stancewire evaluate runs/$run/checkpoint corpus --no-baselines --report runs/reports/$run-corpus
  stancewire evaluate runs/$run/checkpoint NEWS --no-baselines --report runs/reports/$run-news
done
for run in heads heads-512 heads-words heads-no-apart heads-no-middle; do
  stancewire train experiments/$run.yaml
done
python benchmarks/results.py \\
  --runs runs/{default,small-single,small-pair,heads,heads-512,heads-words,heads-no-apart,heads-no-middle} \\
  -- runs/reports/{corpus,news,small-single-corpus,small-single-news,small-pair-corpus,small-pair-news}
```

The corpus is the project's own writing, which is cleaner than the news: on real text the figures are lower.

## All systems

Average precision and F1 of topics, macro-F1 of stance where the topic is on, in hundredths, with 95 % intervals over
stories. `small-single` and `small-pair` are one network on the same small share of the corpus, in single pass and in
pair mode. How each system is made stands below.
"""

RUNS = """## Training runs

Dev score (mean of macro average precision and stance macro-F1, in hundredths) of the heads on the frozen encoder, and
of the best weights of the tuned one. `heads` and what begins with it are compared with one another: windows of 96
tokens and the sentence of each quote read apart, against windows of 512, against quotes read apart by their own words
alone or not at all, and against the last layer alone.
"""


def systems(reports: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield data, unit kind, system and row of every system of every report, data by data and kind by kind."""
    for data in dict.fromkeys(report["data"]["name"] for report in reports):
        for kind in KINDS:
            for report in (report for report in reports if report["data"]["name"] == data):
                for number, system in enumerate(report["systems"]):
                    # The first system of a report is its checkpoint, the others are baselines.
                    name = system["name"] if number else f"**{report['checkpoint']['name']}**"
                    for row in system["rows"]:
                        if (row["kind"], row["topic"], row["lang"]) == (kind, ALL, ALL):
                            yield data, kind, name, row


def all_systems(reports: Sequence[dict[str, Any]]) -> str:
    """Return the table of every system on every set."""
    rows = [
        [data, kind, name, *(with_interval(row, figure) for figure in ("average_precision", "f1", "stance_f1"))]
        for data, kind, name, row in systems(reports)
    ]
    return table(["data", "unit", "system", "AP", "F1", "stance F1"], rows, left=3)


def section(report: dict[str, Any]) -> str:
    """Return a report's page one level further down."""
    lines = markdown(report).strip().splitlines()
    return "\n".join(f"#{line}" if line.startswith("#") else line for line in lines)


def stages(folders: Sequence[Path]) -> str:
    """Return the best dev score of each stage of each run."""
    rows = []
    for folder in folders:
        log = [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
        heads = max((line["dev_score"] for line in log if "dev_score" in line), default=None)
        tuned = max((line["eval_score"] for line in log if "eval_score" in line), default=None)
        rows.append([folder.name, _shown(heads), _shown(tuned)])
    return table(["run", "heads", "encoder"], rows, left=1)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def main() -> None:
    """Read the reports and write the page."""
    parser = argparse.ArgumentParser(description="Write docs/results.md.")
    parser.add_argument("--runs", nargs="*", type=Path, default=[], help="folders of training runs")
    parser.add_argument(
        "reports", nargs="+", type=Path, help="folders of reports; the checkpoint of the first is told in full"
    )
    arguments = parser.parse_args()
    reports = [json.loads((folder / "report.json").read_text("utf-8")) for folder in arguments.reports]
    parts = [HEAD, all_systems(reports) + "\n"]
    if arguments.runs:
        parts += [RUNS, stages(arguments.runs) + "\n"]
    first = reports[0]["checkpoint"]["name"]
    parts += [section(report) + "\n" for report in reports if report["checkpoint"]["name"] == first]
    with whole_file(TARGET) as partial:
        partial.write_text("\n".join(parts), "utf-8")
    print(TARGET)


if __name__ == "__main__":
    main()
