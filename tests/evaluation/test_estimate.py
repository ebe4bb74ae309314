"""Shares: the corrected interval covers the truth, the naive one does not, and poor predictions cost nothing."""

from __future__ import annotations

import numpy as np
import pytest

from stancewire.evaluation.estimate import Population, estimate_groups, estimate_share


def drawn(
    seed: int, stories: int = 400, labelled: int = 60, skill: float = 1.0
) -> tuple[Population, np.random.Generator]:
    """Return quotes of stories, of which some stories are labelled; the system finds support too often."""
    random = np.random.default_rng(seed)
    story = np.repeat(np.arange(stories), 1 + random.poisson(2, stories))
    side = random.normal(size=stories)[story]
    on = (random.random(len(story)) < 0.5).astype(float)
    logit = side + random.normal(size=len(story))
    gold = on * (random.random(len(story)) < 1 / (1 + np.exp(-logit)))
    score_on = np.clip(0.15 + 0.7 * on + 0.1 * random.normal(size=len(story)), 0, 1)
    noisy = skill * logit + 1.5 * random.normal(size=len(story)) + 0.8
    score = score_on / (1 + np.exp(-noisy))
    known = story < labelled
    return Population(
        story=story,
        said=((score_on > 0.5) & (noisy > 0)).astype(float),
        said_base=np.ones(len(story)),
        score=score,
        score_base=np.ones(len(story)),
        gold=np.where(known, gold, np.nan),
        gold_base=np.where(known, 1.0, np.nan),
    ), random


TRUTH = 0.25
"""Half of the units are on; of these, half support, since sides are symmetric."""


@pytest.mark.parametrize("skill", [1.0, 0.0])
def test_intervals_cover_the_truth_in_95_of_100_draws_and_naive_ones_do_not(skill: float) -> None:
    runs = 2000
    held = naive = 0
    widths, alone = [], []
    for seed in range(runs):
        share = estimate_share(drawn(seed, skill=skill)[0])
        assert share.interval is not None
        assert share.labels_interval is not None
        assert share.naive_interval is not None
        held += share.interval[0] <= TRUTH <= share.interval[1]
        naive += share.naive_interval[0] <= TRUTH <= share.naive_interval[1]
        widths.append(share.interval[1] - share.interval[0])
        alone.append(share.labels_interval[1] - share.labels_interval[0])
    assert 0.93 <= held / runs <= 0.97
    assert naive / runs < 0.05
    # Good predictions are worth labels; poor ones cost next to nothing.
    assert np.mean(widths) < (0.9 if skill else 1.01) * np.mean(alone)


def test_a_share_of_the_units_about_the_topic_is_a_ratio_and_covers_too() -> None:
    held = 0
    for seed in range(500):
        population, random = drawn(seed)
        on = (random.random(len(population.story)) < 0.5).astype(float)
        known = population.labelled
        side = (random.random(len(on)) < 0.3).astype(float) * on
        score_on = np.clip(0.2 + 0.6 * on, 0, 1)
        ratio = Population(
            story=population.story,
            said=((side == 1) | (random.random(len(on)) < 0.2)).astype(float),
            said_base=(score_on > 0.5).astype(float),
            score=score_on * np.where(side == 1, 0.7, 0.3),
            score_base=score_on,
            gold=np.where(known, side, np.nan),
            gold_base=np.where(known, on, np.nan),
        )
        share = estimate_share(ratio)
        assert share.interval is not None
        held += share.interval[0] <= 0.3 <= share.interval[1]
    assert 0.93 <= held / 500 <= 0.975


def test_groups_are_estimated_each_by_itself_and_small_ones_say_so() -> None:
    population, _ = drawn(1)
    groups = np.where(population.story % 2 == 0, "fr", "de")
    groups[population.story > 390] = "uk"
    groups[population.story == 390] = ""
    everything, german, french, ukrainian = estimate_groups(population, groups)
    assert [share.group for share in (everything, german, french, ukrainian)] == ["all", "de", "fr", "uk"]
    assert german.labelled + french.labelled == everything.labelled
    assert ukrainian.too_small == "0 labelled stories, 10 are needed"
    assert ukrainian.value is None
    assert ukrainian.naive is not None


def test_a_population_that_is_labelled_in_full_needs_no_predictions() -> None:
    population, _ = drawn(2, stories=60, labelled=60)
    share = estimate_share(population)
    assert share.trust == 0
    assert share.value == share.labels_alone == pytest.approx(np.nanmean(population.gold))
