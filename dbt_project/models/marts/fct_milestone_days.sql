{#
    Counts add up, so a build adds to the touched days what became more or fewer and reads no case
    that stayed as it was.
#}
{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="day",
        pre_hook="{{ note_touched(changed_milestone_days()) }}",
        meta={
            "logged_columns": [
                "day",
                "office_code",
                "tier",
                "submitted",
                "approved",
                "deferred",
                "printed",
                "dispatched",
                "ready",
                "collected",
                "cancelled",
                "fee_pkr",
            ],
        },
    )
}}

{% set names = milestones() | map(attribute=0) | unique | list %}

with

    counts as (
        {% if is_incremental() %}
            {{ changed_milestone_counts() }}
            {% for name in names %}
                union all
                select
                    '{{ name }}' as milestone,
                    day,
                    office_code,
                    tier,
                    {{ name }} as cases,
                    {{ "fee_pkr" if name == "submitted" else "0" }} as fee_pkr
                from {{ this }}
            {% endfor %}
        {% else %}{{ milestone_counts() }}
        {% endif %}
    )

select
    day,
    office_code,
    tier,
    {% for name in names %}
        cast(
            coalesce(sum(cases) filter (where milestone = '{{ name }}'), 0) as bigint
        ) as {{ name }},
    {% endfor %}
    cast(coalesce(sum(fee_pkr), 0) as decimal(18, 2)) as fee_pkr
from counts
where {{ is_touched() }}
group by day, office_code, tier
having sum(cases) > 0
