"""The network gives a unit and a target one score, whatever is read beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny import ENCODERS, random_encoder
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from stancewire.inference.reading import Reader
from stancewire.models.layout import Layout, collate
from stancewire.models.network import IGNORED, StanceConfig, StanceModel, pair_loss
from stancewire.records import Article

TARGETS = ["defense: armed forces", "sanctions: an embargo", "diplomacy: talks", "L'UE doit-elle lever les sanctions ?"]


def network(encoder: str = "bert", mode: str = "single_pass") -> StanceModel:
    body = random_encoder(encoder)
    config = StanceConfig(
        encoder=body.config.to_dict(), mode=mode, window_tokens=96, middle_layer=2, projection=16, hidden=16
    )
    torch.manual_seed(1)
    return StanceModel(config, body).eval()


def scores(model: StanceModel, layouts: list[Layout], targets: list[Layout]) -> Tensor:
    """Return relevance and stance of all units and targets (U, T, 4)."""
    batch = collate(layouts, targets, pad_id=1)
    units = len(batch["unit_own"])
    with torch.no_grad():
        out = model(
            **batch,
            pair_unit=torch.arange(units).repeat_interleave(len(targets)),
            pair_target=torch.arange(len(targets)).repeat(units),
        )
    return torch.cat([out.relevance[:, None], out.stance], dim=1).reshape(units, len(targets), 4)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_score_depends_on_neither_batch_nor_padding_nor_other_targets(
    encoder: str, tokenizer: PreTrainedTokenizerFast, articles: list[Article]
) -> None:
    model = network(encoder)
    reader = Reader(tokenizer, model.config)
    layouts = [reader.article(article) for article in articles[:6]]
    targets = [reader.target(text) for text in TARGETS]
    together = scores(model, layouts, targets)
    alone = scores(model, layouts[2:3], targets[1:2])
    first = sum(len(layout.units) for layout in layouts[:2])
    inside = together[first : first + len(layouts[2].units), 1:2]
    torch.testing.assert_close(inside, alone, atol=1e-5, rtol=0)
    reordered = scores(model, layouts[::-1], targets[::-1])
    last = reordered[-len(layouts[0].units) :].flip(1)
    torch.testing.assert_close(last, together[: len(layouts[0].units)], atol=1e-5, rtol=0)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("mode", ["single_pass", "pair"])
def test_saved_and_loaded_weights_are_the_same(encoder: str, mode: str, tmp_path: Path) -> None:
    model = network(encoder, mode)
    model.save_pretrained(tmp_path)
    assert not list(tmp_path.glob("*.bin"))
    loaded = StanceModel.from_pretrained(tmp_path)
    state = loaded.state_dict()
    assert state.keys() == model.state_dict().keys()
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_pair_mode_scores_a_pair_alone_as_among_others(
    tokenizer: PreTrainedTokenizerFast, articles: list[Article]
) -> None:
    model = network(mode="pair")
    reader = Reader(tokenizer, model.config)
    article = next(article for article in articles if len(article.quotes) > 1)
    asked = [(unit, target) for unit in ("article", 0, 1) for target in TARGETS]

    def pair_scores(layout: Layout) -> Tensor:
        each = torch.arange(len(layout.units))
        with torch.no_grad():
            return model(**collate([layout], [], 1), pair_unit=each, pair_target=torch.zeros_like(each)).relevance

    together = pair_scores(reader.pairs(article, asked))
    alone = pair_scores(reader.pairs(article, asked[5:6]))
    torch.testing.assert_close(together[5:6], alone, atol=1e-5, rtol=0)


def test_pairs_that_are_not_annotated_leave_the_loss_as_it_is() -> None:
    relevance, stance = torch.tensor([0.3, -0.2, 2.0]), torch.randn(3, 3)
    known = (torch.tensor([1, 0]), torch.tensor([2, IGNORED]))
    masked = (torch.tensor([1, 0, IGNORED]), torch.tensor([2, IGNORED, IGNORED]))
    short = pair_loss(relevance[:2], stance[:2], *known, None, None)
    assert torch.equal(pair_loss(relevance, stance, *masked, None, None), short)
    nothing = torch.full((3,), IGNORED)
    assert pair_loss(relevance, stance, nothing, nothing, None, None) == 0
