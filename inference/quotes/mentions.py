"""Who could be speaking: names, offices and bodies in a stretch of text outside the quotes.

Nothing is decided here. Each place gives a few spans of different length (“Stoltenberg”, “le secrétaire général de
l'OTAN, Jens Stoltenberg”); the speaker's scorer takes one. Languages with capitals, Arabic, Korean, Japanese and
Chinese mark a noun phrase so differently that each has its own reader.
"""

from __future__ import annotations

from dataclasses import dataclass

from stancewire.inference.quotes.caseless import Found, arabic, chinese, japanese, korean
from stancewire.inference.quotes.lexicon import Language
from stancewire.inference.quotes.words import Word, adjacent, read_words
from stancewire.records import Span


@dataclass(frozen=True, slots=True)
class Mention:
    """A span that may name a speaker.

    Attributes:
        span: where it stands.
        kind: ``name``; ``cut``, a name without what a joint ties to it; ``tail``, a run of capitals without its first
            words; ``named``, what follows an office where no capital tells a name; ``role``; ``both``, an office with
            its name; ``phrase``, the subject of a verb, whatever it is.
        place: spans of one place in the text share this number.
    """

    span: Span
    kind: str
    place: int


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


def _cased(text: str, start: int, end: int, language: Language) -> Found:
    words = _freed(text, read_words(text, start, end, language), language)
    particles = language["particles"]
    i = 0
    names: list[tuple[int, int]] = []
    while i < len(words):
        if not words[i].big or words[i].stop or (words[i].verb and _opens(text, words, i)):
            i += 1
            continue
        last = i
        j = i + 1
        while j < len(words) and j - i < 9 and adjacent(text, words[j - 1], words[j]):
            if words[j].big and not (words[j].stop and words[j].text not in particles):
                last = j
            elif words[j].text not in particles:
                break
            j += 1
        names.append((i, last))
        yield from _name(words, i, last)
        if i and words[i - 1].article and not words[i - 1].contracted and adjacent(text, words[i - 1], words[i]):
            yield (words[i - 1].start, words[last].end), "role" if words[last].role else "phrase"
        i = last + 1
    first = dict(names)
    for i, word in enumerate(words):
        if word.role:
            yield from _office(text, words, i, first)
        if word.verb:
            yield from _subject(text, words, i + 1)


def _freed(text: str, words: list[Word], language: Language) -> list[Word]:
    """Return the words; "that" right after a verb of speech ties a clause to it and opens no noun phrase."""
    that = language["that"]
    for i in range(1, len(words)):
        word = words[i]
        if words[i - 1].verb and word.text in that and adjacent(text, words[i - 1], word):
            words[i] = word._replace(article=False, stop=True)
    return words


def _opens(text: str, words: list[Word], i: int) -> bool:
    return i == 0 or any(sign in ".!?…:\n" for sign in text[words[i - 1].end : words[i].start])


def _name(words: list[Word], i: int, last: int) -> Found:
    lead = i
    while lead <= last and (words[lead].role or words[lead].title):
        lead += 1
    if lead > last:
        yield (words[i].start, words[last].end), "role"
        return
    if lead > i:
        yield (words[i].start, words[last].end), "both"
    yield (words[lead].start, words[last].end), "name"
    for k in range(lead + 1, last):
        if words[k].joint and words[k - 1].big:
            yield (words[lead].start, words[k - 1].end), "cut"
            break
    if last > lead and words[lead + 1].big:
        yield (words[lead + 1].start, words[last].end), "tail"
    if last > lead + 2 and words[last - 1].big:
        yield (words[last - 1].start, words[last].end), "tail"
    if last > lead and words[last].role:
        yield (words[lead].start, words[last - 1].end), "name"


def _office(text: str, words: list[Word], i: int, names: dict[int, int]) -> Found:
    """Yield the noun phrases around the role at ``i``, and those that end in a name."""
    left = i
    while left > 0 and i - left < 3 and adjacent(text, words[left - 1], words[left]):
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


def _right(text: str, words: list[Word], i: int) -> tuple[list[int], list[int]]:
    """Return where a noun phrase that has its head at ``i`` may end, and which words follow those ends."""
    ends, following = [words[i].end], [i + 1]
    j = i + 1
    while j < len(words) and j - i < 9 and adjacent(text, words[j - 1], words[j]):
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


def _subject(text: str, words: list[Word], i: int) -> Found:
    """Yield the noun phrase right after a verb, whatever its head: said the brothers from the shop."""
    if i >= len(words) or not adjacent(text, words[i - 1], words[i]) or (words[i].stop and not words[i].article):
        return
    if words[i].contracted:
        return
    head = i + 1 if words[i].article and i + 1 < len(words) else i
    if not adjacent(text, words[head - 1], words[head]) or (words[head].stop and not words[head].article):
        return
    ends, _ = _right(text, words, head)
    for stop in ends:
        yield (words[i].start, stop), "phrase"


_READERS = {"ar": arabic, "ko": korean, "ja": japanese, "zh": chinese}
