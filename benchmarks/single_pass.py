#!/usr/bin/env python3
"""Articles a second: one pass for all units and topics, against a pipeline that asks each of them by itself.

The peer is transformers' ``pipeline("text-classification")`` with the same encoder and weights, in fp32, asked for
the article and each quote by each topic as text pairs, cut at 512 tokens. Both take the quotes as given. Rounds are
interleaved, so that a machine that slows down slows both; medians and the spread of the ratio are printed.

usage: python benchmarks/single_pass.py [--model CHECKPOINT] [--articles 40] [--rounds 3]
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable

import torch
from transformers import AutoModelForSequenceClassification, Pipeline, pipeline
from transformers.utils import logging

from stancewire import Predictor
from stancewire.data import load_corpus
from stancewire.models.packing import PackedEmbedding
from stancewire.records import STANCES, Article


def peer(predictor: Predictor) -> Pipeline:
    """Return a text-classification pipeline around the predictor's own encoder."""
    encoder = predictor.model.encoder
    config = copy.deepcopy(encoder.config)
    config.num_labels = 1 + len(STANCES)
    model = AutoModelForSequenceClassification.from_config(config)
    state = dict(encoder.state_dict())
    words = encoder.get_input_embeddings()
    if isinstance(words, PackedEmbedding):
        model.base_model.get_input_embeddings().weight.data.copy_(words.weight)
        state = {name: value for name, value in state.items() if not name.endswith(".packed")}
    model.base_model.load_state_dict(state, strict=False)
    return pipeline("text-classification", model=model.eval(), tokenizer=predictor.checkpoint.tokenizer, device="cpu")


def pairs(articles: list[Article], topics: list[str]) -> list[dict[str, str]]:
    """Return what the peer is asked: the article and each quote, by each topic."""
    texts = [
        text
        for article in articles
        for text in (f"{article.title}\n{article.text}", *(quote.text_in(article.text) for quote in article.quotes))
    ]
    return [{"text": text, "text_pair": topic} for text in texts for topic in topics]


def seconds(run: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--model", default=None, help="checkpoint [the shipped one]")
    parser.add_argument("--articles", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16, help="batch size of the peer")
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    predictor = Predictor.load(arguments.model, device="cpu")
    articles = load_corpus("test")[:: max(1, len(load_corpus("test")) // arguments.articles)][: arguments.articles]
    asked = pairs(articles, [f"{topic.name}: {topic.description}" for topic in predictor.labels.topics])
    other = peer(predictor)
    # Sorted by length, the peer wastes least on padding: it is given its best case.
    asked.sort(key=lambda pair: len(pair["text"]))

    def ours() -> object:
        return predictor.predict(articles, quotes="given")

    def theirs() -> object:
        return other(asked, batch_size=arguments.batch, truncation=True, max_length=512)

    predictor.predict(articles[:2], quotes="given")
    other(asked[:4], truncation=True, max_length=512)
    rounds = [(seconds(ours), seconds(theirs)) for _ in range(arguments.rounds)]
    quotes = sum(len(article.quotes) for article in articles)
    print(
        f"{len(articles)} articles, {quotes} quotes, {len(asked)} pairs; torch {torch.__version__}, "
        f"{torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}, fp32"
    )
    print(f"{'':22}{'median s':>10}{'articles/s':>12}")
    for name, times in (
        ("stancewire, one pass", [a for a, _ in rounds]),
        ("pipeline, pair by pair", [b for _, b in rounds]),
    ):
        middle = statistics.median(times)
        print(f"{name:22}{middle:>10.2f}{len(articles) / middle:>12.2f}")
    ratios = sorted(b / a for a, b in rounds)
    print(f"ratio {statistics.median(ratios):.2f}x (of {arguments.rounds} rounds: {ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
