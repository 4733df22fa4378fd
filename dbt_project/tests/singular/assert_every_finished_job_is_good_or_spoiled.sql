{{ config(tags=["nightly"]) }}

with

    counted as (
        select
            coalesce(sum(jobs), 0) as jobs,
            count(*) filter (where jobs <> good + spoiled) as unbalanced
        from {{ ref("rpt_print") }}
    ),

    finished as (
        select count(*) as jobs
        from {{ ref("fct_print_jobs") }}
        where outcome is not null and finished_at is not null
    ),

    -- a machine deleted at the source has no site
    of_sites as (
        select coalesce(sum(jobs), 0) as jobs
        from {{ ref("rpt_print") }}
        where office_code is not null
    ),

    booklets as (select coalesce(sum(good + spoiled), 0) as jobs from {{ ref("rpt_booklets") }})

select counted.jobs as counted_jobs, finished.jobs as finished_jobs, booklets.jobs as booklet_jobs
from counted
cross join finished
cross join of_sites
cross join booklets
where counted.unbalanced > 0 or counted.jobs <> finished.jobs or booklets.jobs <> of_sites.jobs
