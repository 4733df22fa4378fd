{# Derived whole: places are few, and a holiday is a whole country's. The log tells what changed. #}
{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="office_code",
        pre_hook="{{ note_touched(every_place()) }}",
        meta={"logged_columns": ["office_code", "calendar_key"]},
    )
}}

{#
    What a place's calendar depends on, as one text; places with equal texts share a calendar. The
    key is the text's hash, so the rows of `dim_calendar` under one key never change.
#}
{% set day_rule %}
    concat_ws(',', kind, country_code, holiday_date, coalesce(is_working_day, false))
{% endset %}

with

    hours as (
        {{ latest_versions("stg_office_hours", "office_code, weekday, opens_at, valid_from") }}
    ),

    holidays as ({{ latest_versions("stg_holidays", "country_code, holiday_date, office_code") }}),

    offices as (select * from {{ ref("dim_offices") }}),

    day_rules as (
        select 'holiday' as kind, country_code, office_code, holiday_date, is_working_day
        from holidays
        union all
        select 'override' as kind, country_code, office_code, holiday_date, is_working_day
        from {{ ref("calendar_overrides") }}
    ),

    settings as (
        select
            office_code,
            valid_from_at,
            country_code,
            timezone,
            works_holidays,
            timezone || ',' || country_code || ',' || cast(works_holidays as varchar(5)) as setting
        from offices
    ),

    setting_changes as (
        select
            *,
            lag(setting) over (
                partition by office_code order by valid_from_at nulls last
            ) as previous_setting
        from settings
    ),

    setting_texts as (
        select
            office_code,
            {{
                ordered_text(
                    "cast(valid_from_at as varchar(30)) || ',' || setting", ";", "valid_from_at"
                )
            }} as setting_text
        from setting_changes
        where previous_setting is null or previous_setting <> setting
        group by office_code
    ),

    hour_texts as (
        select
            office_code,
            {{
                ordered_text(
                    "concat_ws(',', weekday, opens_at, closes_at, valid_from, valid_to)",
                    ";",
                    "valid_from, weekday, opens_at",
                )
            }} as hour_text
        from hours
        group by office_code
    ),

    country_texts as (
        select
            country_code,
            {{
                ordered_text(
                    day_rule,
                    ";",
                    "kind, holiday_date",
                )
            }} as day_text
        from day_rules
        where office_code is null
        group by country_code
    ),

    office_countries as (select distinct office_code, country_code from settings),

    country_day_texts as (
        select
            office_countries.office_code,
            {{ ordered_text("country_texts.day_text", ";", "country_texts.country_code") }}
            as day_text
        from office_countries
        join country_texts on office_countries.country_code = country_texts.country_code
        group by office_countries.office_code
    ),

    office_day_texts as (
        select
            office_code,
            {{
                ordered_text(
                    day_rule,
                    ";",
                    "kind, country_code, holiday_date",
                )
            }} as day_text
        from day_rules
        where office_code is not null
        group by office_code
    )

select
    setting_texts.office_code,
    md5(
        concat_ws(
            '|',
            setting_texts.setting_text,
            coalesce(hour_texts.hour_text, 'default'),
            coalesce(country_day_texts.day_text, ''),
            coalesce(office_day_texts.day_text, ''),
            '{{ var("calendar_from") }}',
            '{{ var("calendar_until") }}'
        )
    ) as calendar_key,
    hour_texts.office_code is null as has_default_hours
from setting_texts
left join hour_texts on setting_texts.office_code = hour_texts.office_code
left join country_day_texts on setting_texts.office_code = country_day_texts.office_code
left join office_day_texts on setting_texts.office_code = office_day_texts.office_code
