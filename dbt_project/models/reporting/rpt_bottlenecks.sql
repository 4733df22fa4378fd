{#
    What counts is not the longest wait but what its relief would bring: by Little's law each case
    more than usual in a stage makes all wait one case longer, so cases over the usual ÷ the
    country's output a day are the days that a passport would come sooner; a stage that goes on
    growing costs the growth of the next week on average too. A stage is compared with itself on the
    same weekday of the four weeks before. Waiting by design and with applicants is left out.
#}
{% set horizon_days = 7 %}

with

    bounds as (select cast({{ today() }} - 1 as date) as last_day),

    stages as (
        select stage_code, name, owner, sequence
        from {{ ref("dim_stages") }}
        where
            not coalesce(is_waiting_by_design, false)
            and not coalesce(is_clock_stopped, false)
            and not coalesce(is_terminal, false)
            and owner <> 'applicant'
    ),

    cells as (
        select backlog.day, backlog.office_code, backlog.stage_code, sum(backlog.closing) as cases
        from {{ ref("rpt_backlog_daily") }} as backlog
        join stages on backlog.stage_code = stages.stage_code
        cross join bounds
        where
            backlog.day in (
                {% for days in [0, 7, 14, 21, 28] %}
                    bounds.last_day - {{ days }} {{- "," if not loop.last }}
                {% endfor %}
            )
        group by backlog.day, backlog.office_code, backlog.stage_code
    ),

    -- a day without a row had none, unless the data begin later
    compared as (
        select
            places.office_code,
            places.stage_code,
            coalesce(sum(cells.cases) filter (where days.weeks = 0), 0) as cases,
            coalesce(sum(cells.cases) filter (where days.weeks = 1), 0) as cases_week_ago,
            median(coalesce(cells.cases, 0)) filter (where days.weeks > 0) as usual_cases
        from (select distinct held.office_code, held.stage_code from cells as held) as places
        cross join
            (
                select weeks.weeks, bounds.last_day - weeks.weeks * 7 as day
                from (select unnest(range(0, 5))::integer as weeks) as weeks
                cross join bounds
                where
                    bounds.last_day - weeks.weeks * 7
                    >= (select min(backlog.day) from {{ ref("rpt_backlog_daily") }} as backlog)
            ) as days
        left join
            cells
            on places.office_code = cells.office_code
            and places.stage_code = cells.stage_code
            and days.day = cells.day
        group by places.office_code, places.stage_code
        -- two weeks back tell what is usual
        having count(*) >= 3
    ),

    output as (
        select
            (
                select sum(ready)
                from {{ ref("rpt_volumes") }}
                cross join bounds
                where
                    place_scope = 'country'
                    and tier = 'all'
                    and day > bounds.last_day - 28
                    and day <= bounds.last_day
            )
            / 28.0 as ready_per_day
    ),

    relieved as (
        select
            *,
            cases - usual_cases as excess_cases,
            (cases - cases_week_ago) / {{ horizon_days }}.0 as growth_per_day
        from compared
    ),

    gains as (
        select
            relieved.*,
            (
                relieved.excess_cases
                + greatest(relieved.growth_per_day, 0) * {{ horizon_days }} / 2.0
            )
            / nullif(output.ready_per_day, 0) as days_saved
        from relieved
        cross join output
        where relieved.excess_cases > 0 and not {{ is_small_number("relieved.cases") }}
    ),

    machines as (
        select
            office_code,
            count(*) filter (where state = 'down') as machines_down,
            count(*) as machines,
            min(since_at) filter (where state = 'down') as down_since_at
        from {{ ref("rpt_machine_now") }}
        group by office_code
    ),

    -- at the sites that hold the flow, the newest count of each item that ran out
    stocks as (
        select office_code, string_agg(item, ', ' order by item) as items_out
        from
            (
                select office_code, item, quantity
                from {{ ref("rpt_consumables") }}
                where day >= {{ today() }} - 7
                qualify row_number() over (partition by office_code, item order by day desc) = 1
            ) as newest
        where quantity <= 0
        group by office_code
    ),

    links as (
        select
            office_code,
            string_agg(link, ', ' order by link) as links_down,
            min(since_at) as down_since_at
        from {{ ref("rpt_link_now") }}
        where state = 'down'
        group by office_code
    ),

    -- the last week's planned shifts that were not worked
    rosters as (
        select
            office_code,
            sum(planned_staff) as planned_slots,
            sum(least(present_staff, planned_staff)) as present_slots
        from {{ ref("rpt_staffing") }}
        where
            slot_start >= {{ now_at() }} - interval '{{ horizon_days }}' day
            and slot_start <= {{ now_at() }}
        group by office_code
    ),

    caused as (
        select
            gains.*,
            stages.name as stage_name,
            stages.owner,
            stages.sequence,
            case
                when stages.owner = 'print_site' and machines.machines_down * 4 >= machines.machines
                then 'machine_down'
                when stages.owner = 'print_site' and stocks.items_out is not null
                then 'stock_out'
                when stages.owner in ('office', 'headquarters') and links.links_down is not null
                then 'link_down'
                when
                    stages.owner in ('office', 'headquarters')
                    and rosters.present_slots <= 0.8 * rosters.planned_slots
                then 'roster_gap'
            end as cause,
            machines.machines_down,
            machines.machines,
            stocks.items_out,
            links.links_down,
            100.0
            * (rosters.planned_slots - rosters.present_slots)
            / nullif(rosters.planned_slots, 0) as absent_pct,
            sum(gains.days_saved) over (partition by gains.stage_code) as stage_days_saved
        from gains
        join stages on gains.stage_code = stages.stage_code
        left join machines on gains.office_code = machines.office_code
        left join stocks on gains.office_code = stocks.office_code
        left join links on gains.office_code = links.office_code
        left join rosters on gains.office_code = rosters.office_code
    )

select
    stage_code,
    office_code,
    stage_name,
    cast(
        row_number() over (
            order by stage_days_saved desc, sequence, stage_code, days_saved desc, office_code
        ) as integer
    ) as priority,
    cast(cases as bigint) as cases,
    cast(usual_cases as double) as usual_cases,
    cast(growth_per_day as double) as growth_per_day,
    cast(days_saved as double) as days_saved,
    cast(stage_days_saved as double) as stage_days_saved,
    cause,
    case
        when cause = 'machine_down'
        then machines_down || '/' || machines
        when cause = 'stock_out'
        then items_out
        when cause = 'link_down'
        then links_down
        when cause = 'roster_gap'
        then cast(round(absent_pct)::integer as varchar)
    end as cause_detail
from caused
