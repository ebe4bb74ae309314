"""Verdicts of the gate as JUnit XML, the form in which GitLab and Jenkins show tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from stancewire.evaluation.gate import BREACHED, UNJUDGED, Verdict
from stancewire.evaluation.report import write_text


def write_junit(verdicts: Sequence[Verdict], path: Path) -> None:
    """Write a suite with one case a rule: a breach is a failure, what could not be judged an error."""
    counts = {name: sum(verdict.outcome == name for verdict in verdicts) for name in (BREACHED, UNJUDGED)}
    totals = {"tests": len(verdicts), "failures": counts[BREACHED], "errors": counts[UNJUDGED]}
    suite = Element("testsuite", {"name": "stancewire gate", **{name: str(n) for name, n in totals.items()}})
    for verdict in verdicts:
        case = SubElement(suite, "testcase", {"classname": "stancewire.gate", "name": verdict.rule})
        if verdict.outcome in (BREACHED, UNJUDGED):
            SubElement(case, "failure" if verdict.outcome == BREACHED else "error", {"message": verdict.reason})
        else:
            SubElement(case, "system-out").text = verdict.reason
    write_text(path, '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suite, encoding="unicode") + "\n")
