"""Topic and stance of multilingual news articles and of the quotes in them.

    from stancewire import predict, Predictor

Heavy parts are loaded when they are first asked for, so that ``import stancewire`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from stancewire.errors import CheckpointError, ConfigError, DataError, StancewireError
from stancewire.records import STANCES, Article, Quote, Speaker, Target

if TYPE_CHECKING:
    from stancewire.frames import label_frame
    from stancewire.inference.predictor import Predictor, predict
    from stancewire.inference.quotes import find_quotes

__version__ = version("stancewire")

__all__ = [
    "STANCES",
    "Article",
    "CheckpointError",
    "ConfigError",
    "DataError",
    "Predictor",
    "Quote",
    "Speaker",
    "StancewireError",
    "Target",
    "__version__",
    "find_quotes",
    "label_frame",
    "predict",
]

_LAZY = {
    "Predictor": "stancewire.inference.predictor",
    "predict": "stancewire.inference.predictor",
    "find_quotes": "stancewire.inference.quotes",
    "label_frame": "stancewire.frames",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'stancewire' has no attribute {name!r}")
