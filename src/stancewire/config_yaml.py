"""YAML text into a mapping that knows where each of its keys stands, so that a fault can name its line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import yaml

from stancewire.errors import ConfigError, found_expected

KeyPath = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """Safe YAML that reads ``3e-5`` as a number; YAML 1.1 wants ``3.0e-5``."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d[\d_]*(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML file says, and where.

    Attributes:
        record: the mapping.
        places: path of a key or item to where it stands, ``FILE:LINE``; ``()`` is the file itself.
        faults: sentences on keys that stand twice.
    """

    record: dict[str, Any]
    places: Mapping[KeyPath, str]
    faults: tuple[str, ...] = ()

    def over(self, below: Document) -> Document:
        """Lay this document over another: mappings merge key by key, all else replaces what is below."""
        replaced: set[KeyPath] = set()

        def merge(under: dict[str, Any], over: dict[str, Any], path: KeyPath) -> dict[str, Any]:
            merged = dict(under)
            for key, value in over.items():
                old = under.get(key)
                if isinstance(old, dict) and isinstance(value, dict):
                    merged[key] = merge(old, value, (*path, key))
                else:
                    replaced.add((*path, key))
                    merged[key] = value
            return merged

        record = merge(below.record, self.record, ())
        kept = {at: place for at, place in below.places.items() if not lies_under(at, replaced)}
        return Document(record, kept | dict(self.places), below.faults + self.faults)


def lies_under(path: KeyPath, heads: Set[KeyPath]) -> bool:
    """Return whether a path is one of ``heads`` or lies under one."""
    return any(path[:end] in heads for end in range(1, len(path) + 1))


def parse_document(name: str, text: str) -> Document:
    """Parse the text of a YAML file.

    Args:
        name: the file, as errors name it.
        text: its text.

    Raises:
        ConfigError: it is not YAML, or not a mapping.
    """
    finder = _Places(name)
    try:
        record = _load(text, finder)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{place}: not YAML: {' '.join(problem.split())}") from error
    except ValueError as error:  # such as a date with a thirteenth month
        raise ConfigError(f"{name}: not YAML: {error}") from error
    if not isinstance(record, dict):
        raise ConfigError(found_expected(name, record, "a mapping of keys to values"))
    return Document(_unshared(record), finder.places, tuple(finder.faults))


def parse_value(text: str) -> object:
    """Return the value that a YAML text stands for.

    Raises:
        ValueError: it is not YAML.
    """
    finder = _Places("value")
    try:
        value = _load(text, finder)
    except yaml.YAMLError as error:
        raise ValueError(getattr(error, "problem", None) or "not YAML") from error
    except ConfigError as error:
        raise ValueError(str(error)) from error
    if finder.faults:
        raise ValueError("; ".join(finder.faults))
    return value


def dotted(path: KeyPath) -> str:
    """Return a path as it is written in overrides and errors: ``data.train.0.path``."""
    return ".".join(str(part) for part in path)


def _unshared(value: Any) -> Any:  # noqa: ANN401 - whatever YAML can say
    """Copy so that what aliases name is there once for each, and may be changed by itself."""
    if isinstance(value, dict):
        return {key: _unshared(item) for key, item in value.items()}
    return [_unshared(item) for item in value] if isinstance(value, list) else value


def _load(text: str, finder: _Places) -> Any:  # noqa: ANN401 - whatever YAML can say
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        finder.visit(node, (), ())  # before the values are made, which takes merge keys apart
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


class _Places:
    """Walks the nodes of a YAML text, noting the line of each key and item, and the keys that stand twice."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: dict[KeyPath, str] = {(): name}
        self.faults: list[str] = []

    def visit(self, node: yaml.Node | None, path: KeyPath, above: tuple[yaml.Node, ...]) -> None:
        if any(node is other for other in above):
            raise ConfigError(f"{self.places[path]}: {dotted(path)}: holds itself, through an alias")
        if isinstance(node, yaml.MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue
                line = key.start_mark.line + 1
                here = (*path, key.value)
                if key.value in first:
                    both = f"stands twice, in lines {first[key.value]} and {line}"
                    self.faults.append(f"{self.name}:{line}: {dotted(here)}: {both}")
                first[key.value] = line
                self.places[here] = f"{self.name}:{line}"
                self.visit(value, here, (*above, node))
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self.places[(*path, index)] = f"{self.name}:{value.start_mark.line + 1}"
                self.visit(value, (*path, index), (*above, node))
