"""A story, hour by hour: what is made to happen, what is found of it, who is told, when it is over.

    python -m benchmarks.story link-down docs/stories/link-down.md

The simulated network goes on hour by hour into an installation of its own, each hour runs through
Dagster (the jobs `hourly`, `nightly` and `send` that `passport serve` runs, in this process), and
mail goes to a real SMTP server. Somebody of the room takes note of what is new a quarter of an hour
after each full hour; nobody closes anything. Writes the transcript, and exits 1 where the story is
wrong: a cause without its incident, a wrong time, one that is still open when its cause is long
over, more incidents than a shift bears.
"""

import argparse
import email
import email.policy
import json
import os
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.ports import free_port
from config import Settings, load_settings
from language import speaking
from operations import disposing, writing
from orchestration.serve import prepare_dagster
from response import desk, timeline
from response.history import Event, Incident
from response.incidents import all_incidents, current_incidents, history
from response.roster import import_roster, read_roster
from response.rules import headline, load_rules
from response.store import open_store
from simulator.command import simulate

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ZONE = ZoneInfo("Asia/Karachi")
# When Dagster's hourly schedule runs.
PAST_THE_HOUR = 5 * MINUTE
# Rounds of messages, and when the room takes note, after the full hour.
ROUNDS = (7 * MINUTE, 16 * MINUTE, 45 * MINUTE)
TAKES_NOTE = 15 * MINUTE
ROOM = ("room.day", "room.evening", "room.night")


@dataclass(frozen=True)
class Cause:
    """What the story is about: the rule that tells it, where, and between which moments (UTC);
    `give` is how late either may be told."""

    rule: str
    place_scope: str
    begins: datetime
    ends: datetime
    give: timedelta = HOUR


@dataclass(frozen=True)
class Story:
    """A scenario that is followed in some hours (the authority's clock) of some days, the days
    before as history. `most` is how many incidents a shift leader would bear in all."""

    scenario: str
    scale: float
    history_days: int
    hours: Mapping[date, Sequence[int]]
    causes: tuple[Cause, ...]
    most: int
    told: str


def _utc(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(UTC).replace(tzinfo=None)


STORIES = {
    "link-down": Story(
        scenario="link-down:office=KHI-R1:on=2026-11-17:hours=3"
        "+link-down:office=all:on=2026-11-18:link=nadra:hours=2",
        scale=0.02,
        history_days=21,
        hours={
            date(2026, 11, 17): (9, 10, 11, 12, 13),
            date(2026, 11, 18): (9, 10, 11, 12),
        },
        causes=(
            Cause("link_down", "office:KHI-R1", _utc("2026-11-17T09:30"), _utc("2026-11-17T12:30")),
            Cause("link_down", "country", _utc("2026-11-18T09:30"), _utc("2026-11-18T11:30")),
        ),
        most=30,
        told="On Tuesday the line of Karachi's first office to headquarters is cut for three "
        "hours, on Wednesday every line to NADRA for two.",
    ),
    "crisis-2023": Story(
        scenario="crisis-2023",
        scale=0.01,
        history_days=21,
        hours={
            date(2023, 10, 4): (10, 11, 12, 13, 14),
            date(2023, 10, 11): (16,),
            date(2023, 10, 12): (9, 10, 11),
            date(2023, 10, 23): (9, 12),
            date(2023, 10, 24): (12,),
        },
        causes=(
            Cause("link_down", "country", _utc("2023-10-04T11:00"), _utc("2023-10-04T13:00")),
            Cause(
                "consumable_out", "", _utc("2023-10-12T00:00"), _utc("2023-10-23T00:00"), 36 * HOUR
            ),
        ),
        most=90,
        told="The lines to NADRA fail for two hours on 4 October; laminate runs out and printing "
        "stops on 12 October until the delivery of 23 October. Every hour of the days on which "
        "something begins or ends, fewer between them: a run takes all since the last one.",
    ),
}


@dataclass
class Post:
    """An SMTP server's mailbox: to whom, and under which title."""

    arrived: list[tuple[str, str]] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - the server calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        self.arrived += [(to, str(message["subject"])) for to in envelope.rcpt_tos]
        return "250 OK"

    def new(self) -> list[tuple[str, str]]:
        """What arrived since it was asked last."""
        found, self.arrived = self.arrived, []
        return found


def moments(story: Story) -> list[datetime]:
    """The full hours of the story (UTC without zone)."""
    return [
        datetime.combine(day, time(hour), ZONE).astimezone(UTC).replace(tzinfo=None)
        for day, hours in story.hours.items()
        for hour in hours
    ]


def roster(story: Story) -> str:
    """A duty roster of the story's days: three shifts in the room, and who stands behind it."""
    lines = ["person,role,place_scope,email,starts_at,ends_at"]
    for who, role in (
        ("engineer.duty", "engineer"),
        ("print.manager", "print_manager"),
        ("management.duty", "management"),
        ("ombudsman.desk", "ombudsman"),
    ):
        lines.append(f"{who},{role},all,{who}@example.org,,")
    for day in story.hours:
        for who, begins, ends in zip(ROOM, (8, 16, 0), (16, 24, 8), strict=True):
            starts = datetime.combine(day, time(begins))
            until = datetime.combine(day, time()) + ends * HOUR
            lines.append(f"{who},monitoring,all,{who}@example.org,{starts},{until}")
    return "\n".join(lines) + "\n"


@contextmanager
def installed(story: Story) -> Iterator[tuple[Settings, Post, Path]]:
    """An installation with its source, its roster and its SMTP server; gone at the end."""
    work = Path(tempfile.mkdtemp(prefix="story-"))
    post = Post()
    server = Controller(post, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        home = work / "home"
        home.mkdir()
        port = server.port
        (home / "passport.toml").write_text(
            'simulated = true\npublic_url = "https://passports.example"\n'
            f'[sources]\ndefault = "file://{work}/drop"\n'
            '[channels.mail]\nkind = "email"\nstanding = ["duty@example.org"]\n'
            f'url = "mailto://127.0.0.1:{port}?from=alerts@example.org&smtp=127.0.0.1"\n'
        )
        os.environ["PASSPORT_HOME"] = str(home)
        os.environ["PASSPORT_PSEUDONYM_KEY_FILE"] = str(work / "pseudonym.key")
        settings = load_settings()
        os.environ["DAGSTER_HOME"] = str(prepare_dagster(settings))
        (work / "roster.csv").write_text(roster(story))
        with disposing(open_store(settings)) as store, writing(store) as connection:
            import_roster(connection, read_roster(work / "roster.csv", ZONE.key))
        yield settings, post, work
    finally:
        server.stop()
        shutil.rmtree(work)


def ran(instance: dg.DagsterInstance, job: str, config: Mapping[str, Any]) -> None:
    """Run a job of the code location in this process; ends the story where it fails."""
    from orchestration.definitions import defs

    quiet = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
    result = defs.resolve_job_def(job).execute_in_process(
        instance=instance, run_config={**config, **quiet}, raise_on_error=False
    )
    if not result.success:
        failed = [event.message for event in result.all_events if event.is_failure]
        sys.exit(f"the job {job} failed: {failed}")


def lived(story: Story, progress: Path) -> tuple[str, list[str]]:
    """The transcript, and what is wrong with the story."""
    lines: list[str] = []
    with installed(story) as (settings, post, work):
        instance = dg.DagsterInstance.get()
        known = 0
        for moment in moments(story):
            now = moment.replace(tzinfo=UTC)
            is_first = moment == moments(story)[0]
            simulate(
                days=story.history_days,
                until=now,
                scale=story.scale,
                scenario=story.scenario if is_first else "normal",
                to=f"file://{work}/drop",
                truth=work / "truth.jsonl",
                continue_=not is_first,
            )
            until = (now + PAST_THE_HOUR).isoformat()
            writer = {"resources": {"writer": {"config": {"until": until}}}}
            ran(instance, "nightly" if is_first else "hourly", writer)
            with disposing(open_store(settings)) as store:
                for after in sorted([*ROUNDS, TAKES_NOTE]):
                    if after == TAKES_NOTE:
                        take_note(store, moment + after)
                    else:
                        told = {"until": (now + after).isoformat()}
                        ran(instance, "send", {"ops": {"tell_people": {"config": told}}})
                with store.connect() as connection:
                    events = _events_after(connection, known)
                    seen = {one.incident_id: one for one in all_incidents(connection)}
            known = max((event.event_id for event in events), default=known)
            with speaking("en"):
                lines += hour_told(moment, events, seen, post.new())
            progress.write_text("\n".join(lines), encoding="utf-8")
        incidents = list(seen.values())
        scenarios = [
            line
            for line in map(json.loads, (work / "truth.jsonl").read_text().splitlines())
            if line["kind"] == "scenario"
        ]
    text = "\n".join([*opening(story, scenarios), *summary(incidents), *lines]) + "\n"
    return text, wrong(story, incidents)


def wrong(story: Story, incidents: Sequence[Incident]) -> list[str]:
    """What is against the story: of each cause there is one incident that stands alone, or a few of
    a kind, dated when it began and over within the hour after its end; and all are not too many."""
    found = []
    for cause in story.causes:
        told = [
            one
            for one in incidents
            if one.rule == cause.rule
            and one.parent_incident_id is None
            and one.place_scope.startswith(cause.place_scope)
            and abs(one.since_at - cause.begins) <= cause.give
        ]
        if not told or (cause.place_scope and len(told) > 1):
            found.append(f"{len(told)} incidents of {cause.rule} at {cause.place_scope or 'sites'}")
        found += [
            f"#{one.incident_id} {what(one)} is over at {one.resolved_at} UTC, not at {cause.ends}"
            for one in told
            if one.resolved_at is None or not -HOUR <= one.resolved_at - cause.ends <= cause.give
        ]
    if len(incidents) > story.most:
        found.append(f"{len(incidents)} incidents; {story.most} are what a shift leader bears")
    return found


def take_note(store: sa.Engine, at: datetime) -> None:
    """Whoever sits in the room takes note of what nobody has yet and stands alone."""
    who = ROOM[(at.replace(tzinfo=UTC).astimezone(ZONE).hour + 16) % 24 // 8]
    with store.connect() as connection:
        fresh = [
            one
            for one in current_incidents(connection)
            if one.state == "open" and one.parent_incident_id is None
        ]
    for one in fresh:
        desk.act(store, Event(one.incident_id, "acknowledged", at, who, "monitoring"), "all")


def _events_after(connection: sa.Connection, known: int) -> list[Event]:
    found = [
        event
        for one in all_incidents(connection)
        for event in history(connection, one.incident_id)
        if event.event_id > known
    ]
    return sorted(found, key=lambda event: event.event_id)


def clock(moment: datetime) -> str:
    """A moment (UTC without zone) by the authority's clock."""
    return f"{moment.replace(tzinfo=UTC).astimezone(ZONE):%a %d %b %H:%M}"


def hour_told(
    moment: datetime,
    events: Sequence[Event],
    incidents: Mapping[int, Incident],
    post: Sequence[tuple[str, str]],
) -> list[str]:
    """What one hour brought; nothing where it brought nothing."""
    taken: dict[str, list[str]] = defaultdict(list)
    lines = []
    for event in events:
        one = incidents[event.incident_id]
        if event.kind == "acknowledged":
            taken[event.actor].append(f"#{one.incident_id}")
        elif event.kind != "notified":
            said = timeline.sentence(event, str, clock)
            lines.append(f"- **#{one.incident_id}** {what(one)} — {said}{_more(event, one)}")
    lines += [f"- {who} took note of {', '.join(which)}" for who, which in taken.items()]
    lines += [
        f"- ✉ {to.partition('@')[0]}: {title}" + (f" (× {count})" if count > 1 else "")
        for (to, title), count in Counter(post).items()
    ]
    return ["", f"### {clock(moment)}", "", *lines] if lines else []


def _more(event: Event, one: Incident) -> str:
    if event.kind == "resolved":
        return f", {clock(event.at)}"
    if event.kind != "opened":
        return ""
    return f" ({event.details['severity']}, since {clock(one.since_at)})"


def what(one: Incident) -> str:
    """An incident in words."""
    return headline(load_rules().get(one.rule), one.rule, one.parameters)


def opening(story: Story, scenarios: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the story is, and what was made to happen."""
    made = []
    for line in scenarios:
        begins, ends = (
            clock(datetime.fromisoformat(line[end]).replace(tzinfo=None))
            for end in ("start", "end")
        )
        where = line["office_code"] or "everywhere"
        made.append(f"| {line['effect']} | {where} | {begins} | {ends} | {line['size']:g} |")
    name = next(name for name, one in STORIES.items() if one == story)
    return [
        f"# The story of {name}",
        "",
        f"{story.told} The simulated network at {story.scale:g} of its volume, "
        f"{story.history_days} days of history, then hour by hour through Dagster; times are the "
        "authority's. Somebody of the room takes note a quarter of an hour after the full hour; "
        "nobody closes anything.",
        "",
        f"    python -m benchmarks.story {name} docs/stories/{name}.md",
        "",
        "Made to happen:",
        "",
        "| effect | where | from | until | size |",
        "|---|---|---|---|---|",
        *made,
    ]


def summary(incidents: Sequence[Incident]) -> list[str]:
    """Every incident that people heard of, and how many lay behind it."""
    behind = Counter(one.parent_incident_id for one in incidents)
    alone = [one for one in incidents if one.parent_incident_id is None]
    lines = [
        "",
        f"{len(incidents)} incidents, {len(alone)} of which stand alone:",
        "",
        "| | what | severity | since | opened | over | behind it |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in alone:
        over = f"{clock(one.resolved_at)}" if one.resolved_at else "open"
        lines.append(
            f"| #{one.incident_id} | {what(one)} | {one.severity} | {clock(one.since_at)} | "
            f"{clock(one.opened_at)} | {over} | {behind[one.incident_id] or ''} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("story", choices=STORIES)
    parser.add_argument("transcript", type=Path)
    arguments = parser.parse_args()
    arguments.transcript.parent.mkdir(parents=True, exist_ok=True)
    story = STORIES[arguments.story]
    text, found = lived(story, arguments.transcript)
    arguments.transcript.write_text(text, encoding="utf-8")
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
