"""YAML files into :class:`stancewire.config.RunConfig`: ``extends``, overrides, and every fault at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from stancewire.config import LabelSet, RunConfig
from stancewire.errors import ConfigError

Path_ = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """Safe YAML that reads 3e-5 as a number, which YAML 1.1 does not, and refuses a key that stands twice."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d[\d_]*)(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys: dict[Any, int] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        line = key_node.start_mark.line + 1
        if key in keys:
            raise yaml.constructor.ConstructorError(
                None, None, f"key {key!r} stands twice, in lines {keys[key]} and {line}", key_node.start_mark
            )
        keys[key] = line
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> RunConfig:
    """Load a training config.

    Args:
        path: a YAML file, or the name of a shipped one, such as ``train/default.yaml``.
        overrides: ``key.path=value`` each, the value in YAML; they win over the file.

    Raises:
        ConfigError: with every fault of the file, each with its path and, where it stands in the file, its line.
    """
    name, text, folder = _read(path)
    merged = _extended(name, text, folder, ())
    faults = [fault for override in overrides if (fault := _override(merged, override))]
    if isinstance(merged.get("labels"), str):
        merged["labels"] = _labels(merged["labels"], folder, name)
    try:
        config = RunConfig.model_validate(merged)
    except ValidationError as error:
        lines = _line_numbers(text)
        faults += [_fault(name, lines, fault, merged) for fault in error.errors()]
    if faults:
        raise ConfigError("\n".join(faults))
    return config


def load_labels(path: str | Path) -> LabelSet:
    """Load a label set: a YAML file, or the name of a shipped one, such as ``labels/newswire.yaml``.

    Raises:
        ConfigError: with every fault of the file.
    """
    name, text, _ = _read(path)
    record = _parse(name, text)
    try:
        return LabelSet.model_validate(record)
    except ValidationError as error:
        lines = _line_numbers(text)
        raise ConfigError("\n".join(_fault(name, lines, fault, record) for fault in error.errors())) from error


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


def _read(path: str | Path) -> tuple[str, str, Path | None]:
    """Return a file's name, its text and its folder; a shipped file has no folder."""
    file = Path(path)
    try:
        if file.is_file():
            return str(path), file.read_text("utf-8"), file.parent
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    shipped = shipped_configs()
    if str(path) in shipped:
        return str(path), (files("stancewire.configs") / str(path)).read_text("utf-8"), None
    raise ConfigError(f"{path}: no such file{_suggest(str(path), shipped)}; shipped are {', '.join(shipped)}")


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        record = yaml.load(text, _Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        raise ConfigError(f"{place}: not YAML: {getattr(error, 'problem', None) or error}") from error
    if not isinstance(record, dict):
        raise ConfigError(f"{name}: found {type(record).__name__}, expected a mapping of keys to values")
    return record


def _extended(name: str, text: str, folder: Path | None, seen: tuple[str, ...]) -> dict[str, Any]:
    """Return a file's mapping, laid over that of the file that it extends."""
    if name in seen:
        raise ConfigError(f"{name}: extends itself, by way of {' → '.join([*seen, name])}")
    record = _resolved(_parse(name, text), folder)
    base = record.pop("extends", None)
    if base is None:
        return record
    if not isinstance(base, str):
        raise ConfigError(f"{name}: extends: found {base!r}, expected a file name")
    beside = folder / base if folder else Path(base)
    below = _extended(*_read(beside if beside.is_file() else base), (*seen, name))
    return _merged(below, record)


def _resolved(record: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """Make paths that exist beside the file independent of where the program is started."""
    if folder is None:
        return record
    encoder = record.get("encoder")
    if isinstance(encoder, dict) and isinstance(encoder.get("name"), str):
        encoder["name"] = _beside(encoder["name"], folder)
    data = record.get("data")
    for sources in data.values() if isinstance(data, dict) else ():
        for source in sources if isinstance(sources, list) else ():
            if isinstance(source, dict) and isinstance(source.get("path"), str):
                source["path"] = _beside(source["path"], folder)
    return record


def _beside(path: str, folder: Path) -> str:
    return str(folder / path) if (folder / path).exists() and not Path(path).is_absolute() else path


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _labels(name: str, folder: Path | None, config: str) -> dict[str, Any]:
    beside = folder / name if folder else Path(name)
    try:
        return load_labels(beside if beside.is_file() else name).model_dump(mode="json")
    except ConfigError as error:
        raise ConfigError(f"{config}: labels: {error}") from error


def _override(record: dict[str, Any], override: str) -> str | None:
    """Put one ``key.path=value`` into the mapping; return what is wrong with it."""
    key, sign, value = override.partition("=")
    if not sign or not key:
        return f"--set {override}: expected KEY=VALUE, such as training.lr=3e-5"
    *parents, last = key.split(".")
    holder = record
    for parent in parents:
        holder = holder.setdefault(parent, {})
        if not isinstance(holder, dict):
            return f"--set {override}: {parent} is not a mapping that has keys"
    try:
        holder[last] = yaml.load(value, _Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        return f"--set {override}: the value is not YAML: {error}"
    return None


def _fault(name: str, lines: Mapping[Path_, int], fault: Mapping[str, Any], record: object) -> str:
    """Return one line: file, line, path, what was found, what was expected."""
    path = tuple(part for part in fault["loc"])
    line = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)
    place = f"{name}:{line}" if line else name
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    if fault["type"] == "extra_forbidden":
        return f"{place}: {dotted}: unknown key{_suggest(str(path[-1]), _keys(path[:-1]))}"
    if fault["type"] == "missing":
        return f"{place}: {dotted}: missing"
    expected = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{place}: {dotted}: found {fault['input']!r}, expected {expected}"


def _keys(path: Path_) -> list[str]:
    """Return the keys that the schema has at a path."""
    model: Any = RunConfig
    for part in path:
        if isinstance(part, int) or not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        field = model.model_fields.get(part)
        if field is None:
            return []
        model = next((t for t in _flat(field.annotation) if isinstance(t, type) and issubclass(t, BaseModel)), None)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _flat(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - a type of any kind
    yield annotation
    for inner in get_args(annotation):
        yield from _flat(inner)


def _suggest(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else (f"; known are {', '.join(known)}" if known else "")


def _line_numbers(text: str) -> dict[Path_, int]:
    """Return the line of each key and item of a YAML text."""
    lines: dict[Path_, int] = {}

    def walk(node: yaml.Node | None, path: Path_) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                lines[(*path, key.value)] = key.start_mark.line + 1
                walk(value, (*path, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for i, value in enumerate(node.value):
                lines[(*path, i)] = value.start_mark.line + 1
                walk(value, (*path, i))

    walk(yaml.compose(text, yaml.SafeLoader), ())
    return lines
