"""Small real parts that the tests are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from transformers import (
    BertConfig,
    BertModel,
    DebertaV2Config,
    DebertaV2Model,
    ModernBertConfig,
    ModernBertModel,
    PretrainedConfig,
    PreTrainedModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "vocab_size": 1000,
    "pad_token_id": 1,
}
ENCODERS: dict[str, tuple[type[PreTrainedModel], PretrainedConfig]] = {
    "bert": (BertModel, BertConfig(**SIZES)),
    "xlm-roberta": (XLMRobertaModel, XLMRobertaConfig(**SIZES, max_position_embeddings=514)),
    "deberta-v2": (DebertaV2Model, DebertaV2Config(**SIZES, relative_attention=True, pos_att_type=["p2c", "c2p"])),
    "modernbert": (
        ModernBertModel,
        ModernBertConfig(
            **SIZES, cls_token_id=0, sep_token_id=2, bos_token_id=0, eos_token_id=2, reference_compile=False
        ),
    ),
}


def random_encoder(name: str = "bert", seed: int = 0) -> PreTrainedModel:
    """Return a tiny encoder with random weights."""
    kind, config = ENCODERS[name]
    torch.manual_seed(seed)
    return kind(config).eval()


@contextmanager
def no_progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show nothing."""
    yield lambda _: None


def packed_table(rows: int, width: int, seed: int = 0) -> torch.Tensor:
    """Return random rows in 4-bit groups, with scales that are finite."""
    draw = np.random.default_rng(seed)
    groups = draw.integers(0, 256, (rows, width // 32, 18), dtype=np.uint8)
    groups[..., :2] = draw.uniform(1e-4, 0.1, (rows, width // 32, 1)).astype(np.float16).view(np.uint8)
    return torch.from_numpy(groups.reshape(rows, -1))
