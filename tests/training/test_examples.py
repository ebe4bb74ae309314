"""What a record does not annotate is not trained on."""

from __future__ import annotations

import pytest
from transformers import PreTrainedTokenizerFast

from stancewire.config import LossConfig
from stancewire.config_files import load_labels
from stancewire.inference.reading import Reader
from stancewire.models.network import IGNORED, StanceConfig
from stancewire.records import STANCES, Article
from stancewire.training.examples import Balance, Pair, make_examples

LABELS = load_labels("labels/newswire.yaml")


def pairs(tokenizer: PreTrainedTokenizerFast, record: dict[str, object], strangers: tuple[str, ...] = ()) -> list[Pair]:
    reader = Reader(tokenizer, StanceConfig(window_tokens=48))
    article = Article.from_dict({"id": "a", "text": "Ils livrent des armes.", **record})
    return [pair for example in make_examples([article], LABELS, reader, strangers) for pair in example.pairs]


def test_a_record_without_annotation_gives_no_pair(tokenizer: PreTrainedTokenizerFast) -> None:
    assert pairs(tokenizer, {}) == []


def test_topics_that_are_off_are_negatives_and_unknown_ones_are_left_out(tokenizer: PreTrainedTokenizerFast) -> None:
    found = pairs(tokenizer, {"topics": {"defense": "support"}, "unknown": ["diplomacy"]})
    assert [(p.topic, p.relevance, p.stance) for p in found] == [(0, 1, STANCES.index("support")), (1, 0, IGNORED)]


def test_a_topic_that_is_on_without_a_stance_trains_relevance_alone(tokenizer: PreTrainedTokenizerFast) -> None:
    found = pairs(tokenizer, {"topics": {"sanctions": "on"}})
    assert (found[1].relevance, found[1].stance) == (1, IGNORED)


def test_an_annotated_target_is_joined_by_a_stranger_as_unrelated(tokenizer: PreTrainedTokenizerFast) -> None:
    target = {"unit": "article", "target": "arms for Ukraine", "stance": "oppose"}
    found = pairs(tokenizer, {"targets": [target]}, ("school meals",))
    assert [(p.target, p.relevance, p.stance) for p in found] == [
        ("arms for Ukraine", 1, STANCES.index("oppose")),
        ("school meals", 0, IGNORED),
    ]
    unrelated = pairs(tokenizer, {"targets": [target | {"stance": "unrelated"}]}, ("school meals",))
    assert [(p.relevance, p.stance) for p in unrelated] == [(0, IGNORED)]


def test_rare_classes_weigh_more_and_none_where_the_config_says_so(
    tokenizer: PreTrainedTokenizerFast, articles: list[Article]
) -> None:
    examples = make_examples(articles, LABELS, Reader(tokenizer, StanceConfig(window_tokens=48)))
    even = Balance.of(examples, 3, LossConfig(balance="none"))
    assert (even.relevance == 1).all()
    assert (even.stance == 1).all()
    root, full = (Balance.of(examples, 3, LossConfig(balance=how)) for how in ("sqrt", "inverse"))
    assert root.relevance[1, 0] ** 2 == pytest.approx(full.relevance[1, 0])
    assert full.stance[0].argmin() == STANCES.index("neutral"), "most articles are neutral"
