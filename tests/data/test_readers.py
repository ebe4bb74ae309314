"""Every kind of file gives the same articles, and every fault is one sentence that names file and line."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import unicodedata
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancewire import Article, DataError
from stancewire.data import data_digest, read_articles

RECORDS: list[dict[str, Any]] = [
    {
        "id": "a",
        "lang": "de",
        "date": "2024-05-03",
        "title": "Titel, mit Komma",
        "text": "„Nie“, sagte Öçal.\n\n„Nie, nie“, sagte sie \u2028 wieder.",
        "topics": {"defense": "oppose", "sanctions": "neutral"},
        "quotes": [
            {"spans": [[1, 4]], "speaker": {"text": "Öçal", "span": [13, 17]}, "topics": {"defense": "oppose"}},
            {"spans": [[21, 29]], "speaker": None, "topics": {}},
            {"spans": [[21, 29]], "speaker": {"text": "Öçal"}},
        ],
        "targets": [
            {"unit": "article", "target": "Panzer", "stance": "unrelated"},
            {"unit": 1, "target": "Panzer", "stance": "oppose"},
        ],
    },
    {"id": "b", "text": "Nichts.", "topics": {}, "quotes": [], "targets": []},
    {"id": "c", "text": "東京で会談。", "quotes": [], "targets": []},
]


def lines(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def as_csv(path: Path) -> None:
    names = ["id", "lang", "date", "title", "text", "topics", "quotes", "targets"]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        for record in RECORDS:
            nested = {n: json.dumps(record[n]) for n in ("topics", "quotes", "targets") if n in record}
            writer.writerow({**record, **nested})


def as_parquet_of_json(path: Path) -> None:
    nested = ("topics", "quotes", "targets")
    rows = [r | {n: json.dumps(r[n]) for n in nested if n in r} for r in RECORDS]
    pq.write_table(pa.Table.from_pylist([dict.fromkeys(RECORDS[0]) | row for row in rows]), path)


def as_parquet_of_structs(path: Path) -> None:
    rows = [r | {"targets": [t | {"unit": str(t["unit"])} for t in r["targets"]]} for r in RECORDS]
    pq.write_table(pa.Table.from_pylist([dict.fromkeys(RECORDS[0]) | row for row in rows]), path)


WRITERS = {
    "x.jsonl": lambda path: path.write_bytes(lines(RECORDS)),
    "x.json": lambda path: path.write_bytes(b"\xef\xbb\xbf" + lines(RECORDS).replace(b"\n", b"\r\n\r\n")),
    "x.jsonl.gz": lambda path: path.write_bytes(gzip.compress(lines(RECORDS))),
    "x.jsonl.xz": lambda path: path.write_bytes(lzma.compress(lines(RECORDS))),
    "x.csv": as_csv,
    "x.parquet": as_parquet_of_json,
    "structs.parquet": as_parquet_of_structs,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_articles(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name)
    assert [article.to_dict() for article in read_articles(tmp_path / name)] == RECORDS


def test_records_and_datasets_are_read_as_they_are(tmp_path: Path) -> None:
    from datasets import Dataset

    assert [article.to_dict() for article in read_articles(RECORDS)] == RECORDS
    dataset = Dataset.from_dict({"text": ["Eins.", "Zwei."], "lang": ["de", "de"]})
    assert [(a.id, a.text, a.lang) for a in read_articles(dataset)] == [("1", "Eins.", "de"), ("2", "Zwei.", "de")]


def test_the_digest_is_that_of_the_records_not_of_the_file(tmp_path: Path) -> None:
    digests = set()
    for name, write in WRITERS.items():
        write(tmp_path / name)
        digests.add(data_digest(tmp_path / name))
    assert digests == {data_digest(read_articles(RECORDS))}
    assert data_digest(read_articles(RECORDS[:2])) not in digests


def test_a_text_file_is_an_article_and_a_folder_is_its_texts(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "one.txt").write_text("Un texte.\n", "utf-8")
    (tmp_path / "sub" / "two.txt").write_text("Deux.", "utf-8")
    (tmp_path / "note.md").write_text("no article", "utf-8")
    assert [(a.id, a.title, a.text) for a in read_articles(tmp_path / "one.txt")] == [("one", None, "Un texte.\n")]
    assert [a.id for a in read_articles(tmp_path)] == ["one", "sub/two"]


def test_rows_without_an_id_get_file_and_number(tmp_path: Path) -> None:
    (tmp_path / "news.csv").write_text("text,extra\nOne.,x\nTwo.,y\n")
    articles = list(read_articles(tmp_path / "news.csv"))
    assert [a.id for a in articles] == ["news-1", "news-2"]
    assert articles[1].extra["extra"] == "y"


def test_a_csv_field_may_be_as_long_as_an_article(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("text\n" + "word " * 50_000 + "\n")
    assert len(next(read_articles(tmp_path / "x.csv")).text) > 200_000


CLUSTERS = st.lists(st.sampled_from(["e\u0301", "a", "\u1112\u1161\u11ab", "か\u3099", " ", "ö", "😀"]), min_size=1)


@given(CLUSTERS, st.data())
def test_spans_on_whole_characters_stay_on_them_in_nfc(clusters: list[str], data: st.DataObject) -> None:
    clusters = ["x", *clusters]
    first = data.draw(st.integers(0, len(clusters) - 1))
    last = data.draw(st.integers(first + 1, len(clusters)))
    text, start = "".join(clusters), len("".join(clusters[:first]))
    words = "".join(clusters[first:last])
    record = {"id": "a", "text": text, "quotes": [{"spans": [[start, start + len(words)]]}]}
    article = next(read_articles([record]))
    assert article.text == unicodedata.normalize("NFC", text)
    assert article.quotes[0].text_in(article.text) == unicodedata.normalize("NFC", words)


def broken(tmp_path: Path, name: str, content: bytes) -> str:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        list(read_articles(tmp_path / name))
    message = str(caught.value)
    assert message.startswith(str(tmp_path / name))
    assert "\n" not in message
    return message.removeprefix(str(tmp_path / name))


GOOD = b'{"id": "a", "text": "Text."}\n'
ONE_CSV_ROW = b"id,text\na,T\n"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.jsonl", b"", ": the file is empty"),
        ("x.jsonl", b"\n \n", ": found only empty lines, expected a JSON object on each line"),
        ("x.jsonl", GOOD + b'{"id": "b" "text": ""}', ":2: column 12: bad JSON: Expecting ',' delimiter"),
        ("x.json", b'[\n{"id": "b"}]', ":1: column 2: bad JSON: Expecting value (JSON Lines: a whole object"),
        ("x.jsonl", GOOD + b"[]\n", ":2: found [], expected a JSON object with id and text"),
        ("x.jsonl", GOOD + b"\n" + GOOD, ":3: field id: found 'a', expected another id than "),
        ("x.jsonl", GOOD + b'{"text": "b"}', ":2: field id: found None, expected a string that is unique"),
        ("x.jsonl", b'{"id": "a", "text": "\\ud800"}', ":1: found '\\ud800', expected whole characters"),
        ("x.jsonl", b"[" * 100_000, ":1: bad JSON: "),
        ("x.jsonl", GOOD + "{é".encode("latin1"), ":2: byte 30: found b'\\xe9', expected text in UTF-8; if it is"),
        ("x.txt", "Un été".encode("latin1"), "iconv -f latin1 -t utf-8 x.txt"),
        ("x.txt", "Text".encode("utf-16"), "expected text in UTF-8"),
        ("x.txt", b"\x89PNG\0\0", ":1: byte 4: found a NUL byte, expected text in UTF-8; this is a binary file"),
        ("x.txt", b" \n", " (id x): field text: found ' \\n', expected a string that is not empty"),
        ("x.txt", b"", ": the file is empty"),
        ("x.jsonl.xz", lzma.compress(GOOD)[:-20], ": the compressed file is truncated or damaged"),
        ("x.jsonl.gz", gzip.compress(GOOD)[:-10], ": the compressed file is truncated or damaged"),
        ("x.jsonl.gz", GOOD, ": the compressed file is truncated or damaged (Not a gzipped file"),
        ("x.jsonl.xz", GOOD, ": the compressed file is truncated or damaged"),
        ("x.csv", b"id,titel\na,b\n", ":1: found ['id', 'titel'], expected a header line with a column text"),
        (
            "x.csv",
            b"text,text\na,b\n",
            ":1: found ['text', 'text'], expected a header line with a column text, each name",
        ),
        ("x.csv", b'"text"s\na\n', ":1: bad CSV: ',' expected after '\"'"),
        ("x.csv", b"id,text\n", ": found no row under the header"),
        ("x.csv", b"id,text\na\n", ":2: found 1, expected 2 fields, as in the header"),
        ("x.csv", b'id,text\na,"b\nc"\n\nd,e,f\n', ":5: found 3, expected 2 fields, as in the header"),
        ("x.csv", b'id,text\na,"b', ":2: bad CSV: unexpected end of data"),
        ("x.csv", b"id,text,topics\na,b,{x\n", ":2: field topics: found '{x', expected JSON ("),
        ("x.csv", ONE_CSV_ROW + b"a,U\n", ":3: field id: found 'a', expected another id than "),
        ("x.parquet", b"PAR1 no", ": not a whole Parquet file"),
        ("x.docx", b"PK", ": found '.docx', expected a folder of .txt files or one of .jsonl, .jsonl.gz, "),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    assert says in broken(tmp_path, name, content)


def test_the_second_of_two_ids_names_the_line_of_the_first(tmp_path: Path) -> None:
    message = broken(tmp_path, "x.jsonl", GOOD + GOOD)
    assert f"expected another id than {tmp_path / 'x.jsonl'}:1 has" in message


def test_a_parquet_file_without_text_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"body": ["x"]}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"found \['body'\], expected a column text"):
        list(read_articles(tmp_path / "x.parquet"))


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere.jsonl: no such file or folder"):
        list(read_articles(tmp_path / "nowhere.jsonl"))
    with pytest.raises(DataError, match=r"found no .txt file in the folder"):
        list(read_articles(tmp_path))


def test_a_dataset_dict_asks_for_a_split() -> None:
    from datasets import Dataset, DatasetDict

    with pytest.raises(DataError, match=r"found \['train'\], expected a file or a list of records; of a DatasetDict"):
        list(read_articles(DatasetDict({"train": Dataset.from_list(RECORDS[1:])})))


def test_something_that_is_no_record_is_refused() -> None:
    with pytest.raises(DataError, match=r"record 1: found 'text', expected a JSON object"):
        list(read_articles(["text"]))  # type: ignore[list-item]


def test_articles_come_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(GOOD + b"broken")
    articles = read_articles(tmp_path / "x.jsonl")
    assert isinstance(next(articles), Article)
    with pytest.raises(DataError, match=r":2: column 1"):
        next(articles)
