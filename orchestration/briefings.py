"""Briefings made from a publication and kept as files; the generation a briefing cites is kept."""

from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path

from config import Settings
from operations import disposing
from orchestration.generations import TEMPORARY, cite, read_manifest
from orchestration.ledger import open_store
from reports.briefing import make_briefing
from reports.broker import ALL, NothingPublishedError, Scope, current_generation
from reports.facts.days import last_whole_day

DAILY = "daily"


@dataclass(frozen=True)
class WrittenBriefing:
    """Where a briefing lies, of which authority day's morning it is, and what it was made from."""

    file: Path
    day: date
    generation: str
    size_bytes: int


def newest_day(settings: Settings, generation: str | None = None) -> date:
    """The newest day whose briefing a generation (default: the current one) can give."""
    name = generation or current_generation(settings.home)
    manifest = read_manifest(settings.home, name)
    if manifest is None:
        raise NothingPublishedError(f"generation {name!r} is not kept in {settings.home.published}")
    as_of = manifest.as_of.replace(tzinfo=UTC)
    return last_whole_day(as_of, settings.authority_timezone) + timedelta(days=1)


def daily_file(settings: Settings, day: date) -> Path:
    """Where the daily briefing of a day's morning is kept."""
    return settings.home.briefings / f"{DAILY}-{day}.pdf"


def write_briefing(
    settings: Settings,
    kind: str,
    day: date | None,
    scope: str,
    out: Path,
    language: str = "en",
    generation: str | None = None,
) -> WrittenBriefing:
    """Make a briefing and write it to `out`, whole or not at all.

    `day` is the morning it is for (default: the newest the generation can give). Raises what
    `reports.briefing.make_briefing` does.
    """
    name = generation or current_generation(settings.home)
    morning = day or newest_day(settings, name)
    pdf = make_briefing(settings, kind, morning, Scope(scope), language, name)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f"{TEMPORARY}{out.name}")
    fresh.write_bytes(pdf)
    fresh.replace(out)
    with disposing(open_store(settings)) as store:
        cite(store, name, f"{kind} {morning}")
    return WrittenBriefing(out, morning, name, len(pdf))


def write_daily(settings: Settings, day: date | None = None) -> WrittenBriefing:
    """The daily briefing of the whole authority, kept in the home."""
    morning = day or newest_day(settings)
    return write_briefing(settings, DAILY, morning, ALL, daily_file(settings, morning))
