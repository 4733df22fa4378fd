"""`rpt_promise_risk`: learned each night from past cases, scored each hour.

A past case is seen at past midnights of the authority: by the events that had happened and were
recorded by then, and by the state of queues, machines, stock and links at the end of the day
before. Only cases whose promise has fallen due count, all of a due day whatever became of them.
"""

from datetime import timedelta

import duckdb
import pandas as pd

from insight import risk
from orchestration.foresight.moment import Moment
from orchestration.insight_tables import replace, write

# Promises that fell due in so many days are learned from; cases are seen every third midnight.
_DAYS_BACK, _DAYS_APART = 120, 3
# Cases looked at, a part of all by the hash of their id.
_CASES = 40_000
# A case is seen at most so long before its promise falls due.
_LONGEST_PROMISE = 60

# The days on which state and pace are needed: one now, or the midnights of the past.
_MIDNIGHTS = """
    create or replace temp table moments as
    select
        timezone('UTC', timezone($zone, cast(day as timestamp))) as seen_at,
        day::date as day,
        day::date - 1 as state_day
    from
        unnest(
            range(
                $today::date,
                $today::date - $back::integer,
                -to_days($apart::integer)
            )
        ) as days (day)
"""

_NOW = """
    create or replace temp table moments as
    select $now::timestamp as seen_at, $today::date as day, $today::date as state_day
"""

# What lies ahead at each moment, by site and tier, by site, and by place; null where no record
# tells. Of all sites together under the name `all`.
_AHEAD = """
    create or replace temp table queues as
    with
        printed as (
            select
                print.office_code as site,
                print.hour::date as day,
                print.tier,
                sum(print.good) as good
            from reporting.rpt_print as print
            where
                print.hour >= (select min(state_day) - 8 from moments)
                and print.hour < (select max(state_day) + 1 from moments)
            group by all
        ),
        printed_lately as (
            select moments.seen_at, printed.site, printed.tier, sum(printed.good) / 7 as per_day
            from moments
            join
                printed
                on printed.day > moments.state_day - 7
                and printed.day <= moments.state_day
            group by all
        ),
        waiting as (
            select moments.seen_at, queue.site, queue.tier, queue.waiting
            from moments
            join reporting.rpt_print_queue as queue on moments.state_day = queue.day
        )
    select
        waiting.seen_at,
        coalesce(waiting.site, 'all') as site,
        waiting.tier,
        -- nothing printed for a week: as if a hundredth of a case left a day
        sum(waiting.waiting) / greatest(coalesce(sum(printed_lately.per_day), 0), 0.01)
        as queue_days
    from waiting
    left join printed_lately using (seen_at, site, tier)
    group by
        grouping sets (
            (waiting.seen_at, waiting.site, waiting.tier), (waiting.seen_at, waiting.tier)
        )
    ;
    create or replace temp table site_states as
    with
        machines as (
            select
                moments.seen_at,
                coalesce(machines.office_code, 'all') as site,
                avg(machines.availability_pct) / 100 as machines_up
            from moments
            join
                reporting.rpt_machines as machines
                on machines.day > moments.state_day - 3
                and machines.day <= moments.state_day
            join marts.dim_machines as of_print using (machine_id)
            where of_print.kind <> 'biometric'
            group by grouping sets ((moments.seen_at, machines.office_code), (moments.seen_at))
        ),
        stocks as (
            select
                moments.seen_at,
                stock.office_code as site,
                max_by(stock.days_left, stock.day) as days_left
            from moments
            join
                reporting.rpt_consumables as stock
                on stock.day > moments.state_day - 7
                and stock.day <= moments.state_day
            where stock.office_code in (select office_code from marts.dim_machines)
            group by moments.seen_at, stock.office_code, stock.item
        ),
        shortest as (
            -- of all sites together, what is shortest at the site that has most of it
            select seen_at, site, min(days_left) as stock_days from stocks group by seen_at, site
            union all
            select seen_at, 'all', max(days_left)
            from
                (
                    select seen_at, site, min(days_left) as days_left
                    from stocks
                    group by seen_at, site
                )
            group by seen_at
        )
    select seen_at, site, machines.machines_up, shortest.stock_days
    from machines
    full join shortest using (seen_at, site)
    ;
    create or replace temp table link_states as
    select moments.seen_at, links.office_code, min(links.up_pct) / 100 as link_up
    from moments
    join reporting.rpt_links as links on moments.state_day = links.day
    group by moments.seen_at, links.office_code
    ;
    create or replace temp table place_states as
    with
        due as (
            select
                moments.seen_at,
                promise.office_code,
                promise.tier,
                promise.missed + promise.open_beyond as missed,
                promise.kept + promise.missed + promise.open_beyond as judged
            from moments
            join
                (
                    select *, substr(place_scope, 8) as office_code
                    from reporting.rpt_promise
                    where
                        period_kind = 'day'
                        and tier <> 'all'
                        and starts_with(place_scope, 'office:')
                ) as promise
                on promise.period_start >= moments.day - 28
                and promise.period_start < moments.day
        ),
        judged as (
            select
                *,
                sum(missed) over (partition by seen_at, tier)
                / nullif(sum(judged) over (partition by seen_at, tier), 0) as share
            from due
        )
    select seen_at, office_code, sum(missed - judged * share) / (sum(judged) + 20) as place_excess
    from judged
    group by seen_at, office_code
"""

# A part of the cases whose promise fell due, or was met, in the days looked back on.
_SAMPLE = """
    create or replace temp table cases as
    with
        due as (
            select
                cases.*,
                greatest(
                    1,
                    count(*) over () // $cases
                ) as one_in
            from marts.fct_applications as cases
            where
                cases.promise_lapses_at is not null
                and cases.case_on >= $today::date - $back::integer - 2 * $longest
                and (
                    cases.promise_lapses_at >= $midnight - to_days($back::integer)
                    and cases.promise_lapses_at <= $midnight
                    or cases.promise_met_at >= $midnight - to_days($back::integer + 14)
                    and cases.promise_met_at <= $midnight
                )
                and cases.submitted_at < $midnight
                -- a promise to who cancelled is neither kept nor broken
                and not coalesce(
                    cases.cancelled_at < coalesce(cases.promise_met_at, timestamp '9999-12-31'),
                    false
                )
        )
    select
        due.application_id,
        due.case_on,
        due.tier,
        due.is_mission,
        due.office_code,
        due.submitted_at,
        due.promise_met_at,
        due.promise_lapses_at,
        due.promise_due_on,
        due.promised_days,
        due.promise_unit,
        places.calendar_key
    from due
    join marts.dim_place_calendars as places on due.office_code = places.office_code
    where hash(due.application_id) % due.one_in = 0
    ;
    create or replace temp table stays as
    -- from each change of stage to the next, as it was told
    select
        events.application_id,
        events.stage_code,
        events.office_code,
        events.event_number,
        events.occurred_at,
        events.recorded_at
    from marts.fct_stage_events as events
    join cases on events.application_id = cases.application_id and events.case_on = cases.case_on
    where
        events.previous_stage_code is distinct from events.stage_code
        or events.previous_event_at is null
"""

# How long it took, from the entry of a stage, of cases that met the promise in the two weeks
# before each moment. Days of the promise's unit.
_PACES = """
    create or replace temp table paces as
    select
        moments.seen_at,
        spans.tier,
        spans.is_mission,
        spans.stage_code,
        quantile_cont(spans.days, 0.5) as pace_p50_days,
        quantile_cont(spans.days, 0.9) as pace_p90_days
    from moments
    join
        (
            select
                cases.tier,
                cases.is_mission,
                stays.stage_code,
                cases.promise_met_at,
                met.number - entered.number as days
            from stays
            join cases using (application_id)
            join
                day_numbers as met
                on cases.calendar_key = met.calendar_key
                and cases.promise_unit = met.unit
                and cases.promise_met_at::date = met.day
            join
                day_numbers as entered
                on cases.calendar_key = entered.calendar_key
                and cases.promise_unit = entered.unit
                and stays.occurred_at::date = entered.day
            where stays.occurred_at <= cases.promise_met_at
        ) as spans
        on spans.promise_met_at >= moments.seen_at - interval '14' day
        and spans.promise_met_at < moments.seen_at
    group by all
    having count(*) >= 10
"""

# A number for each day, whose differences are days of a promise's unit.
_DAY_NUMBERS = """
    create or replace temp table day_numbers as
    select
        calendar_key,
        calendar_date as day,
        units.unit,
        cast(
            case
                when units.unit = 'working_days'
                then working_days_before
                else calendar_date - date '2000-01-01'
            end as double
        ) as number
    from marts.dim_calendar
    cross join (values ('working_days'), ('calendar_days')) as units (unit)
    where
        calendar_date >= $today::date - $back::integer - 400
        and calendar_date <= $today::date + 400
"""

_SNAPSHOTS = """
    create or replace temp table seen as
    select
        cases.application_id,
        moments.seen_at,
        max_by(stays.stage_code, stays.event_number) as stage_code,
        max_by(stays.office_code, stays.event_number) as holding_office_code,
        max_by(stays.occurred_at, stays.event_number) as entered_at
    from cases
    join
        moments
        on cases.submitted_at < moments.seen_at
        and coalesce(cases.promise_met_at > moments.seen_at, true)
        and cases.promise_lapses_at > moments.seen_at
    left join
        stays
        on cases.application_id = stays.application_id
        and stays.occurred_at <= moments.seen_at
        and stays.recorded_at <= moments.seen_at
    where cases.promise_lapses_at <= $midnight
    group by cases.application_id, moments.seen_at
    ;
    create or replace temp table seen_cases as
    select
        seen.application_id,
        seen.seen_at,
        moments.day,
        cases.tier,
        cases.is_mission,
        coalesce(seen.stage_code, 'not_started') as stage_code,
        coalesce(seen.holding_office_code, cases.office_code) as holding_office_code,
        coalesce(seen.entered_at, cases.submitted_at) as entered_at,
        cases.office_code,
        cases.calendar_key,
        cases.promise_unit,
        cast(cases.promised_days as double) as promised_days,
        cases.promise_due_on,
        cast(0 as double) as gone,
        coalesce(cases.promise_met_at >= cases.promise_lapses_at, true) as is_late
    from seen
    join cases using (application_id)
    join moments on seen.seen_at = moments.seen_at
"""

# The open cases now. What is gone of the day is gone of the promise's last day too.
_OPEN = """
    create or replace temp table seen_cases as
    select
        cases.application_id,
        moments.seen_at,
        moments.day,
        cases.tier,
        facts.is_mission,
        cases.current_stage_code as stage_code,
        cases.holding_office_code,
        coalesce(cases.stage_entered_at, cases.submitted_at) as entered_at,
        cases.office_code,
        places.calendar_key,
        facts.promise_unit,
        cast(facts.promised_days as double) as promised_days,
        cases.promise_due_on,
        $gone::double as gone,
        cases.promise_state = 'open_beyond' as is_late
    from reporting.rpt_applications as cases
    join
        (
            select application_id, case_on, is_mission, promise_unit, promised_days
            from marts.fct_applications
            where ended_at is null or ended_at > $now
        ) as facts
        on cases.application_id = facts.application_id
    join marts.dim_place_calendars as places on cases.office_code = places.office_code
    cross join moments
    where cases.is_open and cases.promise_state in ('open_within', 'open_beyond')
"""

_CASES_WITH_STATE = """
    create or replace temp table stated_cases as
    select
        row_number() over (order by seen.application_id, seen.seen_at) as case_number,
        seen.application_id,
        seen.seen_at,
        seen.tier,
        coalesce(seen.is_mission, false) as is_mission,
        seen.stage_code,
        coalesce(stages.sequence < last_of_printing.sequence, true) as is_before_print,
        seen.promised_days,
        seen.promise_due_on,
        seen.promise_unit,
        seen.calendar_key,
        today.number as day_number,
        case when seen.is_late and $is_now then 0 else due.number + 1 - today.number - seen.gone end
        as left_days,
        greatest(today.number + seen.gone - entered.number, 0) as in_stage_days,
        paces.pace_p50_days,
        paces.pace_p90_days,
        coalesce(queues.queue_days, all_queues.queue_days)
        * case when seen.promise_unit = 'working_days' then 5 / 7 else 1 end as queue_days,
        coalesce(states.machines_up, all_states.machines_up) as machines_up,
        coalesce(states.stock_days, all_states.stock_days) as stock_days,
        link_states.link_up,
        place_states.place_excess,
        seen.is_late
    from seen_cases as seen
    join
        day_numbers as today
        on seen.calendar_key = today.calendar_key
        and seen.promise_unit = today.unit
        and seen.day = today.day
    left join
        day_numbers as due
        on seen.calendar_key = due.calendar_key
        and seen.promise_unit = due.unit
        and seen.promise_due_on = due.day
    left join
        day_numbers as entered
        on seen.calendar_key = entered.calendar_key
        and seen.promise_unit = entered.unit
        and seen.entered_at::date = entered.day
    left join marts.dim_stages as stages on seen.stage_code = stages.stage_code
    cross join
        (
            select max(sequence) as sequence from marts.dim_stages where owner = 'print_site'
        ) as last_of_printing
    left join
        paces
        on seen.tier = paces.tier
        and seen.is_mission = paces.is_mission
        and seen.stage_code = paces.stage_code
        and seen.seen_at = paces.seen_at
    left join
        queues
        on seen.seen_at = queues.seen_at
        and seen.holding_office_code = queues.site
        and seen.tier = queues.tier
    left join
        queues as all_queues
        on seen.seen_at = all_queues.seen_at
        and all_queues.site = 'all'
        and seen.tier = all_queues.tier
    left join
        site_states as states
        on seen.seen_at = states.seen_at
        and seen.holding_office_code = states.site
    left join
        site_states as all_states
        on seen.seen_at = all_states.seen_at
        and all_states.site = 'all'
    left join
        link_states
        on seen.seen_at = link_states.seen_at
        and seen.holding_office_code = link_states.office_code
    left join
        place_states
        on seen.seen_at = place_states.seen_at
        and seen.office_code = place_states.office_code
"""

_WITH_DATES = """
    select
        cases.application_id,
        round(scored.probability, 4) as probability_late,
        greatest(coalesce(expected.day, cases.promise_due_on), $today::date) as expected_on,
        scored.reason
    from stated_cases as cases
    join scored using (case_number)
    left join
        (
            select calendar_key, unit, number, max(day) as day
            from day_numbers
            group by calendar_key, unit, number
        ) as expected
        on cases.calendar_key = expected.calendar_key
        and cases.promise_unit = expected.unit
        and cases.day_number + scored.days = expected.number
"""


def learn_risks(connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
    """Learn as of the authority's midnight, and keep what was learned in the warehouse."""
    learned = risk.learn(past_cases(connection, moment))
    write(connection, "risk_coefficients", learned.coefficients)
    write(connection, "risk_calibration", learned.calibration)
    write(connection, "risk_rates", learned.rates)
    newest = "select max(seen_at) from paces"
    replace(
        connection,
        "risk_paces",
        "select tier, is_mission, stage_code, pace_p50_days as p50_days, pace_p90_days as p90_days"
        f" from paces where seen_at = ({newest})",
    )
    replace(
        connection,
        "risk_places",
        "select office_code, place_excess as excess from place_states"
        " where seen_at = (select max(seen_at) from moments)",
    )
    row = {"learned_on": [moment.today], "cases": [learned.cases], "method": [learned.method]}
    write(connection, "learned", pd.DataFrame(row))


def past_cases(connection: duckdb.DuckDBPyConnection, moment: Moment) -> pd.DataFrame:
    """Past cases at past midnights, as `insight.risk.learn` takes them."""
    _execute(connection, _MIDNIGHTS, moment)
    _execute(connection, _AHEAD, moment)
    _execute(connection, _SAMPLE, moment)
    _execute(connection, _DAY_NUMBERS, moment)
    _execute(connection, _PACES, moment)
    _execute(connection, _SNAPSHOTS, moment)
    _execute(connection, _CASES_WITH_STATE, moment, is_now=False)
    columns = ", ".join((*risk.CASE, "is_late", "application_id"))
    return connection.execute(
        f"select {columns}, promise_due_on as due_on, seen_at as seen_on from stated_cases"
        " where left_days > 0 order by case_number"
    ).df()


def write_risks(connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
    """Score the open cases with what was learned last."""
    method, cases = connection.execute("select method, cases from insight.learned").fetchone() or (
        risk.RATES,
        0,
    )
    learned = risk.Learned(
        coefficients=connection.execute("from insight.risk_coefficients").df(),
        calibration=connection.execute("from insight.risk_calibration order by raw").df(),
        rates=connection.execute("from insight.risk_rates").df(),
        cases=cases,
        method=method,
    )
    _execute(connection, _NOW, moment)
    _execute(connection, _AHEAD, moment)
    connection.execute(
        "create or replace temp table paces as"
        " select moments.seen_at, tier, is_mission, stage_code,"
        " p50_days as pace_p50_days, p90_days as pace_p90_days"
        " from insight.risk_paces cross join moments"
    )
    _execute(connection, _DAY_NUMBERS, moment)
    _execute(connection, _OPEN, moment)
    _execute(connection, _CASES_WITH_STATE, moment, is_now=True)
    columns = ", ".join(risk.CASE)
    cases_now = connection.execute(f"select {columns} from stated_cases order by case_number").df()
    scored = risk.score(cases_now, learned)
    result = pd.DataFrame(
        {
            "case_number": range(1, len(cases_now) + 1),
            "probability": scored.probability,
            "reason": scored.reason.astype(str),
            "days": scored.expected_days.round(),
        }
    )
    connection.register("scored", result)
    replace(connection, "rpt_promise_risk", _WITH_DATES.replace("$today", f"'{moment.today}'"))
    connection.unregister("scored")


def _execute(
    connection: duckdb.DuckDBPyConnection, statements: str, moment: Moment, **more: object
) -> None:
    """Run statements, each with those of the parameters that it names."""
    local = moment.midnight
    gone = min(max((moment.now - local - timedelta(hours=9)) / timedelta(hours=8), 0.0), 0.9)
    known = {
        "now": moment.now,
        "today": moment.today,
        "midnight": moment.midnight,
        "zone": moment.authority_timezone,
        "gone": gone,
        "back": _DAYS_BACK,
        "apart": _DAYS_APART,
        "cases": _CASES,
        "longest": _LONGEST_PROMISE,
        **more,
    }
    for statement in statements.split(";\n"):
        named = {name: value for name, value in known.items() if f"${name}" in statement}
        connection.execute(statement, named)
