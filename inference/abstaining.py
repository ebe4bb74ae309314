"""Answers that are not sure enough for the error that a user allows carry the reason instead of a claim."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from stancewire.errors import DataError, found_expected
from stancewire.predictions import Prediction, TopicPrediction

FILE = "abstention.json"


@dataclass(frozen=True, slots=True)
class Abstention:
    """What an answer needs, as ``stancewire evaluate`` found it on held-out records.

    Attributes:
        max_error: the share of answers that may be wrong.
        confidence: with which it holds, over the draw of the held-out stories.
        thresholds: kind of unit, topic, ``on`` or ``off``: the least confidence, ``None`` where none was good enough.
    """

    max_error: float
    confidence: float
    thresholds: Mapping[str, Mapping[str, Mapping[str, float | None]]]

    def apply(self, prediction: Prediction) -> Prediction:
        """Return the prediction with a reason on each topic of each unit that is not sure enough."""
        quotes = tuple(replace(quote, topics=self._topics(quote.topics, "quote")) for quote in prediction.quotes)
        return replace(prediction, topics=self._topics(prediction.topics, "article"), quotes=quotes)

    def _topics(self, topics: Mapping[str, TopicPrediction], kind: str) -> dict[str, TopicPrediction]:
        return {name: replace(topic, abstained=self._reason(topic, name, kind)) for name, topic in topics.items()}

    def _reason(self, topic: TopicPrediction, name: str, kind: str) -> str:
        said = "on" if topic.on else "off"
        sure = topic.probability * topic.stances[topic.stance] if topic.on else 1 - topic.probability
        least = self.thresholds.get(kind, {}).get(name, {}).get(said)
        if least is None:
            return f"no confidence was enough for an error of {self.max_error:g} on the held-out records"
        if sure < least:
            return f"confidence {sure:.2f}, at least {least:.2f} is needed for an error of {self.max_error:g}"
        return ""


def read_abstention(path: Path, max_error: float, checkpoint: str) -> Abstention:
    """Read the thresholds for an allowed error.

    Args:
        path: ``abstention.json``, or the folder that holds it: a report's, or a checkpoint's.
        max_error: between 0.01 and 0.3; hundredths count.
        checkpoint: digest of the one that answers.

    Raises:
        DataError: there is no such file, it is of another checkpoint, or the error is out of its range.
    """
    file = path / FILE if path.is_dir() else path
    try:
        record = json.loads(file.read_text("utf-8"))
        levels = {level["max_error"]: level["thresholds"] for level in record["levels"]}
        owner, confidence = record["checkpoint"]["sha256"], float(record["confidence"])
    except FileNotFoundError as error:
        raise DataError(
            f"{file}: no such file; expected thresholds for the allowed error: run stancewire evaluate MODEL RECORDS "
            "--report DIR on held-out records, and name DIR with --held-out (held_out= in Python)"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{file}: no readable thresholds ({error}); run stancewire evaluate on held-out records, name its report"
        ) from error
    if owner != checkpoint:
        raise DataError(found_expected(str(file), owner[:16], f"thresholds of the checkpoint {checkpoint[:16]}"))
    allowed = [level for level in levels if level <= max_error + 1e-9]
    if not allowed or max_error >= 1:
        raise DataError(found_expected("max_error", max_error, f"a share from {min(levels):g} to {max(levels):g}"))
    thresholds = {
        kind: {topic: {said: told["at_least"] for said, told in answers.items()} for topic, answers in topics.items()}
        for kind, topics in levels[max(allowed)].items()
    }
    return Abstention(max(allowed), confidence, thresholds)
