"""What comes in and goes out: the bodies, how they are read and checked, and what an error says."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request

from stancewire.errors import DataError, found_expected
from stancewire.predictions import Prediction
from stancewire.records import MAX_CHARACTERS, Article, Span, Speaker

_TEXT = "The minister spoke on Monday. “We will sign the treaty,” Aino Laine said."
_QUOTE: dict[str, Any] = {"spans": [[31, 54]], "speaker": {"text": "Aino Laine", "span": [57, 67]}}
_OFFSETS = {
    "type": "array",
    "minItems": 2,
    "maxItems": 2,
    "items": {"type": "integer", "minimum": 0},
    "description": "Start and end in text.",
}
_RECORD_SCHEMA = {
    "type": "object",
    "description": "A record of the codebook. Offsets count Unicode code points of text, end exclusive.",
    "required": ["text"],
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS, "pattern": r"\S"},
        "id": {"type": "string", "minLength": 1, "description": "By default the place in the list."},
        "lang": {"type": ["string", "null"], "description": "Such as fr; guessed without it."},
        "title": {"type": ["string", "null"], "description": "Read before the text; offsets do not count it."},
        "quotes": {
            "type": "array",
            "description": 'Who says what, for "quotes": "given".',
            "items": {
                "type": "object",
                "required": ["spans"],
                "properties": {
                    "spans": {"type": "array", "minItems": 1, "items": _OFFSETS},
                    "speaker": {
                        "type": ["object", "null"],
                        "required": ["text"],
                        "properties": {
                            "text": {"type": "string", "minLength": 1},
                            "span": _OFFSETS,
                        },
                    },
                },
            },
        },
    },
}


class QuotesRequest(BaseModel):
    """Articles in which to find who said what."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"articles": [{"text": _TEXT, "lang": "en"}]}]}
    )

    articles: list[Annotated[dict[str, Any], WithJsonSchema(_RECORD_SCHEMA)]] = Field(min_length=1)


class LabelRequest(QuotesRequest):
    """Articles to label, and what to ask of them beside the topics."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"articles": [{"text": _TEXT}], "targets": ["a treaty with the neighbours"]},
                {"articles": [{"id": "7", "text": _TEXT, "lang": "en", "quotes": [_QUOTE]}], "quotes": "given"},
            ]
        }
    )

    targets: list[Annotated[str, StringConstraints(max_length=1000, pattern=r"\S")]] = Field(
        default=[], max_length=32, description="Open targets, in any language."
    )
    quotes: Literal["find", "given"] = Field(default="find", description="Find quotes, or take those of the records.")
    html: bool = Field(default=False, description="Whether to give each article as a piece of the page too.")


class LabelAnswer(BaseModel):
    """One result an article, in their order, as ``stancewire label`` writes it."""

    results: list[Prediction]
    html: list[str] | None = Field(default=None, description="Only if it was asked for.")


class FoundQuote(BaseModel):
    """One quote; ``entity`` of its speaker is the fullest mention, to group by."""

    spans: list[Span]
    text: str
    probability: float | None
    speaker: Speaker | None


class ArticleQuotes(BaseModel):
    """The quotes of one article, in the order of its text."""

    id: str
    lang: str | None
    quotes: list[FoundQuote]


class QuotesAnswer(BaseModel):
    """One result an article, in their order, as ``stancewire quotes`` writes it."""

    results: list[ArticleQuotes]


RequestKind = TypeVar("RequestKind", bound=QuotesRequest)


async def read_body(request: Request, max_bytes: int, seconds: float) -> bytes:
    """Return the body of a request, never holding more than ``max_bytes``.

    Raises:
        HTTPException: it is not JSON by its type (415), too large (413), or did not come in time (408).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # Not only for order: a page of another site could send other types here, and a browser would not ask us first.
        raise HTTPException(415, found_expected("header Content-Type", kind, "application/json"))
    declared = request.headers.get("content-length", "0")
    body = bytearray()
    too_large = int(declared) > max_bytes
    try:
        async with asyncio.timeout(seconds):
            if not too_large:
                async for chunk in request.stream():
                    body += chunk
                    too_large = len(body) > max_bytes
                    if too_large:
                        break
    except TimeoutError:
        sentence = f"body: found {len(body)} bytes, expected all of it within {seconds:g} seconds"
        raise HTTPException(408, sentence, {"Connection": "close"}) from None
    if too_large:
        # What was not read stands in the way of the next request on this connection.
        raise HTTPException(
            413,
            f"body: found more than {max_bytes} bytes, expected at most that; send fewer articles at a time",
            {"Connection": "close"},
        )
    return bytes(body)


def parse(kind: type[RequestKind], body: bytes) -> tuple[RequestKind, list[Article]]:
    """Return a request and its articles, in NFC, with ids.

    Raises:
        HTTPException: the body is no JSON (400).
        DataError: it is not what the request should be, or a record is not what the codebook says.
    """
    try:
        request = kind.model_validate_json(body)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        if fault["type"] == "json_invalid":
            expected = 'expected an object such as {"articles": [{"text": "..."}]}'
            raise HTTPException(400, f"body: found no JSON ({fault['ctx']['error']}), {expected}") from None
        raise DataError(_sentence(fault, kind)) from None
    articles = []
    for index, record in enumerate(request.articles):
        where = f"articles[{index}]"
        quotes = record.get("quotes")
        if isinstance(request, LabelRequest) and request.quotes == "given" and quotes is None:
            raise DataError(found_expected(f"{where}: field quotes", quotes, 'a list, or "quotes": "find"'))
        articles.append(Article.from_dict({"id": str(index), **record}, where))
    return request, articles


_EXPECTED = {
    "missing": "this field",
    "model_type": "an object",
    "too_short": "at least {min_length}",
    "too_long": "at most {max_length} of them",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "some words",
}


def _sentence(fault: ErrorDetails, kind: type[BaseModel]) -> str:
    """Say what pydantic found, in the words of our other errors."""
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).lstrip(".")
    if fault["type"] == "extra_forbidden":
        return f"body: found field {place!r:.80}, expected only {', '.join(kind.model_fields)}"
    words = _EXPECTED.get(fault["type"], "").format(**fault.get("ctx", {}))
    found = None if fault["type"] == "missing" else fault["input"]
    expected = words or fault["msg"].removeprefix("Input should be ")
    return found_expected(f"field {place}" if place else "body", found, expected)
