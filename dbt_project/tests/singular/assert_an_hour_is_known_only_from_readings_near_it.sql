{# An hour without a reading of its own is at most half known: the carry of the hour before. #}
{{ config(tags=["nightly"]) }}

select machine_hour_key as hour_key
from {{ ref("fct_machine_hours") }}
where readings = 0 and unknown_seconds < 1800
union all
select link_hour_key as hour_key
from {{ ref("fct_link_hours") }}
where readings = 0 and unknown_seconds < 1800
