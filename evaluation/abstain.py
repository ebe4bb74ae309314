"""How sure an answer must be for the answers to keep to an error that a user allows, with a finite-sample guarantee.

The error among the answers is controlled as in Learn then Test (Angelopoulos, Bates, Candes, Jordan and Lei 2021,
https://arxiv.org/abs/2110.01052), the form of conformal risk control for risks that need not fall with the threshold:
thresholds are tested from strict to loose by exact binomial tails, and the loosest before the first that fails is
taken. Since the units of a story are not independent, one unit a story is drawn for the test. With the confidence that
is stated, over the draw of the held-out stories, no more than the allowed share of answers is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom

from stancewire.evaluation.compare import confidence, is_right
from stancewire.evaluation.intervals import SEED
from stancewire.evaluation.metrics import KINDS
from stancewire.evaluation.pairs import TOPIC

SCHEMA = "stancewire-abstention/1"
CONFIDENCE = 0.9
LEVELS = tuple(round(level / 100, 2) for level in range(1, 31))
"""Errors that a user may allow."""

STARTS = (0.95, 0.9, 0.8, 0.65)
"""Thresholds at which a sequence of tests begins; each has its share of the error of the test."""


def abstention_record(
    pairs: pd.DataFrame, topics: Sequence[str], checkpoint: Mapping[str, Any], data: Mapping[str, Any]
) -> dict[str, Any]:
    """Return ``abstention.json``: thresholds for each allowed error, kind of unit, topic, and answer (on or off).

    Args:
        pairs: a checkpoint's answers on held-out records.
        topics: of the label set.
        checkpoint: its name and digest; the thresholds hold for no other.
        data: what was held out.
    """
    of_topics = pairs[pairs["task"] == TOPIC]
    columns = {"right": is_right(of_topics), "confidence": confidence(of_topics)}
    table = of_topics[["kind", "target", "on", "story"]].assign(**columns)
    groups = {
        (kind, topic, said): table[
            (table["kind"] == kind) & (table["target"] == topic) & (table["on"] == (said == "on"))
        ]
        for kind in KINDS
        for topic in topics
        for said in ("on", "off")
    }
    picked = {name: one_a_story(group) for name, group in groups.items()}
    levels = []
    for level in LEVELS:
        thresholds: dict[str, dict[str, dict[str, Any]]] = {}
        for (kind, topic, said), group in groups.items():
            at_least = threshold(*picked[kind, topic, said], level)
            sure = group["confidence"].to_numpy() >= (2.0 if at_least is None else at_least)
            found = {"at_least": at_least, "answered": _share(sure), "n": len(picked[kind, topic, said][0])}
            thresholds.setdefault(kind, {}).setdefault(topic, {})[said] = found
        levels.append({"max_error": level, "thresholds": thresholds})
    named = {name: checkpoint[name] for name in ("name", "sha256")}
    return {"schema": SCHEMA, "checkpoint": named, "data": dict(data), "confidence": CONFIDENCE, "levels": levels}


def threshold(right: np.ndarray, sure: np.ndarray, max_error: float) -> float | None:
    """Return the least confidence from which answers keep to an error; ``None`` where none can be vouched for.

    Args:
        right: whether independent held-out answers were right (N,).
        sure: their confidences (N,).
        max_error: the share of answers that may be wrong.
    """
    steps = np.arange(round(100 * max(STARTS)) + 1) / 100
    answered = sure >= steps[:, None]
    passed = binom.cdf((answered & ~right).sum(1), answered.sum(1), max_error) <= (1 - CONFIDENCE) / len(STARTS)
    best: float | None = None
    for start in STARTS:
        # From the start down to the first test that fails.
        below = passed[: round(100 * start) + 1][::-1]
        count = int(np.argmin(below)) if not below.all() else len(below)
        if count:
            least = float(steps[round(100 * start) - count + 1])
            best = least if best is None else min(best, least)
    return best


def one_a_story(group: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return right and confidence of one row a story, drawn by a fixed seed."""
    drawn = group.sample(frac=1, random_state=SEED).drop_duplicates("story")
    return drawn["right"].to_numpy(dtype=bool), drawn["confidence"].to_numpy(dtype=float)


def _share(answered: np.ndarray) -> float | None:
    return round(float(answered.mean()), 4) if len(answered) else None
