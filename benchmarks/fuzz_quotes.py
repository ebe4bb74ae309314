"""Throw texts of marks, letters, newlines and controls at the quote finder; print how many, how fast, and the slope.

    python benchmarks/fuzz_quotes.py --texts 1000000
    python benchmarks/fuzz_quotes.py --texts 0 --megabytes 10

Each text is a few pieces drawn at random: marks, words of reporting clauses, letters of all scripts, white space,
controls. For each the spans must be valid, ordered and apart, and the speaker must stand where it is said to stand.
The first text that fails is printed, with its seed. The slope is the exponent of time over length of one text.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time

from stancewire.data import load_corpus
from stancewire.inference.quotes import find_quotes
from stancewire.inference.quotes.lexicon import codes
from stancewire.records import Quote

MARKS = [
    "“",
    "”",
    "„",
    "«",
    "»",
    "‹",
    "›",
    "‘",
    "’",
    "‚",
    "'",
    '"',
    "「",
    "」",
    "『",
    "』",
    "《",
    "》",
    "``",
    "''",
    "—",
    "– ",
]
BREAKS = [" ", "\n", "\n\n", "\t", "\u00a0", "\u202f", "\u200b", "\x00", "\x1b", "\r\n", "\u2028", "\ufeff", "\u0301"]
SIGNS = [".", ",", ":", ";", "!", "?", "…", "。", "，", "、", "：", "؟", "،", "(", ")", "-", "’s", "1."]
WORDS = [
    "said",
    "dit",
    "sagte",
    "dijo",
    "disse",
    "zei",
    "mówił",
    "řekl",
    "сказал",
    "сказав",
    "dedi",
    "قال",
    "말했다",
    "述べた",
    "说",
    "she",
    "il",
    "er",
    "Maud",
    "Ferrier",
    "M.",
    "Dr.",
    "the",
]
RANGES = [(0x20, 0x24F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0x97F), (0x1E00, 0x206F), (0x3000, 0x30FF)]
RANGES += [(0x4E00, 0x4FFF), (0xAC00, 0xAD00), (0xFB00, 0xFB06), (0xFE00, 0xFFFD), (0x1F600, 0x1F640), (0, 0x1F)]


def random_text(draw: random.Random) -> str:
    """Return up to forty pieces in a row."""
    pieces = []
    for _ in range(draw.randint(0, 40)):
        kind = draw.random()
        if kind < 0.3:
            pieces.append(draw.choice(MARKS))
        elif kind < 0.45:
            pieces.append(draw.choice(BREAKS))
        elif kind < 0.55:
            pieces.append(draw.choice(SIGNS))
        elif kind < 0.85:
            pieces.append(draw.choice((" ", "")) + draw.choice(WORDS))
        else:
            low, high = draw.choice(RANGES)
            pieces.append("".join(chr(draw.randint(low, high)) for _ in range(draw.randint(1, 6))))
    return "".join(pieces)


def fault(text: str, quotes: list[Quote]) -> str | None:
    """Say what is wrong with an answer, if anything."""
    end_of_last = 0
    for quote in quotes:
        for start, end in quote.spans:
            if not end_of_last <= start < end <= len(text):
                return f"span {start}, {end} after {end_of_last} in {len(text)} characters"
            end_of_last = end
        speaker = quote.speaker
        if speaker and (speaker.span is None or text[slice(*speaker.span)] != speaker.text or not speaker.entity):
            return f"speaker {speaker}"
    return None


def fuzz(count: int, seed: int) -> int:
    """Try ``count`` texts; return how many failed."""
    languages = [None, *codes()]
    failed, begin = 0, time.perf_counter()
    for number in range(count):
        draw = random.Random(f"{seed}.{number}")  # noqa: S311 - not a secret
        text, lang = random_text(draw), draw.choice(languages)
        try:
            wrong = fault(text, find_quotes(text, lang))
        except Exception as error:
            wrong = repr(error)
        if wrong:
            failed += 1
            print(f"{seed}.{number} {lang}: {wrong}: {text!r}", flush=True)
    print(f"{count:,} texts, {failed:,} failed, {count / (time.perf_counter() - begin):,.0f} a second")
    return failed


def slope(megabytes: float) -> None:
    """Print the time for one text of growing length, made of the corpus, and the exponent that fits it."""
    whole = "\n\n".join(article.text for article in load_corpus(lang="fr"))
    points = []
    for part in (0.125, 0.25, 0.5, 1.0):
        size = round(megabytes * 1e6 * part)
        text = (whole * (size // len(whole) + 1))[:size]
        begin = time.process_time()
        found = len(find_quotes(text, "fr"))
        points.append((len(text), time.process_time() - begin))
        print(f"{len(text) / 1e6:6.2f} M characters, {found:,} quotes: {points[-1][1]:6.1f} s")
    (first, took_first), (last, took_last) = points[0], points[-1]
    print(f"slope {math.log(took_last / took_first) / math.log(last / first):.2f} (1 is linear)")


def main() -> None:
    """Fuzz, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=100_000, help="how many random texts (default: 100,000)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other texts")
    parser.add_argument("--megabytes", type=float, default=0, help="time one text of so many million characters")
    options = parser.parse_args()
    failed = fuzz(options.texts, options.seed) if options.texts else 0
    if options.megabytes:
        slope(options.megabytes)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
