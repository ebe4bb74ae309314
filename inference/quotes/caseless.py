"""Noun phrases in scripts without capitals: Arabic, Korean, Japanese and Chinese, each by its own signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from stancewire.inference.quotes.lexicon import Language
from stancewire.inference.quotes.words import Word, adjacent, read_words
from stancewire.records import Span

Found = Iterator[tuple[Span, str]]


_AR_ADVERB = ("اً", "ًا")


def _leads(word: Word, language: Language) -> bool:
    """Whether a subject may follow: but, as for, while, was; not a preposition, nor "that"."""
    return (
        word.stop
        and not word.article
        and word.text not in language["prepositions"]
        and word.text not in language["that"]
    )


def arabic(text: str, start: int, end: int, language: Language) -> Found:
    """Read Arabic: what follows a verb of speech, an office or a title, or opens a clause, up to what ends it."""
    words = read_words(text, start, end, language)
    that = language["that"]
    for i, word in enumerate(words):
        after_verb = i > 0 and words[i - 1].verb and adjacent(text, words[i - 1], word)
        opens = i == 0 or not adjacent(text, words[i - 1], word) or _leads(words[i - 1], language)
        if not (after_verb or word.role or word.title or opens) or word.verb or (word.stop and not word.article):
            continue
        if word.text.endswith(_AR_ADVERB):
            continue
        ends: list[int] = []
        j = i
        while j < len(words) and j - i < 9 and (j == i or adjacent(text, words[j - 1], words[j])):
            if words[j].joint or words[j].text in {"السابق", "السابقة"}:
                if words[j].text in {"السابق", "السابقة"}:
                    ends.append(words[j].end)
                j += 1
                continue
            if (words[j].verb and j > i and not words[j].role) or words[j].text in that or (words[j].stop and j > i):
                break
            if words[j].text.endswith(_AR_ADVERB):
                break
            ends.append(words[j].end)
            j += 1
        lead = i
        while lead < j and (words[lead].role or words[lead].title):
            lead += 1
        kind = "role" if word.role or word.title else "name"
        for stop in dict.fromkeys([*ends[:4], *ends[-2:]]):
            yield (
                (word.start, stop),
                "both" if kind == "role" and stop > words[min(lead, j - 1)].start and lead > i else kind,
            )
        for k in range(max(lead, i + 1), min(lead + 3, j)):
            if kind == "role" and ends and not words[k].stop:
                yield (words[k].start, ends[-1]), "name"
                yield (words[k].start, ends[min(len(ends) - 1, k - i + 1)]), "name"


_KO_NOUN_END = re.compile(r"(?:께서는?|은|는|이|가|도|의|에게)$")
_KO_PRONOUN = re.compile("(?:그|그녀|이들|그들|이|저|나|우리|누구|자신|본인)(?:께서는?|은|는|이|가|도|의|에게)?")
_KO_OTHER_END = re.compile(r"(?:은|는|을|를|에|에서|에게|으로|로|고|며|서|한|된|할|던|와|과|도|다|면|지|자|해|던)$")


def korean(text: str, start: int, end: int, language: Language) -> Found:
    """Read Korean: what a subject marker, a colon or an office ends, with the words before it."""
    words = [match.span() for match in re.finditer(r"[\w\-()·]+", text[start:end])]
    words = [(a + start, b + start) for a, b in words]
    for i, (begin, stop) in enumerate(words):
        match = _KO_NOUN_END.search(text, begin, stop)
        colon = text[stop : stop + 1] in {":", "："}
        stops = [stop]
        if match and match.start() > begin:
            stops.append(match.start())
        if text[begin:stop].endswith(("이다", "다")):
            stops.append(stop - (2 if text[begin:stop].endswith("이다") else 1))
        role = any(language["roles"].find(text, begin, stop))
        if _KO_PRONOUN.fullmatch(text, begin, stop):
            continue
        if not (match or colon or role or i == len(words) - 1):
            continue
        lefts = [begin]
        j = i
        while j > 0 and i - j < 5 and text[words[j - 1][1] : words[j][0]] == " ":
            previous = text[words[j - 1][0] : words[j - 1][1]]
            short_name = len(previous) >= 2 and not _KO_OTHER_END.search(previous)
            if not (short_name or previous.endswith("의") or previous in language["articles"] or i - j < 2):
                break
            j -= 1
            lefts.append(words[j][0])
        for last in stops:
            for left in lefts:
                if last - left < 2:
                    continue
                yield (left, last), "both" if role and left < begin else "role" if role else "name"
        for left in lefts[1:] if role else ():
            yield (left, words[i - 1][1]), "name"


_JA_RUN = re.compile(r"[\u30a0-\u30ff\u4e00-\u9fff々A-Za-zＡ-Ｚａ-ｚ’＝=・．\-0-9０-９]+(?:さん|ら|たち)?")


def japanese(text: str, start: int, end: int, language: Language) -> Found:
    """Read Japanese: runs of kanji, katakana and Latin letters, joined by の, with and without さん."""
    runs = [match.span() for match in _JA_RUN.finditer(text, start, end)]
    for i, (begin, stop) in enumerate(runs):
        role = any(language["roles"].find(text, begin, stop))
        kind = "both" if role and re.search("[\u30a0-\u30ff]", text[begin:stop]) else "role" if role else "name"
        stops = [stop]
        if text[stop - 2 : stop] == "さん":
            stops.append(stop - 2)
        lefts = [begin]
        kana = re.search(r"[\u30a0-\u30ff]", text[begin:stop])
        if kana and kana.start():
            lefts.append(begin + kana.start())
        j = i
        while j > 0 and i - j < 3 and text[runs[j - 1][1] : runs[j][0]] == "の":
            j -= 1
            lefts.append(runs[j][0])
        tail = re.search(r"(?<=[\u30a0-\u30ff])[\u4e00-\u9fff]", text[begin:stop])
        if tail:
            stops.append(begin + tail.start())
        if text[stop - 1] == "氏":
            stops.append(stop - 1)
        for last in stops:
            for left in lefts:
                yield (left, last), kind


_ZH_CLAUSE = re.compile(r"[^，。！？；：、,.!?;:\s（）()“”「」『』\"]+")


@cache
def _foreign(language: Language) -> re.Pattern[str]:
    """Return what matches a foreign name, which is written with the few characters that sound like syllables."""
    letters = "".join(sorted(language["letters"].exact))
    return re.compile(f"[{letters}]+(?:[·・‧•\\-－][{letters}\u4e00-\u9fff]?[{letters}]*)+|[{letters}]{{2,}}")


@cache
def _native(language: Language) -> re.Pattern[str]:
    """Return what matches a surname, the longest first."""
    surnames = sorted((re.escape(name) for name in language["surnames"].exact), key=len, reverse=True)
    return re.compile("|".join(surnames) or r"(?!)")


_ZH_PLACE_END = frozenset("上时時里裡後后前")
"""What ends a phrase of time or place, which stands between a subject and its verb: 在记者会上."""


def chinese(text: str, start: int, end: int, language: Language) -> Found:
    """Read Chinese: stretches of a clause between offices, foreign names and the words that bound a noun phrase."""
    for clause in _ZH_CLAUSE.finditer(text, start, end):
        low, high = clause.start(), min(clause.end(), clause.start() + 60)
        yield from _zh_clause(text, low, high, language)


def _zh_clause(text: str, low: int, high: int, language: Language) -> Found:
    words = list(language["words"].find(text, low, high))
    roles = [(a, b) for a, b in language["roles"].find(text, low, high) if not any(c <= a and b < d for c, d in words)]
    articles = list(language["articles"].find(text, low, high))
    cuts = {low, high, *(at for span in words for at in span)}
    cuts.update(at for span in language["prepositions"].find(text, low, high) for at in span)
    cuts.update(a for a, _ in language["verbs"].find(text, low, high))
    foreign = {match.start(): match.end() for match in _foreign(language).finditer(text, low, high)}
    cuts.update(at for span in foreign.items() for at in span)
    after_roles = {b for _, b in roles}
    native = dict(
        _zh_native(text, {low, *after_roles, *(b for _, b in words)}, high, cuts | after_roles, after_roles, language)
    )
    starts = {low, *foreign, *after_roles, *native, *(a for a, _ in roles), *(b for _, b in words)}
    starts.update(at for span in articles for at in span)
    stops = cuts | after_roles | set(native.values())
    ends = set(foreign.values())
    # Where a name follows an office for certain, the office alone is not how its holder is called.
    held = {b for b, stop in native.items() if stop in cuts} | {b for b, stop in foreign.items() if "·" in text[b:stop]}
    for begin in sorted(starts)[:14]:
        for stop in [stop for stop in sorted(stops) if stop - begin >= 2][:6]:
            inner = any(begin <= a and b <= stop for a, b in roles)
            if stop in ends:
                kind = "both" if inner else "name" if begin in foreign else "tail"
            elif text[stop - 1] in _ZH_PLACE_END:
                continue
            elif native.get(begin) == stop:
                kind = "name"
            elif inner and any(native.get(b) == stop for b in after_roles):
                kind = "both"
            elif begin in after_roles and stop - begin <= 4 and stop in cuts:
                kind = "named"
            elif stop in held and stop in after_roles:
                continue
            else:
                kind = "role" if stop in after_roles else "phrase"
            yield (begin, stop), kind


def _zh_native(
    text: str, starts: set[int], high: int, cuts: set[int], after_roles: set[int], language: Language
) -> Iterator[Span]:
    """Yield names of a surname and one or two characters: up to a bound, or after an office as long as can be."""
    for begin in starts:
        surname = _native(language).match(text, begin, high)
        if surname is None:
            continue
        free = [stop for stop in (surname.end() + 2, surname.end() + 1) if stop <= high]
        if any(cut in cuts for cut in range(begin + 1, surname.end())):
            continue
        bound = [stop for stop in free if stop in cuts]
        if bound or (free and begin in after_roles):
            yield begin, min(bound) if bound else free[0]
