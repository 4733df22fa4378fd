{# Whether a figure rests on too few things to be ranked: the one rule for small numbers. #}
{% macro is_small_number(count) -%} {{ count }} < 20 {%- endmacro %}


{#
    A condition of a join: `scopes`, rows of `dim_place_scopes`, are those that the place of a row
    belonged to on the day of what the row is about.
#}
{% macro was_in_scope(rows, day) -%}
    {{ rows }}.office_code = scopes.office_code
    and scopes.from_on <= {{ day }}
    and {{ day }} < scopes.until_on
{%- endmacro %}


{#
    The first day on which a place belongs to another scope than it did at this model's mark; null
    when none does. Days before it keep their figures.
#}
{% macro scopes_changed_on() %}
    (
        select min(day)
        from
            (
                select day
                from
                    (
                        select from_on as day, 1 as boundary, *
                        from {{ changed_rows("dim_place_scopes") }}
                        union all
                        select until_on as day, 2 as boundary, *
                        from {{ changed_rows("dim_place_scopes") }}
                    ) as boundaries
                group by day, boundary, office_code, place_scope
                having sum(change) <> 0
            ) as changed_days
    )
{% endmacro %}


{#
    The days of `rpt_backlog_daily` to derive anew: from the oldest change of any case, or from the
    day of the last build, to the newest day there is or will be.
#}
{% macro changed_backlog_days() %}
    select cast(unnest(range(first_day, last_day + 1, interval '1' day)) as date) as day
    from
        (
            select
                least(
                    (select min(day) from ({{ changed_span_days() }}) as changed),
                    {{ authority_date(mark_now()) }},
                    {{ today() }}
                ) as first_day,
                greatest({{ authority_date(mark_now()) }}, {{ today() }}) as last_day
        ) as bounds
{% endmacro %}


{# The days on which a case entered or left a cell, as it was but is not, or is but was not. #}
{% macro changed_span_days() %}
    select day
    from
        (
            select from_on as day, 1 as boundary, *
            from {{ changed_rows("fct_backlog_spans") }}
            union all
            select until_on as day, 2 as boundary, *
            from {{ changed_rows("fct_backlog_spans") }}
        ) as boundaries
    where day is not null
    group by day, boundary, kind, office_code, stage_code, tier, submitted_on
    having sum(change) <> 0
{% endmacro %}


{# Whether something that lasted until a day reaches into the noted days. #}
{% macro reaches_noted_days(until_on) -%}
    {%- if is_incremental() -%}
        ({{ until_on }} is null or {{ until_on }} >= (select min(day) from {{ noted_keys() }}))
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}


{# The later of a day and the first noted day. #}
{% macro within_noted_days(from_on) -%}
    {%- if is_incremental() -%} greatest({{ from_on }}, (select min(day) from {{ noted_keys() }}))
    {%- else -%} {{ from_on }}
    {%- endif -%}
{%- endmacro %}


{# The days, weeks and months in which a promise was met, now or before a change. #}
{% macro changed_turnaround_periods() %}
    {% for kind in ["day", "week", "month"] %}
        select
            cast(
                date_trunc('{{ kind }}', {{ authority_date("promise_met_at") }}) as date
            ) as period_start
        from
            {{
                changed_values(
                    "fct_applications",
                    [
                        "office_code",
                        "tier",
                        "promise_met_at",
                        "turnaround_seconds",
                        "turnaround_working_days",
                    ],
                )
            }} as met
        -- what a later now lets see, or an earlier one not
        union all
        select
            cast(
                date_trunc('{{ kind }}', {{ authority_date("promise_met_at") }}) as date
            ) as period_start
        from {{ ref("fct_applications") }}
        where
            promise_met_at > least({{ mark_now() }}, {{ now_at() }})
            and promise_met_at <= greatest({{ mark_now() }}, {{ now_at() }})
        -- a place that came to another scope
        union all
        select
            cast(
                date_trunc('{{ kind }}', {{ authority_date("promise_met_at") }}) as date
            ) as period_start
        from {{ ref("fct_applications") }}
        where {{ authority_date("promise_met_at") }} >= {{ scopes_changed_on() }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
{% endmacro %}


{# The days, weeks and months in which a promise is due, now or before a change. #}
{% macro changed_promise_periods() %}
    {% for kind in ["day", "week", "month"] %}
        select cast(date_trunc('{{ kind }}', promise_due_on) as date) as period_start
        from {{ changed_rows("rpt_applications") }}
        -- a place that came to another scope
        union all
        select cast(date_trunc('{{ kind }}', promise_due_on) as date) as period_start
        from {{ ref("rpt_applications") }}
        where promise_due_on >= {{ scopes_changed_on() }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
{% endmacro %}


{#
    The authority's months in which a visit ended, now or before a change; those from the day on
    which a place came to another scope, and all where a stage was defined anew.
#}
{% macro changed_stage_months() %}
    select cast(date_trunc('month', {{ authority_date("ended_at") }}) as date) as month
    from
        {{
            changed_values(
                "fct_stage_visits",
                [
                    "submitted_office_code",
                    "stage_code",
                    "ended_at",
                    "waiting_seconds",
                    "work_seconds",
                    "total_seconds",
                    "turnaround_seconds",
                ],
            )
        }} as visited
    -- what a later now lets see, or an earlier one not
    union all
    select cast(date_trunc('month', ended_on) as date) as month
    from {{ ref("fct_stage_visits") }}
    where
        ended_at > least({{ mark_now() }}, {{ now_at() }})
        and ended_at <= greatest({{ mark_now() }}, {{ now_at() }})
    union all
    select cast(date_trunc('month', ended_on) as date) as month
    from {{ ref("fct_stage_visits") }}
    where
        ended_on >= {{ scopes_changed_on() }}
        or exists (select * from {{ changed_rows("dim_stages") }})
{% endmacro %}


{#
    The days of the noted months, so that only their part of a large table is read; at a full build
    as `is_touched` says.
#}
{% macro is_in_noted_months(column) -%}
    {%- if is_incremental() -%}
        {{ column }} in (
            select
                unnest(range(noted.month, noted.month + interval '1' month, interval '1' day))::date
            from {{ noted_keys() }} as noted
        )
    {%- else -%} {{ is_touched("cast(date_trunc('month', " ~ column ~ ") as date)") }}
    {%- endif -%}
{%- endmacro %}


{# First day of the process tables' window: the run's now, less the process months. #}
{% macro process_since() -%}
    cast({{ today() }} - interval '{{ process_months() }}' month as date)
{%- endmacro %}


{# That day's beginning (UTC). #}
{% macro process_since_at() -%}
    {{ utc_time("cast(" ~ process_since() ~ " as timestamp)", authority_timezone()) }}
{%- endmacro %}


{#
    The scopes of changed cases (a query of `office_code`), and those that a place came to or left;
    every scope when the window of the process tables begins on another day, or a stage was defined
    anew.
#}
{% macro changed_process_scopes(offices_of_changed_cases) %}
    {% set all_changed %}
        not exists (select * from {{ this }} where since_on = {{ process_since() }})
        or exists (select * from {{ changed_rows("dim_stages") }})
    {% endset %}
    select place_scope
    from {{ ref("dim_place_scopes") }}
    where office_code in ({{ offices_of_changed_cases }}) or {{ all_changed }}
    union all
    select place_scope
    from {{ changed_rows("dim_place_scopes") }}
    union all
    select place_scope
    from {{ this }}
    where {{ all_changed }}
{% endmacro %}


{# The places of submission of cases one of whose moves changed. #}
{% macro offices_of_changed_moves() %}
    select submitted_office_code
    from
        {{
            changed_values(
                "fct_stage_visits",
                [
                    "submitted_office_code",
                    "previous_completed_stage_code",
                    "stage_code",
                    "completed_at",
                    "move_seconds",
                    "is_first_such_move",
                    "case_last_event_at",
                ],
            )
        }} as moves
    -- what a later now lets see, or an earlier one not
    union all
    select submitted_office_code
    from {{ ref("fct_stage_visits") }}
    where
        completed_at > least({{ mark_now() }}, {{ now_at() }})
        and completed_at <= greatest({{ mark_now() }}, {{ now_at() }})
{% endmacro %}


{# The places of submission of cases whose variant or span changed. #}
{% macro offices_of_changed_variants() %}
    select office_code
    from
        {{
            changed_values(
                "fct_applications",
                ["office_code", "first_event_at", "last_event_at", "span_seconds", "variant_key"],
            )
        }} as variants
    -- what a later now lets see, or an earlier one not
    union all
    select office_code
    from {{ ref("fct_applications") }}
    where
        first_event_at > least({{ mark_now() }}, {{ now_at() }})
        and first_event_at <= greatest({{ mark_now() }}, {{ now_at() }})
{% endmacro %}


{#
    The months of submission of what `rpt_audit_cases` looks at that changed: cases, states of
    promises, districts of places.
#}
{% macro changed_audit_months() %}
    select cast(date_trunc('month', submitted_on) as date) as month
    from
        {{
            changed_values(
                "fct_applications",
                [
                    "office_code",
                    "tier",
                    "submitted_on",
                    "is_mission",
                    "pages",
                    "validity_years",
                    "is_e_passport",
                    "fee_pkr",
                    "is_suspect",
                    "home_district",
                    "priority_reason",
                    "promise_met_at",
                ],
            )
        }} as cases
    union all
    -- the place's date is the authority's or one beside it
    select
        cast(
            date_trunc('month', {{ add_days(authority_date("submitted_at"), "number") }}) as date
        ) as month
    from
        {{
            changed_values(
                "rpt_applications", ["tier", "submitted_at", "promise_due_on", "promise_state"]
            )
        }} as states
    cross join (select unnest([-1, 0, 1]) as number) as day_offsets
    where tier <> 'normal'
    union all
    select cast(date_trunc('month', cases.submitted_on) as date) as month
    from {{ ref("fct_applications") }} as cases
    join
        {{ changed_rows("dim_offices") }} as offices
        on cases.office_code = offices.office_code
        and offices.valid_from_at <= cases.submitted_at
        and cases.submitted_at < offices.valid_to_at
{% endmacro %}
