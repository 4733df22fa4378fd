{# What a version of an event says, and what orders the versions. #}
{% macro event_columns() -%}
    event_id,
    application_id,
    stage_code,
    event,
    occurred_at,
    recorded_at,
    office_code,
    staff_id,
    desk,
    reason_code,
    batch_id,
    batch_row
{%- endmacro %}


{# Events of which a deletion came anew. #}
{% macro deleted_events() %}
    select event_id
    from {{ ref("stg_stage_events") }}
    where {{ is_new() }} and deleted_at is not null
{% endmacro %}


{# Events of which a version came anew, or is seen otherwise by the run's now. #}
{% macro touched_events(key) %}
    {{ touched_keys(key, ["stg_stage_events"]) }}
    union all
    {{ seen_otherwise("stg_stage_events", key, ["occurred_at"]) }}
{% endmacro %}


{# Applications whose own row, or one of whose events (as it was or as it is), is touched. #}
{% macro touched_by_events() %}
    {{ touched_keys("application_id", ["stg_applications"]) }}
    union all
    {{ touched_events("application_id") }}
    union all
    select application_id
    from {{ this }}
    where event_id in ({{ touched_events("event_id") }})
{% endmacro %}


{#
    The days by which the rows of cases lie, as they were and as they are, and that of unknown
    applications. `keys` selects the cases, `name` is the model of their days.
#}
{% macro days_of_cases(name, keys) %}
    select case_on
    from {{ ref(name) }}
    where application_id in ({{ keys }})
    union all
    select case_on
    from {{ changed_rows(name) }}
    union all
    select {{ no_case_day() }} as case_on
{% endmacro %}


{#
    The applications whose rows may begin or cease to wait for them: those that new rows name, those
    that were derived anew, and all that are waited for.
#}
{% macro cases_waited_for() %}
    {{
        touched_keys(
            "application_id",
            ["stg_queue_tokens", "stg_print_jobs", "stg_deliveries", "stg_complaints"],
        )
    }}
    union all
    {{ touched_by("fct_applications") }}
    union all
    select application_id
    from {{ this }}
{% endmacro %}


{# The days of the cases that an upstream model derived anew since this model's mark. #}
{% macro touched_case_days(name) %}
    {% set keys %}
        select key from {{ touched_log(ref(name).identifier) }} where built_by > {{ last_build() }}
    {% endset %}
    {{ days_of_cases("fct_case_days", keys) }}
{% endmacro %}


{#
    What a case's figures depend on: its events, its delivery, and the reference records. A stage of
    another meaning (a new name is none) touches every case, a changed promise those submitted from
    its first day on, a changed calendar those whose stay at the place, or whose promise, meets the
    changed days. Rather too many than too few.
#}
{% macro touched_cases() %}
    {{ touched_by("fct_stage_events") }}
    union all
    {{ touched_by("fct_deliveries") }}
    union all
    select application_id
    from {{ this }}
    where exists (select * from {{ changed_rows("dim_stages") }})
    union all
    select application_id
    from {{ this }}
    where submitted_at >= {{ promise_changed_at("passport") }}
    union all
    select cases.application_id
    from {{ this }} as cases
    join
        ({{ changed_days() }}) as changed_days
        on cases.office_code = changed_days.office_code
        and cases.submitted_at < changed_days.until_at
        and (
            cases.ended_at is null
            or cases.promise_due_at is null
            or changed_days.from_at <= greatest(cases.ended_at, cases.promise_due_at)
        )
    union all
    select events.application_id
    from {{ ref("fct_stage_events") }} as events
    join
        ({{ changed_days() }}) as changed_days
        on events.office_code = changed_days.office_code
        and events.occurred_at < changed_days.until_at
        and (events.is_latest or changed_days.from_at <= events.next_event_at)
    where events.is_application_known
{% endmacro %}


{#
    From which moment on another promise may hold than at this model's mark, at the place of the
    earliest midnight; null where none came anew.
#}
{% macro promise_changed_at(service) -%}
    (
        select cast(min(valid_from) as timestamp) - interval '1' day
        from {{ ref("stg_service_levels") }}
        where batch_id > {{ mark() }} and service = '{{ service }}'
    )
{%- endmacro %}


{# Places and the UTC spans whose opening hours may be different since this model's mark. #}
{% macro changed_days() %}
    select
        office_code,
        cast(valid_from as timestamp) - interval '2' day as from_at,
        timestamp '9999-12-31' as until_at
    from {{ ref("stg_office_hours") }}
    where batch_id > {{ mark() }}
    union all
    -- the first hours of a place replace the default, which held without limit
    select office_code, timestamp '1900-01-01' as from_at, timestamp '9999-12-31' as until_at
    from {{ ref("stg_office_hours") }}
    group by office_code
    having max(batch_id) > {{ mark() }} and (min(batch_id) > {{ mark() }} or count(deleted_at) > 0)
    union all
    select
        offices.office_code,
        cast(holidays.holiday_date as timestamp) - interval '2' day as from_at,
        cast(holidays.holiday_date as timestamp) + interval '3' day as until_at
    from {{ ref("stg_holidays") }} as holidays
    join
        {{ ref("dim_offices") }} as offices
        on holidays.country_code = offices.country_code
        and (holidays.office_code is null or holidays.office_code = offices.office_code)
    where holidays.batch_id > {{ mark() }}
    union all
    select office_code, timestamp '1900-01-01' as from_at, timestamp '9999-12-31' as until_at
    from {{ ref("stg_offices") }}
    group by office_code
    having
        max(batch_id) > {{ mark() }}
        and (
            count(*) = 1
            or count(
                distinct concat_ws(
                    ',',
                    kind,
                    country_code,
                    timezone,
                    coalesce(works_holidays, false),
                    deleted_at is not null
                )
            )
            > 1
        )
{% endmacro %}


{#
    Joins the due day of `promised_cases`, moved on by a number of days: as `due_working` when
    working days are promised (the day that completes the count), as `due_calendar` otherwise.
#}
{% macro join_due_days(moved_days) %}
    left join
        working_days as due_working
        on promised_cases.calendar_key = due_working.calendar_key
        and promised_cases.due_working_day + {{ moved_days }} = due_working.working_days_before
    left join
        calendar as due_calendar
        on promised_cases.calendar_key = due_calendar.calendar_key
        and {{ add_days("promised_cases.due_calendar_date", moved_days) }}
        = due_calendar.calendar_date
{% endmacro %}


{# Whole local days inside a span that begins in one calendar row and ends in another. #}
{% macro whole_days(from_days, until_days, from_at) -%}
    greatest(
        {{ days_between(from_days ~ ".calendar_date", until_days ~ ".calendar_date") }}
        - case when {{ from_days }}.day_starts_at = {{ from_at }} then 0 else 1 end,
        0
    )
{%- endmacro %}


{# The working days among them. #}
{% macro whole_working_days(from_days, until_days, from_at) -%}
    greatest(
        {{ until_days }}.working_days_before
        - {{ from_days }}.working_days_before
        - case
            when {{ from_days }}.is_working_day and {{ from_days }}.day_starts_at <> {{ from_at }}
            then 1
            else 0
        end,
        0
    )
{%- endmacro %}


{# Every stage, when a row of one of them came anew. #}
{% macro every_stage_where_one_changed() %}
    select stage_code
    from {{ ref("stg_stages") }}
    where exists ({{ touched_keys("stage_code", ["stg_stages"]) }})
{% endmacro %}


{# A moment that the run's now has reached; null where it lies ahead. #}
{% macro reached(at) -%} case when {{ at }} <= {{ now_at() }} then {{ at }} end {%- endmacro %}


{#
    The keys of rows of which one of the moments lies between this model's mark and the run's now.
    One query for each, so that what lies by others is not read.
#}
{% macro seen_otherwise(name, key, moments) %}
    {% for at in moments %}
        select {{ key }}
        from {{ ref(name) }}
        where
            {{ at }} > least({{ mark_now() }}, {{ now_at() }})
            and {{ at }} <= greatest({{ mark_now() }}, {{ now_at() }})
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
{% endmacro %}


{#
    Changed cases, and those that a later or earlier now sees otherwise: something happened or
    lapsed since this model's mark, the clock stands still, or a day passed, by which the age of
    every open case counts.
#}
{% macro touched_or_unsettled_cases() %}
    {% set since_at = "least(" ~ mark_now() ~ ", " ~ now_at() ~ ")" %}
    {{ touched_by("fct_applications") }}
    union all
    {{
        seen_otherwise(
            "fct_applications",
            "application_id",
            ["submitted_at", "cancelled_at", "promise_met_at", "promise_lapses_at", "ended_at"],
        )
    }}
    union all
    select application_id
    from {{ ref("fct_applications") }}
    where stopped_since_at is not null and (ended_at is null or ended_at > {{ since_at }})
    union all
    select application_id
    from {{ ref("fct_applications") }}
    where
        {{ today() }} <> {{ authority_date(mark_now()) }}
        and (ended_at is null or ended_at > {{ since_at }})
{% endmacro %}


{# Changed cases, and those that a later or earlier now sees begin, be ready or end. #}
{% macro touched_or_moved_cases() %}
    {{ touched_by("fct_applications") }}
    union all
    {{
        seen_otherwise(
            "fct_applications", "application_id", ["submitted_at", "promise_met_at", "ended_at"]
        )
    }}
{% endmacro %}


{# Changed cases, and those one of whose print jobs changed, as it is or as it was. #}
{% macro touched_cases_and_jobs() %}
    {{ touched_by("fct_applications") }}
    union all
    select key as application_id
    from {{ touched_log(ref("fct_stage_events").identifier) }}
    where built_by > {{ last_build() }}
    union all
    select application_id
    from {{ ref("fct_print_jobs") }}
    where
        job_id
        in (select key from {{ touched_log("fct_print_jobs") }} where built_by > {{ last_build() }})
    union all
    select application_id
    from {{ this }}
    where
        print_job_id
        in (select key from {{ touched_log("fct_print_jobs") }} where built_by > {{ last_build() }})
{% endmacro %}


{# Complaints that came anew, and those whose application's events, promise or calendar changed. #}
{% macro touched_complaints() %}
    {{ touched_keys("complaint_id", ["stg_complaints"]) }}
    union all
    select complaint_id
    from {{ this }}
    where
        application_id in (
            select key
            from {{ touched_log(ref("fct_stage_events").identifier) }}
            where built_by > {{ last_build() }}
        )
    union all
    select complaint_id
    from {{ this }}
    where opened_at >= {{ promise_changed_at("complaint") }}
    union all
    select complaints.complaint_id
    from {{ this }} as complaints
    join
        ({{ changed_days() }}) as changed_days
        on complaints.office_code = changed_days.office_code
        and complaints.opened_at < changed_days.until_at
        and (complaints.due_at is null or changed_days.from_at <= complaints.due_at)
{% endmacro %}
