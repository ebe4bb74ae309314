"""Answers of a made-up system on made-up stories, whose true figures are known from a very large sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stancewire.evaluation.figures import Sample
from stancewire.evaluation.metrics import UnitScores
from stancewire.evaluation.pairs import COLUMNS
from stancewire.records import STANCES

TOPICS = ("arms", "sanctions", "talks")
LANGS = ("fr", "de", "en", "ja")


def world(stories: int, seed: int, skill: float = 1.0) -> Sample:
    """Return pairs of several units a story, which share the story's ease and its side.

    Args:
        stories: how many.
        seed: of the stories, and of what is answered.
        skill: 1 is a good system, 0 one that guesses.
    """
    random, answers = np.random.default_rng(seed), np.random.default_rng(seed + 7)
    story = np.repeat(np.repeat(np.arange(stories), 1 + random.poisson(3, stories)), len(TOPICS))
    n = len(story)
    topic = np.tile(np.arange(len(TOPICS)), n // len(TOPICS))
    ease, side = random.normal(size=(stories, len(TOPICS))), random.normal(size=stories)
    logit = 1.6 * ease[story, topic] - 1 + random.normal(size=n)
    gold_on = random.random(n) < _sigmoid(1.4 * logit + 0.4 * side[story])
    sides = side[story][:, None] * np.array([1.0, -0.6, -0.4]) + random.normal(size=(n, 3))
    gold = (random.random(n)[:, None] > _softmax(1.6 * sides).cumsum(1)).sum(1).clip(0, 2)
    said = _softmax(1.6 * (skill * sides + (1 - skill) * answers.normal(size=(n, 3))))
    probability = _sigmoid(1.6 * (skill * logit + (1 - skill) * answers.normal(size=n)))
    return Sample(
        topic=topic,
        story=story,
        gold_on=gold_on.astype(float),
        probability=probability,
        on=(probability > 0.5).astype(float),
        gold_stance=np.where(gold_on, gold, -1),
        stance=said.argmax(1),
        stance_probability=said,
    )


def table(stories: int, seed: int = 0, skill: float = 1.0) -> pd.DataFrame:
    """Return the same as the rows of a report; the first unit of a story is the article, the others its quotes."""
    sample = world(stories, seed, skill)
    rows = pd.DataFrame(dict.fromkeys(COLUMNS, ""), index=range(len(sample)))
    unit = rows.groupby([sample.story, sample.topic]).cumcount().to_numpy()
    gold = np.array([*STANCES, ""], dtype=object)[sample.gold_stance]
    answers = {f"stance_{name}": sample.stance_probability[:, i] for i, name in enumerate(STANCES)}
    return rows.assign(
        system="checkpoint",
        task="topic",
        target=np.array(TOPICS, dtype=object)[sample.topic],
        id=[f"a{story}" for story in sample.story],
        story=[f"s{story:05}" for story in sample.story],
        unit=["article" if u == 0 else str(u - 1) for u in unit],
        kind=np.where(unit == 0, "article", "quote"),
        lang=np.array(LANGS, dtype=object)[sample.story % len(LANGS)],
        text=[f"what was said in {story}" for story in sample.story],
        gold_on=sample.gold_on == 1,
        gold_stance=gold,
        on=sample.on == 1,
        probability=sample.probability,
        stance=np.array(STANCES, dtype=object)[sample.stance],
        **answers,
    )


def pairs_of(scores: UnitScores, topics: Sequence[str], system: str = "checkpoint") -> pd.DataFrame:
    """Return scores that are of no articles as the rows of a report; each unit is a story."""
    units, topic = np.nonzero(scores.gold_on >= 0)
    rows = pd.DataFrame(dict.fromkeys(COLUMNS, ""), index=range(len(units)))
    found = scores.stance_probability
    return rows.assign(
        system=system,
        task="topic",
        target=np.array(topics, dtype=object)[topic],
        id=[f"a{unit}" for unit in units],
        story=[f"s{unit}" for unit in units],
        unit=np.where(scores.kind[units] == "article", "article", "0"),
        kind=scores.kind[units],
        lang=scores.lang[units],
        gold_on=scores.gold_on[units, topic] == 1,
        gold_stance=np.array([*STANCES, ""], dtype=object)[scores.gold_stance[units, topic]],
        on=scores.on[units, topic].astype(bool),
        probability=scores.probability[units, topic].astype(float),
        stance=np.array(STANCES, dtype=object)[scores.stance[units, topic]],
        **{f"stance_{name}": np.nan if found is None else found[units, topic, i] for i, name in enumerate(STANCES)},
    )


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


def _softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))
