"""``stancewire evaluate`` on a tiny checkpoint, run as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stancewire.cli.evaluate import evaluate
from stancewire.data import data_digest, load_corpus
from stancewire.errors import DataError
from stancewire.records import Article


def write(path: Path, articles: list[Article]) -> Path:
    path.write_text("".join(json.dumps(a.to_dict(), ensure_ascii=False) + "\n" for a in articles), "utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(evaluate, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return eight records of the test split in two languages."""
    chosen = load_corpus("test", "fr")[:5] + load_corpus("test", "de")[:3]
    return write(tmp_path_factory.mktemp("data") / "mine.jsonl", chosen)


@pytest.fixture(scope="module")
def training(articles: list[Article], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("data") / "train.jsonl", articles)


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
    assert report["train"]["sha256"] == data_digest(training)
    assert {(row["topic"], row["lang"]) for row in report["end_to_end"]} == {
        (topic, lang) for topic in ("all", *report["topics"]) for lang in ("all", "de", "fr")
    }
    assert report["end_to_end"][0]["quotes"]["hits"] > 0
    assert result.stdout in (tmp_path / "report.md").read_text("utf-8")


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


def test_a_language_or_a_split_of_the_records_alone(checkpoint_folder: Path, records: Path, tmp_path: Path) -> None:
    options = ("--no-baselines", "--report", tmp_path)
    assert run(checkpoint_folder, records, "--lang", "fr", "--split", "test", *options).exit_code == 0
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert (report["data"]["articles"], report["data"]["languages"]) == (5, ["fr"])
    with pytest.raises(DataError, match="found no article of split dev and language fr"):
        run(checkpoint_folder, records, "--lang", "fr", "--split", "dev", *options)


def test_the_baseline_reads_another_encoder_where_one_is_named(
    checkpoint_folder: Path, encoder_folder: Path, records: Path, training: Path, tmp_path: Path
) -> None:
    for name in ("own", "bare"):
        options = ["--encoder", encoder_folder] if name == "bare" else []
        run(checkpoint_folder, records, "--train", training, "--report", tmp_path / name, *options)
    own, bare = (json.loads((tmp_path / name / "report.json").read_text("utf-8")) for name in ("own", "bare"))
    assert own["systems"][:3] == bare["systems"][:3]
    assert str(encoder_folder) in bare["systems"][3]["description"]


def test_what_is_scored_is_not_learned_from(checkpoint_folder: Path, training: Path, tmp_path: Path) -> None:
    articles = load_corpus("train", "fr")[:10]
    scored = write(tmp_path / "scored.jsonl", articles[:4])
    run(checkpoint_folder, scored, "--train", training, "--report", tmp_path / "report")
    report = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert report["train"]["articles"] == 36


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
