"""``stancewire gate``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("report", metavar="REPORT", type=click.Path(path_type=Path))
@click.option(
    "--against",
    "baseline",
    metavar="BASELINE",
    required=True,
    type=click.Path(path_type=Path),
    help="The report to compare with: of the last release, say. Its predictions.parquet is enough.",
)
@click.option(
    "--rules",
    default="evaluation/gate.yaml",
    show_default=True,
    metavar="FILE",
    help="YAML with the limits, and the drops to fail on; or the name of the shipped one.",
)
@click.option(
    "--junit",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the verdicts as JUnit XML too, which GitLab and Jenkins show beside the tests.",
)
@click.pass_context
def gate(context: click.Context, report: Path, baseline: Path, rules: str, junit: Path | None) -> None:
    """Fail a build where REPORT breaks a rule, and only on more than noise.

    One line a rule. The exit code is 1 where a figure is beyond its limit, or worse than the baseline's by more than
    is allowed and than chance explains; 0 where all is well; 2 where it could not be judged: too few stories, other
    records, a file that cannot be read. All drops are tested together, so that many rules do not make many false
    alarms.

    \b
    stancewire gate report --against baseline --rules my-gate.yaml --junit gate.xml
    """  # noqa: D301 - click wants the character itself
    from stancewire.evaluation.gate import EXIT_CODES, judge, load_rules, outcome
    from stancewire.evaluation.junit import write_junit
    from stancewire.evaluation.pairs import CHECKPOINT, read_pairs

    verdicts = judge(load_rules(rules), read_pairs(report, CHECKPOINT), read_pairs(baseline, CHECKPOINT))
    for verdict in verdicts:
        click.echo(verdict)
    if junit:
        write_junit(verdicts, junit)
    context.exit(EXIT_CODES[outcome(verdicts)])
