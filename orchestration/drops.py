"""File drops: `DROP/<record>/*.parquet`, `*.csv`, `*.csv.gz`, read strictly or not at all."""

import codecs
import csv
import gzip
import hashlib
import json
import os
import re
import stat
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contract import Record
from orchestration.landing import sql_text
from orchestration.pseudonyms import PseudonymKey, conceal
from orchestration.sources import (
    ROWS_PER_ARROW_BATCH,
    FileRefusedError,
    Manifest,
    Part,
    Reading,
    RecordAbsentError,
    SourceError,
    contract_columns,
    numbered,
)

ENDINGS = (".parquet", ".csv", ".csv.gz")
MANIFEST_ENDING = ".manifest.json"

FILE_BYTES_MAX = 64 * 1024**3
MANIFEST_BYTES_MAX = 1024**2
LINE_BYTES_MAX = 1024**2
# A text of codes and times shrinks ten- to thirtyfold; what grows far beyond that is an attack.
INFLATION_MAX = 200
INFLATION_JUDGED_FROM_BYTES = 64 * 1024**2

_CHUNK = 4 * 1024**2


@dataclass(frozen=True)
class DropFile:
    """A file of a drop as its folder shows it; nothing of it has been read."""

    path: Path
    size: int
    modified_ns: int

    @property
    def name(self) -> str:
        return self.path.name


def drop_folder(url: str) -> Path:
    """The folder that a `file://` URL names. Raises SourceError for another host or no path."""
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise SourceError(f"source {url!r}: a drop is named file:///absolute/folder")
    return Path(unquote(parts.path))


def list_files(folder: Path, record: Record) -> tuple[list[DropFile], list[tuple[str, str]]]:
    """The files of `record` in a drop by name, and those refused at sight as (name, reason).

    Raises SourceError where the drop itself is not there (a mount that is gone), and
    RecordAbsentError where it has no folder for the record.
    """
    if not folder.is_dir():
        raise SourceError(
            f"{record.name}: the drop {folder} is not there: check that it is mounted, or the "
            "source in passport.toml"
        )
    place = folder / record.name
    if place.is_symlink():
        raise SourceError(f"{record.name}: {place} is a link; links are not followed")
    if not place.is_dir():
        raise RecordAbsentError(f"{record.name}: the drop {folder} has no folder {record.name}")
    files: list[DropFile] = []
    refused: list[tuple[str, str]] = []
    try:
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
    except OSError as error:
        raise SourceError(f"{record.name}: {place} cannot be listed: {error.strerror}") from None
    for entry in entries:
        # Names that begin with a dot, and manifests, are not data.
        if entry.name.startswith(".") or entry.name.endswith(MANIFEST_ENDING):
            continue
        facts = entry.stat(follow_symlinks=False)
        reason = _refused_at_sight(entry.name, facts)
        if reason:
            refused.append((entry.name.encode("utf-8", "replace").decode(), reason))
        else:
            files.append(DropFile(Path(entry.path), facts.st_size, facts.st_mtime_ns))
    return files, refused


def _refused_at_sight(name: str, facts: os.stat_result) -> str | None:
    if not stat.S_ISREG(facts.st_mode):
        return "not a regular file (links, folders and devices are not followed)"
    if not name.isprintable() or not _is_utf8(name):
        return "its name holds characters that cannot be printed"
    if not name.endswith(ENDINGS):
        return f"its name ends in none of {', '.join(ENDINGS)}"
    if facts.st_size == 0:
        return "empty"
    if facts.st_size > FILE_BYTES_MAX:
        return f"larger than {FILE_BYTES_MAX // 1024**3} GiB"
    return None


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def file_part(file: DropFile, record: Record, key: PseudonymKey | None) -> Part:
    """`file`, hashed and ready to be read; its `open` raises FileRefusedError."""
    return Part(
        name=file.name,
        open=lambda: open_file(file, record, key),
        size=file.size,
        modified_ns=file.modified_ns,
        sha256=file_sha256(file),
        manifest=_manifest(file),
    )


def file_sha256(file: DropFile) -> str:
    """The SHA-256 of a file's bytes. Raises FileRefusedError where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with file.path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise FileRefusedError(f"cannot be read: {error.strerror or error}") from None
    return digest.hexdigest()


def _check_text(file: DropFile) -> None:
    """Refuses what no parser refuses by itself: NUL, other encodings, a missing last newline."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    seen = 0
    last = b""
    for chunk in _text_chunks(file):
        if b"\0" in chunk:
            raise FileRefusedError(
                f"holds a NUL byte at byte {seen + chunk.index(0)}: write it in UTF-8"
            )
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise FileRefusedError(
                f"not UTF-8 near byte {seen + error.start}: write it in UTF-8"
            ) from None
        seen += len(chunk)
        last = chunk[-1:]
    if seen == 0:
        raise FileRefusedError("empty")
    if last != b"\n":
        raise FileRefusedError("does not end with a newline: it was probably cut off")


def _text_chunks(file: DropFile) -> Iterator[bytes]:
    """The bytes of a CSV file, inflated where they are compressed."""
    limit = max(INFLATION_JUDGED_FROM_BYTES, INFLATION_MAX * file.size)
    inflated = 0
    with _opened(file) as stream:
        while True:
            try:
                chunk = stream.read(_CHUNK)
            except (EOFError, gzip.BadGzipFile, zlib.error):
                raise FileRefusedError("not a whole gzip file: it was probably cut off") from None
            if not chunk:
                return
            inflated += len(chunk)
            if inflated > limit:
                raise FileRefusedError(f"inflates to more than {INFLATION_MAX} times its size")
            yield chunk


def _manifest(file: DropFile) -> Manifest | None:
    """What `<file>.manifest.json` says; None where there is none."""
    path = file.path.with_name(file.name + MANIFEST_ENDING)
    if not path.exists() and not path.is_symlink():
        return None
    try:
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > MANIFEST_BYTES_MAX:
            return Manifest(fault="is not a regular small file")
        entries = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return Manifest(fault="cannot be read as JSON")
    if not isinstance(entries, dict):
        return Manifest(fault="is not an object with rows, sha256 and control_totals")
    rows, sha256 = entries.get("rows"), entries.get("sha256")
    totals = entries.get("control_totals") or {}
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int)):
        return Manifest(fault="gives no whole number for rows")
    if sha256 is not None and not isinstance(sha256, str):
        return Manifest(fault="gives no text for sha256")
    if not isinstance(totals, dict) or not all(
        isinstance(total, int | float) and not isinstance(total, bool) for total in totals.values()
    ):
        return Manifest(fault="gives no numbers for control_totals")
    return Manifest(rows, sha256, {name: float(total) for name, total in totals.items()})


def open_file(
    file: DropFile,
    record: Record,
    key: PseudonymKey | None,
    only: Collection[str] | None = None,
) -> Reading:
    """Start to read a file, or the columns `only` of it. Raises FileRefusedError."""
    wanted = [c.name for c in record.columns if only is None or c.name in only]
    if _is_parquet(file):
        present, batches = _parquet_batches(file, record, wanted)
    else:
        present, batches = _csv_batches(file, record)
    known, unknown = contract_columns(record, present, file.name, FileRefusedError)
    known = [name for name in known if name in wanted]
    concealed = (conceal(batch.select(known), record, key) for batch in batches)
    first = next(concealed, None)
    if first is None:
        first = conceal(_no_rows(known), record, key)
    schema = first.schema.append(pa.field("source_row", pa.int64()))
    return Reading(
        name=file.name,
        record=record,
        schema=schema,
        batches=_unchanged(file, numbered(chain([first], concealed), schema)),
        unknown_columns=unknown,
    )


def _no_rows(names: list[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in names], names=names)


def _unchanged(file: DropFile, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """`batches`, refused at the end where the file changed while it was read."""
    yield from batches
    try:
        facts = file.path.lstat()
    except OSError:
        raise FileRefusedError("vanished while it was read") from None
    if (facts.st_size, facts.st_mtime_ns) != (file.size, file.modified_ns):
        raise FileRefusedError("changed while it was read: move files in when they are complete")


def _parquet_batches(
    file: DropFile, record: Record, wanted: Sequence[str]
) -> tuple[list[str], Iterator[pa.RecordBatch]]:
    try:
        opened = pq.ParquetFile(file.path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise FileRefusedError(f"not a whole Parquet file ({type(error).__name__})") from None
    present = _unique_names(opened.schema_arrow.names, record)
    nested = [
        field.name
        for field in opened.schema_arrow
        if field.name in {column.name for column in record.columns}
        and pa.types.is_nested(field.type)
    ]
    if nested:
        raise FileRefusedError(f"holds lists or structures in {', '.join(nested)}")

    columns = [name for name in wanted if name in present]

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for batch in opened.iter_batches(ROWS_PER_ARROW_BATCH, columns=columns):
                batch.validate(full=True)
                yield batch
        except (pa.ArrowException, OSError) as error:
            # Arrow's own words may quote a value; its kind of error does not.
            raise FileRefusedError(
                f"a damaged Parquet file ({type(error).__name__} while reading its rows)"
            ) from None

    return present, batches()


def _csv_batches(file: DropFile, record: Record) -> tuple[list[str], Iterator[pa.RecordBatch]]:
    _check_text(file)
    present = _csv_header(file, record)
    contract_columns(record, present, file.name, FileRefusedError)

    def batches() -> Iterator[pa.RecordBatch]:
        columns = ", ".join(f"{sql_text(name)}: 'VARCHAR'" for name in present)
        with duckdb.connect() as connection:
            try:
                # Two threads keep the order; more would only wait for the one that writes.
                connection.execute("set threads = 2")
                reader = connection.execute(
                    f"""
                    select * from read_csv(
                        $path, auto_detect = false, header = true, columns = {{{columns}}},
                        delim = ',', quote = '"', escape = '"', nullstr = '', encoding = 'utf-8',
                        strict_mode = true, null_padding = false, ignore_errors = false,
                        compression = '{"gzip" if _is_gzip(file) else "none"}',
                        max_line_size = {LINE_BYTES_MAX}
                    )
                    """,
                    {"path": _literal_path(file.path)},
                ).to_arrow_reader(ROWS_PER_ARROW_BATCH)
                yield from reader
            except (duckdb.Error, pa.ArrowException) as error:
                raise FileRefusedError(_csv_fault(str(error))) from None

    return present, batches()


def _csv_header(file: DropFile, record: Record) -> list[str]:
    with _opened(file) as stream:
        line = stream.readline(LINE_BYTES_MAX)
    try:
        names = next(csv.reader([line.decode("utf-8-sig")], strict=True), [])
    except csv.Error:
        raise FileRefusedError("its header row cannot be read as CSV") from None
    return _unique_names(names, record)


def _unique_names(names: list[str], record: Record) -> list[str]:
    # Only the contract's own names are told: a file without a header shows its first row here.
    twice = sorted(column.name for column in record.columns if names.count(column.name) > 1)
    if twice:
        raise FileRefusedError(f"its header names a column twice: {', '.join(twice)}")
    if len(set(names)) < len(names) or not all(names):
        raise FileRefusedError("its first row is no header: a name stands there twice or is empty")
    return names


def _csv_fault(message: str) -> str:
    """What is wrong with a CSV file and in which line; the parser's own words quote the line."""
    line = re.search(r"Line: (\d+)", message)
    where = f"line {line[1]}: " if line else ""
    for words, fault in (
        ("Expected Number of Columns", "another number of fields than the header"),
        ("unterminated quote", "a quoted field does not end"),
        ("quote", "a quote inside an unquoted field, or text after a closing quote"),
        ("Maximum line size", f"longer than {LINE_BYTES_MAX} bytes"),
        ("unicode", "not UTF-8"),
    ):
        if words in message:
            return where + fault
    return where + "cannot be read as CSV (RFC 4180)"


def _literal_path(path: Path) -> str:
    """`path` so that DuckDB does not take `*`, `?` or `[` in a name for a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _opened(file: DropFile) -> gzip.GzipFile | BufferedReader:
    return gzip.open(file.path) if _is_gzip(file) else file.path.open("rb")


def _is_parquet(file: DropFile) -> bool:
    return file.name.endswith(".parquet")


def _is_gzip(file: DropFile) -> bool:
    return file.name.endswith(".gz")
