"""``stancewire config``, run as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from stancewire.cli.config import config
from stancewire.config_files import load_config, shipped_configs


def test_what_show_prints_is_the_same_config(tmp_path: Path) -> None:
    result = CliRunner().invoke(config, ["show", "train/tiny.yaml", "--set", "training.lr=1e-5"])
    assert result.exit_code == 0
    path = tmp_path / "shown.yaml"
    path.write_text(result.stdout, "utf-8")
    assert load_config(path) == load_config("train/tiny.yaml", ["training.lr=1e-5"])


def test_check_passes_all_that_is_shipped() -> None:
    result = CliRunner().invoke(config, ["check", *shipped_configs()])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [f"{name}: ok" for name in shipped_configs()]
    assert all("train/default.yaml: warning: data.train." in line for line in result.stderr.splitlines())


def test_check_warns_of_data_that_is_not_there(tmp_path: Path) -> None:
    run = tmp_path / "run.yaml"
    run.write_text("extends: train/tiny.yaml\ndata: {train: [{path: mine.jsonl}]}\n", "utf-8")
    result = CliRunner().invoke(config, ["check", str(run)])
    assert result.exit_code == 0
    assert "warning: data.train.0.path: there is no" in result.stderr
    assert "mine.jsonl here" in result.stderr


def test_check_tells_the_faults_of_every_file_and_exits_with_2(tmp_path: Path) -> None:
    run, labels = tmp_path / "run.yaml", tmp_path / "labels.yaml"
    run.write_text("extends: train/tiny.yaml\ntraining: {lrr: 1}\n", "utf-8")
    labels.write_text("topics: []\n", "utf-8")
    result = CliRunner().invoke(config, ["check", str(run), "train/tiny.yaml", str(labels), "none.yaml"])
    assert result.exit_code == 2
    assert result.stdout == "train/tiny.yaml: ok\n"
    first, second, third = result.stderr.splitlines()
    assert first == f"{run}:2: training.lrr: unknown key; did you mean lr?"
    assert second == f"{labels}:1: topics: found [], expected a list of at least 1"
    assert third.startswith("none.yaml: no such file")


def test_schema_prints_json() -> None:
    result = CliRunner().invoke(config, ["schema"])
    assert json.loads(result.stdout)["title"] == "RunConfig"


@pytest.mark.parametrize("command", ["show", "train"])
def test_a_typo_is_one_sentence_and_exit_code_2(command: str, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("extends: train/tiny.yaml\ntraning: {lr: 1e-5}\n", "utf-8")
    words = ["config", "show"] if command == "show" else [command]
    done = subprocess.run(
        [sys.executable, "-m", "stancewire", *words, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"stancewire: {path}:2: traning: unknown key; did you mean training?\n"


def test_the_command_loads_no_torch() -> None:
    code = (
        "import sys, stancewire.cli.config; print({'torch', 'transformers', 'datasets', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
