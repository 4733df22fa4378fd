{{ config(materialized="view") }}

select
    bands.office_code,
    bands.slot_start,
    bands.arrival_on,
    bands.arrivals,
    bands.expected,
    bands.expected_low,
    bands.expected_high,
    bands.score,
    bands.season,
    bands.basis,
    bands.counted_by,
    bands.is_open,
    rushes.rush_id,
    rushes.rush_detected_at
from {{ ref("int_arrival_bands") }} as bands
left join
    {{ ref("int_arrival_rushes") }} as rushes
    on bands.office_code = rushes.office_code
    and bands.slot_start = rushes.slot_start
