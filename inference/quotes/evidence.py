"""Named evidence that is built once and weighed once: mentions that look alike share it."""

from __future__ import annotations

from collections.abc import Mapping


class Evidence:
    """What speaks for a mention, by name; compared by identity, so that it can be kept and shared.

    Args:
        features: name to strength; what is nought is left out.
        parts: evidence that this adds to.
    """

    __slots__ = ("_parts", "_total", "_weights", "features")

    def __init__(self, features: Mapping[str, float], *parts: Evidence) -> None:
        self.features = {name: float(value) for name, value in features.items() if value}
        self._parts = parts
        self._weights: Mapping[str, float] | None = None
        self._total = 0.0

    def weighed(self, weights: Mapping[str, float]) -> float:
        """Return the sum of the weights; added up once as long as the weights are the same object."""
        if self._weights is not weights:
            total = sum(weights.get(name, 0.0) * value for name, value in self.features.items())
            self._total = total + sum(part.weighed(weights) for part in self._parts)
            self._weights = weights
        return self._total

    def to_dict(self) -> dict[str, float]:
        """Return every feature by name, those of the parts too."""
        out = dict(self.features)
        for part in self._parts:
            out |= part.to_dict()
        return out


NOTHING = Evidence({})
