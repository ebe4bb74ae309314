"""Articles in and out of files, and the corpus that the project wrote.

    from stancewire.data import load_corpus, read_articles

Nothing here loads ``datasets``, ``pyarrow`` or ``datasketch`` before they are needed.
"""

from __future__ import annotations

from stancewire.data.build import build_corpus
from stancewire.data.corpus import corpus_dataset, data_digest, load_corpus
from stancewire.data.readers import read_articles, read_text

__all__ = [
    "build_corpus",
    "corpus_dataset",
    "data_digest",
    "load_corpus",
    "read_articles",
    "read_text",
]
