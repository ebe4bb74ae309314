"""The service as an ASGI app: its paths, and what they answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from stancewire import __version__
from stancewire.errors import found_expected
from stancewire.inference.predictor import Predictor
from stancewire.page import fragment, page
from stancewire.predictions import Prediction
from stancewire.records import Article
from stancewire.server.batching import A, Batcher, QueueFullError, R
from stancewire.server.guard import Guard
from stancewire.server.messages import (
    LabelAnswer,
    LabelRequest,
    QuotesAnswer,
    QuotesRequest,
    RequestKind,
    parse,
    read_body,
)
from stancewire.server.metrics import Measured, Metrics
from stancewire.server.refusals import ERRORS, add_handlers, documented, queue_full
from stancewire.server.work import Asked, Labeller, quotes_of

_PAGE_HEADERS = {
    # The rest of its policy the page brings itself; this part is for headers only.
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_DESCRIPTION = (
    "Topic and stance of news articles and of the quotes in them. Errors have one form: a sentence that names the "
    "field, what was found and what was expected."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the service takes.

    Attributes:
        max_bytes: of one body.
        queue: articles that may wait, for labels and for quotes apart.
        timeout: seconds for a body to come, and then for its answer.
        max_batch: articles that are read together.
    """

    max_bytes: int = 2_000_000
    queue: int = 256
    timeout: float = 60
    max_batch: int = 32


class Service:
    """The endpoints, and the two queues behind them."""

    def __init__(self, predictor: Predictor, limits: Limits) -> None:
        self.limits = limits
        self.metrics = Metrics()
        self.labels = Batcher(Labeller(predictor), limits.queue, limits.max_batch, self.metrics.observer("label"))
        self.quotes = Batcher(quotes_of, limits.queue, limits.max_batch, self.metrics.observer("quotes"))
        self.metrics.watch("label", lambda: self.labels.waiting)
        self.metrics.watch("quotes", lambda: self.quotes.waiting)
        self._page = page([], service=True)

    async def label(self, request: Request) -> Response:
        """Label articles and the quotes in them by topic and stance, and by open targets."""
        asked, articles = await self._read(request, LabelRequest, self.labels)
        what = Asked(asked.quotes, tuple(dict.fromkeys(asked.targets)))
        predictions = await self._answer(request, self.labels, articles, what)
        return await asyncio.to_thread(_label_answer, articles, predictions, html=asked.html)

    async def find_quotes(self, request: Request) -> Response:
        """Find the quotes of articles and who says each; no network runs."""
        _, articles = await self._read(request, QuotesRequest, self.quotes)
        return JSONResponse({"results": await self._answer(request, self.quotes, articles, None)})

    async def page(self) -> Response:
        """The page to look at articles with."""
        return HTMLResponse(self._page, headers=_PAGE_HEADERS)

    async def healthy(self) -> Response:
        """Whether the process lives."""
        return PlainTextResponse("ok\n")

    async def ready(self) -> Response:
        """Whether articles are taken now: the model is loaded, and there is room in the queue."""
        if self.labels.takes_work:
            return PlainTextResponse("ok\n")
        raise queue_full(self.labels.waiting, self.labels.seconds_left)

    async def show_metrics(self) -> Response:
        """Counts and times in Prometheus's text format."""
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _read(
        self, request: Request, kind: type[RequestKind], batcher: Batcher[A, R]
    ) -> tuple[RequestKind, list[Article]]:
        if not batcher.takes_work:
            raise queue_full(batcher.waiting, batcher.seconds_left)  # before the body costs anything
        body = await read_body(request, self.limits.max_bytes, self.limits.timeout)
        asked, articles = await asyncio.to_thread(parse, kind, body)
        if len(articles) > self.limits.queue:
            raise HTTPException(413, found_expected("field articles", len(articles), f"at most {self.limits.queue}"))
        return asked, articles

    async def _answer(self, request: Request, batcher: Batcher[A, R], articles: Sequence[Article], asked: A) -> list[R]:
        """Wait for the results of a request's articles, in time and as long as the client does."""
        try:
            answer = asyncio.wrap_future(batcher.submit(articles, asked))
        except QueueFullError as error:
            raise queue_full(batcher.waiting, error.seconds) from None
        gone = asyncio.ensure_future(request.receive())  # the body is read: only the client's end can come
        try:
            either: set[asyncio.Future[Any]] = {answer, gone}
            await asyncio.wait(either, timeout=self.limits.timeout, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            if gone.done():
                raise ClientDisconnect
            expected = f"an answer within {self.limits.timeout:g} seconds; ask again later, or for fewer articles"
            raise HTTPException(
                503,
                f"articles: found {batcher.waiting} waiting, expected {expected}",
                {"Retry-After": str(batcher.seconds_left)},
            )
        finally:
            answer.cancel()
            gone.cancel()


def create_app(
    predictor: Predictor, limits: Limits | None = None, token: str | None = None, *, local: bool = True
) -> FastAPI:
    """Return the service around a predictor, which is its own from now on.

    Args:
        predictor: used by one thread of the service.
        limits: what the service takes.
        token: what requests must bring (``Authorization: Bearer ...``); ``None`` for nothing.
        local: whether it listens on loopback, and answers to loopback's names only.
    """
    service = Service(predictor, limits or Limits())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        for batcher in (service.labels, service.quotes):
            await asyncio.to_thread(batcher.close)

    # The pages that FastAPI makes of the description load their script from a CDN.
    app = FastAPI(
        title="stancewire",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(Guard, token=token, local=local)
    app.add_middleware(Measured, metrics=service.metrics)
    add_handlers(app)
    _add_posts(app, service)
    _add_text(app, "/healthz", service.healthy, 421)
    _add_text(app, "/readyz", service.ready, 421, 503)
    _add_text(app, "/metrics", service.show_metrics, 401, 421)
    app.add_api_route("/", service.page, response_class=HTMLResponse, responses=documented(421))
    return app


def _add_posts(app: FastAPI, service: Service) -> None:
    """Add what takes a body; it is read and checked by :mod:`stancewire.server.messages`, and described here."""
    for path, endpoint, asked, answered in (
        ("/v1/label", service.label, LabelRequest, LabelAnswer),
        ("/v1/quotes", service.find_quotes, QuotesRequest, QuotesAnswer),
    ):
        schema = asked.model_json_schema()
        examples = {f"example {i}": {"value": value} for i, value in enumerate(schema.pop("examples"), 1)}
        content = {"application/json": {"schema": schema, "examples": examples}}
        app.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            response_class=JSONResponse,
            responses={200: {"model": answered}, **documented(*ERRORS)},
            openapi_extra={"requestBody": {"required": True, "content": content}},
        )


def _add_text(app: FastAPI, path: str, endpoint: Callable[[], Awaitable[Response]], *refusals: int) -> None:
    app.add_api_route(path, endpoint, response_class=PlainTextResponse, responses=documented(*refusals))


def _label_answer(articles: Sequence[Article], predictions: Sequence[Prediction], *, html: bool) -> Response:
    answer: dict[str, Any] = {"results": [prediction.to_dict() for prediction in predictions]}
    if html:
        answer["html"] = [fragment(*pair) for pair in zip(articles, predictions, strict=True)]
    return JSONResponse(answer)
