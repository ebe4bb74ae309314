"""From logits to probabilities and labels: scales fitted on held-out data, and thresholds of topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from stancewire.errors import CheckpointError


@dataclass(frozen=True, slots=True)
class Scale:
    """A logit ``x`` becomes ``x * slope + shift`` (Platt 1999); with ``shift`` 0 it is temperature scaling.

    Training weighs rare classes up, which moves all logits: the shift takes that back.
    """

    slope: float = 1.0
    shift: float = 0.0

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        """Return the calibrated logits."""
        return np.asarray(logits * self.slope + self.shift)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the dev set said about the logits; unit kinds are ``article`` and ``quote``.

    Attributes:
        relevance: scale of the relevance of topics by unit kind.
        stance: scale of the stance logits by unit kind (Guo et al. 2017, https://arxiv.org/abs/1706.04599).
        targets: scale of the relevance of open targets.
        thresholds: unit kind to topic to the probability from which the topic is on.
    """

    relevance: Mapping[str, Scale] = field(default_factory=dict)
    stance: Mapping[str, Scale] = field(default_factory=dict)
    targets: Scale = field(default_factory=Scale)
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def relevance_probability(self, logits: np.ndarray, kind: str) -> np.ndarray:
        """Return the probability that a unit of ``kind`` is about a topic, for logits of any shape."""
        return _sigmoid(self.relevance.get(kind, Scale())(logits))

    def target_probability(self, logits: np.ndarray) -> np.ndarray:
        """Return the probability that a unit touches an open target, for logits of any shape."""
        return _sigmoid(self.targets(logits))

    def stance_probabilities(self, logits: np.ndarray, kind: str) -> np.ndarray:
        """Return the probabilities of the stances (..., 3) for logits (..., 3)."""
        scaled = self.stance.get(kind, Scale())(logits)
        powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))

    def threshold(self, kind: str, topic: str) -> float:
        """Return the probability from which ``topic`` is on in a unit of ``kind``."""
        return self.thresholds.get(kind, {}).get(topic, 0.5)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``calibration.json`` of a checkpoint."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], where: str = "calibration.json") -> Calibration:
        """Read the JSON form.

        Raises:
            CheckpointError: a field is missing or is not a number.
        """
        try:
            return cls(
                relevance={kind: Scale(**scale) for kind, scale in record["relevance"].items()},
                stance={kind: Scale(**scale) for kind, scale in record["stance"].items()},
                targets=Scale(**record["targets"]),
                thresholds={
                    kind: {t: float(v) for t, v in topics.items()} for kind, topics in record["thresholds"].items()
                },
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError(
                f"{where}: found {error!r}, expected relevance, stance, targets, thresholds"
            ) from error


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))
