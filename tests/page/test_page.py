"""The page: every quote marked with its sign and its speaker, escaped, set by its language, and loading nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from stancewire.page import fragment, page
from stancewire.page.stands import SIGNS
from stancewire.predictions import Prediction, QuotePrediction, TargetPrediction, TopicPrediction
from stancewire.records import Article, Span, Speaker

SURE = {"support": (0.9, 0.05, 0.05), "oppose": (0.05, 0.9, 0.05), "neutral": (0.05, 0.05, 0.9)}
VOID = {"meta", "input", "br"}


@dataclass
class Element:
    """An element of a page, with all the text in it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Elements(HTMLParser):
    """Reads a page; each element must end in the one that it began in."""

    found: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element, open but for those without an end."""
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.found.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element that ends where it begins."""
        self.found.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Check that what ends is what began last."""
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        """Add the text to each element that it is in."""
        for element in self.open:
            element.text += data


def elements(html: str, tag: str, **wanted: str) -> list[Element]:
    parser = Elements()
    parser.feed(html)
    parser.close()
    assert not parser.open
    return [e for e in parser.found if e.tag == tag and all(e.attributes.get(k) == v for k, v in wanted.items())]


def topic(stance: str | None, abstained: str = "") -> TopicPrediction:
    values = dict(zip(SURE, SURE[stance or "neutral"], strict=True))
    return TopicPrediction(stance is not None, 0.8 if stance else 0.1, stance or "neutral", values, abstained)


def labelled(
    text: str, *quotes: tuple[str, str, dict[str, str | None]], lang: str | None = None, date: str | None = None
) -> tuple[Article, Prediction]:
    """Return an article and its answer; each quote has words of the text, a speaker, and the stance on each topic."""
    article = Article(f"story-{len(text)}-{date}", text, lang=lang, date=date)
    found = [
        QuotePrediction((_span(text, words),), words, {name: topic(s) for name, s in topics.items()}, Speaker(who))
        for words, who, topics in quotes
    ]
    return article, Prediction(article.id, lang, 1, {"peace": topic("neutral"), "war": topic(None)}, tuple(found))


def _span(text: str, words: str) -> Span:
    start = text.index(words)
    return start, start + len(words)


PEACE = labelled(
    "Peace talks\n\nShe said 🕊: “We want peace”, he “no <b>peace</b>”, they “war, not peace”.",
    ("We want peace", "Ana Ruiz", {"peace": "support", "war": None}),
    ("no <b>peace</b>", "Bo Ek", {"peace": "oppose", "war": None}),
    ("war, not peace", "Ana Ruiz", {"peace": "oppose", "war": "support"}),
    lang="en",
    date="2024-01-02",
)


def test_every_quote_is_marked_with_its_sign_and_named() -> None:
    html = fragment(*PEACE)
    marks = [(mark.attributes["data-stance"], mark.text) for mark in elements(html, "mark")]
    assert marks == [("support", "+We want peace"), ("oppose", "−no <b>peace</b>"), ("mixed", "±war, not peace")]
    assert [label.text for label in elements(html, "button", **{"class": "who"})] == [
        "+Ana Ruiz",
        "−Bo Ek",
        "±Ana Ruiz",
    ]
    sides = json.loads(elements(html, "mark")[2].attributes["data-sides"])
    assert sides == {"all": "mixed", "topic:peace": "oppose", "topic:war": "support"}


def test_a_label_describes_its_quote_with_every_probability() -> None:
    html = fragment(*PEACE)
    label = elements(html, "button")[0]
    (item,) = elements(html, "li", id=label.attributes["aria-describedby"])
    assert all(
        words in item.text for words in ("Ana Ruiz", "peace", "80% on the topic", "support 90%", "10% on the topic")
    )


def test_the_outlet_speaks_apart_from_the_speakers() -> None:
    (line,) = elements(fragment(*PEACE), "p", **{"class": "outlet"})
    assert line.text.split() == ["The", "outlet", "itself", "○", "takes", "no", "side", "on", "peace", "72%"]


def test_the_words_of_a_page_are_those_of_the_article() -> None:
    (box,) = elements(fragment(*PEACE), "div", **{"class": "text"})
    text = re.sub(r"([“])[+−±]", r"\1", box.text)
    for label in ("+Ana Ruiz", "−Bo Ek", "±Ana Ruiz"):
        text = text.replace(label, "", 1)
    assert text.strip() == PEACE[0].text.partition("\n\n")[2]


def test_a_quote_over_two_paragraphs_and_one_in_another_are_marked_to_the_letter() -> None:
    text = "He said: “One.\nTwo “three” four.”"
    outer, inner = (_span(text, "One.\nTwo “three” four."), _span(text, "three"))
    quotes = tuple(QuotePrediction((s,), text[slice(*s)], {"peace": topic("support")}) for s in (outer, inner))
    html = fragment(Article("a", text), Prediction("a", None, 1, {}, quotes))
    assert [mark.text for mark in elements(html, "mark")] == ["+One.", "+Two “", "+three", "+” four."]
    assert [label.text for label in elements(html, "button")] == ["+nobody named", "+nobody named"]


def test_offsets_of_a_text_that_was_not_in_nfc_are_those_that_were_given() -> None:
    given = "Cafe\u0301 — « e\u0301te\u0301 », dit-il."
    article = Article.from_dict({"id": "a", "text": given})
    quote = QuotePrediction((_span(given, "e\u0301te\u0301"),), "e\u0301te\u0301", {"peace": topic("oppose")})
    (mark,) = elements(fragment(article, Prediction("a", None, 1, {}, (quote,))), "mark")
    assert mark.text == "−été"


def test_what_a_text_holds_is_text() -> None:
    evil = "</script><script>alert(1)</script> & \"'<img src=x onerror=alert(1)>"
    article = Article(evil, f"{evil}\n\n“{evil}”", lang="en", title=evil, source=evil, date=evil)
    span = (len(evil) + 3, 2 * len(evil) + 3)
    quote = QuotePrediction((span,), evil, {evil: topic("support")}, Speaker(evil))
    targets = (TargetPrediction("article", evil, 0.9, "support", {"support": 1.0}),)
    result = (article, Prediction(article.id, "en", 1, {evil: topic("support")}, (quote,), targets))
    html = page([result, PEACE])
    assert len(elements(html, "script")) == 2
    assert not elements(html, "img")
    assert any(mark.text == f"+{evil}" for mark in elements(html, "mark"))
    assert json.loads(elements(html, "script", id="data")[0].text)[0] == result[1].to_dict()
    assert "<script>" not in result[1]._repr_html_()


@pytest.mark.parametrize("service", [False, True])
def test_a_page_loads_nothing(service: bool) -> None:
    html = page([PEACE], service)
    (policy,) = (e.attributes["content"] for e in elements(html, "meta") if "http-equiv" in e.attributes)
    assert policy.startswith("default-src 'none'")
    assert ("connect-src 'self'" in policy) is service
    addresses = set(re.findall(r"https?://[^\s\"'<`]+", html)) - {"http://www.w3.org/2000/svg"}
    assert not addresses
    assert not elements(html, "link")
    assert not re.search(r"@import|url\(", html)
    assert bool(elements(html, "form", id="ask")) is service


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("قال الوزير", None, ("", "rtl")),
        ("BBC: قال", "ar-EG", ("ar-EG", "rtl")),
        ("東京で会談した", None, ("ja", "ltr")),
        ("兩國舉行會談", None, ("zh", "ltr")),
        ("회담을 열었다", None, ("ko", "ltr")),
        ("Une visite", "fr", ("fr", "ltr")),
    ],
)
def test_a_text_is_set_by_its_language(text: str, lang: str | None, expected: tuple[str, str]) -> None:
    (box,) = elements(fragment(*labelled(text, lang=lang)), "div", **{"class": "text"})
    assert (box.attributes["lang"], box.attributes["dir"]) == expected


def test_a_folder_has_a_map_a_timeline_a_table_and_a_list() -> None:
    later = labelled("“Peace now”", ("Peace now", "Bo Ek", {"peace": "support"}), lang="fr", date="2024-03-01")
    html = page([PEACE, later])
    assert {svg.attributes["aria-label"].partition(":")[0] for svg in elements(html, "svg")} == {"Map", "Timeline"}
    (table,) = elements(html, "div", id="where")
    rows = [" ".join(line.split()) for line in table.text.splitlines()]
    assert "Bo Ek+supports 1 −opposes 1 72%·" in rows
    assert "Ana Ruiz+supports 1 −opposes 1 72%+supports 1 72%" in rows
    assert len(elements(html, "a")) == 2
    assert {option.text for option in elements(html, "option")} >= {"fr", "en", "peace", "war", "Bo Ek", "+ support"}


def test_without_two_dates_there_is_no_timeline_and_an_empty_page_is_a_page() -> None:
    assert "Timeline" not in page([PEACE, PEACE])
    assert elements(page([]), "div", id="stories")[0].text == ""


def test_what_the_model_is_unsure_of_takes_no_side() -> None:
    article = Article("a", "“So”")
    quote = QuotePrediction(((1, 3),), "So", {"peace": topic("support", "not sure enough")})
    html = fragment(article, Prediction("a", None, 1, {}, (quote,)))
    assert elements(html, "mark")[0].text == "?So"
    assert not elements(html, "table")


def test_an_open_target_is_answered_for_the_article_and_its_quotes() -> None:
    answers = tuple(
        TargetPrediction(unit, "السلام", 0.9, stance, dict(zip(SURE, SURE["support"], strict=True)))
        for unit, stance in (("article", "unrelated"), (0, "support"), (1, "oppose"), (2, "unrelated"))
    )
    article, answer = PEACE
    html = fragment(article, Prediction(answer.id, "en", 1, answer.topics, answer.quotes, answers))
    sides = [json.loads(mark.attributes["data-sides"])["target:السلام"] for mark in elements(html, "mark")]
    assert sides == ["support", "oppose", "off"]
    assert "السلام" in elements(html, "p", **{"class": "outlet"})[0].text


def test_a_notebook_shows_who_stands_where_without_a_script() -> None:
    html = PEACE[1]._repr_html_()
    assert [row.text for row in elements(html, "tr")][1] == "Ana RuizWe want peace+ supports peace 72%"
    assert not elements(html, "script")


def test_all_words_have_contrast_in_light_and_in_dark() -> None:
    style = files("stancewire.page").joinpath("page.css").read_text("utf-8")
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", part)) for part in style.split("@media")[:2])
    assert set(light) == set(dark)
    for colours in (light, dark):
        grounds = [("ink", p) for p in colours if p.endswith("paper") or p == "raised"]
        grounds += [(i, p) for i in colours for p in ("paper", "raised") if i.endswith("ink")]
        grounds += [("soft", "paper"), ("soft", "raised"), ("accent", "paper"), ("accent", "raised")]
        grounds += [(f"{side}-ink", f"{side}-paper") for side in SIGNS if f"{side}-ink" in colours]
        for ink, paper in grounds:
            assert contrast(colours[ink], colours[paper]) >= 4.5, (ink, paper)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
