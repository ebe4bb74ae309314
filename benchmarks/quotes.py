"""Score the quote finder on labelled articles: spans and speakers, by language.

    python benchmarks/quotes.py --split test
    python benchmarks/quotes.py articles.jsonl news.jsonl.xz

Exact spans agree up to white space and punctuation at their ends, all spans of a quote; overlapping ones share at
least three tenths of their characters. A speaker counts where the quote was found (overlap): exact is the same words,
overlapping shares characters with the mention or holds its words; "nobody" must be answered by nobody.
"""

from __future__ import annotations

import argparse
import json
import lzma
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stancewire.data import load_corpus
from stancewire.inference.quotes import find_quotes
from stancewire.records import Article, Quote, Span, Speaker

OVERLAP = 0.3


@dataclass
class Tally:
    """Counts of one language."""

    articles: int = 0
    gold: int = 0
    found: int = 0
    exact: int = 0
    overlap: int = 0
    speakers: int = 0
    speakers_exact: int = 0
    speakers_overlap: int = 0
    named: int = 0

    def row(self) -> str:
        """Return the scores in one line; no speakers' scores where the articles name none at all."""
        exact, overlap = ("      -", "      -")
        if self.named:
            exact = f"{self.speakers_exact / self.speakers:7.3f}"
            overlap = f"{self.speakers_overlap / self.speakers:7.3f}"
        return (
            f"{self.articles:6} {self.gold:6} {self.found:6} {_f1(self.exact, self.found, self.gold):7.3f} "
            f"{_f1(self.overlap, self.found, self.gold):7.3f} {exact} {overlap}"
        )


def _f1(hits: int, found: int, gold: int) -> float:
    return 2 * hits / (found + gold) if found + gold else 0.0


def bare(text: str, span: Span) -> Span:
    """Return the span without white space and punctuation at its ends, as the codebook compares it."""
    start, end = span
    while start < end and _loose(text[start]):
        start += 1
    while end > start and _loose(text[end - 1]):
        end -= 1
    return start, end


def _loose(char: str) -> bool:
    return char.isspace() or unicodedata.category(char)[0] in "PC"


def _spans(text: str, quote: Quote) -> tuple[Span, ...]:
    return tuple(bare(text, span) for span in quote.spans)


def shared(first: Iterable[Span], second: Iterable[Span]) -> float:
    """Return the Jaccard overlap of two sets of spans, in characters."""
    one = {i for start, end in first for i in range(start, end)}
    other = {i for start, end in second for i in range(start, end)}
    return len(one & other) / len(one | other) if one | other else 0.0


def pair(text: str, gold: list[Quote], found: list[Quote]) -> list[tuple[Quote, Quote]]:
    """Return gold and found quotes that overlap, each used once, the greatest overlap first."""
    scores = [
        (score, i, j)
        for i, one in enumerate(gold)
        for j, other in enumerate(found)
        if (score := shared(_spans(text, one), _spans(text, other))) >= OVERLAP
    ]
    pairs, used_gold, used_found = [], set(), set()
    for _, i, j in sorted(scores, reverse=True):
        if i not in used_gold and j not in used_found:
            pairs.append((gold[i], found[j]))
            used_gold.add(i)
            used_found.add(j)
    return pairs


def judge(gold: Speaker | None, found: Speaker | None) -> tuple[bool, bool]:
    """Return whether a speaker is exactly right, and whether it is right up to its length."""
    if gold is None or found is None:
        return gold is found, gold is found
    one, other = gold.text.casefold(), found.text.casefold()
    touches = bool(gold.span and found.span and gold.span[0] < found.span[1] and found.span[0] < gold.span[1])
    return one == other, touches or one in other or other in one


def score(article: Article, tally: Tally, *, guess: bool) -> None:
    """Add one article to the counts."""
    text, gold = article.text, list(article.quotes)
    found = find_quotes(text, None if guess else article.lang)
    tally.articles += 1
    tally.gold += len(gold)
    tally.found += len(found)
    tally.exact += len({_spans(text, q) for q in gold} & {_spans(text, q) for q in found})
    pairs = pair(text, gold, found)
    tally.overlap += len(pairs)
    for one, other in pairs:
        exact, overlap = judge(one.speaker, other.speaker)
        tally.speakers += 1
        tally.named += one.speaker is not None
        tally.speakers_exact += exact
        tally.speakers_overlap += overlap


def read(paths: list[Path]) -> Iterator[Article]:
    """Yield the articles of JSON Lines files, packed with xz or not, whose quotes are annotated completely."""
    for path in paths:
        opener = lzma.open if path.suffix == ".xz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                record = json.loads(line)
                if record.get("quotes_complete", True):
                    yield Article.from_dict(record, f"{path}:{number}")


def main() -> None:
    """Print a table, one line a language."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="records; without any, the project's corpus")
    parser.add_argument("--split", default="dev", help="of the corpus: train, dev or test (default: dev)")
    parser.add_argument("--guess", action="store_true", help="do not tell the finder the language")
    options = parser.parse_args()
    tallies: dict[str, Tally] = defaultdict(Tally)
    for article in read(options.files) if options.files else load_corpus(options.split):
        score(article, tallies[article.lang or "?"], guess=options.guess)
    total = Tally(*(sum(getattr(t, name) for t in tallies.values()) for name in Tally.__dataclass_fields__))
    print("lang  articl quotes  found   exact overlap speaker sp.over")
    for name, tally in [*sorted(tallies.items()), ("all", total)]:
        print(f"{name:5} {tally.row()}")


if __name__ == "__main__":
    main()
