"""The generations of a home: which are kept, which one serves, and what the store says of them.

`CURRENT` and the folders are the truth; the store follows them. A generation's folder comes and
goes by one rename, so that no reader ever sees a part of one.
"""

import json
import shutil
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from config import Home, Settings
from operations import replace_synced, write_synced
from orchestration.ledger import tables, writing

MARTS_FILE = "marts.duckdb"
STAR_FILE = "star.duckdb"
MANIFEST_FILE = "generation.json"
POINTER = "CURRENT"
TEMPORARY = ".tmp-"

KEPT_NEWEST = 5
KEPT_DAYS = 35


class NoGenerationError(Exception):
    """The generation asked for is not kept, or there is none to go back to."""


@dataclass(frozen=True)
class Generation:
    """One published generation. Times are UTC without zone, as in the store; from the day
    `restated_from_on` on, days that were over are told otherwise than in the one before."""

    generation: str
    run_id: str
    as_of: datetime
    published_at: datetime
    code_version: str
    fingerprint: str
    newest_batch_id: int
    restated_from_on: date | None = None


@dataclass(frozen=True)
class Standing:
    """What the store knows of a generation, kept or not; `is_kept` says if its folder is there,
    `has_star` if the star for analysts lies in it."""

    generation: str
    as_of: datetime
    published_at: datetime
    code_version: str
    fingerprint: str
    state: str
    is_kept: bool
    has_star: bool
    cited_by: str
    restated_from_on: date | None
    detail: str


def current_generation(home: Home) -> str | None:
    """The generation that readers get; None before the first."""
    try:
        return (home.published / POINTER).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def kept_generations(home: Home) -> list[str]:
    """Names of the generations whose folder is there, oldest publication first."""
    if not home.published.exists():
        return []
    return sorted(
        entry.name
        for entry in home.published.iterdir()
        if entry.is_dir() and not entry.name.startswith(".")
    )


def known_on(settings: Settings, day: date) -> str:
    """The generation that tells what was known on a day of the authority: its last one.

    Raises NoGenerationError where none that was published on that day is kept.
    """
    zone = ZoneInfo(settings.authority_timezone)
    last_of_day = {
        manifest.published_at.replace(tzinfo=UTC).astimezone(zone).date(): name
        for name in kept_generations(settings.home)
        if (manifest := read_manifest(settings.home, name))
    }
    if day not in last_of_day:
        kept = ", ".join(map(str, last_of_day)) or "none"
        raise NoGenerationError(
            f"no generation of {day} is kept in {settings.home.published}; kept days: {kept}"
        )
    return last_of_day[day]


def read_manifest(home: Home, generation: str) -> Generation | None:
    """What a kept generation says of itself; None where it is not kept."""
    file = home.published / generation / MANIFEST_FILE
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    for name in ("as_of", "published_at"):
        entries[name] = datetime.fromisoformat(entries[name])
    if restated_from := entries.get("restated_from_on"):
        entries["restated_from_on"] = date.fromisoformat(restated_from)
    return Generation(**entries)


def write_manifest(folder: Path, generation: Generation) -> None:
    """Write what a generation says of itself into its folder, safe on disk."""
    entries = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(generation).items()
    }
    write_synced(folder / MANIFEST_FILE, f"{json.dumps(entries, indent=2)}\n".encode())


def next_name(home: Home, store: sa.Engine, as_of: datetime) -> str:
    """A name never given before: the publication's number, then its now."""
    with store.connect() as connection:
        known: list[str] = list(connection.scalars(sa.select(tables.generations.c.generation)))
    numbers = [int(name.split("-")[0]) for name in [*known, *kept_generations(home)]]
    return f"{max(numbers, default=0) + 1:06d}-{as_of:%Y%m%dT%H%M%SZ}"


def point_to(home: Home, generation: str) -> None:
    """Let `CURRENT` name a generation: all readers from here on get it."""
    replace_synced(home.published / POINTER, f"{generation}\n".encode())


def reconcile(home: Home, store: sa.Engine) -> None:
    """Clear what a killed run left behind and let the store say what the folders say."""
    if not home.published.exists():
        return
    for leftover in home.published.glob(f"{TEMPORARY}*"):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
    current = current_generation(home)
    rows = tables.generations.c
    with writing(store) as connection:
        known: set[str] = set(connection.scalars(sa.select(rows.generation)))
        for name in kept_generations(home):
            manifest = read_manifest(home, name)
            if name not in known and manifest is not None:
                connection.execute(
                    sa.insert(tables.generations),
                    {**asdict(manifest), "state": "superseded"},
                )
        _let_serve(connection, current)


def record_published(store: sa.Engine, generation: Generation) -> None:
    """Tell the store that a generation serves."""
    with writing(store) as connection:
        connection.execute(
            sa.insert(tables.generations), {**asdict(generation), "state": "superseded"}
        )
        _let_serve(connection, generation.generation)


def record_failed(store: sa.Engine, generation: Generation, reason: str) -> None:
    """Tell the store that a generation was not published, and why."""
    with writing(store) as connection:
        connection.execute(
            sa.insert(tables.generations),
            {**asdict(generation), "state": "failed", "detail": reason},
        )


def rollback(home: Home, store: sa.Engine, generation: str | None = None) -> str:
    """Let an earlier generation serve (default: the one before the current); gives its name.

    The caller holds the writer's lock. Raises NoGenerationError where it is not kept.
    """
    reconcile(home, store)
    current = current_generation(home)
    target = generation or _one_before(home, store, current)
    if target not in kept_generations(home):
        kept = ", ".join(kept_generations(home)) or "none"
        raise NoGenerationError(
            f"generation {target!r} is not kept in {home.published}; kept: {kept}"
        )
    point_to(home, target)
    with writing(store) as connection:
        _let_serve(connection, target)
    return target


def standings(home: Home, store: sa.Engine) -> list[Standing]:
    """All generations the store knows, newest publication first."""
    kept = set(kept_generations(home))
    rows = tables.generations.c
    with store.connect() as connection:
        found = connection.execute(
            sa.select(tables.generations).order_by(rows.generation.desc())
        ).mappings()
        return [
            Standing(
                generation=row["generation"],
                as_of=row["as_of"],
                published_at=row["published_at"],
                code_version=row["code_version"],
                fingerprint=row["fingerprint"],
                state=row["state"],
                is_kept=row["generation"] in kept,
                has_star=(home.published / row["generation"] / STAR_FILE).exists(),
                cited_by=row["cited_by"],
                restated_from_on=row["restated_from_on"],
                detail=row["detail"],
            )
            for row in found
        ]


def cite(store: sa.Engine, generation: str, briefing: str) -> None:
    """Note that a briefing cites a generation, so that it is kept as long as its days are."""
    rows = tables.generations.c
    with writing(store) as connection:
        cited = connection.scalar(sa.select(rows.cited_by).where(rows.generation == generation))
        names = sorted({*filter(None, (cited or "").split(", ")), briefing})
        connection.execute(
            sa.update(tables.generations)
            .where(rows.generation == generation)
            .values(cited_by=", ".join(names))
        )


def remove_outdated(settings: Settings, store: sa.Engine) -> list[str]:
    """Remove the generations that need not be kept any more; gives their names."""
    home = settings.home
    keep = _to_keep(settings, standings(home, store), datetime.now(UTC))
    outdated = [name for name in kept_generations(home) if name not in keep]
    for name in outdated:
        leaving = home.published / f"{TEMPORARY}{name}"
        (home.published / name).rename(leaving)
        shutil.rmtree(leaving)
    _leave_the_newest_star(home)
    return outdated


def _leave_the_newest_star(home: Home) -> None:
    """A star holds every case there ever was: one is enough. Who has it open reads on."""
    stars = [home.published / name / STAR_FILE for name in kept_generations(home)]
    for star in [star for star in stars if star.exists()][:-1]:
        star.unlink()


def _to_keep(settings: Settings, known: Sequence[Standing], now: datetime) -> Collection[str]:
    """The newest few, each of the last days' newest, what a briefing cites, and what serves."""
    published = [standing for standing in known if standing.is_kept]
    zone = ZoneInfo(settings.authority_timezone)
    newest_of_day: dict[object, str] = {}
    keep = {standing.generation for standing in published[:KEPT_NEWEST]}
    for standing in published:
        at = standing.published_at.replace(tzinfo=UTC)
        if now - at <= timedelta(days=KEPT_DAYS):
            newest_of_day.setdefault(at.astimezone(zone).date(), standing.generation)
            if standing.cited_by:
                keep.add(standing.generation)
    current = current_generation(settings.home)
    return keep | set(newest_of_day.values()) | ({current} if current else set())


def _let_serve(connection: sa.Connection, current: str | None) -> None:
    """One row is `current`; later ones that served were rolled back, earlier ones superseded."""
    if current is None:
        return
    rows = tables.generations.c
    leaving = sa.update(tables.generations).where(
        rows.state == "current", rows.generation != current
    )
    connection.execute(
        leaving.where(rows.generation > current).values(state="rolled_back", is_rolled_back=True)
    )
    connection.execute(leaving.where(rows.generation < current).values(state="superseded"))
    connection.execute(
        sa.update(tables.generations)
        .where(rows.generation == current)
        .values(state="current", is_rolled_back=False)
    )


def _one_before(home: Home, store: sa.Engine, current: str | None) -> str:
    earlier = [
        standing.generation
        for standing in standings(home, store)
        if standing.is_kept
        and standing.state == "superseded"
        and current is not None
        and standing.generation < current
    ]
    if not earlier:
        raise NoGenerationError(f"{home.published} keeps no generation before the current one")
    return earlier[0]
