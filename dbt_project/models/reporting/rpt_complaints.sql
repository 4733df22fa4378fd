with

    complaints as (
        select
            *,
            {{ authority_date("opened_at") }} as opened_on,
            cast(date_trunc('month', {{ authority_date("opened_at") }}) as date) as month
        from {{ ref("rpt_complaint_cases") }}
    ),

    applications as (
        select
            place_scope,
            cast(date_trunc('month', day) as date) as month,
            sum(submitted) as submitted
        from {{ ref("rpt_volumes") }}
        where tier = 'all'
        group by all
    ),

    counts as (
        select
            complaints.month,
            scopes.place_scope,
            max(case when scopes.is_one_office then complaints.office_code end) as office_code,
            complaints.category,
            complaints.channel,
            count(*) as opened,
            count(complaints.acknowledged_at) as acknowledged,
            count(complaints.resolved_at) as resolved,
            count(*) filter (where complaints.is_open) as open_now,
            percentile_cont(0.5) within group (
                order by
                    case
                        when complaints.resolved_at is not null
                        then
                            {{ microseconds("complaints.opened_at", "complaints.resolved_at") }}
                            / 86400000000
                    end
            ) as p50_days,
            -- a promise is settled by what was resolved, and by what is late already
            {{
                pct(
                    "not complaints.is_late and not complaints.is_open and complaints.due_at is not null",
                    "complaints.due_at is not null and (complaints.is_late or not complaints.is_open)",
                )
            }}
            as kept_pct
        from complaints
        join
            {{ ref("dim_place_scopes") }} as scopes
            on {{ was_in_scope("complaints", "complaints.opened_on") }}
        group by complaints.month, scopes.place_scope, complaints.category, complaints.channel
    )

select
    counts.month,
    counts.place_scope,
    counts.category,
    counts.channel,
    counts.office_code,
    counts.opened,
    counts.acknowledged,
    counts.resolved,
    counts.open_now,
    counts.p50_days,
    counts.kept_pct,
    10000
    * cast(counts.opened as double)
    / nullif(applications.submitted, 0) as per_10000_applications,
    {{ is_small_number("counts.opened") }} as is_small_number
from counts
left join
    applications
    on counts.month = applications.month
    and counts.place_scope = applications.place_scope
