"""Briefings made from a publication, kept in the archive, and on their way to who gets them.

The command line and Dagster do the same by these functions. The generation that a briefing cites
is kept.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import sqlalchemy as sa

import delivery.store
from config import Settings
from delivery import archive, sending
from delivery.archive import Archived, Made, Which
from delivery.days_off import days_off
from delivery.hours import IsDayOff, deadline, mornings, newest_morning, works_always
from delivery.lateness import respond_to_lateness
from delivery.remaking import Remake, settle_remake, unmade
from delivery.rights import Places, places_of
from delivery.subscriptions import Subscription, current
from operations import disposing, replace_synced
from orchestration.generations import cite, read_manifest
from orchestration.ledger import open_store
from orchestration.telling import naive_now, tell
from reports.briefing import make_briefing, make_briefings
from reports.briefings.bulletin import open_data
from reports.broker import ALL, NothingPublishedError, Scope, current_generation, open_publication
from reports.facts.days import last_whole_day
from reports.kinds import KINDS, Kind, kind_named

# As much of an error as a delivery's row tells.
_TOLD = 300
# So many of a kind, morning and language are worth processes of their own.
_TOGETHER = 12

Say = Callable[[str], None]


@dataclass(frozen=True)
class WrittenBriefing:
    """Where a briefing lies, of which authority day's morning it is, and what it was made from."""

    file: Path
    day: date
    generation: str
    size_bytes: int


@dataclass
class Delivered:
    """What one round of briefings came to: how many were due, put into the outbox, refused, and
    could not be made; how many were made again; how many messages left, of any sort; kinds that
    are late."""

    due: int = 0
    put: int = 0
    refused: int = 0
    failed: int = 0
    made_again: int = 0
    sent: int = 0
    late: list[str] = field(default_factory=list)


def newest_day(settings: Settings, generation: str | None = None) -> date:
    """The newest day whose briefing a generation (default: the current one) can give."""
    name = generation or current_generation(settings.home)
    manifest = read_manifest(settings.home, name)
    if manifest is None:
        raise NothingPublishedError(f"generation {name!r} is not kept in {settings.home.published}")
    as_of = manifest.as_of.replace(tzinfo=UTC)
    return last_whole_day(as_of, settings.authority_timezone) + timedelta(days=1)


def write_briefing(
    settings: Settings,
    kind: str,
    day: date | None,
    scope: str,
    out: Path,
    language: str = "en",
    generation: str | None = None,
    incident: str | None = None,
) -> WrittenBriefing:
    """Make a briefing and write it to `out`, whole or not at all; the archive does not hold it.

    `day` is the morning it is for (default: the newest the generation can give). Raises what
    `reports.briefing.make_briefing` does.
    """
    name = generation or current_generation(settings.home)
    morning = day or newest_day(settings, name)
    pdf = make_briefing(settings, kind, morning, Scope(scope), language, name, incident_id=incident)
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_synced(out, pdf)
    _cite(settings, name, f"{kind} {morning}")
    return WrittenBriefing(out, morning, name, len(pdf))


def make(
    settings: Settings,
    store: sa.Engine,
    which: Which,
    now: datetime,
    *,
    by: str = "",
    newer_than: datetime | None = None,
    generation: str | None = None,
) -> Archived:
    """The briefing from the archive; made for it where it is not there, or was made before
    `newer_than`.

    Times are UTC without zone; `by` names who asked, nobody for the schedule. Raises what
    `reports.briefing.make_briefing` does.
    """
    with store.connect() as connection:
        known = archive.find(connection, which)
    if known is not None and known.is_newer(newer_than):
        return known
    name = generation or current_generation(settings.home)
    content = _content(settings, which, name)
    return _keep(settings, store, which, name, content, now, by, newer_than=newer_than)


def make_again(
    settings: Settings,
    store: sa.Engine,
    remake: Remake,
    now: datetime,
    *,
    generation: str | None = None,
) -> Archived:
    """The next version of what somebody asked for, once, whatever is killed; a failure is written
    down, and raised as `make` does."""
    try:
        made = make(
            settings,
            store,
            remake.which,
            now,
            by=remake.asked_by,
            newer_than=remake.asked_at,
            generation=generation,
        )
    except Exception as error:
        settle_remake(store, remake, now, None, _told(error))
        raise
    settle_remake(store, remake, now, made)
    return made


def make_scheduled(
    settings: Settings, kind_name: str, morning: date, until: datetime | None = None
) -> Iterator[Archived | Exception]:
    """What the schedule makes of a kind for a morning: the whole authority's, one for each place
    and language that somebody subscribed to, and the open data of what is for the public. One that
    fails keeps no other back; many are made by two processes."""
    kind, now = kind_named(kind_name), naive_now(until)
    with delivery_store(settings) as store:
        with store.connect() as connection:
            wanted = _scheduled(kind, morning, current(connection))
            known = [archive.find(connection, which) for which in wanted]
        missing = [which for which, there in zip(wanted, known, strict=True) if there is None]
        yield from filter(None, known)
        together = dict(_many_made(settings, store, missing, now))
        yield from together.values()
        for which in missing:
            if which not in together:
                yield _made_or_not(settings, store, which, now)


def missing_mornings(settings: Settings, kind: Kind, today: date) -> list[date]:
    """The mornings of a kind up to a day whose briefing of the whole authority the archive lacks:
    since its first one, as far as one that was missed is made up for; before that the newest."""
    with delivery_store(settings) as store, store.connect() as connection:
        known = archive.mornings_of(connection, kind.name, ALL)
    came = [one for one in mornings(kind, today) if one <= today]
    if not known:
        return came[-1:]
    return [one for one in came if one > min(known) and one not in known]


def make_missing(
    settings: Settings, until: datetime | None = None
) -> Iterator[Archived | Exception]:
    """What the schedule has not made yet of every kind, up to the authority's day at `until`."""
    today = min(today_of(settings, until), newest_day(settings))
    for kind in scheduled_kinds():
        for morning in missing_mornings(settings, kind, today):
            yield from make_scheduled(settings, kind.name, morning, until)


def newest_morning_of(settings: Settings, kind: str) -> date:
    """The newest morning on which a kind came that the current generation can give."""
    return newest_morning(kind_named(kind), newest_day(settings))


def deliver(settings: Settings, say: Say, until: datetime | None = None) -> Delivered:
    """One round: what is due at `until` (aware; default the clock) is made, put into the outbox
    and sent, and what somebody wants made again is; what is late becomes an incident. May be killed
    and begun again at any time."""
    now, done = naive_now(until), Delivered()
    zone = settings.authority_timezone
    with delivery_store(settings) as store:
        known, is_day_off = published_places(settings)
        if known:
            done.due = sending.enter_due(store, zone, is_day_off, now)
            with store.connect() as connection:
                to_settle = sending.waiting(connection, now)
                missing = sending.to_make(connection, to_settle, known)
            failed: dict[Which, Exception] = {}
            for which, came_to in _many_made(settings, store, missing, now):
                if isinstance(came_to, Exception):
                    failed[which] = came_to
            for delivery_ in to_settle:
                _settle(settings, store, delivery_, known, now, failed, done)
            for which, error in failed.items():
                say(f"{which.kind} of {which.scope}, {which.morning}: {_told(error)}")
            _remake(settings, store, now, say, done)
        done.sent = tell(settings, until).sent
        late = respond_to_lateness(store, zone, is_day_off, now)
        done.late = [finding.thing for finding in late]
    if late:
        done.sent += tell(settings, until).sent
    return done


def is_anything_due(settings: Settings) -> bool:
    """Whether a round now would make or send anything."""
    now = naive_now(None)
    with delivery_store(settings) as store, store.connect() as connection:
        if sending.waiting(connection, now) or unmade(connection):
            return True
        if not current(connection):
            return False
        known, is_day_off = published_places(settings)
        zone = settings.authority_timezone
        return bool(known and sending.not_entered(connection, zone, is_day_off, now))


def today_of(settings: Settings, until: datetime | None = None) -> date:
    """The authority's day."""
    moment = until or datetime.now(UTC)
    return moment.astimezone(ZoneInfo(settings.authority_timezone)).date()


def scheduled_kinds() -> list[Kind]:
    """The kinds that come by themselves."""
    return [kind for kind in KINDS.values() if kind.covers != "incident"]


def published_places(settings: Settings) -> tuple[Places, IsDayOff]:
    """What is published of places and their days off; nothing where no publication can be read,
    which the watchdog tells of."""
    try:
        with closing(open_publication(settings.home)) as publication:
            return places_of(publication), days_off(publication)
    except (NothingPublishedError, OSError, duckdb.Error):
        return {}, works_always


def delivery_store(settings: Settings) -> AbstractContextManager[sa.Engine]:
    """The operations store with the tables of deliveries, for a while."""
    return disposing(delivery.store.open_store(settings))


def _settle(
    settings: Settings,
    store: sa.Engine,
    delivery_: sending.Delivery,
    known: Places,
    now: datetime,
    failed: dict[Which, Exception],
    done: Delivered,
) -> None:
    """One delivery; what cannot be made for one recipient is not tried for the next again."""

    def made() -> Archived:
        if delivery_.which in failed:
            raise failed[delivery_.which]
        return make(settings, store, delivery_.which, now, by=delivery_.asked_by)

    try:
        is_put = sending.settle(store, settings, delivery_, made, known, now)
    except Exception as error:
        failed[delivery_.which] = error
        done.failed += 1
        sending.note_error(store, delivery_, _told(error), now)
    else:
        done.put += is_put
        done.refused += not is_put


def _scheduled(kind: Kind, morning: date, subscribed: Iterable[Subscription]) -> list[Which]:
    """What the schedule makes, by language and place."""
    of_kind = {
        Which(kind.name, one.wanted.scope, one.wanted.language, morning)
        for one in subscribed
        if one.wanted.kind == kind.name
    }
    everyones = {Which(kind.name, ALL, "en", morning)}
    if kind.released_by:  # the public reads both languages, and counts itself
        everyones |= {
            Which(kind.name, ALL, "ur", morning),
            Which(kind.name, ALL, "", morning, media=archive.CSV),
        }
    return sorted(of_kind | everyones, key=lambda one: (one.language, one.scope))


def _made_or_not(
    settings: Settings, store: sa.Engine, which: Which, now: datetime
) -> Archived | Exception:
    try:
        return make(settings, store, which, now)
    except Exception as error:
        return error


def _many_made(
    settings: Settings, store: sa.Engine, missing: Iterable[Which], now: datetime
) -> Iterator[tuple[Which, Archived | Exception]]:
    """Those of which there are so many of one kind, morning and language that processes of their
    own are worth it: they read the publication together, and are all on one generation."""

    def of_one_kind(which: Which) -> tuple[str, date, str, str]:
        return which.kind, which.morning, which.language, which.media

    for (kind, morning, language, media), group in groupby(
        sorted(missing, key=of_one_kind), of_one_kind
    ):
        wanted = list(group)
        if media != archive.PDF or len(wanted) < _TOGETHER:
            continue
        name = current_generation(settings.home)
        scopes = [Scope(which.scope) for which in wanted]
        contents = make_briefings(settings, kind, morning, scopes, language, name)
        for which, (_, content) in zip(wanted, contents, strict=True):
            yield which, _kept_or_not(settings, store, which, name, content, now)


def _kept_or_not(
    settings: Settings,
    store: sa.Engine,
    which: Which,
    generation: str,
    content: bytes | Exception,
    now: datetime,
) -> Archived | Exception:
    if isinstance(content, Exception):
        return content
    try:
        return _keep(settings, store, which, generation, content, now, by="")
    except Exception as error:
        return error


def _remake(settings: Settings, store: sa.Engine, now: datetime, say: Say, done: Delivered) -> None:
    """What somebody wants made again; what cannot be is told, and not tried a second time."""
    with store.connect() as connection:
        asked = unmade(connection)
    for remake in asked:
        try:
            make_again(settings, store, remake, now)
        except Exception as error:
            done.failed += 1
            which = remake.which
            say(f"{which.kind} of {which.scope}, {which.morning}, again: {_told(error)}")
        else:
            done.made_again += 1


def _keep(
    settings: Settings,
    store: sa.Engine,
    which: Which,
    generation: str,
    content: bytes,
    now: datetime,
    by: str,
    *,
    newer_than: datetime | None = None,
) -> Archived:
    _cite(settings, generation, f"{which.kind} {which.morning}")
    manifest = read_manifest(settings.home, generation)
    is_late = not by and now > deadline(which.morning, settings.authority_timezone)
    made = Made(generation, manifest.run_id if manifest else "", now, by, is_late)
    return archive.keep(store, settings.home, which, made, content, newer_than=newer_than)


def _content(settings: Settings, which: Which, generation: str) -> bytes:
    if which.media == archive.CSV:
        return open_data(settings, which.morning, generation)
    return make_briefing(
        settings,
        which.kind,
        which.morning,
        Scope(which.scope),
        which.language,
        generation,
        incident_id=which.subject or None,
    )


def _cite(settings: Settings, generation: str, briefing: str) -> None:
    with disposing(open_store(settings)) as store:
        cite(store, generation, briefing)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0][:_TOLD]
