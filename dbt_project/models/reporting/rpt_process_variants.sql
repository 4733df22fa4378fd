{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="place_scope",
        pre_hook="{{ note_touched(process_scopes_at_night()) }}",
    )
}}

with

    cases as (
        select
            office_code,
            variant_key,
            variant_text,
            span_seconds,
            -- where its place belonged when the case was last seen
            {{ authority_date("last_event_at") }} as seen_on
        from {{ ref("fct_applications") }}
        where variant_key is not null and last_event_at >= {{ process_since_at() }}
    ),

    scopes as (select * from {{ ref("dim_place_scopes") }} where {{ is_touched() }}),

    variants as (
        select
            scopes.place_scope,
            max(case when scopes.is_one_office then cases.office_code end) as office_code,
            cases.variant_key,
            max(cases.variant_text) as stages_text,
            count(*) as cases,
            {{ quantile_seconds("cases.span_seconds", 0.5) }} as p50_span_seconds,
            {{ mean_seconds("cases.span_seconds") }} as mean_span_seconds
        from cases
        join scopes on {{ was_in_scope("cases", "cases.seen_on") }}
        group by scopes.place_scope, cases.variant_key
    ),

    steps as (
        select
            texts.variant_key,
            texts.step,
            stages.sequence,
            lag(stages.sequence) over (
                partition by texts.variant_key order by texts.step
            ) as sequence_before
        from
            (
                select
                    variant_key,
                    unnest(string_split(stages_text, '→')) as stage_code,
                    generate_subscripts(string_split(stages_text, '→'), 1) as step
                from (select distinct variant_key, stages_text from variants) as distinct_variants
            ) as texts
        left join {{ ref("dim_stages") }} as stages on texts.stage_code = stages.stage_code
    ),

    -- the stages in the order of the stages record, none twice
    conformity as (
        select
            variant_key,
            bool_and(
                sequence is not null and (step = 1 or coalesce(sequence > sequence_before, false))
            ) as is_conforming
        from steps
        group by variant_key
    )

select
    variants.place_scope,
    variants.variant_key,
    variants.office_code,
    {{ process_since() }} as since_on,
    variants.stages_text,
    variants.cases,
    {{
        share_pct(
            "variants.cases", "sum(variants.cases) over (partition by variants.place_scope)"
        )
    }} as share_pct,
    variants.p50_span_seconds,
    variants.mean_span_seconds,
    conformity.is_conforming,
    {{ is_small_number("variants.cases") }} as is_small_number
from variants
join conformity on variants.variant_key = conformity.variant_key
