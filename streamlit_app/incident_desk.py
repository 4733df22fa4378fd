"""What stands behind the page of incidents: the live store, who acts there, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import streamlit as st
from plain_text import plain
from reader import Reader, current_reader, entry_of, note
from sqlalchemy import Connection, Engine
from switches import chosen_language, role_name

from access import audit_log
from access.audit_log import Action
from config import Role, Settings
from language import speak
from reports.broker import Scope
from reports.facts.days import short_moment
from response import desk as doing
from response import permissions
from response.history import Event, HistoryError, Incident, kind_word
from response.incidents import ConflictError, IncidentUnknownError
from response.store import open_store

# What a person is told instead of what they asked for.
REFUSALS = (
    ConflictError,
    HistoryError,
    IncidentUnknownError,
    doing.RefusedError,
    permissions.ForbiddenError,
)


@dataclass(frozen=True)
class Desk:
    """Who acts, where, and when: `scope` are the reader's places as incidents have them, `now` is
    UTC without zone."""

    settings: Settings
    store: Engine
    reader: Reader
    scope: str
    now: datetime

    @property
    def role(self) -> str:
        return str(self.reader.standing.role)

    def may(self, action: permissions.Action) -> bool:
        """Whether the reader's role may do this at the reader's places."""
        return permissions.may(self.role, action)

    def moment(self, moment: datetime) -> str:
        """A time of the store (UTC without zone) as the authority's clock shows it."""
        return short_moment(moment.replace(tzinfo=UTC), self.settings.authority_timezone)


def open_desk() -> Desk:
    """The desk of whoever reads now; asks again who that is, as a part of a page may refresh."""
    speak(chosen_language())
    return desk_of(current_reader())


def desk_of(reader: Reader) -> Desk:
    """The desk of a reader who was asked for in this run."""
    settings = reader.settings
    store = _store(settings.store_url(), settings)
    return Desk(settings, store, reader, reader.scope.place_scope, from_now(0))


@st.cache_resource(max_entries=4, show_spinner=False)
def _store(url: str, _settings: Settings) -> Engine:
    return open_store(_settings)


def from_now(minutes: int) -> datetime:
    """So many minutes from now, UTC without zone, as the store has times."""
    then = datetime.now(UTC) + timedelta(minutes=minutes)
    return then.replace(tzinfo=None, microsecond=0)


def name_of(code: str) -> str:
    """A role as a reader would say it; a person stays as written."""
    return role_name(Role(code)) if code in list(Role) else code


def where(incident: Incident) -> str:
    """The place of an incident, by name where it is one office."""
    named = incident.parameters.get("place")
    title = Scope(incident.place_scope).title
    return f"{title} · {named}" if named and incident.place_scope.startswith("office:") else title


def act(
    kind: str,
    incident: Incident,
    text: str = "",
    details: Mapping[str, object] | None = None,
) -> bool:
    """Does one thing to an incident that the reader saw as `incident`, and says what came of it.
    False, with nothing done and the reason told, where it was refused.

    Who acts is asked now: the button may be older than the reader's right to press it."""
    desk = open_desk()
    event = Event(
        incident.incident_id,
        kind,  # type: ignore[arg-type]
        desk.now,
        desk.reader.who,
        desk.role,
        text,
        dict(details or {}),
    )
    st.query_params["incident"] = str(incident.incident_id)
    try:
        doing.act(desk.store, event, desk.scope, incident.last_event_id, log_of(desk))
    except REFUSALS as error:
        refused(desk, f"incident {incident.incident_id}", error)
        return False
    answer("done", f"#{incident.incident_id}: {kind_word(kind)}")
    return True


def log_of(desk: Desk, action: Action = Action.changed) -> doing.Log:
    """What writes a line of the audit log on what the reader does."""

    def write(connection: Connection, subject: str, what: str) -> None:
        audit_log.append_in(connection, entry_of(desk.reader, action, subject, detail=what))

    return write


def refused(desk: Desk, subject: str, error: Exception) -> None:
    """Tells why something was not done; what nobody may is a denial in the log."""
    if isinstance(error, permissions.ForbiddenError):
        note(desk.reader, Action.was_denied, subject)
    answer("refused", str(error))


def answer(how: str, words: str) -> None:
    """Keeps what an action came to until the page is drawn again."""
    st.session_state["answer"] = (how, words)


def show_answer() -> None:
    """Says once what the last action came to."""
    how, words = st.session_state.pop("answer", ("", ""))
    if how == "done":
        st.success(plain(words), icon="✅")
    elif how == "refused":
        st.error(plain(words), icon="⛔")
