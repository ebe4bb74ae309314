"""The pipelines for users call commands and options that exist, and run as they stand on a tiny model."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from stancewire.cli import COMMANDS, cli
from stancewire.records import Article

FOLDER = Path(__file__).parents[1] / "examples" / "ci"


ACTION = yaml.safe_load((FOLDER / "action" / "action.yml").read_text("utf-8"))


def github_steps() -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = yaml.safe_load((FOLDER / "github.yml").read_text("utf-8"))["jobs"]["evaluate"][
        "steps"
    ]
    return steps


def commands(name: str) -> list[list[str]]:
    """Return the calls of stancewire in a pipeline."""
    if name == "github.yml":
        lines = [step["run"] for step in github_steps() if "run" in step]
    else:
        lines = yaml.safe_load((FOLDER / name).read_text("utf-8"))["stance-model"]["script"]
    return [shlex.split(line)[1:] for line in lines if line.startswith("stancewire ")]


def run_action(inputs: Mapping[str, str], folder: Path, summary: Path) -> list[subprocess.CompletedProcess[str]]:
    """Run the shell steps of the action as GitHub runs them, with its inputs, until one fails."""
    values = {name: spec.get("default") for name, spec in ACTION["inputs"].items()} | dict(inputs)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    shell = os.environ | {"PATH": path, "GITHUB_STEP_SUMMARY": str(summary), "OMP_NUM_THREADS": "1"}
    done: list[subprocess.CompletedProcess[str]] = []
    for step in ACTION["runs"]["steps"]:
        condition = step.get("if", "")
        failed = any(each.returncode for each in done)
        if "run" not in step or (failed and condition != "always()"):
            continue
        if condition == "inputs.baseline != ''" and not values["baseline"]:
            continue
        env = {
            name: re.sub(r"\$\{\{ inputs\.(\w+) }}", lambda m: values[m[1]], said) for name, said in step["env"].items()
        }
        bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done.append(subprocess.run(bash, cwd=folder, env=shell | env, capture_output=True, text=True, check=False))
    return done


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml"])
def test_the_commands_of_a_pipeline_parse(name: str) -> None:
    called = commands(name)
    assert [words[0] for words in called] == ["data", "train", *([] if name == "github.yml" else ["evaluate", "gate"])]
    for first, *rest in called:
        module, attribute, _ = COMMANDS[first]
        command: click.Command = getattr(import_module(module), attribute)
        if isinstance(command, click.Group):
            command = command.commands[rest.pop(0)]
        command.make_context(first, rest)


@pytest.fixture(scope="module")
def project(checkpoint_folder: Path, articles: list[Article], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a user's project that has been evaluated once; its report is the baseline too."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "data").mkdir()
    for name, chosen in (("train", articles[:14]), ("test", articles[14:])):
        lines = (json.dumps(article.to_dict(), ensure_ascii=False) + "\n" for article in chosen)
        (folder / "data" / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    (folder / "gate.yaml").write_text("rules: [{kind: quote, figure: average_precision, max_drop: 0.01}]\n", "utf-8")
    (folder / "runs" / "model").mkdir(parents=True)
    (folder / "runs" / "model" / "checkpoint").symlink_to(checkpoint_folder)
    audit, _, evaluate, _ = commands("gitlab.yml")
    with chdir(folder):
        for words in (audit, evaluate):
            done = CliRunner().invoke(cli, words, catch_exceptions=False)
            assert done.exit_code == 0, done.output
    shutil.copytree(folder / "report", folder / "baseline")
    return folder


def test_evaluate_and_gate_run_as_the_pipelines_call_them(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    *_, gate = commands("gitlab.yml")
    done = CliRunner().invoke(cli, gate, catch_exceptions=False)
    # The same model on its own answers, and stories enough: fine.
    assert done.exit_code == 0, done.output
    assert (project / "report" / "gate.xml").is_file()


def test_the_workflow_gives_the_action_inputs_that_it_has() -> None:
    (given,) = [step["with"] for step in github_steps() if step.get("uses") == "./.github/actions/stance"]
    assert set(given) <= set(ACTION["inputs"])
    assert {name for name, spec in ACTION["inputs"].items() if spec.get("required")} <= set(given)


def test_no_input_of_the_action_is_written_into_a_script() -> None:
    used = json.dumps(ACTION["runs"])
    assert all(f"${{{{ inputs.{name} }}}}" in used for name in ACTION["inputs"])
    assert not [step["run"] for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")]


def test_the_action_publishes_the_report_and_fails_where_a_figure_is_below_its_limit(
    project: Path, tmp_path: Path
) -> None:
    (tmp_path / "my gate.yaml").write_text("rules: [{kind: quote, figure: average_precision, at_least: 0.99}]", "utf-8")
    (tmp_path / "$(test); set.jsonl").symlink_to(project / "data" / "test.jsonl")
    inputs = {
        "model": str(project / "runs/model/checkpoint"),
        "data": "$(test); set.jsonl",
        "baseline": str(project / "baseline"),
        "rules": "my gate.yaml",
        "report": "re port",
    }
    evaluated, shown, gated = run_action(inputs, tmp_path, tmp_path / "summary.md")
    assert (evaluated.returncode, shown.returncode) == (0, 0), evaluated.stderr
    assert (tmp_path / "summary.md").read_text("utf-8") == (tmp_path / "re port" / "report.md").read_text("utf-8")
    assert gated.returncode == 1, gated.stderr
    assert "at least 99.0 is asked" in gated.stdout
    assert (tmp_path / "re port" / "gate.xml").is_file()


def test_the_action_ends_with_the_reason_where_it_cannot_evaluate(project: Path, tmp_path: Path) -> None:
    model, data = project / "runs/model/checkpoint", project / "data" / "test.jsonl"
    inputs = {"model": str(model), "data": str(data), "train": "no such.jsonl", "baseline": str(project / "baseline")}
    evaluated, shown = run_action(inputs, tmp_path, tmp_path / "summary.md")
    assert (evaluated.returncode, shown.returncode) == (2, 0)
    assert "no such.jsonl: no such file or folder" in evaluated.stderr
