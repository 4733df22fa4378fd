{# Which fact says how new a record is at each place. #}
{% set facts = [
    ("applications", "fct_applications", "updated_at", "office_code"),
    ("queue_tokens", "fct_queue_visits", "updated_at", "office_code"),
    ("print_jobs", "fct_print_jobs", "updated_at", "machine_id"),
    ("machine_readings", "fct_machine_hours", "last_recorded_at", "machine_id"),
    ("link_readings", "fct_link_hours", "last_recorded_at", "office_code"),
    ("consumables", "fct_consumable_counts", "recorded_at", "office_code"),
    ("technical_issues", "fct_technical_issues", "updated_at", "office_code"),
    ("consignments", "fct_consignments", "updated_at", "from_office_code"),
    ("deliveries", "fct_deliveries", "updated_at", "office_code"),
    ("staff_shifts", "fct_staff_shifts", "updated_at", "office_code"),
    ("complaints", "fct_complaints", "updated_at", "office_code"),
] %}

with

    rules as (select * from {{ ref("freshness_rules") }}),

    batches as (select * from {{ source("ledger", "batches") }}),

    source_states as (select * from {{ source("ledger", "source_states") }}),

    place_calendars as (select * from {{ ref("dim_place_calendars") }}),

    working_clock as (select * from {{ ref("dim_working_clock") }}),

    machines as (select * from {{ ref("dim_machines") }}),

    rows_by_place as (
        select
            'stage_events' as record,
            office_code,
            max(newest_recorded_at) as newest_source_at,
            sum(waiting_events) as waiting_for_parent
        from {{ ref("fct_event_days") }}
        group by office_code
        {% for record, model, source_at, place in facts %}
            union all
            select
                '{{ record }}' as record,
                {{ "machines.office_code" if place == "machine_id" else "facts." ~ place }},
                max(facts.{{ source_at }}) as newest_source_at,
                0 as waiting_for_parent
            from {{ ref(model) }} as facts
            {% if place == "machine_id" %}
                left join machines on facts.machine_id = machines.machine_id
            {% endif %}
            group by all
        {% endfor %}
        union all
        select record, office_code, null as newest_source_at, count(*) as waiting_for_parent
        from {{ ref("fct_waiting_rows") }}
        group by record, office_code
    ),

    loads as (
        select
            record,
            max(loaded_at) as newest_loaded_at,
            coalesce(bool_or(verdict = 'held'), false) as is_held
        from batches
        group by record
    ),

    records as (
        select
            rules.*,
            loads.newest_loaded_at,
            coalesce(loads.is_held, false) as is_held,
            case
                when source_states.record is null and loads.record is null
                then 'absent'
                else coalesce(source_states.state, 'ok')
            end as source_state,
            nullif(source_states.reason, '') as source_reason,
            source_states.checked_at
        from rules
        left join loads on rules.record = loads.record
        left join source_states on rules.record = source_states.record
    ),

    rows_by_record as (
        select
            record,
            max(newest_source_at) as newest_source_at,
            sum(waiting_for_parent) as waiting_for_parent
        from rows_by_place
        group by record
    ),

    newest_rows as (
        select
            record,
            office_code,
            max(newest_source_at) as newest_source_at,
            sum(waiting_for_parent) as waiting_for_parent
        from rows_by_place
        where office_code is not null
        group by record, office_code
        union all
        select
            records.record,
            'all' as office_code,
            -- a record that is read whole is as new as its last reading
            case
                when not records.is_read_whole
                then rows_by_record.newest_source_at
                when records.source_state = 'ok'
                then records.checked_at
                else records.newest_loaded_at
            end as newest_source_at,
            coalesce(rows_by_record.waiting_for_parent, 0) as waiting_for_parent
        from records
        left join rows_by_record on records.record = rows_by_record.record
    ),

    -- how long a place was open since then; for a whole record the mean over its places
    open_since as (
        select
            newest_rows.record,
            newest_rows.office_code,
            avg(
                {{ clock_at("clock_now", now_at()) }}
                - {{ clock_at("clock_then", "newest_rows.newest_source_at") }}
            )
            / 60000000 as open_minutes
        from newest_rows
        inner join
            place_calendars on newest_rows.office_code in ('all', place_calendars.office_code)
        inner join
            working_clock as clock_now
            on place_calendars.calendar_key = clock_now.calendar_key
            and clock_now.utc_date = cast({{ now_at() }} as date)
        inner join
            working_clock as clock_then
            on place_calendars.calendar_key = clock_then.calendar_key
            and clock_then.utc_date = cast(newest_rows.newest_source_at as date)
        group by newest_rows.record, newest_rows.office_code
    ),

    -- the load that first reached a cursor
    loads_by_cursor as (
        select record, cursor_max, min(loaded_at) as loaded_at
        from batches
        where verdict in ('admitted', 'released') and cursor_max is not null
        group by record, cursor_max
    ),

    measured as (
        select
            newest_rows.record,
            newest_rows.office_code,
            newest_rows.newest_source_at,
            coalesce(loads_by_cursor.loaded_at, records.newest_loaded_at) as newest_loaded_at,
            newest_rows.waiting_for_parent,
            greatest(
                date_diff('minute', newest_rows.newest_source_at, {{ now_at() }}), 0
            ) as lag_minutes,
            records.source_state,
            records.source_reason,
            records.is_held,
            records.is_expected_of_each_place,
            records.late_after_minutes,
            records.silent_after_minutes,
            case
                when records.counts_opening_time
                then coalesce(open_since.open_minutes, lag_minutes)
                else lag_minutes
            end as judged_minutes
        from newest_rows
        inner join records on newest_rows.record = records.record
        left join
            open_since
            on newest_rows.record = open_since.record
            and newest_rows.office_code = open_since.office_code
        asof left join
            loads_by_cursor
            on newest_rows.record = loads_by_cursor.record
            and newest_rows.newest_source_at <= loads_by_cursor.cursor_max
    ),

    judged as (
        select
            *,
            case
                when source_state = 'absent'
                then 'absent'
                when is_held
                then 'held'
                when newest_source_at is null or judged_minutes > silent_after_minutes
                then 'silent'
                when judged_minutes > late_after_minutes
                then 'late'
                else 'fresh'
            end as state
        from measured
    )

select
    judged.record,
    judged.office_code,
    judged.newest_source_at,
    judged.newest_loaded_at,
    cast(judged.lag_minutes as bigint) as lag_minutes,
    cast(judged.waiting_for_parent as bigint) as waiting_for_parent,
    -- where a place need not send every day, its silence alone says nothing
    case
        when judged.is_expected_of_each_place then judged.state else whole_record.state
    end as state,
    judged.source_reason
from judged
inner join
    judged as whole_record
    on judged.record = whole_record.record
    and whole_record.office_code = 'all'
