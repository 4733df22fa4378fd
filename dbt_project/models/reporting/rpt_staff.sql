{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="period_start",
        pre_hook="{{ note_touched(changed_staff_periods()) }}",
    )
}}

with

    -- of a shift that goes on, what is still to come
    rests as (
        select
            staff_id,
            shift_on as work_on,
            sum(
                {{ seconds_between("greatest(started_at, " ~ now_at() ~ ")", "planned_until") }}
            ) as rest_seconds
        from {{ ref("fct_staff_shifts") }}
        where
            started_at is not null
            and ended_at is null
            and planned_until > greatest(started_at, {{ now_at() }})
        group by staff_id, shift_on
    ),

    days as (
        select
            staff_days.work_on,
            staff_days.staff_id,
            staff_days.office_code,
            staff_days.role,
            staff_days.cases,
            staff_days.redone_cases,
            staff_days.standard_seconds,
            staff_days.present_seconds - coalesce(rests.rest_seconds, 0) as present_seconds
        from {{ ref("fct_staff_days") }} as staff_days
        left join
            rests on staff_days.staff_id = rests.staff_id and staff_days.work_on = rests.work_on
    ),

    periods as (
        {% for kind in ["day", "month"] %}
            select
                *,
                '{{ kind }}' as period_kind,
                cast(date_trunc('{{ kind }}', work_on) as date) as period_start
            from days
            where {{ is_touched("cast(date_trunc('" ~ kind ~ "', work_on) as date)") }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    people as (
        -- someone who moved counts where, and as what, they worked last
        select
            period_kind,
            period_start,
            staff_id,
            max_by(office_code, work_on) as office_code,
            max_by(role, work_on) as role,
            cast(sum(cases) as bigint) as cases,
            cast(sum(redone_cases) as bigint) as redone_cases,
            cast(sum(standard_seconds) as decimal(18, 6)) as standard_seconds,
            cast(sum(present_seconds) as decimal(18, 6)) as present_seconds
        from periods
        group by period_kind, period_start, staff_id
    ),

    -- what colleagues of the role get done in a second at the desk
    roles as (
        select
            period_kind,
            period_start,
            role,
            cast(sum(standard_seconds) as double)
            / cast(sum(present_seconds) as double) as standard_rate,
            cast(sum(cases) as double) / cast(sum(present_seconds) as double) as case_rate
        from people
        where present_seconds > 0
        group by period_kind, period_start, role
    ),

    expectations as (
        select
            people.*,
            cast(people.present_seconds as double) / 3600 as hours_at_desk,
            -- in that time colleagues would get this much of the same mix done; of a usual mix
            -- where
            -- there is none
            case
                when people.cases > 0
                then
                    people.cases
                    * cast(people.present_seconds as double)
                    * roles.standard_rate
                    / nullif(cast(people.standard_seconds as double), 0)
                else cast(people.present_seconds as double) * roles.case_rate
            end as expected_cases
        from people
        left join
            roles
            on people.present_seconds > 0
            and people.period_kind = roles.period_kind
            and people.period_start = roles.period_start
            and people.role is not distinct from roles.role
    )

select
    period_kind,
    period_start,
    staff_id,
    office_code,
    role,
    cases,
    hours_at_desk,
    cases / nullif(hours_at_desk, 0) as cases_per_hour,
    {{ share_pct("redone_cases", "cases") }} as rework_pct,
    expected_cases,
    cases / nullif(expected_cases, 0) as ratio_to_expected,
    {{ is_small_number("cases") }} as is_small_number
from expectations
