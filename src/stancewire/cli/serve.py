"""``stancewire serve``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from stancewire.cli.progress import say
from stancewire.errors import DataError, found_expected


@click.command()
@click.option("--model", help="A checkpoint folder, or a name on the Hugging Face Hub.  [default: the shipped one]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="File with the token that requests must bring; needed for any --host that other machines reach.",
)
@click.option(
    "--max-bytes", type=click.IntRange(min=1), default=2_000_000, show_default=True, help="Largest body of a request."
)
@click.option(
    "--queue",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    help="Articles that may wait; to more the answer is 503.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    help="Seconds for a body to come, and then for its answer.",
)
@click.option(
    "--max-batch",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="Articles of several requests that are read together.",
)
def serve(
    model: str | None,
    host: str,
    port: int,
    token_file: Path | None,
    max_bytes: int,
    queue: int,
    timeout: float,
    max_batch: int,
) -> None:
    """Serve labels over HTTP, and the page to look at articles with.

    Paths: / the page, /v1/label, /v1/quotes, /healthz, /readyz, /metrics, /openapi.json. SIGTERM ends it when it has
    answered what it took.

    \b
    stancewire serve
    curl localhost:8080/v1/label --json '{"articles": [{"text": "..."}], "targets": ["closer ties with Japan"]}'
    """  # noqa: D301 - click wants the character \b, not its escape
    missing = [name for name in ("fastapi", "uvicorn", "prometheus_client") if find_spec(name) is None]
    if missing:
        raise DataError(f"stancewire serve needs {', '.join(missing)}; install: pip install 'stancewire[serve]'")
    from stancewire.server.guard import is_loopback, read_token
    from stancewire.server.run import address, bind, end_well_on_signals, make_server

    local = is_loopback(host)
    if not local and token_file is None:
        raise DataError(
            found_expected("--host", host, "127.0.0.1, or --token-file FILE: other machines reach this one")
        )
    token = read_token(token_file) if token_file else None
    end_well_on_signals()
    with bind(host, port) as bound:
        from stancewire.inference.predictor import Predictor
        from stancewire.server.app import Limits, create_app

        predictor = Predictor.load(model)
        predictor.predict("The vectors of the topics are made now, not in the first request.")
        app = create_app(predictor, Limits(max_bytes, queue, timeout, max_batch), token, local=local)
        bound.listen()  # whoever reads the next line may connect at once
        say(f"{address(bound)}  (end it with Ctrl-C)")
        make_server(app, timeout).run(sockets=[bound])
