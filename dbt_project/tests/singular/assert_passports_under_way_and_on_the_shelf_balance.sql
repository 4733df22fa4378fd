{# What came into a stock and has not left it by now is today's stock, at every place. #}
{{ config(tags=["nightly"]) }}

with

    present as (
        select
            office_code,
            count(*) filter (
                where
                    dispatched_at <= {{ now_at() }}
                    and coalesce(
                        {{ authority_date("left_transit_at") }} > {{ today() }}
                        or left_transit_at > {{ now_at() }},
                        true
                    )
            ) as in_transit,
            count(*) filter (
                where
                    ready_at <= {{ now_at() }}
                    and coalesce(
                        {{ authority_date("left_shelf_at") }} > {{ today() }}
                        or left_shelf_at > {{ now_at() }},
                        true
                    )
            ) as uncollected
        from {{ ref("fct_handovers") }}
        group by office_code
    ),

    published as (
        select office_code, in_transit, uncollected
        from {{ ref("rpt_deliveries") }}
        where day = {{ today() }} and office_code is not null
    )

select
    coalesce(present.office_code, published.office_code) as office_code,
    present.in_transit,
    published.in_transit as published_in_transit,
    present.uncollected,
    published.uncollected as published_uncollected
from present
full join published on present.office_code = published.office_code
where
    coalesce(present.in_transit, 0) <> coalesce(published.in_transit, 0)
    or coalesce(present.uncollected, 0) <> coalesce(published.uncollected, 0)
