{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="hour_start",
        pre_hook="{{ note_touched(touched_hours('stg_machine_readings')) }}",
    )
}}

with

    readings as (
        {{
            latest_versions(
                "stg_machine_readings",
                "machine_id, read_at",
                bears_on_touched_hours("stg_machine_readings"),
            )
        }}
    ),

    spans as ({{ reading_spans("readings", "machine_id") }}),

    parts as (
        {{
            hour_parts(
                "spans",
                "machine_id",
                [
                    ("read_at", "read_at"),
                    ("recorded_at", "recorded_at"),
                    ("fault_code", "fault_code"),
                    ("produced_count", "produced_count"),
                    (
                        "case when state = 'down' and previous_state <> 'down' then 1 end",
                        "failure",
                    ),
                    ("case when state <> previous_state then read_at end", "changed_at"),
                ],
            )
        }}
    ),

    hours as (
        select
            machine_id,
            hour_start,
            coalesce(sum(part_us) filter (where state = 'running'), 0) as running_us,
            coalesce(sum(part_us) filter (where state = 'idle'), 0) as idle_us,
            coalesce(sum(part_us) filter (where state = 'down'), 0) as down_us,
            coalesce(sum(part_us) filter (where state = 'maintenance'), 0) as maintenance_us,
            count(read_at) as readings,
            sum(produced_count) as produced_count,
            count(failure) as failures,
            max_by(fault_code, read_at) filter (where fault_code is not null) as last_fault_code,
            max_by(state, read_at) filter (where read_at is not null) as last_state,
            max(changed_at) as last_changed_at,
            max(read_at) as last_read_at,
            max(recorded_at) as last_recorded_at
        from parts
        where {{ is_touched() }}
        group by machine_id, hour_start
    )

select
    {{ joined_key(["machine_id", "hour_start"]) }} as machine_hour_key,
    machine_id,
    hour_start,
    {{ seconds("running_us") }} as running_seconds,
    {{ seconds("idle_us") }} as idle_seconds,
    {{ seconds("down_us") }} as down_seconds,
    {{ seconds("maintenance_us") }} as maintenance_seconds,
    {{ seconds("3600000000 - running_us - idle_us - down_us - maintenance_us") }}
    as unknown_seconds,
    cast(readings as bigint) as readings,
    cast(produced_count as bigint) as produced_count,
    cast(failures as bigint) as failures,
    last_fault_code,
    last_state,
    last_changed_at,
    last_read_at,
    last_recorded_at
from hours
