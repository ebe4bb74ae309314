"""Parts of an input hold the records of the whole, each once, in whatever order they are read."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancewire.data import parts as parts_module
from stancewire.data import read_articles
from stancewire.data.parts import Fault, Part, PartReader, cut_input
from stancewire.errors import DataError
from stancewire.records import Article

COMPRESS = {".jsonl": bytes, ".jsonl.gz": gzip.compress, ".jsonl.xz": lzma.compress}


def records(count: int) -> list[dict[str, object]]:
    return [{"id": f"r{i}", "text": f"Ein Satz, der {i}.", "lang": "de"} for i in range(count)]


def jsonl(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def read(parts: list[Part] | tuple[Part, ...]) -> list[Article | Fault]:
    with PartReader() as reader:
        return [item for part in parts for item in reader.read(part)]


@pytest.mark.parametrize("ending", [*COMPRESS, ".parquet"])
@pytest.mark.parametrize("size", [1, 7, 300, 1000])
def test_parts_hold_the_articles_of_the_file_in_any_order(ending: str, size: int, tmp_path: Path) -> None:
    path = tmp_path / f"news{ending}"
    if ending == ".parquet":
        pq.write_table(pa.Table.from_pylist(records(700)), path, row_group_size=270)
    else:
        path.write_bytes(COMPRESS[ending](jsonl(records(700))))
    plan = cut_input(str(path), size)
    assert plan.records == 700
    assert [part.records for part in plan.parts] == [size] * (700 // size) + [700 % size] * (700 % size > 0)
    articles = list(read_articles(path))
    assert read(plan.parts) == articles
    some = plan.parts[::2]
    expected = [article for part in some for article in articles[part.first - 1 : part.first - 1 + part.records]]
    assert read(some) == expected
    backwards = read(plan.parts[:3][::-1])
    assert sorted(a.id for a in backwards if isinstance(a, Article)) == sorted(a.id for a in articles[: 3 * size])


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(st.sampled_from([b"", b"  ", b"{", b'{"id": "x", "text": "t"}', b"\xff", b"\0"]), max_size=30),
    end=st.sampled_from([b"\n", b"\r\n"]),
    bom=st.booleans(),
    size=st.integers(1, 5),
)
def test_every_line_that_is_not_empty_is_an_article_or_a_fault_with_its_number(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], end: bytes, bom: bool, size: int
) -> None:
    path = tmp_path_factory.mktemp("lines") / "x.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" * bom + end.join(lines))
    full = [number for number, line in enumerate(lines, 1) if line.strip()]
    if not full:
        with pytest.raises(DataError, match="found no record"):
            cut_input(str(path), size)
        return
    found = read(cut_input(str(path), size).parts)
    assert len(found) == len(full)
    for number, item in zip(full, found, strict=True):
        if lines[number - 1].startswith(b'{"id"'):
            assert isinstance(item, Article)
        else:
            assert isinstance(item, Fault)
            assert (item.file, item.line) == ("x.jsonl", number)
            assert item.reason.startswith(f"x.jsonl:{number}: ")


def test_a_folder_is_read_in_order_and_tells_what_it_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.jsonl").write_bytes(jsonl(records(3)))
    (tmp_path / "a.parquet").write_bytes(b"")
    pq.write_table(pa.Table.from_pylist(records(2)), tmp_path / "a.parquet")
    (tmp_path / "empty.jsonl").write_bytes(b"\n")
    (tmp_path / "notes.csv").write_text("x")
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / ".x.jsonl").write_text("{}")
    plan = cut_input(str(tmp_path), 2)
    assert [(file.name, file.records) for file in plan.files] == [
        ("a.parquet", 2),
        ("b/2.jsonl", 3),
        ("empty.jsonl", 0),
    ]
    assert [(part.number, part.file, part.records) for part in plan.parts] == [
        (0, "a.parquet", 2),
        (1, "b/2.jsonl", 2),
        (2, "b/2.jsonl", 1),
    ]
    assert plan.others == ("notes.csv",)


def test_a_file_that_cannot_be_read_to_its_end_is_one_fault_among_others_and_an_error_alone(tmp_path: Path) -> None:
    whole = gzip.compress(jsonl(records(500)))
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "b.parquet").write_bytes(b"PAR1 is not enough")
    pq.write_table(pa.Table.from_pylist([{"words": "x"}]), tmp_path / "c.parquet")
    with pytest.raises(DataError, match=r"a\.jsonl\.gz: the compressed file is truncated"):
        cut_input(str(tmp_path), 10)
    (tmp_path / "d.jsonl").write_bytes(jsonl(records(1)))
    plan = cut_input(str(tmp_path), 10)
    truncated, other, column, article = read(plan.parts)
    assert plan.records == 4
    assert isinstance(truncated, Fault)
    assert "a.jsonl.gz: the compressed file is truncated" in truncated.reason
    assert isinstance(other, Fault)
    assert "b.parquet: not a whole Parquet file" in other.reason
    assert isinstance(column, Fault)
    assert "c.parquet: found ['words'], expected a column text" in column.reason
    assert isinstance(article, Article)


def test_a_damaged_page_costs_its_rows_and_the_same_ones_wherever_reading_begins(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.Table.from_pylist(records(600)), path, row_group_size=200, use_dictionary=False)
    column = pq.ParquetFile(path).metadata.row_group(1).column(1)
    raw = bytearray(path.read_bytes())
    start = column.data_page_offset
    raw[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(raw)
    plan = cut_input(str(path), 50)
    found = read(plan.parts)
    assert [isinstance(item, Article) for item in found[:200] + found[400:]] == [True] * 400
    assert [item.line for item in found[200:400] if isinstance(item, Fault)] == list(range(201, 401))
    assert [item for part in plan.parts for item in read([part])] == found


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_module, "LONGEST_LINE", 1000)
    monkeypatch.setattr(parts_module, "BLOCK", 64)
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"x" * 5000 + b"\n" + jsonl(records(1)))
    long, article = read(cut_input(str(path), 5).parts)
    assert isinstance(long, Fault)
    assert "found '5001 bytes', expected a line of at most 1000" in long.reason
    assert isinstance(article, Article)


def test_other_file_systems_are_read_too(tmp_path: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe_file("/news/a.jsonl.gz", gzip.compress(jsonl(records(3))))
    plan = cut_input("memory://news", 2)
    assert [item.id for item in read(plan.parts) if isinstance(item, Article)] == ["r0", "r1", "r2"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("none", "no such file or folder"), ("nowhere://x", "nowhere"), (".", "expected files that end in one of .jsonl")],
)
def test_what_is_no_input_is_named(name: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=sentence):
        cut_input(name, 10)
