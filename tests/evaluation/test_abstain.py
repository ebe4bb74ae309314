"""Abstaining: answers keep to the error that was allowed, and what is not sure enough says why."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from synthetic import TOPICS, table

from stancewire import Predictor
from stancewire.errors import DataError
from stancewire.evaluation.abstain import CONFIDENCE, LEVELS, abstention_record, threshold
from stancewire.evaluation.compare import confidence, is_right
from stancewire.inference.abstaining import Abstention, read_abstention
from stancewire.models.files import MANIFEST, sha256
from stancewire.predictions import Prediction, TopicPrediction
from stancewire.records import Article

CHECKPOINT = {"name": "mine", "sha256": "f" * 64}


def test_the_error_among_answers_is_more_than_allowed_in_no_more_draws_than_was_said() -> None:
    # What is said with 0.9 is right in 0.885.
    broken = found = 0
    for seed in range(400):
        random = np.random.default_rng(seed)
        sure = random.random(300)
        right = random.random(300) < 0.95 * sure + 0.03
        least = threshold(right, sure, 0.2)
        if least is not None:
            found += 1
            broken += np.mean(1 - (0.95 * np.linspace(least, 1, 1000) + 0.03)) > 0.2
    assert broken / 400 <= 1 - CONFIDENCE
    assert found > 200


def test_nothing_is_vouched_for_where_there_is_too_little_or_too_bad() -> None:
    assert threshold(np.ones(20, dtype=bool), np.ones(20), 0.1) is None
    assert threshold(np.ones(100, dtype=bool), np.ones(100), 0.1) == 0.0
    assert threshold(np.zeros(500, dtype=bool), np.ones(500), 0.3) is None
    assert threshold(np.zeros(0, dtype=bool), np.zeros(0), 0.3) is None


def test_the_record_has_a_threshold_for_each_error_unit_topic_and_answer() -> None:
    record = abstention_record(table(300, 1), TOPICS, CHECKPOINT, {"name": "held out"})
    assert [level["max_error"] for level in record["levels"]] == list(LEVELS)
    answered = {}
    for level in record["levels"]:
        for kind in ("article", "quote"):
            for topic in TOPICS:
                for said in ("on", "off"):
                    told = level["thresholds"][kind][topic][said]
                    assert (told["at_least"] is None) == (told["answered"] == 0)
                    answered.setdefault((kind, topic, said), []).append(told["answered"])
    # Who allows more errors gets more answers.
    assert all(shares == sorted(shares) for shares in answered.values())
    assert any(shares[-1] > shares[0] for shares in answered.values())
    # It holds on other stories.
    fresh = table(3000, 2)
    level = next(level for level in record["levels"] if level["max_error"] == 0.2)
    right, sure = is_right(fresh), confidence(fresh)
    for kind, topic in (("article", "arms"), ("quote", "talks")):
        least = level["thresholds"][kind][topic]["off"]["at_least"]
        chosen = (fresh["kind"] == kind) & (fresh["target"] == topic) & ~fresh["on"].astype(bool) & (sure >= least)
        assert 1 - right[chosen].mean() <= 0.21


def test_what_is_not_sure_enough_carries_the_reason() -> None:
    thresholds = {"article": {"arms": {"on": 0.8, "off": 0.5}, "talks": {"on": None, "off": 0.5}}}
    stances = {"support": 0.9, "oppose": 0.1, "neutral": 0.0}
    topics = {
        "arms": TopicPrediction(True, 0.8, "support", stances),
        "talks": TopicPrediction(True, 0.99, "support", stances),
        "weather": TopicPrediction(False, 0.0, "support", stances),
    }
    prediction = Abstention(0.1, 0.9, thresholds).apply(Prediction("a", "fr", 1, topics))
    reasons = {name: topic.abstained for name, topic in prediction.topics.items()}
    assert reasons["arms"] == "confidence 0.72, at least 0.80 is needed for an error of 0.1"
    assert reasons["talks"] == "no confidence was enough for an error of 0.1 on the held-out records"
    assert reasons["weather"] == reasons["talks"]
    assert Prediction.from_dict(prediction.to_dict()).topics["arms"].abstained == reasons["arms"]
    sure = Abstention(0.1, 0.9, {"article": {"arms": {"on": 0.7}}}).apply(Prediction("a", "fr", 1, topics))
    assert sure.topics["arms"] == topics["arms"]
    assert "abstained" not in sure.topics["arms"].to_dict()


def test_a_predictor_takes_an_error_and_a_report(
    checkpoint_folder: Path, articles: list[Article], tmp_path: Path
) -> None:
    predictor = Predictor.load(checkpoint_folder)
    topics = [topic.name for topic in predictor.labels.topics]
    digest = sha256(checkpoint_folder / MANIFEST)
    pairs = table(200, 1).replace({"target": dict(zip(TOPICS, topics, strict=True))})
    record = abstention_record(pairs, topics, {"name": "tiny", "sha256": digest}, {})
    (tmp_path / "abstention.json").write_text(json.dumps(record), "utf-8")
    plain = predictor.predict(articles[:3], quotes="given")
    careful = predictor.predict(articles[:3], quotes="given", max_error=0.1, held_out=tmp_path)
    assert any(topic.abstained for prediction in careful for topic in prediction.topics.values())
    assert [p.topics["defense"].probability for p in plain] == [p.topics["defense"].probability for p in careful]
    with pytest.raises(DataError, match="no such file; expected thresholds for the allowed error"):
        predictor.predict(articles[0], max_error=0.1)
    with pytest.raises(DataError, match=r"max_error: found 0.001, expected a share from 0.01 to 0.3"):
        predictor.predict(articles[0], max_error=0.001, held_out=tmp_path)
    with pytest.raises(DataError, match="expected thresholds of the checkpoint 000"):
        read_abstention(tmp_path, 0.1, "0" * 64)
