-- Codes as numbers that read and sort as text.
create type office as enum (
    select distinct office_code from built.raw.offices order by office_code
);

create type stage as enum (
    select distinct stage_code from built.raw.stages order by stage_code
);

create type tier as enum ('fast_track', 'normal', 'urgent');

create type staff_member as enum (
    select staff_id from built.raw.stage_events where staff_id is not null
    union
    select staff_id from built.raw.staff_shifts
    order by staff_id
);

create type event as enum ('entered', 'started', 'completed', 'deferred', 'returned');

-- Of versions of one key the newest, unless it is deleted. Few keys have more than one.
create temp macro latest(relation, key, version_at) as table
with
    repeated as (
        select hash(key) as identity from query_table(relation) group by all having count(*) > 1
    )

select *
from query_table(relation)
where hash(key) not in (from repeated) and deleted_at is null
union all
select *
from
    (
        select *
        from query_table(relation)
        where hash(key) in (from repeated)
        qualify
            row_number() over (
                partition by key
                order by version_at desc nulls last, batch_id desc, batch_row desc
            )
            = 1
    )
where deleted_at is null
;

-- Places by version: half open, the first version reaches back, the last on unless deleted.
create temp table places as
select
    *,
    lead(valid_from_at, 1, timestamp '9999-12-31') over versions as valid_to_at,
    lead(valid_from_at) over versions is null as is_current,
from
    (
        select
            * exclude (works_holidays) replace (cast(office_code as office) as office_code),
            kind = 'mission' as is_mission,
            coalesce(works_holidays, false) as works_holidays,
            case
                when lag(version_at) over (partition by office_code order by version_at) is null
                then timestamp '1900-01-01'
                else version_at
            end as valid_from_at,
        from (select *, coalesce(updated_at, observed_at) as version_at from built.raw.offices)
        qualify
            row_number() over (
                partition by office_code, version_at order by batch_id desc, batch_row desc
            )
            = 1
    )
window versions as (partition by office_code order by valid_from_at)
;

delete from places
where deleted_at is not null
;

-- Members of a scope by days. `scope` numbers the scopes.
create temp table scopes as
with
    days as (
        select
            office_code,
            is_mission,
            zone,
            authority_date(valid_from_at) as from_on,
            lead(authority_date(valid_from_at), 1, date '9999-12-31') over (
                partition by office_code order by valid_from_at
            ) as until_on,
        from places
    ),

    members as (
        select office_code, 'country' as place_scope, from_on, until_on
        from days
        union all
        select office_code, 'missions', from_on, until_on
        from days
        where is_mission
        union all
        select office_code, 'zone:' || zone, from_on, until_on
        from days
        where zone is not null
        union all
        select office_code, 'office:' || office_code, from_on, until_on
        from days
    )

select
    office_code,
    place_scope,
    cast(dense_rank() over (order by place_scope) as smallint) as scope,
    place_scope like 'office:%' as is_one_office,
    from_on,
    until_on,
from members
where from_on < until_on
;

create temp table scope_names as
select
    scope,
    any_value(place_scope) as place_scope,
    max(office_code) filter (is_one_office) as office_code,
from scopes
group by scope
;

-- Stages, numbered. One that was taken out goes on telling what its events mean.
create temp table stages as
with
    stages as (
        select *
        from built.raw.stages
        where deleted_at is null
        qualify
            row_number() over (
                partition by stage_code order by observed_at desc, batch_id desc, batch_row desc
            )
            = 1
    ),

    in_force as (from latest(built.raw.stages, stage_code, observed_at)),

    printing as (
        select min(sequence) as first_sequence, max(sequence) as last_sequence
        from in_force
        where owner = 'print_site'
    ),

    decision as (
        select max(sequence) as last_sequence
        from in_force, printing
        where owner = 'office' and not is_terminal and sequence < first_sequence
    )

select
    cast(stages.stage_code as stage) as stage_code,
    stages.sequence,
    stages.owner,
    stages.clock = 'stopped' as is_stopped,
    stages.is_terminal,
    stages.is_waiting_by_design,
    coalesce(stages.sequence = decision.last_sequence, false) as is_decision,
    coalesce(
        stages.owner = 'print_site' and stages.sequence = printing.last_sequence, false
    ) as is_last_of_printing,
from stages, printing, decision
;

-- Promises of each service with the days on which they are in force.
create temp table promises as
select
    service,
    place_kind,
    tier,
    valid_from,
    least(
        coalesce(valid_to, date '9999-12-31'),
        lead(valid_from - 1, 1, date '9999-12-31') over (
            partition by service, place_kind, tier order by valid_from
        )
    ) as valid_to,
    cast(ceil(promise) as integer) as promised,
    unit,
    target_pct,
from latest(built.raw.service_levels, (service, place_kind, tier, valid_from), observed_at)
;

create temp table machines as
select * replace (cast(office_code as office) as office_code)
from latest(built.raw.machines, machine_id, observed_at)
;
