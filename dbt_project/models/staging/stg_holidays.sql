select
    country_code,
    holiday_date,
    office_code,
    name,
    is_working_day,
    deleted_at,
    observed_at,
    observed_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "holidays") }}
