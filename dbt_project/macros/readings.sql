{#
    Readings say what state a thing is in from the moment they are taken until the next one, but
    no longer than the carry: silence is unknown, never down. A row of an hour therefore depends on
    the readings of that hour and of the hour before, and a changed reading touches its own hour
    and the next. This holds as long as the carry is an hour or less.
#}
{% macro reading_carry() -%} interval '30' minute {%- endmacro %}


{% macro hour_of(at) -%} cast(date_trunc('hour', {{ at }}) as timestamp) {%- endmacro %}


{# The hours that readings of new batches touch, as the column `hour_start`. #}
{% macro touched_hours(model_name) %}
    select {{ hour_of("read_at") }} as hour_start
    from {{ ref(model_name) }}
    where batch_id > {{ mark() }}
    union all
    select {{ hour_of("read_at") }} + interval '1' hour as hour_start
    from {{ ref(model_name) }}
    where batch_id > {{ mark() }}
{% endmacro %}


{#
    Whether a reading may bear on a touched hour: it lies in one, or in the hour before. The bounds
    are literals, so that files and row groups outside them are not opened.
#}
{% macro bears_on_touched_hours(model_name) -%}
    {%- if execute and is_incremental() -%}
        {%- set bounds = run_query(
            "select min(read_at), max(read_at) from "
            ~ ref(model_name)
            ~ " where batch_id > "
            ~ mark()
        )[0] -%}
        {%- if bounds[0] is none -%} false
        {%- else -%}
            read_at >= timestamp '{{ bounds[0] }}' - interval '2' hour
            and read_at < timestamp '{{ bounds[1] }}' + interval '2' hour
            and {{ hour_of("read_at") }} in (
                select noted.hour_start
                from {{ noted_keys() }} as noted
                union all
                select noted.hour_start - interval '1' hour
                from {{ noted_keys() }} as noted
            )
        {%- endif -%}
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}


{#
    The latest version of each reading of a thing with, in order of time: when it gives way
    (`ends_at`) and whether to a next one (`is_followed`) or to silence, the state before it
    (`previous_state`, unknown after silence) and its hour.
#}
{% macro reading_spans(latest, thing) %}
    select
        *,
        {{ hour_of("read_at") }} as hour_start,
        least(
            coalesce(lead(read_at) over readings_of_thing, read_at + {{ reading_carry() }}),
            read_at + {{ reading_carry() }}
        ) as ends_at,
        case
            when lag(read_at) over readings_of_thing >= read_at - {{ reading_carry() }}
            then lag(state) over readings_of_thing
            else 'unknown'
        end as previous_state,
        coalesce(
            lead(read_at) over readings_of_thing <= read_at + {{ reading_carry() }}, false
        ) as is_followed
    from {{ latest }}
    window readings_of_thing as (partition by {{ thing }} order by read_at nulls last)
{% endmacro %}


{#
    The parts of spans by UTC hour: a span lies in the hour of its reading, and its rest in the
    next. `of_reading` lists what counts once, as (expression, name); the rest has none of it.
#}
{% macro hour_parts(spans, thing, of_reading) %}
    select
        {{ thing }},
        hour_start,
        state,
        {{ microseconds("read_at", "least(ends_at, hour_start + interval '1' hour)") }} as part_us
        {%- for expression, name in of_reading %}, {{ expression }} as {{ name }} {%- endfor %}
    from {{ spans }}
    union all
    select
        {{ thing }},
        hour_start + interval '1' hour as hour_start,
        state,
        {{ microseconds("hour_start + interval '1' hour", "ends_at") }} as part_us
        {%- for expression, name in of_reading %}, null as {{ name }} {%- endfor %}
    from {{ spans }}
    where ends_at > hour_start + interval '1' hour
{% endmacro %}


{#
    The moments at which a thing went down, came up again, or fell silent while it was down. Read
    are only readings near an hour that has some down time.
#}
{% macro down_changes(readings, hours, thing) %}
    with

        down_hours as (
            select {{ thing }}, hour_start
            from {{ ref(hours) }}
            where
                down_seconds > 0
                {% if is_incremental() %}
                    and hour_start
                    >= (select min(hour_start) from {{ noted_keys() }}) - interval '2' hour
                {% endif %}
        ),

        near_hours as (
            {% for offset in ["- interval '1' hour", "", "+ interval '1' hour"] %}
                select {{ thing }}, hour_start {{ offset }} as hour_start
                from down_hours {{ "union" if not loop.last }}
            {% endfor %}
        ),

        readings as (
            {{
                latest_versions(
                    readings,
                    thing ~ ", read_at",
                    bears_on_touched_hours(readings)
                    ~ " and ("
                    ~ thing
                    ~ ", "
                    ~ hour_of("read_at")
                    ~ ") in (select "
                    ~ thing
                    ~ ", hour_start from near_hours)",
                )
            }}
        ),

        spans as ({{ reading_spans("readings", thing) }}),

        changes as (
            select
                {{ thing }},
                read_at as changed_at,
                case when state = 'down' then 'down' else 'up' end as change
            from spans
            where (state = 'down') <> (previous_state = 'down')
            union all
            select {{ thing }}, ends_at as changed_at, 'silent' as change
            from spans
            where state = 'down' and not is_followed
        )

    select
        {{ joined_key(thing.split(", ") + ["changed_at", "change"]) }} as change_key,
        {{ thing }},
        changed_at,
        change,
        {{ hour_of("changed_at") }} as hour_start
    from changes
    where {{ is_touched(hour_of("changed_at")) }}
{% endmacro %}


{# Machines with a reading: their site, its zone, and the place's days of their service. #}
{% macro read_machines() %}
    select
        machines.machine_id,
        machines.office_code,
        places.timezone,
        machines.rated_per_hour,
        cast({{ local_time("firsts.hour_start", "places.timezone") }} as date) as first_on,
        least(
            coalesce(machines.retired_on, date '9999-12-31'), cast(places.valid_to_at as date)
        ) as last_on
    from
        (
            select machine_id, min(hour_start) as hour_start
            from {{ ref("fct_machine_hours") }}
            group by machine_id
        ) as firsts
    join {{ ref("dim_machines") }} as machines on firsts.machine_id = machines.machine_id
    join
        {{ ref("dim_offices") }} as places
        on machines.office_code = places.office_code
        and places.is_current
{% endmacro %}


{# Links with a reading: the zone of their place, and the place's days of their service. #}
{% macro read_links() %}
    select
        firsts.office_code,
        firsts.link,
        places.timezone,
        cast({{ local_time("firsts.hour_start", "places.timezone") }} as date) as first_on,
        cast(places.valid_to_at as date) as last_on
    from
        (
            select office_code, link, min(hour_start) as hour_start
            from {{ ref("fct_link_hours") }}
            group by office_code, link
        ) as firsts
    join
        {{ ref("dim_offices") }} as places
        on firsts.office_code = places.office_code
        and places.is_current
{% endmacro %}


{#
    The days to derive anew of a table by thing and place's day: those of touched hours, those about
    now and about the last build's now, those before and after a changed breakdown, and those by
    which the first reading of a thing moved; every day when places or machines changed. A place's
    day lies within a day of the UTC date of the same name.
#}
{% macro changed_reading_days(hourly, changes, thing, things) %}
    {% set moments %}
        {% for name in hourly %}
            select cast(cast(key as timestamp) as date) as day
            from {{ touched_log(ref(name).identifier) }}
            where built_by > {{ last_build() }}
            union all
        {% endfor %}
        select cast({{ mark_now() }} as date) as day
        union all
        select cast({{ now_at() }} as date) as day
        union all
        select cast(changed_at as date) as day
        from {{ changed_rows(changes) }}
        {% for is_before in [">", "<"] %}
            union all
            select cast(downs.changed_at as date) as day
            from {{ changed_rows(changes) }} as changed
            asof join
                (select * from {{ ref(changes) }} where change = 'down') as downs
                on {% for column in thing.split(", ") %}
                    changed.{{ column }} = downs.{{ column }} and
                {% endfor %} changed.changed_at {{ is_before }} downs.changed_at
        {% endfor %}
    {% endset %}
    {{ with_days_beside(moments) }}
    union all
    select cast(unnest(range(first_day, last_day + 1, interval '1' day)) as date) as day
    from
        (
            select
                least(built.first_on, coalesce(present.first_on, built.first_on)) as first_day,
                coalesce(greatest(built.first_on, present.first_on), {{ today() }} + 1) as last_day
            from
                (
                    select {{ thing }}, min(day) as first_on from {{ this }} group by {{ thing }}
                ) as built
            full join ({{ things }}) as present using ({{ thing }})
            where built.first_on is distinct from present.first_on
        ) as moved
    union all
    select day
    from {{ this }}
    where {{ is_any_touched("dim_offices") }} or {{ is_any_touched("dim_machines") }}
{% endmacro %}


{#
    The UTC hours of the days to derive, by time zone, as far as they have begun: `hour_us` has
    passed of each. A place's day begins with the first full UTC hour after its midnight.
#}
{% macro hours_of_days(first_hour) %}
    with

        hours as (
            {% if is_incremental() %}
                select distinct
                    unnest(
                        range(
                            cast(noted.day as timestamp) - interval '14' hour,
                            cast(noted.day as timestamp) + interval '38' hour,
                            interval '1' hour
                        )
                    ) as hour_start
                from {{ noted_keys() }} as noted
            {% else %}
                select
                    unnest(
                        range(
                            ({{ first_hour }}) - interval '1' day, {{ now_at() }}, interval '1' hour
                        )
                    ) as hour_start
            {% endif %}
        ),

        zones as (select distinct timezone from {{ ref("dim_offices") }} where is_current),

        zone_hours as (
            select
                zones.timezone,
                hours.hour_start,
                cast({{ local_time("hours.hour_start", "zones.timezone") }} as date) as day,
                least({{ microseconds("hours.hour_start", now_at()) }}, 3600000000) as hour_us
            from hours
            cross join zones
            where hours.hour_start < {{ now_at() }}
        )

    select timezone, hour_start, day, hour_us
    from zone_hours
    where {{ is_touched("day") }}
{% endmacro %}


{#
    Time of an hour in a state, in microseconds, as far as it has passed by now: what the last
    reading foretells for the minutes after now is left out.
#}
{% macro passed_us(hours, state) -%}
    case
        when
            {{ hours }}.hour_start > {{ now_at() }} - interval '1' hour
            and coalesce({{ hours }}.last_state, '{{ state }}') = '{{ state }}'
        then
            greatest(
                cast({{ hours }}.{{ state }}_seconds * 1000000 as bigint) - greatest(
                    {{
                        microseconds(
                            now_at(),
                            "least("
                            ~ hours
                            ~ ".hour_start + interval '1' hour, coalesce("
                            ~ hours
                            ~ ".last_read_at + "
                            ~ reading_carry()
                            ~ ", "
                            ~ hours
                            ~ ".hour_start + (3600 - "
                            ~ hours
                            ~ ".unknown_seconds) * interval '1' second))",
                        )
                    }},
                    0
                ),
                0
            )
        else cast({{ hours }}.{{ state }}_seconds * 1000000 as bigint)
    end
{%- endmacro %}


{# Times down from the change to it until the next change: `ended_by` is up or silent. #}
{% macro down_spans(changes, thing) %}
    select
        *,
        {{ microseconds("changed_at", "ended_at") }} as down_us,
        -- how long it was up since the last time down; unknown when that ended in silence
        case
            when previous_change = 'up' then {{ microseconds("previous_at", "changed_at") }}
        end as up_us
    from
        (
            select
                *,
                lead(changed_at) over changes_of_thing as ended_at,
                lead(change) over changes_of_thing as ended_by,
                lag(changed_at) over changes_of_thing as previous_at,
                lag(change) over changes_of_thing as previous_change
            from {{ ref(changes) }}
            window changes_of_thing as (partition by {{ thing }} order by changed_at, change desc)
        ) as ordered
    where change = 'down'
{% endmacro %}


{# The days of `rpt_machines` to derive anew: also those of printed hours. #}
{% macro changed_machine_days() %}
    {{
        changed_reading_days(
            ["fct_machine_hours", "rpt_print"],
            "fct_machine_changes",
            "machine_id",
            read_machines(),
        )
    }}
{% endmacro %}


{# The days of `rpt_links` to derive anew. #}
{% macro changed_link_days() %}
    {{
        changed_reading_days(
            ["fct_link_hours"], "fct_link_changes", "office_code, link", read_links()
        )
    }}
{% endmacro %}


{#
    Whether the last reading is so old that the present state is unknown: where `rules` says that
    its record is late. More than the carry, since the newest readings may be on their way.
#}
{% macro is_silent_reading(last_read_at) -%}
    ({{ last_read_at }} < {{ now_at() }} - rules.late_after_minutes * interval '1' minute)
{%- endmacro %}


{#
    The newest reading of each thing by its days in a reporting table, with one more column of that
    reading (`detail`): what `state_now` judges.
#}
{% macro newest_readings(days, thing, detail) %}
    select
        {{ thing }},
        max(last_read_at) as last_seen_at,
        max(last_changed_at) as changed_at,
        max_by(last_state, last_read_at) as state,
        max_by(last_{{ detail }}, last_read_at) as {{ detail }}
    from {{ ref(days) }}
    where readings > 0
    group by {{ thing }}
{% endmacro %}


{# The state of a thing now, and since when: unknown from the moment its last reading ran out. #}
{% macro state_now() %}
    case when is_unknown then 'unknown' else state end as state,
    case when is_unknown then last_seen_at + {{ reading_carry() }} else changed_at end as since_at,
    last_seen_at
{%- endmacro %}
