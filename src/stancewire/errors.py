"""What a user can get wrong, as exceptions whose text is one sentence with its remedy."""

from __future__ import annotations


class StancewireError(Exception):
    """Base of every error that a user can mend; the command line prints it and exits with code 2."""


class DataError(StancewireError):
    """A record, a text or a file of records is not what the codebook says."""


class ConfigError(StancewireError):
    """A YAML file or an override does not fit the schema; the text lists every fault with its path."""


class CheckpointError(StancewireError):
    """A checkpoint or an encoder is missing, truncated or of another kind."""


def found_expected(where: str, found: object, expected: str) -> str:
    """Return ``where: found X, expected Y`` with ``found`` cut to a readable length."""
    shown = repr(found)
    if len(shown) > 80:
        shown = shown[:77] + "..."
    return f"{where}: found {shown}, expected {expected}"
