"""Dynamic batching: one thread does the work, on what many requests wait for, from a queue that is bounded."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from math import ceil
from typing import Generic, TypeVar

from stancewire.records import Article

A = TypeVar("A", bound=Hashable)
R = TypeVar("R")

BATCH_CHARACTERS = 100_000
"""A batch is closed once it holds so much text: what comes next need not wait for a whole shelf of books."""


class QueueFullError(Exception):
    """There is no room for the articles of a request; ``seconds`` is when there may be."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"full for about {seconds} s")
        self.seconds = seconds


@dataclass(eq=False, slots=True)
class _Request(Generic[A, R]):
    """What one request asks of its articles, and the results that are there."""

    articles: Sequence[Article]
    asked: A
    results: dict[int, R]
    answer: Future[list[R]]

    def put(self, index: int, result: R) -> None:
        """Keep one article's result; the last one completes the answer, unless nobody waits for it any more."""
        self.results[index] = result
        if len(self.results) == len(self.articles) and self.answer.set_running_or_notify_cancel():
            self.answer.set_result([self.results[i] for i in range(len(self.articles))])

    def fail(self, error: Exception) -> None:
        """End with an error; later ones of the same request add nothing."""
        if not self.answer.done() and self.answer.set_running_or_notify_cancel():
            self.answer.set_exception(error)


class Batcher(Generic[A, R]):
    """Answers requests article by article, in their order, together with others that ask the same.

    A request that was given up is dropped from the queue. An error in a batch of several articles is found by doing
    each by itself, so that it reaches only the request that it belongs to.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Article], A], Sequence[R]],
        limit: int,
        max_batch: int,
        observe: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Start the thread.

        Args:
            work: gives one result an article; called by one thread only.
            limit: articles that may wait.
            max_batch: articles of one call of ``work``.
            observe: called with the number of articles of each batch that is done.
        """
        self._limit = limit
        self._work = work
        self._max_batch = max_batch
        self._observe = observe
        self._queue: deque[tuple[_Request[A, R], int]] = deque()
        self._changed = threading.Condition()  # its lock may be taken again by the thread that holds it
        self._closed = False
        self._seconds_each = 0.1  # a guess, until there is a first batch
        self._thread = threading.Thread(target=self._run, name="stancewire batches", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many articles wait; those of requests that were given up are dropped."""
        with self._changed:
            self._queue = deque(item for item in self._queue if not item[0].answer.done())
            return len(self._queue)

    @property
    def takes_work(self) -> bool:
        """Whether there is room, and somebody who works."""
        return self._thread.is_alive() and not self._closed and self.waiting < self._limit

    @property
    def seconds_left(self) -> int:
        """About how long the articles take that wait now, at least one second."""
        return max(1, ceil(self.waiting * self._seconds_each))

    def submit(self, articles: Sequence[Article], asked: A) -> Future[list[R]]:
        """Queue the articles of a request, all or none; cancel the future to give them up.

        Raises:
            QueueFullError: there is no room, or the batcher was closed.
        """
        request: _Request[A, R] = _Request(articles, asked, {}, Future())
        with self._changed:
            if self._closed or self.waiting + len(articles) > self._limit:
                raise QueueFullError(self.seconds_left)
            self._queue.extend((request, index) for index in range(len(articles)))
            self._changed.notify()
        return request.answer

    def close(self) -> None:
        """Take nothing more, do what waits, and return when it is done."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while batch := self._take():
            start = time.perf_counter()
            self._answer(batch)
            self._seconds_each += 0.2 * ((time.perf_counter() - start) / len(batch) - self._seconds_each)
            self._observe(len(batch))

    def _take(self) -> list[tuple[_Request[A, R], int]]:
        """Wait for articles; take the first, and others behind it that ask the same. None are left: it was closed."""
        with self._changed:
            while not self.waiting and not self._closed:
                self._changed.wait()
            batch: list[tuple[_Request[A, R], int]] = []
            left: deque[tuple[_Request[A, R], int]] = deque()
            characters = 0
            for request, index in self._queue:
                full = len(batch) == self._max_batch or characters >= BATCH_CHARACTERS
                if full or request.asked != self._queue[0][0].asked:
                    left.append((request, index))
                else:
                    batch.append((request, index))
                    characters += len(request.articles[index].text)
            self._queue = left
        return batch

    def _answer(self, batch: Sequence[tuple[_Request[A, R], int]]) -> None:
        try:
            results = self._work([request.articles[index] for request, index in batch], batch[0][0].asked)
        except Exception as error:
            if len(batch) == 1:
                batch[0][0].fail(error)
                return
            for item in batch:
                self._answer([item])
            return
        for (request, index), result in zip(batch, results, strict=True):
            request.put(index, result)
