"""Fixtures that the tests share: a few articles, a tokenizer trained on them, a tiny encoder and a run with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import yaml
from tiny import no_progress, random_encoder
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from stancewire.config_files import load_config
from stancewire.data import load_corpus
from stancewire.records import Article
from stancewire.training.run import run_training

torch.set_num_threads(1)

RECORDS_PER_SET = 12


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
    trainer = trainers.UnigramTrainer(vocab_size=1000, special_tokens=special, unk_token="<unk>", show_progress=False)
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


@pytest.fixture(scope="session")
def encoder_folder(tokenizer: PreTrainedTokenizerFast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a tiny BERT and its tokenizer, as a user's own encoder would lie on disk."""
    folder = tmp_path_factory.mktemp("encoder")
    random_encoder().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def config_file(encoder_folder: Path, articles: list[Article], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a YAML that trains the tiny encoder on a few articles, in seconds."""
    folder = tmp_path_factory.mktemp("config")
    for name, chosen in (("train", articles[:-RECORDS_PER_SET]), ("dev", articles[-RECORDS_PER_SET:])):
        lines = (json.dumps(article.to_dict(), ensure_ascii=False) + "\n" for article in chosen)
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    config = {
        "name": "tiny",
        "output": str(folder / "run"),
        "labels": "labels/newswire.yaml",
        "encoder": {"name": str(encoder_folder), "window_tokens": 48, "middle_layer": 2},
        "model": {"projection": 16, "hidden": 16},
        "data": {"train": [{"path": "train.jsonl"}], "dev": [{"path": "dev.jsonl"}]},
        "heads": {"epochs": 2},
        "training": {
            "epochs": 2,
            "tokens_per_batch": 2048,
            "save_steps": 2,
            "evaluate_steps": 4,
            "lr": 1e-3,
            "precision": "fp32",
        },
    }
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(config), "utf-8")
    return path


@pytest.fixture(scope="session")
def checkpoint_folder(config_file: Path) -> Path:
    """Return a checkpoint that a whole tiny run made."""
    return run_training(load_config(config_file), lambda _: None, no_progress)
