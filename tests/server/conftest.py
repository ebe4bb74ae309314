"""A real service with the tiny checkpoint, on a free port of loopback, in a thread of the tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from stancewire import Predictor
from stancewire.server.app import Limits, create_app
from stancewire.server.run import address, bind, make_server

Serve = Callable[..., httpx.Client]


@pytest.fixture(scope="session")
def predictor(checkpoint_folder: Path) -> Predictor:
    return Predictor.load(checkpoint_folder)


@pytest.fixture(scope="session")
def serve(predictor: Predictor) -> Iterator[Serve]:
    """Return a function that starts a service and gives a client of it; all are stopped in the end."""
    with ExitStack() as running:

        def start(
            limits: Limits | None = None, token: str | None = None, *, local: bool = True, by: Predictor = predictor
        ) -> httpx.Client:
            limits = limits or Limits()
            bound = bind("127.0.0.1", 0)
            bound.listen()
            url = address(bound)
            server = make_server(create_app(by, limits, token, local=local), limits.timeout)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
            thread.start()

            def stop() -> None:
                server.should_exit = True
                thread.join()

            running.callback(stop)
            return running.enter_context(httpx.Client(base_url=url, timeout=60))

        yield start


@pytest.fixture(scope="session")
def client(serve: Serve) -> httpx.Client:
    """Return a client of a service as it is by default."""
    return serve()
