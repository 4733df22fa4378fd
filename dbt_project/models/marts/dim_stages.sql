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
