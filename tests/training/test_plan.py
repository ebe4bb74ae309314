"""The order of examples is a function of the seed, reads each set as often as it weighs, and wastes little."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stancewire.training.plan import epoch_order, token_batches


@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 100))
def test_a_quarter_of_a_set_is_another_quarter_in_each_epoch(first: int, second: int, seed: int) -> None:
    epochs = [epoch_order([first, second], [1.0, 0.25], seed, epoch) for epoch in range(4)]
    assert all(sum(i < first for i in order) == first for order in epochs)
    read = Counter(i for order in epochs for i in order if i >= first)
    assert read == Counter(range(first, first + second))


def test_the_order_is_that_of_the_seed() -> None:
    assert epoch_order([9, 9], [1, 2], 3, 1) == epoch_order([9, 9], [1, 2], 3, 1)
    assert epoch_order([9, 9], [1, 2], 3, 1) != epoch_order([9, 9], [1, 2], 4, 1)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=200), st.integers(10, 500))
def test_batches_hold_each_example_once_within_the_budget_in_order(tokens: list[int], budget: int) -> None:
    batches = token_batches(range(len(tokens)), tokens, budget)
    assert [i for batch in batches for i in batch] == list(range(len(tokens)))
    assert all(len(batch) == 1 or sum(tokens[i] for i in batch) <= budget for batch in batches)
