"""The shipped model, scored on a fixed small set, passes the gate against the committed baseline: our own CI's gate."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from stancewire.cli.evaluate import evaluate
from stancewire.cli.gate import gate

BASELINE = Path(__file__).parent / "baseline"
"""Answers of the model as it was shipped last: see CONTRIBUTING.md on how a new one gets there."""


def test_the_shipped_model_passes_the_gate_against_its_baseline(tmp_path: Path) -> None:
    command = ["default", "corpus", "--lang", "fr", "--no-baselines", "--report", str(tmp_path)]
    CliRunner().invoke(evaluate, command, catch_exceptions=False)
    judged = CliRunner().invoke(gate, [str(tmp_path), "--against", str(BASELINE)], catch_exceptions=False)
    assert judged.exit_code == 0, judged.output
    assert judged.output.count("passed: ") == 6
    assert "smallest detectable difference" in judged.output
