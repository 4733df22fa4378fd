"""Briefings as PDF: the facts and charts of the pages, written for a reader on paper.

The same generation, morning, scope and language give the same bytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from datetime import date, timedelta
from functools import cache, partial
from multiprocessing import get_context

from config import Home, Settings
from language import LANGUAGES as SPOKEN
from language import speaking
from reports.briefings.bulletin import bulletin
from reports.briefings.common import Desk
from reports.briefings.daily import daily
from reports.briefings.incident import incident
from reports.briefings.monthly import monthly
from reports.briefings.weekly import weekly
from reports.broker import (
    ALL,
    Publication,
    Scope,
    current_generation,
    open_publication,
    rows,
)
from reports.facts.days import last_whole_day
from reports.facts.incidents import incident_case
from reports.kinds import Kind, Period, UnknownKindError, kind_named
from reports.paper import PaperError, Part, typeset

BOTH = "both"
LANGUAGES = (*SPOKEN, BOTH)

Writer = Callable[[Desk, Period], Part]

_WRITERS: Mapping[str, Writer] = {
    "daily": lambda desk, period: daily(desk, period.until),
    "weekly": weekly,
    "monthly": monthly,
    "bulletin": bulletin,
}


class BriefingError(Exception):
    """The briefing cannot be made as asked; the message says why and what would do."""


def make_briefing(
    settings: Settings,
    kind: str,
    morning: date,
    scope: Scope,
    language: str = "en",
    generation: str | None = None,
    *,
    incident_id: str | None = None,
) -> bytes:
    """The briefing of `morning` (a day of the authority), about the days that `reports.kinds` says.

    PDF/A-2a and PDF/UA-1 on A4, on `generation` (default: the current one); `language` is `en`,
    `ur` or `both`, which is the one after the other. `incident_id` is the number of the incident
    that an incident report is about; its morning says nothing. Raises BriefingError for what cannot
    be made: an unknown kind or language, a scope that the kind does not take, days that were not
    over at the as-of time, an incident that the publication does not have there;
    NothingPublishedError where there is no such generation.
    """
    publication = open_publication(
        settings.home,
        generation,
        memory_limit_mb=settings.memory_limit_mb // 4,
        threads=settings.threads,
    )
    with closing(publication):
        return _made(settings, publication, kind, morning, scope, language, incident_id)


# What draws charts grows by some 0.6 MB a briefing: processes end and begin anew after so many.
_BY_ONE_POOL = 60


def make_briefings(
    settings: Settings,
    kind: str,
    morning: date,
    scopes: Sequence[Scope],
    language: str = "en",
    generation: str | None = None,
    *,
    processes: int = 2,
) -> Iterator[tuple[Scope, bytes | Exception]]:
    """One briefing of `morning` a scope, in their order, all on one generation: the same bytes as
    `make_briefing` gives, or why there are none, so that one that fails stops no other.

    Each of the processes opens the publication once. Raises NothingPublishedError where nothing is
    published.
    """
    make = partial(
        _one_of_many,
        settings,
        generation or current_generation(settings.home),
        kind,
        morning,
        language,
    )
    for first in range(0, len(scopes), _BY_ONE_POOL):
        some = scopes[first : first + _BY_ONE_POOL]
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            made = [pool.submit(make, scope) for scope in some]
            for scope, one in zip(some, made, strict=True):
                yield scope, _outcome(one)


def _outcome(made: Future[bytes]) -> bytes | Exception:
    try:
        return made.result()
    except Exception as error:
        return error


def _one_of_many(
    settings: Settings, generation: str, kind: str, morning: date, language: str, scope: Scope
) -> bytes:
    publication = _kept_open(settings.home, generation, settings.memory_limit_mb // 4)
    try:
        return _made(settings, publication, kind, morning, scope, language, None)
    except BriefingError:
        raise
    except Exception as error:  # which may not find its way from one process to another
        raise BriefingError(f"{type(error).__name__}: {error}") from None


@cache
def _kept_open(home: Home, generation: str, memory_limit_mb: int) -> Publication:
    """The publication that a process of many briefings reads, open until the process ends."""
    return open_publication(home, generation, memory_limit_mb=memory_limit_mb, threads=1)


def _made(
    settings: Settings,
    publication: Publication,
    kind: str,
    morning: date,
    scope: Scope,
    language: str,
    incident_id: str | None,
) -> bytes:
    wanted = _kind(kind, scope)
    if language not in LANGUAGES:
        raise BriefingError(f"no briefing in {language!r}; there is: {', '.join(LANGUAGES)}")
    desk = Desk(settings, publication, scope, _run_id(publication))
    if wanted.covers == "incident":
        write = _of_incident(desk, incident_id)
    else:
        write = _of_period(desk, wanted, morning)
    return _set(desk, write, language)


def _kind(name: str, scope: Scope) -> Kind:
    try:
        wanted = kind_named(name)
    except UnknownKindError as error:
        raise BriefingError(str(error)) from error
    if not wanted.takes(scope):
        raise BriefingError(
            f"a {name} briefing is made of {', '.join(sorted(wanted.places))}, not of {scope.name}"
        )
    return wanted


def _of_incident(desk: Desk, incident_id: str | None) -> Callable[[], Part]:
    """Writes the report of an incident, once a language."""
    if incident_id is None:
        raise BriefingError("an incident report needs the number of its incident")
    case = incident_case(desk.publication, desk.scope, incident_id)
    if case.incident.empty:
        raise BriefingError(
            f"generation {desk.publication.generation} has no incident {incident_id} of "
            f"{desk.scope.name}; `passport incidents list` shows them, and the next publication "
            "has those that are newer"
        )
    return lambda: incident(desk, case)


def _of_period(desk: Desk, kind: Kind, morning: date) -> Callable[[], Part]:
    """Writes the briefing of a morning, once a language."""
    period = kind.period(morning)
    assert period is not None
    last = last_whole_day(desk.publication.as_of, desk.timezone)
    if period.until > last:
        raise BriefingError(
            f"the {kind.name} briefing of {morning} is about {period.until}, which was not over at "
            f"the as-of time of generation {desk.publication.generation}; the newest possible is "
            f"of {last + timedelta(days=1)}"
        )
    return lambda: _WRITERS[kind.name](desk, period)


def _set(desk: Desk, write: Callable[[], Part], language: str) -> bytes:
    parts = []
    for code in SPOKEN if language == BOTH else (language,):
        with speaking(code):
            parts.append(write())
    try:
        return typeset(parts, desk.publication.as_of)
    except PaperError as error:
        raise BriefingError(str(error)) from error


def _run_id(publication: Publication) -> str:
    """The run that made the publication."""
    found = rows(
        publication,
        Scope(ALL),
        "select run_id from rpt_generations where generation = $generation",
        {"generation": publication.generation},
    )
    return str(found["run_id"].iloc[0])
