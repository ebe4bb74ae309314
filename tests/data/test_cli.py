"""``stancewire data`` as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from stancewire.cli.data import data
from stancewire.data import read_articles
from stancewire.data.card import BEGIN, END

ARTICLE = "=== {id}\nkind: news\ntitle: T\ntopics: -\nq1: -; by none\n\n“<q1>Words</q1>”, they say.\n"


def test_a_corpus_is_built_and_its_card_written(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "en.txt").write_text(ARTICLE.format(id="en-1") + "\n" + ARTICLE.format(id="en-2"), "utf-8")
    (tmp_path / "README.md").write_text(f"# Card\n\n{BEGIN}\nold\n{END}\n\nMore.\n", "utf-8")
    built = CliRunner().invoke(data, ["build-corpus", "--folder", str(tmp_path)], catch_exceptions=False)
    assert "2 articles, 2 quotes" in built.output
    assert [article.id for article in read_articles(tmp_path / "corpus.jsonl.xz")] == ["en-1", "en-2"]
    CliRunner().invoke(data, ["card", "--folder", str(tmp_path)], catch_exceptions=False)
    card = (tmp_path / "README.md").read_text("utf-8")
    assert card.startswith(f"# Card\n\n{BEGIN}\n\n2 articles, 2 quotes, 0 open targets")
    assert card.endswith(f"{END}\n\nMore.\n")


def test_a_fault_ends_with_code_2_and_its_place(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"id": "a"}\n')
    command = [sys.executable, "-m", "stancewire", "data", "check", "x.jsonl"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: x.jsonl:1 (id a): field text: found None, expected a string that is not empty",
        "stancewire: 1 records or files cannot be read",
    ]


def test_a_topic_that_the_label_set_has_not_is_told_and_the_rest_is_well(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"id": "a", "text": "Words.", "topics": {"defence": "support"}}\n')
    done = CliRunner().invoke(data, ["check", str(tmp_path / "x.jsonl")], catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "warning: topic 'defence' of 1 units is not in labels/newswire.yaml; did you mean 'defense'?",
        f"all records of {tmp_path}/x.jsonl can be read, and no text stands in two splits",
    ]


def test_reading_loads_nothing_heavy() -> None:
    heavy = {"torch", "transformers", "datasets", "pyarrow", "pandas", "numpy", "datasketch"}
    code = "import sys, stancewire.data, stancewire.cli.data; stancewire.data.load_corpus('dev'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy.isdisjoint(done.stdout.split())
