"""Can today's numbers be trusted? What arrived, what was held back, what does not add up."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows

# States of freshness that a reader must be told about on every page.
STALE_STATES = ("late", "silent")


@dataclass(frozen=True)
class Trust:
    """What a reader must know before believing a figure: batches held, records that are stale,
    checks of the newest day that failed."""

    held_batches: int
    held_rows: int
    held_records: tuple[str, ...]
    stale_records: tuple[str, ...]
    failed_checks: int

    @property
    def is_full(self) -> bool:
        return not (self.held_batches or self.stale_records or self.failed_checks)


def freshness(publication: Publication, scope: Scope) -> pd.DataFrame:
    """One row a record over all places: record, state, newest_source_at, newest_loaded_at,
    lag_minutes, waiting_for_parent (rows), silent_places (places that sent nothing lately)."""
    return rows(
        publication,
        scope,
        """
        with silent as (
            select record, count(*) as silent_places
            from rpt_freshness
            where office_code <> 'all' and state = 'silent'
            group by record
        )

        select
            record,
            state,
            newest_source_at,
            newest_loaded_at,
            lag_minutes::double as lag_minutes,
            waiting_for_parent::double as waiting_for_parent,
            coalesce(silent_places, 0)::double as silent_places
        from rpt_freshness
        left join silent using (record)
        where office_code = 'all'
        order by record
        """,
    )


def verdicts(publication: Publication, scope: Scope) -> pd.DataFrame:
    """One row a record: record, batches, rows_read, rows_admitted, rows_repeated,
    rows_quarantined, rows_held (rows), held (batches held now), newest_loaded_at."""
    return rows(
        publication,
        scope,
        """
        select
            record,
            count(*)::double as batches,
            sum(rows_read)::double as rows_read,
            sum(rows_admitted)::double as rows_admitted,
            sum(rows_repeated)::double as rows_repeated,
            sum(rows_quarantined)::double as rows_quarantined,
            sum(rows_held)::double as rows_held,
            count(*) filter (where verdict = 'held')::double as held,
            max(loaded_at) as newest_loaded_at
        from rpt_load
        group by record
        order by record
        """,
    )


def held_batches(publication: Publication, scope: Scope) -> pd.DataFrame:
    """Batches that the gate holds now, newest first: record, batch_id, rows_held, reasons,
    source_name, window_from, window_until, loaded_at."""
    return rows(
        publication,
        scope,
        """
        select
            record, batch_id, rows_held, reasons, source_name, window_from, window_until, loaded_at
        from rpt_load
        where verdict = 'held'
        order by loaded_at desc, record, batch_id
        """,
    )


def quarantine(publication: Publication, scope: Scope) -> pd.DataFrame:
    """Rows set aside, one row a record and rule, the most first: record, rule, rows, oldest_at,
    example_position (file and row, never a value)."""
    return rows(
        publication,
        scope,
        """
        select record, rule, rows::double as rows, oldest_at, example_position
        from rpt_quarantine
        where rows > 0
        order by rows desc, record, rule
        """,
    )


def reconciliation(
    publication: Publication, scope: Scope, since: date, until: date
) -> pd.DataFrame:
    """Rows at the source against rows landed, one row a record: record, days, source_rows,
    landed_rows, difference, days_apart (days that differ)."""
    return rows(
        publication,
        scope,
        """
        select
            record,
            count(*)::double as days,
            sum(source_rows)::double as source_rows,
            sum(landed_rows)::double as landed_rows,
            sum(difference)::double as difference,
            count(*) filter (where difference <> 0)::double as days_apart
        from rpt_reconciliation
        where day between $since and $until
        group by record
        order by abs(sum(difference)) desc, record
        """,
        {"since": since, "until": until},
    )


def checks(publication: Publication, scope: Scope) -> pd.DataFrame:
    """The checks of the newest run day, those that did not pass first: check_name, layer, outcome,
    observed, expected, run_day."""
    return rows(
        publication,
        scope,
        """
        select check_name, layer, outcome, observed, expected, run_day::timestamp as run_day
        from rpt_checks
        where run_day = (select max(run_day) from rpt_checks)
        order by outcome = 'passed', layer, check_name
        """,
    )


def generations(publication: Publication, scope: Scope) -> pd.DataFrame:
    """Publications, newest first: generation, as_of, published_at, code_version, fingerprint,
    is_rolled_back, restated_from_on (days that were over and are told anew; null where none)."""
    return rows(
        publication,
        scope,
        """
        select
            generation, as_of, published_at, code_version, fingerprint, is_rolled_back,
            restated_from_on::timestamp as restated_from_on
        from rpt_generations
        order by published_at desc, generation desc
        """,
    )


@dataclass(frozen=True)
class Definition:
    """What a measure is, and in which unit."""

    unit: str
    definition: str


def definitions(publication: Publication, scope: Scope) -> dict[str, Definition]:
    """How each measure is defined, by its name."""
    frame = rows(publication, scope, "select metric, unit, definition from rpt_metrics")
    return {
        metric: Definition(unit, definition)
        for metric, unit, definition in frame.itertuples(index=False, name=None)
    }


def trust(publication: Publication, scope: Scope) -> Trust:
    """What a page or briefing has to say in a banner."""
    held = held_batches(publication, scope)
    fresh = freshness(publication, scope)
    checked = checks(publication, scope)
    return Trust(
        held_batches=len(held),
        held_rows=int(held["rows_held"].sum()),
        held_records=tuple(sorted(set(held["record"]))),
        stale_records=tuple(fresh.loc[fresh["state"].isin(STALE_STATES), "record"]),
        failed_checks=int((checked["outcome"] == "failed").sum()),
    )


@dataclass(frozen=True)
class Quality:
    """All that the Data quality page and the second page of a briefing say about the data."""

    trust: Trust
    freshness: pd.DataFrame
    verdicts: pd.DataFrame
    held: pd.DataFrame
    quarantine: pd.DataFrame
    reconciliation: pd.DataFrame
    checks: pd.DataFrame
    generations: pd.DataFrame


def quality(publication: Publication, scope: Scope, since: date, until: date) -> Quality:
    """The state of the data; rows are reconciled over the days from `since` to `until`."""
    return Quality(
        trust=trust(publication, scope),
        freshness=freshness(publication, scope),
        verdicts=verdicts(publication, scope),
        held=held_batches(publication, scope),
        quarantine=quarantine(publication, scope),
        reconciliation=reconciliation(publication, scope, since, until),
        checks=checks(publication, scope),
        generations=generations(publication, scope),
    )
