"""Batches of many requests: who asks the same is served together, each gets its own, and the queue is bounded."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager

import pytest

from stancewire.errors import DataError
from stancewire.records import Article
from stancewire.server.batching import BATCH_CHARACTERS, Batcher, QueueFullError


class Echo:
    """Work that tells what it was called with, and starts when it may."""

    def __init__(self) -> None:
        self.may_start = threading.Event()
        self.started = threading.Event()
        self.batches: list[tuple[str, list[str]]] = []

    def __call__(self, articles: Sequence[Article], asked: str) -> list[str]:
        """Answer with the articles' texts."""
        self.started.set()
        assert self.may_start.wait(30)
        self.batches.append((asked, [article.id for article in articles]))
        if any(article.text == "bad" for article in articles):
            raise DataError("it is bad")
        return [f"{asked} {article.text}" for article in articles]


def named(*texts: str) -> list[Article]:
    return [Article(id=text[:9], text=text) for text in texts]


@contextmanager
def batcher(work: Echo, limit: int = 100, max_batch: int = 100) -> Iterator[Batcher[str, str]]:
    """Give a batcher whose thread is busy with a first article until the work may start."""
    made = Batcher(work, limit, max_batch)
    made.submit(named("first"), "x")
    assert work.started.wait(30)
    try:
        yield made
    finally:
        work.may_start.set()
        made.close()


def test_requests_that_ask_the_same_are_one_batch_and_each_gets_its_own_answers() -> None:
    work = Echo()
    with batcher(work) as made:
        answers = [made.submit(named("a", "b"), "x"), made.submit(named("c"), "y"), made.submit(named("d"), "x")]
        work.may_start.set()
        assert [answer.result(30) for answer in answers] == [["x a", "x b"], ["y c"], ["x d"]]
    assert work.batches == [("x", ["first"]), ("x", ["a", "b", "d"]), ("y", ["c"])]


def test_a_request_larger_than_a_batch_is_answered_in_order() -> None:
    work = Echo()
    with batcher(work, max_batch=2) as made:
        answer = made.submit(named(*"abcde"), "x")
        work.may_start.set()
        assert answer.result(30) == ["x a", "x b", "x c", "x d", "x e"]
    assert [len(ids) for _, ids in work.batches] == [1, 2, 2, 1]


def test_nothing_joins_a_batch_that_is_long_already() -> None:
    work = Echo()
    with batcher(work) as made:
        answers = [made.submit(named("a" * BATCH_CHARACTERS), "x"), made.submit(named("b"), "x")]
        work.may_start.set()
        assert answers[1].result(30) == ["x b"]
    assert [ids for _, ids in work.batches] == [["first"], ["aaaaaaaaa"], ["b"]]


def test_the_queue_takes_all_of_a_request_or_nothing() -> None:
    work = Echo()
    with batcher(work, limit=3) as made:
        made.submit(named("a", "b"), "x")
        with pytest.raises(QueueFullError) as full:
            made.submit(named("c", "d"), "x")
        assert full.value.seconds >= 1
        assert made.takes_work
        made.submit(named("c"), "x")
        assert not made.takes_work


def test_what_is_given_up_makes_room_and_is_not_worked_on() -> None:
    work = Echo()
    with batcher(work, limit=2) as made:
        given_up = made.submit(named("a", "b"), "x")
        assert not made.takes_work
        assert given_up.cancel()
        assert made.takes_work
        answer = made.submit(named("c", "d"), "x")
        work.may_start.set()
        assert answer.result(30) == ["x c", "x d"]
    assert work.batches == [("x", ["first"]), ("x", ["c", "d"])]
    with pytest.raises(CancelledError):
        given_up.result(0)


def test_an_error_reaches_only_the_request_that_it_belongs_to() -> None:
    work = Echo()
    with batcher(work) as made:
        good, bad, last = (made.submit(named(text, "more"), "x") for text in ("good", "bad", "last"))
        work.may_start.set()
        assert good.result(30) == ["x good", "x more"]
        assert last.result(30) == ["x last", "x more"]
        with pytest.raises(DataError, match="it is bad"):
            bad.result(30)


def test_closing_does_what_waits_and_takes_nothing_more() -> None:
    work = Echo()
    with batcher(work) as made:
        answers = [made.submit(named(text), "x") for text in "abc"]
        work.may_start.set()
        made.close()
        assert [answer.result(0) for answer in answers] == [["x a"], ["x b"], ["x c"]]
        assert not made.takes_work
        with pytest.raises(QueueFullError):
            made.submit(named("d"), "x")
