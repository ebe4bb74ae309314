"""``stancewire config``: show, check and describe training configs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from stancewire.config import RunConfig, config_schema
from stancewire.config_files import dump_config, is_gate, is_label_set, load_config, load_labels
from stancewire.errors import ConfigError


@click.group()
def config() -> None:
    """Show, check and describe training configs.

    A config is a YAML file, or the name of one that is shipped, such as train/tiny.yaml. It says only what differs
    from the defaults, and may lay itself over another one:

    \b
    extends: train/default.yaml
    name: mine
    labels: my-topics.yaml
    training: {lr: 3e-5}
    """  # noqa: D301 - click wants the character \b, not its escape


@config.command()
@click.argument("path", metavar="CONFIG")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a value: --set training.lr=3e-5")
def show(path: str, overrides: tuple[str, ...]) -> None:
    """Print CONFIG as a run would take it: with what it extends, with all defaults and with its label set.

    What is printed is a config of its own, enough to run again. Items of lists are named by their number.

    \b
    stancewire config show train/default.yaml
    stancewire config show mine.yaml --set seed=14 --set data.train.0.limit=500 > seed14.yaml
    """  # noqa: D301 - click wants the character \b, not its escape
    click.echo(dump_config(load_config(path, overrides)), nl=False)


@config.command()
@click.argument("paths", metavar="CONFIG...", nargs=-1, required=True)
@click.pass_context
def check(context: click.Context, paths: tuple[str, ...]) -> None:
    """Check configs, label sets and rules of the gate, without running them.

    Every fault of every file is a line on standard error with file, line and key, and the exit code is then 2. Data
    files that are not there are warnings, since they may come before the run does.

    \b
    stancewire config check mine.yaml my-topics.yaml
    """  # noqa: D301 - click wants the character \b, not its escape
    faulty = False
    for path in paths:
        try:
            if is_label_set(path):
                load_labels(path)
            elif is_gate(path):
                from stancewire.evaluation.gate import load_rules

                load_rules(path)
            else:
                _warn_of_missing_data(path, load_config(path))
        except ConfigError as error:
            faulty = True
            click.echo(str(error), err=True)
        else:
            click.echo(f"{path}: ok")
    if faulty:
        context.exit(2)


def _warn_of_missing_data(path: str, found: RunConfig) -> None:
    for split, sources in (("train", found.data.train), ("dev", found.data.dev)):
        for number, source in enumerate(sources):
            if source.path != "corpus" and not Path(source.path).exists():
                click.echo(f"{path}: warning: data.{split}.{number}.path: there is no {source.path} here", err=True)


@config.command()
def schema() -> None:
    """Print the JSON schema of configs, with which an editor completes and explains keys.

    \b
    stancewire config schema > stancewire.schema.json
    and as first line of a config, for editors with the YAML language server:
    # yaml-language-server: $schema=stancewire.schema.json
    """  # noqa: D301 - click wants the character \b, not its escape
    click.echo(json.dumps(config_schema(), indent=2, ensure_ascii=False))
