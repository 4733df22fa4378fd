{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="place_scope",
        pre_hook="{{ note_touched(process_scopes_at_night()) }}",
        meta={"built_in_parts": true},
    )
}}

with

    moves as (
        -- from one completed stage to the next of the case, which may be the same again
        select
            submitted_office_code as office_code,
            previous_completed_stage_code as from_stage_code,
            stage_code as to_stage_code,
            move_seconds,
            is_first_such_move,
            {{ authority_date("case_last_event_at") }} as seen_on
        from {{ ref("fct_stage_visits") }}
        where
            previous_completed_stage_code is not null
            and case_last_event_at >= {{ process_since_at() }}
    ),

    scopes as (select * from {{ ref("dim_place_scopes") }} where {{ is_touched() }}),

    stages as (select * from {{ ref("dim_stages") }}),

    times as (
        select
            scopes.place_scope,
            max(case when scopes.is_one_office then moves.office_code end) as office_code,
            moves.from_stage_code,
            moves.to_stage_code,
            count(*) as moves,
            count(case when moves.is_first_such_move then 1 end) as cases,
            {{ mean_seconds("moves.move_seconds") }} as mean_seconds,
            {{ quantile_seconds("moves.move_seconds", 0.5) }} as p50_seconds,
            sum(moves.move_seconds) as sum_seconds
        from moves
        join scopes on {{ was_in_scope("moves", "moves.seen_on") }}
        group by scopes.place_scope, moves.from_stage_code, moves.to_stage_code
    )

select
    times.place_scope,
    times.from_stage_code,
    times.to_stage_code,
    times.office_code,
    {{ process_since() }} as since_on,
    times.moves,
    times.cases,
    times.mean_seconds,
    times.p50_seconds,
    -- the seconds of a year of the nation need more than 18 digits
    cast(times.sum_seconds as decimal(28, 6)) as sum_seconds,
    coalesce(from_stages.is_waiting_by_design, false)
    or coalesce(to_stages.is_waiting_by_design, false) as is_waiting_by_design,
    {{ is_small_number("times.moves") }} as is_small_number
from times
left join stages as from_stages on times.from_stage_code = from_stages.stage_code
left join stages as to_stages on times.to_stage_code = to_stages.stage_code
