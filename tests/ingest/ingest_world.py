"""An installation with a file drop as its source, and rows of the contract to put there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from config import Settings
from config.settings import GateSettings
from contract import RECORDS, Type
from orchestration import landing
from orchestration.extract import Incremental, RecordResult, Window, extract_and_gate
from orchestration.ledger import open_store, tables, writing
from orchestration.run_context import RunContext

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_PLAIN = {
    Type.TEXT: "x",
    Type.INTEGER: "1",
    Type.NUMBER: "1.5",
    Type.BOOLEAN: "true",
    Type.DATE: "2026-01-01",
    Type.CLOCK_TIME: "09:00",
    Type.TIMESTAMP: "2026-03-10T08:00:00Z",
}


def row(record: str, **values: Any) -> dict[str, str]:
    """A row of the required columns that obeys every rule, as text, with `values` put in."""
    made = {
        column.name: column.codes[0] if column.codes else _PLAIN[column.type]
        for column in RECORDS[record].columns
        if column.required
    }
    special = {"timezone": "Asia/Karachi", "country_code": "PK"}
    made |= {name: value for name, value in special.items() if name in made}
    return made | {name: "" if value is None else str(value) for name, value in values.items()}


def tokens(count: int, start: datetime = NOW - HOUR, office: str = "PK-1") -> list[dict[str, str]]:
    """`count` queue tokens, one a second from `start`."""
    return [
        row(
            "queue_tokens",
            token_id=f"{office}-{start:%d%H}-{number}",
            office_code=office,
            issued_at=f"{start + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}",
            updated_at=f"{start + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}",
        )
        for number in range(count)
    ]


def csv_text(rows: Sequence[dict[str, str]]) -> str:
    """`rows` as CSV, with the union of their columns as its header."""
    names = list(dict.fromkeys(name for made in rows for name in made))
    lines = [",".join(names), *(",".join(made.get(name, "") for name in names) for made in rows)]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Installation:
    """An installation of its own with an empty drop as default source."""

    settings: Settings
    store: sa.Engine
    drop: Path

    def put(self, record: str, name: str, content: Sequence[dict[str, str]] | str | bytes) -> Path:
        """Write a file into the drop."""
        path = self.drop / record / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, str | bytes):
            content = csv_text(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(
        self,
        now: datetime = NOW,
        window: tuple[datetime, datetime] | None = None,
        records: Sequence[str] | None = None,
        overlap: timedelta = timedelta(minutes=15),
    ) -> dict[str, RecordResult]:
        """One extraction; the results of the records that have data, by name."""
        mode = Window(*window) if window else Incremental(overlap)
        results = extract_and_gate(
            self.settings, self.store, RunContext("run", now, "test"), records, mode
        )
        return {result.record: result for result in results if result.state != "absent"}

    def rows(self, record: str, condition: str = "rejected_by is null") -> list[dict[str, Any]]:
        """The admitted rows of a record that meet `condition`, by key and cursor."""
        paths = landing.raw_files(self.settings, self.store, record)
        if not paths:
            return []
        order = ", ".join(
            [*RECORDS[record].key, *([RECORDS[record].cursor] if RECORDS[record].cursor else [])]
        )
        table = duckdb.execute(
            f"select * from {landing.files_relation(paths)} where {condition} order by {order}"
        ).to_arrow_table()
        return list(table.to_pylist())

    def content(self, record: str) -> set[tuple[Any, ...]]:
        """What is admitted of a record, without what tells when and how it came."""
        technical = set(landing.TECHNICAL_COLUMNS)
        return {
            tuple(value for name, value in found.items() if name not in technical)
            for found in self.rows(record)
        }

    def ledger(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table of the ledger."""
        with self.store.connect() as connection:
            found = connection.execute(sa.select(tables.metadata.tables[table]))
            return [dict(entry._mapping) for entry in found]

    def with_gate(self, **settings: Any) -> "Installation":
        """The same installation with other settings of the gate."""
        gate = GateSettings(**settings)
        return replace(self, settings=self.settings.model_copy(update={"gate": gate}))

    def with_source(self, url: str) -> "Installation":
        """The same installation with another default source."""
        sources = {"default": url}
        return replace(self, settings=self.settings.model_copy(update={"sources": sources}))


def installation_in(place: Path) -> Installation:
    """An installation in a folder, with an empty drop."""
    drop = place / "drop"
    drop.mkdir(parents=True)
    settings = Settings(
        home_path=place / "home",
        sources={"default": f"file://{drop}"},
        pseudonym_key_file=place / "pseudonym.key",
        memory_limit_mb=512,
    )
    return Installation(settings, open_store(settings), drop)


def with_history(
    installation: Installation,
    per_hour: Mapping[str, int],
    days: int = 28,
    until: datetime = NOW - DAY,
) -> None:
    """`per_hour` rows of each record are known for every hour of the days before `until`."""
    start = until.replace(tzinfo=None) - days * DAY
    with writing(installation.store) as connection:
        connection.execute(
            sa.insert(tables.hourly_rows),
            [
                {"record": record, "hour_start": start + hour * HOUR, "rows": rows}
                for record, rows in per_hour.items()
                for hour in range(days * 24)
            ],
        )
