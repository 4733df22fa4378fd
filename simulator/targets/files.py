"""A file drop: a folder per record, Parquet files with manifests.

Beside the drop, in the folder `DROP.world`, lies the state of the world.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from contract import RECORDS
from simulator.columns import schema


@dataclass(frozen=True)
class FileDrop:
    """The drop in `folder`."""

    folder: Path

    @property
    def _world(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.world")

    def saved_world(self) -> tuple[str, dict[str, pa.Table]] | None:
        if not (self._world / "world.json").exists():
            return None
        tables = {file.stem: pq.read_table(file) for file in self._world.glob("*.parquet")}
        return (self._world / "world.json").read_text(encoding="utf-8"), tables

    def clear(self) -> None:
        shutil.rmtree(self._world, ignore_errors=True)
        for record in RECORDS:
            shutil.rmtree(self.folder / record, ignore_errors=True)

    def write_reference(self, records: Mapping[str, pa.Table]) -> None:
        for record, rows in records.items():
            self._put(record, record, rows, keep_equal=True)

    def write(self, record: str, rows: pa.Table, since: int, until: int) -> None:
        self._put(record, f"{record}-{_stamp(since)}-{_stamp(until)}", rows)

    def finish(self, described: str, tables: Mapping[str, pa.Table]) -> None:
        new = self._world.with_name(f"{self._world.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        for name, table in tables.items():
            pq.write_table(table, new / f"{name}.parquet", compression="zstd")
        (new / "world.json").write_text(described, encoding="utf-8")
        shutil.rmtree(self._world, ignore_errors=True)
        new.rename(self._world)

    def close(self) -> None:
        """Nothing is held open between two writes."""

    def _put(self, record: str, name: str, rows: pa.Table, keep_equal: bool = False) -> None:
        folder = self.folder / record
        folder.mkdir(parents=True, exist_ok=True)
        shown = rows.select(schema(RECORDS[record]).names)
        # The manifest comes first: whoever finds a file finds its manifest too.
        part = folder / f".{name}.parquet.part"
        pq.write_table(shown, part, compression="zstd", row_group_size=128 * 1024)
        manifest = {"rows": shown.num_rows, "sha256": _sha256(part)}
        there = folder / f"{name}.parquet"
        if keep_equal and there.exists() and _sha256(there) == manifest["sha256"]:
            part.unlink()
            return
        note = folder / f".{name}.parquet.manifest.json.part"
        note.write_text(json.dumps(manifest) + "\n", encoding="utf-8")
        note.rename(folder / f"{name}.parquet.manifest.json")
        _to_disk(part)
        part.rename(folder / f"{name}.parquet")


def _stamp(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y%m%dT%H")


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _to_disk(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
