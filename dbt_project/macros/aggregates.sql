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
        from {{ changed_rows("fct_applications") }}
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
        union all
    {% endfor %}
    -- a place that came to another zone
    select period_start
    from {{ this }}
    where exists (select * from {{ changed_rows("dim_place_scopes") }})
    union all
    select cast(date_trunc('day', {{ authority_date("promise_met_at") }}) as date) as period_start
    from {{ ref("fct_applications") }}
    where exists (select * from {{ changed_rows("dim_place_scopes") }})
{% endmacro %}
