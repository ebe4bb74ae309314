"""One run: data, heads, encoder, calibration, checkpoint; killed at any moment, it goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import set_seed
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from stancewire.config import DataSource, EncoderConfig, ModelConfig, RunConfig
from stancewire.config_files import dump_config
from stancewire.data import load_corpus, read_articles
from stancewire.errors import ConfigError, DataError
from stancewire.files import whole_file
from stancewire.inference.reading import Reader
from stancewire.models.checkpoint import load_encoder, save_checkpoint
from stancewire.models.layout import Layout
from stancewire.models.network import StanceConfig, StanceModel
from stancewire.records import Article
from stancewire.training.calibrate import fit_calibration
from stancewire.training.card import model_card, provenance, source_record
from stancewire.training.examples import Balance, Example, PairTensors, collate_examples, make_examples, topic_texts
from stancewire.training.features import Features, compute_features
from stancewire.training.finetune import (
    WEIGHTS,
    BatchList,
    JsonLog,
    Tuner,
    append_log,
    arguments,
    freeze,
    load_trained,
    newest_snapshot,
    steady,
)
from stancewire.training.heads import HeadsEpoch, train_heads
from stancewire.training.plan import epoch_order, token_batches
from stancewire.training.scoring import dev_logits, dev_score

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Opens a progress bar for a stage and its total, and gives the function that advances it."""


@dataclass(frozen=True, slots=True)
class _Set:
    """The examples of the training or of the dev sources.

    Attributes:
        examples: of all sources, one after another.
        sizes: examples of each source.
        weights: of each source.
        sources: a record of each for the model card.
    """

    examples: list[Example]
    sizes: list[int]
    weights: list[float]
    sources: list[dict[str, Any]]


class Run:
    """What the stages of one run share."""

    def __init__(self, config: RunConfig, say: Callable[[str], None], progress: Progress) -> None:
        """Load encoder and data.

        Args:
            config: resolved.
            say: takes a line for the user.
            progress: opens a progress bar.

        Raises:
            ConfigError: the folder holds a run of another config.
            DataError: a source cannot be read, or has nothing that is annotated.
            CheckpointError: the encoder cannot be loaded.
        """
        self.config = config
        self.progress = progress
        self.state = PartialState(cpu=not torch.cuda.is_available())
        self.main = self.state.is_main_process
        self.say = say if self.main else _silent
        self.folder = Path(config.output.format(name=config.name))
        self.work = self.folder / "work"
        self._check_claim()
        set_seed(config.seed)
        self.model, self.tokenizer = build_model(config.encoder, config.model)
        self.reader = Reader(self.tokenizer, self.model.config)
        self.pad_id = int(self.tokenizer.pad_token_id or 0)
        self.train = self._set(config.data.train, "train")
        self.dev = self._set(config.data.dev, "dev")
        self.topics = [topic.name for topic in config.labels.topics]
        self.balance = Balance.of(self.train.examples, len(self.topics), config.loss)
        self.targets = self._targets()
        self._claim()

    def _check_claim(self) -> None:
        """Find that the run's folder is free, or holds this very run."""
        path = self.folder / "run.yaml"
        if path.exists() and path.read_text("utf-8") != dump_config(self.config):
            raise ConfigError(
                f"{path}: found a run of another config; expected the same, to go on with it: "
                "choose another output (--set output=runs/OTHER), or remove the folder to start anew"
            )

    def _claim(self) -> None:
        """Take the run's folder, now that all that it needs was found."""
        if self.main:
            self.work.mkdir(parents=True, exist_ok=True)
            with whole_file(self.folder / "run.yaml") as partial:
                partial.write_text(dump_config(self.config), "utf-8")
        self.state.wait_for_everyone()

    def _set(self, sources: Sequence[DataSource], name: str) -> _Set:
        articles = [load_source(source) for source in sources]
        strangers = sorted({target.target for of_source in articles for a in of_source for target in a.targets})
        examples = [make_examples(of_source, self.config.labels, self.reader, strangers) for of_source in articles]
        for source, of_source in zip(sources, examples, strict=True):
            if not of_source:
                raise DataError(f"{source.path}: no record is annotated with a topic or a target")
        self.say(f"{name}: {', '.join(f'{s.path} {len(e):,}' for s, e in zip(sources, examples, strict=True))}")
        records = [source_record(source, of_source) for source, of_source in zip(sources, articles, strict=True)]
        joined = [example for of_source in examples for example in of_source]
        return _Set(joined, [len(e) for e in examples], [source.weight for source in sources], records)

    def _targets(self) -> dict[str, Layout]:
        """Lay out each target once; in pair mode, units read theirs and there is nothing to lay out."""
        if self.model.config.mode == "pair":
            return {}
        asked = dict.fromkeys(topic_texts(self.config.labels))
        for example in [*self.train.examples, *self.dev.examples]:
            asked.update(dict.fromkeys(pair.target for pair in example.pairs))
        return {text: self.reader.target(text) for text in asked}

    def features(self, chosen: _Set, name: str, cache: bool) -> Features:
        """Read a set with the encoder as it is; what the untouched encoder gives is kept beside the runs."""
        self.model.eval()
        total = sum(example.layout.tokens for example in chosen.examples)
        folder = self.folder.parent / ".features" if cache else None
        sources, base = [], 0
        for size in chosen.sizes:
            sources.append(chosen.examples[base : base + size])
            base += size
        with self.progress(f"reading {name}", total + sum(t.tokens for t in self.targets.values())) as advance:
            return compute_features(
                self.model, sources, self.targets, self.pad_id, self.config.training.precision, folder, advance
            )

    def log(self, entry: dict[str, object]) -> None:
        """Append one line to the run's log."""
        if self.main:
            append_log(self.folder / "log.jsonl", entry)


def run_training(config: RunConfig, say: Callable[[str], None], progress: Progress) -> Path:
    """Train as a config says, or go on with the same run where it was stopped.

    Args:
        config: resolved.
        say: takes a line for the user.
        progress: opens a progress bar.

    Returns:
        The folder of the checkpoint.
    """
    output = Path(config.output.format(name=config.name)) / "checkpoint"
    run = Run(config, say, progress)
    if output.exists():
        run.say(f"{output}: done already")
        return output
    scores, epochs = _heads(run)
    if config.training.epochs:
        scores |= _encoder(run, scores["heads"])
    if run.main:
        dev = run.features(run.dev, "dev", cache=False)
        logits = dev_logits(run.model, run.dev.examples, dev)
        facts = provenance(config, run.train.sources, run.dev.sources, epochs, scores)
        documents = {
            "run.yaml": dump_config(config),
            "provenance.json": json.dumps(facts, indent=1, ensure_ascii=False) + "\n",
            "README.md": model_card(config, facts),
        }
        calibration = fit_calibration(logits, run.topics)
        save_checkpoint(output, run.model, run.tokenizer, config.labels, calibration, documents)
        run.say(f"checkpoint: {output}")
    run.state.wait_for_everyone()
    return output


def build_model(encoder: EncoderConfig, model: ModelConfig) -> tuple[StanceModel, PreTrainedTokenizerBase]:
    """Return a network with random heads around the encoder that a config names, and its tokenizer.

    Raises:
        CheckpointError: the encoder cannot be loaded.
        ConfigError: it has fewer layers than ``middle_layer``.
    """
    loaded, tokenizer = load_encoder(encoder.name)
    layers = loaded.config.num_hidden_layers
    if encoder.middle_layer > layers:
        raise ConfigError(
            f"encoder.middle_layer: found {encoder.middle_layer}, expected at most {layers}, "
            f"the layers of {encoder.name}"
        )
    config = StanceConfig(
        encoder=loaded.config.to_dict(),
        mode=model.mode,
        prefix=encoder.prefix,
        window_tokens=encoder.window_tokens,
        middle_layer=encoder.middle_layer,
        quote_apart=encoder.quote_apart,
        projection=model.projection,
        hidden=model.hidden,
        dropout=model.dropout,
    )
    return StanceModel(config, loaded), tokenizer


def load_source(source: DataSource) -> list[Article]:
    """Return the articles of one data source of a config.

    Raises:
        DataError: it cannot be read, or nothing is left of it.
    """
    if source.path == "corpus":
        articles = load_corpus(split=source.split)
    else:
        articles = [
            article
            for article in read_articles(source.path)
            if source.split is None or article.extra.get("split") == source.split
        ]
    if source.langs:
        articles = [article for article in articles if article.lang in source.langs]
    if source.limit is not None:
        articles = sorted(articles, key=lambda article: _hash(article.id))[: source.limit]
    if not articles:
        raise DataError(f"{source.path}: no record is left after split={source.split} langs={list(source.langs)}")
    return articles


def _heads(run: Run) -> tuple[dict[str, float], list[HeadsEpoch]]:
    """Train the heads on the frozen encoder, or take those of an earlier start of this run."""
    path = run.work / "heads.safetensors"
    notes = run.work / "heads.json"
    if run.main and not path.exists():
        train = run.features(run.train, "train", cache=True)
        dev = run.features(run.dev, "dev", cache=True)
        pairs = PairTensors.of(run.train.examples, _index(run, train), run.balance)
        rows = _pair_rows(run.train.examples)
        epochs = []
        for epoch in train_heads(
            run.model,
            train,
            pairs,
            rows,
            lambda number: epoch_order(run.train.sizes, run.train.weights, run.config.seed, number),
            run.config.heads,
            run.config.loss.label_smoothing,
            lambda: dev_score(run.model, run.dev.examples, dev, len(run.topics)),
        ):
            epochs.append(epoch)
            run.log({"stage": "heads", "epoch": epoch.epoch, "loss": epoch.loss, "dev_score": epoch.score})
            run.say(f"heads {epoch.epoch}: loss {epoch.loss:.4f}, dev {epoch.score:.4f}{' *' if epoch.best else ''}")
        notes.write_text(json.dumps([[e.epoch, e.loss, e.score, e.best] for e in epochs]), "utf-8")
        with whole_file(path) as partial:
            save_file({name: value.contiguous() for name, value in run.model.heads.state_dict().items()}, partial)
    run.state.wait_for_everyone()
    run.model.heads.load_state_dict(load_file(path))
    epochs = [HeadsEpoch(*values) for values in json.loads(notes.read_text("utf-8"))]
    return {"heads": max(epoch.score for epoch in epochs)}, epochs


def _encoder(run: Run, heads_score: float) -> dict[str, float]:
    """Fine-tune the encoder, and keep it only if the dev set says that it is better."""
    training, seed = run.config.training, run.config.seed
    freeze(run.model, training.freeze_layers)
    steady(run.model)
    tokens = [example.layout.tokens for example in run.train.examples]
    batches: list[list[int]] = []
    for epoch in range(training.epochs):
        order = epoch_order(run.train.sizes, run.train.weights, seed, epoch)
        batches.extend(token_batches(order, tokens, training.tokens_per_batch))

    def make(batch: Sequence[int]) -> dict[str, Any]:
        chosen = [run.train.examples[i] for i in batch]
        tensors: dict[str, Any] = collate_examples(chosen, run.targets, run.balance, run.pad_id)
        return tensors | {"label_smoothing": run.config.loss.label_smoothing}

    def score() -> float:
        dev = run.features(run.dev, "dev", cache=False)
        return dev_score(run.model, run.dev.examples, dev, len(run.topics))

    quiet = not run.main
    tuner = Tuner(
        run.model,
        arguments(training, run.work, seed, quiet),
        BatchList(batches, make),
        run.work,
        training,
        score,
        [JsonLog(run.folder / "log.jsonl")],
    )
    snapshot = newest_snapshot(run.work)
    if snapshot:
        run.say(f"going on from {snapshot.name}")
    tuner.train(resume_from_checkpoint=str(snapshot) if snapshot else None)
    reached = tuner.finish()
    best = run.work / f"best-{WEIGHTS}"
    kept = reached > heads_score
    run.say(
        f"encoder: dev {reached:.4f}, heads alone {heads_score:.4f}: {'kept' if kept else 'the heads alone are kept'}"
    )
    if kept:
        load_trained(run.model, best)
    else:
        run.model, run.tokenizer = build_model(run.config.encoder, run.config.model)
        run.model.heads.load_state_dict(load_file(run.work / "heads.safetensors"))
    return {"encoder": reached}


def _index(run: Run, features: Features) -> dict[str, int]:
    """Return the row of each target; in pair mode nothing reads it."""
    if run.targets:
        return dict(features.target_index)
    return {pair.target: 0 for example in run.train.examples for pair in example.pairs}


def _pair_rows(examples: Sequence[Example]) -> list[Tensor]:
    """Return for each example the indices of its pairs among the pairs of all."""
    rows, base = [], 0
    for example in examples:
        rows.append(torch.arange(base, base + len(example.pairs)))
        base += len(example.pairs)
    return rows


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _silent(_: str) -> None:
    """Say nothing: another process says it."""
