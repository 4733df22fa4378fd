"""The moment of a build, as the step that looks ahead takes it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import duckdb


@dataclass(frozen=True)
class Moment:
    """`now` (UTC without zone), and the authority's zone."""

    now: datetime
    authority_timezone: str

    @property
    def today(self) -> date:
        """The authority's day."""
        return self.now.replace(tzinfo=UTC).astimezone(ZoneInfo(self.authority_timezone)).date()

    @property
    def midnight(self) -> datetime:
        """When the authority's day began, UTC without zone: what is learned is learned as of it,
        so that a rebuild later in the day learns the same."""
        local = datetime.combine(self.today, time(), ZoneInfo(self.authority_timezone))
        return local.astimezone(UTC).replace(tzinfo=None)


def moment_of(connection: duckdb.DuckDBPyConnection) -> Moment:
    """The moment of the build that the warehouse file holds."""
    row = connection.execute("select now_at, authority_timezone from meta.run").fetchone()
    assert row is not None
    return Moment(*row)
