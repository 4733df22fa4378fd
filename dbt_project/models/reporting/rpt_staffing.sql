{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="slot_on",
        pre_hook="{{ note_touched(changed_staffing_days()) }}",
    )
}}

with

    -- a shift is on a slot when it has begun by the slot's start and goes on then
    shifts as (
        select
            office_code, desk, 'planned' as kind, planned_from as from_at, planned_until as until_at
        from {{ ref("fct_staff_shifts") }}
        union all
        select
            office_code,
            desk,
            'present' as kind,
            started_at as from_at,
            coalesce(ended_at, planned_until) as until_at
        from {{ ref("fct_staff_shifts") }}
        where started_at is not null
    ),

    shift_days as (
        select
            *,
            unnest(
                -- no shift lasts longer than a week
                range(
                    cast(from_at as date),
                    least(cast(until_at as date), cast(from_at as date) + 7) + 1,
                    interval '1' day
                )
            )::date as slot_on
        from shifts
        where
            from_at < until_at
            {% if is_incremental() %}
                and from_at < {{ last_noted() }} + 1 and until_at >= {{ first_noted() }}
            {% endif %}
    ),

    -- its slots of a UTC day, by number: from the first to the one it is no longer on
    shift_slots as (
        select
            office_code,
            desk,
            kind,
            slot_on,
            ceil(
                greatest({{ microseconds("cast(slot_on as timestamp)", "from_at") }}, 0)
                / 1800000000
            )::integer as from_slot,
            least(
                ceil(
                    {{ microseconds("cast(slot_on as timestamp)", "until_at") }} / 1800000000
                )::integer,
                48
            ) as until_slot
        from shift_days
        where {{ is_touched() }}
    ),

    -- of shifts that share a desk, the one before reaches this far
    desk_slots as (
        select
            office_code,
            slot_on,
            until_slot,
            greatest(
                from_slot,
                coalesce(
                    max(until_slot) over (
                        partition by office_code, slot_on, desk
                        order by from_slot, until_slot
                        rows between unbounded preceding and 1 preceding
                    ),
                    0
                )
            ) as from_slot
        from shift_slots
        where kind = 'present' and desk is not null
    ),

    spans as (
        select office_code, slot_on, kind, from_slot, until_slot
        from shift_slots
        union all
        select office_code, slot_on, 'desk' as kind, from_slot, until_slot
        from desk_slots
    ),

    changes as (
        select office_code, slot_on, kind, from_slot as slot, 1 as change
        from spans
        where from_slot < until_slot
        union all
        select office_code, slot_on, kind, until_slot as slot, -1 as change
        from spans
        where from_slot < until_slot
    ),

    tickets as (
        select
            office_code,
            service,
            cast(issued_at as date) as slot_on,
            floor(
                {{ microseconds("date_trunc('day', issued_at)", "issued_at") }} / 1800000000
            )::integer as slot,
            service_seconds
        from {{ ref("fct_queue_visits") }}
        where {{ is_touched("cast(issued_at as date)") }}
    ),

    -- what serving a ticket takes at the place that day
    service_times as (
        select
            office_code,
            slot_on,
            service,
            cast(sum(service_seconds) as double) / count(service_seconds) as mean_seconds
        from tickets
        where service_seconds is not null
        group by grouping sets ((office_code, slot_on, service), (office_code, slot_on))
    ),

    loads as (
        select
            tickets.office_code,
            tickets.slot_on,
            tickets.slot,
            sum(coalesce(service_times.mean_seconds, place_times.mean_seconds)) as load_seconds
        from tickets
        left join
            service_times
            on tickets.office_code = service_times.office_code
            and tickets.slot_on = service_times.slot_on
            and tickets.service = service_times.service
        left join
            service_times as place_times
            on place_times.service is null
            and tickets.office_code = place_times.office_code
            and tickets.slot_on = place_times.slot_on
        group by tickets.office_code, tickets.slot_on, tickets.slot
    ),

    place_days as (
        select office_code, slot_on
        from changes
        union
        select office_code, slot_on
        from loads
    ),

    slots as (
        select
            place_days.office_code,
            place_days.slot_on,
            numbers.slot,
            cast(place_days.slot_on as timestamp)
            + numbers.slot * interval '30' minute as slot_start
        from place_days
        cross join (select unnest(range(0, 48))::integer as slot) as numbers
    ),

    slot_changes as (
        select
            office_code,
            slot_on,
            slot,
            sum(change) filter (where kind = 'planned') as planned,
            sum(change) filter (where kind = 'present') as present,
            sum(change) filter (where kind = 'desk') as desks
        from changes
        group by office_code, slot_on, slot
    ),

    staffed as (
        select
            slots.*,
            coalesce(sum(slot_changes.planned) over slots_so_far, 0) as planned_staff,
            coalesce(sum(slot_changes.present) over slots_so_far, 0) as present_staff,
            coalesce(sum(slot_changes.desks) over slots_so_far, 0) as desks_open,
            loads.office_code is not null as has_tickets,
            loads.load_seconds
        from slots
        left join
            slot_changes
            on slots.office_code = slot_changes.office_code
            and slots.slot_on = slot_changes.slot_on
            and slots.slot = slot_changes.slot
        left join
            loads
            on slots.office_code = loads.office_code
            and slots.slot_on = loads.slot_on
            and slots.slot = loads.slot
        window
            slots_so_far as (
                partition by slots.office_code, slots.slot_on
                order by slots.slot
                rows between unbounded preceding and current row
            )
    )

select
    staffed.office_code,
    staffed.slot_start,
    staffed.slot_on,
    offices.counters,
    case
        when staffed.slot_start <= {{ now_at() }} then cast(staffed.desks_open as bigint)
    end as desks_open,
    cast(staffed.planned_staff as bigint) as planned_staff,
    case
        when staffed.slot_start <= {{ now_at() }} then cast(staffed.present_staff as bigint)
    end as present_staff,
    case
        when staffed.has_tickets then cast(ceil(staffed.load_seconds / 1800) as bigint)
    end as required_staff
from staffed
left join
    {{ ref("dim_offices") }} as offices
    on staffed.office_code = offices.office_code
    and offices.valid_from_at <= staffed.slot_start
    and staffed.slot_start < offices.valid_to_at
where staffed.planned_staff > 0 or staffed.present_staff > 0 or staffed.has_tickets
