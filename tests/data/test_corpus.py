"""The corpus that ships is what the compiler makes of the authoring texts, and its card counts it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from stancewire import DataError
from stancewire.data import build_corpus, corpus_dataset, data_digest, load_corpus, read_articles
from stancewire.data.authoring import LANGUAGES
from stancewire.data.build import split_of, write_corpus
from stancewire.data.card import BEGIN, END, update_card

FOLDER = Path(__file__).parents[2] / "data" / "corpus"
NEEDS_TEXTS = pytest.mark.skipif(not (FOLDER / "text").exists(), reason="no checkout: the wheel has no authoring texts")


@NEEDS_TEXTS
def test_the_shipped_corpus_is_what_the_texts_compile_to(tmp_path: Path) -> None:
    built = build_corpus(FOLDER)
    assert data_digest(built) == data_digest(load_corpus())
    for name in ("one.jsonl.xz", "two.jsonl.xz"):
        write_corpus(built[:50], tmp_path / name)
    assert (tmp_path / "one.jsonl.xz").read_bytes() == (tmp_path / "two.jsonl.xz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.jsonl.xz", "two.jsonl.xz"]


def test_the_card_counts_the_corpus() -> None:
    card = (files("stancewire.data") / "corpus" / "README.md").read_text("utf-8")
    assert update_card(card, load_corpus(), "README.md") == card, "run stancewire data card"


def test_a_card_without_marks_is_refused() -> None:
    with pytest.raises(DataError, match=r"README.md: found no place for the counts, expected the lines <!--"):
        update_card("# Card", [], "README.md")
    with pytest.raises(DataError):
        update_card(f"{END} {BEGIN}", [], "README.md")


def test_the_corpus_has_its_size_languages_sets_and_kinds() -> None:
    articles = load_corpus()
    assert (len(articles), sum(len(article.quotes) for article in articles)) == (3104, 12452)
    assert {article.lang for article in articles} == set(LANGUAGES)
    assert {article.extra["set"] for article in articles} == {1, 2, 3, 4, 5}
    assert {"kind", "split", "set"} == {name for article in articles for name in article.extra}


def test_split_and_language_choose() -> None:
    parts = [load_corpus(split) for split in ("train", "dev", "test")]
    assert sum(map(len, parts)) == len(load_corpus())
    french = load_corpus("test", "fr")
    assert french
    assert {(a.lang, a.extra["split"]) for a in french} == {("fr", "test")}


def test_an_unknown_split_or_language_is_refused() -> None:
    with pytest.raises(DataError, match=r"split: found 'tset', expected one of train, dev, test"):
        load_corpus("tset")
    with pytest.raises(DataError, match=r"lang: found 'xx', expected one of ar, "):
        load_corpus(lang="xx")


def test_the_split_depends_on_the_id_alone_and_on_the_story_of_parallels() -> None:
    assert {split_of(f"{lang}-p07") for lang in LANGUAGES} == {split_of("fr-p07")}
    splits = [split_of(f"fr-{number}") for number in range(1000)]
    assert 150 < splits.count("test") < 250
    assert 60 < splits.count("dev") < 140


def test_datasets_serves_the_same_articles() -> None:
    dataset = corpus_dataset()
    assert list(dataset) == ["train", "dev", "test"]
    assert dataset["train"].features == dataset["test"].features
    assert data_digest(read_articles(dataset["dev"])) == data_digest(load_corpus("dev"))
