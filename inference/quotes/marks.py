"""Quotation marks: which of them open, which close, and what stands between them.

Sixteen languages use the same signs in contrary ways („…“ “…” ”…”, «…» »…«), writers mix them and forget them. One
scan with a stack reads each paragraph; the look of a mark (space before, space after) decides what its shape leaves
open. Every mark is looked at once, with a look ahead that is counted once a paragraph: linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from stancewire.records import Span

_MARK = re.compile("``|''|,,|[\"“”„‟«»‹›‘’‚‛'「」『』＂〝〞〟｢｣]")
_ALIAS = {
    "``": "“",
    "''": '"',
    ",,": "„",
    "＂": '"',
    "‟": "“",
    "〝": "“",
    "〞": "”",
    "〟": "”",
    "｢": "「",
    "｣": "」",
    "‛": "‘",
}
_PARTNERS = {
    "—": "",
    "“": "”“",
    "„": "“”",
    "”": "”",
    '"': '"',
    "«": "»",
    "»": "«»",
    "‘": "’'",
    "’": "’",
    "'": "'’",
    "‚": "‘’",
    "‹": "›",
    "›": "‹›",
    "「": "」",
    "『": "』",
}
_SINGLE = frozenset("‘’'‚‹›")
_OPENING = frozenset("([{<—–―-:/¿¡=“„«»‹‘‚「『\"'")
_CLOSING = frozenset(")]}>—–―-:;,.!?…/”“»«›’」』\"'،؛؟。、，！？：；·")
_SENTENCE_END = re.compile(r"[.!?…。！？؟]")
_ELISION = re.compile(r"(?:[tsnkm]|em|til|tis|twas|cause|round|re|ve|ll|d|\d\ds?)\b", re.IGNORECASE)
_SENTENCES = re.compile(r"[^\s\d.][.!?…][\"”“»’']?\s+[„“«\"‘¿¡—–]?\s?[^\W\d_a-zà-ÿа-яё]|[。！？].")
_BLANK = re.compile(r"\n[^\S\n]*\n\s*|\n")


@dataclass(frozen=True, slots=True)
class Segment:
    """What stands between one pair of marks.

    Attributes:
        start: first character inside, after spaces.
        end: one past the last character inside, before spaces.
        outer: from the opening mark to past the closing one.
        opener: the opening mark; ``—`` is a dash of dialogue.
        closed: whether the closing mark is there.
        paragraph: the number of its paragraph.
        continues: it goes on with an unclosed segment of the paragraph before.
    """

    start: int
    end: int
    outer: Span
    opener: str
    closed: bool
    paragraph: int
    continues: bool = False


@dataclass(slots=True)
class _Open:
    glyph: str
    at: int
    inside: int


def paragraphs(text: str) -> list[Span]:
    """Return the paragraphs: parted by a blank line, or by a line break that is no mere wrap of the line."""
    out: list[Span] = []
    start = 0
    for match in _BLANK.finditer(text):
        wrapped = match[0] == "\n" and text[match.end() : match.end() + 1].islower()
        if not wrapped:
            out.append((start, match.start()))
            start = match.end()
    out.append((start, len(text)))
    return [span for span in out if text[span[0] : span[1]].strip()]


def lined(text: str, spans: list[Span]) -> bool:
    """Whether the text has one sentence a line, as corpora have it: a line break parts no paragraphs there."""
    if len(spans) < 4:
        return False
    blank = sum("\n" in text[one[1] + 1 : other[0]] for one, other in pairwise(spans))
    several = sum(_SENTENCES.search(text, *span) is not None for span in spans)
    return blank * 4 <= len(spans) and several * 5 <= len(spans)


def segments(text: str, spans: list[Span], lines: bool = False) -> list[Segment]:
    """Return what stands between outermost marks, paragraph by paragraph, in order, never overlapping.

    Args:
        text: the article.
        spans: its paragraphs.
        lines: they are single sentences (:func:`lined`), and quotes run on from one to the next.
    """
    out: list[Segment] = []
    for number, span in enumerate(spans):
        previous = out[-1] if out and out[-1].paragraph == number - 1 and not out[-1].closed else None
        paragraph = _Paragraph(text, span, number, previous)
        if previous is not None and paragraph.carries(lines) and _closes_later(text, spans, number, previous, lines):
            found = [Segment(*trim(text, *span), span, previous.opener, False, number, continues=True)]
        else:
            found = paragraph.scan()
        out.extend(segment for segment in found if segment.start < segment.end)
    return out


def _closes_later(text: str, spans: list[Span], number: int, previous: Segment, lines: bool) -> bool:
    """Whether an open quote runs through this paragraph to one that closes it."""
    for ahead in range(number + 1, min(number + (10 if lines else 4), len(spans))):
        paragraph = _Paragraph(text, spans[ahead], ahead, previous)
        if not paragraph.carries(lines):
            return paragraph.ending() is not None
    return False


def trim(text: str, start: int, end: int) -> Span:
    """Return the span without the white space, and the zero-width signs, at its ends."""
    while start < end and (text[start].isspace() or text[start] in _INVISIBLE):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in _INVISIBLE):
        end -= 1
    return start, end


_INVISIBLE = frozenset("\u200b\u200e\u200f\u2060\ufeff\u00ad\u202a\u202b\u202c")


class _Paragraph:
    """One scan: a stack of open marks; a segment is finished when the stack is empty again."""

    def __init__(self, text: str, span: Span, number: int, previous: Segment | None) -> None:
        self.text, self.number = text, number
        self.start, self.end = span
        self.marks = [(m.start(), m.end(), _ALIAS.get(m[0], m[0])) for m in _MARK.finditer(text, *span)]
        # How many marks of each shape are still to come: tells a nested mark from a forgotten one.
        self.left: dict[str, int] = {}
        for _, _, glyph in self.marks:
            self.left[glyph] = self.left.get(glyph, 0) + 1
        self.stack: list[_Open] = []
        self.out: list[Segment] = []
        self.previous = previous

    def ending(self) -> tuple[int, int] | None:
        """Return the mark that can only close what the paragraph before left open: no mark here opens it."""
        if self.previous is None or self.previous.opener in _SINGLE:
            return None
        depth = 0
        for at, after, glyph in self.marks:
            if glyph in _SINGLE:
                continue
            before = self.text[at - 1] if at > self.start else " "
            following = self.text[after] if after < self.end else " "
            if (before.isspace() or before in "([{—–-/¿¡") and not following.isspace():
                depth += 1
            elif depth:
                depth -= 1
            elif glyph in _PARTNERS[self.previous.opener] and not before.isspace():
                closes = following.isspace() or following in _CLOSING or before in ",.!?…"
                return (at, after) if closes else None
            else:
                return None
        return None

    def carries(self, lines: bool) -> bool:
        """Whether an open quote can run through: there is no mark, or in a single line, none but inner pairs."""
        doubles = [mark for mark in self.marks if mark[2] not in _SINGLE]
        if not doubles or not lines:
            return not doubles
        return len(doubles) % 2 == 0 and doubles[0][0] > self.start and self.ending() is None

    def scan(self) -> list[Segment]:
        end = self.ending()
        if end is not None and self.previous is not None:
            self._emit(_Open(self.previous.opener, self.start, self.start), *end, closed=True)
        for at, after, glyph in self.marks:
            self.left[glyph] -= 1
            if end is not None and at <= end[0]:
                continue
            first = at == self.start or not self.text[self.start : at].strip() if at - self.start < 4 else False
            if first and self.previous is not None and glyph not in _SINGLE:
                self._push(glyph if glyph in '“„«"「『' else "“" if glyph == "”" else "«", at, after)
            else:
                self._mark(glyph, at, after)
        self._finish()
        return self.out

    def _mark(self, glyph: str, at: int, after: int) -> None:
        before = self.text[at - 1] if at > self.start else ""
        following = self.text[after] if after < self.end else ""
        opens = not before or before.isspace() or before in _OPENING or _wide(before)
        closes = not following or following.isspace() or following in _CLOSING or _wide(following)
        strong = (not before or before.isspace() or before in "([{—–-:/¿¡") and following.isalnum()
        has = {item.glyph for item in self.stack}
        if glyph in "'’‘":
            self._single(glyph, at, after, before, following, opens, closes, strong)
        elif glyph in "„‚「『" or (glyph == "«" and "»" not in has) or (glyph == "‹" and "›" not in has):
            self._open(glyph, at, after)
        elif glyph in "」』«‹":
            self._close(glyph, at, after)
        elif glyph in "»›":
            spaced = not before or before.isspace() or before in "(["
            partner = "«" if glyph == "»" else "‹"
            if spaced and following.isalnum() and partner not in has:
                self._open(glyph, at, after)
            else:
                self._close(glyph, at, after)
        elif glyph == "“":
            ends = ("„" in has and not strong) or (self._top() in {"“", '"', "”"} and closes and not opens)
            if ends:
                self._close(glyph, at, after)
            else:
                self._open(glyph, at, after)
        elif glyph == "”":
            if strong and (not self.stack or "”" not in has):
                self._open(glyph, at, after)
            else:
                self._close(glyph, at, after)
        else:
            self._straight(at, after, opens, closes, strong)

    def _straight(self, at: int, after: int, opens: bool, closes: bool, strong: bool) -> None:
        doubles = any(item.glyph not in _SINGLE for item in self.stack)
        same = any(item.glyph == '"' for item in self.stack)
        inner = not opens or (self.text[at - 1 : at].isalnum() and self.text[after : after + 1].isalnum())
        ends = not (strong and not closes) if same else doubles and closes and inner
        if ends:
            self._close('"', at, after)
        elif opens or (not self.stack and not closes):
            self._open('"', at, after)

    def _single(
        self, glyph: str, at: int, after: int, before: str, following: str, opens: bool, closes: bool, strong: bool
    ) -> None:
        if before.isalnum() and following.isalnum() and not (_wide(before) or _wide(following)):
            return
        inside = any(item.glyph in _SINGLE for item in self.stack)
        if glyph == "‘" and any(item.glyph == "‚" for item in self.stack) and not strong:
            self._close(glyph, at, after)
        elif inside and glyph != "‘" and closes and not (opens and strong):
            if not self._possessive(at, after, before, following):
                self._close(glyph, at, after)
        elif opens and following and not following.isspace() and not _ELISION.match(self.text, after):
            # A straight or curved-back mark opens only where another one is left to close it.
            likely = glyph == "‘" or (strong and self.left.get(glyph, 0) > 0)
            if likely:
                self._open(glyph, at, after)

    def _possessive(self, at: int, after: int, before: str, following: str) -> bool:
        """Whether this is the apostrophe of "the workers’ rights", with the closing mark still to come."""
        if before not in "sxzSXZ" or not following.isspace() or not self.text[after + 1 : after + 2].islower():
            return False
        rest = self.text[after : min(self.end, after + 600)]
        close = re.search(r"[\w.,!?…][’'](?!\w)", rest)
        again = re.search(r"(?<!\w)[‘'](?=\w)", rest)
        return close is not None and (again is None or close.start() < again.start())

    def _top(self) -> str:
        return self.stack[-1].glyph if self.stack else ""

    def _push(self, glyph: str, at: int, after: int) -> None:
        # No language nests deeper; a run of marks without end must not make the stack long.
        if len(self.stack) < 6:
            self.stack.append(_Open(glyph, at, after))

    def _open(self, glyph: str, at: int, after: int) -> None:
        same = next((item for item in self.stack if item.glyph == glyph), None)
        if same is not None and glyph not in _SINGLE:
            closers = sum(self.left.get(partner, 0) for partner in _PARTNERS[glyph] if partner != glyph)
            if closers < self.left.get(glyph, 0) + 2:
                near = at - same.inside < 400 and not _SENTENCE_END.search(self.text, same.inside, at)
                if near and glyph in "«„「":
                    return  # «… «name»: one closing mark stands for both
                self._forgotten(at)
        self._push(glyph, at, after)

    def _forgotten(self, at: int) -> None:
        """Close what was never closed, where the last sentence or clause before ``at`` ends."""
        outer = self.stack[0]
        cut = max((self.text.rfind(sign, outer.inside, at) for sign in ".!?…,。！？"), default=-1)
        end = cut + 1 if cut > outer.inside else at
        self._emit(outer, end, end, closed=False)
        self.stack.clear()

    def _close(self, glyph: str, at: int, after: int) -> None:
        match = next((i for i in range(len(self.stack) - 1, -1, -1) if glyph in _PARTNERS[self.stack[i].glyph]), None)
        if match is None:
            if glyph in _SINGLE:
                return
            # No partner: a mismatched pair closes the innermost mark; a single one above it was an apostrophe.
            while self.stack and self.stack[-1].glyph in _SINGLE and len(self.stack) > 1:
                self.stack.pop()
            match = len(self.stack) - 1
            if match < 0:
                return
        outer = self.stack[match]
        del self.stack[match:]
        if not self.stack:
            self._emit(outer, at, after, closed=True)

    def _finish(self) -> None:
        outer = next((item for item in self.stack if item.glyph not in "'’"), None)
        if outer is not None:
            self._emit(outer, self.end, self.end, closed=False)

    def _emit(self, outer: _Open, inside_end: int, outer_end: int, *, closed: bool) -> None:
        start, end = trim(self.text, outer.inside, inside_end)
        first = not self.out and not self.text[self.start : outer.at].strip()
        self.out.append(
            Segment(
                start,
                end,
                (outer.at, outer_end),
                outer.glyph,
                closed,
                self.number,
                continues=first and self.previous is not None and outer.glyph not in _SINGLE,
            )
        )


def _wide(char: str) -> bool:
    """Whether the character belongs to a script that writes marks without spaces."""
    return (
        "\u3040" <= char <= "\u30ff"
        or "\u3400" <= char <= "\u9fff"
        or "\uac00" <= char <= "\ud7af"
        or ("\uff00" <= char <= "\uffef")
        or "\u3000" <= char <= "\u303f"
    )
