"""Run the service: bind, listen, and end well when it is asked to."""

from __future__ import annotations

import signal
import socket
import sys
from math import ceil

import uvicorn
from fastapi import FastAPI

from stancewire.errors import DataError

CONNECTIONS = 1000
"""Open connections; what comes beyond is refused by uvicorn itself."""


def bind(host: str, port: int) -> socket.socket:
    """Take an address; nothing is let in before the server listens there.

    Raises:
        DataError: it is taken, or not ours.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{host}:{port}: cannot be listened at ({reason}); name another --host or --port") from error
    return bound


def address(bound: socket.socket) -> str:
    """Return the URL of a socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def end_well_on_signals() -> None:
    """Make SIGTERM and SIGINT end the process with exit code 0.

    While the server runs it has its own handlers, which let it finish what it took; then it puts these back and
    raises the signal again.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))


def make_server(app: FastAPI, timeout: float) -> uvicorn.Server:
    """Return the server of an app; ``timeout`` is that of a request."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="on",
            log_level="warning",
            access_log=False,  # /metrics counts; what people send is nobody's business
            proxy_headers=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            # A body may take the time-out, and its answer once more.
            timeout_graceful_shutdown=ceil(2 * timeout) + 5,
        )
    )
