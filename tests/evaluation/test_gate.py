"""The gate: fails on a drop and on a limit, not on noise, and says when it cannot tell."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import parse

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from synthetic import table

from stancewire.cli.compare import compare
from stancewire.cli.gate import gate
from stancewire.errors import ConfigError
from stancewire.evaluation.gate import BREACHED, PASSED, UNJUDGED, Rule, judge, load_rules, outcome


@pytest.fixture(scope="module")
def good() -> pd.DataFrame:
    return table(150, 3)


@pytest.fixture(scope="module")
def bad() -> pd.DataFrame:
    return table(150, 3, skill=0.3)


@pytest.fixture(scope="module")
def reports(good: pd.DataFrame, bad: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the predictions of a good system, a bad one, and one that was asked very little."""
    folder = tmp_path_factory.mktemp("reports")
    for name, pairs in (("good", good), ("bad", bad), ("few", good[good["id"].isin(["a1", "a2", "a3"])])):
        (folder / name).mkdir()
        pairs.to_parquet(folder / name / "predictions.parquet")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(gate, [str(argument) for argument in arguments], catch_exceptions=False)


def test_the_shipped_rules_pass_what_is_the_same_and_fail_what_is_worse(reports: Path) -> None:
    same = run(reports / "good", "--against", reports / "good")
    assert same.exit_code == 0, same.output
    assert all(line.startswith("passed: ") for line in same.output.splitlines())
    assert same.output.count("smallest detectable difference") == len(load_rules("evaluation/gate.yaml"))
    worse = run(reports / "bad", "--against", reports / "good")
    assert worse.exit_code == 1
    assert "breached: quote stance_f1: " in worse.output
    assert "a drop of more than 1.0 is beyond chance" in worse.output
    assert run(reports / "good", "--against", reports / "bad").exit_code == 0


def test_too_few_stories_cannot_be_judged(reports: Path) -> None:
    few = run(reports / "few", "--against", reports / "good")
    assert few.exit_code == 2
    assert "3 stories, 20 stories are needed" in few.output


def test_limits_and_slices_and_power(good: pd.DataFrame, bad: pd.DataFrame) -> None:
    def say(**rule: object) -> str:
        (verdict,) = judge([Rule.model_validate({"kind": "quote", "figure": "stance_f1"} | rule)], bad, good)
        return verdict.outcome

    assert say(at_least=0.1) == PASSED
    assert say(at_least=0.99) == BREACHED
    assert say(at_most=0.1) == BREACHED
    assert say(max_drop=0.9) == PASSED
    assert say(max_drop=0.9, detect=0.001) == UNJUDGED
    assert say(by="lang", value="fr", max_drop=0.0) == BREACHED
    assert say(by="lang", value="xx", max_drop=0.0) == UNJUDGED
    assert say(figure="brier", max_drop=0.0) == BREACHED
    assert say(kind="open target", at_least=0.1) == UNJUDGED


def test_a_breach_is_a_breach_whatever_else_could_not_be_judged(good: pd.DataFrame, bad: pd.DataFrame) -> None:
    rules = [
        Rule(kind="open target", figure="f1", at_least=0.5),
        Rule(kind="quote", figure="f1", max_drop=0.0),
    ]
    assert outcome(judge(rules, bad, good)) == BREACHED
    assert outcome(judge(rules, good, good)) == UNJUDGED
    assert outcome(judge(rules[1:], good, good)) == PASSED


def test_many_rules_do_not_make_a_false_alarm() -> None:
    # Two systems that differ by chance alone: neither knows anything of relevance that the other does not.
    alarms = 0
    rules = [Rule(kind=kind, figure=figure, max_drop=0.0) for kind in ("article", "quote") for figure in ("f1", "mcc")]
    for seed in range(30):
        one = table(40, seed)
        flipped = pd.Series(range(len(one))).sample(frac=0.2, random_state=seed).to_numpy()
        systems = [one.copy(), one.copy()]
        for system, rows in zip(systems, (flipped[::2], flipped[1::2]), strict=True):
            system.loc[rows, "on"] = ~system.loc[rows, "on"]
        alarms += outcome(judge(rules, systems[1], systems[0])) == BREACHED
    assert alarms <= 4


def test_what_is_wrong_with_rules_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text("rules:\n  - {kind: quote, figure: f2, max_drop: 1}\n  - {kind: quote, figure: f1, mx_drop: 1}\n")
    with pytest.raises(ConfigError) as caught:
        load_rules(str(path))
    first, *rest = str(caught.value).splitlines()
    assert f"{path}:2: rules.0.figure: found 'f2', expected 'average_precision'" in first
    assert "did you mean max_drop?" in rest[0]
    path.write_text("rules: [{kind: quote, figure: f1}]\n")
    with pytest.raises(ConfigError, match="expected at_least, at_most or max_drop"):
        load_rules(str(path))
    with pytest.raises(ConfigError, match=r"did you mean evaluation/gate\.yaml"):
        load_rules("evaluation/gates.yaml")


def test_the_verdicts_are_junit_xml_too(reports: Path, tmp_path: Path) -> None:
    run(reports / "bad", "--against", reports / "good", "--junit", tmp_path / "gate.xml")
    suite = parse(tmp_path / "gate.xml").getroot()  # noqa: S314 - our own file
    assert suite.tag == "testsuite"
    assert int(suite.attrib["tests"]) == len(suite)
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure")) > 0
    assert suite.attrib["errors"] == "0"


def test_two_reports_are_compared_on_the_command_line(reports: Path) -> None:
    done = CliRunner().invoke(compare, [str(reports / "good"), str(reports / "bad")], catch_exceptions=False)
    assert done.exit_code == 0
    assert "**worse**" in done.output
    few = CliRunner().invoke(compare, [str(reports / "few"), str(reports / "bad"), "--flips", "0"])
    assert "only one report has them: 0 pairs of the first" in few.stderr
