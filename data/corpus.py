"""The corpus that the project wrote, as it ships with the package (CC BY 4.0)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancewire.data.authoring import LANGUAGES
from stancewire.data.build import CORPUS_FILE
from stancewire.data.readers import read_articles
from stancewire.data.tables import features, row_of_article
from stancewire.errors import DataError, found_expected
from stancewire.records import Article

if TYPE_CHECKING:
    from datasets import DatasetDict

SPLITS = ("train", "dev", "test")


def load_corpus(split: str | None = None, lang: str | None = None) -> list[Article]:
    """Return the articles of the corpus; ``extra`` has their ``kind``, ``split`` and ``set`` (1 to 4).

    Args:
        split: ``train``, ``dev`` or ``test``; all if not given.
        lang: a language code such as ``fr``; all 16 if not given.

    Raises:
        DataError: there is no such split or language.
    """
    if split is not None and split not in SPLITS:
        raise DataError(found_expected("split", split, f"one of {', '.join(SPLITS)}"))
    if lang is not None and lang not in LANGUAGES:
        raise DataError(found_expected("lang", lang, f"one of {', '.join(LANGUAGES)}"))
    with as_file(files("stancewire.data") / "corpus" / CORPUS_FILE) as path:
        articles = list(read_articles(path))
    return [a for a in articles if split in (None, a.extra["split"]) and lang in (None, a.lang)]


def corpus_dataset() -> DatasetDict:
    """Return the corpus as a ``datasets.DatasetDict`` with train, dev and test; ``read_articles`` reads its splits."""
    from datasets import Dataset, DatasetDict

    schema = features()
    rows: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    for article in load_corpus():
        rows[article.extra["split"]].append(row_of_article(article))
    return DatasetDict({split: Dataset.from_list(part, features=schema) for split, part in rows.items()})


def data_digest(source: str | Path | Iterable[Article]) -> str:
    """Return the SHA-256 of the records as canonical JSON, in their order: the same in whatever file they lie.

    Args:
        source: articles, or a path that :func:`read_articles` reads.
    """
    articles = read_articles(source) if isinstance(source, str | Path) else source
    digest = hashlib.sha256()
    for article in articles:
        line = json.dumps(article.to_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()
