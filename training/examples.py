"""Training examples: what an article is read as, and which pairs of unit and target it is labelled for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stancewire.config import LabelSet, LossConfig
from stancewire.inference.reading import ARTICLE, QUOTE, Reader
from stancewire.models.layout import Layout, collate
from stancewire.models.network import IGNORED, UNIT_KINDS
from stancewire.records import STANCES, Article, Unit


@dataclass(frozen=True, slots=True)
class Pair:
    """One unit and one target with what is annotated; :data:`IGNORED` where nothing is.

    Attributes:
        unit: 0 for the article, then its quotes.
        target: the target's text.
        relevance: 1, 0 or :data:`IGNORED`.
        stance: index into :data:`STANCES`, or :data:`IGNORED`.
        topic: index of the topic in the label set, or -1 for an open target.
    """

    unit: int
    target: str
    relevance: int
    stance: int
    topic: int

    @property
    def kind(self) -> int:
        """Index of the unit's kind in :data:`UNIT_KINDS`."""
        return QUOTE if self.unit else ARTICLE


@dataclass(frozen=True, slots=True)
class Example:
    """One article, ready to be read.

    Attributes:
        article: where it comes from.
        layout: what the encoder reads.
        pairs: what it is labelled for.
        rows: the unit of the layout that each pair is scored on; in pair mode each pair is a unit of its own.
    """

    article: Article
    layout: Layout
    pairs: tuple[Pair, ...]
    rows: tuple[int, ...]


def topic_texts(labels: LabelSet) -> list[str]:
    """Return what the encoder reads for each topic: its name and its description."""
    return [f"{topic.name}: {topic.description}" for topic in labels.topics]


def make_examples(
    articles: Iterable[Article], labels: LabelSet, reader: Reader, strangers: Sequence[str] = ()
) -> list[Example]:
    """Return the examples of those articles that are annotated for anything.

    Args:
        articles: labelled records.
        labels: the topics to train.
        reader: lays out the text.
        strangers: open targets of other articles; each annotated open target is joined by one of them as
            unrelated, since the sets hold hardly any.
    """
    topics = topic_texts(labels)
    names = [topic.name for topic in labels.topics]
    examples = []
    for article in articles:
        pairs = [*_topic_pairs(article, names, topics), *_target_pairs(article, strangers)]
        if not pairs:
            continue
        if reader.config.mode == "pair":
            asked: list[tuple[Unit, str]] = [(p.unit - 1 if p.unit else "article", p.target) for p in pairs]
            example = Example(article, reader.pairs(article, asked), tuple(pairs), tuple(range(len(pairs))))
        else:
            example = Example(article, reader.article(article), tuple(pairs), tuple(pair.unit for pair in pairs))
        examples.append(example)
    return examples


def _topic_pairs(article: Article, names: Sequence[str], texts: Sequence[str]) -> list[Pair]:
    units = [(article.topics, article.unknown), *((quote.topics, quote.unknown) for quote in article.quotes)]
    pairs = []
    for unit, (labels, unknown) in enumerate(units):
        if labels is None:
            continue
        for topic, name in enumerate(names):
            stance = labels.get(name)
            if stance is None and name in unknown:
                continue
            sided = STANCES.index(stance) if stance in STANCES else IGNORED
            pairs.append(Pair(unit, texts[topic], int(stance is not None), sided, topic))
    return pairs


def _target_pairs(article: Article, strangers: Sequence[str]) -> list[Pair]:
    pairs = []
    own = {target.target for target in article.targets}
    for target in article.targets:
        unit = 0 if target.unit == "article" else target.unit + 1
        related = target.stance != "unrelated"
        pairs.append(Pair(unit, target.target, int(related), STANCES.index(target.stance) if related else IGNORED, -1))
        if related and strangers:
            draw = hashlib.sha256(f"{article.id}\0{unit}\0{target.target}".encode()).digest()
            stranger = strangers[int.from_bytes(draw[:8], "big") % len(strangers)]
            if stranger not in own:
                pairs.append(Pair(unit, stranger, 0, IGNORED, -1))
    return pairs


@dataclass(frozen=True, slots=True)
class Balance:
    """Weights of the loss, from the counts of the training set.

    Attributes:
        relevance: weight of a positive by unit kind and topic, the open targets last (2, T + 1).
        stance: weight of each stance by unit kind (2, 3).
        open_targets: weight of pairs with an open target, in both heads.
        losses: weights of the heads of relevance and stance.
    """

    relevance: np.ndarray
    stance: np.ndarray
    open_targets: float
    losses: tuple[float, float]

    @classmethod
    def of(cls, examples: Sequence[Example], topics: int, loss: LossConfig) -> Balance:
        """Count the examples and weigh what is rare, by the ratio of the classes to the power of ``loss.balance``."""
        power = {"none": 0.0, "sqrt": 0.5, "inverse": 1.0}[loss.balance]
        on = np.zeros((len(UNIT_KINDS), topics + 1, 2))
        sided = np.zeros((len(UNIT_KINDS), len(STANCES)))
        for example in examples:
            for pair in example.pairs:
                kind = pair.kind
                if pair.relevance != IGNORED:
                    on[kind, pair.topic, pair.relevance] += 1
                if pair.stance != IGNORED:
                    sided[kind, pair.stance] += 1
        on, sided = np.maximum(on, 1), np.maximum(sided, 1)
        return cls(
            relevance=(on[..., 0] / on[..., 1]) ** power,
            stance=(sided.sum(1, keepdims=True) / (sided * len(STANCES))) ** power,
            open_targets=loss.targets,
            losses=(loss.relevance, loss.stance),
        )

    def weights(self, pair: Pair) -> tuple[float, float]:
        """Return the weights of a pair in the losses of relevance and stance."""
        kind = pair.kind
        scale = self.open_targets if pair.topic < 0 else 1.0
        relevance = self.relevance[kind, pair.topic] if pair.relevance == 1 else 1.0
        stance = self.stance[kind, pair.stance] if pair.stance != IGNORED else 0.0
        return float(scale * relevance * self.losses[0]), float(scale * stance * self.losses[1])


@dataclass(frozen=True, slots=True)
class PairTensors:
    """The pairs of several examples, numbered through.

    Attributes:
        unit: index of the unit (P,).
        target: index of the target (P,).
        relevance: 1, 0 or :data:`IGNORED` (P,).
        stance: index of the stance or :data:`IGNORED` (P,).
        relevance_weight: (P,).
        stance_weight: (P,).
    """

    unit: Tensor
    target: Tensor
    relevance: Tensor
    stance: Tensor
    relevance_weight: Tensor
    stance_weight: Tensor

    @classmethod
    def of(cls, examples: Sequence[Example], targets: Mapping[str, int], balance: Balance) -> PairTensors:
        """Number the pairs of ``examples``; ``targets`` has the index of each target's text."""
        columns: tuple[list[float], ...] = ([], [], [], [], [], [])
        base = 0
        for example in examples:
            for unit, pair in zip(example.rows, example.pairs, strict=True):
                weights = balance.weights(pair)
                row = (base + unit, targets[pair.target], pair.relevance, pair.stance, *weights)
                for column, value in zip(columns, row, strict=True):
                    column.append(value)
            base += len(example.layout.units)
        whole = [torch.tensor(column, dtype=torch.long) for column in columns[:4]]
        return cls(*whole, *(torch.tensor(column, dtype=torch.float32) for column in columns[4:]))


def collate_examples(
    examples: Sequence[Example], target_layouts: Mapping[str, Layout], balance: Balance, pad_id: int
) -> dict[str, Tensor | list[Tensor]]:
    """Return the arguments of the network's ``forward`` for a batch of examples, labels included."""
    single = bool(target_layouts)
    asked = list(dict.fromkeys(pair.target for example in examples for pair in example.pairs))
    pairs = PairTensors.of(examples, {text: i for i, text in enumerate(asked)}, balance)
    read = [target_layouts[text] for text in asked] if single else []
    return collate([example.layout for example in examples], read, pad_id) | {
        "pair_unit": pairs.unit,
        "pair_target": pairs.target if single else torch.zeros_like(pairs.target),
        "relevance_labels": pairs.relevance,
        "stance_labels": pairs.stance,
        "relevance_weights": pairs.relevance_weight,
        "stance_weights": pairs.stance_weight,
    }
