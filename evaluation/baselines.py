"""What little it takes to beat: baselines that learn from the training records and answer for the same units.

Each is given units with gold labels to learn from and units to answer for. Quotes are given to it; it reads a quote
without its article.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve
from sklearn.preprocessing import StandardScaler

from stancewire.evaluation.gold import MASKED, Units
from stancewire.evaluation.metrics import KINDS, UnitScores, average_precision, macro_f1
from stancewire.records import STANCES

STRENGTHS = (1.0, 0.1, 10.0, 100.0)
"""Inverse strengths of regularization to choose from; the first is taken where the held-out tenth cannot tell."""

WORDS, PIECES = 50_000, 100_000
"""The most frequent word and character n-grams that are features."""

Features = Any
"""A matrix (U, F), dense or sparse."""

Embed = Callable[[list[str]], np.ndarray]
"""From texts to their vectors (N, H)."""

_LINEAR = (
    "then logistic regression with balanced classes: one a topic for relevance, one for stance with the topic as a "
    "feature, the kind of unit as a feature of both; regularization and thresholds (by topic and kind) are chosen on "
    "every tenth training article, then all are fitted on all"
)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline's answers beside the gold labels.

    Attributes:
        name: short, for tables.
        description: what it is, in a sentence.
        scores: of the units that it answered for.
    """

    name: str
    description: str
    scores: UnitScores


def majority(train: Units, test: Units) -> Baseline:
    """Answer with what is most frequent in ``train`` for the topic and the kind of unit; reads no text."""
    probability, stance = np.zeros(test.on.shape), np.zeros(test.on.shape, dtype=int)
    for kind in KINDS:
        learned, asked = train.take(train.kind == kind), test.kind == kind
        for t in range(train.on.shape[1]):
            known = learned.on[learned.on[:, t] != MASKED, t]
            stances = learned.stance[learned.stance[:, t] != MASKED, t]
            probability[asked, t] = known.mean() if len(known) else 0.0
            stance[asked, t] = np.bincount(stances).argmax() if len(stances) else STANCES.index("neutral")
    return Baseline(
        "majority",
        "the most frequent answer of the training records for the topic and the kind of unit",
        test.scored(probability, probability > 0.5, stance),
    )


def tfidf(train: Units, test: Units) -> Baseline:
    """Answer with logistic regression on TF-IDF of words (1 to 2) and characters within words (2 to 5)."""
    learned, asked = [], []
    for vectorizer in (
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=WORDS),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=PIECES),
    ):
        learned.append(vectorizer.fit_transform(train.text))
        asked.append(vectorizer.transform(test.text))
    return Baseline(
        "tfidf",
        f"TF-IDF of the {WORDS:,} most frequent word 1-2-grams and {PIECES:,} character 2-5-grams, {_LINEAR}",
        _linear(train, test, sparse.hstack(learned).tocsr(), sparse.hstack(asked).tocsr()),
    )


def encoder(train: Units, test: Units, embed: Embed, what: str = "the encoder") -> Baseline:
    """Answer with logistic regression on one vector a unit.

    Args:
        train: to learn from.
        test: to answer for.
        embed: gives the mean of an encoder's last states over each text.
        what: the encoder, in words.
    """
    scaler = StandardScaler()
    learned = scaler.fit_transform(embed(list(train.text)))
    return Baseline(
        "encoder",
        f"mean-pooled vectors of {what}, standardized, {_LINEAR}",
        _linear(train, test, learned, scaler.transform(embed(list(test.text)))),
    )


def without_examples(train: Units, topics: Sequence[str]) -> list[str]:
    """Return the topics that no unit of ``train`` is about; no baseline can learn them."""
    return [topic for t, topic in enumerate(topics) if not (train.on[:, t] == 1).any()]


def _linear(train: Units, test: Units, learned: Features, asked: Features) -> UnitScores:
    learned, asked = _join(learned, _is_quote(train)), _join(asked, _is_quote(test))
    probability, on = np.zeros(test.on.shape), np.zeros(test.on.shape, dtype=bool)
    for t in range(train.on.shape[1]):
        probability[:, t], on[:, t] = _relevance(train, test, learned, asked, t)
    return test.scored(probability, on, _stances(train, test, learned, asked))


def _relevance(train: Units, test: Units, learned: Features, asked: Features, topic: int) -> tuple[np.ndarray, ...]:
    """Return probabilities and on-or-off labels of one topic (U,)."""
    gold = train.on[:, topic]
    known, held = gold != MASKED, _held_out(train)
    fit, tune = known & ~held, known & held
    tried = [(c, _probabilities(learned[fit], gold[fit], learned[tune], c, 2)[:, 1]) for c in STRENGTHS]
    strength, tuned = max(tried, key=lambda item: average_precision(gold[tune], item[1]) or 0.0)
    probability = _probabilities(learned[known], gold[known], asked, strength, 2)[:, 1]
    least = np.ones(len(test))
    for kind in KINDS:
        of_kind = train.kind[tune] == kind
        least[test.kind == kind] = _threshold(gold[tune][of_kind], tuned[of_kind])
    return probability, probability >= least


def _stances(train: Units, test: Units, learned: Features, asked: Features) -> np.ndarray:
    """Return the stance of every unit and topic (U, T)."""
    units, topics = np.nonzero(train.stance != MASKED)
    gold, held = train.stance[units, topics], _held_out(train)[units]
    one_hot = np.eye(train.on.shape[1])
    pairs = _join(learned[units], one_hot[topics])
    classes = len(STANCES)
    said = [
        _probabilities(pairs[~held], gold[~held], pairs[held], strength, classes).argmax(1) for strength in STRENGTHS
    ]
    best = max(range(len(STRENGTHS)), key=lambda i: macro_f1(gold[held], said[i]) or 0.0)
    every, column = (index.ravel() for index in np.indices(test.on.shape))
    wanted = _join(asked[every], one_hot[column])
    answers = _probabilities(pairs, gold, wanted, STRENGTHS[best], classes).argmax(1)
    return np.reshape(answers, test.on.shape)


def _held_out(units: Units) -> np.ndarray:
    """Return the mask of every tenth article's units."""
    held: np.ndarray = units.article % 10 == 9
    return held


def _probabilities(x: Features, y: np.ndarray, new: Features, strength: float, classes: int) -> np.ndarray:
    """Fit on ``x`` and ``y`` and return the probability of each class for ``new`` (N, classes)."""
    present = np.unique(y)
    found = np.zeros((new.shape[0], classes))
    if len(present) < 2 or not new.shape[0]:
        found[:, present] = 1.0
        return found
    # liblinear is the quicker one for two classes; more need a multinomial loss.
    solver = "liblinear" if classes == 2 else "lbfgs"
    model = LogisticRegression(C=strength, class_weight="balanced", solver=solver, max_iter=5000, random_state=0)
    found[:, present] = model.fit(x, y).predict_proba(new)
    return found


def _threshold(gold: np.ndarray, probability: np.ndarray) -> float:
    """Return the threshold with the best F1; one half where there are too few examples to tell."""
    if gold.sum() < 5:
        return 0.5
    precision, recall, thresholds = precision_recall_curve(gold, probability)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(thresholds[f1[:-1].argmax()])


def _is_quote(units: Units) -> np.ndarray:
    return np.asarray(units.kind == "quote", dtype=float)[:, None]


def _join(features: Features, columns: np.ndarray) -> Features:
    if sparse.issparse(features):
        return sparse.hstack([features, sparse.csr_matrix(columns)]).tocsr()
    return np.hstack([features, columns])
