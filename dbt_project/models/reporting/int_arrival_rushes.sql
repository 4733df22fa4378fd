{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="place_day_key",
        pre_hook="{{ note_touched(touched_by('int_arrival_bands')) }}",
    )
}}

{#
    A rush is a run of half-hours of one day on one side of their bands, that lies beyond as a whole
    or in its last two.
#}
with

    thresholds as (select * from {{ rush_thresholds() }}),

    bands as (
        select
            office_code,
            slot_start,
            place_day_key,
            arrival_on,
            arrivals,
            score,
            expected_near as near_mean,
            day_noise,
            shape_noise
        from {{ ref("int_arrival_bands") }}
        where is_judged and {{ is_touched() }}
    ),

    leaning as (
        select
            bands.*,
            case
                when bands.score >= thresholds.score_stays
                then 'surge'
                when bands.score <= - thresholds.score_stays
                then 'drop'
            end as leaning
        from bands
        cross join thresholds
    ),

    -- one half-hour within a run that is not beyond does not end it
    leaning_on as (
        select
            *,
            coalesce(
                leaning,
                case
                    when lag(leaning) over slots_of_day = lead(leaning) over slots_of_day
                    then lag(leaning) over slots_of_day
                end
            ) as direction
        from leaning
        window slots_of_day as (partition by office_code, arrival_on order by slot_start)
    ),

    run_starts as (
        select
            *,
            coalesce(direction, '') <> coalesce(
                lag(direction) over (partition by office_code, arrival_on order by slot_start), ''
            ) as is_start
        from leaning_on
    ),

    runs as (
        select
            *,
            count(*) filter (where is_start) over (
                partition by office_code, arrival_on
                order by slot_start
                rows between unbounded preceding and current row
            ) as run
        from run_starts
    ),

    -- a run as far as each of its half-hours, and the last two alone
    run_sums as (
        select
            *,
            {% for part, rows in [("run", "unbounded"), ("last", "1")] %}
                {% set so_far -%}
                    over (
                        partition by office_code, arrival_on, run
                        order by slot_start
                        rows between {{ rows }} preceding and current row
                    )
                {%- endset %}
                count(*) {{ so_far }} as {{ part }}_slots,
                sum(arrivals) {{ so_far }} as {{ part }}_arrivals,
                sum(near_mean) {{ so_far }} as {{ part }}_mean,
                sum(shape_noise * near_mean ^ 2) {{ so_far }} as {{ part }}_shape_noise
                {{- "," if not loop.last }}
            {% endfor %}
        from runs
        where direction is not null
    ),

    hits as (
        select
            run_sums.*,
            {% for part in ["run", "last"] %}
                {% if not loop.first %} or {% endif %}
                (
                    run_sums.{{ part }}_slots >= thresholds.least_slots
                    and abs(run_sums.{{ part }}_arrivals - run_sums.{{ part }}_mean) >= greatest(
                        thresholds.least_excess,
                        thresholds.score_rush
                        * {{
                            arrival_spread(
                                "run_sums." ~ part ~ "_mean", "run_sums." ~ part ~ "_shape_noise"
                            )
                        }}
                    )
                    and case
                        when run_sums.direction = 'surge'
                        then
                            run_sums.{{ part }}_arrivals
                            >= thresholds.surge_ratio * run_sums.{{ part }}_mean
                        else
                            run_sums.{{ part }}_arrivals
                            <= thresholds.drop_ratio * run_sums.{{ part }}_mean
                    end
                )
            {% endfor %} as is_hit
        from run_sums
        cross join thresholds
    ),

    rushes as (
        select
            office_code,
            slot_start,
            place_day_key,
            case
                when bool_or(is_hit) over slots_of_run
                then
                    concat_ws(
                        '|',
                        office_code,
                        direction,
                        strftime(min(slot_start) over slots_of_run, '%Y-%m-%dT%H:%M')
                    )
            end as rush_id,
            min(slot_start) filter (where is_hit) over slots_of_run
            + interval '30' minute as rush_detected_at
        from hits
        window slots_of_run as (partition by office_code, arrival_on, run)
    )

select office_code, slot_start, place_day_key, rush_id, rush_detected_at
from rushes
where rush_id is not null
