"""What annotators did in Label Studio (its export in the format JSON), as records of the codebook.

The project has the config of :mod:`stancewire.data.label_studio`. Tags that somebody added to it are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancewire.data.label_studio import (
    ANNOTATED,
    ARTICLE,
    FIELDS,
    LEFT_OUT,
    QUOTE,
    SPANS,
    SPEAKER,
    SPEAKER_TAG,
    TOPIC_CHOICES,
    UNSURE,
    left_out_tag,
    targets_tag,
    topic_tag,
)
from stancewire.errors import DataError, found_expected
from stancewire.records import TARGET_STANCES, Article, Span, Unit


@dataclass(frozen=True, slots=True)
class Annotated:
    """An article as one annotator labelled it.

    Attributes:
        annotator: the address of a Label Studio account, or ``annotator-`` and its number.
        article: with the annotator's labels.
        when: the time of the last change, which orders annotations; empty where the file does not say.
    """

    annotator: str
    article: Article
    when: str


def read_export(path: Path) -> Iterator[Annotated | DataError]:
    """Yield each annotation of an export, and an error in the place of each that cannot be read.

    Tasks that nobody has labelled, and annotations that were skipped, yield nothing.

    Raises:
        DataError: the file is no export.
    """
    for number, task in enumerate(_tasks(path), 1):
        named = task.get("id", number) if isinstance(task, Mapping) else number
        where = f"{path}: task {named}"
        annotations = task.get("annotations") if isinstance(task, Mapping) else None
        if not isinstance(annotations, list) or not isinstance(task.get("data"), Mapping):
            yield DataError(
                found_expected(where, task, "an object with data and annotations; export in the format JSON")
            )
            continue
        for annotation in annotations:
            try:
                if annotated := _read_annotation(task["data"], annotation, where):
                    yield annotated
            except DataError as error:
                yield error


def _tasks(path: Path) -> list[Any]:
    try:
        tasks = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not JSON ({error}); export in the format JSON") from error
    if not isinstance(tasks, list):
        raise DataError(found_expected(str(path), tasks, "a list of tasks; export in the format JSON"))
    return tasks


def _read_annotation(data: Mapping[str, Any], annotation: Any, where: str) -> Annotated | None:  # noqa: ANN401
    if not isinstance(annotation, Mapping) or not isinstance(annotation.get("result"), list):
        raise DataError(found_expected(f"{where}: field annotations", annotation, "objects with a result"))
    if annotation.get("was_cancelled"):
        return None
    if "id" in annotation:
        where = f"{where}, annotation {annotation['id']}"
    text = data.get("text")
    if not isinstance(text, str):
        raise DataError(found_expected(f"{where}: field data.text", text, "the text of an article"))
    labels = _Results(where, text, annotation["result"])
    extra = data.get("extra") or {}
    if not isinstance(extra, Mapping):
        raise DataError(found_expected(f"{where}: field data.extra", extra, "the further fields of a record"))
    record = dict(extra) | {"id": data.get("id"), "text": text} | {name: data.get(name) for name in FIELDS}
    article = Article.from_dict(record | labels.fields(), where)
    return Annotated(_annotator(annotation.get("completed_by")), article, str(annotation.get("updated_at") or ""))


def _annotator(account: object) -> str:
    """Return the name of an account, which is a number or an object."""
    if isinstance(account, Mapping):
        account = account.get("email") or account.get("id")
    return account if isinstance(account, str) and account else f"annotator-{account or 'unnamed'}"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is chosen in one tag.

    Attributes:
        owner: id of the region, or ``article``.
        tag: name of the tag.
        chosen: the choices, or what was written.
        name: the field that errors name.
    """

    owner: str
    tag: str
    chosen: list[Any]
    name: str


class _Results:
    """The results of one annotation; all are read before any is made sense of, as their order says nothing."""

    def __init__(self, where: str, text: str, results: Sequence[Any]) -> None:
        self.where = where
        self.text = text
        self.regions: dict[str, dict[str, Span]] = {QUOTE: {}, SPEAKER: {}}
        self.relations: list[tuple[str, str, str]] = []
        self.answers: list[_Answer] = []
        for number, result in enumerate(results):
            self._read(result, f"result[{number}]")

    def fields(self) -> dict[str, Any]:
        """Return the topics, quotes and targets of the record."""
        quotes = self._quotes()
        known = {ARTICLE, *self.regions[QUOTE]}
        for answer in self.answers:
            if answer.owner not in known:
                raise self._fault(answer.name, answer.tag, "an answer for a region that is a quote")
        units: list[tuple[Unit, str, list[str]]] = [("article", ARTICLE, [ARTICLE])]
        units += [(number, QUOTE, parts) for number, parts in enumerate(quotes)]
        return self._topics(ARTICLE, [ARTICLE]) | {
            "quotes": [self._quote(parts) for parts in quotes],
            "targets": [target for unit in units for target in self._targets(*unit)],
        }

    def _fault(self, name: str, found: object, expected: str) -> DataError:
        return DataError(found_expected(f"{self.where}: field {name}", found, expected))

    def _read(self, result: Any, name: str) -> None:  # noqa: ANN401 - any JSON
        if not isinstance(result, Mapping):
            raise self._fault(name, result, "an object with a type")
        if result.get("type") == "relation":
            self.relations.append((str(result.get("from_id")), str(result.get("to_id")), name))
            return
        tag, identifier, value = result.get("from_name"), result.get("id"), result.get("value")
        if not isinstance(tag, str) or not tag.startswith((SPANS, f"{ARTICLE}.", f"{QUOTE}.")):
            return
        if not isinstance(identifier, str) or not isinstance(value, Mapping):
            raise self._fault(name, result, "an object with an id and a value")
        if tag == SPANS:
            self._read_region(identifier, value, f"{name}.value")
            return
        key = "text" if tag == SPEAKER_TAG else "choices"
        chosen = value.get(key)
        if not isinstance(chosen, list):
            raise self._fault(f"{name}.value.{key}", chosen, "a list")
        owner = ARTICLE if tag.startswith(f"{ARTICLE}.") else identifier
        self.answers.append(_Answer(owner, tag, chosen, f"{name}.value.{key}"))

    def _read_region(self, identifier: str, value: Mapping[str, Any], name: str) -> None:
        start, end, label = value.get("start"), value.get("end"), value.get("labels")
        if label not in ([QUOTE], [SPEAKER]):
            raise self._fault(f"{name}.labels", label, f"[{QUOTE!r}] or [{SPEAKER!r}]")
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(self.text):
            raise self._fault(name, [start, end], f"0 <= start < end <= {len(self.text)}, the length of the text")
        words, said = self.text[start:end], value.get("text")
        if isinstance(said, str) and _bare(said) != _bare(words):
            raise self._fault(f"{name}.text", said, f"the text from {start} to {end}, {words!r}")
        self.regions[label[0]][identifier] = (start, end)

    def _quotes(self) -> list[list[str]]:
        """Return the quotes, each as the regions of its parts, in the order of the text."""
        quotes, speakers = self.regions[QUOTE], self.regions[SPEAKER]
        head = {part: part for part in quotes}
        for one, other, name in self.relations:
            if one in quotes and other in quotes:
                old, new = head[other], head[one]
                head = {part: new if first == old else first for part, first in head.items()}
            elif not ((one in speakers and other in quotes) or (one in quotes and other in speakers)):
                raise self._fault(name, [one, other], "a quote and its speaker, or two parts of one quote")
        groups: dict[str, list[str]] = {}
        for part in sorted(quotes, key=lambda part: quotes[part]):
            groups.setdefault(head[part], []).append(part)
        return list(groups.values())

    def _quote(self, parts: list[str]) -> dict[str, Any]:
        spans = [list(self.regions[QUOTE][part]) for part in parts]
        return {"spans": spans, "speaker": self._speaker(parts)} | self._topics(QUOTE, parts)

    def _speaker(self, parts: list[str]) -> dict[str, Any] | None:
        mentions: dict[Span, str] = {}
        for one, other, name in self.relations:
            for part, mention in ((one, other), (other, one)):
                if part in parts and mention in self.regions[SPEAKER]:
                    mentions[self.regions[SPEAKER][mention]] = name
        if len(mentions) > 1:
            names = [self.text[start:end] for start, end in sorted(mentions)]
            raise self._fault(max(mentions.values()), names, "one speaker of a quote")
        for start, end in mentions:
            return {"text": self.text[start:end], "span": [start, end]}
        written = self._one(parts, SPEAKER_TAG)
        return {"text": written} if written else None

    def _topics(self, kind: str, parts: list[str]) -> dict[str, Any]:
        """Return the topics of the article or of a quote; nothing chosen is off."""
        prefix = topic_tag(kind, "")
        tags = dict.fromkeys(a.tag for a in self.answers if a.owner in parts and a.tag.startswith(prefix))
        said = {tag.removeprefix(prefix): self._one(parts, tag, TOPIC_CHOICES) for tag in tags}
        said = {topic: value for topic, value in said.items() if value}
        if self._one(parts, left_out_tag(kind), (ANNOTATED, LEFT_OUT)) != LEFT_OUT:
            unsure = [topic for topic, value in said.items() if value == UNSURE]
            return {"topics": {topic: value for topic, value in said.items() if value != UNSURE}, "unknown": unsure}
        if said:
            name = next(a.name for a in self.answers if a.owner in parts and a.tag == left_out_tag(kind))
            raise self._fault(name, LEFT_OUT, f"no topics beside it, but {', '.join(said)} is answered")
        return {}

    def _targets(self, unit: Unit, kind: str, parts: list[str]) -> list[dict[str, Any]]:
        stances: dict[str, str] = {}
        for answer in self._answered(parts, targets_tag(kind)):
            for chosen in answer.chosen:
                stance, found, target = chosen.partition(": ") if isinstance(chosen, str) else ("", "", "")
                if not found or stance not in TARGET_STANCES:
                    raise self._fault(answer.name, chosen, f"one of {', '.join(TARGET_STANCES)}, a colon and a target")
                if stances.setdefault(target, stance) != stance:
                    raise self._fault(answer.name, chosen, f"one stance, but {stances[target]} is chosen too")
        return [{"unit": unit, "target": target, "stance": stance} for target, stance in stances.items()]

    def _answered(self, parts: list[str], tag: str) -> list[_Answer]:
        return [answer for answer in self.answers if answer.owner in parts and answer.tag == tag]

    def _one(self, parts: list[str], tag: str, values: Sequence[str] = ()) -> str | None:
        """Return the one choice of a tag, on whatever part of the unit it was made."""
        found: str | None = None
        for answer in self._answered(parts, tag):
            for value in answer.chosen:
                if not isinstance(value, str) or (values and value not in values):
                    expected = f"one of {', '.join(values)}" if values else "a name"
                    raise self._fault(f"{answer.name} ({tag})", value, expected)
                if found not in (None, value):
                    raise self._fault(f"{answer.name} ({tag})", value, f"one answer, but {found} is given too")
                found = value
        return found


def _bare(text: str) -> str:
    """Return a text without white space, which a browser changes; its line ends are written as two characters."""
    return "".join(text.replace("\\n", "\n").split())
