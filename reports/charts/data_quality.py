"""The charts of the Data quality page."""

from datetime import date

import altair as alt

from language import say
from reports import wording
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.theme import INK, ORANGE, VERMILION, themed
from reports.facts.quality import Quality, quality

SHOWN_RULES = 12


def drawn_quality(
    publication: Publication, scope: Scope, since: date, until: date
) -> tuple[Quality, dict[str, Figure]]:
    """The state of the data, and the charts of it by name: `quarantine`, `verdicts`."""
    facts = quality(publication, scope, since, until)
    figures = [quarantine(facts), verdicts(facts)]
    return facts, {figure.name: figure for figure in figures}


def quarantine(quality: Quality) -> Figure:
    """Rows set aside, by rule."""
    frame = quality.quarantine
    drawn = frame.head(SHOWN_RULES).assign(
        label=lambda rules: rules["record"] + " · " + rules["rule"]
    )
    chart = (
        alt.Chart(drawn)
        .mark_bar(color=ORANGE)
        .encode(
            y=alt.Y(
                "label:N",
                title=None,
                sort=drawn["label"].tolist(),
                axis=alt.Axis(domain=False, ticks=False, labelColor=INK, labelLimit=320),
            ),
            x=alt.X("rows:Q", title=None, axis=alt.Axis(format=",d", grid=True, tickMinStep=1)),
            tooltip=[alt.Tooltip("label:N", title=say("rule")), alt.Tooltip("rows:Q", format=",d")],
        )
    )
    return Figure(
        "quarantine",
        wording.quarantine_title(quality),
        say("Rows in quarantine by record and rule, not yet released"),
        say(
            "A bar a rule of rows in quarantine. {finding}.",
            finding=wording.quarantine_title(quality),
        ),
        frame,
        themed(chart, 40 + 26 * len(drawn)) if len(frame) else None,
    )


def verdicts(quality: Quality) -> Figure:
    """What share of the rows read was not let in, by record."""
    names = {"rows_quarantined": say("In quarantine"), "rows_held": say("Held")}
    frame = quality.verdicts
    long = frame.melt(["record", "rows_read"], list(names), "verdict", "rows")
    drawn = long[long["rows_read"] > 0].assign(
        verdict=long["verdict"].map(names), share=long["rows"] / long["rows_read"]
    )
    chart = (
        alt.Chart(drawn)
        .mark_bar()
        .encode(
            y=alt.Y(
                "record:N",
                title=None,
                axis=alt.Axis(domain=False, ticks=False, labelColor=INK, labelLimit=200),
            ),
            x=alt.X("share:Q", title=None, axis=alt.Axis(format=".2~%", grid=True, tickCount=5)),
            color=alt.Color(
                "verdict:N",
                title=None,
                scale=alt.Scale(domain=list(names.values()), range=[ORANGE, VERMILION]),
            ),
            tooltip=["record:N", "verdict:N", alt.Tooltip("rows:Q", format=",d")],
        )
    )
    return Figure(
        "verdicts",
        wording.verdicts_title(quality),
        say("Rows not admitted as a share of the rows read, per cent, by record, all kept batches"),
        say(
            "A bar a record of the share of its rows that was not admitted. {finding}.",
            finding=wording.verdicts_title(quality),
        ),
        frame,
        themed(chart, 70 + 22 * drawn["record"].nunique()) if drawn["rows"].sum() else None,
    )
