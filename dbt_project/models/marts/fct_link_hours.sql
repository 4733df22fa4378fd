{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="hour_start",
        pre_hook="{{ note_touched(touched_hours('stg_link_readings')) }}",
    )
}}

with

    readings as (
        {{
            latest_versions(
                "stg_link_readings",
                "office_code, link, read_at",
                bears_on_touched_hours("stg_link_readings"),
            )
        }}
    ),

    spans as ({{ reading_spans("readings", "office_code, link") }}),

    parts as (
        {{
            hour_parts(
                "spans",
                "office_code, link",
                [
                    ("read_at", "read_at"),
                    ("recorded_at", "recorded_at"),
                    ("cast(latency_ms as decimal(18, 3))", "latency_ms"),
                    (
                        "case when state = 'down' and previous_state <> 'down' then 1 end",
                        "outage",
                    ),
                    ("case when state <> previous_state then read_at end", "changed_at"),
                ],
            )
        }}
    ),

    hours as (
        select
            office_code,
            link,
            hour_start,
            coalesce(sum(part_us) filter (where state = 'up'), 0) as up_us,
            coalesce(sum(part_us) filter (where state = 'degraded'), 0) as degraded_us,
            coalesce(sum(part_us) filter (where state = 'down'), 0) as down_us,
            count(read_at) as readings,
            count(outage) as outages,
            count(latency_ms) as latency_readings,
            sum(latency_ms) as latency_sum_ms,
            percentile_cont(0.95) within group (order by latency_ms) as latency_p95_ms,
            {{ ordered_text("cast(latency_ms as string)", ",", "latency_ms, read_at") }}
            as latency_values,
            max_by(state, read_at) filter (where read_at is not null) as last_state,
            max_by(latency_ms, read_at) filter (where latency_ms is not null) as last_latency_ms,
            max(changed_at) as last_changed_at,
            max(read_at) as last_read_at,
            max(recorded_at) as last_recorded_at
        from parts
        where {{ is_touched() }}
        group by office_code, link, hour_start
    )

select
    {{ joined_key(["office_code", "link", "hour_start"]) }} as link_hour_key,
    office_code,
    link,
    hour_start,
    {{ seconds("up_us") }} as up_seconds,
    {{ seconds("degraded_us") }} as degraded_seconds,
    {{ seconds("down_us") }} as down_seconds,
    {{ seconds("3600000000 - up_us - degraded_us - down_us") }} as unknown_seconds,
    cast(readings as bigint) as readings,
    cast(outages as bigint) as outages,
    cast(latency_readings as bigint) as latency_readings,
    cast(latency_sum_ms as decimal(18, 3)) as latency_sum_ms,
    cast(latency_p95_ms as decimal(18, 3)) as latency_p95_ms,
    nullif(latency_values, '') as latency_values,
    last_state,
    last_latency_ms,
    last_changed_at,
    last_read_at,
    last_recorded_at
from hours
