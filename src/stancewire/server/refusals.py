"""Errors in one form, with the status that fits: a sentence that names the field, what was found and expected."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from stancewire.errors import DataError, found_expected
from stancewire.server.metrics import PATHS

ERRORS = {
    400: "The body is no JSON.",
    401: "The token is missing or another.",
    408: "The body did not come in time.",
    413: "The body is too large, or brings more articles than may wait.",
    415: "The body is not said to be JSON.",
    421: "The Host header is not that of this machine.",
    422: "A field is not what it should be.",
    503: "The queue is full, or the answer took too long; Retry-After says when to ask again.",
}


class ErrorAnswer(BaseModel):
    """What is wrong, in one sentence: the field, what was found, what was expected."""

    error: str


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how an endpoint's errors are described in OpenAPI."""
    # Said in full: FastAPI would tell a model under the type of the endpoint's own answer, such as text/html.
    content = {"application/json": {"schema": ErrorAnswer.model_json_schema()}}
    return {status: {"content": content, "description": ERRORS[status]} for status in statuses}


def add_handlers(app: FastAPI) -> None:
    """Let an app answer in this form, whatever is raised."""
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(DataError, _data_error)
    app.add_exception_handler(ClientDisconnect, _nobody_there)
    app.add_exception_handler(Exception, _failure)


def queue_full(waiting: int, seconds: int) -> HTTPException:
    """Return the error of a queue in which so many articles wait, for about so many seconds."""
    return HTTPException(
        503,
        f"articles: found {waiting} waiting, expected room in the queue; ask again in {seconds} s",
        {"Retry-After": str(seconds)},
    )


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    sentence = error.detail
    if error.status_code == 404:
        sentence = found_expected("path", request.url.path, f"one of {', '.join(sorted(PATHS))}")
    elif error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "GET")
        sentence = found_expected("method", request.method, allowed)
    return JSONResponse({"error": sentence}, error.status_code, error.headers)


async def _data_error(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 422)


async def _nobody_there(request: Request, error: Exception) -> Response:
    return Response(status_code=499)  # as nginx counts it; nobody reads it


async def _failure(request: Request, error: Exception) -> Response:
    # Starlette raises the error again; uvicorn writes its traceback to the log, and closes the connection unannounced.
    return JSONResponse({"error": "the service failed; its log says why"}, 500, {"Connection": "close"})
