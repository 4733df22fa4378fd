{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="day",
        pre_hook="{{ note_touched(changed_backlog_days()) }}",
    )
}}

with

    spans as (
        select *, least(coalesce(until_on, {{ today() }} + 1), {{ today() }} + 1) as known_until_on
        from {{ ref("fct_backlog_spans") }}
        where
            from_on <= {{ today() }}
            and (lapses_at is null or lapses_at <= {{ now_at() }})
            and {{ reaches_noted_days("until_on") }}
    ),

    -- the days on which a case enters, is in, or leaves its cell
    case_days as (
        select
            office_code,
            stage_code,
            tier,
            kind,
            from_on,
            until_on,
            submitted_on,
            unnest(
                range(
                    {{ within_noted_days("from_on") }},
                    least(known_until_on + 1, {{ today() }} + 1),
                    interval '1' day
                )
            )::date as day
        from spans
    ),

    counts as (
        select
            day,
            office_code,
            stage_code,
            tier,
            count(*) filter (where kind = 'open' and day > from_on) as opening,
            count(*) filter (where kind = 'open' and day = from_on) as entered,
            count(*) filter (where kind = 'open' and day = until_on) as left_count,
            count(*) filter (where kind = 'beyond' and is_in) as beyond_promise,
            count(*) filter (where kind = 'open' and is_in and age_days <= 7) as age_0_7_days,
            count(*) filter (
                where kind = 'open' and is_in and age_days between 8 and 21
            ) as age_8_21_days,
            count(*) filter (
                where kind = 'open' and is_in and age_days between 22 and 60
            ) as age_22_60_days,
            count(*) filter (where kind = 'open' and is_in and age_days > 60) as age_over_60_days,
            max(age_days) filter (where kind = 'open' and is_in) as oldest_days
        from
            (
                select
                    *, until_on is null or day < until_on as is_in, day - submitted_on as age_days
                from case_days
            ) as aged
        group by all
    )

select
    day,
    office_code,
    stage_code,
    tier,
    opening,
    entered,
    left_count,
    opening + entered - left_count as closing,
    beyond_promise,
    age_0_7_days,
    age_8_21_days,
    age_22_60_days,
    age_over_60_days,
    oldest_days
from counts
-- a cell that only a promise's lapse touched on the day its case left has no row of its own
where opening + entered > 0
