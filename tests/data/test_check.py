"""A check counts what can be read, lists what cannot, and finds texts that stand in two splits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stancewire import DataError
from stancewire.cli.data import data
from stancewire.data import load_corpus
from stancewire.data.check import check_files
from stancewire.data.counts import count_labels
from stancewire.data.duplicates import Place, find_duplicates

STORY = (
    "The ministers met in the harbour town on Tuesday and spoke for three hours about the tankers that wait outside. "
    "Nobody would say afterwards whether the measures will be prolonged in the spring, as the northern states demand."
)
JAPANESE = (
    "外相は火曜日、港町で三時間にわたり会談し、沖合で待つタンカーについて協議した。"
    "制裁が春に延長されるかどうかは明らかにしなかった。"
)


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), "utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(data, ["check", *map(str, arguments)])


def duplicates(*texts: tuple[str, str, str]) -> list[tuple[str, str, bool, bool]]:
    """Return the pairs of ids in (id, split, text), whether the texts are the same, and whether they leak."""
    found = find_duplicates((Place("x.jsonl", name, split), text) for name, split, text in texts)
    return [(pair.first.id, pair.second.id, pair.exact, pair.leaks) for pair in found]


def test_the_same_text_in_two_splits_leaks_whatever_its_case_and_space() -> None:
    assert duplicates(("a", "train", STORY), ("b", "test", STORY.upper().replace(" ", "  "))) == [
        ("a", "b", True, True)
    ]


@pytest.mark.parametrize(("text", "old", "new"), [(STORY, "three", "four"), (JAPANESE, "三", "四")])
def test_a_near_copy_in_another_split_is_found_in_any_script(text: str, old: str, new: str) -> None:
    assert duplicates(("a", "train", text), ("b", "test", text.replace(old, new))) == [("a", "b", False, False)]


def test_copies_within_one_split_and_other_texts_are_no_pair() -> None:
    assert duplicates(("a", "train", STORY), ("b", "train", STORY), ("c", "test", JAPANESE)) == []


def test_a_near_copy_meets_every_split_that_has_the_text() -> None:
    pairs = duplicates(("a", "train", STORY), ("b", "dev", STORY), ("c", "test", STORY.replace("three", "four")))
    assert pairs == [("a", "b", True, True), ("a", "c", False, False), ("b", "c", False, False)]


def test_short_texts_are_compared_too() -> None:
    assert duplicates(("a", "train", "Nein"), ("b", "test", "nein"), ("c", "test", "Ja")) == [("a", "b", True, True)]


def test_no_article_of_the_corpus_stands_in_two_splits() -> None:
    texts = ((Place("corpus", a.id, a.extra["split"]), a.text) for a in load_corpus())
    assert list(find_duplicates(texts)) == []


def test_counts_tell_split_language_unit_topic_and_stance(tmp_path: Path) -> None:
    article = {
        "id": "a",
        "lang": "en",
        "text": STORY,
        "topics": {"sanctions": "neutral"},
        "quotes": [{"spans": [[0, 9]], "topics": {}}, {"spans": [[4, 9]]}],
        "targets": [{"unit": 1, "target": "x", "stance": "oppose"}, {"target": "x", "stance": "neutral"}],
    }
    tweet = {
        "id": "b",
        "unit": "tweet",
        "text": "No!",
        "topics": None,
        "targets": [{"target": "y", "stance": "oppose"}],
    }
    path = write(tmp_path / "set.validation.jsonl", article, tweet, {"id": "c", "text": "Text.", "split": "test"})
    counts = check_files([path]).counts
    assert counts.units == {
        ("dev", "en", "article"): 1,
        ("dev", "en", "quote"): 2,
        ("dev", "-", "tweet"): 1,
        ("test", "-", "article"): 1,
    }
    assert counts.labels == {
        ("dev", "article", "sanctions", "neutral"): 1,
        ("dev", "article", "open target", "neutral"): 1,
        ("dev", "quote", "none on", ""): 1,
        ("dev", "quote", "not annotated", ""): 1,
        ("dev", "quote", "open target", "oppose"): 1,
        ("dev", "tweet", "not annotated", ""): 1,
        ("dev", "tweet", "open target", "oppose"): 1,
        ("test", "article", "not annotated", ""): 1,
    }


def test_counts_of_nothing_are_empty() -> None:
    assert not count_labels([]).units


def test_every_fault_of_every_file_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'{"id": "a", "text": ""}\nbroken\n\xff\n{"id": "b", "text": "Fine."}\n{"id": "b", "text": "Twice."}'
    )
    result = run(path, tmp_path / "missing.jsonl")
    assert result.exit_code != 0
    assert isinstance(result.exception, DataError)
    assert str(result.exception) == "5 records or files cannot be read"
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert [line.split(":")[2] for line in errors[:4]] == ["1 (id a)", "2", "3", "5"]
    assert "no such file" in errors[4]
    assert "article" in result.stdout


def test_a_leak_is_an_error_and_a_near_copy_a_warning(tmp_path: Path) -> None:
    train = write(tmp_path / "x.train.jsonl", {"id": "a", "text": STORY}, {"id": "b", "text": JAPANESE})
    near = write(tmp_path / "x.test.jsonl", {"id": "a", "text": STORY.replace("three", "four")})
    warned = run(train, near)
    assert warned.exit_code == 0
    assert f"{train}: a (train) and {near}: a (test)" in warned.stderr
    assert warned.stderr.startswith("warning: nearly the same text (0.9")
    leak = write(tmp_path / "x.dev.jsonl", {"id": "c", "text": JAPANESE})
    refused = run(train, leak)
    assert str(refused.exception) == "1 texts stand in two splits"
    assert refused.stderr == f"error: the same text: {train}: b (train) and {leak}: c (dev)\n"


def test_units_are_compared_without_their_context(tmp_path: Path) -> None:
    sentence = {"unit": "sentence", "context": f"{STORY} […]", "topics": None, "targets": []}
    train = write(tmp_path / "x.train.jsonl", {"id": "a", "text": "First sentence."} | sentence)
    test = write(tmp_path / "x.test.jsonl", {"id": "b", "text": "Another thing."} | sentence)
    assert check_files([train, test]).duplicates == ()


def test_a_pipe_gets_plain_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "news.jsonl", {"id": "a", "lang": "[red]", "text": STORY, "topics": {"defense": "oppose"}})
    result = run(path)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["language,", "unit", "units"],
        ["[red]", "article", "1"],
        ["all", "article", "1"],
        [],
        ["unit,", "topic,", "stance", "units"],
        ["article", "defense", "oppose", "1"],
    ]
