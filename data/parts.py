"""Large inputs in parts: files and folders of JSON Lines or Parquet, cut every so many records, each read by itself.

Paths are local or any that fsspec reaches (``s3://…``). A line too long, a row that is no record, or a file that cannot
be read to its end is a :class:`Fault` in its place, so that nothing goes missing without being counted.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any, BinaryIO

from stancewire.data.files import Row, decoded_line, parsed_line
from stancewire.data.readers import article_of_row
from stancewire.data.tables import record_of_row
from stancewire.errors import DataError, found_expected
from stancewire.records import Article

COMPRESSIONS = {".gz": "gzip", ".xz": "xz"}
ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.xz", ".json", ".parquet")
LONGEST_LINE = 64 * 1024**2
"""Bytes of a line that are held in memory; a record of the longest text, all of it escaped, has less."""
BLOCK = 1024**2
ROWS = 256
"""Rows of a table that are decoded together."""
FIELDS = frozenset(
    ["id", "lang", "date", "source", "title", "text", "topics", "unknown", "quotes", "targets", "unit", "context"]
)
"""The columns that are read; others are not needed for an answer."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file of the input.

    Attributes:
        name: its path under the input folder, with ``/``; what errors and the manifest call it.
        url: where it is.
        bytes: its size as it lies there.
        sha256: of these bytes.
        records: lines that are not empty, or rows; a file that cannot be read to its end counts as one.
    """

    name: str
    url: str
    bytes: int
    sha256: str
    records: int


@dataclass(frozen=True, slots=True)
class Part:
    """A run of records of one file.

    Attributes:
        number: of the part in the whole input, from 0.
        file: name of its file.
        url: where that is.
        first: its first line or row, from 1.
        offset: the byte where that line begins, decompressed; 0 in a table.
        records: how many it has.
        fault: why the file cannot be read at all; the one record of this part stands for it.
    """

    number: int
    file: str
    url: str
    first: int
    offset: int
    records: int
    fault: str = ""

    def __str__(self) -> str:
        return f"part {self.number} ({self.file} from {self.first}, {self.records} records)"


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that cannot be read: its file, its line (of a table: its row), and the reason."""

    file: str
    line: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the line of ``errors.jsonl``."""
        return {"file": self.file, "line": self.line, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Plan:
    """An input as it is cut: its files and parts in order, and the names of files of other kinds beside them."""

    files: tuple[InputFile, ...]
    parts: tuple[Part, ...]
    others: tuple[str, ...]

    @property
    def records(self) -> int:
        """How many records there are, readable or not."""
        return sum(file.records for file in self.files)


def cut_input(source: str, records: int, progress: Callable[[int], None] | None = None) -> Plan:
    """Read an input once for its digests, and cut it into parts.

    Args:
        source: a file, or a folder that is searched for files, names that begin with ``.`` or ``_`` left out.
        records: of one part, at most; a part never spans two files.
        progress: called with the number of bytes that were read for the digests, block by block.

    Raises:
        DataError: there is nothing to read, or it may not be read.
    """
    files: list[InputFile] = []
    parts: list[Part] = []
    found, others = _find(source)
    for name, url in found:
        try:
            size, digest = _digest(url, progress)
            cuts, total, fault = _cuts(name, url, records)
        except OSError as error:
            raise DataError(f"{source}: {name}: cannot be read ({error.strerror or error})") from error
        files.append(InputFile(name, url, size, digest, total))
        for i, (first, offset) in enumerate(cuts):
            parts.append(Part(len(parts), name, url, first, offset, min(records, total - i * records), fault))
    if not parts:
        raise DataError(f"{source}: found no record in it, expected a JSON object a line or rows of a table")
    if all(part.fault for part in parts):
        raise DataError(parts[0].fault)
    return Plan(tuple(files), tuple(parts), tuple(others))


def _find(source: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return name and address of each file that can be read, in order, and the names of the others."""
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(source)
        if system.isfile(root):
            paths = {PurePosixPath(root).name: root}
        elif system.isdir(root):
            paths = {path[len(root) :].strip("/"): path for path in system.find(root)}
        else:
            raise DataError(f"{source}: no such file or folder")
    except (ImportError, ValueError) as error:
        raise DataError(f"{source}: {error}") from error
    shown = sorted(name for name in paths if len(paths) == 1 or not any(p[0] in "._" for p in name.split("/")))
    chosen = [name for name in shown if name.lower().endswith(ENDINGS)]
    if not chosen:
        raise DataError(found_expected(source, shown[:3], f"files that end in one of {', '.join(ENDINGS)}"))
    return [(name, system.unstrip_protocol(paths[name])) for name in chosen], sorted({*shown} - {*chosen})


def _digest(url: str, progress: Callable[[int], None] | None) -> tuple[int, str]:
    import fsspec

    size, digest = 0, hashlib.sha256()
    with fsspec.open(url, "rb") as stream:
        while block := stream.read(BLOCK):
            size += len(block)
            digest.update(block)
            if progress:
                progress(len(block))
    return size, digest.hexdigest()


def _cuts(name: str, url: str, records: int) -> tuple[list[tuple[int, int]], int, str]:
    """Return where the parts of a file begin (line or row, byte), its number of records, and why it has none."""
    import pyarrow as pa

    try:
        if url.lower().endswith(".parquet"):
            total = _table_size(name, url)
            return [(first, 0) for first in range(1, total + 1, records)], total, ""
        return *_line_cuts(url, records), ""
    except DataError as error:
        return [(1, 0)], 1, str(error)
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error) as error:
        return [(1, 0)], 1, f"{name}: the compressed file is truncated or damaged ({error})"
    except (pa.ArrowException, OSError) as error:
        if not _is_damage(error):
            raise
        return [(1, 0)], 1, f"{name}: not a whole Parquet file ({error})"


def _is_damage(error: Exception) -> bool:
    """Whether Arrow means the bytes themselves; what it could not reach has an error number or a class of its own."""
    import pyarrow as pa

    return isinstance(error, pa.ArrowException) or (type(error) is OSError and error.errno is None)


def _line_cuts(url: str, records: int) -> tuple[list[tuple[int, int]], int]:
    cuts: list[tuple[int, int]] = []
    total = offset = 0
    with ExitStack() as stack:
        for number, (length, raw) in enumerate(_lines(_open(url, stack)), 1):
            if not _is_empty(raw):
                if total % records == 0:
                    cuts.append((number, offset))
                total += 1
            offset += length
    return cuts, total


def _table_size(name: str, url: str) -> int:
    with ExitStack() as stack:
        table = _open_table(url, stack)
        if "text" not in table.schema_arrow.names:
            raise DataError(found_expected(name, table.schema_arrow.names, "a column text"))
        return int(table.metadata.num_rows)


def _open(url: str, stack: ExitStack) -> BinaryIO:
    """Open a file for reading by lines, decompressed."""
    import fsspec

    compression = COMPRESSIONS.get(PurePosixPath(url).suffix.lower())
    raw = stack.enter_context(fsspec.open(url, "rb", compression=compression))
    return stack.enter_context(io.BufferedReader(raw, BLOCK))


def _open_table(url: str, stack: ExitStack) -> Any:  # noqa: ANN401 - pyarrow has no types
    import fsspec
    import pyarrow.parquet as pq

    # With a buffer, columns are read as they are needed and not as a whole, however large a row group is.
    return stack.enter_context(pq.ParquetFile(stack.enter_context(fsspec.open(url, "rb")), buffer_size=BLOCK))


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the length of each line and its bytes, of which no more than ``LONGEST_LINE`` are kept."""
    while raw := stream.readline(LONGEST_LINE):
        length = len(raw)
        end = raw
        while length >= LONGEST_LINE and not end.endswith(b"\n") and (end := stream.readline(BLOCK)):
            length += len(end)
        yield length, raw


def _is_empty(raw: bytes) -> bool:
    return not raw.removeprefix(BOM_UTF8).strip()


class PartReader:
    """Reads parts, best in order: an open file goes on where the last part ended, and is not decoded from its start."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._url = ""
        self._lines: BinaryIO | None = None
        self._batches: Iterator[Any] = iter(())
        self._pending: Any = None
        self._next = 0

    def __enter__(self) -> PartReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def read(self, part: Part) -> Iterator[Article | Fault]:
        """Yield the articles of a part, and a fault in the place of each that cannot be read.

        Raises:
            DataError: the file has changed since it was cut.
        """
        if part.fault:
            yield Fault(part.file, 1, part.fault)
            return
        rows = self._table_rows(part) if part.url.lower().endswith(".parquet") else self._line_rows(part)
        try:
            for number, row in rows:
                article = article_of_row(row)
                yield article if isinstance(article, Article) else Fault(part.file, number, str(article))
        except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
            raise DataError(f"{part.file}: cannot be read any more ({error}); has it changed?") from error

    def _line_rows(self, part: Part) -> Iterator[tuple[int, Row]]:
        if self._url != part.url or self._lines is None:
            self._close()
            self._lines, self._url = _open(part.url, self._stack), part.url
        self._lines.seek(part.offset)
        number, offset, left = part.first - 1, part.offset, part.records
        for length, raw in _lines(self._lines):
            number += 1
            if not _is_empty(raw):
                yield number, _line_row(raw, length, part.file, number, offset)
                left -= 1
                if not left:
                    return
            offset += length

    def _table_rows(self, part: Part) -> Iterator[tuple[int, Row]]:
        import pyarrow as pa

        end = part.first + part.records
        stem = PurePosixPath(part.file).with_suffix("").as_posix()
        try:
            self._go_to(part)
            while self._next < end:
                start, rows = self._take(part, end)
                for number, row in enumerate(rows.to_pylist(), start):
                    where = f"{part.file}: row {number}"
                    yield number, Row(where, record_of_row(row, where, f"{stem}-{number}"))
        except (pa.ArrowException, OSError) as error:
            if not _is_damage(error):
                raise
            damaged = range(max(self._next, part.first), end)
            self._close()
            for number in damaged:
                where = f"{part.file}: row {number}"
                yield number, Row(where, DataError(f"{where}: the Parquet file is damaged ({error})"))

    def _go_to(self, part: Part) -> None:
        """Open the table of a part at the row group where it begins, unless the reader stands before that already."""
        if self._url == part.url and self._lines is None and self._next <= part.first:
            return
        self._close()
        table = _open_table(part.url, self._stack)
        group, self._next = 0, 1
        while self._next + (size := table.metadata.row_group(group).num_rows) <= part.first:
            group, self._next = group + 1, self._next + size
        columns = [name for name in table.schema_arrow.names if name in FIELDS]
        # One row group after the other: then its batches begin at the same rows wherever reading begins.
        self._batches = (
            batch
            for index in range(group, table.num_row_groups)
            for batch in table.iter_batches(ROWS, row_groups=[index], columns=columns)
        )
        self._url = part.url

    def _take(self, part: Part, end: int) -> tuple[int, Any]:
        """Return the next rows of a part that are decoded, none of them past ``end``, and the first one's number."""
        if self._pending is None or not self._pending.num_rows:
            self._pending = next(self._batches, None)
            if self._pending is None:
                raise DataError(f"{part.file}: ends before row {end - 1}; it has changed since it was cut")
        skipped = min(max(part.first - self._next, 0), self._pending.num_rows)
        rows = self._pending.slice(skipped, end - self._next - skipped)
        number = self._next + skipped
        self._next = number + rows.num_rows
        self._pending = self._pending.slice(skipped + rows.num_rows)
        return number, rows

    def _close(self) -> None:
        self._stack.close()
        self._url, self._lines, self._batches, self._pending, self._next = "", None, iter(()), None, 0


def _line_row(raw: bytes, length: int, name: str, number: int, offset: int) -> Row:
    where = f"{name}:{number}"
    if length > LONGEST_LINE:
        return Row(where, DataError(found_expected(where, f"{length} bytes", f"a line of at most {LONGEST_LINE}")))
    try:
        line = decoded_line(raw, name, number, offset)
    except DataError as error:  # a file with a NUL byte ends a labelling, but a large input goes on
        return Row(where, error)
    return Row(where, line if isinstance(line, DataError) else parsed_line(line, where))
