"""Rules that a report must meet: limits, and drops against a baseline that are more than noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stancewire.config_faults import sentences, suggestion
from stancewire.config_files import shipped_configs
from stancewire.config_yaml import parse_document
from stancewire.errors import ConfigError
from stancewire.evaluation.compare import LESS_IS_BETTER, Difference, Paired
from stancewire.evaluation.slices import MIN_STORIES, Scorer, holm

PASSED, BREACHED, UNJUDGED = "passed", "breached", "not judged"
EXIT_CODES = {PASSED: 0, BREACHED: 1, UNJUDGED: 2}
SIGNIFICANT = 0.05

Figure = Literal[
    "average_precision",
    "f1",
    "precision",
    "recall",
    "mcc",
    "brier",
    "calibration_error",
    "stance_f1",
    "stance_accuracy",
    "stance_mcc",
    "stance_brier",
    "stance_calibration_error",
]


class Rule(BaseModel):
    """What one figure must meet; at least one of the limits is given."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    kind: Literal["article", "quote", "open target"]
    """Units that the figure is of."""
    figure: Figure
    """The figure, as report.json names it."""
    by: Literal["", "lang", "topic", "form", "outlet", "length", "marks", "seen", "taught"] = ""
    """Judge a slice by this column; empty for all."""
    value: str = ""
    """Which slice."""
    at_least: float | None = Field(default=None, ge=0, le=1)
    """Breached where the figure is less."""
    at_most: float | None = Field(default=None, ge=0, le=1)
    """Breached where the figure is more."""
    max_drop: float | None = Field(default=None, ge=0, le=1)
    """Breached where the figure is worse than the baseline's by more than this, and more than chance explains."""
    detect: float | None = Field(default=None, gt=0, le=1)
    """Not judged where the smallest detectable difference from the baseline is more than this."""

    @model_validator(mode="after")
    def _something(self) -> Rule:
        if self.at_least is None and self.at_most is None and self.max_drop is None:
            raise ValueError("found no limit, expected at_least, at_most or max_drop")
        if bool(self.by) != bool(self.value):
            raise ValueError("by and value go together")
        return self

    @property
    def name(self) -> str:
        """What is judged, in words."""
        part = f", {self.by} {self.value}" if self.by else ""
        return f"{self.kind} {self.figure}{part}"


class Rules(BaseModel):
    """A file of rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: tuple[Rule, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule said.

    Attributes:
        rule: its name.
        outcome: passed, breached, or not judged.
        reason: one sentence.
        difference: from the baseline, where the rule asks for it.
    """

    rule: str
    outcome: str
    reason: str
    difference: Difference | None = None

    def __str__(self) -> str:
        return f"{self.outcome}: {self.rule}: {self.reason}"


def load_rules(name: str) -> tuple[Rule, ...]:
    """Load rules: a YAML file, or the name of a shipped one, such as ``evaluation/gate.yaml``.

    Raises:
        ConfigError: with every fault, one a line, each with its file and line.
    """
    file = Path(name)
    shipped = [config for config in shipped_configs() if config.startswith("evaluation/")]
    try:
        here = file.is_file() or name not in shipped
        text = file.read_text("utf-8") if here else (files("stancewire.configs") / name).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{name}: cannot be read ({error}){suggestion(name, shipped, 'shipped')}") from error
    document = parse_document(name, text)
    faults = list(document.faults)
    try:
        rules = Rules.model_validate(document.record).rules
    except ValidationError as error:
        faults += sentences(error, Rules, document.places)
    if faults:
        raise ConfigError("\n".join(faults))
    return rules


def judge(rules: Sequence[Rule], report: pd.DataFrame, baseline: pd.DataFrame) -> list[Verdict]:
    """Judge a report's pairs by rules, against a baseline's pairs.

    Drops are tested together: the more rules there are, the more each must show (Holm), so that a build does not fail
    by chance because it asks many questions.

    Raises:
        DataError: the two are not of the same data.
    """
    paired = Paired(baseline, report)
    scorer = Scorer(report)
    differences = [
        paired.difference(rule.kind, rule.figure, rule.by, rule.value, rule.max_drop)
        if rule.max_drop is not None
        else None
        for rule in rules
    ]
    tested = [i for i, difference in enumerate(differences) if difference is not None]
    p = [difference.p_worse for difference in differences if difference is not None]
    adjusted = dict(zip(tested, holm(p) if p else [], strict=True))
    return [
        _verdict(rule, _figures(scorer, rule), difference, adjusted.get(i, 1.0))
        for i, (rule, difference) in enumerate(zip(rules, differences, strict=True))
    ]


def outcome(verdicts: Sequence[Verdict]) -> str:
    """Return what all verdicts say together: a breach is one whatever else could not be judged."""
    found = {verdict.outcome for verdict in verdicts}
    return next((name for name in (BREACHED, UNJUDGED) if name in found), PASSED)


def _figures(scorer: Scorer, rule: Rule) -> Mapping[str, Any]:
    chosen = scorer.kinds == rule.kind
    if rule.by:
        chosen = chosen & (scorer.pairs["target" if rule.by == "topic" else rule.by] == rule.value).to_numpy()
    return scorer.row(chosen)


def _verdict(rule: Rule, row: Mapping[str, Any], difference: Difference | None, p: float) -> Verdict:
    value, stories = row[rule.figure], row["stories"]
    if value is None:
        return Verdict(rule.name, UNJUDGED, "the figure is undefined on these records")
    said = f"{_points(value)} on {row['n']:,} pairs of {stories} stories"
    if rule.at_least is not None and value < rule.at_least:
        return Verdict(rule.name, BREACHED, f"{said}, at least {_points(rule.at_least)} is asked", difference)
    if rule.at_most is not None and value > rule.at_most:
        return Verdict(rule.name, BREACHED, f"{said}, at most {_points(rule.at_most)} is asked", difference)
    if stories < MIN_STORIES:
        return Verdict(rule.name, UNJUDGED, f"{said}, {MIN_STORIES} stories are needed", difference)
    if rule.max_drop is None:
        return Verdict(rule.name, PASSED, said, difference)
    if difference is None:
        return Verdict(rule.name, UNJUDGED, f"{said}; the baseline has no such figure")
    sign = -1 if rule.figure in LESS_IS_BETTER else 1
    low, high = sorted((sign * difference.low, sign * difference.high))
    said += (
        f", baseline {_points(difference.before)}: {'better' if sign * difference.value >= 0 else 'worse'} by "
        f"{_points(abs(difference.value))} (95 %: {_signed(low)} to "
        f"{_signed(high)}); smallest detectable difference {_points(difference.detectable)}"
    )
    if p < SIGNIFICANT:
        told = f"{said}; a drop of more than {_points(rule.max_drop)} is beyond chance (p {p:.3f})"
        return Verdict(rule.name, BREACHED, told, difference)
    if rule.detect is not None and difference.detectable > rule.detect:
        return Verdict(rule.name, UNJUDGED, f"{said}, {_points(rule.detect)} is asked: label more stories", difference)
    return Verdict(rule.name, PASSED, said, difference)


def _points(value: float) -> str:
    return f"{100 * value:.1f}"


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")
