"""The table behind every figure: one row a unit and a target, with gold labels, a system's answers, and its slices.

It is written beside a report as ``predictions.parquet``. Topics are named; open targets stand there as phrases. Units
whose topics are not annotated have no rows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stancewire.errors import DataError, found_expected
from stancewire.evaluation.figures import Sample
from stancewire.evaluation.metrics import UnitScores
from stancewire.predictions import Prediction
from stancewire.records import STANCES, Article, Quote
from stancewire.stories import story_of

TOPIC, TARGET = "topic", "target"
"""What a row asks: a topic of the label set, or an open target."""

CHECKPOINT = "checkpoint"
"""The system that a report is about; the others are baselines."""

PREDICTIONS = "predictions.parquet"

OPEN_TARGETS = "open targets"
"""Stands for all open targets, which are scored together."""

COLUMNS = {
    "system": "checkpoint, or a baseline",
    "task": "topic or target",
    "target": "the topic's name, or the open target's phrase",
    "id": "of the article",
    "unit": "article, or the number of the quote",
    "kind": "article or quote",
    "story": "what is drawn together: the record's field story or parallel, or its id",
    "lang": "of the article; ? where the record does not say",
    "form": "the record's field kind: news, opinion, ...",
    "outlet": "the record's source",
    "length": "of the article, in windows that were read",
    "marks": "the quotation marks around a quote",
    "seen": "whether the open target stands in the training records, where these are known",
    "taught": "whether the checkpoint was trained on the language, where its provenance says so",
    "text": "the quote's words, or the article's title",
    "gold_on": "whether the topic is on, or the target touched",
    "gold_stance": "empty where it is off or not known",
    "on": "whether the system says so",
    "probability": "that it is on",
    "stance": "the system's",
    **{f"stance_{name}": f"probability of {name}; missing where the system gives none" for name in STANCES},
}
"""The columns, and what they hold."""

_OTHER_MARKS = "\"'„‚「」『』《》〈〉—–"
_LENGTHS = ((2, "1-2 windows"), (5, "3-5 windows"), (10, "6-10 windows"))


def topic_rows(
    articles: Sequence[Article], topics: Sequence[str], scores: UnitScores, system: str, windows: Sequence[int] = ()
) -> pd.DataFrame:
    """Return the rows of a system's answers on topics.

    Args:
        articles: the records.
        topics: the columns of ``scores``.
        scores: of the articles' units, in their order.
        system: its name.
        windows: how many windows of each article were read; no lengths if not given.
    """
    units, topic = np.nonzero(scores.gold_on >= 0)
    rows = _unit_columns(articles, windows).iloc[units].reset_index(drop=True)
    gold_stance = scores.gold_stance[units, topic]
    answers: dict[str, Any] = {
        "task": TOPIC,
        "target": np.array(topics, dtype=object)[topic],
        "system": system,
        "seen": "",
        "gold_on": scores.gold_on[units, topic] == 1,
        "gold_stance": np.array([*STANCES, ""], dtype=object)[gold_stance],
        "on": scores.on[units, topic],
        "probability": scores.probability[units, topic],
        "stance": np.array(STANCES, dtype=object)[scores.stance[units, topic]],
    }
    for column, name in enumerate(STANCES):
        found = scores.stance_probability
        answers[f"stance_{name}"] = np.nan if found is None else found[units, topic, column]
    return rows.assign(**answers)[list(COLUMNS)]


def target_rows(
    articles: Sequence[Article],
    predictions: Sequence[Prediction],
    system: str,
    seen: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return the rows of a system's answers on the records' open targets.

    Args:
        articles: the records.
        predictions: one for each, asked for its own targets with ``quotes="given"``.
        system: its name.
        seen: the targets of the training records; ``None`` where nobody knows.
    """
    windows = [prediction.windows for prediction in predictions]
    units = _unit_columns(articles, windows).set_index(["id", "unit"], drop=False)
    rows = []
    for article, prediction in zip(articles, predictions, strict=True):
        answers = {(answer.unit, answer.target): answer for answer in prediction.targets}
        for gold in article.targets:
            said = answers[gold.unit, gold.target]
            touched = gold.stance in STANCES
            rows.append(
                {
                    "id": article.id,
                    "unit": str(gold.unit),
                    "target": gold.target,
                    "seen": "" if seen is None else ("seen" if gold.target in seen else "unseen"),
                    "gold_on": touched,
                    "gold_stance": gold.stance if touched else "",
                    "on": said.relevance >= 0.5,
                    "probability": said.relevance,
                    "stance": max(said.stances, key=lambda name: said.stances[name]),
                    **{f"stance_{name}": said.stances[name] for name in STANCES},
                }
            )
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS))
    answered = pd.DataFrame(rows).set_index(["id", "unit"])
    joined = answered.join(units, how="left").reset_index(drop=True)
    return joined.assign(task=TARGET, system=system)[list(COLUMNS)]


def with_taught(pairs: pd.DataFrame, langs: Collection[str]) -> pd.DataFrame:
    """Say which languages the checkpoint was trained on; nothing is said where ``langs`` is empty."""
    if not langs:
        return pairs
    return pairs.assign(taught=np.where(pairs["lang"].isin(set(langs)), "taught", "held out"))


def sample_of(pairs: pd.DataFrame) -> tuple[Sample, tuple[str, ...], int]:
    """Return the pairs as arrays, the names of their topics, and how many stories they are of.

    All open targets are one topic. Stories are numbered in the order of their names, so that two tables of the same
    stories are drawn alike.
    """
    topic = np.where(pairs["task"] == TARGET, OPEN_TARGETS, pairs["target"].to_numpy(dtype=object))
    names, topics = np.unique(topic.astype(str), return_inverse=True)
    stories, story = np.unique(pairs["story"].to_numpy(dtype=str), return_inverse=True)
    codes = {name: index for index, name in enumerate(STANCES)}
    sample = Sample(
        topic=topics,
        story=story,
        gold_on=pairs["gold_on"].to_numpy(dtype=float),
        probability=pairs["probability"].to_numpy(dtype=float),
        on=pairs["on"].to_numpy(dtype=float),
        gold_stance=np.array([codes.get(name, -1) for name in pairs["gold_stance"]], dtype=int),
        stance=np.array([codes[name] for name in pairs["stance"]], dtype=int),
        stance_probability=pairs[[f"stance_{name}" for name in STANCES]].to_numpy(dtype=float),
    )
    return sample, tuple(names.tolist()), len(stories)


def read_pairs(path: Path, system: str | None = None) -> pd.DataFrame:
    """Read ``predictions.parquet``.

    Args:
        path: the file, or the folder of a report.
        system: keep the rows of this one only.

    Raises:
        DataError: there is none, it has other columns, or nothing of the system.
    """
    file = path / PREDICTIONS if path.is_dir() else path
    try:
        pairs = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: cannot be read as the predictions of a report ({error})") from error
    if missing := sorted(set(COLUMNS) - set(pairs.columns)):
        raise DataError(found_expected(str(file), f"no column {', '.join(missing)}", "predictions of a report"))
    kept = pairs if system is None else pairs[pairs["system"] == system].reset_index(drop=True)
    if kept.empty:
        raise DataError(found_expected(str(file), sorted(set(pairs["system"])), f"answers of {system or 'a system'}"))
    return kept


def marks_of(quote: Quote, text: str) -> str:
    """Return the marks around a quote, such as ``„…“``; ``none`` where there is none before it."""
    start, end = quote.spans[0][0], quote.spans[-1][1]
    before, after = text[max(0, start - 2) : start].rstrip()[-1:], text[end : end + 3].lstrip(" .,!?\u00a0\u202f")[:1]
    opening, closing = before if _is_mark(before) else "", after if _is_mark(after) else ""
    return f"{opening}…{closing}" if opening else "none"


def _is_mark(char: str) -> bool:
    return char != "" and (unicodedata.category(char) in ("Pi", "Pf") or char in _OTHER_MARKS)


def _unit_columns(articles: Sequence[Article], windows: Sequence[int]) -> pd.DataFrame:
    """Return what is known of each unit, in the order of :func:`stancewire.evaluation.gold.gold_units`."""
    lengths = [_length(count) for count in windows] or [""] * len(articles)
    rows = []
    for article, length in zip(articles, lengths, strict=True):
        common = {
            "id": article.id,
            "story": story_of(article),
            "lang": article.lang or "?",
            "form": str(article.extra.get("kind") or ""),
            "outlet": article.source or "",
            "length": length,
            "taught": "",
        }
        title = article.title or article.text.strip().split("\n", 1)[0][:120]
        rows.append(common | {"unit": "article", "kind": "article", "marks": "", "text": title})
        for number, quote in enumerate(article.quotes):
            words = quote.text_in(article.text)
            marks = marks_of(quote, article.text)
            rows.append(common | {"unit": str(number), "kind": "quote", "marks": marks, "text": words})
    return pd.DataFrame(rows)


def _length(windows: int) -> str:
    return next((name for most, name in _LENGTHS if windows <= most), "11 windows or more")
