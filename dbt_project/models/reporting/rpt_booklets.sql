{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="month",
        pre_hook="{{ note_touched(changed_booklet_months()) }}",
    )
}}

with

    places as (select * from {{ ref("dim_offices") }} where is_current),

    machines as (select * from {{ ref("dim_machines") }}),

    counts as (
        select
            counts.office_code,
            counts.item,
            {{ place_month("counts.counted_at", "places.timezone") }} as month,
            counts.counted_at,
            counts.quantity,
            lag(counts.counted_at) over item_counts as previous_at,
            lag(counts.quantity) over item_counts
            + coalesce(counts.received_quantity, 0)
            - counts.quantity as issued
        from {{ ref("fct_consumable_counts") }} as counts
        join places on counts.office_code = places.office_code
        where counts.item like 'booklet%'
        window
            item_counts as (partition by counts.office_code, counts.item order by counts.counted_at)
    ),

    stocks as (
        select
            office_code,
            month,
            cast(sum(issued) as bigint) as issued,
            min(previous_at) as counted_from_at,
            max(counted_at) filter (where previous_at is not null) as counted_until_at
        from counts
        where {{ is_touched() }}
        group by office_code, month
    ),

    near_jobs as (
        select *
        from {{ ref("fct_print_jobs") }}
        where
            outcome is not null
            and (
                {{ near_noted("finished_at", "interval '1' day", "interval '33' day") }}
                or finished_at > (select min(counted_from_at) from stocks)
            )
    ),

    jobs as (
        select
            machines.office_code,
            {{ place_month("near_jobs.finished_at", "places.timezone") }} as month,
            near_jobs.finished_at,
            near_jobs.outcome,
            near_jobs.booklet_number_ref
        from near_jobs
        join machines on near_jobs.machine_id = machines.machine_id
        join places on machines.office_code = places.office_code
        where near_jobs.finished_at is not null
    ),

    last_counts as (
        select office_code, month, cast(sum(quantity) as bigint) as in_stock
        from
            (
                select *
                from counts
                where {{ is_touched() }}
                qualify
                    row_number() over (
                        partition by office_code, item, month order by counted_at desc
                    )
                    = 1
            ) as newest
        group by office_code, month
    ),

    -- what was printed between the counts that tell what was issued
    accounted as (
        select stocks.office_code, stocks.month, count(jobs.finished_at) as jobs
        from stocks
        left join
            jobs
            on stocks.office_code = jobs.office_code
            and jobs.finished_at > stocks.counted_from_at
            and jobs.finished_at <= stocks.counted_until_at
        group by stocks.office_code, stocks.month
    ),

    month_refs as (select distinct booklet_number_ref from jobs where {{ is_touched() }}),

    duplicates as (
        select booklet_number_ref
        from {{ ref("fct_print_jobs") }}
        where
            outcome is not null
            and finished_at is not null
            and booklet_number_ref in (select booklet_number_ref from month_refs)
        group by booklet_number_ref
        having count(*) > 1
    ),

    prints as (
        select
            jobs.office_code,
            jobs.month,
            count(*) filter (where jobs.outcome = 'good') as good,
            count(*) filter (where jobs.outcome = 'spoiled') as spoiled,
            count(distinct duplicates.booklet_number_ref) as duplicate_refs
        from jobs
        left join duplicates on jobs.booklet_number_ref = duplicates.booklet_number_ref
        where {{ is_touched("jobs.month") }}
        group by jobs.office_code, jobs.month
    ),

    months as (
        select office_code, month
        from stocks
        union
        select office_code, month
        from prints
    )

select
    months.office_code as site,
    months.month,
    months.office_code,
    stocks.issued,
    coalesce(prints.good, 0) as good,
    coalesce(prints.spoiled, 0) as spoiled,
    last_counts.in_stock,
    stocks.issued - accounted.jobs as difference,
    coalesce(prints.duplicate_refs, 0) as duplicate_refs
from months
left join stocks on months.office_code = stocks.office_code and months.month = stocks.month
left join
    last_counts on months.office_code = last_counts.office_code and months.month = last_counts.month
left join accounted on months.office_code = accounted.office_code and months.month = accounted.month
left join prints on months.office_code = prints.office_code and months.month = prints.month
