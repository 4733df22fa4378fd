"""The crisis of autumn 2023, as the product's tables tell it: in time, in order, and adding up.

    python -m benchmarks.crisis_told HOME

HOME is an installation that loaded the scenario crisis-2023 from September to November 2023 at
least. Prints what was found of the day on which printing stopped: what the stock of laminate said
before it, the print queue on it, and the backlogs after it; and whether every day adds up. Exit 1
where the tables contradict the story or one another.
"""

import sys
from contextlib import closing
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd

from config import Home
from reports.broker import Publication, open_publication, run_sql

FIRST, LAST = date(2023, 9, 15), date(2023, 11, 14)
# Fewer days than this of stock are a warning, fewer days without any print are no stop.
WARNING_DAYS, SHORTEST_STOP = 7, 5
# How many days before and after the stop are compared: whole weeks, as a Sunday brings nothing.
SPAN = timedelta(days=7)

# By the authority's day: passports printed, stock at the sites, and what waits at its end.
DAYS = """
with printed as (
    select timezone('Asia/Karachi', hour)::date as day, sum(good) as printed
    from rpt_print group by all
), queue as (
    select day, sum(waiting) as queue from rpt_print_queue group by all
), backlog as (
    select day, sum(closing) as backlog, sum(beyond_promise) as beyond
    from rpt_backlog_daily group by all
)
select
    day, coalesce(printed, 0)::bigint as printed, queue::bigint as queue,
    backlog::bigint as backlog, beyond::bigint as beyond
from backlog left join queue using (day) left join printed using (day)
order by day
"""
# The days of stock that are left at the site which has fewest.
STOCK = """
select day, min(days_left) as days_left from rpt_consumables
where item = 'laminate' and office_code in (select site from rpt_print_queue)
group by day order by day
"""
# Each counts what must not be; the published tables alone are asked.
SUMS = {
    "cells whose closing is not opening + entered - left": """
        select count(*) from rpt_backlog_daily where closing <> opening + entered - left_count
    """,
    "cells that open otherwise than they closed the day before": """
        with cells as (
            select day, office_code, stage_code, tier, opening, 0 as closed_before
            from rpt_backlog_daily
            where day > (select min(day) from rpt_backlog_daily)
            union all
            select day + 1, office_code, stage_code, tier, 0, closing
            from rpt_backlog_daily
            where day < (select max(day) from rpt_backlog_daily)
        )
        select count(*) from (
            select 1 from cells group by day, office_code, stage_code, tier
            having sum(opening) <> sum(closed_before)
        )
    """,
    "days on which the stages do not add up to the open applications": """
        with changes as (
            select timezone('Asia/Karachi', submitted_at)::date as day, 1 as change
            from rpt_applications
            union all
            select greatest(ended_on, timezone('Asia/Karachi', submitted_at)::date), -1
            from rpt_applications where ended_on is not null
        ), open_cases as (
            select day, sum(sum(change)) over (order by day) as cases
            from changes group by day
        ), backlog as (
            select day, sum(closing) as cases from rpt_backlog_daily group by day
        )
        select count(*) from open_cases full join backlog using (day)
        where open_cases.cases is distinct from backlog.cases
    """,
}


def by_day(publication: Publication, sql: str) -> pd.DataFrame:
    """The rows of a query by their column `day`."""
    answer = run_sql(publication, sql)
    return pd.DataFrame(answer.rows, columns=list(answer.columns)).set_index("day").astype(float)


def stop_of(printed: pd.Series) -> tuple[date, date]:
    """The longest time without any print, as its first day and the day on which it was over.

    Raises SystemExit where there is none that is long enough.
    """
    within = printed[(printed.index >= FIRST) & (printed.index <= LAST)]
    working = [day for day, count in within.items() if count > 0]
    gaps = [(after - before, before, after) for before, after in pairwise(working)]
    length, before, after = max(gaps, default=(timedelta(0), FIRST, FIRST))
    if length <= timedelta(SHORTEST_STOP):
        sys.exit(f"printing never stopped for more than {SHORTEST_STOP} days")
    return before + timedelta(1), after


def warned_on(stock: pd.Series, eve: date) -> date | None:
    """The first of the days up to the eve of the stop on which little was left, if any."""
    much = [day for day, left in stock.items() if day <= eve and left >= WARNING_DAYS]
    last = max(much, default=min(stock.index) - timedelta(1))
    return None if last >= eve else last + timedelta(1)


def contradictions(days: pd.DataFrame, stock: pd.Series, stopped: date, resumed: date) -> list[str]:
    """What the tables say of the stop, told; gives what is against the story."""
    eve = stopped - timedelta(1)
    warned = warned_on(stock, eve)
    print(f"| printing stops, goes on | {stopped}, {resumed} |")
    print(f"| under {WARNING_DAYS} days of laminate since | {warned} |")
    print(
        f"| days of laminate left {(SPAN.days)} days before, on the eve | "
        f"{stock[stopped - SPAN]:.1f}, {stock[eve]:.1f} |"
    )
    found = []
    if warned is None:
        found.append("the stock did not warn before printing stopped")
    if not days["queue"][stopped] > days["queue"][eve]:
        found.append("the print queue did not rise on the day of the stop")
    for name in ("queue", "backlog", "beyond"):
        on_eve, week_before = days[name][eve], days[name][eve - SPAN]
        after = days[name][eve + SPAN]
        top = days[name][(days.index >= stopped) & (days.index <= LAST)]
        print(
            f"| {name}: week before, eve, day of the stop, week after, most | {week_before:,.0f}, "
            f"{on_eve:,.0f}, {days[name][stopped]:,.0f}, {after:,.0f}, "
            f"{top.max():,.0f} on {top.idxmax()} |"
        )
        if not after - on_eve > on_eve - week_before:
            found.append(f"{name} did not rise faster in the week after the stop than before it")
    return found


def main(home: str) -> None:
    """Print the story and the sums."""
    with closing(open_publication(Home(Path(home)))) as publication:
        days = by_day(publication, DAYS)
        stock = by_day(publication, STOCK)["days_left"].dropna()
        print("| figure | found |\n|---|---|")
        found = contradictions(days, stock, *stop_of(days["printed"]))
        for name, sql in SUMS.items():
            ((count,),) = run_sql(publication, sql).rows
            print(f"| {name} | {count} |")
            found += [name] if count else []
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
