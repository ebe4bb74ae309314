"""Measured results in a model card: the Hub's ``model-index``, and tables that people read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from stancewire.errors import DataError
from stancewire.evaluation.markdown import end_to_end, language_table, open_targets, source_line, unit_table
from stancewire.evaluation.model_index import model_index, without_paths

RESULTS, LIMITS = "## Results", "## Limits"
_CARD = re.compile(r"---\n(?P<front>.*?\n)---\n(?P<body>.*)", re.DOTALL)
_OLD_RESULTS = re.compile(rf"^{RESULTS}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)


def card_with_results(card: str, reports: Sequence[Mapping[str, Any]], name: str) -> str:
    """Return a model card with the results of some reports, in place of those that it had.

    Args:
        card: Markdown with a front matter, as a training run writes it.
        reports: of the card's own checkpoint, on one set of records each.
        name: of the card, for the error.

    Raises:
        DataError: the card has no front matter.
    """
    found = _CARD.fullmatch(card)
    front = yaml.safe_load(found["front"]) if found else None
    if not found or not isinstance(front, dict):
        raise DataError(
            f"{name}: found no front matter; expected a model card that begins with YAML between '---' lines"
        )
    body = _OLD_RESULTS.sub("", found["body"])
    before, limits, after = body.partition(LIMITS)
    results = "\n".join([RESULTS, "", *(line for report in reports for line in _section(report))])
    front = yaml.safe_dump({**front, **model_index(reports)}, sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n{before.rstrip()}\n\n{results}\n{limits}{after}"


def _section(report: Mapping[str, Any]) -> list[str]:
    report = without_paths(report)
    alone = {**report, "systems": report["systems"][:1]}
    parts = [
        ("", [unit_table(report)]),
        ("By language:", [language_table(alone)]),
        ("Open targets:", open_targets(alone)),
        ("End to end:", end_to_end(alone)),
    ]
    lines = [f"### {report['data']['name']}", "", f"{source_line(report['data'])}, {report['date'][:10]}.", ""]
    for title, content in parts:
        if content:
            lines += [title, ""] if title else []
            lines += [*content, ""]
    return lines
