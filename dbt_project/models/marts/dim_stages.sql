{# Derived whole when any stage changes: what a stage is depends on those beside it. #}
{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="stage_code",
        pre_hook="{{ note_touched(every_stage_where_one_changed()) }}",
        meta={
            "logged_columns": [
                "stage_code",
                "sequence",
                "owner",
                "is_clock_stopped",
                "is_terminal",
                "is_waiting_by_design",
                "is_decision",
                "is_last_of_printing",
            ]
        },
    )
}}

with

    stages_in_force as ({{ latest_versions("stg_stages", "stage_code") }}),

    -- a stage that was taken out goes on telling what the events that name it mean
    stages as ({{ latest_versions("stg_stages", "stage_code", "deleted_at is null") }}),

    print_stages as (
        select min(sequence) as first_sequence, max(sequence) as last_sequence
        from stages_in_force
        where owner = 'print_site'
    ),

    decision_stages as (
        select max(stages_in_force.sequence) as last_sequence
        from stages_in_force
        cross join print_stages
        where
            stages_in_force.owner = 'office'
            and not stages_in_force.is_terminal
            and stages_in_force.sequence < print_stages.first_sequence
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
