"""Figures against scikit-learn's, one draw and many; intervals against simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, matthews_corrcoef
from synthetic import world

from stancewire.evaluation.figures import (
    Sample,
    all_figures,
    calibration_error,
    calibration_noise,
    confusion,
    once,
    values_of,
)
from stancewire.evaluation.intervals import percentile_interval, rate_interval, story_draws, wilson


def mean_by_topic(sample: Sample, figure: object) -> float:
    parts = [sample.take(sample.topic == topic) for topic in range(3)]
    return float(np.mean([figure(part) for part in parts]))  # type: ignore[operator]


def test_each_figure_is_what_scikit_learn_says() -> None:
    sample = world(50, 0)
    # Ties have no order; a model that rounds gives many.
    sample = replace(sample, probability=sample.probability.round(1))
    found = values_of(all_figures(sample, once(50)))
    sided = sample.sided
    expected = {
        "average_precision": mean_by_topic(sample, lambda s: average_precision_score(s.gold_on, s.probability)),
        "f1": mean_by_topic(sample, lambda s: f1_score(s.gold_on, s.on)),
        "mcc": mean_by_topic(sample, lambda s: matthews_corrcoef(s.gold_on, s.on)),
        "brier": brier_score_loss(sample.gold_on, sample.probability),
        "stance_f1": f1_score(sided.gold_stance, sided.stance, average="macro"),
        "stance_mcc": matthews_corrcoef(sided.gold_stance, sided.stance),
        "stance_accuracy": np.mean(sided.gold_stance == sided.stance),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_a_draw_is_the_figure_of_the_stories_that_were_drawn() -> None:
    sample = world(12, 1)
    weights = story_draws(12, 5)
    drawn = all_figures(sample, weights)
    for row in range(5):
        times = weights[row].astype(int)
        rows = np.concatenate([np.flatnonzero(sample.story == s) for s in np.repeat(np.arange(12), times)])
        alone = all_figures(sample.take(rows), once(12))
        for name in drawn:
            assert drawn[name][row] == pytest.approx(alone[name][0], abs=1e-5, nan_ok=True), name


def test_draws_are_the_same_for_the_same_seed_and_draw_as_many_stories_as_there_are() -> None:
    draws = story_draws(30, 100, seed=3)
    assert (draws == story_draws(30, 100, seed=3)).all()
    assert (draws.sum(1) == 30).all()
    assert (draws != story_draws(30, 100, seed=4)).any()


def test_what_is_undefined_is_none_and_has_no_interval() -> None:
    sample = world(20, 2)
    off = replace(sample, gold_on=np.zeros(len(sample)), gold_stance=np.full(len(sample), -1))
    found = values_of(all_figures(off, once(20)))
    assert {name for name, value in found.items() if value is not None} == {"brier", "calibration_error"}
    empty = all_figures(sample.take(np.zeros(len(sample), dtype=bool)), story_draws(20, 10))
    assert all(np.isnan(values).all() for values in empty.values())
    assert percentile_interval(empty["f1"]) is None


def test_the_calibration_error_is_small_for_honest_probabilities_and_large_for_boasting() -> None:
    random = np.random.default_rng(0)
    probability = random.random(2000)
    true = (random.random(2000) < probability).astype(float)
    story = np.arange(2000)
    honest = calibration_error(true, probability, story, once(2000))[0]
    boasting = calibration_error(true, np.where(probability > 0.5, 1.0, 0.0), story, once(2000))[0]
    noise = calibration_noise(true, probability, story, 2000, draws=100, seed=0)
    assert noise is not None
    assert honest < 2 * noise < 0.03
    assert boasting == pytest.approx(0.125, abs=0.02)


def test_the_confusion_counts_every_pair_with_a_known_stance_once() -> None:
    sided = world(40, 3).sided
    cells = confusion(sided, once(40))[0]
    assert cells.sum() == len(sided)
    assert cells[0, 1] == ((sided.gold_stance == 0) & (sided.stance == 1)).sum()


def test_wilson_intervals_hold_at_the_edges_and_widen_where_stories_agree() -> None:
    low, high = wilson(0.0, 12)
    assert low == pytest.approx(0, abs=1e-12)
    assert high == pytest.approx(0.2425, abs=1e-3)
    right = np.repeat([1.0, 0.0] * 20, 5)
    together = rate_interval(right, np.repeat(np.arange(40), 5))
    apart = rate_interval(right, np.arange(200))
    assert together is not None
    assert apart is not None
    assert together[1] - together[0] > 2 * (apart[1] - apart[0])


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    truth = values_of(all_figures(world(30_000, 99), once(30_000)))
    names = ("average_precision", "f1", "mcc", "brier", "stance_f1", "stance_accuracy", "stance_mcc", "stance_brier")
    held = dict.fromkeys(names, 0)
    runs = 200
    for seed in range(runs):
        drawn = all_figures(world(60, seed), story_draws(60, 300, seed))
        for name in names:
            low, high = percentile_interval(drawn[name]) or (1.0, 0.0)
            held[name] += low <= (truth[name] or 0.0) <= high
    # 200 runs of an interval that holds in 95 of 100 lie above 90 with probability 0.999.
    assert {name: count for name, count in held.items() if not 0.9 <= count / runs <= 1.0} == {}


def test_quotes_taken_for_independent_make_the_interval_too_narrow() -> None:
    sample = world(80, 5)
    alone = replace(sample, story=np.arange(len(sample)))
    narrow = percentile_interval(all_figures(alone, story_draws(len(alone), 300))["brier"])
    honest = percentile_interval(all_figures(sample, story_draws(80, 300))["brier"])
    assert narrow is not None
    assert honest is not None
    assert narrow[1] - narrow[0] < 0.9 * (honest[1] - honest[0])
