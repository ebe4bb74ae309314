"""The audit finds what was planted and little else; splits keep together what belongs together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from stancewire.cli.data import data
from stancewire.data import load_corpus
from stancewire.data.leaks import ALIKE, COPY, DAY, SAME, STORY, find_leaks, margins
from stancewire.data.splits import split_articles
from stancewire.errors import DataError
from stancewire.records import Article


@pytest.fixture(scope="module")
def train() -> list[Article]:
    return load_corpus("train", "fr")


@pytest.fixture(scope="module")
def test() -> list[Article]:
    return load_corpus("test", "fr")


def syndicated(article: Article, number: int) -> Article:
    """Return an article as another outlet prints it: its last third cut, with a sentence of its own in front."""
    text = f"De notre rédaction, numéro {number}. " + article.text[: 2 * len(article.text) // 3]
    return replace(article, id=f"copy-{number}", text=text, quotes=(), targets=(), source="Autre", date=None)


def test_planted_copies_are_found_and_honest_articles_are_not(train: list[Article], test: list[Article]) -> None:
    planted = [syndicated(article, number) for number, article in enumerate(train[:20])]
    found = {leak.test: leak for leak in find_leaks(train, [*planted, *test]) if leak.kind != DAY}
    recall = sum(found[a.id].train == train[n].id for n, a in enumerate(planted) if a.id in found) / len(planted)
    assert recall == 1.0
    assert {leak.kind for leak in found.values()} == {COPY}
    assert not set(found) & {article.id for article in test}


def test_each_kind_is_told_and_the_gravest_first() -> None:
    def article(identifier: str, text: str, **fields: object) -> Article:
        return Article.from_dict({"id": identifier, "text": text, **fields})

    one = "Le ministre a dit mardi à Paris que la visite aurait lieu en mai, malgré les protestations."
    other = "Der Gipfel in Bern endete ohne Ergebnis, die Gespräche sollen im Herbst fortgesetzt werden."
    learned = [
        article("t1", one, story="s1", source="A", date="2024-01-01"),
        article("t2", "Quite another text, of trees and rivers.", parallel="s2", source="B", date="2024-01-02"),
    ]
    tested = [
        article("day", "Nothing that anybody has read before.", source="B", date="2024-01-02"),
        article("story", other, story="s2"),
        article("copy", one + " Et plus encore."),
        article("same", "  " + one.upper()),
        article("clean", "Jotain aivan muuta kuin ennen."),
    ]
    assert [(leak.kind, leak.test, leak.train) for leak in find_leaks(learned, tested)] == [
        (SAME, "same", "t1"),
        (COPY, "copy", "t1"),
        (STORY, "story", "t2"),
        (DAY, "day", "t2"),
    ]
    with pytest.raises(DataError, match="found a set without articles"):
        find_leaks([], tested)


def test_vectors_that_are_nearer_than_their_neighbours_are_one_story(train: list[Article], test: list[Article]) -> None:
    random = np.random.default_rng(0)
    # As of one encoder: all point roughly the same way.
    common = 3 * random.normal(size=64)
    vectors = common + random.normal(size=(len(train), 64))
    others = common + random.normal(size=(len(test), 64))
    others[:5] = vectors[:5] + 0.2 * random.normal(size=(5, 64))
    blank = [replace(a, text=f"{i} {a.id}", source=None, quotes=(), targets=()) for i, a in enumerate(test)]
    found = find_leaks(train, blank, (vectors, others))
    assert [(leak.test, leak.train) for leak in sorted(found, key=lambda leak: leak.test)] == sorted(
        (blank[i].id, train[i].id) for i in range(5)
    )
    assert {leak.kind for leak in found} == {ALIKE}
    assert margins(others, vectors).shape == (len(test), len(train))


@pytest.mark.parametrize("by", ["story", "outlet", "lang", "target"])
def test_a_split_keeps_together_what_belongs_together_and_is_the_same_again(by: str, train: list[Article]) -> None:
    articles = [*train, *load_corpus("train", "de")]
    articles += [syndicated(article, number) for number, article in enumerate(train[:10])]
    splits = split_articles(articles, "story")
    assert splits == split_articles(articles, "story")
    chosen = split_articles(articles, by)
    assert {"train", "test"} <= set(chosen)
    assert 0.05 < chosen.count("test") / len(chosen) < 0.75
    if by == "lang":
        tested, learned = ({a.lang for a, s in zip(articles, chosen, strict=True) if s == t} for t in ("test", "train"))
        assert not tested & learned
    if by == "target":
        seen = {t.target for a, s in zip(articles, chosen, strict=True) if s == "train" for t in a.targets}
        unseen = [a for a, s in zip(articles, chosen, strict=True) if s == "test" and a.targets]
        assert any(not {t.target for t in a.targets} & seen for a in unseen)


def test_an_article_stays_on_its_side_when_others_are_added(train: list[Article]) -> None:
    few = split_articles(train[:40], "story")
    assert split_articles(train, "story")[:40] == few


def test_copies_have_one_split_and_a_story_that_goes_on_is_not_trained_on(train: list[Article]) -> None:
    text = "Un texte assez long pour que deux versions se ressemblent beaucoup, à un mot près, dans cette dépêche."
    dated = [replace(article, date=f"2024-{1 + i % 12:02}-01") for i, article in enumerate(train[:60])]
    early = Article.from_dict({"id": "early", "text": text, "date": "2023-12-01"})
    late = Article.from_dict({"id": "late", "text": text + "!", "date": "2024-12-31"})
    splits = dict(
        zip([a.id for a in [*dated, early, late]], split_articles([*dated, early, late], "date"), strict=True)
    )
    assert splits["early"] == splits["late"] == "test"
    newest = max(a.date or "" for a in dated if splits[a.id] == "train")
    assert all((a.date or "") >= newest for a in dated if splits[a.id] == "test")
    with pytest.raises(DataError, match="expected a date to split by"):
        split_articles([replace(early, date=None)], "date")


def test_named_languages_are_held_out(train: list[Article], tmp_path: Path) -> None:
    articles = [*train[:20], *load_corpus("train", "de")[:10]]
    assert split_articles(articles, "lang", held_out=["de"])[-10:] == ["test"] * 10
    with pytest.raises(DataError, match="found no article of xx"):
        split_articles(articles, "lang", held_out=["xx"])
    with pytest.raises(DataError, match="shares that leave some for training"):
        split_articles(articles, "story", dev=0.5, test=0.5)
    file = tmp_path / "all.jsonl"
    file.write_text("".join(json.dumps(a.to_dict(), ensure_ascii=False) + "\n" for a in articles), "utf-8")
    done = CliRunner().invoke(data, ["split", str(file), "--by", "lang", "--held-out", "de", "-o", str(tmp_path / "s")])
    assert done.exit_code == 0, done.output
    assert "test.jsonl: 10 articles" in done.output
    sets = [str(tmp_path / "s" / f"{name}.jsonl") for name in ("train", "test")]
    assert CliRunner().invoke(data, ["audit", *sets, "--encoder", "none"]).exit_code == 0
    leaky = CliRunner().invoke(data, ["audit", sets[0], str(file), "--encoder", "none"])
    assert leaky.exit_code == 1
    assert "same text" in leaky.output
