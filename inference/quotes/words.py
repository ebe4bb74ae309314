"""Words with what the lexicon says of each: the common ground of the readers of mentions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from stancewire.inference.quotes.lexicon import WORD, Language


class Word(NamedTuple):
    """One word: where it stands and which lists it is in.

    Attributes:
        start: its first character.
        end: one past its last character, without an ending after an apostrophe.
        text: the word.
        big: it begins with a capital.
        role: it is an office, a body or a document.
        stop: it ends a noun phrase.
        article: it opens one.
        joint: it ties one together.
        verb: it is a verb of speech.
        title: it stands before names.
        contracted: it is an article that a preposition has been drawn into, like "du".
    """

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


def read_words(text: str, start: int, end: int, language: Language) -> list[Word]:
    """Return the words of ``text[start:end]``, elided articles apart, endings of names cut off."""
    out = []
    cuts = "cut endings" in language.habits
    for match in WORD.finditer(text, start, end):
        begin, stop = match.span()
        word = match[0]
        if "'" not in word and "’" not in word:
            out.append(Word(begin, stop, word, *_look(language, word)))
            continue
        word = word.replace("’", "'")
        cut = word.find("'")
        named = word[0].isupper() and word[cut + 1].isupper()
        if cut > 0 and word[:cut].lower() in language["elisions"] and not named:
            out.append(_word(text, begin, begin + cut + 1, language))
            begin += cut + 1
        elif cut > 1 and (word[cut + 1 :].lower() in language["endings"] or (cuts and word[0].isupper())):
            stop = begin + cut
        out.append(_word(text, begin, stop, language))
    return out


def _word(text: str, start: int, end: int, language: Language) -> Word:
    word = text[start:end]
    return Word(start, end, word, *_look(language, word))


@lru_cache(maxsize=500_000)
def _look(language: Language, word: str) -> tuple[bool, ...]:
    """Return what holds of the word wherever it stands, in the order of :class:`Word`."""
    tags = language.tags(word)
    article, verb, preposition = "articles" in tags, "verbs" in tags, "prepositions" in tags
    stop = article or "words" in tags or preposition or "pronouns" in tags
    big = word[0].isupper()
    role, joint, title = "roles" in tags, "joints" in tags, "titles" in tags
    return big, role, stop or (verb and not big), article, joint, verb, title, article and preposition


def adjacent(text: str, left: Word, right: Word) -> bool:
    """Whether only a space, or the point of an initial, parts two words."""
    gap = text[left.end : right.start]
    return (
        gap in {" ", "\u00a0", "\u202f", ""}
        or (gap == ". " and left.big and (left.title or len(left.text) <= 2))
        or gap in {" (", "\n"}
    )


_ABBREVIATED = re.compile(
    "abg|abp|abr|adm|ago|apr|art|aug|avr|avv|bgen|bsc|capt|cmdr|cof|col|cpt|dec|dez|dic|dipl|doc|dott|"
    "dra|drs|déc|ene|feb|fig|frl|févr|gen|gov|hon|hrn|inc|ing|insp|janv|judr|juil|jul|jun|lic|lt|ltd|mag|"
    "maj|mar|mgr|miss|mlle|mme|mons|mrs|msgr|mudr|nov|nro|num|oct|okt|phdr|pres|prof|prov|rep|rev|rndr|"
    "sen|sep|sept|sgt|sgto|sig|sra|sres|srta|sta|sto|supt|tel|vgl|vol|акад|ген|гр|дж|др|им|проф|св|ст|ул|"
    "ім"
)


def abbreviates(text: str, at: int) -> bool:
    """Whether the point at ``at`` follows one or two letters or an abbreviation: M. Rossi, Dr. Lee, 3. März."""
    if text[at] != ".":
        return False
    start = at
    while start > 0 and at - start < 5 and text[start - 1].isalnum():
        start -= 1
    word = text[start:at]
    if not word or word.isdigit() or len(word) == 1:
        return bool(word)
    short = len(word) == 2 and word[0].isupper() and not word.isupper()
    return short or (word[0].isupper() and _ABBREVIATED.fullmatch(word.lower()) is not None)


def titled(text: str, at: int, language: Language) -> bool:
    """Whether the point at ``at`` belongs to an initial or a short title before a name: M. Rossi, Mme. Roy, Sr. Paz."""
    if text[at] != "." or not text[at + 1 : at + 3].strip()[:1].isupper():
        return False
    start = at
    while start > 0 and at - start < 5 and text[start - 1].isalnum():
        start -= 1
    word = text[start:at]
    return bool(word) and word[0].isupper() and (len(word) == 1 or (len(word) <= 4 and word in language["titles"]))
