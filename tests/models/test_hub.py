"""A checkpoint in the cache of the Hugging Face Hub is loaded by its name, without a network."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stancewire import Predictor
from stancewire.models.files import sha256

TEXT = "« Nous refusons les sanctions », a déclaré Anna Morel."
QUIET = {"PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


@pytest.fixture(scope="module")
def home(checkpoint_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a HF_HOME that holds the tiny checkpoint as ``snapshot_download`` leaves it, on ``main`` and as ``v1``."""
    home = tmp_path_factory.mktemp("home")
    repository = home / "hub" / "models--newsroom--tiny"
    revision = hashlib.sha1(b"tiny", usedforsecurity=False).hexdigest()
    for folder in ("blobs", "refs", f"snapshots/{revision}"):
        (repository / folder).mkdir(parents=True)
    for file in checkpoint_folder.iterdir():
        blob = repository / "blobs" / sha256(file)
        blob.write_bytes(file.read_bytes())
        (repository / "snapshots" / revision / file.name).symlink_to(Path("../../blobs") / blob.name)
    for name in ("main", "v1"):
        (repository / "refs" / name).write_text(revision)
    return home


def offline(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python with a cache of its own and no way to the Hub, which is settled when its library is imported."""
    env = os.environ | QUIET | {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE"):
        env.pop(name, None)
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, env=env, check=False)


LOADS = """
import json
from huggingface_hub import snapshot_download
from transformers import AutoModel, AutoTokenizer
from stancewire import Predictor
from stancewire.models.network import StanceModel

by_name = Predictor.load("newsroom/tiny")
by_tag = Predictor.load(snapshot_download("newsroom/tiny", revision="v1"))
network = StanceModel.from_pretrained("newsroom/tiny")
assert type(AutoModel.from_pretrained("newsroom/tiny")) is StanceModel
assert all(bool((value == by_name.model.state_dict()[name]).all()) for name, value in network.state_dict().items())
assert AutoTokenizer.from_pretrained("newsroom/tiny").get_vocab() == by_name.checkpoint.tokenizer.get_vocab()
print(json.dumps([predictor.predict(%r)[0].to_dict() for predictor in (by_name, by_tag)]))
"""


def test_a_name_and_a_revision_give_the_checkpoint_that_is_in_the_cache(home: Path, checkpoint_folder: Path) -> None:
    done = offline(home, "-c", LOADS % TEXT)
    assert done.returncode == 0, done.stderr
    expected = Predictor.load(checkpoint_folder).predict(TEXT)[0].to_dict()
    assert json.loads(done.stdout) == [expected, expected]


def test_the_command_takes_a_name_and_tells_one_that_it_cannot_find(home: Path, tmp_path: Path) -> None:
    story = tmp_path / "story.txt"
    story.write_text(TEXT, "utf-8")
    done = offline(home, "-m", "stancewire", "label", str(story), "--model", "newsroom/tiny")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["quotes"][0]["speaker"]["text"] == "Anna Morel"

    missing = offline(home, "-m", "stancewire", "label", str(story), "--model", "newsroom/tinny")
    assert (missing.returncode, missing.stdout, missing.stderr.count("\n")) == (2, "", 1)
    assert missing.stderr.startswith("stancewire: newsroom/tinny: no such folder, and no checkpoint of that name that")
