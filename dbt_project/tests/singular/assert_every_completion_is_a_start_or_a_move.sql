{{ config(tags=["nightly"]) }}

with

    moves as (
        select sum(moves) as moves from {{ ref("rpt_process_moves") }} where place_scope = 'country'
    ),

    visits as (
        select
            count(*) as completions,
            count(*) filter (where previous_completed_stage_code is null) as first_completions
        from {{ ref("fct_stage_visits") }}
        where completed_at <= {{ now_at() }} and case_last_event_at >= {{ process_since_at() }}
    )

select moves.moves, visits.completions, visits.first_completions
from moves
cross join visits
where coalesce(moves.moves, 0) + visits.first_completions <> visits.completions
