"""``stancewire batch`` on real files and processes: killed at any moment, it ends as if nothing had been."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stancewire import Predictor
from stancewire.cli import main
from stancewire.data.tables import row_of_article
from stancewire.models.files import sha256
from stancewire.records import Article

QUIET = {"PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
BAD = '{"id": "no text"}\nnot JSON\n'
PART = ("--part-records", "3")
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed")


@dataclass(frozen=True)
class Done:
    """What a command left."""

    code: int
    err: str


Run = Callable[..., Done]


@pytest.fixture
def batch(checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs ``stancewire batch`` with the tiny checkpoint in this process."""

    def run(*words: str | Path, model: Path = checkpoint_folder) -> Done:
        monkeypatch.setattr(sys, "argv", ["stancewire", "batch", *map(str, words), "--model", str(model), *PART])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), capfd.readouterr().err)

    return run


@pytest.fixture(scope="module")
def news(articles: list[Article], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two files of records, two of which cannot be read."""
    folder = tmp_path_factory.mktemp("news")
    lines = "".join(json.dumps(article.to_dict()) + "\n" for article in articles[:8])
    (folder / "a.jsonl").write_text(lines + BAD + "\n", "utf-8")
    pq.write_table(pa.Table.from_pylist([row_of_article(article) for article in articles[8:13]]), folder / "b.parquet")
    return folder


@pytest.fixture(scope="module")
def undisturbed(news: Path, checkpoint_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the files of a run of its own process that nothing came between."""
    output = tmp_path_factory.mktemp("undisturbed") / "out"
    process = start(news, output, checkpoint_folder)
    assert process.wait() == 1  # two records cannot be read
    return tree(output)


def start(news: Path, output: Path, model: Path, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "stancewire", "batch", news, output, "--model", model, *PART, *words]
    with (output.parent / "log").open("ab") as log:
        return subprocess.Popen(command, stderr=log, env=os.environ | QUIET, start_new_session=True)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leaves(value: object, path: str = "") -> dict[str, Any]:
    """Return all that lists and dicts hold, by its path."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {name: leaf for key, part in pairs for name, leaf in leaves(part, f"{path}/{key}").items()}
    return {path: value}


def kill_when(process: subprocess.Popen[bytes], seen: Callable[[], bool]) -> bool:
    """Kill a process as soon as something is seen; whether it was still alive then."""
    while process.poll() is None and not seen():
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def test_every_record_is_answered_as_the_library_does_or_told_in_errors(
    undisturbed: dict[str, bytes], articles: list[Article], checkpoint_folder: Path
) -> None:
    parts = [name for name in sorted(undisturbed) if name.startswith("parts/")]
    assert parts == [f"parts/part-{number:06d}.jsonl" for number in range(6)]
    answers = [json.loads(line) for name in parts for line in undisturbed[name].splitlines()]
    predictions = Predictor.load(checkpoint_folder).predict(articles[:13])
    # Another batch moves a probability by its last digit.
    assert leaves(answers) == pytest.approx(leaves([p.to_dict() for p in predictions]), abs=2e-4)
    errors = [json.loads(line) for line in undisturbed["errors.jsonl"].splitlines()]
    assert [(error["file"], error["line"]) for error in errors] == [("a.jsonl", 9), ("a.jsonl", 10)]
    assert errors[0]["reason"] == (
        "a.jsonl:9 (id no text): field text: found None, expected a string that is not empty"
    )
    assert set(undisturbed) == {"manifest.json", "errors.jsonl", *parts} | {
        f"done/part-{number:06d}.json" for number in range(6)
    }


def test_the_manifest_holds_counts_and_digests(
    undisturbed: dict[str, bytes], news: Path, checkpoint_folder: Path, tmp_path: Path
) -> None:
    manifest = json.loads(undisturbed["manifest.json"])
    assert manifest["complete"]
    assert manifest["counts"] == {"records": 15, "labelled": 13, "errors": 2}
    assert manifest["checkpoint"]["sha256"] == sha256(checkpoint_folder / "MANIFEST.json")
    assert [(file["name"], file["sha256"]) for file in manifest["input"]] == [
        (name, sha256(news / name)) for name in ("a.jsonl", "b.parquet")
    ]
    for part in manifest["parts"]:
        (tmp_path / "part").write_bytes(undisturbed[f"parts/part-{part['number']:06d}.jsonl"])
        assert part["sha256"] == sha256(tmp_path / "part")


def test_killed_at_three_moments_the_folder_ends_as_if_nothing_had_been(
    news: Path, checkpoint_folder: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    moments = [
        lambda: any(output.glob("parts/.*.partial")),
        lambda: (output / "parts" / "part-000002.jsonl").exists(),
        lambda: (output / "done" / "part-000004.json").exists(),
    ]
    for seen in moments:
        kill_when(start(news, output, checkpoint_folder), seen)
    assert start(news, output, checkpoint_folder).wait() == 1  # two records cannot be read
    assert tree(output) == undisturbed
    assert "records are labelled already" in (tmp_path / "log").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["here", pytest.param("ray", marks=needs_ray)])
def test_killed_ten_times_at_random_the_folder_ends_as_if_nothing_had_been(
    engine: str, news: Path, checkpoint_folder: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    draw = random.Random(7)  # noqa: S311 - moments, not secrets
    words = ("--engine", engine, *(("--workers", "2") if engine == "ray" else ()))
    for _ in range(10):
        process = start(news, output, checkpoint_folder, *words)
        end = time.monotonic() + draw.uniform(0.5, 12)
        kill_when(process, lambda end=end: time.monotonic() > end)
    assert start(news, output, checkpoint_folder, *words).wait() == 1  # two records cannot be read
    assert tree(output) == undisturbed


@pytest.mark.parametrize(
    "harm",
    [
        lambda out: (out / "done" / "part-000001.json").unlink(),
        lambda out: (out / "done" / "part-000001.json").write_text("{"),
        lambda out: (out / "parts" / "part-000001.jsonl").unlink(),
        lambda out: (out / "parts" / "part-000001.jsonl").write_bytes(b"half"),
        lambda out: (out / "parts" / ".part-000001.jsonl.123.partial").write_bytes(b"half"),
        lambda out: (out / "errors.jsonl").unlink(),
        lambda out: shutil.rmtree(out / "parts"),
    ],
)
def test_what_is_missing_or_cut_short_is_done_again_and_nothing_else(
    harm: Callable[[Path], object], batch: Run, news: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    for name, content in undisturbed.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    kept = tmp_path / "parts" / "part-000000.jsonl"
    before = kept.stat().st_mtime_ns
    harm(tmp_path)
    stays = kept.exists()
    assert batch(news, tmp_path).code == 1
    assert tree(tmp_path) == undisturbed
    assert not stays or kept.stat().st_mtime_ns == before


def test_a_parquet_row_is_a_unit_and_all_parts_have_the_same_columns(batch: Run, news: Path, tmp_path: Path) -> None:
    assert batch(news, tmp_path / "out", "--format", "parquet", "--target", "closer ties").code == 1
    schemas = {str(pq.read_schema(path)) for path in (tmp_path / "out" / "parts").glob("*.parquet")}
    assert len(schemas) == 1
    table = pq.read_table(tmp_path / "out" / "parts")
    assert table.column("unit").to_pylist().count("article") == 13
    assert {"defense_on", "target:closer ties", "target:closer ties:relevance"} <= set(table.column_names)


def test_other_file_systems_are_written_too(
    batch: Run, news: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    for path in news.iterdir():
        memory.pipe_file(f"/far/news/{path.name}", path.read_bytes())
    for _ in range(2):
        assert batch("memory://far/news", "memory://far/out").code == 1
        memory.rm("/far/out/parts/part-000003.jsonl")
    assert batch("memory://far/news", "memory://far/out").code == 1
    found = {path.removeprefix("/far/out/"): memory.cat_file(path) for path in memory.find("/far/out")}
    assert found == undisturbed


def test_a_folder_with_another_run_is_refused_and_left_as_it_is(
    batch: Run, news: Path, checkpoint_folder: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    output, other = tmp_path / "out", shutil.copytree(news, tmp_path / "other")
    assert batch(news, output).code == 1
    (other / "c.jsonl").write_text(json.dumps({"id": "1", "text": "x"}), "utf-8")
    check_refused(batch(other, output), "holds a run with another input (c.jsonl is only in this one)")
    (other / "c.jsonl").unlink()
    (other / "a.jsonl").write_text(json.dumps({"id": "1", "text": "x"}), "utf-8")
    check_refused(batch(other, output), "holds a run with another input (a.jsonl has another content)")
    check_refused(batch(news, output, "--quotes", "given"), 'another settings (quotes: "find" there, "given" here)')
    model = shutil.copytree(checkpoint_folder, tmp_path / "model")
    manifest = model / "MANIFEST.json"
    manifest.write_text(manifest.read_text("utf-8") + "\n", "utf-8")
    check_refused(batch(news, output, model=model), "holds a run with another checkpoint (sha256: ")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x")
    check_refused(batch(news, tmp_path / "full"), "found thesis.txt in it, expected an empty folder")
    check_refused(batch(news, tmp_path / "full" / "thesis.txt"), "no folder that can be written to")
    check_refused(batch(news, news / "out"), "lies in the input")
    assert tree(output) == undisturbed


def test_two_runs_do_not_share_a_folder(batch: Run, news: Path, checkpoint_folder: Path, tmp_path: Path) -> None:
    from stancewire.inference.batch_folder import Folder

    with Folder(str(tmp_path / "out")).claimed():
        check_refused(batch(news, tmp_path / "out"), "another run is at work in this folder")


def test_input_that_nothing_can_be_read_of_is_refused(batch: Run, tmp_path: Path) -> None:
    check_refused(batch(tmp_path / "none", tmp_path / "out"), "none: no such file or folder")
    check_refused(batch("nowhere://x", tmp_path / "out"), "nowhere://x: Protocol not known: nowhere")
    (tmp_path / "bad.jsonl").write_text(BAD, "utf-8")
    done = batch(tmp_path / "bad.jsonl", tmp_path / "out")
    assert done.code == 2
    assert "none of 2 records could be read;" in done.err


def test_the_end_tells_what_could_not_be_read(batch: Run, news: Path, tmp_path: Path) -> None:
    done = batch(news, tmp_path / "out")
    assert done.code == 1
    assert "15 records in 2 files, 6 parts" in done.err
    assert f"2 records could not be read: file, line and reason are in {tmp_path}/out/errors.jsonl" in done.err


@needs_ray
def test_ray_writes_the_same_bytes(
    news: Path, checkpoint_folder: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    process = start(news, output, checkpoint_folder, "--engine", "ray", "--workers", "2")
    assert process.wait() == 1, (tmp_path / "log").read_text("utf-8")
    assert tree(output) == undisturbed


def check_refused(done: Done, sentence: str) -> None:
    """Check that a command ended with a sentence for the user."""
    assert done.code == 2
    assert sentence in done.err.splitlines()[-1]
