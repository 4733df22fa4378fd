"""A small publication with every table that pages and briefings read, typed as `published.md` says.

13 zones, 39 places, 70 days that end on Thursday 19 November 2026. Karachi received 60 % more than
expected on that day; one batch of print_jobs is held; machine_readings are late.
"""

import shutil
from pathlib import Path

import duckdb
import synthetic_foresight
import synthetic_operations

GENERATION = "20261120T030000-000001"
# A run by the clock has a now with microseconds.
AS_OF = "2026-11-20 03:00:00.654321+00"
LAST_DAY = "2026-11-19"
ZONES = ("Karachi", "Lahore", "Rawalpindi", "Multan", "Peshawar", "Quetta", "Hyderabad", "Sukkur")
MISSION_ZONES = ("Gulf", "Europe", "Americas", "Asia", "Africa")

_SQL = """
create table rpt_places as
with zones as (
    select zone, row_number() over () as zone_number, is_home
    from (
        select unnest($home) as zone, true as is_home
        union all
        select unnest($abroad) as zone, false as is_home
    )
)
select
    upper(substr(zone, 1, 3)) || '-' || n as office_code,
    zone || case when is_home then ' office ' else ' mission ' end || n as name,
    case when is_home then 'regional' else 'mission' end as kind,
    zone,
    case when is_home then 'Sindh' end as province,
    zone as city,
    case when is_home then 'PK' else 'SA' end as country_code,
    case when is_home then 'Asia/Karachi' else 'Asia/Riyadh' end as timezone,
    24.0::double as latitude,
    67.0::double as longitude,
    4::bigint as counters,
    true as is_open_now,
    -- Sunday the 15th and a holiday of all, and one more of the missions
    '2026-11-09 2026-11-15 2026-11-22'
        || case when is_home then '' else ' 2026-11-20' end as days_off
from zones, unnest([1, 2, 3]) as numbers(n);

create table days as
select
    day::date as day,
    case isodow(day) when 7 then 0.02 when 6 then 0.15 when 5 then 0.7 else 1.0 end as load
from unnest(generate_series($last::date - 69, $last::date, interval 1 day)) as all_days(day);

create table counts as
select
    day, office_code, zone, kind, tier,
    (1500.0 / (zone_number * zone_number + 3) * load * share)::integer as expected,
    (expected * (0.94 + 0.12 * noise) * case
        when zone = 'Karachi' and day = $last::date then 1.6 else 1.0 end)::integer as submitted,
    (expected * (0.90 + 0.1 * noise))::integer as made
from (
    select *, dense_rank() over (order by kind desc, zone) as zone_number
    from rpt_places
)
cross join days
cross join (values ('normal', 0.6), ('urgent', 0.35), ('fast_track', 0.05)) as tiers(tier, share)
cross join lateral (
    select (hash(office_code || day::varchar || tier) % 1000) / 1000.0 as noise
);

create table rpt_volumes as
with scoped as (
    select *, unnest(['country', 'zone:' || zone, 'office:' || office_code]
        || case when kind = 'mission' then ['missions'] else [] end) as place_scope
    from counts
)
select
    day,
    place_scope,
    coalesce(tier, 'all') as tier,
    sum(submitted)::bigint as submitted,
    sum(made)::bigint as approved,
    (sum(made) // 50)::bigint as deferred,
    sum(made)::bigint as printed,
    sum(made)::bigint as dispatched,
    sum(made)::bigint as ready,
    (sum(made) * 0.9)::bigint as collected,
    (sum(made) // 200)::bigint as cancelled,
    (sum(submitted) * 6000)::decimal(18, 2) as fee_pkr,
    case when coalesce(tier, 'all') = 'all' then sum(expected)::double end as expected_submitted
from scoped
group by grouping sets ((day, place_scope, tier), (day, place_scope))
order by place_scope, day;

create table rpt_backlog_daily as
with stock as (
    select
        day, office_code, tier, stage_code,
        greatest(0, 40 + 8 * (day - $last::date + 70) + 30 * submitted // 100
            + (hash(office_code || day::varchar || stage_code) % 40)::integer)::bigint as closing
    from counts
    cross join (values ('printing'), ('delivery')) as stages(stage_code)
)
select
    day, office_code, stage_code, tier,
    lag(closing, 1, closing) over cell as opening,
    greatest(0, closing - opening)::bigint as entered,
    greatest(0, opening - closing)::bigint as left_count,
    closing,
    (closing * 0.06)::bigint as beyond_promise,
    (closing * 0.5)::bigint as age_0_7_days,
    (closing * 0.3)::bigint as age_8_21_days,
    closing - age_0_7_days - age_8_21_days - (closing // 50) as age_22_60_days,
    closing // 50 as age_over_60_days,
    74::bigint as oldest_days
from stock
window cell as (partition by office_code, stage_code, tier order by day)
order by day, office_code;

create table rpt_turnaround as
select
    'week' as period_kind,
    day as period_start,
    place_scope,
    'all' as tier,
    null::varchar as office_code,
    1200::bigint as completed,
    14.1::double as mean_days, 12.6::double as p50_days, 19.4::double as p80_days,
    24.0::double as p90_days, 31.0::double as p95_days, 9.2::double as p50_working_days,
    14.0::double as p80_working_days, 17.0::double as p90_working_days,
    false as is_small_number
from rpt_volumes
where isodow(day) = 1 and tier = 'all';

create table rpt_applications as
select
    'A' || row_number() over () as application_id,
    office_code, office_code as holding_office_code, tier,
    'adult' as category, 'counter' as channel,
    (day - 12)::timestamptz as submitted_at,
    day as promise_due_on,
    case when draw < 86 then 'kept' when draw < 94 then 'missed' when draw < 98 then 'open_beyond'
        else 'cancelled' end as promise_state,
    promise_state = 'open_beyond' as is_beyond_promise,
    promise_state = 'open_beyond' as is_open
from (
    select *, hash(office_code || day::varchar || tier || n::varchar) % 100 as draw
    from counts, unnest(generate_series(1, submitted // 8)) as copies(n)
)
order by office_code;

create table rpt_case_events as
select
    application_id || '-1' as event_id, application_id, submitted_at as occurred_at,
    submitted_at as recorded_at, 'data_entry' as stage_code, 'completed' as event, office_code,
    null::varchar as desk, null::varchar as reason_code, null::varchar as box_id,
    null::varchar as print_outcome
from rpt_applications;

create table rpt_load (
    record varchar, batch_id bigint, window_from timestamptz, window_until timestamptz,
    rows_read bigint, rows_admitted bigint, rows_repeated bigint, rows_quarantined bigint,
    rows_held bigint, verdict varchar, reasons varchar, source_name varchar, loaded_at timestamptz
);
insert into rpt_load values
    ('applications', 1, null, null, 48210, 48111, 60, 39, 0, 'admitted', null,
        'operations.applications', '2026-11-20 02:00:00+00'),
    ('stage_events', 2, null, null, 410322, 410012, 290, 20, 0, 'admitted', null,
        'operations.stage_events', '2026-11-20 02:00:00+00'),
    ('machine_readings', 4, null, null, 90000, 90000, 0, 0, 0, 'admitted', null,
        'readings-20261119.csv', '2026-11-19 02:00:00+00');
create table rpt_quarantine (
    record varchar, rule varchar, rows bigint, oldest_at timestamptz, example_position varchar
);
insert into rpt_quarantine values
    ('applications', 'required_fee_pkr', 31, '2026-11-18 09:00:00+00',
        'operations.applications row 4117'),
    ('stage_events', 'known_office_code', 20, '2026-11-19 06:00:00+00',
        'operations.stage_events row 88120'),
    ('applications', 'time_order', 8, '2026-11-19 04:00:00+00', 'operations.applications row 12');
create table rpt_checks (
    check_name varchar, run_day date, layer varchar, outcome varchar, observed varchar,
    expected varchar
);
insert into rpt_checks values
    ('assert_every_delivered_passport_was_printed', '2026-11-20', 'marts', 'passed', '0', '0'),
    ('rpt_volumes_grain', '2026-11-20', 'reporting', 'passed', '0', '0'),
    ('publication_rows', '2026-11-20', 'published', 'passed', '14', '14');
create table rpt_reconciliation (
    record varchar, day date, source_rows bigint, landed_rows bigint, difference bigint
);
insert into rpt_reconciliation values
    ('applications', '2026-11-18', 24105, 24105, 0),
    ('applications', '2026-11-19', 24001, 24001, 0),
    ('print_jobs', '2026-11-19', 21800, 21500, 300);
create table rpt_freshness (
    record varchar, office_code varchar, newest_source_at timestamptz, newest_loaded_at timestamptz,
    lag_minutes double, waiting_for_parent bigint, state varchar
);
insert into rpt_freshness values
    ('applications', 'all', $as_of::timestamptz - interval 5 minute, $as_of::timestamptz, 5, 0,
        'fresh'),
    ('stage_events', 'all', $as_of::timestamptz - interval 4 minute, $as_of::timestamptz, 4, 12,
        'fresh'),
    ('queue_tokens', 'all', null, null, null, 0, 'absent'),
    ('applications', 'QUE-1', $as_of::timestamptz - interval 9 hour, $as_of::timestamptz, 540, 0,
        'silent');
create table rpt_generations (
    generation varchar, run_id varchar, as_of timestamptz, published_at timestamptz,
    code_version varchar, fingerprint varchar, is_rolled_back boolean, cited_by varchar,
    restated_from_on date
);
insert into rpt_generations values
    ($generation, 'run-synthetic', $as_of, '2026-11-20 03:02:00+00', '0.1.0', 'c0ffee0123456789',
        false, null, '2026-11-17');
create table rpt_metrics (
    metric varchar, definition varchar, unit varchar, formula varchar, table_name varchar,
    column_name varchar, owner varchar
);
insert into rpt_metrics values
    ('submitted', 'Applications submitted on the day.', 'applications', 'count', 'rpt_volumes',
        'submitted', 'data office'),
    ('promise_kept_share', 'Share of due cases that were ready in time.', 'per cent',
        '100 * kept / due', 'rpt_promise', 'kept_pct', 'data office');
drop table counts;
drop table days;
"""

_AMISS = """
insert into rpt_load values
    ('print_jobs', 3, null, null, 300, 0, 0, 0, 300, 'held',
        'share quarantined 0.21 above 0.05', 'print_jobs-20261119.csv', '2026-11-20 02:00:00+00');
insert into rpt_freshness values
    ('print_jobs', 'all', $as_of::timestamptz - interval 2 hour, $as_of::timestamptz, 120, 0,
        'held'),
    ('machine_readings', 'all', $as_of::timestamptz - interval 26 hour, $as_of::timestamptz, 1560,
        0, 'late');
"""


def publish(home: Path, *, amiss: bool = True, more: str = "") -> None:
    """Writes the publication into `home` and points CURRENT at it.

    `amiss` adds the held batch and the late record; `more` is SQL run at the end."""
    folder = home / "published" / GENERATION
    folder.mkdir(parents=True)
    parameters = {
        "home": list(ZONES),
        "abroad": list(MISSION_ZONES),
        "last": LAST_DAY,
        "as_of": AS_OF,
        "generation": GENERATION,
    }
    with duckdb.connect(str(folder / "marts.duckdb")) as connection:
        connection.execute("set timezone = 'UTC'")
        for statement in duckdb.extract_statements(
            _SQL
            + synthetic_operations.SQL
            + synthetic_foresight.SQL
            + (_AMISS if amiss else "")
            + more
        ):
            names = statement.named_parameters
            connection.execute(statement, {name: parameters[name] for name in names})
    (home / "published" / "CURRENT").write_text(GENERATION + "\n", encoding="utf-8")


def copy_as(published: Path, generation: str) -> None:
    """Publishes the same tables again under another name; CURRENT stays."""
    folder = published / generation
    folder.mkdir()
    shutil.copyfile(published / GENERATION / "marts.duckdb", folder / "marts.duckdb")
    with duckdb.connect(str(folder / "marts.duckdb")) as connection:
        connection.execute("update rpt_generations set generation = $name", {"name": generation})
