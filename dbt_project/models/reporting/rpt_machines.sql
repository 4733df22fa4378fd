{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="day",
        pre_hook="{{ note_touched(changed_machine_days()) }}",
    )
}}

with

    machines as ({{ read_machines() }}),

    day_hours as ({{ hours_of_days("select min(hour_start) from " ~ ref("fct_machine_hours")) }}),

    hours as (
        select *
        from {{ ref("fct_machine_hours") }}
        where hour_start in (select hour_start from day_hours)
    ),

    jobs as (
        select machine_id, hour, sum(good) as good, sum(spoiled) as spoiled
        from {{ ref("rpt_print") }}
        where hour in (select hour_start from day_hours)
        group by machine_id, hour
    ),

    machine_hours as (
        select
            machines.machine_id,
            machines.office_code,
            machines.rated_per_hour,
            machines.last_on,
            day_hours.day,
            day_hours.hour_start,
            day_hours.hour_us,
            {% for state in ["running", "idle", "down", "maintenance"] %}
                coalesce({{ passed_us("hours", state) }}, 0) as {{ state }}_us,
            {% endfor %}
            hours.readings,
            hours.produced_count,
            hours.failures,
            hours.down_seconds,
            hours.last_fault_code,
            hours.last_state,
            hours.last_read_at,
            hours.last_changed_at,
            jobs.good,
            jobs.spoiled
        from machines
        join
            day_hours
            on machines.timezone = day_hours.timezone
            and machines.first_on <= day_hours.day
        left join
            hours
            on machines.machine_id = hours.machine_id
            and day_hours.hour_start = hours.hour_start
        left join jobs on machines.machine_id = jobs.machine_id and day_hours.hour_start = jobs.hour
    ),

    top_faults as (
        select machine_id, day, last_fault_code
        from machine_hours
        where last_fault_code is not null
        group by machine_id, day, last_fault_code
        qualify
            row_number() over (
                partition by machine_id, day order by sum(down_seconds) desc, last_fault_code
            )
            = 1
    ),

    breakdowns as ({{ down_spans("fct_machine_changes", "machine_id") }}),

    repairs as (
        select
            machine_hours.machine_id,
            machine_hours.day,
            avg(breakdowns.up_us) as up_us,
            avg(breakdowns.down_us) filter (where breakdowns.ended_by = 'up') as repair_us
        from breakdowns
        join
            machine_hours
            on breakdowns.machine_id = machine_hours.machine_id
            and breakdowns.hour_start = machine_hours.hour_start
        group by machine_hours.machine_id, machine_hours.day
    ),

    days as (
        select
            machine_id,
            day,
            office_code,
            rated_per_hour,
            sum(running_us) as running_us,
            sum(idle_us) as idle_us,
            sum(down_us) as down_us,
            sum(maintenance_us) as maintenance_us,
            sum(hour_us) as passed_us,
            sum(readings) as readings,
            sum(produced_count) as produced_count,
            coalesce(sum(failures), 0) as failures,
            sum(good) as good,
            sum(spoiled) as spoiled,
            max_by(last_state, last_read_at) as last_state,
            max(last_read_at) as last_read_at,
            max(last_changed_at) as last_changed_at,
            max_by(last_fault_code, last_read_at) as last_fault_code
        from machine_hours
        group by machine_id, day, office_code, rated_per_hour, last_on
        having day <= last_on or count(readings) > 0
    ),

    rates as (
        select
            *,
            -- able to work, of the time known without planned maintenance
            {{ share_pct("running_us + idle_us", "running_us + idle_us + down_us") }}
            as availability_pct,
            {{
                share_pct(
                    "produced_count",
                    "rated_per_hour * cast(running_us as double) / 3600000000",
                )
            }} as performance_pct,
            {{ share_pct("good", "good + spoiled") }} as quality_pct
        from days
    )

select
    rates.machine_id,
    rates.day,
    rates.office_code,
    {% for state in ["running", "idle", "down", "maintenance"] %}
        {{ minutes("rates." ~ state ~ "_us") }} as {{ state }}_minutes,
    {% endfor %}
    {{
        minutes(
            "greatest(rates.passed_us - rates.running_us - rates.idle_us - rates.down_us"
            ~ " - rates.maintenance_us, 0)"
        )
    }} as unknown_minutes,
    rates.availability_pct,
    rates.performance_pct,
    rates.quality_pct,
    rates.availability_pct * rates.performance_pct * rates.quality_pct / 10000 as oee_pct,
    cast(rates.failures as bigint) as failures,
    repairs.up_us / 3600000000 as mtbf_hours,
    repairs.repair_us / 3600000000 as mttr_hours,
    top_faults.last_fault_code as top_fault_code,
    cast(coalesce(rates.readings, 0) as bigint) as readings,
    rates.last_state,
    rates.last_read_at,
    rates.last_changed_at,
    rates.last_fault_code
from rates
left join repairs on rates.machine_id = repairs.machine_id and rates.day = repairs.day
left join top_faults on rates.machine_id = top_faults.machine_id and rates.day = top_faults.day
