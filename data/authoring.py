"""The authoring format of the corpus: articles as plain text with tags, read into records.

One article::

    === fr-001
    kind: news
    title: A headline
    outlet: An invented outlet
    date: 2024-05-03
    topics: diplomacy=neutral, sanctions=neutral
    q1: diplomacy=support
    q2: -                                  no topic is on
    q3: sanctions=oppose; by q1            the speaker mention of q1 holds for q3 too
    q4: -; by none                         nobody is named
    t: article | an open target | neutral
    t: q1 | an open target | support

    First paragraph, with “<q1>a quote</q1>”, said <s1>its speaker</s1>.

    Second paragraph. “<q2>A broken</q2>,” she said, “<q2>quote</q2>.”

A header value runs to the end of its line, the notes at the right above are none; an empty line ends the header;
paragraphs are separated by an empty line. Quotes are numbered as the author likes; the record has them in the order
of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stancewire.errors import DataError, found_expected
from stancewire.records import STANCES, TARGET_STANCES, Article, Span

TOPICS = ("defense", "sanctions", "diplomacy")
LANGUAGES = ("ar", "cs", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "uk", "zh")
KINDS = ("analysis", "brief", "communique", "editorial", "feature", "interview", "news", "opinion", "ticker")

Complain = Callable[[str], None]

_QUOTATION_MARKS = frozenset("\"'“”„‟«»‹›‘’‚‛「」『』《》〈〉〝〞〟—–-－―")
_TAG = re.compile(r"<(/?)([qs])(\d+)>")
_STRAY_TAG = re.compile(r"</?[a-z]+\d*>")
_LABEL = re.compile(r"(\w+)\s*=\s*(\w+)")


@dataclass(frozen=True, slots=True)
class _QuoteLine:
    """What the header says of one quote: its topics, and whose mention names its speaker (``None``: nobody's)."""

    topics: dict[str, str]
    speaker: int | None


@dataclass(slots=True)
class _Header:
    fields: dict[str, str] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    quotes: dict[int, _QuoteLine] = field(default_factory=dict)
    targets: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Body:
    """The text without its tags, and the spans that the tags enclosed."""

    text: str = ""
    quotes: dict[int, list[Span]] = field(default_factory=dict)
    speakers: dict[int, list[Span]] = field(default_factory=dict)


def split_blocks(content: str) -> list[str]:
    """Return the articles of one file, each from its id on; what stands before the first ``===`` comes first."""
    return re.split(r"^=== ", content.replace("\r\n", "\n").lstrip("\ufeff"), flags=re.MULTILINE)


def parse_article(block: str, place: str, extra: dict[str, Any]) -> tuple[Article | None, list[str]]:
    """Read one article.

    Args:
        block: the article from its id on, without ``===``.
        place: the file, for the errors.
        extra: further fields of the record.

    Returns:
        The article, or ``None`` if it has faults, and all its faults, each ``file: article id: what``.
    """
    head, _, body_text = block.partition("\n\n")
    first, *lines = head.strip("\n").split("\n")
    identifier = first.strip()
    place = f"{place}: {identifier}"
    faults: list[str] = []

    def complain(message: str) -> None:
        faults.append(f"{place}: {message}")

    lang = identifier.partition("-")[0]
    if lang not in LANGUAGES:
        complain(found_expected("id", identifier, f"LANG-..., with a language of {', '.join(LANGUAGES)}"))
    header = _read_header(lines, complain)
    body = _read_body(body_text, complain)
    if set(body.quotes) != set(header.quotes):
        complain(found_expected("quotes", sorted(body.quotes), f"those of the header, {sorted(header.quotes)}"))
    for number in sorted(set(body.speakers) - set(header.quotes)):
        complain(found_expected(f"<s{number}>", body.speakers[number], f"a line q{number}: in the header"))
    order = sorted(set(header.quotes) & set(body.quotes), key=lambda number: body.quotes[number][0])
    quotes = [_quote_record(number, header.quotes[number], body, complain) for number in order]
    record = {
        "id": identifier,
        "lang": lang,
        "date": header.fields.get("date"),
        "source": header.fields.get("outlet"),
        "title": header.fields.get("title"),
        "text": body.text,
        "topics": header.topics,
        "quotes": quotes,
        "targets": _target_records(header.targets, order, complain),
        "kind": header.fields.get("kind"),
    }
    if faults:
        return None, faults
    try:
        return Article.from_dict(record | extra, place), []
    except DataError as error:
        return None, [str(error)]


def _read_header(lines: list[str], complain: Complain) -> _Header:
    header = _Header()
    for line in lines:
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            complain(found_expected("header", line, "KEY: VALUE"))
        elif re.fullmatch(r"q\d+", key):
            number = int(key[1:])
            if number in header.quotes:
                complain(found_expected(key, value, "one line for each quote"))
            header.quotes[number] = _read_quote_line(number, value, complain)
        elif key == "t":
            header.targets.extend(_read_target(value, complain))
        elif key in ("kind", "title", "outlet", "date", "topics"):
            header.fields[key] = value
        else:
            complain(found_expected("header", key, "kind, title, outlet, date, topics, qN or t"))
    for key in ("kind", "title", "topics"):
        if key not in header.fields:
            complain(found_expected(key, None, "a line in the header"))
    if (kind := header.fields.get("kind")) is not None and kind not in KINDS:
        complain(found_expected("kind", kind, f"one of {', '.join(KINDS)}"))
    if (date := header.fields.get("date")) and not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        complain(found_expected("date", date, "YYYY-MM-DD"))
    header.topics = _read_topics(header.fields.get("topics", ""), "topics", complain)
    return header


def _read_topics(value: str, name: str, complain: Complain) -> dict[str, str]:
    topics: dict[str, str] = {}
    for part in (part.strip() for part in value.strip().strip("-").split(",")):
        if not part:
            continue
        match = _LABEL.fullmatch(part)
        if not match or match[1] not in TOPICS or match[2] not in STANCES:
            expected = f"TOPIC=STANCE, a topic of {', '.join(TOPICS)} and a stance of {', '.join(STANCES)}"
            complain(found_expected(name, part, expected))
            continue
        topics[match[1]] = match[2]
    return topics


def _read_quote_line(number: int, value: str, complain: Complain) -> _QuoteLine:
    labels, semicolon, by = (part.strip() for part in value.partition(";"))
    topics = _read_topics(labels, f"q{number}", complain)
    if not semicolon:
        return _QuoteLine(topics, number)
    match = re.fullmatch(r"by (?:q(\d+)|none)", by)
    if not match:
        complain(found_expected(f"q{number}", by, "'by qN' or 'by none'"))
    return _QuoteLine(topics, int(match[1]) if match and match[1] else None)


def _read_target(value: str, complain: Complain) -> list[tuple[str, str, str]]:
    parts = [part.strip() for part in value.split("|")]
    if len(parts) == 3 and re.fullmatch(r"article|q\d+", parts[0]) and parts[1] and parts[2] in TARGET_STANCES:
        return [(parts[0], parts[1], parts[2])]
    complain(found_expected("t", value, f"'article or qN | phrase | {', '.join(TARGET_STANCES)}'"))
    return []


def _read_body(tagged: str, complain: Complain) -> _Body:
    tagged = re.sub(r"\n{3,}", "\n\n", unicodedata.normalize("NFC", tagged.strip("\n")))
    body = _Body()
    opened: dict[str, int] = {}
    position = 0
    for match in _TAG.finditer(tagged):
        body.text += tagged[position : match.start()]
        position = match.end()
        closing, letter, digits = match.groups()
        name = letter + digits
        if not closing:
            if name in opened:
                complain(found_expected("body", match[0], f"</{name}> before it opens again"))
            opened[name] = len(body.text)
        elif name not in opened:
            complain(found_expected("body", match[0], f"<{name}> before it"))
        else:
            spans = body.quotes if letter == "q" else body.speakers
            spans.setdefault(int(digits), []).append((opened.pop(name), len(body.text)))
    body.text += tagged[position:]
    for name in opened:
        complain(found_expected("body", f"<{name}>", f"</{name}> after it"))
    if stray := _STRAY_TAG.search(body.text):
        complain(found_expected("body", stray[0], "no tags but <qN> and <sN>"))
    return body


def _quote_record(number: int, line: _QuoteLine, body: _Body, complain: Complain) -> dict[str, Any]:
    spans = body.quotes[number]
    for start, end in spans:
        words = body.text[start:end]
        if not words or words != words.strip():
            complain(found_expected(f"q{number}", words, "words without white space at the ends of the tag"))
        if not _marks_beside(body.text, start, end):
            complain(found_expected(f"q{number}", words, "a quotation mark beside the tag"))
    speaker = _speaker(number, line, body, complain)
    return {"spans": [list(span) for span in spans], "speaker": speaker, "topics": line.topics}


def _marks_beside(text: str, start: int, end: int) -> bool:
    """Whether a mark stands at one end at least: authors also write quotes that are never closed, as papers do."""
    before = text[max(0, start - 2) : start].strip("\u202f\u00a0 \n")
    after = text[end : end + 3].strip("\u202f\u00a0 \n.,!?")
    return not _QUOTATION_MARKS.isdisjoint(before + after)


def _speaker(number: int, line: _QuoteLine, body: _Body, complain: Complain) -> dict[str, Any] | None:
    """Return the mention nearest to the quote, of those tagged for it."""
    if line.speaker is None:
        return None
    mentions = body.speakers.get(line.speaker)
    if not mentions:
        complain(found_expected(f"q{number}", None, f"<s{line.speaker}> in the text, or 'by none' in the header"))
        return None
    first, last = body.quotes[number][0], body.quotes[number][-1]
    start, end = min(mentions, key=lambda mention: min(abs(mention[0] - last[1]), abs(first[0] - mention[1])))
    return {"text": body.text[start:end], "span": [start, end]}


def _target_records(targets: list[tuple[str, str, str]], order: list[int], complain: Complain) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for unit, phrase, stance in targets:
        if unit == "article":
            records.append({"unit": unit, "target": phrase, "stance": stance})
        elif int(unit[1:]) in order:
            records.append({"unit": order.index(int(unit[1:])), "target": phrase, "stance": stance})
        else:
            complain(found_expected("t", unit, f"article or one of {', '.join(f'q{n}' for n in order)}"))
    return records
