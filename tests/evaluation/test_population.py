"""From labelled articles and predictions to a share, as a user asks for it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree.ElementTree import parse

import numpy as np
import pytest
from click.testing import CliRunner

from stancewire.cli.estimate import estimate
from stancewire.data import load_corpus
from stancewire.errors import DataError
from stancewire.evaluation.population import Question, groups_of, population_of
from stancewire.predictions import Prediction, QuotePrediction, TopicPrediction
from stancewire.records import STANCES, Article

TOPICS = ("defense", "sanctions", "diplomacy")
QUESTION = Question("quote", "sanctions", "support", of_topic=False)


def answered(article: Article, random: np.random.Generator) -> Prediction:
    """Return what a model might say: mostly right, and support too often."""

    def topics(gold: dict[str, str]) -> dict[str, TopicPrediction]:
        found = {}
        for topic in TOPICS:
            probability = float(np.clip((0.85 if topic in gold else 0.1) + 0.1 * random.normal(), 0, 1))
            scores = np.array([2.0 * (gold.get(topic) == stance) for stance in STANCES]) + random.normal(size=3)
            powers = np.exp(scores + np.array([0.7, 0, 0]))
            stances = dict(zip(STANCES, (powers / powers.sum()).tolist(), strict=True))
            best = max(stances, key=lambda name: stances[name])
            found[topic] = TopicPrediction(probability > 0.5, probability, best, stances)
        return found

    quotes = tuple(
        QuotePrediction(quote.spans, quote.text_in(article.text), topics(dict(quote.topics or {})), quote.speaker)
        for quote in article.quotes
    )
    return Prediction(article.id, article.lang, 1, topics(dict(article.topics or {})), quotes)


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return [article for lang in ("fr", "de", "es", "it") for article in load_corpus("train", lang)[:50]]


@pytest.fixture(scope="module")
def predictions(articles: list[Article]) -> list[Prediction]:
    random = np.random.default_rng(0)
    return [answered(article, random) for article in articles]


def test_the_population_is_every_predicted_unit_and_labels_are_those_of_the_sample(
    articles: list[Article], predictions: list[Prediction]
) -> None:
    sample = articles[::4]
    population = population_of(predictions, sample, {}, QUESTION)
    assert len(population.story) == sum(len(article.quotes) for article in articles)
    assert population.labelled.sum() == sum(len(article.quotes) for article in sample)
    support = sum((q.topics or {}).get("sanctions") == "support" for article in sample for q in article.quotes)
    assert np.nansum(population.gold) == support
    assert (population.score <= population.score_base).all()
    of_topic = population_of(predictions, sample, {}, Question("quote", "sanctions", "support", of_topic=True))
    assert np.nansum(of_topic.gold_base) == sum("sanctions" in (q.topics or {}) for a in sample for q in a.quotes)
    assert (of_topic.said <= of_topic.said_base).all()


def test_groups_come_from_predictions_and_from_records(articles: list[Article], predictions: list[Prediction]) -> None:
    records = {article.id: article for article in articles}
    assert set(groups_of(predictions, {}, "article", "lang")) == {"fr", "de", "es", "it"}
    speakers = groups_of(predictions, records, "quote", "speaker")
    assert len(speakers) == sum(len(article.quotes) for article in articles)
    assert groups_of(predictions, records, "article", "outlet")[0] == articles[0].source
    weeks = set(groups_of(predictions, records, "article", "week")) - {""}
    assert weeks
    assert all(len(week) == 8 and week[4:6] == "-W" for week in weeks)
    assert set(groups_of(predictions, {}, "article", "week")) == {""}


def test_other_ids_and_other_topics_are_refused(articles: list[Article], predictions: list[Prediction]) -> None:
    with pytest.raises(DataError, match="the ids of the labelled records must be those of the predictions"):
        population_of(predictions[:10], articles[100:], {}, QUESTION)
    with pytest.raises(DataError, match="found 'weather', expected one of defense, sanctions, diplomacy"):
        population_of(predictions, articles, {}, Question("quote", "weather", "support", of_topic=False))


def test_a_share_is_estimated_on_the_command_line(
    articles: list[Article], predictions: list[Prediction], tmp_path: Path
) -> None:
    for name, rows in (("answers", predictions), ("sample", articles[::3]), ("news", articles)):
        lines = (json.dumps(row.to_dict(), ensure_ascii=False) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    answers, sample, news = (str(tmp_path / f"{name}.jsonl") for name in ("answers", "sample", "news"))
    ask = [answers, "--labelled", sample, "--topic", "defense", "--stance", "on", "--of", "all"]
    done = CliRunner().invoke(
        estimate, [*ask, "--by", "form", "--records", news, "--plot", str(tmp_path / "s.svg")], catch_exceptions=False
    )
    assert done.exit_code == 0
    rows = {line.split(" | ")[0]: line for line in done.output.splitlines()}
    assert "**" in rows["| all"]
    assert any("labelled stories, 10 are needed" in row for row in rows.values())
    truth = np.mean(["defense" in (q.topics or {}) for article in articles for q in article.quotes])
    low, high = rows["| all"].split("**")[1].split("(")[1].strip(")").split("–")
    assert float(low) <= 100 * truth <= float(high)
    assert parse(tmp_path / "s.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own file
    with pytest.raises(DataError, match="name the articles with --records FILE"):
        CliRunner().invoke(estimate, [*ask, "--by", "week"], catch_exceptions=False)
