"""One run of the pipeline: which it is, and what it takes for "now"."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class RunContext:
    """Identity and clock of one run; nothing downstream reads another clock.

    `now` is aware and in UTC; `command` is the command line's word (`load`, `run hourly` …).
    Raises ValueError where `now` has no zone.
    """

    run_id: str
    now: datetime
    command: str

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError(f"run {self.run_id}: now must carry a time zone, got {self.now!r}")

    @property
    def cadence(self) -> str:
        """The command's last word, which is a Dagster job's name: `hourly`, `nightly`, `live` …"""
        return self.command.split()[-1]

    @property
    def is_quick(self) -> bool:
        """Hourly and live runs leave to the night what takes long: tests of whole tables, the
        process tables, learning and forecasting."""
        return self.cadence in ("hourly", "live")

    @property
    def now_utc(self) -> datetime:
        """`now` as the store and the warehouse keep it: UTC without zone."""
        return self.now.astimezone(UTC).replace(tzinfo=None)
