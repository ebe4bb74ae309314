"""One speaker, many mentions: “Prime Minister Aino Laine”, “Laine” and “she” are one entity, named by the fullest."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from stancewire.inference.quotes.lexicon import WORD, Language
from stancewire.inference.quotes.mentions import Mention
from stancewire.records import Span

_LONGEST = 60
_PIECE = re.compile(r"[^\s·・•＝=]+")
_HONORIFIC = re.compile("(?:さん|氏|씨|様|先生|女士)$")


def entities(
    text: str, speakers: Sequence[Span | None], named: Iterable[Mention], language: Language
) -> list[str | None]:
    """Name the person, office or body behind each speaker by its fullest mention in the article.

    Mentions with the same last word are one, unless the words before it, the first names, differ; an office alone is
    the person who is named with it, if there is only one such person. Each mention is looked at once.

    Args:
        text: the article.
        speakers: where the speaker of each quote is named; ``None`` for nobody.
        named: the article's mentions outside the quotes.
        language: its word lists.

    Returns:
        For each speaker the text of the fullest mention; ``None`` where there is no speaker.
    """
    names: dict[str, list[Span]] = defaultdict(list)
    offices: dict[str, set[str]] = defaultdict(set)
    spans = [(mention.span, mention.kind) for mention in named] + [(span, "said") for span in speakers if span]
    for span, kind in spans:
        if (
            kind in {"name", "named", "both", "said"}
            and span[1] - span[0] <= _LONGEST
            and (key := _key(text, span, language))
        ):
            names[key].append(span)
            for office in _offices(text, span, language) if kind == "both" else ():
                offices[office].add(key)
    fullest = {key: _by_first_name(text, found, language) for key, found in names.items()}
    out: list[str | None] = []
    for said in speakers:
        if said is None:
            out.append(None)
            continue
        key = _key(text, said, language)
        if not key:
            holders = {holder for office in _offices(text, said, language) for holder in offices.get(office, ())}
            key = holders.pop() if len(holders) == 1 else ""
        out.append(_fullest(text, said, fullest.get(key, {}), language))
    return out


def _words(text: str, span: Span, language: Language) -> list[str]:
    """Return the words of a mention that are neither article nor office nor title."""
    if language.inside:
        return [_HONORIFIC.sub("", piece[0]) for piece in _PIECE.finditer(text[slice(*span)])]
    words = [match[0] for match in WORD.finditer(text, *span)]
    plain = ("articles", "roles", "titles", "words")
    return [word for word in words if not any(word in language[name] for name in plain)]


def _key(text: str, span: Span, language: Language) -> str:
    """Return the last word of a name; nothing where the mention is an office, which names nobody."""
    words = _words(text, span, language)
    if not words or (language.cased and not words[-1][0].isupper()):
        return ""
    return words[-1].casefold()


def _offices(text: str, span: Span, language: Language) -> list[str]:
    if language.inside:
        return []
    return [m[0].casefold() for m in WORD.finditer(text, *span) if m[0] in language["roles"]]


def _by_first_name(text: str, spans: list[Span], language: Language) -> dict[str, Span]:
    """Return the longest mention for each word before the last, as a rule the first name; for none, the longest."""
    out: dict[str, Span] = {}
    for span in spans:
        words = _words(text, span, language)
        for first in {words[-2].casefold() if len(words) > 1 else "", ""}:
            known = out.get(first)
            if known is None or span[1] - span[0] > known[1] - known[0]:
                out[first] = span
    return out


def _fullest(text: str, span: Span, known: dict[str, Span], language: Language) -> str:
    words = _words(text, span, language)
    first = words[-2].casefold() if len(words) > 1 else ""
    return text[slice(*known.get(first, span))]
