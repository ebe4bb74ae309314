"""``stancewire serve`` as a process: it tells where it is, ends well, and lets nobody in by mistake."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from stancewire import Predictor
from stancewire.cli import cli
from stancewire.errors import DataError
from stancewire.records import Article

QUIET = {"PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
CLIENTS, ARTICLES = 8, 30

Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start(checkpoint_folder: Path) -> Iterator[Start]:
    """Return a function that starts the command and gives the process with the URL that it tells."""
    processes: list[subprocess.Popen[str]] = []

    def run(*words: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "stancewire", "serve", "--port", "0", "--model", checkpoint_folder, *words]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | QUIET)
        processes.append(process)
        assert process.stderr
        line = process.stderr.readline()
        found = re.match(r"http://127\.0\.0\.1:\d+", line)
        assert found, line + process.stderr.read()
        return process, found.group()

    yield run
    for process in processes:
        process.kill()
        process.wait()
        assert process.stderr
        process.stderr.close()


def count(metrics: str, name: str) -> float:
    found = re.search(rf'^{name}{{work="label"}} (\S+)$', metrics, re.M)
    assert found
    return float(found.group(1))


def test_sigterm_answers_all_that_was_taken_and_then_ends(
    start: Start, articles: list[Article], checkpoint_folder: Path
) -> None:
    process, url = start("--max-batch", "4")
    batches = [[article.to_dict() for article in (articles * 2)[i : i + ARTICLES]] for i in range(CLIENTS)]

    def ask(batch: list[dict[str, object]]) -> httpx.Response:
        with httpx.Client(base_url=url, timeout=120) as client:
            return client.post("/v1/label", json={"articles": batch})

    with ThreadPoolExecutor(CLIENTS) as pool, httpx.Client(base_url=url, timeout=60) as watcher:
        asked = [pool.submit(ask, batch) for batch in batches]
        taken = 0.0
        while taken < CLIENTS * ARTICLES - 4:  # four may be in work, which is counted nowhere
            metrics = watcher.get("/metrics").text
            taken = count(metrics, "stancewire_waiting_articles") + count(metrics, "stancewire_batch_articles_sum")
        process.send_signal(signal.SIGTERM)
        answers = [future.result() for future in asked]
    assert [answer.status_code for answer in answers] == [200] * CLIENTS
    for answer, batch in zip(answers, batches, strict=True):
        assert [result["id"] for result in answer.json()["results"]] == [record["id"] for record in batch]
    assert process.wait(30) == 0
    expected = Predictor.load(checkpoint_folder).predict(batches[3][:2])
    for result, prediction in zip(answers[3].json()["results"][:2], expected, strict=True):
        assert [quote["text"] for quote in result["quotes"]] == [quote.text for quote in prediction.quotes]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz")


def test_ctrl_c_ends_it_without_a_word(start: Start) -> None:
    process, url = start()
    assert httpx.get(f"{url}/readyz").text == "ok\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert process.stderr
    assert process.stderr.read() == ""


def refusal(*words: str) -> str:
    """Return why the command does not start; it is told before the model is loaded."""
    result = CliRunner().invoke(cli, ["serve", *words])
    assert isinstance(result.exception, DataError), result.output
    return str(result.exception)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "news.example"])  # noqa: S104 - to be refused
def test_other_machines_need_a_token(host: str) -> None:
    expected = "127.0.0.1, or --token-file FILE: other machines reach this one"
    assert refusal("--host", host) == f"--host: found '{host}', expected {expected}"


def test_a_token_that_can_be_guessed_is_refused_and_not_told(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("secret\n", "utf-8")
    assert refusal("--token-file", str(path)) == (
        f"{path}: found 6 characters, expected one line of at least 16 ASCII characters without a space, "
        "such as openssl rand -hex 32 gives"
    )
    assert refusal("--token-file", str(tmp_path / "none")).startswith(f"{tmp_path / 'none'}: cannot be read as a token")


def test_an_address_that_is_taken_is_told(start: Start) -> None:
    _, url = start()
    port = url.rpartition(":")[2]
    assert refusal("--port", port) == (
        f"127.0.0.1:{port}: cannot be listened at (Address already in use); name another --host or --port"
    )
