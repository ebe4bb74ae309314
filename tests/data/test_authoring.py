"""The authoring format: what it means, and that every fault is listed with file and article."""

from __future__ import annotations

from pathlib import Path

import pytest

from stancewire import DataError
from stancewire.data import build_corpus
from stancewire.data.authoring import parse_article

TEXT = """\
=== fr-001
kind: news
title: Un titre : deux points
outlet: Le Phare
date: 2024-05-03
topics: diplomacy=neutral, sanctions=neutral
q1: diplomacy=support
q2: -
q3: sanctions=oppose; by q1
q4: -; by none
t: article | les sanctions | neutral
t: q3 | les sanctions | oppose

« <q4>On verra</q4> », lit-on. Hier, <s1>Léa Roy</s1> parlait. « <q1>Il faut se parler</q1> », dit <s1>Roy</s1>.


« <q2>Un mot</q2> », dit <s2>Max</s2>, « <q2>puis un autre</q2> ». « <q3>Trop cher</q3> », dit-elle.
"""


def compile_text(folder: Path, text: str, name: str = "text/fr.txt") -> list[dict[str, object]]:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return [article.to_dict() for article in build_corpus(folder)]


def test_an_article_means_what_it_says(tmp_path: Path) -> None:
    (article,) = compile_text(tmp_path, TEXT)
    text = str(article.pop("text"))
    assert text == (
        "« On verra », lit-on. Hier, Léa Roy parlait. « Il faut se parler », dit Roy.\n\n"
        "« Un mot », dit Max, « puis un autre ». « Trop cher », dit-elle."
    )

    def at(words: str, after: int = 0) -> list[int]:
        return [start := text.index(words, after), start + len(words)]

    late_roy = {"text": "Roy", "span": at("Roy", 40)}
    assert article == {
        "id": "fr-001",
        "lang": "fr",
        "date": "2024-05-03",
        "source": "Le Phare",
        "title": "Un titre : deux points",
        "topics": {"diplomacy": "neutral", "sanctions": "neutral"},
        "quotes": [
            {"spans": [at("On verra")], "speaker": None, "topics": {}},
            {"spans": [at("Il faut se parler")], "speaker": late_roy, "topics": {"diplomacy": "support"}},
            {
                "spans": [at("Un mot"), at("puis un autre")],
                "speaker": {"text": "Max", "span": at("Max")},
                "topics": {},
            },
            {"spans": [at("Trop cher")], "speaker": late_roy, "topics": {"sanctions": "oppose"}},
        ],
        "targets": [
            {"unit": "article", "target": "les sanctions", "stance": "neutral"},
            {"unit": 3, "target": "les sanctions", "stance": "oppose"},
        ],
        "kind": "news",
        "set": 1,
        "split": article["split"],
    }


def test_the_folder_gives_the_set(tmp_path: Path) -> None:
    compile_text(tmp_path, TEXT)
    both = compile_text(tmp_path, TEXT.replace("fr-001", "fr-301"), "text3/fr.txt")
    assert [(article["id"], article["set"]) for article in both] == [("fr-001", 1), ("fr-301", 3)]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("fr-001", "xx-001", "id: found 'xx-001', expected LANG-"),
        ("fr-001", "de-001", "found 'de', expected the file's language, fr"),
        ("kind: news", "kind: poem", "kind: found 'poem', expected one of analysis, "),
        ("kind: news\n", "", "kind: found None, expected a line in the header"),
        ("date: 2024-05-03", "date: May", "date: found 'May', expected YYYY-MM-DD"),
        ("outlet: ", "paper: ", "header: found 'paper', expected kind, title"),
        ("outlet: Le Phare", "Le Phare", "header: found 'Le Phare', expected KEY: VALUE"),
        ("q2: -", "q1: -", "q1: found '-', expected one line for each quote"),
        ("diplomacy=support", "diplomacy=pro", "q1: found 'diplomacy=pro', expected TOPIC=STANCE"),
        ("by none", "von Max", "q4: found 'von Max', expected 'by qN' or 'by none'"),
        ("; by none", "", "q4: found None, expected <s4> in the text, or 'by none' in the header"),
        ("q3 | les", "q9 | les", "t: found 'q9', expected article or one of q4, q1, q2, q3"),
        ("| oppose", "| contra", "t: found 'q3 | les sanctions | contra', expected 'article or qN | phrase |"),
        ("q4: -; by none\n", "", "quotes: found [1, 2, 3, 4], expected those of the header, [1, 2, 3]"),
        ("</q4>", "", "body: found '<q4>', expected </q4> after it"),
        ("<q4>", "", "body: found '</q4>', expected <q4> before it"),
        ("On verra", "On <q4>verra", "body: found '<q4>', expected </q4> before it opens again"),
        ("On verra", "On <b>verra", "body: found '<b>', expected no tags but <qN> and <sN>"),
        ("On verra", " On verra", "q4: found ' On verra', expected words without white space"),
        ("« <q3>Trop cher</q3> »", "<q3>Trop cher</q3>", "q3: found 'Trop cher', expected a quotation mark beside"),
        ("lit-on", "<s7>lit-on</s7>", "<s7>: found [(14, 20)], expected a line q7: in the header"),
    ],
)
def test_a_fault_names_file_and_article(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(DataError) as caught:
        compile_text(tmp_path, TEXT.replace(old, new, 1))
    faults = str(caught.value).splitlines()[1:]
    assert any(fault.startswith("text/fr.txt: ") and says in fault for fault in faults), faults


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    bad = TEXT.replace("kind: news", "kind: poem").replace("by none", "von Max")
    with pytest.raises(DataError, match=r"^4 faults in the corpus\n") as caught:
        compile_text(tmp_path, bad + "\n" + bad.replace("fr-001", "fr-002"))
    assert str(caught.value).count("fr-002: ") == 2


def test_an_id_stands_once(tmp_path: Path) -> None:
    compile_text(tmp_path, TEXT)
    with pytest.raises(
        DataError, match=r"text2/fr.txt: fr-001: found 'fr-001', expected an id that text/fr.txt has not"
    ):
        compile_text(tmp_path, TEXT, "text2/fr.txt")


def test_text_before_the_first_article_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"text/fr.txt: found 'lost words', expected '=== ID' before any text"):
        compile_text(tmp_path, "lost words\n" + TEXT)


def test_an_article_without_text_is_a_fault() -> None:
    article, faults = parse_article("fr-001\nkind: news\ntitle: T\ntopics: -\n", "fr.txt", {})
    assert article is None
    assert faults == ["fr.txt: fr-001 (id fr-001): field text: found '', expected a string that is not empty"]


def test_latin_1_is_a_fault_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "fr.txt").write_bytes("=== fr-001\ntitle: été".encode("latin1"))
    with pytest.raises(DataError, match=r"text/fr.txt: byte 18: found .*, expected UTF-8"):
        build_corpus(tmp_path)


def test_a_folder_without_texts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected texts in text, text2, text3, text4, text5, as text/fr.txt"):
        build_corpus(tmp_path)
