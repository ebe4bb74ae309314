"""The words that quotes and speakers are known by: read from ``languages/*.yaml``, looked up in text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

import yaml

from stancewire.records import Span

_LETTER = r"[\w\u0300-\u036f\u064b-\u065f\u0670]"
WORD = re.compile(rf"\w{_LETTER}*(?:['’ʼ\-‐.](?=\w){_LETTER}+)*")
"""A word with its inner apostrophes, hyphens, points and vowel signs; never ambiguous, so the scan is linear."""

FIELDS = (
    "verbs",
    "according",
    "that",
    "pronouns",
    "titles",
    "roles",
    "articles",
    "particles",
    "joints",
    "prepositions",
    "words",
    "naming",
    "prefixes",
    "markers",
    "auxiliaries",
    "relatives",
    "elisions",
    "endings",
    "letters",
    "surnames",
    "addressing",
    "feminine",
    "masculine",
    "plural",
)

_CHARACTERS = frozenset({"letters", "surnames"})
_LONGEST_STEM = 16
_REMEMBERED = 500_000
_NONE: frozenset[str] = frozenset()
_VOWEL_SIGNS = dict.fromkeys([*range(0x64B, 0x660), 0x670])


@dataclass(frozen=True, slots=True, eq=False)
class WordList:
    """Words, stems (``declar*``) and phrases of one field of one language.

    Attributes:
        exact: whole words, in small letters.
        stems: beginnings of words.
        tails: ends of words (``*minister``), for languages that write compounds.
        pattern: for the phrases, and for every entry of a language that writes without spaces.
        prefixes: letters that may be glued to the front of a word.
        name: of the field.
        tags: says of a word the names of all lists of the language that hold it.
    """

    exact: frozenset[str]
    stems: frozenset[str]
    tails: tuple[str, ...]
    pattern: re.Pattern[str] | None
    prefixes: tuple[str, ...] = ()
    name: str = ""
    tags: Callable[[str], frozenset[str]] = field(default=lambda _: _NONE, repr=False)

    @classmethod
    def of(cls, entries: Iterable[str], inside: bool, prefixes: Iterable[str] = ()) -> WordList:
        """Sort the entries of a field into words, stems and phrases."""
        lower = [entry.lower().replace("’", "'").translate(_VOWEL_SIGNS) for entry in entries]
        phrases = lower if inside else [entry for entry in lower if " " in entry]
        single = [] if inside else [entry for entry in lower if " " not in entry]
        joined = "|".join(sorted((re.escape(phrase.rstrip("*")) for phrase in phrases), key=len, reverse=True))
        pattern = re.compile(joined if inside else rf"\b(?:{joined})\b") if joined else None
        return cls(
            exact=frozenset(entry for entry in single if "*" not in entry),
            stems=frozenset(entry[:-1] for entry in single if entry.endswith("*")),
            tails=tuple(entry[1:] for entry in single if entry.startswith("*")),
            pattern=pattern,
            prefixes=tuple(prefixes),
        )

    def __contains__(self, word: str) -> bool:
        """Whether ``word`` (any case) is a word of the list or begins with a stem of it."""
        return self.name in self.tags(word)

    def find(self, text: str, start: int, end: int) -> Iterator[Span]:
        """Yield where words of the list stand in ``text[start:end]``, in no fixed order."""
        if self.exact or self.stems or self.tails:
            name, tags = self.name, self.tags
            for match in WORD.finditer(text, start, end):
                if name in tags(match[0]):
                    yield match.span()
        if self.pattern:
            # lower() may change the length of a few characters (İ): then only the unchanged text is searched.
            lowered = text[start:end].lower()
            passage = lowered if len(lowered) == end - start else text[start:end]
            for match in self.pattern.finditer(passage):
                yield match.start() + start, match.end() + start


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """The word lists of one language.

    Attributes:
        code: the two letters of the language.
        inside: words are found inside longer ones.
        habits: ``commas``: reporting clauses stand inside the marks between commas.
        lists: field of the file to its words.
    """

    code: str
    inside: bool
    habits: frozenset[str]
    lists: dict[str, WordList] = field(repr=False)

    _exact: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set), repr=False, init=False)
    _stems: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set), repr=False, init=False)
    _tails: list[tuple[str, str]] = field(default_factory=list, repr=False, init=False)
    _known: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, init=False)

    def __post_init__(self) -> None:
        for name, words in self.lists.items():
            self.lists[name] = replace(words, name=name, tags=self.tags)
            for word in words.exact:
                self._exact[word].add(name)
            for stem in words.stems:
                self._stems[stem].add(name)
            self._tails.extend((tail, name) for tail in words.tails)

    def __getitem__(self, name: str) -> WordList:
        return self.lists[name]

    def tags(self, word: str) -> frozenset[str]:
        """Return the names of the lists that hold ``word``, in any case: one look-up where many would be made."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[word] = frozenset(self._tags(word))
        return known

    def _tags(self, word: str) -> set[str]:
        lower = word.lower().replace("’", "'").translate(_VOWEL_SIGNS)
        forms = [lower, lower[lower.index("'") + 1 :]] if "'" in lower else [lower]
        forms += [lower[len(prefix) :] for prefix in self.lists["verbs"].prefixes if lower.startswith(prefix)]
        out: set[str] = set()
        for form in forms:
            out |= self._exact.get(form, _NONE)
            for end in range(1, min(len(form), _LONGEST_STEM) + 1):
                if (names := self._stems.get(form[:end])) is not None:
                    out |= names
            out.update(name for tail, name in self._tails if form.endswith(tail))
        return out

    @property
    def cased(self) -> bool:
        """Whether names can be told by a capital letter."""
        return self.code not in CASELESS


CASELESS = frozenset({"ar", "ja", "ko", "zh"})


@cache
def codes() -> tuple[str, ...]:
    """Return the languages that have a file."""
    folder = files("stancewire.inference.quotes") / "languages"
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".yaml")))


@cache
def language(code: str) -> Language:
    """Return the word lists of ``code``, which must be one of :func:`codes`."""
    source = files("stancewire.inference.quotes") / "languages" / f"{code}.yaml"
    # BaseLoader keeps every word a string: "on" and "no" are words here, not booleans.
    raw = yaml.load(source.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    inside = raw.get("inside") == "true"
    prefixes = raw.get("prefixes", ())
    lists = {
        name: WordList.of(raw.get(name, ()), inside and name not in {"letters", "surnames"}, prefixes)
        for name in FIELDS
    }
    return Language(code, inside, frozenset(raw.get("habits", ())), lists)


@cache
def _profiles() -> dict[str, frozenset[str]]:
    return {
        code: frozenset(word for name in ("words", "articles", "prepositions") for word in language(code)[name].exact)
        for code in codes()
        if not language(code).inside
    }


def guess(text: str, sample: int = 4000) -> str:
    """Return the language of ``text`` by script and function words; English where nothing speaks for another."""
    head = text[:sample]
    counts = {name: len(pattern.findall(head)) for name, pattern in _SCRIPTS.items()}
    letters = sum(counts.values())
    # Kana settle Japanese even among many Han characters; a name in another script settles nothing.
    if counts["kana"] * 8 > letters:
        return "ja"
    script = max(counts, key=lambda name: counts[name])
    if script in _BY_SCRIPT and counts[script]:
        return _BY_SCRIPT[script]
    words = [match[0].lower() for match in WORD.finditer(head)]
    candidates = {"ru", "uk"} if script == "cyrillic" else set(_profiles()) - {"ru", "uk", "ar"}
    scores = {code: sum(word in _profiles()[code] for word in words) for code in sorted(candidates)}
    if script == "cyrillic":
        scores["uk"] += len(re.findall("[іїєґ]", head))
        scores["ru"] += len(re.findall("[ыэъё]", head))
    best = max(scores, key=lambda code: scores[code])
    return best if scores[best] else ("ru" if script == "cyrillic" else "en")


_SCRIPTS = {
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f]"),
    "cyrillic": re.compile(r"[\u0400-\u04ff]"),
    "arabic": re.compile(r"[\u0600-\u06ff]"),
    "hangul": re.compile(r"[\uac00-\ud7af]"),
    "han": re.compile(r"[\u4e00-\u9fff]"),
    "kana": re.compile(r"[\u3041-\u30ff]"),
}
_BY_SCRIPT = {"arabic": "ar", "hangul": "ko", "han": "zh", "kana": "ja"}


def language_of(text: str, lang: str | None) -> Language:
    """Return the word lists for ``lang`` (``"pt-BR"`` is ``"pt"``), or for the language that ``text`` looks like."""
    code = (lang or "").replace("_", "-").split("-")[0].lower()
    return language(code if code in codes() else guess(text))
