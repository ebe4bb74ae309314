"""``stancewire label``, run as a user runs it: what it writes, and what it says of what it cannot label."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stancewire import Predictor
from stancewire.cli import main
from stancewire.records import MAX_CHARACTERS, Article

QUIET = {"PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
STORY = "Le ministre a annoncé un accord.\n\n« Nous refusons les sanctions », a déclaré Anna Morel.\n"
LAPTOP = 4 * 1024**2  # kilobytes


@dataclass(frozen=True)
class Done:
    """What a command left."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def label(checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Return a function that runs ``stancewire label`` with the tiny checkpoint."""

    def run(*words: str | Path, stdin: bytes = b"", model: Path = checkpoint_folder) -> Done:
        monkeypatch.setattr(sys, "argv", ["stancewire", "label", *map(str, words), "--model", str(model)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Done(int(ended.value.code or 0), out.decode(), err.decode())

    return run


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """Return a text file."""
    path = tmp_path / "story.txt"
    path.write_text(STORY, "utf-8")
    return path


@pytest.fixture
def news(articles: list[Article], tmp_path: Path) -> Path:
    """Return a file of three records with their quotes."""
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps(article.to_dict()) + "\n" for article in articles[:3]), "utf-8")
    return path


def test_a_pipe_gets_one_json_object_an_article_as_the_library_answers(
    label: Run, news: Path, articles: list[Article], checkpoint_folder: Path
) -> None:
    done = label(news)
    answers = [prediction.to_dict() for prediction in Predictor.load(checkpoint_folder).predict(articles[:3])]
    assert (done.code, done.err) == (0, "")
    assert [json.loads(line) for line in done.out.splitlines()] == answers


def test_records_are_utf8_in_every_locale(story: Path, checkpoint_folder: Path) -> None:
    env = os.environ | QUIET | {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "stancewire", "label", story, "--model", checkpoint_folder]
    done = subprocess.run(command, capture_output=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    (quote,) = json.loads(done.stdout)["quotes"]
    assert quote["text"] == STORY[slice(*quote["spans"][0])]
    assert "refusons" in quote["text"]
    assert quote["speaker"]["text"] == "Anna Morel"


def test_quotes_are_those_of_the_record_where_they_are_asked_for(
    label: Run, news: Path, articles: list[Article]
) -> None:
    found = [json.loads(line)["quotes"] for line in label(news, "--quotes", "given").out.splitlines()]
    spans = [[[list(span) for span in quote.spans] for quote in article.quotes] for article in articles[:3]]
    assert [[quote["spans"] for quote in quotes] for quotes in found] == spans


def test_csv_and_parquet_have_one_row_a_unit_and_the_same_columns(label: Run, news: Path, tmp_path: Path) -> None:
    printed = label(news, "--format", "csv", "--target", "l'adhésion")
    rows = list(csv.DictReader(io.StringIO(printed.out, newline="")))
    units = [(row["id"], row["unit"]) for row in rows]
    assert len(set(units)) == len(units)
    assert sum(unit == "article" for _, unit in units) == 3
    assert all(row["text"] and int(row["start"]) < int(row["end"]) for row in rows if row["unit"] != "article")
    assert {(row["defense_on"], bool(row["defense_stance"])) for row in rows} <= {("True", True), ("False", False)}

    written = label(news, "-o", tmp_path / "new" / "labels.csv", "--target", "l'adhésion")
    assert (written.code, written.out) == (0, "")
    assert written.err == f"{tmp_path}/new/labels.csv: 3 articles\n"
    assert (tmp_path / "new" / "labels.csv").read_bytes().decode() == printed.out

    assert label(news, "--output", tmp_path / "labels.parquet", "--target", "l'adhésion").code == 0
    table = pq.read_table(tmp_path / "labels.parquet")
    assert table.column_names == list(rows[0])
    assert list(zip(table["id"].to_pylist(), table["unit"].to_pylist(), strict=True)) == units


def test_a_table_is_for_people(label: Run, story: Path, tmp_path: Path) -> None:
    done = label(story, "--format", "table", "--lang", "fr", "--target", "[the] sanctions")
    assert done.code == 0
    for part in ("story", "Le ministre a annoncé", "the outlet", "Anna Morel", "refusons", "on “[the] sanctions”"):
        assert part in done.out
    assert max(map(len, done.out.splitlines())) <= 120
    label(story, "--format", "table", "--lang", "fr", "--target", "[the] sanctions", "-o", tmp_path / "table")
    assert (tmp_path / "table").read_text("utf-8") == done.out


def test_a_page_is_written_beside_the_records_or_alone(label: Run, story: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "page.html"
    alone = label(story, "--html", target, "--target", "la paix")
    assert (alone.code, alone.out, alone.err) == (0, "", f"{target}: 1 article\n")
    html = target.read_text("utf-8")
    assert "Nous refusons les sanctions</mark>" in html
    assert "la paix" in html

    records = label(story, "--target", "la paix").out
    assert label(story, "--html", target, "--target", "la paix", "--format", "jsonl").out == records
    both = label(story, "--html", target, "--target", "la paix", "-o", tmp_path / "labels.jsonl")
    assert (both.code, (tmp_path / "labels.jsonl").read_text("utf-8")) == (0, records)
    assert target.read_text("utf-8") == html
    check_refused(label(story, "--html", story / "page.html"), "page.html: cannot be written")


def test_a_folder_of_texts_is_labelled_file_by_file(label: Run, tmp_path: Path) -> None:
    for name in ("a.txt", "deep/b.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(STORY, "utf-8")
    (tmp_path / "other.md").write_text("not read", "utf-8")
    assert [json.loads(line)["id"] for line in label(tmp_path).out.splitlines()] == ["a", "deep/b"]


def test_standard_input_is_one_text_which_takes_the_language_that_is_given(label: Run, story: Path) -> None:
    piped, read = (label(name, "--lang", "fr", stdin=STORY.encode()).out for name in ("-", story))
    assert json.loads(piped) == json.loads(read) | {"id": "stdin"}
    assert json.loads(piped)["lang"] == "fr"


def test_each_open_target_is_answered_once_for_each_unit(label: Run, story: Path) -> None:
    done = label(story, "--target", "制裁", "--target", "sanctions", "--target", "制裁")
    answers = [(answer["target"], answer["unit"]) for answer in json.loads(done.out)["targets"]]
    assert answers == [(target, unit) for target in ("制裁", "sanctions") for unit in ("article", 0)]


BAD_OFFSET = json.dumps({"id": "one", "text": "short", "quotes": [{"spans": [[2, 99]]}]}).encode()
BAD_INPUTS = [
    ("x.jsonl", BAD_OFFSET, "x.jsonl:2 (id one): field quotes[0].spans[0]: found [2, 99], expected [start, end]"),
    ("x.txt", b"", "x.txt: the file is empty"),
    ("x.txt", b" \n", "x.txt (id x): field text: found ' \\n', expected a string that is not empty"),
    ("x.txt", b"\x7fELF\0\1", "x.txt:1: byte 4: found a NUL byte, expected text in UTF-8"),
    ("x.txt", "Un été".encode("latin-1"), "x.txt:1: byte 3: found b'\\xe9', expected text in UTF-8; if it is Latin-1"),
    ("x.docx", b"PK", "x.docx: found '.docx', expected a folder of .txt files or one of .jsonl"),
    ("x.txt", b"a" * (MAX_CHARACTERS + 1), "field text: found 1000001, expected at most 1000000 characters"),
]


@pytest.mark.parametrize(("name", "content", "sentence"), BAD_INPUTS)
def test_what_cannot_be_read_is_one_sentence_and_nothing_is_written(
    name: str, content: bytes, sentence: str, label: Run, tmp_path: Path
) -> None:
    good = json.dumps({"id": "good", "text": "Good."}).encode() + b"\n" if name.endswith(".jsonl") else b""
    (tmp_path / name).write_bytes(good + content)
    output = tmp_path / "labels.jsonl"
    for words in ((), ("-o", output)):
        check_refused(label(tmp_path / name, *words), sentence)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "stdin: the file is empty"),
        (b"\x7fELF\0\1", "stdin:1: byte 4: found a NUL byte"),
        ("Été\nété".encode("latin-1"), "stdin:1: byte 0: found b'\\xc9', expected text in UTF-8"),
    ],
)
def test_standard_input_is_checked_as_a_file_is(content: bytes, sentence: str, label: Run) -> None:
    check_refused(label("-", stdin=content), sentence)


def test_a_file_or_a_folder_without_texts_is_named(label: Run, tmp_path: Path) -> None:
    check_refused(label(tmp_path / "none.txt"), "none.txt: no such file or folder")
    check_refused(label(tmp_path), "found no .txt file in the folder")


def test_a_checkpoint_that_is_not_whole_is_named(
    label: Run, story: Path, checkpoint_folder: Path, tmp_path: Path
) -> None:
    check_refused(label(story, model=tmp_path / "none"), "none: no such folder; expected a checkpoint")
    check_refused(label(story, model=tmp_path), "no readable MANIFEST.json: not a whole checkpoint")
    broken = shutil.copytree(checkpoint_folder, tmp_path / "broken")
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    check_refused(label(story, model=broken), "the checkpoint is truncated; copy it again")


def test_a_model_that_cannot_be_fetched_is_named(story: Path) -> None:
    command = [sys.executable, "-m", "stancewire", "label", story, "--model", "nobody/nothing"]
    env = os.environ | QUIET | {"HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    check_refused(Done(done.returncode, done.stdout, done.stderr), "nobody/nothing: no such folder, and no checkpoint")


def test_an_output_that_cannot_be_written_is_told_before_the_labelling(label: Run, story: Path) -> None:
    check_refused(label(story, "-o", story / "labels.csv"), "labels.csv: cannot be written")


def test_an_option_that_cannot_be_meant_is_refused(label: Run, story: Path) -> None:
    assert "--lang: found 'French', expected the code of a language" in label(story, "--lang", "French").err
    assert "no record brings quotes" in label(story, "--quotes", "given").err
    check_refused(label(story, "--target", " "), "--target: found '', expected a phrase or a proposition")
    assert "needs --output" in label(story, "--format", "parquet").err
    assert label(story, "--format", "parquet").code == 2


@pytest.mark.slow
def test_an_article_of_two_megabytes_is_labelled_within_the_memory_of_a_laptop(
    checkpoint_folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "long.txt"
    quote = "Министр заявил: «Мы не поддержим эти санкции», а затем уехал в столицу. "
    paragraph = quote + "В столице его ждали журналисты, врачи и соседи, но он прошёл мимо них. " * 19
    path.write_text(paragraph * (MAX_CHARACTERS // len(paragraph)), "utf-8")
    assert path.stat().st_size > 1_700_000
    code = (
        "import resource, sys; from stancewire.cli import cli; cli(standalone_mode=False);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "label", path, "--lang", "ru", "--model", checkpoint_folder]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | QUIET, check=True)
    answer = json.loads(done.stdout)
    assert len(answer["quotes"]) == MAX_CHARACTERS // len(paragraph)
    assert answer["windows"] > 1000
    assert int(done.stderr) < LAPTOP


def check_refused(done: Done, sentence: str) -> None:
    """Check that a command ended with one line on standard error and nothing else."""
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("stancewire: ")
    assert done.err.count("\n") == 1
    assert sentence in done.err
