"""Who reads: from the login, or chosen in development mode. Whoever is not let in gets a page that
says why, and nothing else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

import streamlit as st
from plain_text import plain
from publications import opened
from sqlalchemy import Engine

from access import audit_log
from access.audit_log import Action, Entry
from access.roles import (
    AccessDeniedError,
    Standing,
    name_of_login,
    standings,
    standings_of_login,
)
from access.sessions import SessionState, session_state
from access.store import open_store
from config import AccessSettings, Role, Settings, load_settings
from language import say
from reports.broker import NothingPublishedError, Scope, current_generation
from reports.facts.places import places

LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEVELOPER = "development"


@dataclass(frozen=True)
class Reader:
    """Who reads, in the standing that was chosen of those that the reader has."""

    who: str
    standing: Standing
    choices: tuple[Standing, ...]
    settings: Settings

    @property
    def is_development(self) -> bool:
        """True where there is no login."""
        return self.settings.access is None

    @property
    def scope(self) -> Scope:
        """The places that this reader may see."""
        return Scope(self.standing.place)


@st.cache_resource(max_entries=4, show_spinner=False)
def _store(url: str, _settings: Settings) -> Engine:
    return open_store(_settings)


def store_of(settings: Settings) -> Engine:
    """The operations store, opened once a process."""
    engine: Engine = _store(settings.store_url(), settings)
    return engine


def current_reader(*, is_use: bool = False) -> Reader:
    """Who reads now. Stops the run, with a page that says why, where nobody may.

    `is_use` tells use of the dashboard from a page that refreshes by itself."""
    settings = load_settings()
    if settings.access is None:
        return _developer(settings)
    return _logged_in(settings, settings.access, is_use)


def entry_of(reader: Reader, action: Action, subject: str, **told: object) -> Entry:
    """What the reader did, as a line of the audit log."""
    standing = reader.standing
    return Entry(reader.who, standing.role, standing.place, action, subject, **told)  # type: ignore[arg-type]


def note(reader: Reader, action: Action, subject: str, **told: object) -> None:
    """Writes what the reader did into the audit log."""
    audit_log.append(store_of(reader.settings), entry_of(reader, action, subject, **told))


def _chosen(choices: tuple[Standing, ...]) -> Standing:
    """What the switches of this session, or before them the address, ask for; only ever one of
    the reader's own."""
    role = st.session_state.get("role", st.query_params.get("role"))
    place = st.session_state.get("at", st.query_params.get("at"))
    of_role = [one for one in choices if one.role == role] or [
        one for one in choices if one.role == choices[0].role
    ]
    return next((one for one in of_role if one.place == place), of_role[0])


def _logged_in(settings: Settings, access: AccessSettings, is_use: bool) -> Reader:
    claims = st.user.to_dict()
    if not claims.get("is_logged_in"):
        _ask_to_log_in(say("This dashboard shows its pages to those who log in."))
    try:
        who = name_of_login(claims, access)
        given = standings_of_login(claims, access)
    except AccessDeniedError as error:
        _deny(settings, str(claims.get("sub", "")), str(error))
    issued_at = datetime.fromtimestamp(_number(claims.get("iat")), UTC)
    now = datetime.now(UTC)
    state = session_state(store_of(settings), access, who, issued_at, given, now, is_use=is_use)
    match state:
        case SessionState.revoked:
            _deny(settings, who, say("Your access was withdrawn."))
        case SessionState.too_old:
            _ask_to_log_in(
                say(
                    "A session lasts {hours} hours at most, and yours is over.",
                    hours=f"{access.session_hours:g}",
                )
            )
        case SessionState.idle:
            _ask_to_log_in(say("Your session ended because it was not used."))
    return Reader(who, _chosen(given), given, settings)


def _number(claim: object) -> float:
    return float(claim) if isinstance(claim, int | float) else 0.0


def _ask_to_log_in(why: str) -> NoReturn:
    st.title(say("Passport Dashboard"), anchor=False)
    st.info(why)
    st.button(say("Log in"), on_click=st.login, type="primary")
    st.stop()


def _deny(settings: Settings, who: str, why: str) -> NoReturn:
    """A page for somebody who is known and may see nothing; told once a session in the log."""
    if not st.session_state.get("is_denial_noted"):
        entry = Entry(who, "none", "none", Action.was_denied, "dashboard", why)
        audit_log.append(store_of(settings), entry)
        st.session_state["is_denial_noted"] = True
    st.title(say("No access"), anchor=False)
    st.error(plain(why))
    st.caption(say("Whoever keeps the accounts of your authority can give you a role and a place."))
    st.button(say("Log out"), on_click=st.logout)
    st.stop()


def _developer(settings: Settings) -> Reader:
    """Development mode: anybody on this machine, in whatever role is chosen."""
    if st.get_option("server.address") not in LOOPBACK:
        st.error(
            say(
                "Development mode has no login, so it answers on the loopback address only. "
                "Start the dashboard with `--server.address 127.0.0.1`."
            )
        )
        st.stop()
    choices = standings_of_developer(settings)
    return Reader(DEVELOPER, _chosen(choices), choices, settings)


def standings_of_developer(settings: Settings) -> tuple[Standing, ...]:
    """Every role at every place that is published."""
    try:
        generation = current_generation(settings.home)
        return _every_standing(str(settings.home.path), generation, settings)
    except NothingPublishedError:
        return standings(tuple(Role), ())


@st.cache_resource(max_entries=4, show_spinner=False)
def _every_standing(home: str, generation: str, _settings: Settings) -> tuple[Standing, ...]:
    """Every role at every place of the publication."""
    frame = places(opened(_settings, generation), Scope("all"))
    known = (
        "all",
        "missions",
        *(f"zone:{zone}" for zone in sorted(frame["zone"].dropna().unique())),
        *(f"site:{code}" for code in frame.loc[frame["kind"] == "print_site", "office_code"]),
        *(f"office:{code}" for code in frame["office_code"]),
    )
    return standings(tuple(Role), known)
