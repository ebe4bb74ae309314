"""``stancewire evaluate`` on a tiny checkpoint, run as a user runs it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from click.testing import CliRunner, Result

from stancewire import Predictor
from stancewire.cli.evaluate import _embedder, evaluate
from stancewire.cli.models import card
from stancewire.data import data_digest, load_corpus
from stancewire.errors import DataError
from stancewire.evaluation.pairs import read_pairs
from stancewire.models.checkpoint import load_encoder
from stancewire.models.files import MANIFEST
from stancewire.records import Article


def write(path: Path, articles: list[Article]) -> Path:
    path.write_text("".join(json.dumps(a.to_dict(), ensure_ascii=False) + "\n" for a in articles), "utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(evaluate, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return records of the test split in two languages, one of the train split, and a topic that is not known."""
    chosen = load_corpus("test", "fr")[:4] + load_corpus("test", "de")[:3]
    chosen.append(replace(chosen.pop(), topics={"weather": "neutral"}))
    return write(tmp_path_factory.mktemp("data") / "mine.jsonl", [*chosen, *load_corpus("train", "fr")[:1]])


@pytest.fixture(scope="module")
def training(articles: list[Article], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("data") / "train.jsonl", articles[:20])


def test_a_report_has_the_checkpoint_and_all_baselines_on_the_same_units(
    checkpoint_folder: Path, records: Path, training: Path, tmp_path: Path
) -> None:
    result = run(checkpoint_folder, records, "--train", training, "--report", tmp_path)
    assert result.exit_code == 0
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert [system["name"] for system in report["systems"]] == ["checkpoint", "majority", "tfidf", "encoder"]
    counts = [[(row["n"], row["positives"], row["stance_n"]) for row in s["rows"]] for s in report["systems"]]
    assert all(count == counts[0] for count in counts)
    assert report["data"]["sha256"] == data_digest(records)
    assert report["data"]["languages"] == ["de", "fr"]
    assert {(row["topic"], row["lang"]) for row in report["end_to_end"]} == {
        (topic, lang) for topic in ("all", *report["topics"]) for lang in ("all", "de", "fr")
    }
    assert report["end_to_end"][0]["quotes"]["hits"] > 0
    assert result.stdout in (tmp_path / "report.md").read_text("utf-8")
    assert (tmp_path / "report.html").is_file()
    pairs = read_pairs(tmp_path)
    assert set(pairs["system"]) == {"checkpoint", "majority", "tfidf", "encoder"}
    own = pairs[pairs["system"] == "checkpoint"]
    assert set(own["task"]) == {"topic", "target"}
    assert set(own["taught"]) == {"taught"}
    assert set(own.loc[own["task"] == "target", "seen"]) <= {"seen", "unseen"}
    # What is scored is not learned from, and what is left out is said.
    assert report["train"]["articles"] == 19
    assert "left out, as the checkpoint does not know them: weather" in result.stderr


def test_without_baselines_the_checkpoint_stands_alone_and_scores_the_same(
    checkpoint_folder: Path, records: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        assert run(checkpoint_folder, records, "--no-baselines", "--report", tmp_path / name).exit_code == 0
    one, two = (json.loads((tmp_path / name / "report.json").read_text("utf-8")) for name in ("one", "two"))
    assert len(one["systems"]) == 1
    assert one["train"] is None
    assert one["systems"] == two["systems"]
    assert one["end_to_end"] == two["end_to_end"]


def test_measured_figures_go_into_the_card_of_their_own_checkpoint_alone(
    checkpoint_folder: Path, records: Path, tmp_path: Path
) -> None:
    run(checkpoint_folder, records, "--lang", "de", "--no-baselines", "--report", tmp_path / "report")
    copied = shutil.copytree(checkpoint_folder, tmp_path / "copied")
    result = CliRunner().invoke(card, [str(copied), str(tmp_path / "report")], catch_exceptions=False)
    assert result.stdout.strip() == str(copied / "README.md")
    text = (copied / "README.md").read_text("utf-8")
    assert yaml.safe_load(text.split("---\n")[1])["model-index"][0]["name"] == "run"
    assert "### mine.jsonl" in text
    (copied / MANIFEST).write_text((copied / MANIFEST).read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(DataError, match=r"found figures of .*checkpoint \(sha256 .*expected those of"):
        CliRunner().invoke(card, [str(copied), str(tmp_path / "report")], catch_exceptions=False)


def test_a_language_or_a_split_of_the_records_alone(checkpoint_folder: Path, records: Path, tmp_path: Path) -> None:
    options = ("--no-baselines", "--report", tmp_path)
    assert run(checkpoint_folder, records, "--lang", "fr", "--split", "test", *options).exit_code == 0
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert (report["data"]["articles"], report["data"]["languages"]) == (4, ["fr"])
    with pytest.raises(DataError, match="found no article of split dev and language fr"):
        run(checkpoint_folder, records, "--lang", "fr", "--split", "dev", *options)


def test_the_baseline_can_read_another_encoder(checkpoint_folder: Path, encoder_folder: Path) -> None:
    predictor = Predictor.load(checkpoint_folder)
    other = _embedder(predictor, str(encoder_folder))(["Un texte.", "Ein anderer Text."])
    encoder, _ = load_encoder(str(encoder_folder))
    (window,) = predictor.reader.target("Un texte.").windows
    with torch.inference_mode():
        mean = encoder(torch.tensor([window])).last_hidden_state.mean(1)[0].numpy()
    assert other[0] == pytest.approx(mean, abs=1e-5)
    assert other.shape == predictor.embed(["Un texte.", "Ein anderer Text."]).shape


def test_what_a_user_can_mend_is_told(
    checkpoint_folder: Path, records: Path, articles: list[Article], tmp_path: Path
) -> None:
    def bare(article: Article, **fields: object) -> Article:
        return Article.from_dict({"id": article.id, "text": article.text, **fields})

    blank = write(tmp_path / "blank.jsonl", [bare(article) for article in articles[:2]])
    with pytest.raises(DataError, match="found no article or quote with annotated topics"):
        run(checkpoint_folder, blank, "--report", tmp_path / "report")
    one = write(tmp_path / "one.jsonl", [bare(article, topics={"defense": "neutral"}) for article in articles[:2]])
    with pytest.raises(DataError, match=r"found no example of sanctions, diplomacy .* --train FILE"):
        run(checkpoint_folder, records, "--train", one, "--report", tmp_path / "report")
    assert not (tmp_path / "report").exists()
