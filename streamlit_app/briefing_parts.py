"""The parts of the page of briefings: the archive and its viewer, recipients, what left, and what
a reader may do there. What a reader sees and does lies within the standing of now."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import streamlit as st
from filters import picked_row
from page_parts import View, table
from plain_text import plain
from reader import note
from sqlalchemy import Engine
from switches import role_name

import delivery.store
from access.audit_log import Action
from access.roles import Standing
from config import Role, Settings
from delivery import archive
from delivery.archive import PDF, Archived, ArchiveError, Which
from delivery.hours import USUAL_HOUR, newest_morning
from delivery.remaking import ask_again, newest_remake, why_not_again
from delivery.rights import MANAGERS, Places, RefusedError, kinds_of, may_see, places_of
from delivery.sending import ask, log_for
from delivery.subscriptions import (
    LANGUAGES,
    Actor,
    Subscription,
    Wanted,
    current,
    end,
    of_scope,
    subscribe,
)
from delivery.wording import title_of
from language import say
from reports import wording
from reports.broker import Scope
from reports.facts.days import short_moment
from reports.kinds import KINDS, kind_named
from reports.pdf_pages import pictures_of

SHOWN = 500
_PICTURE_WIDTH = 900
NAMES_OF_LANGUAGES = {"en": "English", "ur": "Urdu", "both": "English and Urdu"}
NAMES_OF_STATES = {
    "waiting": "waiting",
    "refused": "refused",
    "in the outbox": "in the outbox",
    "sent": "sent",
    "given up": "given up",
}


@dataclass(frozen=True)
class Desk:
    """What one run of the page works on; `known` is where each office belongs."""

    view: View
    store: Engine
    actor: Actor
    known: Places

    @classmethod
    def of(cls, view: View) -> "Desk":
        store = _store(view.settings.store_url(), view.settings)
        actor = Actor(view.reader.who, view.reader.standing)
        return cls(view, store, actor, places_of(view.publication))

    @property
    def scopes(self) -> list[str]:
        """The places that the reader may ask a briefing of, the own first."""
        zones = sorted({place.zone for place in self.known.values() if place.zone})
        named = ["all", "missions", *(f"zone:{zone}" for zone in zones)]
        named += [f"office:{code}" for code in sorted(self.known)]
        standing = self.actor.standing
        inside = [scope for scope in named if may_see(standing, scope, self.known)]
        return sorted(inside, key=lambda scope: scope != standing.place)


@st.cache_resource(max_entries=4, show_spinner=False)
def _store(url: str, _settings: Settings) -> Engine:
    return delivery.store.open_store(_settings)


@st.cache_data(max_entries=20, show_spinner=False)
def _pictures(sha256: str, _content: bytes) -> list[bytes]:
    return pictures_of(_content)


# ---------------------------------------------------------------- the archive


def shelf(desk: Desk) -> Archived | None:
    """The list of what the reader may see; gives the one that was picked, or that the address
    names, else the newest."""
    with desk.store.connect() as connection:
        found = archive.newest(connection, SHOWN)
    seen = archive.seen_by(found, desk.actor.standing, desk.known)
    with st.container(border=True):
        st.markdown(f"**{plain(wording.counted(len(seen), 'briefing'))}**")
        st.caption(say("Within your places, the newest first; pick one to look at it"))
        if not seen:
            st.info(say("None was made yet: the first comes with the next morning."))
            return None
        table(desk.view, "archive", _as_shelf(desk.view, seen), picks=True)
    row = picked_row("archive")
    if row is not None and row < len(seen):
        return seen[row]
    asked = st.query_params.get("briefing")
    return next((one for one in seen if f"{one.briefing_id}" == asked), seen[0])


def _as_shelf(view: View, seen: list[Archived]) -> pd.DataFrame:
    newest = _newest_versions(seen)
    return pd.DataFrame(
        {
            "morning": [f"{one.which.morning}" for one in seen],
            "kind": [_kind(one.which.kind) for one in seen],
            "place": [Scope(one.which.scope).title for one in seen],
            "language": [_language(one) for one in seen],
            "version": [f"{one.version}" for one in seen],
            "made_at": [_moment(view, one.made.at) for one in seen],
            "state": [_states(one, newest) for one in seen],
            "generation": [one.made.generation for one in seen],
        }
    )


def viewer(desk: Desk, chosen: Archived) -> None:
    """One briefing as its PDF shows it, from the archive alone, and what may be done with it."""
    with desk.store.connect() as connection:
        last = archive.find(connection, chosen.which)
    newest = {chosen.which: last.version if last else chosen.version}
    with st.container(border=True):
        st.markdown(f"**{plain(title_of(chosen))}**")
        told = say(
            "{states} · made {moment} from generation {generation} of run {run} · SHA-256 {sha256}",
            states=_states(chosen, newest),
            moment=_moment(desk.view, chosen.made.at),
            generation=chosen.made.generation,
            run=chosen.made.run_id,
            sha256=chosen.sha256,
        )
        st.caption(plain(told))
        try:
            content = archive.content_of(desk.view.settings.home, chosen)
            pictures = _pictures(chosen.sha256, content) if chosen.which.media == PDF else []
        except (ArchiveError, ValueError) as error:
            _tell_broken(desk, chosen, error)
            return
        _note_once(desk, chosen)
        with st.container(horizontal=True):
            _save_button(desk, chosen, content)
            _release_button(desk, chosen)
            _again_button(desk, chosen)
        _tell_of_remake(desk, chosen)
        for number, picture in enumerate(pictures, start=1):
            st.image(picture, caption=say("Page {n}", n=number), width=_PICTURE_WIDTH)


def _tell_broken(desk: Desk, chosen: Archived, error: Exception) -> None:
    """Which file cannot be shown and why, and what helps: another version, made here by who may."""
    file = desk.view.settings.home.briefings / chosen.file
    told = say(
        "This briefing cannot be shown: {why}. Have it made again, or put {file} back from a "
        "backup.",
        why=f"{error}",
        file=file,
    )
    st.error(plain(told))
    _again_button(desk, chosen)
    _tell_of_remake(desk, chosen)


def _save_button(desk: Desk, chosen: Archived, content: bytes) -> None:
    name = chosen.file.rpartition("/")[2]

    def saved() -> bytes:
        subject = f"{desk.view.page}: {name}"
        generation = chosen.made.generation
        note(desk.view.reader, Action.exported, subject, detail=PDF, generation=generation)
        return content

    st.download_button(
        say("Save the briefing"),
        saved,
        name,
        "application/pdf" if chosen.which.media == PDF else "text/csv",
        key="save_briefing",
        on_click="ignore",
    )


def _release_button(desk: Desk, chosen: Archived) -> None:
    releasing = kind_named(chosen.which.kind).released_by
    standing = desk.actor.standing
    if chosen.is_released or standing.role not in releasing or standing.place != "all":
        return
    if st.button(say("Release to the public"), key="release", type="primary"):
        with _telling_refusals():
            archive.release(desk.store, chosen, desk.actor, _now())
            st.rerun()


def _again_button(desk: Desk, chosen: Archived) -> None:
    if why_not_again(desk.actor.standing, chosen.which, desk.known) is not None:
        return
    if st.button(say("Make again"), key="again", help=say("Another version; this one stays.")):
        with _telling_refusals():
            ask_again(desk.store, chosen.which, desk.actor, desk.known, _now())


def _tell_of_remake(desk: Desk, chosen: Archived) -> None:
    """What became of the wish that it be made again, while that is news."""
    with desk.store.connect() as connection:
        asked = newest_remake(connection, chosen.which)
    if asked is None:
        return
    if not asked.is_settled:
        st.info(say("It is made again within a minute or two, and then stands in the list."))
    elif asked.error:
        st.warning(plain(say("It could not be made again: {why}", why=asked.error)))


def _note_once(desk: Desk, chosen: Archived) -> None:
    seen = st.session_state.setdefault("seen_briefings", set())
    if (chosen.briefing_id, desk.actor.standing) not in seen:
        subject = f"{desk.view.page}: {chosen.file.rpartition('/')[2]}"
        note(desk.view.reader, Action.saw, subject, generation=chosen.made.generation)
        seen.add((chosen.briefing_id, desk.actor.standing))


# ---------------------------------------------------------------- sending by hand


def send_now(desk: Desk, chosen: Archived | None) -> None:
    """Asks for a briefing, made where it is not in the archive, to an address of the reader's."""
    channels = list(desk.view.settings.channels)
    role = desk.actor.standing.role
    kinds = [kind.name for kind in kinds_of(role)]
    with st.expander(say("Send one now")):
        if not channels:
            st.info(say("No channel is set up: name one in passport.toml."))
            return
        first = chosen.which if chosen else None
        with st.form("send_now", border=False):
            left, middle, right = st.columns(3)
            kind = left.selectbox(
                say("Kind"),
                kinds,
                index=_index(kinds, first.kind if first else "daily"),
                format_func=_kind,
            )
            scopes = desk.scopes or ["all"]
            scope = middle.selectbox(
                say("Place"),
                scopes,
                index=_index(scopes, first.scope if first else scopes[0]),
                format_func=lambda name: Scope(name).title,
            )
            morning = right.date_input(
                say("Morning"), first.morning if first else _today(desk), format="YYYY-MM-DD"
            )
            spoken = left.selectbox(
                say("Language"),
                LANGUAGES,
                index=_index(LANGUAGES, first.language if first else "en"),
                format_func=_language_name,
            )
            channel = middle.selectbox(say("Channel"), channels)
            recipient = right.text_input(say("Address"))
            subject = left.text_input(
                say("Incident (of an incident report)"), first.subject if first else ""
            )
            asked = st.form_submit_button(say("Send now"))
        if asked:
            wanted = Wanted(
                desk.actor.who,
                desk.actor.standing,
                kind,
                scope,
                spoken,
                channel,
                recipient.strip(),
                USUAL_HOUR,
                desk.view.settings.authority_timezone,
                True,
            )
            with _telling_refusals():
                ask(
                    desk.store,
                    desk.view.settings,
                    wanted,
                    morning,
                    desk.actor,
                    desk.known,
                    _now(),
                    subject=subject.strip() if kind == "incident" else "",
                )
                st.success(say("It leaves within a minute or two; the delivery log tells of it."))


# ---------------------------------------------------------------- recipients


def recipients(desk: Desk) -> None:
    """Who gets what, as far as the reader may know, and what may be done about each."""
    with desk.store.connect() as connection:
        found = of_scope(current(connection), desk.actor, desk.known)
    with st.container(border=True):
        st.markdown(f"**{plain(wording.counted(len(found), 'subscription'))}**")
        st.caption(say("Your own, and those of your places where you manage them"))
        if found:
            table(desk.view, "subscriptions", _as_recipients(found))
            _act_on(desk, {one.subscription_id: one for one in found})


def _as_recipients(found: list[Subscription]) -> pd.DataFrame:
    wanted = [one.wanted for one in found]
    return pd.DataFrame(
        {
            "subscription_id": [f"{one.subscription_id}" for one in found],
            "person": [one.person for one in wanted],
            "role": [role_name(one.standing.role) for one in wanted],
            "kind": [_kind(one.kind) for one in wanted],
            "place": [Scope(one.scope).title for one in wanted],
            "language": [_language_name(one.language) for one in wanted],
            "channel": [one.channel for one in wanted],
            "recipient": [one.recipient for one in wanted],
            "hour": [f"{one.hour:%H:%M}" for one in wanted],
            "timezone": [one.timezone for one in wanted],
            "on_days_off": [one.on_days_off for one in wanted],
        }
    )


def _act_on(desk: Desk, found: dict[int, Subscription]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            say("Subscription"),
            list(found),
            format_func=lambda number: (
                f"{number} · {found[number].wanted.person} · {_kind(found[number].wanted.kind)}"
            ),
            key="subscription",
            width=380,
        )
        buttons = {
            name: st.button(label, key=name)
            for name, label in (
                ("send", say("Send now")),
                ("test", say("Send a test")),
                ("end", say("End it")),
            )
        }
    if not any(buttons.values()):
        return
    with _telling_refusals():
        if buttons["end"]:
            end(desk.store, number, desk.actor, desk.known, _now())
            st.rerun()
        wanted = found[number].wanted
        ask(
            desk.store,
            desk.view.settings,
            wanted,
            newest_morning(kind_named(wanted.kind), _today(desk)),
            desk.actor,
            desk.known,
            _now(),
            subscription_id=number,
            is_test=buttons["test"],
        )
        st.success(say("It leaves within a minute or two; the delivery log tells of it."))


def subscribe_form(desk: Desk) -> None:
    """A new subscription: for the reader, and where they manage for others of their places."""
    settings, own = desk.view.settings, desk.actor.standing
    channels = list(settings.channels)
    is_manager = own.role in MANAGERS
    with st.expander(say("Subscribe"), expanded=False):
        if not channels:
            st.info(say("No channel is set up: name one in passport.toml."))
            return
        with st.form("subscribe", border=False):
            left, middle, right = st.columns(3)
            person = left.text_input(say("Person"), desk.actor.who, disabled=not is_manager)
            roles = list(Role) if is_manager else [own.role]
            role = middle.selectbox(
                say("Role"), roles, index=_index(roles, own.role), format_func=role_name
            )
            scopes = desk.scopes or ["all"]
            place = right.selectbox(
                say("Place of the role"), scopes, format_func=lambda name: Scope(name).title
            )
            kinds = [kind.name for kind in KINDS.values() if kind.covers != "incident"]
            kind = left.selectbox(say("Kind"), kinds, format_func=_kind)
            scope = middle.selectbox(
                say("About the place"), scopes, format_func=lambda name: Scope(name).title
            )
            spoken = right.selectbox(say("Language"), LANGUAGES, format_func=_language_name)
            channel = left.selectbox(say("Channel"), channels)
            recipient = middle.text_input(say("Address"))
            hour = right.time_input(say("Hour, by the clock of the person"), USUAL_HOUR, step=900)
            timezone = left.text_input(say("Time zone"), settings.authority_timezone)
            on_days_off = middle.checkbox(say("On days off too"), value=True)
            asked = st.form_submit_button(say("Subscribe"))
        if asked:
            wanted = Wanted(
                person.strip() if is_manager else desk.actor.who,
                Standing(role, place) if is_manager else own,
                kind,
                scope,
                spoken,
                channel,
                recipient.strip(),
                hour or USUAL_HOUR,
                timezone.strip(),
                on_days_off,
            )
            with _telling_refusals():
                subscribe(desk.store, settings, wanted, desk.actor, desk.known, _now())
                st.rerun()


# ---------------------------------------------------------------- what left


def deliveries(desk: Desk) -> None:
    """What left for whom and what did not, as far as the reader may know."""
    with desk.store.connect() as connection:
        found = log_for(connection, desk.actor, desk.known, SHOWN)
    with st.container(border=True):
        st.markdown(f"**{plain(wording.counted(len(found), 'delivery', 'deliveries'))}**")
        st.caption(say("Your own, and those of your places where you manage them"))
        if found:
            frame = pd.DataFrame(
                {
                    "delivery_id": [f"{row['delivery_id']}" for row in found],
                    "morning": [f"{row['morning']}" for row in found],
                    "kind": [_kind(row["kind"]) for row in found],
                    "place": [Scope(row["scope"]).title for row in found],
                    "person": [row["person"] for row in found],
                    "recipient": [row["recipient"] for row in found],
                    "state": [say(NAMES_OF_STATES[row["state"]]) for row in found],
                    "is_late": [row["is_late"] for row in found],
                    "sent_at": [_moment(desk.view, row["sent_at"]) for row in found],
                    "why": [row["refused"] or row["error"] or row["last_error"] for row in found],
                }
            )
            table(desk.view, "deliveries", frame)


# ---------------------------------------------------------------- small words


@contextmanager
def _telling_refusals() -> Iterator[None]:
    """What is refused is told, and the page goes on."""
    try:
        yield
    except RefusedError as error:
        st.error(plain(str(error)))


def _kind(name: str) -> str:
    return say(kind_named(name).title)


def _language_name(code: str) -> str:
    return say(NAMES_OF_LANGUAGES[code])


def _language(one: Archived) -> str:
    return _language_name(one.which.language) if one.which.media == PDF else say("Open data")


def _newest_versions(found: list[Archived]) -> dict[Which, int]:
    """The newest version of each briefing among those found."""
    newest: dict[Which, int] = {}
    for one in found:
        newest[one.which] = max(one.version, newest.get(one.which, 0))
    return newest


def _states(one: Archived, newest: Mapping[Which, int]) -> str:
    """Late or in time, or whether the public may see it, where that is asked; and whether it was
    made again, or another version after it."""
    state = say("late") if one.made.is_late else say("in time")
    if kind_named(one.which.kind).released_by:
        state = say("released") if one.is_released else say("not released")
    if one.version < newest[one.which]:
        return say("{state}; version {n} is newer", state=state, n=newest[one.which])
    return say("{state}; made again", state=state) if one.version > 1 else state


def _moment(view: View, moment: datetime | None) -> str:
    if moment is None:
        return ""
    return short_moment(moment.replace(tzinfo=UTC), view.settings.authority_timezone)


def _today(desk: Desk) -> date:
    """The newest morning that the publication can give."""
    return desk.view.day + timedelta(days=1)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def _index(choices: "list[str] | tuple[str, ...]", wanted: str) -> int:
    return choices.index(wanted) if wanted in choices else 0
