"""How is this number made? The catalogue of measures, and the tables that hold them."""

from dataclasses import dataclass

import pandas as pd

from reports.broker import Publication, Scope, rows

# The layers that a figure comes through, and what each is.
SOURCES = (
    ("landing", "files as read, with the gate's verdict on each row"),
    ("staging", "one model a record: names and types only"),
    ("marts", "facts and dimensions, with everything that does not depend on now"),
    ("reporting", "the tables below: what one page or briefing reads"),
    ("published", "one generation of them, which a whole page reads"),
)


@dataclass(frozen=True)
class Catalogue:
    """One row a measure (`metrics`) and a table of the publication (`tables`)."""

    metrics: pd.DataFrame
    tables: pd.DataFrame


def catalogue(publication: Publication, scope: Scope, wanted: str, table: str) -> Catalogue:
    """Measures whose name or definition holds `wanted` (any case), of one table or of all (``).

    metrics: metric, definition, unit, formula, table_name, column_name, owner; tables: table_name,
    measures (how many of them)."""
    metrics = rows(
        publication,
        scope,
        """
        select metric, definition, unit, formula, table_name, column_name, owner
        from rpt_metrics
        where
            contains(lower(metric || ' ' || definition), lower($wanted))
            and $table in ('', table_name)
        order by table_name, metric
        """,
        {"wanted": wanted, "table": table},
    )
    tables = rows(
        publication,
        scope,
        """
        select table_name, count(*)::double as measures
        from rpt_metrics
        group by table_name
        order by table_name
        """,
    )
    return Catalogue(metrics, tables)
