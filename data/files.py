"""Files as rows: JSON Lines, CSV, Parquet and plain text, each row with the place that an error names.

A row that cannot be read carries its :class:`DataError` instead of a record, so that a reader stops at the first and
a check goes on to the next.
"""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import Any

from stancewire.data.tables import record_of_row
from stancewire.errors import DataError, found_expected


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file, not yet checked, or what kept it from being read.

    Attributes:
        where: the place that an error names, such as ``news.jsonl:12``.
        content: the record, or the error.
    """

    where: str
    content: Any


def rows_of(path: Path) -> Iterator[Row]:
    """Yield the rows of one file, or of all ``.txt`` files under a folder.

    Raises:
        DataError: the file is missing, empty, truncated or of a kind that is not known.
    """
    if path.is_dir():
        return _folder(path)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    for suffix, read in READERS.items():
        if path.name.lower().endswith(suffix):
            return read(path)
    raise DataError(found_expected(str(path), path.suffix, f"a folder of .txt files or one of {', '.join(READERS)}"))


def text_of(raw: bytes, name: str) -> str:
    """Return the text of what was read elsewhere, such as standard input, checked as a file is.

    Raises:
        DataError: it is empty, binary or not UTF-8; the text names ``name``, line and byte.
    """
    return "".join(_whole(_numbered(name, lambda: BytesIO(raw))))


def _lines(path: Path) -> Iterator[tuple[int, str | DataError]]:
    """Yield the lines of a text file, compressed or not, with their numbers; the end of line stays."""
    return _numbered(str(path), lambda: _open(path))


def _numbered(name: str, opened: Callable[[], BufferedIOBase]) -> Iterator[tuple[int, str | DataError]]:
    offset, number = 0, 0
    try:
        with opened() as stream:
            for number, raw in enumerate(stream, 1):
                yield number, decoded_line(raw, name, number, offset)
                offset += len(raw)
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error) as error:
        raise DataError(f"{name}:{number + 1}: the compressed file is truncated or damaged ({error})") from error
    except OSError as error:
        raise DataError(f"{name}: {error.strerror or error}") from error
    if not offset:
        raise DataError(f"{name}: the file is empty")


def _whole(lines: Iterator[tuple[int, str | DataError]]) -> Iterator[str]:
    """Yield lines, and raise at the first that cannot be read."""
    for _, line in lines:
        if isinstance(line, DataError):
            raise line
        yield line


def _open(path: Path) -> BufferedIOBase:
    if path.suffix.lower() == ".gz":
        return gzip.open(path)
    if path.suffix.lower() == ".xz":
        return lzma.open(path)
    return path.open("rb")


def decoded_line(raw: bytes, name: str, number: int, offset: int) -> str | DataError:
    """Return a line as text, or why it is none; ``offset`` is where it begins in the file ``name``."""
    if b"\0" in raw:
        place = f"{name}:{number}: byte {offset + raw.index(0)}"
        raise DataError(f"{place}: found a NUL byte, expected text in UTF-8; this is a binary file or UTF-16")
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        place = f"{name}:{number}: byte {offset + error.start}"
        found = found_expected(place, raw[error.start : error.start + 1], "text in UTF-8")
        return DataError(f"{found}; if it is Latin-1: iconv -f latin1 -t utf-8 {Path(name).name} > NEW")


def _json_lines(path: Path) -> Iterator[Row]:
    empty = True
    for number, line in _lines(path):
        where = f"{path}:{number}"
        if isinstance(line, DataError):
            yield Row(where, line)
        elif line.strip():
            yield Row(where, parsed_line(line, where))
        else:
            continue
        empty = False
    if empty:
        raise DataError(f"{path}: found only empty lines, expected a JSON object on each line")


def parsed_line(line: str, where: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the value of a line of JSON Lines, or why there is none."""
    try:
        value = json.loads(line.rstrip())
    except json.JSONDecodeError as error:
        hint = " (JSON Lines: a whole object on each line, no list around them)" if line.lstrip()[0] in "[{" else ""
        return DataError(f"{where}: column {error.colno}: bad JSON: {error.msg}{hint}")
    except (ValueError, RecursionError) as error:
        return DataError(f"{where}: bad JSON: {error}")
    if "\\ud" in line.lower():
        # An escaped half of a surrogate pair is JSON but no text: it cannot be written as UTF-8 again.
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            return DataError(found_expected(where, error.object[error.start], "whole characters"))
    return value


def _csv(path: Path) -> Iterator[Row]:
    # The module's limit of 131,072 characters a field is less than a long article, and is set for the whole process.
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(_whole(_lines(path)), strict=True)
    columns: list[str] = []
    line = number = 0
    try:
        for values in reader:
            where, line = f"{path}:{line + 1}", reader.line_num
            if not values:
                continue
            if not columns:
                columns = _columns(values, where)
                continue
            number += 1
            yield Row(where, _csv_record(columns, values, where, f"{path.stem}-{number}"))
    except csv.Error as error:
        raise DataError(f"{path}:{line + 1}: bad CSV: {error}") from error
    if not number:
        raise DataError(f"{path}: found no row under the header")


def _columns(values: list[str], where: str) -> list[str]:
    if "text" not in values or len(set(values)) < len(values):
        raise DataError(found_expected(where, values, "a header line with a column text, each name once, and commas"))
    return values


def _csv_record(columns: list[str], values: list[str], where: str, fallback_id: str) -> dict[str, Any] | DataError:
    if len(values) != len(columns):
        return DataError(found_expected(where, len(values), f"{len(columns)} fields, as in the header"))
    return record_of_row(dict(zip(columns, values, strict=True)), where, fallback_id)


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if "text" not in file.schema_arrow.names:
                raise DataError(found_expected(str(path), file.schema_arrow.names, "a column text"))
            number = 0
            for batch in file.iter_batches(batch_size=1024):
                for row in batch.to_pylist():
                    number += 1
                    where = f"{path}: row {number}"
                    yield Row(where, record_of_row(row, where, f"{path.stem}-{number}"))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: not a whole Parquet file ({error})") from error
    if not number:
        raise DataError(f"{path}: found no rows")


def _text(path: Path, identifier: str | None = None) -> Iterator[Row]:
    text = "".join(_whole(_lines(path)))
    yield Row(str(path), {"id": identifier or path.stem, "text": text})


def _folder(path: Path) -> Iterator[Row]:
    files = sorted(path.rglob("*.txt"))
    if not files:
        raise DataError(f"{path}: found no .txt file in the folder")
    for file in files:
        identifier = file.relative_to(path).with_suffix("").as_posix()
        try:
            yield from _text(file, identifier)
        except DataError as error:
            yield Row(str(file), error)


READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": _json_lines,
    ".jsonl.gz": _json_lines,
    ".jsonl.xz": _json_lines,
    ".json": _json_lines,
    ".csv": _csv,
    ".parquet": _parquet,
    ".txt": _text,
}
"""The endings of file names and what reads them."""
