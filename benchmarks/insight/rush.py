"""Rush detection against the simulator's truth, with peers on the same series.

    python -m benchmarks.insight rush --home HOME [--seeds 50] [--places 40]

The models of MODELS are compiled by dbt against a copy of the warehouse of
HOME (any simulated home: only its places and calendars are used) and run as they are on arrivals
drawn from the simulator's demand, five months of a sample of places for each seed, half of them of
the LARGEST; the first two months are history and not judged. Every seed plays one of the SCENARIOS.
Besides, `surges` puts into every second place-month one surge of 1.5 to 4 times for two half-hours
up to a day. Peers flag a half-hour, and two in a row are a rush: `seasonal naive` beyond three
deviations of the weekly differences of the last eight weeks, `z-score` beyond three of the same
half-hour of the last eight weeks. LIMIT is the rule of the product with bands that nobody can have:
the simulator's own mean of each half-hour and the spread of its days. Prints tables for
docs/insight.md, by how many people are expected in two half-hours, and how many must be expected
there so that chance alone lets a surge be found.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from scipy.stats import poisson

from simulator import demand, scenarios
from simulator.calendar import DAY, Calendar, calendar_of, day_number
from simulator.columns import Frame
from simulator.network import Network, build_network
from simulator.plan import Plan, Planned
from simulator.randomness import Floats, Ints, Luck, generator

PROJECT = Path(__file__).parents[2] / "dbt_project"
SCENARIOS = ("normal", "surges", "office-rush", "surges", "hajj-rush", "surges", "staff-strike")
HISTORY_DAYS, JUDGED_DAYS, SLOT = 62, 92, 1800
SIZES = (1.5, 4.0)
LARGEST = 60
# People expected in two half-hours, from where on a class begins.
CLASSES = (0, 8, 20, 60)
LIMIT = "knows the expectation"
# Goals: so many surges found, and one false rush in a place's three months, of 65 days with seven
# pairs of half-hours each.
RECALL, FALSE_PER_PAIR = 0.95, 1 / (65 * 7)
# In the order in which each reads those before it.
MODELS = (
    "int_arrival_days",
    "int_arrival_bands",
    "int_arrival_rushes",
    "rpt_arrivals",
    "rpt_rush",
)
COPIED = ("marts.dim_offices", "marts.dim_place_calendars", "marts.dim_calendar")
EMPTY = ("marts.fct_applications", "reporting.rpt_queue", "reporting.rpt_staffing")

PEER = """
    with
        slots as (
            select office_code, slot_start, arrivals, isodow(slot_start) as weekday,
                slot_start::time as clock
            from warehouse.reporting.rpt_arrivals
            where is_open
        ),
        compared as (
            select *, {centre} as centre, {spread} as spread
            from (
                select *, lag(arrivals) over same_weekday as week_ago,
                    arrivals - lag(arrivals) over same_weekday as difference
                from slots
                window same_weekday as (
                    partition by office_code, weekday, clock order by slot_start
                )
            )
            window
                same_weekday as (
                    partition by office_code, weekday, clock order by slot_start
                    rows between 8 preceding and 1 preceding
                ),
                same_clock as (
                    partition by office_code, clock order by slot_start
                    rows between 40 preceding and 2 preceding
                )
        ),
        flagged as (
            select *, coalesce(arrivals > centre + 3 * greatest(spread, 1), false) as is_beyond
            from compared
        ),
        paired as (
            select office_code, slot_start, is_beyond and lag(is_beyond) over slots_of_day as is_hit
            from flagged
            window slots_of_day as (
                partition by office_code, cast(slot_start as date) order by slot_start
            )
        )
    select office_code, min(slot_start) - interval 30 minute as started_at,
        max(slot_start) + interval 30 minute as ended_at,
        min(slot_start) + interval 30 minute as detected_at
    from paired
    where is_hit
    group by office_code, cast(slot_start as date)
"""
METHODS = {
    "rpt_rush": (
        "select r.office_code, started_at, max(a.slot_start) + interval 30 minute as ended_at,"
        " detected_at from warehouse.reporting.rpt_rush r"
        " join warehouse.reporting.rpt_arrivals a using (rush_id)"
        " where direction = 'surge' group by all"
    ),
    "seasonal naive": PEER.format(centre="week_ago", spread="stddev(difference) over same_weekday"),
    "z-score": PEER.format(
        centre="avg(arrivals) over same_clock", spread="stddev(arrivals) over same_clock"
    ),
}


@dataclass(frozen=True)
class Surge:
    """One surge of the truth: place, first and last second (UTC), how many times the usual."""

    office_code: str
    start: int
    end: int
    size: float


def compiled(home: Path, folder: Path) -> dict[str, str]:
    """The SQL of the models at a full build, by name; `folder` gets a copy of the warehouse."""
    file = folder / "warehouse.duckdb"
    shutil.copy(home / "warehouse" / "warehouse.duckdb", file)
    with closing(duckdb.connect(file)) as db:
        db.execute("update meta.run set now_at = timestamp '2029-01-01'")
    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    outputs = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    for command in (["seed", "--full-refresh"], ["compile", "--full-refresh", "--select", *MODELS]):
        subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", *command, "--quiet", *places, *outputs],
            env={**os.environ, "PASSPORT_WAREHOUSE": str(file)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
    target = folder / "target" / "compiled" / "passport" / "models" / "reporting"
    return {name: (target / f"{name}.sql").read_text("utf-8") for name in MODELS}


def prepared(folder: Path) -> duckdb.DuckDBPyConnection:
    """A warehouse in memory with places, calendars and seeds, and nobody who came."""
    db = duckdb.connect()
    db.execute("set timezone = 'UTC'; attach ':memory:' as warehouse")
    db.execute(f"attach '{folder / 'warehouse.duckdb'}' as built (read_only)")
    for schema in ("marts", "reporting", "seeds"):
        db.execute(f"create schema warehouse.{schema}")
    for name in (*COPIED, "reporting.rpt_places", "seeds.rush_thresholds", "seeds.arrival_seasons"):
        db.execute(f"create table warehouse.{name} as from built.{name}")
    for name in EMPTY:
        db.execute(f"create table warehouse.{name} as from built.{name} limit 0")
    return db


def first_day(seed: int) -> int:
    """The first day of a seed's history: each seed begins in another month of 2024 and 2025."""
    return day_number(date(2024 + seed * 5 // 12 % 2, seed * 5 % 12 + 1, 1))


def _offices(network: Network) -> Ints:
    """The positions of the offices there are."""
    return np.flatnonzero(~network.is_planned[: network.offices])


def planned(name: str, network: Network, calendar: Calendar, seed: int) -> tuple[Planned, ...]:
    """What the simulator makes happen in a seed's judged days, as its truth file tells it."""
    if name == "surges":
        return ()
    since, until = (first_day(seed) + HISTORY_DAYS) * DAY, (first_day(seed) + 154) * DAY
    if name != "office-rush":
        return scenarios.plan(name, network, calendar, seed, since, until)
    draws = generator(seed, 0, "benchmark rushes")
    asked = [
        f"office-rush:office={code}:size={draws.choice((1.5, 2.0, 3.0, 5.0))}"
        for code in np.array(network.codes)[_offices(network)][::7]
    ]
    return scenarios.plan("+".join(asked), network, calendar, seed, since, until)


def surges_of(
    plan: tuple[Planned, ...], chosen: Sequence[int], network: Network
) -> Iterator[Surge]:
    """The surges of planned effects at the chosen places; what is below 1.5 times is none."""
    for event in plan:
        if event.effect == "demand" and event.size >= SIZES[0]:
            for place in chosen:
                if event.office_code in (None, network.codes[place]):
                    yield Surge(network.codes[place], event.start, event.end, event.size)


def drawn_surges(
    seed: int, chosen: Sequence[int], network: Network, calendar: Calendar
) -> Iterator[Surge]:
    """One surge in every second month of a place, within a day's opening."""
    draws = generator(seed, 1, "benchmark surges")
    for place in chosen:
        for month in range(3):
            begin = first_day(seed) + HISTORY_DAYS + 30 * month
            days = [d for d in range(begin, begin + 30) if calendar.hours(d).opens[place] >= 0]
            if not days or draws.random() < 0.5:
                continue
            hours = calendar.hours(int(draws.choice(days)))
            opens, closes = int(hours.opens[place]) // SLOT * SLOT, int(hours.closes[place])
            slots = max((closes - opens) // SLOT, 2)
            length = int(draws.integers(2, slots + 1))
            start = opens + int(draws.integers(0, max(slots - length - 1, 0) + 1)) * SLOT
            size = float(np.exp(draws.uniform(*np.log(SIZES))))
            yield Surge(network.codes[place], start, start + length * SLOT, size)


def arrived(coming: demand.Arrivals) -> Frame:
    """Places and instants of all who come to a counter."""
    return {
        name: np.concatenate([coming.counter[name], coming.enquirers[name]])
        for name in ("place", "arrived")
    }


def counts(
    network: Network,
    calendar: Calendar,
    seed: int,
    chosen: Sequence[int],
    plan: Plan,
    surges: Sequence[Surge],
) -> pa.Table:
    """Tickets by place and half-hour of a seed's days, surges of a part of a day included."""
    nobody = {name: np.zeros(0, np.int64) for name in demand.APPLICANT}
    is_chosen = np.isin(np.arange(network.offices), chosen)
    place: list[Floats] = []
    slot: list[Floats] = []
    for day in range(first_day(seed), first_day(seed) + HISTORY_DAYS + JUDGED_DAYS):
        factors = plan.demand_factors(calendar, day)
        usual = arrived(demand.arrivals(network, calendar, seed, day, factors, nobody))
        keep = is_chosen[usual["place"]]
        hours = calendar.hours(day)
        for surge in surges:
            number = network.codes.index(surge.office_code)
            if not hours.opens[number] - SLOT <= surge.start < max(hours.closes[number], 0):
                continue
            lifted = factors.copy()
            lifted[number] *= surge.size
            more = arrived(demand.arrivals(network, calendar, seed, day, lifted, nobody))

            def within(people: Frame, number: int = number, surge: Surge = surge) -> Floats:
                at = people["arrived"]
                here = (people["place"] == number) & (at >= surge.start) & (at < surge.end)
                return np.asarray(here)

            keep &= ~within(usual)
            extra = within(more)
            place.append(more["place"][extra])
            slot.append(more["arrived"][extra] // SLOT)
        place.append(usual["place"][keep])
        slot.append(usual["arrived"][keep] // SLOT)
    codes = np.array(network.codes)[np.concatenate(place).astype(int)]
    starts = np.concatenate(slot).astype("int64") * SLOT
    return pa.table({"office_code": codes, "slot_start": starts.astype("datetime64[s]")})


def known_means(network: Network, calendar: Calendar, seed: int, chosen: Sequence[int]) -> pa.Table:
    """What the simulator expects of each half-hour of the chosen places, its noise left out."""
    share = np.where(network.is_mission, demand.ONLINE_SHARE_MISSION, demand.ONLINE_SHARE_HOME)
    people = np.arange(100_000)
    shapes: dict[tuple[int, int], tuple[Ints, Floats]] = {}
    codes: list[str] = []
    starts: list[Ints] = []
    means: list[Floats] = []
    for day in range(first_day(seed) + HISTORY_DAYS, first_day(seed) + HISTORY_DAYS + JUDGED_DAYS):
        coming = demand.expected(network, calendar, day) * (1 - share) * (1 + demand.ENQUIRY_SHARE)
        hours = calendar.hours(day)
        for place in chosen:
            opens, closes = int(hours.opens[place]), int(hours.closes[place])
            if opens < 0:
                continue
            alike = (opens % SLOT, closes - opens)
            if alike not in shapes:
                at = demand.arrival_times(opens + 0 * people, closes + 0 * people, Luck(0, people))
                number, count = np.unique(at // SLOT - opens // SLOT, return_counts=True)
                shapes[alike] = number, count / len(people)
            number, part = shapes[alike]
            codes += [network.codes[place]] * len(number)
            starts.append(((opens // SLOT + number) * SLOT).astype("int64"))
            means.append(coming[place] * part)
    return pa.table(
        {
            "office_code": codes,
            "slot_start": np.concatenate(starts).astype("datetime64[s]"),
            "mean": np.concatenate(means),
        }
    )


KNOWING = f"""
    create or replace table warehouse.reporting.int_arrival_bands as
    select
        bands.* replace (
            known.mean as expected,
            known.mean as expected_near,
            {demand.DAY_SIGMA**2} as day_noise,
            0.0 as shape_noise,
            (arrivals - known.mean)
            / sqrt(greatest(known.mean + {demand.DAY_SIGMA**2} * known.mean ^ 2, 1)) as score
        )
    from warehouse.reporting.int_arrival_bands as bands
    join known using (office_code, slot_start)
"""


def least_expected(size: float) -> int:
    """How many must be expected in two half-hours so that a count beyond chance, at the false
    alarms of the goal, finds `RECALL` of the surges of a size, were the mean known and the days of
    a place all alike."""
    for mean in range(1, 1000):
        border = poisson.isf(FALSE_PER_PAIR, mean)
        if poisson.sf(border, size * mean) >= RECALL:
            return mean
    raise ValueError(f"a surge of {size} times is not found at any size")


JUDGE = """
    with
        months as (
            select distinct office_code, cast(floor(epoch(slot_start - $since) / 2592000) as int)
                as month
            from warehouse.reporting.rpt_arrivals
            where slot_start >= $since and is_open
        ),
        found as (
            select *, cast(floor(epoch(started_at - $since) / 2592000) as int) as month
            from found where started_at >= $since
        ),
        events as (
            select truth.*, cast(floor(epoch(start - $since) / 2592000) as int) as month,
                (
                    select sum(mean)
                    from (
                        select mean from known
                        where known.office_code = truth.office_code
                            and known.slot_start >= truth.start and known.slot_start < truth.stop
                        order by known.slot_start limit 2
                    )
                ) as expected,
                (
                    select min(slot_start) from warehouse.reporting.rpt_arrivals as slots
                    where slots.office_code = truth.office_code and slots.arrivals > 0
                        and slots.slot_start >= truth.start and slots.slot_start < truth.stop
                ) as first_slot,
                (
                    select min(detected_at) from found
                    where found.office_code = truth.office_code
                        and found.started_at < truth.stop and found.ended_at > truth.start
                        and found.detected_at > truth.start
                ) as detected_at
            from truth
        ),
        wrong as (
            select distinct office_code, month from found
            where not exists (
                from truth where truth.office_code = found.office_code
                    and found.started_at < truth.stop and found.ended_at > truth.start
            )
        )
    select
        'event' as kind, size, expected, detected_at is not null as is_found,
        coalesce(detected_at <= first_slot + interval 60 minute, false) as is_in_time
    from events where expected is not null
    union all
    select 'wrong', null, null, (office_code, month) in (from wrong), null
    from months where (office_code, month) not in (select office_code, month from events)
"""


@dataclass
class Score:
    """Events by their size, expected people in the first two half-hours, found and in time; and
    place-months without one, wrongly alarmed or not."""

    events: list[tuple[float, float, bool, bool]]
    quiet: list[bool]

    def line(self, name: str, least: float, most: float, sizes: tuple[float, float]) -> str:
        """A row of the table, over events of so many expected people and such sizes."""
        chosen = [e for e in self.events if least <= e[1] < most and sizes[0] <= e[0] < sizes[1]]
        found, in_time = (sum(e[i] for e in chosen) for i in (2, 3))
        cells = (name, len(chosen), _share(found, len(chosen)), _share(in_time, len(chosen)))
        return f"| {' | '.join(map(str, cells))} |"

    def alarms(self, name: str) -> str:
        """A row of the other table: precision over place-months, false ones in three months."""
        wrong, found = sum(self.quiet), sum(e[2] for e in self.events)
        cells = (
            *(name, len(self.quiet), f"{3 * wrong / max(len(self.quiet), 1):.2f}"),
            *(len(self.events), _share(found, len(self.events)), _share(found, found + wrong)),
        )
        return f"| {' | '.join(map(str, cells))} |"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "–"


def judged(
    db: duckdb.DuckDBPyConnection, seed: int, truth: Sequence[Surge], methods: Mapping[str, str]
) -> dict[str, Score]:
    """How each method did on what `rpt_arrivals` holds now."""
    db.execute("create or replace temp table truth (office_code varchar, start timestamp,"
               " stop timestamp, size double)")  # fmt: skip
    if truth:
        db.executemany(
            "insert into truth values ($1, make_timestamp($2), make_timestamp($3), $4)",
            [(s.office_code, s.start * 1_000_000, s.end * 1_000_000, s.size) for s in truth],
        )
    since = datetime.fromtimestamp((first_day(seed) + HISTORY_DAYS) * DAY, UTC)
    scores = {}
    for name, query in methods.items():
        db.execute(f"create or replace temp table found as {query}")
        rows = db.execute(JUDGE, {"since": since.replace(tzinfo=None)}).fetchall()
        scores[name] = Score(
            [row[1:] for row in rows if row[0] == "event"],
            [row[3] for row in rows if row[0] == "wrong"],
        )
    return scores


def sample(network: Network, seed: int, places: int) -> list[int]:
    """Places of a seed: half of them of the LARGEST offices, the others of all the rest."""
    draws = generator(seed, 2, "benchmark places")
    by_size = sorted(_offices(network).tolist(), key=lambda place: -network.weights[place])
    large, rest = by_size[:LARGEST], by_size[LARGEST:]
    chosen = [
        *draws.choice(large, places // 2, replace=False).tolist(),
        *draws.choice(rest, places - places // 2, replace=False).tolist(),
    ]
    return sorted(chosen)


def seed_scores(
    db: duckdb.DuckDBPyConnection, models: Mapping[str, str], seed: int, places: int
) -> dict[str, Score]:
    """Plays a seed and judges the product, its peers, and the LIMIT."""
    network, calendar = build_network(1.0), calendar_of(1.0, (), ())
    scenario, chosen = SCENARIOS[seed % len(SCENARIOS)], sample(network, seed, places)
    plan = planned(scenario, network, calendar, seed)
    is_drawn = scenario == "surges"
    own = list(drawn_surges(seed, chosen, network, calendar)) if is_drawn else []
    truth = [*surges_of(plan, chosen, network), *own]
    db.register("tickets", counts(network, calendar, seed, chosen, Plan(network, plan), own))
    db.execute("delete from warehouse.reporting.rpt_queue")
    db.execute(
        "insert into warehouse.reporting.rpt_queue by name select office_code,"
        " 'application' as service, slot_start, count(*) as issued from tickets group by all"
    )
    db.register("known", known_means(network, calendar, seed, chosen))
    _build(db, models, MODELS)
    scores = judged(db, seed, truth, METHODS)
    db.execute(KNOWING)
    _build(db, models, MODELS[MODELS.index("int_arrival_bands") + 1 :])
    return {**scores, **judged(db, seed, truth, {LIMIT: METHODS["rpt_rush"]})}


def _build(db: duckdb.DuckDBPyConnection, models: Mapping[str, str], names: Sequence[str]) -> None:
    for name in names:
        db.execute(f"create or replace table warehouse.reporting.{name} as {models[name]}")


def main(arguments: Sequence[str]) -> int:
    """Prints the tables; the exit code is 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.insight rush", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--places", type=int, default=24)
    options = parser.parse_args(arguments)
    total: dict[tuple[str, str], Score] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = compiled(options.home, folder)
        with closing(prepared(folder)) as db:
            for seed in range(options.seeds):
                scores = seed_scores(db, models, seed, options.places)
                for method, score in scores.items():
                    key = SCENARIOS[seed % len(SCENARIOS)], method
                    kept = total.setdefault(key, Score([], []))
                    kept.events += score.events
                    kept.quiet += score.quiet
    _report(total)
    used = time.process_time()
    print(f"\n{options.seeds} seeds × {options.places} places; {used:.0f} CPU seconds")
    return 0


def _report(total: Mapping[tuple[str, str], Score]) -> None:
    print("| | quiet place-months | false in 3 months | surges | recall | precision |")
    print("|---|---|---|---|---|---|")
    every: dict[str, Score] = {}
    for (scenario, method), score in total.items():
        print(score.alarms(f"{scenario}: {method}"))
        kept = every.setdefault(method, Score([], []))
        kept.events += score.events
        kept.quiet += score.quiet
    for method, score in every.items():
        print(score.alarms(f"all: {method}"))
    print("\n| expected in two half-hours, method | surges | found | by the end of the second |")
    print("|---|---|---|---|")
    for least, most in zip(CLASSES, (*CLASSES[1:], np.inf), strict=True):
        for sizes in ((1.5, 2), (2, 99)):
            for method, score in every.items():
                label = f"{least} to {most}, {sizes[0]} to {sizes[1]} times: {method}"
                print(score.line(label, least, most, sizes))
    print("\n| size of a surge | people expected in two half-hours, at least |\n|---|---|")
    for size in (1.5, 1.75, 2, 2.5, 3, 4):
        print(f"| {size} | {least_expected(size)} |")
