"""Calibration takes back what weighing and over-confidence did to the logits."""

from __future__ import annotations

import numpy as np
import pytest

from stancewire.models.calibration import Calibration
from stancewire.training.calibrate import best_threshold, fit_calibration
from stancewire.training.scoring import DevLogits


def dev(rng: np.random.Generator, slope: float, shift: float) -> DevLogits:
    """Return logits that are off by a slope and a shift from those that made the labels."""
    count = 6000
    true = rng.normal(-1, 1.5, count)
    stance_true = rng.normal(0, 2, (count, 3))
    powers = np.exp(stance_true)
    stance = (powers.cumsum(1) / powers.sum(1, keepdims=True) > rng.random((count, 1))).argmax(1)
    return DevLogits(
        relevance_logits=(true - shift) / slope,
        stance_logits=stance_true / slope,
        relevance=(rng.random(count) < 1 / (1 + np.exp(-true))).astype(int),
        stance=stance,
        kind=np.ones(count, dtype=int),
        topic=np.zeros(count, dtype=int),
        unit=np.arange(count),
        lang=np.full(count, "fr"),
    )


def test_slope_and_shift_are_found_again() -> None:
    found = fit_calibration(dev(np.random.default_rng(0), slope=0.5, shift=-1.0), ["defense"])
    assert found.relevance["quote"].slope == pytest.approx(0.5, abs=0.05)
    assert found.relevance["quote"].shift == pytest.approx(-1.0, abs=0.1)
    assert found.stance["quote"].slope == pytest.approx(0.5, abs=0.05)
    assert found.relevance["article"].slope == 1, "nothing is annotated for articles: they stay as they are"


def test_calibration_reads_back_from_its_json_form() -> None:
    found = fit_calibration(dev(np.random.default_rng(1), 2.0, 0.3), ["defense"])
    assert Calibration.from_dict(found.to_dict()) == found


def test_the_threshold_is_the_best_f1_within_bounds_and_nearest_to_a_half() -> None:
    labels = np.array([0, 0, 0, 1, 1])
    assert best_threshold(np.array([0.1, 0.2, 0.3, 0.35, 0.9]), labels) == pytest.approx(0.35)
    assert best_threshold(np.array([0.1, 0.2, 0.3, 0.7, 0.9]), labels) == pytest.approx(0.5)
    assert best_threshold(np.array([0.0, 0.0, 0.0, 0.01, 0.02]), labels) >= 0.2
    assert best_threshold(np.array([0.9, 0.9]), np.array([0, 0])) == 0.5
