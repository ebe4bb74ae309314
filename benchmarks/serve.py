#!/usr/bin/env python3
"""Load ``stancewire serve``: throughput beside the in-process rate, p50 and p99, and whether each answer is right.

N clients send one article at a time, the next when the answer is there; after a 503 they wait as Retry-After says and
ask again. With --slow, so many more send half a body and wait meanwhile. With --kill, SIGTERM comes after half of the
answers, and what was taken must still be answered. Each answer is compared with the library's own: the id must be that
of the question, quotes and labels the same, and no probability further off than by a last digit.

usage: python benchmarks/serve.py [--model CHECKPOINT] [--clients 16] [--requests 200] [--queue 256] [--slow 0] [--kill]
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from stancewire import Article, Predictor
from stancewire.data import load_corpus

LAST_DIGITS = 2e-4


@dataclass
class Tally:
    """What the clients saw."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def differs(answer: object, expected: object) -> bool:
    """Whether two JSON values differ by more than the last digits of numbers."""
    if isinstance(answer, dict) and isinstance(expected, dict):
        return answer.keys() != expected.keys() or any(differs(answer[key], expected[key]) for key in answer)
    if isinstance(answer, list) and isinstance(expected, list):
        return len(answer) != len(expected) or any(map(differs, answer, expected))
    if isinstance(answer, float) and isinstance(expected, float):
        return abs(answer - expected) > LAST_DIGITS
    return answer != expected


async def ask(client: httpx.AsyncClient, number: int, article: Article, expected: object, tally: Tally) -> None:
    """Ask for one article until it is answered or the service is gone."""
    record = article.to_dict() | {"id": f"request {number}"}
    start = time.perf_counter()
    while True:
        try:
            response = await client.post("/v1/label", json={"articles": [record], "quotes": "given"})
        except httpx.ConnectError:
            tally.statuses["not taken"] += 1
            return
        except httpx.TransportError as error:
            tally.statuses[type(error).__name__] += 1
            return
        tally.statuses[str(response.status_code)] += 1
        if response.status_code != 503:
            break
        await asyncio.sleep(int(response.headers["Retry-After"]))
    tally.seconds.append(time.perf_counter() - start)
    if response.status_code == 200:
        (result,) = response.json()["results"]
        if result.pop("id") != record["id"] or differs(result, expected):
            tally.wrong.append(record["id"])


async def load(url: str, asked: list[tuple[Article, object]], clients: int, slow: int, process: object) -> Tally:
    """Send all requests with so many clients; end the process after half of the answers if there is one."""
    tally, left = Tally(), iter(enumerate(asked))
    address = urlsplit(url)
    lines = [await asyncio.open_connection(address.hostname, address.port) for _ in range(slow)]
    for _, writer in lines:
        head = "POST /v1/label HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99"
        writer.write(f"{head}\r\n\r\n{{".encode())

    async def one_client() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=300) as client:
            for number, (article, expected) in left:
                await ask(client, number, article, expected, tally)
                if isinstance(process, subprocess.Popen) and len(tally.seconds) == len(asked) // 2:
                    process.send_signal(signal.SIGTERM)

    await asyncio.gather(*(one_client() for _ in range(clients)))
    for _, writer in lines:
        writer.close()
    return tally


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--model", default=None, help="checkpoint [the shipped one]")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--queue", type=int, default=256)
    parser.add_argument("--slow", type=int, default=0)
    parser.add_argument("--kill", action="store_true")
    arguments = parser.parse_args()
    corpus = load_corpus("test")
    articles = [corpus[i * 7 % len(corpus)] for i in range(arguments.requests)]
    predictor = Predictor.load(arguments.model)
    predictor.predict(articles[:1], "given")
    start = time.perf_counter()
    expected = [prediction.to_dict() for prediction in predictor.predict(articles, "given")]
    alone = len(articles) / (time.perf_counter() - start)
    for answer in expected:
        del answer["id"]
    command = [sys.executable, "-m", "stancewire", "serve", "--port", "0", "--queue", str(arguments.queue)]
    command += ["--timeout", "300", *(["--model", arguments.model] if arguments.model else [])]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        url = (process.stderr.readline() if process.stderr else "").split(" ")[0].strip()
        asked = list(zip(articles, expected, strict=True))
        start = time.perf_counter()
        killed = process if arguments.kill else None
        tally = asyncio.run(load(url, asked, arguments.clients, arguments.slow, killed))
        rate = len(tally.seconds) / (time.perf_counter() - start)
        process.send_signal(signal.SIGTERM)
    print(f"{arguments.requests} requests of one article, {arguments.clients} clients, {arguments.slow} slow ones")
    print(f"in process, all at once: {alone:.2f} articles/s; service: {rate:.2f}, {rate / alone:.0%} of it")
    hundredths = statistics.quantiles(tally.seconds, n=100, method="inclusive")
    print(f"p50 {hundredths[49]:.2f} s, p99 {hundredths[98]:.2f} s")
    print("answers:", ", ".join(f"{count} x {status}" for status, count in sorted(tally.statuses.items())))
    print(f"wrong or mixed up: {len(tally.wrong)}; exit code {process.returncode}")


if __name__ == "__main__":
    main()
