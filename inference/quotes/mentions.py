"""Who could be speaking: names, offices and bodies in a stretch of text outside the quotes.

Nothing is decided here. Each place gives a few spans of different length (“Stoltenberg”, “le secrétaire général de
l'OTAN, Jens Stoltenberg”); the speaker's scorer takes one. Languages with capitals, Arabic, Korean, Japanese and
Chinese mark a noun phrase so differently that each has its own reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from stancewire.inference.quotes.lexicon import WORD, Language
from stancewire.records import Span


@dataclass(frozen=True, slots=True)
class Mention:
    """A span that may name a speaker.

    Attributes:
        span: where it stands.
        kind: ``name``, ``tail`` (a run of capitals without its first words), ``role``, ``both`` (an office with its
            name) or ``phrase`` (the subject of a verb, whatever it is).
        place: spans of one place in the text share this number.
    """

    span: Span
    kind: str
    place: int


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str
    big: bool
    role: bool
    stop: bool
    article: bool
    joint: bool
    verb: bool
    title: bool
    contracted: bool


def mentions(text: str, start: int, end: int, language: Language) -> list[Mention]:
    """Return the mentions in ``text[start:end]``, which must hold no quote."""
    reader = _READERS.get(language.code, _cased)
    found: dict[Span, str] = {}
    for span, kind in reader(text, start, end, language):
        if start <= span[0] < span[1] <= end and span[1] - span[0] <= 90 and not _pronoun(text, span, language):
            found.setdefault(span, kind)
    out: list[Mention] = []
    place, reach = start - 1, start
    for span, kind in sorted(found.items()):
        if span[0] >= reach:
            place += 1
        reach = max(reach, span[1])
        out.append(Mention(span, kind, place))
    return out


def _pronoun(text: str, span: Span, language: Language) -> bool:
    """Whether the span begins with a pronoun, which names nobody."""
    if language.code == "ko":
        return text[slice(*span)] in {"그", "그녀", "본인", "자신", "우리", "저", "나"}
    return language.inside and any(begin == span[0] for begin, _ in language["pronouns"].find(text, *span))


Found = Iterator[tuple[Span, str]]


def _words(text: str, start: int, end: int, language: Language) -> list[_Word]:
    out = []
    for match in WORD.finditer(text, start, end):
        begin, stop = match.span()
        word = match[0].replace("’", "'")
        cut = word.find("'")
        if (
            0 < cut
            and word[:cut].lower() in language["elisions"]
            and not (word[0].isupper() and word[cut + 1].isupper())
        ):
            out.append(_word(text, begin, begin + cut + 1, language))
            begin += cut + 1
        elif cut > 1 and word[cut + 1 :].lower() in language["endings"]:
            stop = begin + cut
        elif cut > 1 and "cut endings" in language.habits and word[0].isupper():
            stop = begin + cut
        out.append(_word(text, begin, stop, language))
    return out


def _word(text: str, start: int, end: int, language: Language) -> _Word:
    word = text[start:end]
    article = word in language["articles"]
    verb = word in language["verbs"]
    stop = article or word in language["words"] or word in language["prepositions"] or word in language["pronouns"]
    return _Word(
        start,
        end,
        word,
        word[0].isupper(),
        word in language["roles"],
        stop or (verb and not word[0].isupper()),
        article,
        word in language["joints"],
        verb,
        word in language["titles"],
        article and word in language["prepositions"],
    )


def _adjacent(text: str, left: _Word, right: _Word) -> bool:
    gap = text[left.end : right.start]
    return (
        gap in {" ", "\u00a0", "\u202f", ""}
        or (gap == ". " and len(left.text) <= 4 and left.big)
        or gap in {" (", "\n"}
    )


def _cased(text: str, start: int, end: int, language: Language) -> Found:
    words = _words(text, start, end, language)
    particles = language["particles"]
    i = 0
    names: list[tuple[int, int]] = []
    while i < len(words):
        if not words[i].big or words[i].stop or (words[i].verb and _opens(text, words, i)):
            i += 1
            continue
        last = i
        j = i + 1
        while j < len(words) and j - i < 9 and _adjacent(text, words[j - 1], words[j]):
            if words[j].big and not (words[j].stop and words[j].text not in particles):
                last = j
            elif words[j].text not in particles:
                break
            j += 1
        names.append((i, last))
        yield from _name(words, i, last)
        if i and words[i - 1].article and not words[i - 1].contracted and _adjacent(text, words[i - 1], words[i]):
            yield (words[i - 1].start, words[last].end), "role" if words[last].role else "phrase"
        i = last + 1
    first = {a: b for a, b in names}
    for i, word in enumerate(words):
        if word.role:
            yield from _office(text, words, i, first)
        if word.verb:
            yield from _subject(text, words, i + 1)


def _opens(text: str, words: list[_Word], i: int) -> bool:
    return i == 0 or any(sign in ".!?…:\n" for sign in text[words[i - 1].end : words[i].start])


def _name(words: list[_Word], i: int, last: int) -> Found:
    lead = i
    while lead <= last and (words[lead].role or words[lead].title):
        lead += 1
    if lead > last:
        yield (words[i].start, words[last].end), "role"
        return
    if lead > i:
        yield (words[i].start, words[last].end), "both"
    yield (words[lead].start, words[last].end), "name"
    if last > lead and words[lead + 1].big:
        yield (words[lead + 1].start, words[last].end), "tail"
    if last > lead + 2 and words[last - 1].big:
        yield (words[last - 1].start, words[last].end), "tail"
    if last > lead and words[last].role:
        yield (words[lead].start, words[last - 1].end), "name"


def _office(text: str, words: list[_Word], i: int, names: dict[int, int]) -> Found:
    """Yield the noun phrases around the role at ``i``, and those that end in a name."""
    left = i
    while left > 0 and i - left < 3 and _adjacent(text, words[left - 1], words[left]):
        if words[left - 1].article:
            left -= 1
            break
        if words[left - 1].stop or words[left - 1].verb:
            break
        left -= 1
    starts = {words[i].start}
    if not words[left].contracted:
        starts.add(words[left].start)
    if words[left].article and left < i:
        starts.add(words[left + 1].start)
    ends, next_word = _right(text, words, i)
    for begin in starts:
        for stop in ends:
            yield (begin, stop), "role"
        for nearest in {i + 1, *next_word}:
            if nearest in names and nearest < len(words):
                gap = text[words[nearest - 1].end : words[nearest].start]
                if gap in {" ", ", ", "\u00a0", " „", " «", ""}:
                    yield (begin, words[names[nearest]].end), "both"


def _right(text: str, words: list[_Word], i: int) -> tuple[list[int], list[int]]:
    """Return where a noun phrase that has its head at ``i`` may end, and which words follow those ends."""
    ends, following = [words[i].end], [i + 1]
    j = i + 1
    while j < len(words) and j - i < 9 and _adjacent(text, words[j - 1], words[j]):
        word = words[j]
        if word.verb and not word.role and not word.big:
            break
        if word.joint or word.article:
            j += 1
            continue
        if word.stop:
            break
        ends.append(word.end)
        following.append(j + 1)
        j += 1
    if len(ends) > 4:
        ends = [ends[0], ends[1], ends[2], ends[-1]]
    return ends, following


def _subject(text: str, words: list[_Word], i: int) -> Found:
    """Yield the noun phrase right after a verb, whatever its head: said the brothers from the shop."""
    if i >= len(words) or not _adjacent(text, words[i - 1], words[i]) or (words[i].stop and not words[i].article):
        return
    if words[i].contracted:
        return
    head = i + 1 if words[i].article and i + 1 < len(words) else i
    if not _adjacent(text, words[head - 1], words[head]) or (words[head].stop and not words[head].article):
        return
    ends, _ = _right(text, words, head)
    for stop in ends:
        yield (words[i].start, stop), "phrase"


def _arabic(text: str, start: int, end: int, language: Language) -> Found:
    words = _words(text, start, end, language)
    that = language["that"]
    for i, word in enumerate(words):
        after_verb = i > 0 and words[i - 1].verb and _adjacent(text, words[i - 1], word)
        opens = i == 0 or not _adjacent(text, words[i - 1], word)
        if not (after_verb or word.role or word.title or opens) or word.verb or (word.stop and not word.article):
            continue
        ends: list[int] = []
        j = i
        while j < len(words) and j - i < 9 and (j == i or _adjacent(text, words[j - 1], words[j])):
            if words[j].joint or words[j].text in {"السابق", "السابقة"}:
                if words[j].text in {"السابق", "السابقة"}:
                    ends.append(words[j].end)
                j += 1
                continue
            if (words[j].verb and j > i and not words[j].role) or words[j].text in that or (words[j].stop and j > i):
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
_KO_OTHER_END = re.compile(r"(?:은|는|을|를|에|에서|에게|으로|로|고|며|서|한|된|할|던|와|과|도|다|면|지|자|해|던)$")


def _korean(text: str, start: int, end: int, language: Language) -> Found:
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
                yield (left, last), "both" if role and left < begin else "role" if role else "name"
        for left in lefts[1:] if role else ():
            yield (left, words[i - 1][1]), "name"


_JA_RUN = re.compile(r"[\u30a0-\u30ff\u4e00-\u9fff々A-Za-zＡ-Ｚａ-ｚ’＝=・．\-0-9０-９]+(?:さん|ら|たち)?")


def _japanese(text: str, start: int, end: int, language: Language) -> Found:
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


def _chinese(text: str, start: int, end: int, language: Language) -> Found:
    for clause in _ZH_CLAUSE.finditer(text, start, end):
        low, high = clause.span()
        high = min(high, low + 60)
        roles = list(language["roles"].find(text, low, high))
        cuts = {low, high}
        for name in ("verbs", "prepositions", "words"):
            for a, b in language[name].find(text, low, high):
                cuts.update((a, b) if name != "verbs" else (a,))
        foreign: set[int] = set()
        ends: set[int] = set()
        for match in _foreign(language).finditer(text, low, high):
            cuts.update(match.span())
            foreign.add(match.start())
            ends.add(match.end())
        starts = foreign | {low, *(b for a, b in roles), *(b for a, b in language["articles"].find(text, low, high))}
        starts |= {a for a, b in roles} | {a for a, b in language["articles"].find(text, low, high)}
        starts |= {b for a, b in language["words"].find(text, low, high)}
        stops = cuts | {b for a, b in roles}
        for begin in sorted(starts)[:12]:
            nearest = [stop for stop in sorted(stops) if stop - begin >= 2][:5]
            for stop in nearest:
                inner = [a for a, b in roles if begin <= a and b <= stop]
                if stop in ends:
                    kind = "both" if inner else "name" if begin in foreign else "tail"
                else:
                    kind = "role" if any(b == stop for a, b in roles) else "phrase"
                yield (begin, stop), kind


_READERS = {"ar": _arabic, "ko": _korean, "ja": _japanese, "zh": _chinese}
