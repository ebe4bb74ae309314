"""YAML files into :class:`stancewire.config.RunConfig`: ``extends``, overrides, and every fault at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from stancewire.config import DEFAULT_LABELS, LabelSet, RunConfig
from stancewire.config_faults import sentences, suggestion
from stancewire.config_yaml import Document, KeyPath, dotted, lies_under, parse_document, parse_value
from stancewire.errors import ConfigError, found_expected


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> RunConfig:
    """Load a training config.

    Args:
        path: a YAML file, or the name of a shipped one, such as ``train/default.yaml``.
        overrides: ``key.path=value`` each, the value in YAML; they win over the file.

    Raises:
        ConfigError: with every fault, one a line, each with its file, line and path.
    """
    document = _extended(_read(path), ())
    draft = _Draft(document.record, dict(document.places), list(document.faults))
    for override in overrides:
        draft.override(override)
    draft.inline_labels()
    try:
        config = RunConfig.model_validate(draft.record)
    except ValidationError as error:
        draft.faults += sentences(error, RunConfig, draft.places)
    if draft.faults:
        raise ConfigError("\n".join(draft.faults))
    return config


def load_labels(path: str | Path) -> LabelSet:
    """Load a label set: a YAML file, or the name of a shipped one, such as ``labels/newswire.yaml``.

    Raises:
        ConfigError: with every fault of the file.
    """
    document = _parse(_read(path))
    faults = list(document.faults)
    try:
        labels = LabelSet.model_validate(document.record)
    except ValidationError as error:
        faults += sentences(error, LabelSet, document.places)
    if faults:
        raise ConfigError("\n".join(faults))
    return labels


def labels_of(path: str | Path) -> LabelSet:
    """Return a label set, or that of a config.

    Raises:
        ConfigError: with every fault of the file.
    """
    return load_labels(path) if is_label_set(path) else load_config(path).labels


def is_label_set(path: str | Path) -> bool:
    """Return whether a YAML file holds a label set rather than a training config.

    Raises:
        ConfigError: there is no such file, or it is not YAML.
    """
    return not {"topics", "stances"}.isdisjoint(_parse(_read(path)).record)


def is_gate(path: str | Path) -> bool:
    """Return whether a YAML file holds the rules of ``stancewire gate``.

    Raises:
        ConfigError: there is no such file, or it is not YAML.
    """
    return "rules" in _parse(_read(path)).record


def dump_config(config: RunConfig) -> str:
    """Return the resolved config as YAML, which is enough to run again."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)


def shipped_configs() -> list[str]:
    """Return the names of the shipped YAML files."""
    root = files("stancewire.configs")
    return sorted(
        f"{folder.name}/{file.name}"
        for folder in root.iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    )


@dataclass(frozen=True, slots=True)
class _File:
    """A YAML file that was read; one that is shipped has no folder."""

    name: str
    text: str
    folder: Path | None

    @property
    def identity(self) -> str:
        """The file, however it was reached."""
        return str((self.folder / Path(self.name).name).resolve()) if self.folder else self.name


def _read(path: str | Path, here: bool = True) -> _File:
    """Read a file, or else the shipped one of that name; with ``here`` false the shipped one alone."""
    name = str(path)
    file = Path(path)
    try:
        if here and file.is_file():
            return _File(name, file.read_text("utf-8"), file.parent)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{name}: cannot be read as UTF-8 text ({error})") from error
    shipped = shipped_configs()
    if name in shipped:
        return _File(name, (files("stancewire.configs") / name).read_text("utf-8"), None)
    missing = "is a folder, expected a YAML file" if here and file.is_dir() else "no such file"
    raise ConfigError(f"{name}: {missing}{suggestion(name, shipped, 'shipped', 0.7)}")


def _read_from(base: str, folder: Path | None) -> _File:
    """Read the file that another one, in ``folder``, names: the one beside it, or else the shipped one."""
    if folder and (folder / base).is_file():
        return _read(folder / base)
    return _read(base, here=False)


def _parse(file: _File) -> Document:
    document = parse_document(file.name, file.text)
    if file.folder:
        _resolve(document.record, file.folder)
    return document


def _extended(file: _File, seen: tuple[str, ...]) -> Document:
    """Return a file's mapping, laid over that of the file that it extends."""
    if file.identity in seen:
        raise ConfigError(f"{file.name}: extends itself, by way of {' → '.join([*seen, file.identity])}")
    document = _parse(file)
    place = document.places.get(("extends",), file.name)
    base = document.record.pop("extends", None)
    if base is None:
        return document
    if not isinstance(base, str):
        raise ConfigError(found_expected(f"{place}: extends", base, "a file name"))
    try:
        found = _read_from(base, file.folder)
    except ConfigError as error:
        raise ConfigError(f"{place}: extends: {error}") from error
    return document.over(_extended(found, (*seen, file.identity)))


def _resolve(record: Mapping[str, Any], folder: Path) -> None:
    """Make what exists beside the file absolute, so that it does not matter where the program is started."""
    _make_absolute(record, "labels", folder)
    _make_absolute(record.get("encoder"), "name", folder, "default")
    data = record.get("data")
    for sources in data.values() if isinstance(data, dict) else ():
        for source in sources if isinstance(sources, list) else ():
            _make_absolute(source, "path", folder, "corpus")


def _make_absolute(holder: object, key: str, folder: Path, word: str | None = None) -> None:
    """Make the path at ``key`` absolute if it is one beside the file and not the ``word`` with a meaning of its own."""
    value = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(holder, dict) or not isinstance(value, str) or value in ("", word):
        return
    with suppress(OSError):  # no name that the system takes: no path beside the file
        if (folder / value).exists():
            holder[key] = str((folder / value).absolute())


@dataclass(slots=True)
class _Draft:
    """A config that is not checked yet, where its keys stand, and what is wrong so far."""

    record: dict[str, Any]
    places: dict[KeyPath, str]
    faults: list[str]

    def override(self, override: str) -> None:
        """Put one ``key.path=value`` into the record; items of lists are named by their number."""
        key, sign, text = override.partition("=")
        place = f"--set {override}"
        if not sign or not key.strip():
            self.faults.append(f"{place}: expected KEY=VALUE, such as training.lr=3e-5")
            return
        try:
            value = parse_value(text)
        except ValueError as error:
            self.faults.append(f"{place}: the value is not YAML: {error}")
            return
        path: KeyPath = tuple(
            int(part) if part.isdecimal() else part for part in re.split(r"[.\[\]]+", key.strip(" ]"))
        )
        self._put(path, value, place)

    def _put(self, path: KeyPath, value: object, place: str) -> None:
        holder: Any = self.record
        for depth, part in enumerate(path):
            if expected := _cannot_hold(holder, part):
                found = part if isinstance(holder, list) else holder
                self.faults.append(found_expected(f"{place}: {dotted(path[:depth])}", found, expected))
                return
            last = depth == len(path) - 1
            if last or (isinstance(holder, dict) and part not in holder):
                holder[part] = value if last else {}
                self._mark(path[: depth + 1], place)
            holder = holder[part]

    def _mark(self, path: KeyPath, place: str) -> None:
        self.places = {at: old for at, old in self.places.items() if not lies_under(at, {path})} | {path: place}

    def inline_labels(self) -> None:
        """Put the label set in the place of its name."""
        name = self.record.setdefault("labels", DEFAULT_LABELS)
        if not isinstance(name, str):
            return
        place = self.places.get(("labels",), self.places[()])
        try:
            document = _parse(_read(name, here=name not in shipped_configs()))
        except ConfigError as error:
            self.faults.append(f"{place}: labels: {error}")
            self.record["labels"] = load_labels(DEFAULT_LABELS)  # so that all else is checked too
            return
        self.record["labels"] = document.record
        self.faults += document.faults
        self.places |= {("labels", *at): text for at, text in document.places.items()}


def _cannot_hold(holder: object, part: str | int) -> str:
    """Return what was expected where a value cannot be put at ``part`` of ``holder``; empty where it can."""
    if isinstance(holder, list):
        inside = isinstance(part, int) and part < len(holder)
        return "" if inside else f"the number of one of its {len(holder)} items, from 0"
    return "" if isinstance(holder, dict) else "a mapping of keys to values"
