"""From what stands between marks to stretches of speech: reporting clauses taken out, broken stretches joined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stancewire.inference.quotes.lexicon import WORD, Language
from stancewire.inference.quotes.marks import Segment, lined, paragraphs, segments, trim
from stancewire.inference.quotes.words import abbreviates, titled
from stancewire.records import Span

_DASH = re.compile(r"(?<=[\s,;.!?…])[—–―‒-]+(?=\s)|(?<=\s)[—–―‒]+(?=\w)|(?<=\w)[—–―‒]+(?=[\s,.:])")
_DIALOGUE = re.compile(r"\s{0,4}[—–―‒-]{1,2}\s{0,3}(?=[^\s\d—–―‒-])")
_SENTENCE_END = re.compile(r"[.!?…](?=\s)|[。！？؟]")
_COMMA = re.compile(r"[,،;:!?…]\s")
_CLAUSE_END = re.compile(r"[,،]|\.(?!\d)")
_AFTER_END = re.compile(r"[.!?…\n]")
_BREAKS = frozenset(",?!…")
_FIRST_WORDS = 60
_LONGEST_TITLE = 60
_NEAR_CLAUSE = 100
_LONGEST_GAP = 100
_LONGEST_CLAUSE = 220


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of speech, perhaps in several spans.

    Attributes:
        spans: what was said, without marks and reporting clauses.
        outer: from the first mark to past the last one.
        clauses: the reporting clauses between the spans.
        opener: the first mark; a dash for dialogue.
        closed: whether the last closing mark is there.
        paragraphs: the numbers of its first and last paragraph.
    """

    spans: tuple[Span, ...]
    outer: Span
    clauses: tuple[Span, ...]
    opener: str
    closed: bool
    paragraphs: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """An article's paragraphs and the stretches between marks or after dashes, in order."""

    paragraphs: list[Span]
    parts: list[Part]


def lay_out(text: str, language: Language) -> Layout:
    """Find every stretch between marks and every line of dialogue that a reporting clause makes plain."""
    spans = paragraphs(text)
    lines = lined(text, spans)
    found = segments(text, spans, lines)
    marked = {segment.paragraph for segment in found}
    parts = [_part(text, segment, language) for segment in found]
    for number, span in enumerate(spans):
        if number not in marked and (line := _dialogue(text, spans, number, span, language)):
            parts.append(line)
    parts.sort(key=lambda part: part.outer)
    return Layout(spans, _joined(text, parts, language, {s.outer: s for s in found}, lines))


def _part(text: str, segment: Segment, language: Language) -> Part:
    spans, clauses = _split(text, segment.start, segment.end, language)
    numbers = (segment.paragraph, segment.paragraph)
    return Part(spans, segment.outer, clauses, segment.opener, segment.closed, numbers)


def _dialogue(text: str, spans: list[Span], number: int, span: Span, language: Language) -> Part | None:
    """Read a paragraph that opens with a dash; without a reporting clause it may be an answer or a list: no quote."""
    match = _DIALOGUE.match(text, *span)
    if match is None:
        return None
    start, end = trim(text, match.end(), span[1])
    spoken, clauses = _split(text, start, end, language, commas=True)
    before = text[spans[number - 1][0] : spans[number - 1][1]].rstrip() if number else ""
    if not spoken or not (clauses or before.endswith((":", "："))):
        return None
    return Part(spoken, (match.start(), end), clauses, "—", closed=True, paragraphs=(number, number))


def _split(
    text: str, start: int, end: int, language: Language, *, commas: bool = False
) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Take reporting clauses out of a stretch: after dashes everywhere, after commas where the language does so."""
    dashes = [match.span() for match in _DASH.finditer(text, start, end)]
    edges = [start, *(at for dash in dashes for at in dash), end]
    pieces = list(zip(edges[::2], edges[1::2], strict=True))
    spans: list[Span] = []
    clauses: list[Span] = []
    begin = start
    i = 1
    while i < len(pieces):
        if _is_clause(text, pieces[i], language) and begin < dashes[i - 1][0]:
            spans.append((begin, dashes[i - 1][0]))
            clauses.append(pieces[i])
            begin = pieces[i + 1][0] if i + 1 < len(pieces) else end
            i += 1
        i += 1
    spans.append((begin, end))
    if not clauses and (commas or "commas" in language.habits):
        spans, clauses = _split_at_comma(text, start, end, language)
    trimmed = (_without_comma(text, *span) for span in spans)
    return tuple(span for span in trimmed if span[0] < span[1]), tuple(clauses)


def _is_clause(text: str, piece: Span, language: Language) -> bool:
    if (
        piece[1] - piece[0] > _LONGEST_CLAUSE
        and _SENTENCE_END.search(text, piece[0], piece[0] + _LONGEST_CLAUSE) is None
    ):
        return False
    words = _words(text, piece[0], min(piece[1], piece[0] + _FIRST_WORDS))
    head = [span for _, span in zip(range(2), words, strict=False)]
    if not head:
        return False
    return any(True for _ in language["verbs"].find(text, head[0][0], head[-1][1])) or _inserted(text, piece, language)


def _inserted(text: str, piece: Span, language: Language) -> bool:
    """Whether commas before and after show that a clause with its subject is put in: «…, — muses Anna, — …»."""
    start, end = trim(text, *piece)
    before = text[max(0, start - 4) : start].rstrip(" —–-\u00a0")[-1:]
    if not language.cased or before not in _BREAKS or text[end - 1 : end] not in {",", "."} or end - start > 60:
        return False
    words = [text[slice(*span)] for span in _words(text, start, end)]
    named = any(word[0].isupper() or word in language["pronouns"] for word in words[1:3])
    return 1 < len(words) < 7 and words[0].islower() and named


def _split_at_comma(text: str, start: int, end: int, language: Language) -> tuple[list[Span], list[Span]]:
    """Find «Text, says Name, text»: a verb right after a comma, then a name, an article or a pronoun."""
    for match in _COMMA.finditer(text, start, end):
        words = list(_first_words(text, match.end(), end, 3))
        if words and words[0][0] == match.end() and text[slice(*words[0])] in language["auxiliaries"]:
            words = words[1:]
        else:
            words = words[:2] if words and words[0][0] == match.end() else []
        if not words or text[slice(*words[0])] not in language["verbs"]:
            continue
        following = text[slice(*words[1])] if len(words) > 1 else ""
        elided = following.replace("’", "'").partition("'")[0].lower() if "'" in following.replace("’", "'") else ""
        fits = not language.cased or following[:1].isupper() or "-" in text[slice(*words[0])]
        fits = fits or following in language["articles"] or following in language["pronouns"]
        fits = fits or (bool(elided) and f"{elided}'" in language["articles"])
        if not fits:
            continue
        close = _clause_end(text, words[-1][1], end, language)
        if close is None or close.end() >= end:
            return [(start, match.start())], [(match.end(), end)]
        return [(start, match.start()), (close.end(), end)], [(match.end(), close.start())]
    return [(start, end)], []


def _clause_end(text: str, start: int, end: int, language: Language) -> re.Match[str] | None:
    """Return the comma that ends a reporting clause, past the appositions in it: «…, dit la maire, Mme X, …»."""
    last = None
    for close in _CLAUSE_END.finditer(text, start, min(end, start + 160)):
        if titled(text, close.start(), language):
            continue
        following = next((text[slice(*span)] for span in _first_words(text, close.end(), end, 1)), "")
        apposed = following[:1].isupper() or following in language["roles"] or following in language["relatives"]
        if close[0] == "." or not apposed:
            return close
        last = close
    return last


def _words(text: str, start: int, end: int) -> Iterator[Span]:
    for match in WORD.finditer(text, start, end):
        yield match.span()


def _first_words(text: str, start: int, end: int, count: int) -> Iterator[Span]:
    for _, span in zip(range(count), _words(text, start, min(end, start + _FIRST_WORDS * 2)), strict=False):
        yield span


def _without_comma(text: str, start: int, end: int) -> Span:
    start, end = trim(text, start, end)
    while end > start and text[end - 1] in ",،，、":
        start, end = trim(text, start, end - 1)
    return start, end


def _joined(text: str, parts: list[Part], language: Language, marked: dict[Span, Segment], lines: bool) -> list[Part]:
    whole: list[Part] = []
    for part in parts:
        segment = marked.get(part.outer)
        if whole and segment is not None and segment.continues and not whole[-1].closed:
            whole[-1] = _merge(whole[-1], part, ())
        else:
            whole.append(part)
    out: list[Part] = []
    for part in whole:
        if out and _breaks(text, out[-1], part, language, lines):
            out[-1] = _merge(out[-1], part, ((out[-1].outer[1], part.outer[0]),))
        elif out and _next_line(text, out[-1], part):
            out[-1] = _merge(out[-1], part, ())
        else:
            out.append(part)
    return [part for part in out if part.spans]


def _merge(first: Part, second: Part, clause: tuple[Span, ...]) -> Part:
    return Part(
        spans=first.spans + second.spans,
        outer=(first.outer[0], second.outer[1]),
        clauses=first.clauses + clause + second.clauses,
        opener=first.opener,
        closed=second.closed,
        paragraphs=(first.paragraphs[0], second.paragraphs[1]),
    )


def _breaks(text: str, first: Part, second: Part, language: Language, lines: bool) -> bool:
    """Whether only a reporting clause stands between the two: “…”, she said, “…”."""
    apart = second.paragraphs[0] - first.paragraphs[1]
    if apart > lines or not first.closed or not first.spans or "—" in (first.opener, second.opener):
        return False
    if second.spans and _is_name(text[second.spans[0][0] : second.spans[-1][1]], language):
        return False
    start, end = trim(text, first.outer[1], second.outer[0])
    between = text[start:end]
    if not between or len(between) > _LONGEST_CLAUSE or between[-1] in ":：" or between[0] in ".。":
        return False
    if apart and between[-1] not in ".。!?":
        return False
    stops = _SENTENCE_END.finditer(text, start, end - 1)
    if any(not abbreviates(text, match.start()) for match in stops):
        return False
    if _is_title(text, first, language) or _is_title(text, second, language):
        return False
    return _is_break(text, first, second, (start, end), language)


def _is_break(text: str, first: Part, second: Part, clause: Span, language: Language) -> bool:
    """Whether the clause goes on with the quote before it, rather than leading to the next one."""
    start, end = clause
    opening, ending = text[start], text[end - 1]
    last = text[first.spans[0][0] : first.outer[1]].rstrip('"”“»’」』)] ')[-1:]
    parted = opening in ",،，—–" or last in ",،，"
    attached = parted or opening == "-" or not opening.isalpha() or not text[first.outer[1]].isspace()
    led = any(text[slice(*span)] in language["verbs"] for span in _first_words(text, start, end, 1))
    verb = any(True for _ in language["verbs"].find(text, start, end))
    finished = last in ".!?…。！？"
    if ending in ".。!?":
        follows = verb and (attached or led) and (parted or not finished)
        return follows and not _reported(text, second, language)
    if ending in ",،，、—–-;":
        began = text[second.spans[0][0]] if second.spans else ""
        new_sentence = finished and language.cased and opening.isupper() and (last == "." or began.isupper())
        far = not attached and end - start > _NEAR_CLAUSE
        return (attached or verb) and not new_sentence and not far
    return "nested clauses" in language.habits or (verb and opening in ",،，—–")


def _reported(text: str, part: Part, language: Language) -> bool:
    """Whether the quote has a reporting clause of its own inside it or after it: “…”, he adds."""
    if part.clauses:
        return True
    at = part.outer[1]
    end = min(len(text), at + _FIRST_WORDS)
    stop = _AFTER_END.search(text, at + 1, end)
    end = stop.start() if stop else end
    if language.inside:
        return any(begin < at + 20 for begin, _ in language["verbs"].find(text, at, end))
    head = [text[slice(*span)] in language["verbs"] for span in _first_words(text, at, end, 4)]
    comma = text[at - 2 : at - 1] in {",", "،", "!", "?"} or text[at : at + 1] in {",", "،"}
    if any(head[:1]) or (comma and any(head)) or (bool(_DASH.match(text, at + 1)) and any(head)):
        return True
    return comma and stop is not None and _tagged_on(text, at, stop.start(), language)


def _tagged_on(text: str, start: int, end: int, language: Language) -> bool:
    """Whether a verb that no list has and its subject make up a short last clause: “…”, specified the minister."""
    words = [text[slice(*span)] for span in _words(text, start, end)]
    if not language.cased or not 2 <= len(words) <= 6 or not words[0][0].islower():
        return False
    tags = [language.tags(word) for word in words[:2]]
    plain = not tags[0] & {"words", "articles", "prepositions", "that", "joints", "roles"}
    return plain and (words[1][0].isupper() or "articles" in tags[1])


def _is_title(text: str, part: Part, language: Language) -> bool:
    """Whether a word like "film" or "newspaper" stands right before a short stretch."""
    if not part.spans or part.spans[-1][1] - part.spans[0][0] > _LONGEST_TITLE:
        return False
    at = part.outer[0]
    near = list(_words(text, max(0, at - 20), at))[-1:]
    return any(text[slice(*span)] in language["naming"] for span in near) and not language.inside


def together(text: str, first: Part, second: Part, language: Language) -> bool:
    """Whether two fragments of one sentence hang on one verb of speech: called it “a shame” and “a step back”."""
    if not language.cased or first.paragraphs[1] != second.paragraphs[0] or "—" in (first.opener, second.opener):
        return False
    start, end = trim(text, first.outer[1], second.outer[0])
    gap = text[start:end]
    last = text[first.spans[0][0] : first.outer[1]].rstrip('"”“»’」』)] ')[-1:]
    if not gap or len(gap) > _LONGEST_GAP or last in ".!?…" or any(sign in gap for sign in ".!?…:;\n("):
        return False
    began = text[second.spans[0][0]]
    apart = _is_title(text, first, language) or _is_title(text, second, language)
    if not began.islower() or apart or any(word[0].isupper() for word in WORD.findall(gap)):
        return False
    return not any(True for _ in language["verbs"].find(text, start, end))


def merged(first: Part, second: Part) -> Part:
    """Return both as one quote; what stands between them is no part of it."""
    return _merge(first, second, ((first.outer[1], second.outer[0]),))


def _next_line(text: str, first: Part, second: Part) -> bool:
    """Whether both stand on lines of their own, one under the other: a text with one sentence a line."""
    alone = first.outer[0] == 0 or text[first.outer[0] - 1] == "\n"
    gap = text[first.outer[1] : second.outer[0]]
    return alone and gap.strip(" .") == "\n" and "—" not in (first.opener, second.opener)


def _is_name(inside: str, language: Language) -> bool:
    """Whether all words of a short stretch begin with a capital letter: a newspaper, a ship, a film."""
    words = WORD.findall(inside[:80])
    big = [word for word in words if not word[0].islower() or word in language["particles"]]
    return language.cased and len(words) <= 3 and len(big) == len(words)
