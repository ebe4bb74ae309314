"""Small real parts that the tests share: a tokenizer trained here, tiny random encoders, a few articles."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertModel,
    DebertaV2Config,
    DebertaV2Model,
    ModernBertConfig,
    ModernBertModel,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from stancewire.data import load_corpus
from stancewire.records import Article

torch.set_num_threads(1)

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


@pytest.fixture(scope="session")
def articles() -> list[Article]:
    """Return forty articles of the corpus, in several languages, with their quotes."""
    return [article for lang in ("fr", "de", "ja", "ar") for article in load_corpus("train", lang)[:10]]


@pytest.fixture(scope="session")
def tokenizer(articles: list[Article]) -> PreTrainedTokenizerFast:
    """Return a tokenizer of the kind that XLM-R has, trained on the articles."""
    core = Tokenizer(models.Unigram())
    core.normalizer = normalizers.NFKC()
    core.pre_tokenizer = pre_tokenizers.Metaspace()
    core.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=1000, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    core.train_from_iterator((article.text for article in articles), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=512,
    )


def random_encoder(name: str = "bert", seed: int = 0) -> PreTrainedModel:
    """Return a tiny encoder with random weights."""
    kind, config = ENCODERS[name]
    torch.manual_seed(seed)
    return kind(config).eval()


@pytest.fixture(scope="session")
def encoder_folder(tokenizer: PreTrainedTokenizerFast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a tiny BERT and its tokenizer, as a user's own encoder would lie on disk."""
    folder = tmp_path_factory.mktemp("encoder")
    random_encoder().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
