#!/usr/bin/env python3
"""Write docs/results.md out of the reports of ``stancewire evaluate`` and the logs of training runs.

usage: python benchmarks/results.py [--runs RUN_FOLDER ...] -- REPORT_FOLDER ...
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from stancewire.evaluation.markdown import markdown
from stancewire.models.files import whole_file

TARGET = Path(__file__).parents[1] / "docs" / "results.md"

HEAD = """# Results

Written by `python benchmarks/results.py`; the figures come from these commands, and change with the model alone:

```
stancewire evaluate default corpus --report runs/reports/corpus
python benchmarks/results.py --runs runs/default -- runs/reports/corpus
```

The corpus is the project's own writing, which is cleaner than the news: on real text the figures are lower.
"""


def section(report: dict[str, Any]) -> str:
    """Return a report's page one level further down."""
    lines = markdown(report).strip().splitlines()
    return "\n".join(f"#{line}" if line.startswith("#") else line for line in lines)


def stages(folders: list[Path]) -> str:
    """Return the best dev score of each stage of each run."""
    rows = []
    for folder in folders:
        log = [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
        heads = max((line["dev_score"] for line in log if "dev_score" in line), default=None)
        tuned = max((line["eval_score"] for line in log if "eval_score" in line), default=None)
        rows.append(f"| {folder.name} | {_shown(heads)} | {_shown(tuned)} |")
    return "\n".join(["| run | heads | encoder |", "|---|--:|--:|", *rows])


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def main() -> None:
    """Read the reports and write the page."""
    parser = argparse.ArgumentParser(description="Write docs/results.md.")
    parser.add_argument("--runs", nargs="*", type=Path, default=[], help="folders of training runs")
    parser.add_argument("reports", nargs="+", type=Path, help="folders of reports")
    arguments = parser.parse_args()
    parts = [HEAD]
    parts += [section(json.loads((folder / "report.json").read_text("utf-8"))) + "\n" for folder in arguments.reports]
    if arguments.runs:
        parts.append(
            "## Training runs\n\nDev score (mean of macro average precision and stance macro-F1) of the heads on the "
            f"frozen encoder, and of the best weights of the tuned one:\n\n{stages(arguments.runs)}\n"
        )
    with whole_file(TARGET) as partial:
        partial.write_text("\n".join(parts), "utf-8")
    print(TARGET)


if __name__ == "__main__":
    main()
