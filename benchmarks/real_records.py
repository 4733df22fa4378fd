"""The product on a real event log, against figures of others and an independent computation.

    python -m benchmarks.real_records FOLDER

FOLDER holds the log of the BPI Challenge 2012 (13,087 applications for a loan at a Dutch bank,
4TU.ResearchData) in the form of the source contract: it is read where it lies, through gate, build
and publication. Spans, variants and moves are then taken from what was published, computed again
from the files by SQL that shares nothing with the models, and compared with the figures that were
published of this log. Prints a row per figure; exit 1 where one differs by more than 1e-9 of it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import duckdb

PASSPORT = str(Path(sys.executable).with_name("passport"))
BEGINS, ENDS = "2011-09-01", "2012-04-01"
TOLERANCE = Decimal("1e-9")

MOVE = "w_nabellen_offertes"

# Counts, and seconds as they were published of the log.
KNOWN = {
    "applications": "13087",
    "events": "262200",
    "completed": "164506",
    "mean span": "745100.096",
    "median span": "69857.434",
    "p90 span": "2631890.206",
    "variants": "4336",
    "cases of the most frequent variant": "3429",
    "moves": "13521",
    "mean of a move": "268761.82",
    "median of a move": "161387.735",
    "sum of the moves": "3633928569.916",
}
# The published seconds are rounded to so many digits after the point.
DIGITS = {"mean of a move": 2}

PUBLISHED = f"""
with
    cases as (
        select
            event_count,
            epoch_us(last_event_at) - epoch_us(first_event_at) as span
        from rpt_applications
    ),
    variants as (select max(cases) as most from rpt_process_variants where place_scope = 'country'),
    moves as (
        select * from rpt_process_moves
        where place_scope = 'country' and from_stage_code = '{MOVE}' and to_stage_code = '{MOVE}'
    )
select
    (select count(*) from cases) as "applications",
    (select sum(event_count) from cases) as "events",
    (select count(*) from rpt_case_events where event = 'completed') as "completed",
    (select avg(span) / 1e6 from cases) as "mean span",
    (select quantile_cont(span, 0.5) / 1e6 from cases) as "median span",
    (select quantile_cont(span, 0.9) / 1e6 from cases) as "p90 span",
    (select count(distinct variant_key) from rpt_applications) as "variants",
    (select most from variants) as "cases of the most frequent variant",
    (select moves from moves) as "moves",
    (select mean_seconds from moves) as "mean of a move",
    (select p50_seconds from moves) as "median of a move",
    (select sum_seconds from moves) as "sum of the moves"
"""

# From the files alone: nothing of the models' macros or tables.
INDEPENDENT = f"""
with
    log as (
        select application_id, stage_code, event, epoch_us(occurred_at) as us, event_id
        from '{{folder}}/stage_events/*.parquet'
    ),
    cases as (select max(us) - min(us) as span from log group by application_id),
    completed as (select * from log where event = 'completed'),
    variants as (
        select count(*) as cases from (
            select string_agg(stage_code, '>' order by us, event_id) as way
            from completed group by application_id
        ) group by way
    ),
    pairs as (
        select
            first.us as began, second.us as ended
        from (
            select *, row_number() over (partition by application_id order by us, event_id) as n
            from completed
        ) as first
        join (
            select *, row_number() over (partition by application_id order by us, event_id) as n
            from completed
        ) as second
            on first.application_id = second.application_id and second.n = first.n + 1
        where first.stage_code = '{MOVE}' and second.stage_code = '{MOVE}'
    )
select
    (select count(*) from '{{folder}}/applications/*.parquet') as "applications",
    (select count(*) from log) as "events",
    (select count(*) from completed) as "completed",
    (select avg(span) / 1e6 from cases) as "mean span",
    (select quantile_cont(span, 0.5) / 1e6 from cases) as "median span",
    (select quantile_cont(span, 0.9) / 1e6 from cases) as "p90 span",
    (select count(*) from variants) as "variants",
    (select max(cases) from variants) as "cases of the most frequent variant",
    (select count(*) from pairs) as "moves",
    (select avg(ended - began) / 1e6 from pairs) as "mean of a move",
    (select quantile_cont(ended - began, 0.5) / 1e6 from pairs) as "median of a move",
    (select sum(ended - began)::decimal(28, 6) / 1e6 from pairs) as "sum of the moves"
"""


def published(folder: Path, work: Path) -> dict[str, Decimal]:
    """The figures from a home of its own in `work`, loaded from the log; exits where that fails."""
    home = work / "home"
    home.mkdir()
    (home / "passport.toml").write_text(
        f'authority_timezone = "Europe/Amsterdam"\n[sources]\ndefault = "file://{folder}"\n'
    )
    environment = {
        **os.environ,
        "PASSPORT_HOME": str(home),
        "PASSPORT_PSEUDONYM_KEY_FILE": str(work / "pseudonym.key"),
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [PASSPORT, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            sys.exit(f"exit {done.returncode}: {' '.join(arguments)}\n{done.stderr}")
        return done.stdout

    run("load", "--from", BEGINS, "--to", ENDS, "--until", f"{ENDS}T00:00:00Z")
    (row,) = json.loads(run("query", PUBLISHED, "--format", "json"))
    return {name: Decimal(str(value)) for name, value in row.items()}


def independent(folder: Path) -> dict[str, Decimal]:
    """The same figures from the files alone."""
    found = duckdb.sql(INDEPENDENT.format(folder=folder))
    (row,) = found.fetchall()
    return {name: Decimal(str(value)) for name, value in zip(found.columns, row, strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    work = Path(tempfile.mkdtemp(prefix="real-records-"))
    try:
        ours = published(folder, work)
    finally:
        shutil.rmtree(work)
    theirs = independent(folder)
    print("| figure | known | computed apart | published |\n|---|---|---|---|")
    off = []
    for name, text in KNOWN.items():
        known, apart, here = Decimal(text), theirs[name], ours[name]
        is_off = abs(here - apart) > TOLERANCE * apart
        if round(here, DIGITS.get(name, 3)) != known or is_off:
            off.append(name)
        print(f"| {name} | {known:,} | {apart:,} | {here:,} |")
    if off:
        sys.exit(f"differs: {', '.join(off)}")


if __name__ == "__main__":
    main()
