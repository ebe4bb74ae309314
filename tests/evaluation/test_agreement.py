"""Agreement against the libraries' own numbers, with quotes whose ends differ and answers that are missing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import krippendorff
import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.metrics import cohen_kappa_score

from stancewire.cli.agreement import agreement
from stancewire.data import load_corpus
from stancewire.errors import DataError
from stancewire.evaluation.agreement import disagreements, label_agreement, match_annotations, span_agreement
from stancewire.records import STANCES, Article, Quote

TOPICS = ("defense", "sanctions", "diplomacy")


def second_opinion(articles: list[Article], seed: int) -> list[Article]:
    """Return the articles as another reader has them: a third of the stances differ, ends move, some are missed."""
    random = np.random.default_rng(seed)

    def labels(topics: dict[str, str]) -> dict[str, str]:
        return {
            topic: stance if random.random() < 0.67 else STANCES[random.integers(3)]
            for topic, stance in topics.items()
            if random.random() > 0.2
        }

    def quote(old: Quote) -> Quote:
        (start, end), *rest = old.spans
        moved = ((start + int(end - start > 8), end), *rest)
        return replace(old, spans=moved, topics=labels(dict(old.topics or {})))

    return [
        replace(
            article,
            topics=labels(dict(article.topics or {})),
            quotes=tuple(quote(old) for old in article.quotes if random.random() > 0.1),
            targets=(),
        )
        for article in articles
    ]


@pytest.fixture(scope="module")
def first() -> list[Article]:
    return load_corpus("test", "fr")


@pytest.fixture(scope="module")
def second(first: list[Article]) -> list[Article]:
    return second_opinion(first, 1)


def test_kappa_and_alpha_are_those_of_the_libraries(first: list[Article], second: list[Article]) -> None:
    labels = match_annotations({"a": first, "b": second}, TOPICS)
    found = {(row.kind, row.what, row.topic): row for row in label_agreement(labels, TOPICS, draws=50)}
    row = found["article", "topic", "defense"]
    one = [int("defense" in (article.topics or {})) for article in first]
    other = [int("defense" in (article.topics or {})) for article in second]
    assert row.n == len(first)
    assert row.kappa == pytest.approx(cohen_kappa_score(one, other))
    assert row.alpha == pytest.approx(krippendorff.alpha([one, other], level_of_measurement="nominal"))
    assert row.same == pytest.approx(np.mean(np.equal(one, other)))
    assert row.alpha_interval is not None
    assert row.alpha_interval[0] < (row.alpha or 0) < row.alpha_interval[1]
    stance = found["quote", "stance", "all"]
    assert 0.4 < (stance.same or 0) < 0.95
    assert stance.kappa is not None


def test_agreement_with_oneself_is_one(first: list[Article]) -> None:
    labels = match_annotations({"a": first, "b": list(first)}, TOPICS)
    for row in label_agreement(labels, TOPICS, draws=5):
        assert {row.same, row.kappa, row.alpha} <= {1.0, None}
    (spans,) = span_agreement({"a": first, "b": list(first)})
    assert spans.loose.f1 == spans.exact.f1 == 1
    assert spans.speakers[0] == spans.speakers[1]
    assert disagreements(labels, TOPICS) == []


def test_quotes_whose_ends_differ_are_one_quote(first: list[Article], second: list[Article]) -> None:
    (spans,) = span_agreement({"a": first, "b": second})
    assert spans.loose.hits == spans.loose.found == sum(len(article.quotes) for article in second)
    assert (spans.exact.f1 or 0) < (spans.loose.f1 or 0) < 1
    labels = match_annotations({"a": first, "b": second}, TOPICS)
    assert (labels.kind == "quote").sum() == spans.loose.gold


def test_three_annotators_of_whom_some_did_not_answer(first: list[Article], second: list[Article]) -> None:
    third = second_opinion(first, 2)[:10]
    labels = match_annotations({"a": first, "b": second, "c": third}, TOPICS)
    assert labels.on.shape[0] == 3
    row = next(r for r in label_agreement(labels, TOPICS, draws=5) if (r.kind, r.what) == ("quote", "topic"))
    answers = np.where(labels.on < 0, np.nan, labels.on)[:, labels.kind == "quote"].reshape(3, -1)
    assert row.alpha == pytest.approx(krippendorff.alpha(answers, level_of_measurement="nominal"))


def test_an_absent_topic_that_means_nothing_is_no_answer() -> None:
    known = Article.from_dict({"id": "a", "text": "x", "topics": {"defense": "support"}})
    blind = Article.from_dict({"id": "a", "text": "x", "topics": {}, "unknown": ["defense"]})
    on = Article.from_dict({"id": "a", "text": "x", "topics": {"defense": "on"}})
    off = Article.from_dict({"id": "a", "text": "x", "topics": {}})

    def differing(*versions: Article) -> int:
        files = {str(i): [version] for i, version in enumerate(versions)}
        return len(disagreements(match_annotations(files, ("defense",)), ("defense",)))

    assert differing(known, blind) == 0
    assert differing(known, on) == 0
    assert differing(on, off) == 1
    assert differing(known, on, off) == 1


def test_other_texts_and_other_articles_are_refused(first: list[Article]) -> None:
    with pytest.raises(DataError, match=r"b: article .* expected the text that it has in a, from 0"):
        match_annotations({"a": first, "b": [replace(first[0], text="!" + first[0].text)]}, TOPICS)
    with pytest.raises(DataError, match="found no article in two of the files"):
        match_annotations({"a": first[:2], "b": first[2:]}, TOPICS)


def test_the_command_prints_tables_and_what_differs(
    first: list[Article], second: list[Article], tmp_path: Path
) -> None:
    paths = []
    for name, articles in (("anna", first[:12]), ("ben", second[:12])):
        paths.append(tmp_path / f"{name}.jsonl")
        lines = (json.dumps(article.to_dict(), ensure_ascii=False) + "\n" for article in articles)
        paths[-1].write_text("".join(lines), "utf-8")
    done = CliRunner().invoke(agreement, [*map(str, paths), "--disagreements", "3"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "| article | topic | all | 36 |" in done.output
    assert "labels differ." in done.output
    assert len(done.output.rstrip().splitlines()[-5:]) == 5
    assert CliRunner().invoke(agreement, [str(paths[0])]).exit_code == 2
