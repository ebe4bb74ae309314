"""The model card that goes with every checkpoint, and the provenance that it is written from."""

from __future__ import annotations

import datetime as dt
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from stancewire.config import DataSource, RunConfig
from stancewire.data import data_digest
from stancewire.records import Article
from stancewire.training.heads import HeadsEpoch

PACKAGES = ("stancewire", "torch", "transformers", "tokenizers", "accelerate", "numpy", "scikit-learn")


def source_record(source: DataSource, articles: Sequence[Article]) -> dict[str, Any]:
    """Return what is known of one data source: counts, digest, languages and licences."""
    stated = source.license or ("CC-BY-4.0" if source.path == "corpus" else "not stated")
    licences = Counter(str(article.extra.get("license") or stated) for article in articles)
    return {
        "path": source.path,
        "split": source.split,
        "weight": source.weight,
        "articles": len(articles),
        "quotes": sum(len(article.quotes) for article in articles),
        "languages": dict(Counter(article.lang or "?" for article in articles).most_common()),
        "licences": dict(licences.most_common()),
        "redistributable": all(article.extra.get("redistributable", source.path == "corpus") for article in articles),
        "sha256": data_digest(articles),
    }


def provenance(
    config: RunConfig,
    train: Sequence[Mapping[str, Any]],
    dev: Sequence[Mapping[str, Any]],
    epochs: Sequence[HeadsEpoch],
    scores: Mapping[str, float],
) -> dict[str, Any]:
    """Return all that is needed to say where a checkpoint comes from.

    Args:
        config: resolved.
        train: a record of each training source.
        dev: a record of each dev source.
        epochs: of the heads.
        scores: dev score by stage, and which stage was kept.
    """
    return {
        "name": config.name,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "seed": config.seed,
        "encoder": config.encoder.name,
        "versions": {package: version(package) for package in PACKAGES},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "train": list(train),
        "dev": list(dev),
        "heads_epochs": len(epochs),
        "dev_scores": dict(scores),
    }


def model_card(config: RunConfig, facts: Mapping[str, Any]) -> str:
    """Return the model card in Markdown, with the metadata block that the Hugging Face Hub reads."""
    languages = sorted({lang for source in facts["train"] for lang in source["languages"] if lang != "?"})
    rows = [
        f"| {source['path']}{' (' + source['split'] + ')' if source['split'] else ''} | {source['weight']:g} "
        f"| {source['articles']:,} | {source['quotes']:,} | {', '.join(source['languages'])} "
        f"| {', '.join(source['licences'])} | `{source['sha256'][:16]}` |"
        for source in facts["train"]
    ]
    topics = [f"- **{topic.name}**: {topic.description}" for topic in config.labels.topics]
    reached = facts["dev_scores"]
    scores = [f"- {stage}: {value:.4f}" for stage, value in reached.items()]
    if reached.get("encoder", 1.0) <= reached["heads"]:
        scores.append("\nTuning the encoder did not help: the heads on the encoder as it was are kept.")
    front = ["---", "library_name: stancewire", "pipeline_tag: text-classification", "language:"]
    front += [f"- {lang}" for lang in languages] or ["- multilingual"]
    front += ["tags:", "- stance-detection", "- topic-classification", "- news", "---"]
    return "\n".join(
        [
            *front,
            "",
            f"# {config.name}",
            "",
            "Labels news articles and the quotes in them by topic and stance. Load it with stancewire:",
            "",
            "```python",
            "from stancewire import Predictor",
            f'predictor = Predictor.load("PATH/TO/{config.name}")',
            "```",
            "",
            "## Labels",
            "",
            *topics,
            "",
            "Stances: " + ", ".join(config.labels.stances) + ". The stance of the article is the outlet's own voice;",
            "the stance of a quote is its speaker's.",
            "",
            "## Training",
            "",
            f"Encoder `{config.encoder.name}`, mode `{config.model.mode}`, "
            f"windows of {config.encoder.window_tokens} tokens, "
            f"seed {config.seed}, {facts['date'][:10]}.",
            "The full config is `run.yaml`; digests and versions are in `provenance.json`.",
            "",
            "| source | weight | articles | quotes | languages | licence | sha256 |",
            "|---|--:|--:|--:|---|---|---|",
            *rows,
            "",
            "## Dev score",
            "",
            "Mean of macro average precision (topics) and macro-F1 (stances), by stage:",
            "",
            *scores,
            "",
            "## Limits",
            "",
            "- Probabilities are calibrated on the dev sources above; on text of another kind they can be off.",
            "- A label says what a text says, not whether it is true, and not what its speaker thinks elsewhere.",
            "- Do not use it to decide about a person.",
            "",
        ]
    )
