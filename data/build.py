"""Compile the authoring texts into the corpus: ``corpus.jsonl.xz`` with splits and sets."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from stancewire.data.authoring import parse_article, split_blocks
from stancewire.errors import DataError, found_expected
from stancewire.files import whole_file
from stancewire.records import Article

SETS = {1: "text", 2: "text2", 3: "text3", 4: "text4", 5: "text5"}
"""The sets of the corpus and the folders of their texts, one file a language."""

CORPUS_FILE = "corpus.jsonl.xz"


def split_of(identifier: str) -> str:
    """Return train, dev or test, drawn from the article's id alone, so that an article never changes sides.

    Parallel stories (``fr-p07``, ``de-p07``, ...) are drawn by their number: all languages of one share a split.
    """
    story = identifier.partition("-")[2]
    key = f"story-{story}" if story.startswith("p") else identifier
    percent = int(hashlib.sha256(key.encode()).hexdigest(), 16) % 100
    return "test" if percent < 20 else "dev" if percent < 30 else "train"


def build_corpus(folder: Path) -> list[Article]:
    """Compile the authoring texts under ``folder`` (``text/LANG.txt``, ``text2/...``, ``text3/...``).

    Args:
        folder: the corpus folder.

    Returns:
        The articles by set, language and place in the file, with ``kind``, ``split`` and ``set`` in ``extra``.

    Raises:
        DataError: some articles have faults; the text lists all of them, each with file and article.
    """
    articles: list[Article] = []
    faults: list[str] = []
    for number, name in SETS.items():
        for path in sorted((folder / name).glob("*.txt")):
            found, wrong = _compile_file(path, f"{name}/{path.name}", number)
            articles += found
            faults += wrong
    faults += _repeated(articles)
    if faults:
        raise DataError(f"{len(faults)} faults in the corpus\n" + "\n".join(faults))
    if not articles:
        raise DataError(found_expected(str(folder), [], f"texts in {', '.join(SETS.values())}, as {SETS[1]}/fr.txt"))
    return articles


def _compile_file(path: Path, place: str, number: int) -> tuple[list[Article], list[str]]:
    try:
        preamble, *blocks = split_blocks(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        return [], [found_expected(f"{place}: byte {error.start}", error.object[error.start : error.end], "UTF-8")]
    articles: list[Article] = []
    faults: list[str] = []
    if preamble.strip():
        faults.append(found_expected(place, preamble.strip(), "'=== ID' before any text"))
    for block in blocks:
        article, wrong = parse_article(block, place, {"set": number})
        faults += wrong
        if article is None:
            continue
        if article.lang != path.stem:
            faults.append(found_expected(f"{place}: {article.id}", article.lang, f"the file's language, {path.stem}"))
        articles.append(replace(article, extra={**article.extra, "split": split_of(article.id)}))
    return articles, faults


def _repeated(articles: list[Article]) -> list[str]:
    places: dict[str, str] = {}
    faults = []
    for article in articles:
        place = f"{SETS[article.extra['set']]}/{article.lang}.txt"
        if article.id in places:
            faults.append(
                found_expected(f"{place}: {article.id}", article.id, f"an id that {places[article.id]} has not")
            )
        places.setdefault(article.id, place)
    return faults


def write_corpus(articles: Iterable[Article], path: Path) -> None:
    """Write ``articles`` as compressed JSON Lines; the same articles give the same bytes."""
    lines = "".join(json.dumps(article.to_dict(), ensure_ascii=False) + "\n" for article in articles)
    replace_file(path, lzma.compress(lines.encode(), preset=9 | lzma.PRESET_EXTREME))


def replace_file(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, which appears whole or not at all."""
    with whole_file(path) as partial:
        partial.write_bytes(content)
