"""A real Label Studio takes our project and gives it back: pytest -m slow, with label-studio on the PATH."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from stancewire.config import LabelSet
from stancewire.config_files import load_labels
from stancewire.data import load_corpus
from stancewire.data.label_studio import labelling_config
from stancewire.data.label_studio_export import Annotated, read_export
from stancewire.data.label_studio_tasks import task_of
from stancewire.predictions import Prediction, QuotePrediction, TargetPrediction, TopicPrediction
from stancewire.records import Article, Speaker

pytestmark = pytest.mark.slow

MINUTES = 15
TOKEN = "0123456789abcdef0123456789abcdef01234567"
LANGUAGES = ("fr", "ar", "ja", "en")
EMOJI = {
    "id": "emoji",
    "lang": "en",
    "title": "",
    "text": "👩\u200d🚒 <b>&amp; “We stay,”\n\nsaid Laine 😀, “and fight.”\n“No,” she said.",
    "topics": {"defense": "on"},
    "unknown": ["sanctions"],
    "quotes": [],
}


def ask(url: str, content: object = None) -> Any:  # noqa: ANN401 - any JSON
    """Send JSON, if any, and return the JSON of the answer."""
    body = None if content is None else json.dumps(content).encode()
    headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
    with urlopen(Request(url, body, headers), timeout=120) as answer:  # noqa: S310 - loopback
        return json.loads(answer.read() or b"null")


VALIDATE = """
import json, sys
from label_studio_sdk.label_interface import LabelInterface
config, tasks = json.load(sys.stdin)
interface = LabelInterface(config)
interface.validate()
for task in tasks:
    for result in (*task.get("annotations", ()), *task.get("predictions", ())):
        print(*interface.validate_prediction(result, return_errors=True), sep="\\n", end="")
"""
"""What Label Studio checks of a config and of what is imported, in its own environment."""


@pytest.fixture(scope="module")
def command() -> str:
    """Return the command, which has an environment of its own."""
    found = shutil.which("label-studio")
    if not found:
        pytest.skip("label-studio is not on the PATH (pip install label-studio, in an environment of its own)")
    return found


@pytest.fixture(scope="module")
def server(command: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start Label Studio on loopback with a user of its own and give its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("label-studio")
    settings = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
    }
    user = ("--username", "anna@example.org", "--password", "not-a-secret", "--user-token", TOKEN)
    words = (command, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port), *user)
    log = folder / "log.txt"
    with log.open("wb") as stream:
        process = subprocess.Popen(words, env=os.environ | settings, stdout=stream, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 60 * MINUTES
        while not _answers(address):
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < end, log.read_text()[-2000:]
            time.sleep(1)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def _answers(address: str) -> bool:
    try:
        return bool(ask(f"{address}/api/projects"))
    except (URLError, OSError):
        return False


def through(server: str, labels: LabelSet, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the export of a new project that got the tasks."""
    config = labelling_config(labels, any(task["data"]["targets"] for task in tasks))
    project = ask(f"{server}/api/projects", {"title": "stances", "label_config": config})["id"]
    ask(f"{server}/api/projects/{project}/import", tasks)
    exported = ask(f"{server}/api/projects/{project}/export?exportType=JSON&download_all_tasks=true")
    return sorted(exported, key=lambda task: task["id"])


def articles() -> list[Article]:
    corpus = (article for lang in LANGUAGES for article in load_corpus("train", lang)[:5])
    return [*corpus, Article.from_dict(EMOJI)]


def predicted_task(labels: LabelSet) -> dict[str, Any]:
    """Return a task with a pre-annotation and no annotation."""
    text = str(EMOJI["text"])
    start = text.index("We stay")
    topic = TopicPrediction(True, 0.9, "oppose", {"support": 0.1, "oppose": 0.8, "neutral": 0.1})
    mention = Speaker("Laine", (text.index("Laine"), text.index("Laine") + 5), 0.7)
    quote = QuotePrediction(((start, start + 7),), "We stay", {"defense": topic}, mention, 0.95)
    target = TargetPrediction(0, "peace: now", 0.9, "oppose", {"support": 0.1, "oppose": 0.8, "neutral": 0.1})
    article = Article.from_dict({"id": "a", "text": text})
    return task_of(article, labels, Prediction("a", "en", 1, {"defense": topic}, (quote,), (target,)))


@pytest.mark.parametrize("names", [("defense", "sanctions", "diplomacy"), ('Énergie, "prix" <1>', "topics")])
def test_label_studio_finds_no_fault_in_config_annotations_and_predictions(
    command: str, names: tuple[str, ...]
) -> None:
    labels = LabelSet.model_validate({"topics": [{"name": name, "description": "what it is"} for name in names]})
    tasks = []
    if "defense" in names:
        tasks = [*(task_of(article, labels) for article in articles()), predicted_task(labels)]
    done = subprocess.run(
        [Path(command).with_name("python"), "-c", VALIDATE],
        input=json.dumps([labelling_config(labels), tasks]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr[-2000:]


def test_label_studio_takes_predictions_as_they_are(server: str) -> None:
    labels = load_labels("labels/newswire.yaml")
    task = predicted_task(labels)
    (exported,) = through(server, labels, [task])
    (stored,) = ask(f"{server}/api/predictions?task={exported['id']}")
    assert stored["result"] == task["predictions"][0]["result"]
    assert stored["score"] == pytest.approx(task["predictions"][0]["score"])


def test_what_label_studio_exports_is_what_we_gave(server: str, tmp_path: Path) -> None:
    given, labels = articles(), load_labels("labels/newswire.yaml")
    exported = through(server, labels, [task_of(article, labels) for article in given])
    (tmp_path / "export.json").write_text(json.dumps(exported), "utf-8")
    back = list(read_export(tmp_path / "export.json"))
    assert [str(one) for one in back if not isinstance(one, Annotated)] == []
    found = [one.article for one in back if isinstance(one, Annotated)]
    assert [article.quotes for article in found] == [article.quotes for article in given]
    assert [set(article.targets) for article in found] == [set(article.targets) for article in given]
    same = [article.to_dict() | {"targets": []} for article in found]
    assert same == [article.to_dict() | {"targets": []} for article in given]
