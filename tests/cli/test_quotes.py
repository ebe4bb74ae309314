"""``stancewire quotes`` and ``stancewire evaluate-quotes``: what they print."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stancewire.cli import cli

TEXT = "Prime Minister Aino Laine spoke. “We will sign the treaty before the winter,” Laine said."


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "story.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_lines_hold_spans_words_and_the_entity(story: Path) -> None:
    (found,) = json.loads(run("quotes", str(story), "--format", "jsonl"))["quotes"]
    ((start, end),) = found["spans"]
    assert TEXT[start:end] == found["text"] == "We will sign the treaty before the winter"
    assert found["speaker"]["text"].endswith("Laine")
    assert found["speaker"]["entity"] == "Prime Minister Aino Laine"


def test_offsets_are_those_of_the_text_that_was_given(tmp_path: Path) -> None:
    text = "Re\u0301my spoke. “We will sign the treaty before the winter,” Re\u0301my Roy said."
    path = tmp_path / "story.txt"
    path.write_text(text, encoding="utf-8")
    (found,) = json.loads(run("quotes", str(path), "--format", "jsonl", "--lang", "en"))["quotes"]
    ((start, end),) = found["spans"]
    assert text[start:end] == "We will sign the treaty before the winter"


def test_the_text_is_marked_and_otherwise_as_it_was(story: Path) -> None:
    shown = run("quotes", str(story), "--format", "text").rstrip("\n")
    assert "⟦We will sign the treaty before the winter⟧(1: Prime Minister Aino Laine)" in shown
    assert shown.replace("⟦", "").replace("⟧(1: Prime Minister Aino Laine)", "") == TEXT


def test_the_table_names_the_speaker(story: Path) -> None:
    assert "Aino Laine" in run("quotes", str(story), "--format", "table").replace("\n", " ")


def test_scores_are_printed_beside_the_rival_and_written(tmp_path: Path) -> None:
    record = {"id": "a", "lang": "en", "text": TEXT, "quotes": [{"spans": [[34, 76]], "speaker": {"text": "Laine"}}]}
    path, report = tmp_path / "gold.jsonl", tmp_path / "scores.json"
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    shown = run("evaluate-quotes", str(path), "--rival", "regex", "--json", str(report))
    assert "regex" in shown
    systems = json.loads(report.read_text(encoding="utf-8"))["systems"]
    assert [system["system"] for system in systems] == ["stancewire", "regex"]
    assert systems[0]["rows"][0]["exact_f1"] == 1.0


def test_a_file_without_annotated_quotes_is_refused(story: Path) -> None:
    result = CliRunner().invoke(cli, ["evaluate-quotes", str(story)])
    assert "found no annotated quote" in str(result.exception)
