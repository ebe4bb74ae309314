"""The public face of inference: texts or records in, labelled articles out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from stancewire.config import LabelSet
from stancewire.errors import DataError, found_expected
from stancewire.inference.abstaining import read_abstention
from stancewire.inference.encoding import encode_pools
from stancewire.inference.quotes import find_quotes
from stancewire.inference.reading import Reader
from stancewire.models.calibration import Calibration
from stancewire.models.checkpoint import Checkpoint, load_checkpoint
from stancewire.models.files import MANIFEST, sha256
from stancewire.models.layout import Layout
from stancewire.models.network import UNIT_KINDS
from stancewire.normalize import NormalizedText
from stancewire.predictions import Prediction, QuotePrediction, TargetPrediction, TopicPrediction
from stancewire.records import STANCES, Article, Speaker, Unit

Input = str | Mapping[str, Any] | Article
"""A text, a record of the codebook, or an article."""

CHUNK_TOKENS = 200_000
"""Tokens of the articles that are laid out and read together: enough to sort by length, little to hold."""

KEPT_TARGETS = 1000
"""Targets whose vectors are kept, those that were asked last; a service is asked ever other ones."""


@dataclass(frozen=True, slots=True)
class _Read:
    """One input, ready to be laid out: its article in NFC and the way back to the offsets that were given."""

    article: Article
    normal: NormalizedText


class Predictor:
    """Labels articles and their quotes with one checkpoint; keep it, loading is the slow part."""

    def __init__(self, checkpoint: Checkpoint, device: str | torch.device | None = None) -> None:
        """Take a checkpoint.

        Args:
            checkpoint: as :func:`stancewire.models.checkpoint.load_checkpoint` gives it.
            device: where to compute; a GPU where there is one, by default.
        """
        self.checkpoint = checkpoint
        chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.model = checkpoint.model
        self.model.to(torch.device(chosen))  # type: ignore[arg-type] # transformers wraps `to` without its types
        self.reader = Reader(checkpoint.tokenizer, self.model.config)
        self.pad_id = int(checkpoint.tokenizer.pad_token_id or 0)
        self._targets: dict[str, Tensor] = {}

    def __repr__(self) -> str:
        topics = ", ".join(topic.name for topic in self.labels.topics)
        return f"Predictor({str(self.checkpoint.folder)!r}, topics: {topics})"

    @classmethod
    def load(cls, name: str | Path | None = None, device: str | torch.device | None = None) -> Predictor:
        """Load a checkpoint: a folder, a name on the Hugging Face Hub, or nothing for the one that is shipped.

        Raises:
            CheckpointError: there is none, or it is not whole.
        """
        return cls(load_checkpoint(name), device)

    @property
    def labels(self) -> LabelSet:
        """The topics that the checkpoint knows."""
        return self.checkpoint.labels

    @property
    def calibration(self) -> Calibration:
        """From logits to probabilities and labels."""
        return self.checkpoint.calibration

    def predict(
        self,
        inputs: Input | Iterable[Input],
        quotes: Literal["find", "given"] = "find",
        targets: Sequence[str] = (),
        progress: Callable[[int], None] | None = None,
        max_error: float | None = None,
        held_out: str | Path | None = None,
    ) -> list[Prediction]:
        """Label one article or many.

        Args:
            inputs: a text, a record, an :class:`Article`, or an iterable of them.
            quotes: ``find`` looks for quotes in the text; ``given`` takes those of the record, which must bring them.
            targets: open targets, to be answered for the article and for each quote.
            progress: called with the number of articles that are done.
            max_error: the share of answers on topics that may be wrong; the others carry the reason (``abstained``).
            held_out: the report, on records like yours, that says how sure an answer must be for it; the checkpoint's
                own ``abstention.json`` if not given.

        Returns:
            One result an article, in the order of the inputs, with offsets of the text that was given.

        Raises:
            DataError: an input is not a text or a record of the codebook, or nothing is known for ``max_error``.
        """
        return list(self.iter_predict(inputs, quotes, targets, progress, max_error, held_out))

    def iter_predict(
        self,
        inputs: Input | Iterable[Input],
        quotes: Literal["find", "given"] = "find",
        targets: Sequence[str] = (),
        progress: Callable[[int], None] | None = None,
        max_error: float | None = None,
        held_out: str | Path | None = None,
    ) -> Iterator[Prediction]:
        """Label articles as :meth:`predict` does, one after another, with bounded memory."""
        if quotes not in ("find", "given"):
            raise DataError(found_expected("quotes", quotes, "'find' or 'given'"))
        if isinstance(targets, str):
            targets = [targets]
        abstention = None
        if max_error is not None:
            folder = self.checkpoint.folder
            abstention = read_abstention(Path(held_out or folder), max_error, sha256(folder / MANIFEST))
        several = [inputs] if isinstance(inputs, (str, Mapping, Article)) else inputs
        for chunk in self._chunks(_read(item, i, quotes) for i, item in enumerate(several)):
            answers = self._pair(chunk, targets) if self.model.config.mode == "pair" else self._single(chunk, targets)
            for (read, layout), logits in zip(chunk, answers, strict=True):
                prediction = self._prediction(read, layout, logits, targets)
                yield abstention.apply(prediction) if abstention else prediction
                if progress:
                    progress(1)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return the mean of the encoder's last states over each text: (N, H), the bare encoder without heads."""
        layouts = [self.reader.target(text) for text in texts]
        width = self.model.encoder.config.hidden_size
        pools = encode_pools(self.model, layouts, self.pad_id)
        return np.stack([pool[0, :width].numpy() for pool in pools])

    def _chunks(self, reads: Iterable[_Read]) -> Iterator[list[tuple[_Read, Layout]]]:
        chunk: list[tuple[_Read, Layout]] = []
        size = 0
        for read in reads:
            layout = self.reader.article(read.article)
            chunk.append((read, layout))
            size += layout.tokens
            if size >= CHUNK_TOKENS:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _asked(self, targets: Sequence[str]) -> list[str]:
        """Return the texts of the topics, then the open targets."""
        return [*(f"{t.name}: {t.description}" for t in self.labels.topics), *targets]

    @torch.inference_mode()
    def _single(self, chunk: Sequence[tuple[_Read, Layout]], targets: Sequence[str]) -> list[np.ndarray]:
        """Return for each article the logits (units, topics + targets, 4) of one pass."""
        asked = self._asked(targets)
        vectors = self._target_vectors(asked)
        pools = encode_pools(self.model, [layout for _, layout in chunk], self.pad_id)
        answers = []
        for (_, layout), pool in zip(chunk, pools, strict=True):
            kind = torch.tensor([unit.kind for unit in layout.units])
            units = self.model.unit_features(pool, *layout.unit_pools())
            rows = len(layout.units)
            logits = self.model.heads(
                units.to(self.model.device),
                kind.to(self.model.device),
                vectors,
                torch.arange(rows, device=self.model.device).repeat_interleave(len(asked)),
                torch.arange(len(asked), device=self.model.device).repeat(rows),
            )
            answers.append(logits.float().cpu().numpy().reshape(rows, len(asked), -1))
        return answers

    @torch.inference_mode()
    def _pair(self, chunk: Sequence[tuple[_Read, Layout]], targets: Sequence[str]) -> list[np.ndarray]:
        """Return the same logits from one reading for each unit and target."""
        asked = self._asked(targets)
        layouts = []
        for read, _ in chunk:
            units: list[Unit] = ["article", *range(len(read.article.quotes))]
            layouts.append(self.reader.pairs(read.article, [(unit, target) for unit in units for target in asked]))
        answers = []
        for layout, pool in zip(layouts, encode_pools(self.model, layouts, self.pad_id), strict=True):
            kind = torch.tensor([unit.kind for unit in layout.units], device=self.model.device)
            features = self.model.unit_features(pool, *layout.unit_pools()).to(self.model.device)
            each = torch.arange(len(kind), device=self.model.device)
            logits = self.model.heads(features, kind, None, each, each)
            answers.append(logits.float().cpu().numpy().reshape(-1, len(asked), 4))
        return answers

    def _target_vectors(self, asked: Sequence[str]) -> Tensor:
        """Return the vectors of targets (T, H); those that were asked of late are there already."""
        new = [text for text in dict.fromkeys(asked) if text not in self._targets]
        width = self.model.encoder.config.hidden_size
        pools = encode_pools(self.model, [self.reader.target(text) for text in new], self.pad_id)
        for text, pool in zip(new, pools, strict=True):
            self._targets[text] = pool[0, :width]
        vectors = torch.stack([self._targets[text] for text in asked]).to(self.model.device)
        for text in dict.fromkeys(reversed(asked)):
            self._targets[text] = self._targets.pop(text)  # to the end, the topics last
        for text in list(self._targets)[:-KEPT_TARGETS]:
            del self._targets[text]
        return vectors

    def _prediction(self, read: _Read, layout: Layout, logits: np.ndarray, targets: Sequence[str]) -> Prediction:
        """Arrange the logits (units, topics + targets, 4) of one article."""
        article = read.article
        back = read.normal.to_original
        quotes = tuple(
            QuotePrediction(
                spans=tuple(back(span) for span in quote.spans),
                text=quote.text_in(article.text),
                topics=self._topics(logits[i + 1], "quote"),
                speaker=_given_offsets(quote.speaker, read.normal),
                probability=quote.probability,
            )
            for i, quote in enumerate(article.quotes)
        )
        count = len(self.labels.topics)
        answers = tuple(
            self._target(unit, target, logits[row, count + number])
            for number, target in enumerate(targets)
            for row, unit in enumerate(_units(article))
        )
        return Prediction(
            article.id, article.lang, layout.text_windows, self._topics(logits[0], "article"), quotes, answers
        )

    def _topics(self, logits: np.ndarray, kind: str) -> dict[str, TopicPrediction]:
        count = len(self.labels.topics)
        relevance = self.calibration.relevance_probability(logits[:count, 0], kind)
        stances = self.calibration.stance_probabilities(logits[:count, 1:], kind)
        return {
            topic.name: TopicPrediction(
                on=bool(relevance[i] >= self.calibration.threshold(kind, topic.name)),
                probability=float(relevance[i]),
                stance=STANCES[int(stances[i].argmax())],
                stances=dict(zip(STANCES, map(float, stances[i]), strict=True)),
            )
            for i, topic in enumerate(self.labels.topics)
        }

    def _target(self, unit: Unit, target: str, logits: np.ndarray) -> TargetPrediction:
        relevance = float(self.calibration.target_probability(logits[0]))
        stances = self.calibration.stance_probabilities(logits[1:], UNIT_KINDS[unit != "article"])
        stance = STANCES[int(stances.argmax())] if relevance >= 0.5 else "unrelated"
        return TargetPrediction(unit, target, relevance, stance, dict(zip(STANCES, map(float, stances), strict=True)))


def _units(article: Article) -> list[Unit]:
    return ["article", *range(len(article.quotes))]


def _read(item: Input, number: int, quotes: str) -> _Read:
    """Bring one input to an article in NFC, with its quotes found or kept."""
    if quotes == "given" and (isinstance(item, str) or (isinstance(item, Mapping) and "quotes" not in item)):
        raise DataError(found_expected(f"input {number}: quotes", None, "the record's quotes, or quotes='find'"))
    if isinstance(item, str):
        item = {"text": item}
    article = item if isinstance(item, Article) else Article.from_dict({"id": str(number), **item}, f"input {number}")
    normal = article.given or NormalizedText(article.text)
    if quotes == "find":
        article = replace(article, quotes=tuple(find_quotes(article.text, article.lang)), targets=())
    return _Read(article, normal)


def _given_offsets(speaker: Speaker | None, normal: NormalizedText) -> Speaker | None:
    if speaker is None or speaker.span is None:
        return speaker
    return replace(speaker, span=normal.to_original(speaker.span))


@lru_cache(maxsize=1)
def default_predictor() -> Predictor:
    """Return the shipped model, loaded once."""
    return Predictor.load()


def predict(
    inputs: Input | Iterable[Input],
    quotes: Literal["find", "given"] = "find",
    targets: Sequence[str] = (),
    max_error: float | None = None,
    held_out: str | Path | None = None,
) -> Prediction | list[Prediction]:
    """Label with the shipped model: one text or record gives one result, an iterable gives a list.

    Args:
        inputs: a text, a record, an :class:`stancewire.Article`, or an iterable of them.
        quotes: ``find`` looks for quotes in the text; ``given`` takes those of the record.
        targets: open targets, to be answered for the article and for each quote.
        max_error: the share of answers on topics that may be wrong (:meth:`Predictor.predict`).
        held_out: the report that says how sure an answer must be for it.
    """
    results = default_predictor().predict(inputs, quotes, targets, max_error=max_error, held_out=held_out)
    return results[0] if isinstance(inputs, (str, Mapping, Article)) else results
