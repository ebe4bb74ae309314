"""The pipelines for users call commands and options that exist, and run as they stand on a tiny model."""

from __future__ import annotations

import json
import shlex
from importlib import import_module
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from stancewire.cli import COMMANDS, cli
from stancewire.records import Article

FOLDER = Path(__file__).parents[1] / "examples" / "ci"


def commands(name: str) -> list[list[str]]:
    """Return the calls of stancewire in a pipeline."""
    pipeline = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    if name == "github.yml":
        lines = [step["run"] for step in pipeline["jobs"]["evaluate"]["steps"] if "run" in step]
    else:
        lines = pipeline["stance-model"]["script"]
    return [shlex.split(line)[1:] for line in lines if line.startswith("stancewire ")]


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml"])
def test_the_commands_of_a_pipeline_parse(name: str) -> None:
    called = commands(name)
    assert [words[0] for words in called] == ["data", "train", "evaluate", "gate"]
    for first, *rest in called:
        module, attribute, _ = COMMANDS[first]
        command: click.Command = getattr(import_module(module), attribute)
        if isinstance(command, click.Group):
            command = command.commands[rest.pop(0)]
        command.make_context(first, rest)


def test_evaluate_and_gate_run_as_the_pipelines_call_them(
    checkpoint_folder: Path, articles: list[Article], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name, chosen in (("train", articles[:14]), ("test", articles[14:])):
        lines = (json.dumps(article.to_dict(), ensure_ascii=False) + "\n" for article in chosen)
        (tmp_path / "data" / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    (tmp_path / "gate.yaml").write_text("rules: [{kind: quote, figure: average_precision, max_drop: 0.01}]\n", "utf-8")
    (tmp_path / "runs" / "model").mkdir(parents=True)
    (tmp_path / "runs" / "model" / "checkpoint").symlink_to(checkpoint_folder)
    audit, _, evaluate, gate = commands("gitlab.yml")
    for words in (audit, evaluate):
        done = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    (tmp_path / "report").rename(tmp_path / "baseline")
    assert CliRunner().invoke(cli, evaluate, catch_exceptions=False).exit_code == 0
    done = CliRunner().invoke(cli, gate, catch_exceptions=False)
    # The same model on its own answers, and stories enough: fine.
    assert done.exit_code == 0, done.output
    assert (tmp_path / "report" / "gate.xml").is_file()
