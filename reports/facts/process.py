"""Which way do cases really take? Variants of their way, and moves from stage to stage."""

from dataclasses import dataclass

import pandas as pd

from reports.broker import Publication, Scope, rows

SHOWN_VARIANTS = 200
ARROW = "→"


@dataclass(frozen=True)
class Process:
    """The ways of a scope's cases; frames as their functions say."""

    variants: pd.DataFrame
    moves: pd.DataFrame

    @property
    def conforming_pct(self) -> float | None:
        """The share of cases that went a way that is meant to be gone."""
        if not self.variants["cases"].sum():
            return None
        conforming = self.variants.loc[self.variants["is_conforming"], "cases"].sum()
        return float(100.0 * conforming / self.variants["cases"].sum())


def process(publication: Publication, scope: Scope) -> Process:
    """The ways that cases of a scope went, in the months that the publication covers."""
    which = {"scope": scope.place_scope}
    return Process(
        variants=rows(publication, scope, _VARIANTS, which),
        moves=rows(publication, scope, _MOVES, which),
    )


def stage_order(variants: pd.DataFrame) -> list[str]:
    """The stages in the order in which cases meet them: by their mean place on the way."""
    places: dict[str, list[float]] = {}
    for variant in variants.to_dict("records"):
        stages = list(dict.fromkeys(str(variant["stages_text"]).split(ARROW)))
        for place, stage in enumerate(stages):
            total = places.setdefault(stage, [0.0, 0.0])
            # Counted from the end: ways begin at different stages and end at the same.
            total[0] += (place - len(stages)) * float(variant["cases"])
            total[1] += float(variant["cases"])
    return sorted(places, key=lambda stage: (places[stage][0] / places[stage][1], stage))


def cases_of_variant(publication: Publication, scope: Scope, variant_key: str) -> pd.DataFrame:
    """The newest 200 cases that went that way: application_id, office, tier, submitted_at,
    span_days, rework_count."""
    return rows(
        publication,
        scope,
        """
        select
            application_id, name as office, tier, submitted_at,
            span_seconds::double / 86400 as span_days, rework_count::double as rework_count
        from rpt_applications
        inner join rpt_places using (office_code)
        where variant_key = $variant
        order by submitted_at desc, application_id
        limit 200
        """,
        {"variant": variant_key},
    )


# One row a variant, the most cases first: variant_key, stages_text, cases, share_pct, p50_days,
# mean_days, is_conforming, is_small_number.
_VARIANTS = """
    select
        variant_key, stages_text, cases::double as cases, share_pct,
        p50_span_seconds::double / 86400 as p50_days,
        mean_span_seconds::double / 86400 as mean_days,
        is_conforming, is_small_number
    from rpt_process_variants
    where place_scope = $scope
    order by cases desc, variant_key
"""

# One row a move from a completed stage to the next: from_stage_code, to_stage_code, moves, cases,
# p50_hours, mean_hours, sum_days, is_waiting_by_design, is_small_number.
_MOVES = """
    select
        from_stage_code, to_stage_code, moves::double as moves, cases::double as cases,
        p50_seconds::double / 3600 as p50_hours, mean_seconds::double / 3600 as mean_hours,
        sum_seconds::double / 86400 as sum_days, is_waiting_by_design, is_small_number
    from rpt_process_moves
    where place_scope = $scope
    order by moves desc, from_stage_code, to_stage_code
"""
