"""Counts and times for Prometheus; no text of an article is among them."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = frozenset({"/", "/v1/label", "/v1/quotes", "/healthz", "/readyz", "/metrics", "/openapi.json"})


class Metrics:
    """What one service counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "stancewire_requests", "Requests that were answered.", ["path", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "stancewire_request_seconds", "Time from a request to its answer.", ["path"], registry=self.registry
        )
        self._batches = Histogram(
            "stancewire_batch_articles",
            "Articles that were worked on together.",
            ["work"],
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=self.registry,
        )
        self._waiting = Gauge("stancewire_waiting_articles", "Articles that wait.", ["work"], registry=self.registry)

    def observer(self, work: str) -> Callable[[int], None]:
        """Return what a batcher calls after each batch."""
        return self._batches.labels(work).observe

    def watch(self, work: str, waiting: Callable[[], int]) -> None:
        """Show the length of a queue."""
        self._waiting.labels(work).set_function(waiting)

    def text(self) -> bytes:
        """Return all of it in Prometheus's text format."""
        return generate_latest(self.registry)


class Measured:
    """Counts and times each request of the app that it wraps."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request; count and time its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"] if scope["path"] in PATHS else "other"  # not as many series as there are wrong paths
        status = "gone"
        start = time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception:
            status = "500"
            raise
        finally:
            self.metrics.requests.labels(path, status).inc()
            self.metrics.seconds.labels(path).observe(time.perf_counter() - start)
