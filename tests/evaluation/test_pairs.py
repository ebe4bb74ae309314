"""The table of pairs: a row for each annotated pair, with its slices, and whole after it was on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stancewire.errors import DataError
from stancewire.evaluation.gold import predicted_scores
from stancewire.evaluation.pairs import (
    COLUMNS,
    marks_of,
    read_pairs,
    sample_of,
    target_rows,
    topic_rows,
    with_taught,
)
from stancewire.predictions import Prediction, QuotePrediction, TargetPrediction, TopicPrediction
from stancewire.records import Article, Quote
from stancewire.stories import story_of

TOPICS = ("arms", "talks")
STANCES = {"support": 0.7, "oppose": 0.1, "neutral": 0.2}
RECORD = {
    "id": "fr-p07",
    "lang": "fr",
    "source": "Le Jour",
    "title": "Un accord",
    "text": "Elle dit : « Nous parlons ». Il dit : “Non”, puis part.",
    "kind": "news",
    "topics": {"talks": "neutral"},
    "quotes": [
        {"spans": [[13, 25]], "topics": {"talks": "support"}},
        {"spans": [[39, 42]], "topics": {"arms": "on"}, "unknown": ["talks"]},
    ],
    "targets": [
        {"unit": 0, "target": "l'accord", "stance": "support"},
        {"unit": "article", "target": "la paix", "stance": "unrelated"},
    ],
}


@pytest.fixture
def article() -> Article:
    return Article.from_dict(RECORD)


@pytest.fixture
def prediction(article: Article) -> Prediction:
    topics = {name: TopicPrediction(True, 0.8, "support", STANCES) for name in TOPICS}
    quotes = tuple(QuotePrediction(quote.spans, quote.text_in(article.text), topics) for quote in article.quotes)
    targets = tuple(
        TargetPrediction(unit, target, 0.4, "unrelated", STANCES)
        for target in ("l'accord", "la paix")
        for unit in ("article", 0, 1)
    )
    return Prediction("fr-p07", "fr", 4, topics, quotes, targets)


def test_every_annotated_pair_is_a_row_with_all_columns(article: Article, prediction: Prediction) -> None:
    scores = predicted_scores([article], [prediction], TOPICS)
    rows = topic_rows([article], TOPICS, scores, "checkpoint", [4])
    assert list(rows.columns) == list(COLUMNS)
    found = [(row.unit, row.target, row.gold_on, row.gold_stance) for row in rows.itertuples()]
    assert found == [
        ("article", "arms", False, ""),
        ("article", "talks", True, "neutral"),
        ("0", "arms", False, ""),
        ("0", "talks", True, "support"),
        ("1", "arms", True, ""),
    ]
    first, last = rows.iloc[0], rows.iloc[-1]
    assert (first["story"], first["form"], first["outlet"], first["length"]) == (
        "p07",
        "news",
        "Le Jour",
        "3-5 windows",
    )
    assert (last["marks"], last["text"]) == ("“…”", "Non")
    assert rows["stance_support"].tolist() == [0.7] * 5


def test_open_targets_are_rows_too_and_say_whether_training_knew_them(article: Article, prediction: Prediction) -> None:
    rows = target_rows([article], [prediction], "checkpoint", seen={"la paix"})
    assert rows[["unit", "target", "seen", "gold_on", "on"]].values.tolist() == [
        ["0", "l'accord", "unseen", True, False],
        ["article", "la paix", "seen", False, False],
    ]
    assert rows["stance"].tolist() == ["support", "support"]
    assert set(target_rows([article], [prediction], "checkpoint")["seen"]) == {""}
    assert target_rows([replace(article, targets=())], [prediction], "checkpoint").empty


def test_a_system_without_probabilities_of_stances_has_none(article: Article, prediction: Prediction) -> None:
    scores = replace(predicted_scores([article], [prediction], TOPICS), stance_probability=None)
    rows = topic_rows([article], TOPICS, scores, "majority")
    assert rows["stance_neutral"].isna().all()
    sample, topics, stories = sample_of(rows)
    assert (topics, stories, len(sample)) == (TOPICS, 1, 5)
    assert sample.gold_stance.tolist() == [-1, 2, -1, 0, -1]


def test_the_table_is_the_same_after_it_was_on_disk(article: Article, prediction: Prediction, tmp_path: Path) -> None:
    rows = with_taught(target_rows([article], [prediction], "checkpoint"), ["de"])
    assert set(rows["taught"]) == {"held out"}
    rows.to_parquet(tmp_path / "predictions.parquet")
    again = read_pairs(tmp_path)
    one, other = sample_of(rows)[0], sample_of(again)[0]
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in one.__dataclass_fields__)
    pd.DataFrame({"id": ["a"]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(DataError, match="expected predictions of a report"):
        read_pairs(tmp_path / "other.parquet")
    with pytest.raises(DataError, match="cannot be read as the predictions"):
        read_pairs(tmp_path / "none.parquet")


def test_versions_of_one_story_have_one_name(article: Article) -> None:
    assert story_of(article) == "p07"
    assert story_of(replace(article, id="de-007")) == "de-007"
    assert story_of(replace(article, extra={"parallel": "nt2011.1"})) == "nt2011.1"


def test_marks_are_those_around_the_quote() -> None:
    text = "« Oui », dit-il. Then: no way, he said. Er sagt: „Ja, gut.“"
    assert marks_of(Quote(((2, 5),)), text) == "«…»"
    assert marks_of(Quote(((23, 29),)), text) == "none"
    assert marks_of(Quote(((50, 58),)), text) == "„…“"
