"""The simulated nation beside what was published: figures and pictures of docs/simulator.md.

    python -m benchmarks.simulated_nation YEAR CRISIS PICTURES

YEAR and CRISIS are drops: a whole year at scale 1, and the scenario crisis-2023 (`passport simulate
--days 530 --until 2025-02-01T00:00:00Z --scale 0.01 --scenario crisis-2023`). Prints the figures at
the scale of the nation and writes the pictures into the folder PICTURES.
"""

import json
import sys
from pathlib import Path

import altair as alt
import duckdb
import pandas as pd


def _shares(column: str) -> str:
    """A query for the shares of a column's values among the applications, the largest first."""
    return (
        "select string_agg(round(share, 1)::varchar, ' / ' order by share desc) from (select "
        "100 * count(*) / sum(count(*)) over () as share from applications where {new} "
        "and updated_at - submitted_at < interval 1 minute "
        f"and not starts_with({column}::varchar, 'no_') group by {column})"
    )


FIGURES = {
    "applications a year, million": (
        "select count(distinct application_id) / {scale} / 1e6 from applications where {new}"
    ),
    "of them overseas, %": (
        "select 100 * avg((kind = 'mission')::int) from applications "
        "join offices using (office_code) where {new}"
    ),
    "normal, urgent, fast track, %": _shares("tier"),
    "renewal, new, modification, lost, %": _shares("category"),
    "pages 36, 72, 100, %": _shares("pages"),
    "validity 10, 5 years, %": _shares("validity_years"),
    "counter, online, %": _shares("channel"),
    "counters at home by weekday, Monday first, %": (
        "select string_agg(round(share, 1)::varchar, ' / ' order by day) from (select "
        "isodow(submitted_at) as day, 100 * count(*) / sum(count(*)) over () as share from {home} "
        "group by 1)"
    ),
    "at home by month, January first, % of the year": (
        "select string_agg(round(share, 1)::varchar, ' / ' order by month) from (select "
        "month(submitted_at) as month, 100 * count(*) / sum(count(*)) over () as share from {home} "
        "group by 1)"
    ),
    "tokens of counters at home until 10, 11, 12, 13, 14, %": (
        "select string_agg(round(100 * n / total)::int::varchar, ' / ' order by hour) from (select "
        "hour, sum(n) over (order by hour) as n, sum(n) over () as total from (select "
        "hour(issued_at) as hour, count(*) as n from queue_tokens join offices using (office_code) "
        "where kind in ('regional', 'counter') and service = 'application' "
        "and closed_at is not null group by 1)) where hour between 9 and 13"
    ),
    "day-to-day noise: standard deviation of log(day / same weekday a week before), an office": (
        "select stddev(ln(n / before)) / sqrt(2) from (select n, lag(n, 7) over "
        "(partition by office_code order by day) as before from (select office_code, "
        "submitted_at::date as day, count(*) as n from {home} where month(submitted_at) in (9, 10) "
        "group by all)) where n > 150 and before > 150"
    ),
    "lost, spoiled, deferred, returned, refused, %": (
        "select (select round(100 * avg((received_at is null)::int), 2) from (select box_id, "
        "max(received_at) as received_at, min(dispatched_at) as sent from consignments group by 1) "
        "where sent < (select max(dispatched_at) - interval 20 day from consignments)) || ' / ' || "
        "(select round(100 * avg((outcome = 'spoiled')::int), 2) from print_jobs "
        "where outcome is not null) || ' / ' || (select string_agg(round(100 * n / "
        "(select count(*) from stage_events where stage_code = 'approval' "
        "and event = 'completed'), 2)::varchar, ' / ' order by what) from (select "
        "case when stage_code = 'refused' then '3' when event = 'deferred' then '1' else '2' end "
        "as what, count(*) as n from stage_events where stage_code = 'refused' "
        "or (stage_code = 'approval' and event in ('deferred', 'returned')) group by 1))"
    ),
    "complaints a year": "select count(distinct complaint_id) / {scale} from complaints",
    "of them late, %": (
        "select 100 * avg((category in ('late_beyond_promise', 'urgent_fee_paid_but_late', "
        "'visa_or_job_lost'))::int) from complaints where resolved_at is null"
    ),
    "a working day at home and abroad, mean": (
        "select avg(n) / {scale} from ({days}) where isodow(day) < 6 and n > 0.2 * {scale} * 20000"
    ),
    "the fullest day": "select max(n) / {scale} from ({days})",
    "Karachi, a working day of March after Ramadan": (
        "select avg(n) / {scale} from ({karachi}) where isodow(day) < 6 "
        "and day between '2026-03-25' and '2026-03-31'"
    ),
    "Karachi, a working day in Ramadan": (
        "select avg(n) / {scale} from ({karachi}) where isodow(day) < 6 "
        "and day between '2026-02-20' and '2026-03-18'"
    ),
    "five years of Riyadh / Jeddah / Washington / Shanghai / Kabul": (
        "select string_agg((5 * coalesce(n, 0) / {scale})::int::varchar, ' / ' order by place) "
        "from (values (1, 'M-RUH'), (2, 'M-JED'), (3, 'M-WAS'), (4, 'M-SHA'), (5, 'M-KBL')) "
        "v (place, office_code) left join (select office_code, count(*) as n from applications "
        "where {new} group by 1) using (office_code)"
    ),
}
OF_WEEKS = {
    "visitors a day of the largest office, median and nine of ten": (
        "select median(n)::int || ' / ' || quantile_cont(n, 0.9)::int from "
        "(select count(distinct token_id) n from queue_tokens "
        "where office_code = 'KHI-R1' group by issued_at::date having n > 300)"
    ),
    "Rawalpindi: applicants a day": (
        "select median(n) from (select count(*) n from applications where "
        "office_code = 'RWP-R1' and {new} group by submitted_at::date having n > 99)"
    ),
    "Rawalpindi: wait in hours, median and nine of ten": (
        "select (median(w) / 3600)::decimal(4, 1) || ' / ' || "
        "(quantile_cont(w, 0.9) / 3600)::decimal(4, 1) from (select date_diff('second', issued_at, "
        "called_at) w from queue_tokens where office_code = 'RWP-R1' and service = 'application')"
    ),
    "all offices: wait in minutes, median and nine of ten": (
        "select (median(w) / 60)::int || ' / ' || (quantile_cont(w, 0.9) / 60)::int from (select "
        "date_diff('second', issued_at, called_at) w from queue_tokens "
        "where service = 'application')"
    ),
    "handed out at regional offices on Saturdays and Sundays of February and March": (
        "select count(distinct token_id) from queue_tokens join offices using (office_code) "
        "where kind = 'regional' and service = 'delivery' and isodow(issued_at) > 5"
    ),
    "printed a working day, mean and most": (
        "select (avg(n)::int || ' / ' || max(n)) from (select count(*) as n from print_jobs "
        "where outcome is not null group by finished_at::date having n > 3000)"
    ),
    "from submission to ready, days, median and nine of ten, by tier": (
        "select string_agg(tier || ' ' || m || ' / ' || p, ', ' order by tier) from (select tier, "
        "median(d)::decimal(4, 1) as m, quantile_cont(d, 0.9)::decimal(4, 1) as p from (select "
        "tier, epoch(ready_at - submitted_at) / 86400 as d from (select application_id, "
        "max(ready_at) as ready_at from deliveries group by 1) join (select application_id, "
        "any_value(tier) as tier, min(submitted_at) as submitted_at from applications "
        "where tier in ('normal', 'urgent', 'fast_track') "
        "and office_code not like 'M-%' group by 1) using (application_id)) group by tier)"
    ),
    "desks / staff / printers": (
        "select (select sum(counters) from offices) || ' / ' || (select count(*) from staff) "
        "|| ' / ' || (select count(*) from machines where kind = 'printer')"
    ),
    "printers could print a day": (
        "select 16 * sum(rated_per_hour) from machines where kind = 'printer'"
    ),
}
# What was reported of the crisis: day, cases waiting.
REPORTED = [
    ("2023-10-11", 500_000),
    ("2023-11-05", 700_000),
    ("2024-05-20", 800_000),
    ("2025-01-20", 0),
]
PLACES = {
    "large": "KHI-R1",
    "middle": "ABT-R1",
    "small": "GIL-R1",
    "mission": "M-RUH",
}


def drop(folder: Path) -> tuple[duckdb.DuckDBPyConnection, float]:
    """A drop whose records are views of the newest rows, and its scale."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'Asia/Karachi'; set memory_limit = '3GB'")
    for record in sorted(path.name for path in folder.iterdir()):
        connection.execute(
            f"create view {record} as from read_parquet('{folder}/{record}/*.parquet')"
        )
    world = json.loads((folder.with_name(f"{folder.name}.world") / "world.json").read_text())
    return connection, float(world["scale"])


def told(connection: duckdb.DuckDBPyConnection, scale: float, queries: dict[str, str]) -> None:
    """Print each figure."""
    began = "(select min(updated_at) from applications)"
    days = (
        "select submitted_at::date as day, count(distinct application_id) n from applications "
        f"where updated_at > {began}"
    )
    karachi = f"{days} and office_code like 'KHI%' group by 1"
    home = (
        "(select a.* from applications a join offices using (office_code) where kind <> 'mission' "
        f"and a.updated_at > {began} and a.updated_at - submitted_at < interval 1 minute)"
    )
    for name, query in queries.items():
        asked = query.format(
            scale=scale,
            new=f"applications.updated_at > {began}",
            days=f"{days} group by 1",
            karachi=karachi,
            home=home,
        )
        row = connection.execute(asked).fetchone()
        value = row[0] if row else None
        print(f"| {name} | {value:,.2f} |" if isinstance(value, float) else f"| {name} | {value} |")


def week_of(connection: duckdb.DuckDBPyConnection, office: str) -> alt.VConcatChart:
    """Visitors who came, and how long they waited, by the hour of a week at one office."""
    rows = connection.execute(
        "select date_trunc('hour', issued_at)::timestamp as hour, service, count(*) as visitors, "
        "median(date_diff('minute', issued_at, called_at)) as wait_minutes from queue_tokens "
        f"where office_code = '{office}' and closed_at is not null "
        "and service in ('application', 'delivery') "
        "and issued_at >= (select max(issued_at) - interval 7 day from queue_tokens) group by all"
    ).df()
    base = alt.Chart(rows).encode(
        x=alt.X("hour:T", title=None), color=alt.Color("service:N", title=None)
    )
    came = base.mark_bar().encode(y=alt.Y("visitors:Q", title="visitors an hour"))
    waited = base.mark_point(filled=True).encode(
        y=alt.Y("wait_minutes:Q", title="median wait, minutes")
    )
    return alt.vconcat(
        came.properties(width=720, height=150), waited.properties(width=720, height=150)
    ).properties(title=f"Simulated: a week at {office}")


def week_of_site(connection: duckdb.DuckDBPyConnection, site: str) -> alt.VConcatChart:
    """Passports printed an hour, and how long they had waited, at one print site."""
    rows = connection.execute(
        "select date_trunc('hour', finished_at)::timestamp as hour, tier, count(*) as printed, "
        "median(date_diff('hour', queued_at, started_at)) / 24 as waited_days from print_jobs "
        f"join applications using (application_id) where machine_id like '{site}%' and finished_at "
        ">= (select max(finished_at) - interval 7 day from print_jobs) "
        "and tier in ('normal', 'urgent', 'fast_track') group by all"
    ).df()
    base = alt.Chart(rows).encode(
        x=alt.X("hour:T", title=None), color=alt.Color("tier:N", title=None)
    )
    printed = base.mark_bar().encode(y=alt.Y("printed:Q", title="printed an hour"))
    waited = base.mark_point(filled=True).encode(y=alt.Y("waited_days:Q", title="waited, days"))
    return alt.vconcat(
        printed.properties(width=720, height=150), waited.properties(width=720, height=150)
    ).properties(title=f"Simulated: a week at {site}")


def crisis(connection: duckdb.DuckDBPyConnection, scale: float) -> alt.LayerChart:
    """Cases that wait for printing, day by day, beside what was reported."""
    rows = connection.execute(
        "with steps as (select occurred_at::date as day, "
        "sum((stage_code = 'print_queue' and event = 'entered')::int) "
        "- sum((stage_code = 'print_queue' and event = 'completed')::int) as more, "
        "sum((stage_code = 'printing' and event = 'completed')::int) as printed "
        "from stage_events group by 1) select day, sum(more) over (order by day) / "
        f"{scale} as waiting, printed / {scale} as printed from steps order by day"
    ).df()
    rows["day"] = pd.to_datetime(rows["day"])
    rows = rows[rows["day"] >= "2023-08-15"]
    shown = rows.set_index("day")
    for day, _ in REPORTED:
        print(
            f"| waiting on {day} | {shown['waiting'].get(pd.Timestamp(day), float('nan')):,.0f} |"
        )
    for first, last in (
        ("2023-09", "2023-10-10"),
        ("2024-04-15", "2024-05-31"),
        ("2024-11-12", "2024-12-20"),
    ):
        print(
            f"| printed a day, {first} to {last} | {shown.loc[first:last, 'printed'].mean():,.0f} |"
        )
    points = pd.DataFrame(REPORTED, columns=["day", "waiting"])
    points["day"] = pd.to_datetime(points["day"])
    line = (
        alt.Chart(rows)
        .mark_line()
        .encode(
            x=alt.X("day:T", title=None), y=alt.Y("waiting:Q", title="cases waiting to be printed")
        )
    )
    reported = (
        alt.Chart(points)
        .mark_point(size=90, filled=True, color="firebrick")
        .encode(x="day:T", y="waiting:Q")
    )
    return (line + reported).properties(
        width=720, height=300, title="Simulated crisis-2023; red: as reported"
    )


def main(year: str, crisis_of: str, pictures: str) -> None:
    """Print the figures and write the pictures."""
    folder = Path(pictures)
    connection, scale = drop(Path(year))
    told(connection, scale, FIGURES)
    told(connection, scale, OF_WEEKS)
    for name, office in PLACES.items():
        week_of(connection, office).save(folder / f"simulator_{name}.png")
    week_of_site(connection, "PS-LHE").save(folder / "simulator_print_site.png")
    crisis(*drop(Path(crisis_of))).save(folder / "simulator_crisis_2023.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
