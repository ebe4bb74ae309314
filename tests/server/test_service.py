"""The service over HTTP: right answers, clear refusals, and nobody in the way of another."""

from __future__ import annotations

import json
import socket
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from stancewire import Predictor, find_quotes
from stancewire.predictions import Prediction
from stancewire.records import Article
from stancewire.server.app import Limits
from stancewire.server.work import Asked, Labeller

Serve = Callable[..., httpx.Client]
TEXT = "Prime Minister Aino Laine spoke. “We will sign the treaty before the winter,” Laine said."
JSON = {"Content-Type": "application/json"}


def leaves(value: object, path: str = "") -> dict[str, Any]:
    """Return all that lists and dicts hold, by its path."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {name: leaf for key, part in pairs for name, leaf in leaves(part, f"{path}/{key}").items()}
    return {path: value}


def same(answers: object, expected: Sequence[Prediction]) -> bool:
    """Whether answers are those of the library; another batch moves a probability by its last digit."""
    wanted = pytest.approx(leaves([prediction.to_dict() for prediction in expected]), abs=2e-4)
    return bool(leaves(answers) == wanted)


class Watched(Predictor):
    """A predictor that calls ``before`` with the articles that it is about to label."""

    before: Callable[[Sequence[Article]], object]

    def predict(self, inputs: Sequence[Article], *rest: object) -> list[Prediction]:
        """Label as every predictor does."""
        self.before(inputs)
        return super().predict(inputs, *rest)


@dataclass
class Gate:
    """A predictor that begins when it may, to see what happens meanwhile."""

    predictor: Watched
    began: threading.Event
    may_begin: threading.Event


@pytest.fixture
def gate(predictor: Predictor) -> Iterator[Gate]:
    gate = Gate(Watched(predictor.checkpoint), threading.Event(), threading.Event())

    def wait(_: Sequence[Article]) -> None:
        gate.began.set()
        assert gate.may_begin.wait(30)

    gate.predictor.before = wait
    yield gate
    gate.may_begin.set()


def label(client: httpx.Client, *articles: Mapping[str, Any], **more: object) -> httpx.Response:
    return client.post("/v1/label", json={"articles": articles, **more})


def sentence(response: httpx.Response, status: int) -> str:
    """Return the sentence of an error, which has this status and nothing else in it."""
    assert response.status_code == status, response.text
    (error,) = response.json().items()
    assert error[0] == "error"
    return str(error[1])


def test_labels_are_those_of_the_library(client: httpx.Client, predictor: Predictor, articles: list[Article]) -> None:
    response = label(client, *(article.to_dict() for article in articles[:3]), targets=["closer ties"])
    assert response.status_code == 200
    assert same(response.json()["results"], predictor.predict(articles[:3], targets=["closer ties"]))
    assert "html" not in response.json()


def test_given_quotes_are_labelled_with_the_offsets_that_were_given(client: httpx.Client) -> None:
    text = unicodedata.normalize("NFD", "Rémy spoke. “Nous signons le traité,” Rémy said.")
    start = text.index("Nous")
    record = {"text": text, "quotes": [{"spans": [[start, start + 5]]}]}
    (result,) = label(client, record, quotes="given").json()["results"]
    assert result["id"] == "0"
    assert [quote["spans"] for quote in result["quotes"]] == [[[start, start + 5]]]


def test_quotes_are_those_of_the_finder(client: httpx.Client) -> None:
    text = "Re\u0301my spoke. " + TEXT
    response = client.post("/v1/quotes", json={"articles": [{"id": "a", "text": text, "lang": "en"}]})
    (result,) = response.json()["results"]
    (quote,), (expected,) = result["quotes"], find_quotes(text, "en")
    assert quote["spans"] == [list(span) for span in expected.spans]
    assert quote["text"] == "We will sign the treaty before the winter"
    assert quote["speaker"]["entity"] == "Prime Minister Aino Laine"
    start, end = quote["speaker"]["span"]
    assert text[start:end] == quote["speaker"]["text"]


def test_each_article_comes_as_a_piece_of_the_page_if_it_is_asked_for(client: httpx.Client) -> None:
    answer = label(client, {"text": TEXT}, {"text": "Another."}, html=True).json()
    assert len(answer["html"]) == 2
    assert "We will sign the treaty" in answer["html"][0]
    response = client.get("/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "/v1/label" in response.text
    assert response.headers["content-security-policy"] == "frame-ancestors 'none'"


def test_many_clients_at_once_each_get_their_own_answers(
    client: httpx.Client, predictor: Predictor, articles: list[Article]
) -> None:
    asked: list[tuple[list[Article], list[str]]] = [
        ([articles[i % 40], articles[(i * 7) % 40]], [f"target {i % 3}"] * (i % 2)) for i in range(24)
    ]

    def ask(number: int) -> object:
        chosen, targets = asked[number]
        with httpx.Client(base_url=client.base_url, timeout=60) as own:
            return label(own, *(article.to_dict() for article in chosen), targets=targets).json()["results"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(len(asked))))
    for answer, (chosen, targets) in zip(answers, asked, strict=True):
        assert same(answer, predictor.predict(chosen, targets=targets))


def test_a_predictor_for_a_long_life_does_not_keep_all_targets(
    predictor: Predictor, articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stancewire.server.work.KEPT_TARGETS", 3)
    labeller = Labeller(predictor)
    for number in range(5):
        targets = (f"target {number}", "always")
        answer = labeller(articles[:1], Asked("find", targets))
        assert same([prediction.to_dict() for prediction in answer], predictor.predict(articles[0], targets=targets))
    assert len(labeller._predictor._targets) <= len(predictor.labels.topics) + 3


BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "body: found no JSON (EOF while parsing a value"),
    "cut off": (b'{"articles": [', 400, "body: found no JSON (EOF while parsing"),
    "binary": (b"\x00\x01\xff\xfe" * 50, 400, "body: found no JSON (expected value"),
    "no UTF-8": (b'{"articles": [{"text": "caf\xe9"}]}', 400, "body: found no JSON (invalid unicode code point"),
    "half a character": (rb'{"articles": [{"text": "a \ud83d b"}]}', 400, "body: found no JSON ("),
    "UTF-16": ('{"articles": []}'.encode("utf-16"), 400, "body: found no JSON ("),
    "deep": (b"[" * 100_000, 400, "body: found no JSON (recursion limit exceeded"),
    "deep inside": (b'{"articles": [{"text": ' + b'{"a":' * 50_000, 400, "body: found no JSON (recursion limit"),
    "a long number": (b'{"articles": ' + b"9" * 5000 + b"}", 400, "body: found no JSON (number out of range"),
    "a list": (b"[]", 422, "body: found [], expected an object"),
    "no articles": (b"{}", 422, "field articles: found None, expected this field"),
    "none": (b'{"articles": []}', 422, "field articles: found [], expected at least 1"),
    "a text": (b'{"articles": ["text"]}', 422, "field articles[0]: found 'text', expected an object"),
    "no text": (
        b'{"articles": [{"text": "a"}, {"id": "b"}]}',
        422,
        "articles[1] (id b): field text: found None, expected a string that is not empty",
    ),
    "a misspelt field": (
        b'{"articles": [{"text": "a"}], "target": []}',
        422,
        "body: found field 'target', expected only articles, targets, quotes, html",
    ),
    "a blank target": (
        b'{"articles": [{"text": "a"}], "targets": ["a", " "]}',
        422,
        "field targets[1]: found ' ', expected some words",
    ),
    "a number for a switch": (
        b'{"articles": [{"text": "a"}], "html": 1}',
        422,
        "field html: found 1, expected a valid boolean",
    ),
    "no quotes given": (
        b'{"articles": [{"text": "a"}], "quotes": "given"}',
        422,
        'articles[0]: field quotes: found None, expected a list, or "quotes": "find"',
    ),
    "a span outside": (
        b'{"articles": [{"text": "a", "quotes": [{"spans": [[0, 2]]}]}]}',
        422,
        "articles[0] (id 0): field quotes[0].spans[0]: found [0, 2], expected [start, end] with 0 <= start < end <= 1",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_wrong_is_refused_with_a_sentence_and_the_service_goes_on(
    name: str, client: httpx.Client
) -> None:
    body, status, words = BODIES[name]
    assert sentence(client.post("/v1/label", content=body, headers=JSON), status).startswith(words)
    assert client.post("/v1/quotes", json={"articles": [{"text": TEXT}]}).status_code == 200


def test_a_body_over_the_limit_is_refused_before_it_is_read(serve: Serve) -> None:
    client = serve(Limits(max_bytes=1000))
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 500
            yield b" " * 500

    words = "body: found more than 1000 bytes, expected at most that; send fewer articles at a time"
    assert sentence(label(client, {"text": "a" * 1000}), 413) == words
    assert sentence(client.post("/v1/label", content=endless(), headers=JSON), 413) == words
    assert sent < 50_000_000  # what the system's buffers hold, and no more
    with raw(client) as plain:
        plain.sendall(request_head(10**12))
        assert plain.recv(100).startswith(b"HTTP/1.1 413 ")
    assert label(client, {"text": "a"}).status_code == 200


def test_more_articles_than_may_ever_wait_are_refused(serve: Serve) -> None:
    client = serve(Limits(queue=2))
    assert sentence(label(client, *[{"text": "a"}] * 3), 413) == "field articles: found 3, expected at most 2"


def test_paths_methods_and_types_that_are_wrong_are_refused_in_the_same_form(client: httpx.Client) -> None:
    assert sentence(client.get("/v2"), 404).startswith("path: found '/v2', expected one of /, /healthz")
    response = client.get("/v1/label")
    assert sentence(response, 405) == "method: found 'GET', expected POST"
    assert response.headers["allow"] == "POST"
    words = "header Content-Type: found 'text/plain', expected application/json"
    assert sentence(client.post("/v1/label", content=b"{}", headers={"Content-Type": "text/plain"}), 415) == words
    assert client.get("/docs").status_code == 404  # its script would come from a CDN


def test_a_full_queue_answers_503_with_retry_after_and_loses_nothing(serve: Serve, gate: Gate) -> None:
    client = serve(Limits(queue=2, max_batch=1), by=gate.predictor)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(label, client, {"text": "one"})
        assert gate.began.wait(30)
        waiting = pool.submit(label, client, {"text": "two"}, {"text": "three"})
        until(lambda: client.get("/readyz").status_code == 503)
        for response in (label(client, {"text": "four"}), client.get("/readyz")):
            assert sentence(response, 503).startswith("articles: found 2 waiting, expected room in the queue")
            assert int(response.headers["retry-after"]) >= 1
        assert client.get("/healthz").status_code == 200
        assert client.post("/v1/quotes", json={"articles": [{"text": TEXT}]}).status_code == 200  # another queue
        gate.may_begin.set()
        assert [len(f.result().json()["results"]) for f in (first, waiting)] == [1, 2]
    assert client.get("/readyz").status_code == 200


def test_an_answer_that_takes_too_long_is_given_up(serve: Serve, gate: Gate) -> None:
    client = serve(Limits(timeout=0.3), by=gate.predictor)
    response = label(client, {"text": "one"})
    assert "expected an answer within 0.3 seconds" in sentence(response, 503)
    assert int(response.headers["retry-after"]) >= 1


def test_who_hangs_up_is_not_worked_for(serve: Serve, gate: Gate) -> None:
    client = serve(Limits(queue=1), by=gate.predictor)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(label, client, {"text": "one"})
        assert gate.began.wait(30)
        body = json.dumps({"articles": [{"text": "two"}]}).encode()
        with raw(client) as plain:
            plain.sendall(request_head(len(body)) + body)
            until(lambda: client.get("/readyz").status_code == 503)
        until(lambda: 'status="499"} 1.0' in client.get("/metrics").text)
        gate.may_begin.set()
        assert first.result().status_code == 200
    assert label(client, {"text": "three"}).status_code == 200


def test_slow_clients_do_not_stand_in_the_way_and_are_told_in_the_end(serve: Serve) -> None:
    client = serve(Limits(timeout=2))
    slow = [raw(client) for _ in range(50)]
    try:
        for plain in slow:
            plain.sendall(request_head(100) + b'{"articles"')
        for _ in range(3):
            assert label(client, {"text": TEXT}).status_code == 200
        for plain in slow:
            answer = b"".join(iter(lambda sock=plain: sock.recv(10_000), b""))  # to the end: it may come in pieces
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert b"body: found 11 bytes, expected all of it within 2 seconds" in answer
    finally:
        for plain in slow:
            plain.close()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[", "10.0.0.1:80"])
def test_on_loopback_only_the_names_of_loopback_are_answered(client: httpx.Client, host: str) -> None:
    response = client.get("/healthz", headers={"Host": host})
    assert sentence(response, 421).startswith(f"header Host: found '{host}', expected localhost or 127.0.0.1")


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:80", "LOCALHOST"])
def test_every_name_of_loopback_is_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_no_other_site_is_let_in_by_cors(client: httpx.Client) -> None:
    asks = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    response = client.options("/v1/label", headers=asks)
    assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control")]


def test_with_a_token_only_its_holder_is_answered(serve: Serve) -> None:
    client = serve(token="0123456789abcdef", local=False)
    for path in ("/", "/healthz", "/readyz", "/openapi.json"):
        assert client.get(path, headers={"Host": "news.example"}).status_code == 200
    words = "header Authorization: found {}, expected Bearer and the service's token"
    assert sentence(label(client, {"text": "a"}), 401) == words.format("none")
    for wrong in ("Bearer 0123456789abcdeg", "Basic 0123456789abcdef", "Bearer é"):
        response = client.get("/metrics", headers={"Authorization": wrong.encode("utf-8")})
        assert sentence(response, 401) == words.format("another")
        assert response.headers["www-authenticate"] == "Bearer"
    client.headers["Authorization"] = "Bearer 0123456789abcdef"
    assert label(client, {"text": "a"}).status_code == 200


def test_metrics_count_answers_and_batches_and_tell_no_text(serve: Serve) -> None:
    client = serve()
    label(client, {"text": TEXT}, {"text": "Another."}, targets=["a secret"])
    client.get("/nowhere/secret")
    text = client.get("/metrics").text
    assert 'stancewire_requests_total{path="/v1/label",status="200"} 1.0' in text
    assert 'stancewire_requests_total{path="other",status="404"} 1.0' in text
    assert 'stancewire_batch_articles_sum{work="label"} 2.0' in text
    assert 'stancewire_waiting_articles{work="label"} 0.0' in text
    assert "secret" not in text


def test_an_error_inside_is_500_and_the_service_goes_on(serve: Serve, predictor: Predictor) -> None:
    def check(articles: Sequence[Article]) -> None:
        if any("break" in article.text for article in articles):
            raise RuntimeError("broken")

    broken = Watched(predictor.checkpoint)
    broken.before = check
    client = serve(by=broken)
    assert sentence(label(client, {"text": "break"}), 500) == "the service failed; its log says why"
    assert label(client, {"text": "whole"}).status_code == 200


def raw(client: httpx.Client) -> socket.socket:
    """Return a connection to the service, to say what no client would."""
    return socket.create_connection((client.base_url.host, client.base_url.port), timeout=30)


def request_head(length: int) -> bytes:
    lines = (
        "POST /v1/label HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def until(seen: Callable[[], bool]) -> None:
    """Wait until something is seen."""
    end = time.monotonic() + 30
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.01)
