{# Jobs that came anew, and those of applications derived anew: their tier may be another. #}
{% macro touched_print_jobs() %}
    {{ touched_keys("job_id", ["stg_print_jobs"]) }}
    union all
    select job_id
    from {{ this }}
    where
        application_id in (
            select key
            from {{ touched_log(ref("fct_applications").identifier) }}
            where built_by > {{ last_build() }}
        )
{% endmacro %}


{# The hours in which jobs were finished that changed, as they were and as they are; every
   hour when machines change, since one may have moved to another site. #}
{% macro changed_print_hours() %}
    select {{ hour_of("finished_at") }} as hour
    from {{ changed_rows("fct_print_jobs") }}
    union all
    select hour
    from {{ this }}
    where {{ is_any_touched("dim_machines") }}
{% endmacro %}


{# Days whose backlog was derived anew; every day when sites, printers or stages changed. #}
{% macro changed_print_queue_days() %}
    select cast(key as date) as day
    from {{ touched_log(ref("rpt_backlog_daily").identifier) }}
    where built_by > {{ last_build() }}
    union all
    select day
    from {{ ref("rpt_backlog_daily") }}
    where
        {{ is_any_touched("dim_machines") }}
        or exists (select * from {{ changed_rows("dim_stages") }})
        or exists (select * from {{ changed_rows("dim_place_calendars") }})
{% endmacro %}


{# The place's month of a UTC timestamp, its first day. #}
{% macro place_month(at, timezone) -%}
    cast(date_trunc('month', {{ local_time(at, timezone) }}) as date)
{%- endmacro %}


{#
    The months whose booklets may be different: of changed jobs and counts, of the counts next to
    them (a count tells what was used since the one before), and of the jobs that share a booklet.
    A month of a place lies within a day of the UTC month.
#}
{% macro changed_booklet_months() %}
    {% for offset in ["- interval '1' day", "+ interval '1' day"] %}
        select cast(date_trunc('month', changed_at {{ offset }}) as date) as month
        from ({{ changed_booklet_moments() }}) as changes
        union all
    {% endfor %}
    select month
    from {{ this }}
    where {{ is_any_touched("dim_offices") }} or {{ is_any_touched("dim_machines") }}
{% endmacro %}


{% macro changed_booklet_moments() %}
    select finished_at as changed_at
    from {{ changed_rows("fct_print_jobs") }}
    union all
    select counted_at as changed_at
    from {{ changed_rows("fct_consumable_counts") }}
    union all
    select counts.counted_at as changed_at
    from
        (
            select machines.office_code, jobs.finished_at as changed_at
            from {{ changed_rows("fct_print_jobs") }} as jobs
            join {{ ref("dim_machines") }} as machines on jobs.machine_id = machines.machine_id
            union all
            select office_code, counted_at as changed_at
            from {{ changed_rows("fct_consumable_counts") }}
        ) as changes
    asof join
        {{ ref("fct_consumable_counts") }} as counts
        on changes.office_code = counts.office_code
        and changes.changed_at < counts.counted_at
    union all
    select finished_at as changed_at
    from {{ ref("fct_print_jobs") }}
    where
        booklet_number_ref in (select booklet_number_ref from {{ changed_rows("fct_print_jobs") }})
{% endmacro %}
