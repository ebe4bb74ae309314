"""The shipped default is whole, reads as it was trained to, and labels the examples as their README says."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from stancewire import Predictor, predict
from stancewire.models.files import verify_folder
from stancewire.predictions import Prediction

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def french() -> Prediction:
    result = predict((EXAMPLES / "fr-otan-seoul.txt").read_text("utf-8"))
    assert isinstance(result, Prediction)
    return result


def test_every_file_has_the_digest_of_the_manifest() -> None:
    verify_folder(Path(str(files("stancewire.models"))) / "default")


def test_tokens_are_those_of_the_original_tokenizer() -> None:
    tokenizer = Predictor.load().checkpoint.tokenizer
    # Tokenizers have changed silently from one release to the next; these ids are multilingual-e5-small's own.
    assert tokenizer("query: Bonjour le monde")["input_ids"] == [0, 41, 1294, 12, 84602, 95, 11146, 2]


def test_the_outlet_is_neutral_on_what_its_story_is_about(french: Prediction) -> None:
    on = {name: topic.stance for name, topic in french.topics.items() if topic.on}
    assert on == {"defense": "neutral", "diplomacy": "neutral"}


def test_each_side_stands_where_the_example_puts_it(french: Prediction) -> None:
    stances = {
        (quote.speaker.text if quote.speaker else "", topic.stance)
        for quote in french.quotes
        for name, topic in quote.topics.items()
        if name == "defense" and topic.on
    }
    assert ("Henrik Valdelund", "support") in stances
    assert ("Pyongyang", "oppose") in stances
    assert not {stance for who, stance in stances if "Valdelund" in who} - {"support"}
