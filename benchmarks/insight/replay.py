"""Late passports with the product's proposals accepted, against the same world without them.

    python -m benchmarks.insight replay --home HOME [--days 28] [--scenario …]

HOME has loaded a simulated drop of files, whose world goes on from where it stands; both are copied
and not touched. All proposals that the home's last night made (`rpt_redistribution`) are played as
interventions of the simulator from their first day on, for good, and the world is simulated on
twice: with them and without. `--scenario` happens in both. A passport is late when it was not ready
at the end of the last day of its promise; all are counted whose promise falls due in the days
simulated. Prints a table by tier, and the proposals with what was expected of them.
"""

import argparse
import json
import shutil
import tempfile
import tomllib
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from orchestration.foresight.moment import moment_of
from orchestration.foresight.redistributions import sites_of
from simulator.command import simulate
from simulator.scenarios import NORMAL

# Cases with the last day of their promise: a working day or a day of the calendar, by what the
# reference says of their place and tier on the day of submission.
CASES = """
    with
        applications as (
            select
                application_id,
                min_by(office_code, updated_at) as office_code,
                min_by(tier, updated_at) as tier,
                min(submitted_at) as submitted_at,
                bool_or(cancelled_at is not null or deleted_at is not null) as is_void
            from read_parquet($folder || '/applications/*.parquet')
            group by application_id
        ),
        ready as (
            select application_id, min(occurred_at) as ready_at
            from read_parquet($folder || '/stage_events/*.parquet')
            where stage_code = 'ready' and deleted_at is null
            group by application_id
        ),
        places as (
            select office_code, any_value(kind) as kind,
                any_value(country_code) as country_code, any_value(timezone) as zone
            from read_parquet($folder || '/offices/*.parquet')
            group by office_code
        )
    select
        application_id,
        applications.tier,
        country_code,
        timezone(zone, submitted_at)::date as submitted_on,
        timezone(zone, ready_at)::date as ready_on,
        promise::integer as promise,
        unit = 'working_days' as is_working_days
    from applications
    join places using (office_code)
    join
        (select distinct * from read_parquet($folder || '/service_levels/*.parquet')) as levels
        on levels.service = 'passport'
        and levels.place_kind = if(kind = 'mission', 'mission', 'domestic')
        and levels.tier = applications.tier
        and submitted_at::date between valid_from and coalesce(valid_to, date '9999-12-31')
    left join ready using (application_id)
    where not is_void
    order by application_id
"""
HOLIDAYS = """
    select distinct country_code, holiday_date
    from read_parquet($folder || '/holidays/*.parquet')
    where office_code is null and not is_working_day and deleted_at is null
"""


def cases_of(folder: Path) -> pd.DataFrame:
    """The cases of a drop: application_id, tier, due_on, ready_on (NaT while it is not)."""
    with closing(duckdb.connect()) as db:
        db.execute("set timezone = 'UTC'")
        cases = db.execute(CASES, {"folder": str(folder)}).df()
        days = db.execute(HOLIDAYS, {"folder": str(folder)}).df()
    closed = {
        code: of["holiday_date"].to_numpy("M8[D]") for code, of in days.groupby("country_code")
    }
    submitted, promise = cases["submitted_on"].to_numpy("M8[D]"), cases["promise"].to_numpy()
    due = submitted + promise
    for code, rows in cases[cases["is_working_days"]].groupby("country_code").indices.items():
        at = np.flatnonzero(cases["is_working_days"])[rows]
        due[at] = np.busday_offset(
            submitted[at], promise[at], "backward", holidays=closed.get(code, [])
        )
    return cases[["application_id", "tier", "ready_on"]].assign(due_on=pd.to_datetime(due))


def played(proposals: pd.DataFrame, inflow: dict[str, float]) -> list[str]:
    """The proposals as scenarios of the simulator; `inflow` is new print work a day by site."""
    asked = []
    for row in proposals.itertuples():
        # counters are closed at the weekend, print sites are not
        days = "1111110" if row.kind == "print" else "1111100"
        first = np.busday_offset(row.from_day.date(), 0, "forward", days)
        on = f":on={first}"
        if row.kind == "print":
            share = min(row.quantity / inflow[row.from_place], 1.0)
            asked.append(
                f"print-moved:office={row.from_place}:to={row.to_place}:size={share:.4f}{on}"
            )
        elif row.kind == "staff":
            places = f"office={row.from_place}:to={row.to_place}"
            asked.append(f"staff-moved:{places}:size={row.quantity:.0f}{on}")
        else:
            asked.append(f"longer-hours:office={row.to_place}:size={row.quantity:g}{on}")
    return asked


def gone_on(drop: Path, folder: Path, until: datetime, asked: Sequence[str]) -> pd.DataFrame:
    """The cases of a copy of the drop in `folder` whose world went on to `until`."""
    shutil.copytree(drop, folder)
    shutil.copytree(drop.with_name(f"{drop.name}.world"), folder.with_name(f"{folder.name}.world"))
    scenario = "+".join(asked) or NORMAL
    simulate(until=until, scenario=scenario, to=f"file://{folder}", continue_=True)
    return cases_of(folder)


def late_by_tier(cases: pd.DataFrame, since: datetime, until: datetime) -> tuple[Counter, Counter]:
    """Cases whose promise falls due after the day of `since` and before that of `until`, and those
    of them that were late, by tier."""
    first, last = (pd.Timestamp(at.date()) for at in (since, until))
    due = cases[(cases["due_on"] > first) & (cases["due_on"] < last)]
    late = due[~(pd.to_datetime(due["ready_on"]) <= due["due_on"])]
    return Counter(due["tier"]), Counter(late["tier"])


def main(arguments: Sequence[str]) -> int:
    """Prints the tables; the exit code is 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.insight replay")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--scenario", default="")
    options = parser.parse_args(arguments)
    settings = tomllib.loads((options.home / "passport.toml").read_text("utf-8"))
    drop = Path(settings["sources"]["default"].removeprefix("file://"))
    world = json.loads((drop.with_name(f"{drop.name}.world") / "world.json").read_text("utf-8"))
    since = datetime.fromtimestamp(world["reached_at"], UTC)
    until = since + timedelta(days=options.days)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(options.home / "warehouse" / "warehouse.duckdb", folder / "copy.duckdb")
        with closing(duckdb.connect(folder / "copy.duckdb")) as db:
            proposals = db.execute(
                "from insight.rpt_redistribution order by kind, recommendation_id"
            ).df()
            inflow = {s.office_code: sum(s.inflow) for s in sites_of(db, moment_of(db))}
        both = [options.scenario] if options.scenario else []
        asked = [*both, *played(proposals, inflow)]
        arms = [
            late_by_tier(gone_on(drop, folder / arm, until, what), since, until)
            for arm, what in (("without", both), ("with", asked))
        ]
    print("| proposal | a day | expected: late avoided | minutes |\n|---|---|---|---|")
    for row in proposals.itertuples():
        print(
            f"| {row.kind}{'' if pd.isna(row.from_place) else f' from {row.from_place}'}"
            f" to {row.to_place} | {row.quantity} {row.unit} |"
            f" {row.expected_late_avoided:.0f} | {row.expected_waiting_minutes_avoided:.0f} |"
        )
    (due, without), (_, accepted) = arms
    print("\n| tier | promises due | late without | late with | avoided |\n|---|---|---|---|---|")
    for tier in (*sorted(due), "all"):
        counts = [n.total() if tier == "all" else n[tier] for n in (due, without, accepted)]
        avoided = f"{100 * (1 - counts[2] / counts[1]):.1f} %" if counts[1] else "–"
        print(f"| {tier} | {' | '.join(f'{n:,}' for n in counts)} | {avoided} |")
    return 0
