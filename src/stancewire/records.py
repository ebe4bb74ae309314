"""The records of the codebook: articles with their quotes, speakers, topics, stances and open targets.

Offsets count Unicode code points of ``text``, end exclusive, and lie inside the quotation marks. ``to_dict`` gives
the JSON form of the codebook; ``from_dict`` checks it and raises :class:`stancewire.errors.DataError`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Literal

from stancewire.errors import DataError, found_expected
from stancewire.normalize import NormalizedText, normalize

STANCES = ("support", "oppose", "neutral")
"""The stances, in the order of the logits."""

TOPIC_VALUES = (*STANCES, "on")
"""What a topic may be annotated with; ``on`` is a topic whose stance is not known."""

TARGET_STANCES = (*STANCES, "unrelated")

MAX_CHARACTERS = 1_000_000
"""The longest text of a record: a long book. What is longer is no article but a file of them, or not text at all."""

Span = tuple[int, int]
Unit = int | Literal["article"]


@dataclass(frozen=True, slots=True)
class Speaker:
    """The holder of a quote's opinion, as the text names it.

    Attributes:
        text: the mention, as it stands in the article.
        span: where it stands, or ``None`` if the source does not say.
        probability: how sure the finder is, in [0, 1]; ``None`` where a person annotated it.
        entity: the fullest mention of the same speaker in the article, to group quotes by; ``None`` where nobody
            looked for it.
    """

    text: str
    span: Span | None = None
    probability: float | None = None
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """One stretch of speech between quotation marks; a broken quote has several spans.

    Attributes:
        spans: at least one span, in order, not overlapping.
        speaker: who says it; ``None`` where nobody is named.
        topics: topic to stance; ``{}`` is "none on", ``None`` is "not annotated".
        unknown: topics whose absence from ``topics`` means nothing.
        probability: how sure the finder is that this is a quote; ``None`` where a person annotated it.
    """

    spans: tuple[Span, ...]
    speaker: Speaker | None = None
    topics: Mapping[str, str] | None = None
    unknown: frozenset[str] = frozenset()
    probability: float | None = None

    def text_in(self, text: str) -> str:
        """Return the quote's words out of its article's ``text``; parts of a broken quote are joined by a space."""
        return " ".join(text[start:end] for start, end in self.spans)


@dataclass(frozen=True, slots=True)
class Target:
    """The stance of one unit toward an open target: ``unit`` is ``"article"`` or the index of a quote."""

    unit: Unit
    target: str
    stance: str


@dataclass(frozen=True, slots=True)
class Article:
    """One article, in NFC, with what is annotated in it.

    Attributes:
        id: unique within its set.
        text: the body.
        title: read before the body; offsets do not count it.
        topics: the outlet's own voice; ``{}`` is "none on", ``None`` is "not annotated".
        unknown: topics whose absence from ``topics`` means nothing.
        extra: further fields of the record (``kind``, ``split``, ``url``, ...), kept as they are.
        given: the way back to the offsets of the text that was given, where that was not in NFC.
    """

    id: str
    text: str
    lang: str | None = None
    date: str | None = None
    source: str | None = None
    title: str | None = None
    topics: Mapping[str, str] | None = None
    quotes: tuple[Quote, ...] = ()
    targets: tuple[Target, ...] = ()
    unknown: frozenset[str] = frozenset()
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    given: NormalizedText | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"Article({self.id!r}, lang={self.lang!r}, {len(self.text)} characters, {len(self.quotes)} quotes)"

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], where: str = "record") -> Article:
        """Read a record of the codebook; text becomes NFC and offsets follow it.

        Args:
            record: the JSON object.
            where: the place that an error names, such as ``news.jsonl:12``.

        Raises:
            DataError: a field is missing or is not what the codebook says.
        """
        return _RecordReader(record, where).article()

    def to_dict(self) -> dict[str, Any]:
        """Return the record of the codebook; what is absent or not annotated is left out."""
        record: dict[str, Any] = {"id": self.id}
        for name in ("lang", "date", "source", "title"):
            if (value := getattr(self, name)) is not None:
                record[name] = value
        record["text"] = self.text
        if self.topics is not None:
            record["topics"] = dict(self.topics)
        if self.unknown:
            record["unknown"] = sorted(self.unknown)
        record["quotes"] = [_quote_dict(quote) for quote in self.quotes]
        record["targets"] = [{"unit": t.unit, "target": t.target, "stance": t.stance} for t in self.targets]
        return record | dict(self.extra)

    def with_quotes(self, quotes: Sequence[Quote]) -> Article:
        """Return a copy with other quotes, without the targets that pointed into the old ones."""
        kept = tuple(target for target in self.targets if target.unit == "article")
        return replace(self, quotes=tuple(quotes), targets=kept)


def _quote_dict(quote: Quote) -> dict[str, Any]:
    out: dict[str, Any] = {"spans": [list(span) for span in quote.spans], "speaker": None}
    if quote.speaker:
        out["speaker"] = {"text": quote.speaker.text}
        if quote.speaker.span:
            out["speaker"]["span"] = list(quote.speaker.span)
    if quote.topics is not None:
        out["topics"] = dict(quote.topics)
    if quote.unknown:
        out["unknown"] = sorted(quote.unknown)
    return out


class _RecordReader:
    """Checks one record field by field; each complaint names the place, what was found and what was expected."""

    KNOWN = frozenset({"id", "lang", "date", "source", "title", "text", "topics", "unknown", "quotes", "targets"})

    def __init__(self, record: Mapping[str, Any], where: str) -> None:
        if not isinstance(record, Mapping):
            raise DataError(found_expected(where, record, "a JSON object with id and text"))
        self.record = record
        self.where = where
        text = self._string("text")
        if len(text) > MAX_CHARACTERS:
            raise self._fault("text", len(text), f"at most {MAX_CHARACTERS} characters; split it into its articles")
        self.normal = normalize(text)

    def article(self) -> Article:
        record = self.record
        identifier = record.get("id")
        if isinstance(identifier, int) and not isinstance(identifier, bool):
            identifier = str(identifier)
        if not isinstance(identifier, str) or not identifier:
            raise self._fault("id", identifier, "a string that is unique in the file")
        quotes = tuple(self._quote(raw, i) for i, raw in enumerate(self._list(record, "quotes", "quotes")))
        targets = tuple(
            self._target(raw, i, len(quotes)) for i, raw in enumerate(self._list(record, "targets", "targets"))
        )
        return Article(
            id=identifier,
            text=self.normal.text,
            **{name: self._optional(name) for name in ("lang", "date", "source", "title")},
            topics=self._topics(record.get("topics"), "topics"),
            quotes=quotes,
            targets=targets,
            unknown=self._unknown(record, "unknown"),
            extra=MappingProxyType({k: v for k, v in record.items() if k not in self.KNOWN}),
            given=self.normal if self.normal.starts else None,
        )

    def _fault(self, name: str, found: object, expected: str) -> DataError:
        identifier = self.record.get("id")
        place = f"{self.where} (id {identifier})" if isinstance(identifier, str) else self.where
        return DataError(found_expected(f"{place}: field {name}", found, expected))

    def _string(self, name: str) -> str:
        value = self.record.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self._fault(name, value, "a string that is not empty")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            expected = f"text without half characters (offset {error.start})"
            raise self._fault(name, value[error.start], expected) from None
        return value

    def _optional(self, name: str) -> str | None:
        value = self.record.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise self._fault(name, value, "a string or null")
        return normalize(value).text

    def _list(self, holder: Mapping[str, Any], key: str, name: str) -> list[Any]:
        value = holder.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._fault(name, value, "a list")
        return value

    def _topics(self, value: object, name: str) -> Mapping[str, str] | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self._fault(name, value, "an object of topic: stance")
        for topic, stance in value.items():
            if stance not in TOPIC_VALUES:
                raise self._fault(f"{name}.{topic}", stance, f"one of {', '.join(TOPIC_VALUES)}")
        return MappingProxyType(dict(value))

    def _unknown(self, holder: Mapping[str, Any], name: str) -> frozenset[str]:
        values = self._list(holder, "unknown", name)
        if not all(isinstance(value, str) for value in values):
            raise self._fault(name, values, "a list of topic names")
        return frozenset(values)

    def _span(self, value: object, name: str) -> Span:
        length = len(self.record["text"])
        ok = (
            isinstance(value, (list, tuple))
            and len(value) == 2
            and all(isinstance(x, int) and not isinstance(x, bool) for x in value)
            and 0 <= value[0] < value[1] <= length
        )
        if not ok or not isinstance(value, (list, tuple)):
            raise self._fault(name, value, f"[start, end] with 0 <= start < end <= {length}, the length of text")
        return self.normal.from_original((value[0], value[1]))

    def _quote(self, raw: object, index: int) -> Quote:
        name = f"quotes[{index}]"
        if not isinstance(raw, Mapping):
            raise self._fault(name, raw, "an object with spans")
        spans = [self._span(s, f"{name}.spans[{i}]") for i, s in enumerate(self._list(raw, "spans", f"{name}.spans"))]
        if not spans:
            raise self._fault(f"{name}.spans", raw.get("spans"), "at least one [start, end]")
        if any(b[0] < a[1] for a, b in pairwise(spans)):
            raise self._fault(f"{name}.spans", raw.get("spans"), "spans in order that do not overlap")
        return Quote(
            spans=tuple(spans),
            speaker=self._speaker(raw.get("speaker"), f"{name}.speaker"),
            topics=self._topics(raw.get("topics"), f"{name}.topics"),
            unknown=self._unknown(raw, f"{name}.unknown"),
        )

    def _speaker(self, raw: object, name: str) -> Speaker | None:
        if raw is None:
            return None
        if not isinstance(raw, Mapping) or not isinstance(raw.get("text"), str) or not raw["text"]:
            raise self._fault(name, raw, 'null or {"text": ..., "span": [start, end]}')
        if raw.get("span") is None:
            return Speaker(normalize(raw["text"]).text)
        start, end = self._span(raw["span"], f"{name}.span")
        mention = self.normal.text[start:end]
        if mention != normalize(raw["text"]).text:
            raise self._fault(f"{name}.text", raw["text"], f"the text at its span, {mention!r}")
        return Speaker(mention, (start, end))

    def _target(self, raw: object, index: int, quotes: int) -> Target:
        name = f"targets[{index}]"
        if not isinstance(raw, Mapping):
            raise self._fault(name, raw, "an object with unit, target and stance")
        unit, target, stance = raw.get("unit", "article"), raw.get("target"), raw.get("stance")
        inside = isinstance(unit, int) and not isinstance(unit, bool) and 0 <= unit < quotes
        if unit != "article" and not inside:
            raise self._fault(f"{name}.unit", unit, f'"article" or the index of one of the {quotes} quotes')
        if not isinstance(target, str) or not target.strip():
            raise self._fault(f"{name}.target", target, "a phrase or a proposition")
        if stance not in TARGET_STANCES:
            raise self._fault(f"{name}.stance", stance, f"one of {', '.join(TARGET_STANCES)}")
        return Target(unit, normalize(target).text, stance)
