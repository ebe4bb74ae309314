"""Who may ask: nobody whom a browser was tricked into, and with a token only who holds it."""

from __future__ import annotations

import hmac
import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from stancewire.errors import DataError, found_expected

OPEN_PATHS = frozenset({"/", "/healthz", "/readyz", "/openapi.json"})
"""What needs no token: the page without any article, what a load balancer asks, and the description of the rest."""

_TOKEN = re.compile(r"[!-~]{16,}")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens at ``host``."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_token(path: Path) -> str:
    """Return the token that a file holds in its one line.

    Raises:
        DataError: there is no file, or no token in it; the sentence does not tell it.
    """
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a token ({error})") from error
    if not _TOKEN.fullmatch(token):
        expected = "one line of at least 16 ASCII characters without a space, such as openssl rand -hex 32 gives"
        raise DataError(f"{path}: found {len(token)} characters, expected {expected}")
    return token


class Guard:
    """Lets through to the app what it may see.

    A service on loopback answers only to the names of loopback: a site whose name is made to point here (DNS
    rebinding) would be of our origin to the browser that visits it.
    """

    def __init__(self, app: ASGIApp, token: str | None, *, local: bool) -> None:
        """Wrap an app.

        Args:
            app: what is guarded.
            token: what a request must bring; ``None`` for nothing.
            local: whether the service listens on loopback.
        """
        self.app = app
        self._bearer = f"Bearer {token}".encode() if token else None
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused; hand on the rest."""
        if scope["type"] == "http" and (refusal := self._refusal(scope["path"], Headers(scope=scope))):
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _refusal(self, path: str, headers: Headers) -> JSONResponse | None:
        host = headers.get("host", "")
        if self._local and not is_loopback(_name(host)):
            sentence = found_expected("header Host", host, "localhost or 127.0.0.1: the service is for its own machine")
            return JSONResponse({"error": sentence}, 421)
        given = headers.get("authorization", "").encode("latin-1")
        if self._bearer is None or path in OPEN_PATHS or hmac.compare_digest(given, self._bearer):
            return None
        found = "another" if given else "none"
        sentence = f"header Authorization: found {found}, expected Bearer and the service's token"
        return JSONResponse({"error": sentence}, 401, {"WWW-Authenticate": "Bearer"})


def _name(host: str) -> str:
    """Return the host of a Host header, without port and brackets; nothing for what is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
