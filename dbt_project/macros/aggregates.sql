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


{# The days from that one to the newest day there is or was: none when no place changed. #}
{% macro days_since_scopes_changed() %}
    select cast(unnest(range(first_day, last_day + 1, interval '1' day)) as date) as day
    from
        (
            select
                {{ scopes_changed_on() }} as first_day,
                greatest({{ authority_date(mark_now()) }}, {{ today() }}) as last_day
        ) as bounds
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


{#
    Whether something that lasted until a day, or until a moment with a margin, reaches into the
    noted days.
#}
{% macro reaches_noted_days(until_on, margin=none) -%}
    {%- if is_incremental() -%}
        (
            {{ until_on }} is null or {{ until_on }} >= {{ first_noted() }}
            {%- if margin %} - {{ margin }} {%- endif %}
        )
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}


{# The later of a day and the first noted day. #}
{% macro within_noted_days(from_on) -%}
    {%- if is_incremental() -%} greatest({{ from_on }}, {{ first_noted() }})
    {%- else -%} {{ from_on }}
    {%- endif -%}
{%- endmacro %}


{#
    What `rpt_volumes` counts of a case: the figure, its moment, and where two moments tell one
    figure, of which cases.
#}
{% macro milestones() -%}
    {{
        return(
            [
                ("submitted", "submitted_at", "true"),
                ("approved", "approved_at", "true"),
                ("deferred", "deferred_at", "true"),
                ("printed", "printed_at", "true"),
                ("dispatched", "dispatched_at", "true"),
                ("ready", "ready_at", "true"),
                ("collected", "collected_at", "true"),
                ("collected", "completed_at", "collected_at is null and outcome = 'delivered'"),
                ("cancelled", "cancelled_at", "true"),
            ]
        )
    }}
{%- endmacro %}


{#
    Cases by milestone, authority's day, place and tier; at a full build all that the run's now can
    see, else how many more or fewer than at this model's mark.
#}
{% macro milestone_counts() %}
    {% for name, at, of_cases in milestones() %}
        select
            '{{ name }}' as milestone,
            {{ authority_date(at) }} as day,
            office_code,
            tier,
            count(*) as cases,
            {{ "sum(fee_pkr)" if name == "submitted" else "0" }} as fee_pkr
        from {{ ref("fct_applications") }}
        where {{ at }} <= {{ now_at() }} and {{ of_cases }}
        group by all
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
{% endmacro %}


{# How the counts of milestones differ from those at this model's mark: more, or fewer. #}
{% macro changed_milestone_counts() %}
    {% set is_later = now_at() ~ " >= " ~ mark_now() %}
    {% for name, at, of_cases in milestones() %}
        {% set fee = "fee_pkr" if name == "submitted" else "0" %}
        -- what the mark saw: as it was, less, and as it is, more
        select
            '{{ name }}' as milestone,
            {{ authority_date(at) }} as day,
            office_code,
            tier,
            sum(change) as cases,
            sum(change * {{ fee }}) as fee_pkr
        from {{ changed_rows("fct_applications") }} as changed
        where {{ at }} <= {{ mark_now() }} and {{ of_cases }}
        group by all
        union all
        -- what a later now lets see, or an earlier one not
        select
            '{{ name }}' as milestone,
            {{ authority_date(at) }} as day,
            office_code,
            tier,
            count(*) * case when {{ is_later }} then 1 else -1 end as cases,
            sum({{ fee }}) * case when {{ is_later }} then 1 else -1 end as fee_pkr
        from {{ ref("fct_applications") }}
        where
            {{ at }} > least({{ mark_now() }}, {{ now_at() }})
            and {{ at }} <= greatest({{ mark_now() }}, {{ now_at() }})
            and {{ of_cases }}
        group by all
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
{% endmacro %}


{# The days of which a count of milestones, or the fees, differs. #}
{% macro changed_milestone_days() %}
    select day
    from ({{ changed_milestone_counts() }}) as counts
    group by day, office_code, tier, milestone
    having sum(cases) <> 0 or sum(fee_pkr) <> 0
{% endmacro %}


{#
    The days of `rpt_volumes` to derive anew: from the oldest day of which a count changed, or the
    day of the last build, to the newest there is or was, since later days compare with them; from
    the day on which a place came to another scope, and all where a place has another calendar.
#}
{% macro changed_volume_days() %}
    select cast(unnest(range(first_day, last_day + 1, interval '1' day)) as date) as day
    from
        (
            select
                least(
                    (select min(day) from {{ changed_rows("fct_milestone_days") }} as changed),
                    {{ scopes_changed_on() }},
                    (
                        select min(day)
                        from {{ this }}
                        where exists (select * from {{ changed_rows("dim_place_calendars") }})
                    ),
                    {{ authority_date(mark_now()) }},
                    {{ today() }}
                ) as first_day,
                greatest({{ authority_date(mark_now()) }}, {{ today() }}) as last_day
        ) as bounds
{% endmacro %}


{# Whether a day is a noted one, or one of the eight weeks before that they are compared with. #}
{% macro is_compared_with_noted_days(day) -%}
    {%- if is_incremental() -%} {{ day }} >= {{ first_noted() }} - 56
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}


{# The later of a day and the first of these. #}
{% macro within_compared_days(from_on) -%}
    {%- if is_incremental() -%} greatest({{ from_on }}, {{ first_noted() }} - 56)
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
        select cast(date_trunc('{{ kind }}', day) as date) as period_start
        from ({{ days_since_scopes_changed() }}) as days
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
    select cast(date_trunc('month', day) as date) as month
    from ({{ days_since_scopes_changed() }}) as days
    union all
    select month
    from {{ this }}
    where exists (select * from {{ changed_rows("dim_stages") }})
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
    Every scope there is or was, at night; none in an hour. A median over all cases of a year is
    derived from all of them, so the process tables stand between two nights.
#}
{% macro process_scopes_at_night() %}
    select place_scope
    from
        (
            select place_scope
            from {{ ref("dim_place_scopes") }}
            union all
            select place_scope
            from {{ this }}
        ) as scopes
    where not (select is_quick from {{ source("meta", "run") }})
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
