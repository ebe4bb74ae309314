"""What pydantic finds wrong with a config, in sentences that say where, what was found and what was expected."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from stancewire.config_yaml import KeyPath, dotted
from stancewire.errors import found_expected

# pydantic's kinds of fault, in the words of somebody who writes YAML; {} are filled from the fault's context.
EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "a number greater than {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "int_type": "a whole number",
    "less_than": "a number less than {lt:g}",
    "less_than_equal": "a number of at most {le:g}",
    "literal_error": "{expected}",
    "model_type": "a mapping of keys to values",
    "string_pattern_mismatch": "letters, digits, '_', '.' and '-', the first one a letter or digit",
    "string_too_short": "a string that is not empty",
    "string_type": "a string",
    "too_short": "a list of at least {min_length}",
    "tuple_type": "a list",
}


def sentences(error: ValidationError, model: type[BaseModel], places: Mapping[KeyPath, str]) -> list[str]:
    """Return one sentence a fault.

    Args:
        error: the faults.
        model: the schema that was not met.
        places: where each key stands, at least ``()``.
    """
    return [
        _sentence(fault, model, places)
        for fault in error.errors(include_url=False)
        # A list of which every item is wrong is also too short for pydantic, which helps nobody.
        if not (fault["type"] == "too_short" and fault["input"])
    ]


def suggestion(word: str, known: Sequence[str], what: str = "known", cutoff: float = 0.6) -> str:
    """Return ``; did you mean X?`` for the nearest of ``known``, or all that is known if nothing is near."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=cutoff)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; {what} are {', '.join(known)}" if known else ""


def _sentence(fault: Mapping[str, Any], model: type[BaseModel], places: Mapping[KeyPath, str]) -> str:
    path: KeyPath = fault["loc"]
    kind, found = fault["type"], fault["input"]
    if kind == "invalid_key":
        path = (*path[:-1], str(path[-1]))
    at = next(path[:end] for end in range(len(path), -1, -1) if path[:end] in places)
    where = f"{places[at]}: {dotted(path)}" if path else places[at]
    match kind:
        case "extra_forbidden":
            return f"{where}: unknown key{_known(path, model)}"
        case "invalid_key":
            return found_expected(where, found, "a key that is a string")
        case "missing":
            return f"{where}: missing"
        case "value_error":
            return f"{where}: {fault['ctx']['error']}"
        case "string_type" if isinstance(found, bool):
            expected = "a string in quotes, since YAML reads yes, no, on and off as true and false"
        case _ if kind in EXPECTED:
            expected = EXPECTED[kind].format(**fault.get("ctx", {}))
        case _:
            expected = fault["msg"].removeprefix("Input should be ")
    return found_expected(where, found, expected)


def _known(path: KeyPath, model: type[BaseModel]) -> str:
    """Return what was meant by an unknown key: one beside it that is near, or the same one elsewhere."""
    holder: type[BaseModel] | None = model
    for part in path[:-1]:
        if holder and isinstance(part, str):
            holder = _model(holder.model_fields[part].annotation) if part in holder.model_fields else None
    beside = list(holder.model_fields) if holder else []
    word = str(path[-1])
    near = suggestion(word, beside)
    elsewhere = [] if "did you mean" in near else [name for name in _names(model) if name.split(".")[-1] == word]
    return f"; did you mean {' or '.join(elsewhere)}?" if elsewhere else near


def _names(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield the path of every key of a schema outside lists."""
    for name, field in model.model_fields.items():
        yield prefix + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _names(field.annotation, f"{prefix}{name}.")


def _model(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type of any kind
    """Return the model in an annotation such as ``tuple[Topic, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for argument in get_args(annotation) if (inner := _model(argument))), None)
