{# Derived whole when any stage changes: what a stage is depends on those beside it. #}
{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="stage_code",
        pre_hook="{{ note_touched(every_stage_where_one_changed()) }}",
        meta={"logged_columns": ["stage_code", "sequence", "is_waiting_by_design"]},
    )
}}

with

    stages as ({{ latest_versions("stg_stages", "stage_code") }}),

    print_stages as (
        select min(sequence) as first_sequence, max(sequence) as last_sequence
        from stages
        where owner = 'print_site'
    ),

    decision_stages as (
        select max(stages.sequence) as last_sequence
        from stages
        cross join print_stages
        where
            stages.owner = 'office'
            and not stages.is_terminal
            and stages.sequence < print_stages.first_sequence
    )

select
    stages.stage_code,
    stages.name,
    cast(stages.sequence as integer) as sequence,
    stages.owner,
    stages.clock,
    stages.clock = 'stopped' as is_clock_stopped,
    stages.is_terminal,
    stages.is_waiting_by_design,
    coalesce(stages.sequence = decision_stages.last_sequence, false) as is_decision,
    coalesce(
        stages.owner = 'print_site' and stages.sequence = print_stages.last_sequence, false
    ) as is_last_of_printing
from stages
cross join print_stages
cross join decision_stages
where {{ is_touched("stages.stage_code") }}
