"""``stancewire train``."""

from __future__ import annotations

from pathlib import Path

import click

from stancewire.cli.progress import progress_bar, say
from stancewire.config_files import load_config


@click.command()
@click.argument("config", metavar="CONFIG")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a value: --set training.lr=3e-5")
def train(config: str, overrides: tuple[str, ...]) -> None:
    """Fine-tune a model as CONFIG says, a YAML file or the name of a shipped one (train/tiny.yaml).

    First the heads are trained on the frozen encoder, in seconds; then the encoder is tuned at a low rate, and kept
    if the dev set says that it is better; then probabilities and thresholds are calibrated. The run's folder (output
    in the config) holds run.yaml, log.jsonl and, at the end, checkpoint/. A run that was stopped, by whatever, goes
    on where it was when the same command is given again.

    Several GPUs or nodes: accelerate launch -m stancewire train CONFIG
    """
    from stancewire.training.run import run_training

    resolved = load_config(config, overrides)
    folder = run_training(resolved, say, progress_bar)
    click.echo(Path(folder))
