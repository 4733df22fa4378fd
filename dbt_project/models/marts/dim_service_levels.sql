with

    promises as (
        {{ latest_versions("stg_service_levels", "service, place_kind, tier, valid_from") }}
    )

select
    service,
    place_kind,
    tier,
    valid_from,
    -- a later promise takes over from an earlier one that was left open
    least(
        coalesce(valid_to, date '9999-12-31'),
        coalesce(
            cast(
                lead(valid_from) over (
                    partition by service, place_kind, tier order by valid_from nulls last
                )
                - interval '1' day as date
            ),
            date '9999-12-31'
        )
    ) as valid_to,
    promise,
    unit,
    target_pct
from promises
