"""A run learns, ends whole, and goes on after a kill as if nothing had been."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file
from tiny import no_progress

from stancewire import Predictor
from stancewire.config_files import load_config
from stancewire.errors import ConfigError
from stancewire.training.finetune import newest_snapshot
from stancewire.training.run import run_training

QUIET = {"PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


def train(config: Path, *settings: str, launcher: tuple[str, ...] = ()) -> list[str]:
    """Return the command of a run."""
    sets = [part for setting in settings for part in ("--set", setting)]
    start = launcher or (sys.executable,)
    return [*start, "-m", "stancewire", "train", str(config), *sets]


def weights(folder: Path) -> dict[str, bytes]:
    """Return all weights of a run's checkpoint as bytes."""
    return {name: v.numpy().tobytes() for name, v in load_file(folder / "checkpoint" / "model.safetensors").items()}


def test_a_run_killed_in_the_middle_and_started_again_gives_the_same_weights(config_file: Path, tmp_path: Path) -> None:
    env = os.environ | QUIET
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    # The dropout of heads and encoder draws random numbers at each step, so a lost random state would show.
    settings = ("training.epochs=6", "training.tokens_per_batch=600", "training.patience=99")
    subprocess.run(train(config_file, f"output={whole}", *settings), check=True, env=env, capture_output=True)
    run = subprocess.Popen(
        train(config_file, f"output={killed}", *settings), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: len(list(killed.glob("work/step-*"))) > 1, run)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not (killed / "checkpoint").exists()
    done = subprocess.run(
        train(config_file, f"output={killed}", *settings), check=True, env=env, capture_output=True, text=True
    )
    assert "going on from step-" in done.stderr
    assert weights(killed) == weights(whole)
    steps = [json.loads(line).get("step") for line in (killed / "log.jsonl").read_text().splitlines()]
    trained = [step for step in steps if step is not None]
    assert trained == sorted(trained), "the log tells each step once, in order"


def wait_for(holds: object, run: subprocess.Popen[bytes]) -> None:
    assert callable(holds)
    deadline = time.monotonic() + 120
    while not holds():
        assert run.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_snapshot_that_is_not_whole_is_passed_over(checkpoint_folder: Path, tmp_path: Path) -> None:
    work = shutil.copytree(checkpoint_folder.parent / "work", tmp_path / "work")
    newest = newest_snapshot(work)
    assert newest is not None
    (newest / "optimizer.pt").write_bytes(b"half")
    older = newest_snapshot(work)
    assert older is not None
    assert older.name < newest.name


def test_two_processes_train_one_model(config_file: Path, checkpoint_folder: Path, tmp_path: Path) -> None:
    # On CPUs `accelerate launch` wants mpirun; torchrun sets the same variables, and gloo carries the gradients.
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    command = train(config_file, f"output={tmp_path / 'run'}", launcher=launcher)
    done = subprocess.run(command, env=os.environ | QUIET, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("checkpoint")
    state = json.loads(next((tmp_path / "run" / "work").glob("step-*/trainer_state.json")).read_text())
    one = json.loads(next((checkpoint_folder.parent / "work").glob("step-*/trainer_state.json")).read_text())
    assert state["max_steps"] == -(-one["max_steps"] // 2), "each process takes every other batch"
    assert Predictor.load(tmp_path / "run").predict("« Nous livrons des armes », dit le ministre.")


def test_heads_and_encoder_overfit_a_few_articles(config_file: Path, tmp_path: Path) -> None:
    path = config_file.parent / "train.jsonl"
    few = tmp_path / "few.jsonl"
    few.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:4]), "utf-8")
    settings = [
        f"output={tmp_path / 'run'}",
        f"data.train=[{{path: '{few}'}}]",
        f"data.dev=[{{path: '{few}'}}]",
        "heads.epochs=300",
        "heads.patience=300",
        "heads.lr=0.01",
        "training.epochs=0",
        "model.dropout=0",
    ]
    run_training(load_config(config_file, settings), lambda _: None, no_progress)
    provenance = json.loads((tmp_path / "run" / "checkpoint" / "provenance.json").read_text("utf-8"))
    assert provenance["dev_scores"]["heads"] > 0.95
    assert provenance["train"][0]["articles"] == 4
    assert provenance["seed"] == 13


def test_a_folder_with_a_run_of_another_config_is_left_alone(config_file: Path, checkpoint_folder: Path) -> None:
    with pytest.raises(ConfigError, match="found a run of another config"):
        run_training(load_config(config_file, ["seed=14"]), lambda _: None, no_progress)
    assert run_training(load_config(config_file), lambda _: None, no_progress) == checkpoint_folder


def test_a_layer_that_the_encoder_does_not_have_is_named(config_file: Path, tmp_path: Path) -> None:
    config = load_config(config_file, ["encoder.middle_layer=8", f"output={tmp_path / 'run'}"])
    with pytest.raises(ConfigError, match=r"encoder\.middle_layer: found 8, expected at most 3"):
        run_training(config, lambda _: None, no_progress)
