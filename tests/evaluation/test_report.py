"""Reports: what they say, how it is written, and that they appear whole."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stancewire.evaluation.endtoend import Agreement, EndToEndRow
from stancewire.evaluation.metrics import UnitScores, score
from stancewire.evaluation.report import SCHEMA, System, make_report, markdown, unit_table, write_report

TOPICS = ("arms", "talks")
SOURCE = {"name": "my.jsonl", "split": None, "articles": 1200, "quotes": 2, "sha256": "0123456789abcdef" * 4}


@pytest.fixture
def report() -> dict[str, Any]:
    """Return a report on three units, with one system that is right and one that is not."""
    gold_on = np.array([[1, 0], [1, 0], [0, 0]])
    scores = UnitScores(
        probability=gold_on.astype(float),
        on=gold_on == 1,
        stance=np.array([[2, 0], [0, 0], [0, 0]]),
        gold_on=gold_on,
        gold_stance=np.array([[2, -1], [0, -1], [-1, -1]]),
        kind=np.array(["article", "quote", "quote"]),
        lang=np.array(["fr", "fr", "de"]),
    )
    off = replace(scores, on=np.zeros_like(scores.on), probability=np.zeros((3, 2)), stance=np.ones((3, 2), dtype=int))
    row = EndToEndRow("all", "all", 2, Agreement(4, 5, 3), Agreement(2, 2, 1), Agreement(0, 0, 0), 3, 2)
    return make_report(
        checkpoint={"name": "default", "sha256": "f" * 64},
        data=SOURCE,
        train=SOURCE,
        topics=TOPICS,
        systems=[
            System("checkpoint", "the network", score(scores, TOPICS)),
            System("majority", "a constant", score(off, TOPICS)),
        ],
        end_to_end=[row, *(replace(row, topic=topic) for topic in TOPICS)],
    )


def tables(page: str) -> list[list[list[str]]]:
    """Return the cells of each Markdown table, without the rule under its head."""
    blocks = re.findall(r"(?:^\|.*\|\n)+", page, re.M)
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for i, line in enumerate(block.splitlines()) if i != 1]
        for block in blocks
    ]


def test_the_report_says_what_was_measured_on_what_with_which_code(report: dict[str, Any]) -> None:
    assert report["schema"] == SCHEMA == "stancewire-report/1"
    assert report["data"]["sha256"] == SOURCE["sha256"]
    assert report["checkpoint"]["sha256"] == "f" * 64
    assert report["topics"] == list(TOPICS)
    assert "stancewire" in report["versions"]
    row = report["systems"][0]["rows"][0]
    assert row == {
        "kind": "article",
        "topic": "all",
        "lang": "all",
        "n": 2,
        "positives": 1,
        "average_precision": 1.0,
        "f1": 1.0,
        "precision": 1.0,
        "recall": 1.0,
        "stance_n": 1,
        "stance_counts": {"support": 0, "oppose": 0, "neutral": 1},
        "stance_f1": 1.0,
    }


def test_the_page_begins_with_all_systems_by_unit(report: dict[str, Any]) -> None:
    (first, by_topic, by_language, quotes, topics) = tables(markdown(report))
    assert [row[:2] for row in first[1:]] == [
        ["article", "checkpoint"],
        ["article", "majority"],
        ["quote", "checkpoint"],
        ["quote", "majority"],
    ]
    assert first[3] == ["quote", "checkpoint", "4", "1", "100.0", "100.0", "100.0", "100.0", "1", "100.0"]
    assert first[4] == ["quote", "majority", "4", "1", "50.0", "0.0", "–", "0.0", "1", "0.0"]
    assert len(by_topic) == 1 + 2 * 2 * 2
    assert [row[:3] for row in by_language[1:]] == [["article", "fr", "2"], ["quote", "de", "2"], ["quote", "fr", "2"]]
    assert quotes[1] == ["all", "2", "4", "5", "60.0", "75.0", "66.7", "3", "66.7", "2", "50.0", "–"]
    assert [row[0] for row in topics[1:]] == ["all", "arms", "talks"]
    assert unit_table(report) in markdown(report)


def test_every_row_of_a_table_has_as_many_cells_as_its_head(report: dict[str, Any]) -> None:
    for table in tables(markdown(report)):
        assert len({len(row) for row in table}) == 1


def test_a_report_without_baselines_or_complete_records_says_so(report: dict[str, Any]) -> None:
    bare = report | {"train": None, "systems": report["systems"][:1], "end_to_end": []}
    page = markdown(bare)
    assert "No record says of all its quotes where they are." in page
    assert "majority" not in page


def test_both_files_are_written_and_nothing_else(report: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "new" / "report"
    write_report(report, folder)
    write_report(report, folder)
    assert sorted(file.name for file in folder.iterdir()) == ["report.json", "report.md"]
    assert json.loads((folder / "report.json").read_text("utf-8")) == report
    assert (folder / "report.md").read_text("utf-8") == markdown(report)


def test_a_number_that_json_does_not_know_leaves_no_file(report: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_report(report | {"bad": float("nan")}, tmp_path)
    assert list(tmp_path.iterdir()) == []
