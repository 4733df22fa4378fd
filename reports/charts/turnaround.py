"""The charts of the page Turnaround and promise."""

from datetime import date

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import (
    Line,
    bars,
    funnel,
    over_days,
    period,
    xmr_layers,
)
from reports.charts.theme import BLUE, GREEN, INK, ORANGE, PALE, VERMILION, themed
from reports.facts.days import day_of_month, month_of_year, plain_day
from reports.facts.promise import SMALL_NUMBER
from reports.facts.promises import TIERS, Promises, promises
from reports.facts.xmr import xmr
from reports.wording import counted, listed, number, spoken


def drawn_promises(
    publication: Publication, scope: Scope, tier: str, since: date, until: date
) -> tuple[Promises, dict[str, Figure]]:
    """The promise of a scope, and the charts of it by name: `kept_<tier>`, `turnaround`,
    `stages`, `offices`."""
    facts = promises(publication, scope, tier, since, until)
    figures = [kept_of_tier(facts, one) for one in TIERS]
    figures += [quantile_lines(facts), stages(facts), offices(facts)]
    return facts, {figure.name: figure for figure in figures}


def headline(facts: Promises) -> str:
    """Which tier keeps its promise least, of those with enough cases."""
    whole = facts.kept[facts.kept["tier"].isin(TIERS)].groupby("tier")[["kept", "due"]].sum()
    if whole.empty:
        return say("Fewer than {n} cases fell due on any day of the period", n=SMALL_NUMBER)
    share = (100.0 * whole["kept"] / whole["due"]).sort_values()
    told = [f"{spoken(str(tier))} {number(pct, 'pct')}" for tier, pct in share.items()]
    return say("Promise kept, the least first: {tiers}", tiers=listed(told))


def kept_of_tier(facts: Promises, tier: str) -> Figure:
    """XmR chart of the share kept, and whether it meets its target."""
    frame = facts.kept[facts.kept["tier"] == tier].reset_index(drop=True)
    limits = xmr(frame["kept_pct"].tolist(), floor=0.0, ceiling=100.0)
    name = spoken(tier).capitalize()
    target = None if frame.empty else frame["target_pct"].iloc[-1]
    title = say("{tier}: too few cases fell due to tell", tier=name)
    if limits:
        title = say(
            "{tier}: {n} beyond usual noise, {target}",
            tier=name,
            n=counted(sum(limits.signals), say("point"), say("points")),
            target=_against(limits.lower, limits.upper, target),
        )
    elif len(frame):
        share = 100.0 * frame["kept"].sum() / frame["due"].sum()
        title = say("{tier}: {share} kept so far", tier=name, share=number(share, "pct"))
    return Figure(
        f"kept_{tier}",
        title,
        say(
            "Share of due cases ready in time, per cent, by due day or week, {period}; mean, "
            "natural limits (dotted) and target {target}; below {few} due left out",
            period=period(frame),
            target=number(target, "pct"),
            few=SMALL_NUMBER,
        ),
        say("XmR chart of promises kept. {t}.", t=title),
        frame,
        themed(xmr_layers(frame, "kept_pct", limits, "below", due="due:Q"), 200)
        if len(frame)
        else None,
        ("promise_kept_share",),
    )


def _against(lower: float, upper: float, target: float | None) -> str:
    if target is None or target != target:
        return say("no target is set")
    if lower >= target:
        return say("will meet its target of {t}", t=number(target, "pct"))
    if upper < target:
        return say("will not meet its target of {t}", t=number(target, "pct"))
    return say("may miss its target of {t}", t=number(target, "pct"))


def quantile_lines(facts: Promises) -> Figure:
    """Median, 80 % and 90 % of days by week."""
    frame = facts.turnaround[
        (facts.turnaround["tier"] == facts.tier) & (facts.turnaround["completed"] >= SMALL_NUMBER)
    ].rename(columns={"period_start": "day"})
    title = say("Too few passports were completed in the weeks shown")
    if len(frame):
        last = frame.iloc[-1]
        title = say(
            "Half of {n} took up to {p50}, 80 % up to {p80} ({w50} and {w80} working days)",
            n=number(last["completed"]),
            p50=number(last["p50_days"], "days"),
            p80=number(last["p80_days"], "days"),
            w50=f"{last['p50_working_days']:.1f}",
            w80=f"{last['p80_working_days']:.1f}",
        )
    lines = {
        "p50_days": Line(say("Median"), BLUE),
        "p80_days": Line(say("80 % within"), ORANGE, (4, 3)),
        "p90_days": Line(say("90 % within"), INK, (2, 2)),
    }
    return Figure(
        "turnaround",
        title,
        say(
            "Calendar days from submission to ready, by week of completion, {tier}, {period}",
            tier=say("all tiers") if facts.tier == "all" else spoken(facts.tier),
            period=period(frame),
        ),
        say("Three lines of turnaround by week: median, 80th and 90th percentile. {t}.", t=title),
        frame,
        over_days(frame, lines, number_format=".1~f") if len(frame) > 1 else None,
        ("turnaround_p50", "turnaround_p80"),
    )


def stages(facts: Promises) -> Figure:
    """Where the time goes, by stage."""
    by_design, ours = say("Waits for the applicant"), say("Waits for us")
    frame = facts.stages[facts.stages["share_pct"] > 0].assign(
        stage=lambda rows: rows["stage_code"].map(spoken),
        owner=lambda rows: rows["is_waiting_by_design"].map({True: by_design, False: ours}),
    )
    title = say("No stage times are known of a whole month")
    if len(frame):
        title = say(
            "{stage} takes {share} of all the time",
            stage=frame["stage"].iloc[0].capitalize(),
            share=number(frame["share_pct"].iloc[0], "pct"),
        )
    month = month_of_year(facts.stages["month"].iloc[0]) if len(facts.stages) else say("no month")
    return Figure(
        "stages",
        title,
        say("Share of the time from submission to ready, per cent, {month}, by stage", month=month),
        say("A bar a stage of its share of the turnaround. {t}.", t=title),
        facts.stages,
        bars(
            frame,
            "stage",
            "share_pct",
            number_format=".0f",
            shades=("owner", {ours: BLUE, by_design: PALE}),
            width=110,
        )
        if len(frame)
        else None,
        ("stage_share_of_turnaround",),
    )


def offices(facts: Promises) -> Figure:
    """A funnel: which offices keep less, or more, than the usual spread."""
    states = {
        "usual": (say("Within the usual spread"), BLUE, "circle"),
        "above": (say("Keeps more"), GREEN, "triangle-up"),
        "below": (say("Keeps less"), VERMILION, "triangle-down"),
    }
    shown = facts.places[facts.places["state"] != "few"]
    below = shown[shown["state"] == "below"].sort_values("share_pct")
    few = len(facts.places) - len(shown)
    title = say("No office had {n} cases due", n=SMALL_NUMBER)
    if len(shown):
        title = say("No office of {n} keeps less than the usual spread", n=len(shown))
    if len(below):
        title = say(
            "{n} of {all} offices keep less than the usual spread: {names}",
            n=len(below),
            all=len(shown),
            names=listed(list(below["part"])),
        )
    centre = 100.0 * facts.places["kept"].sum() / facts.places["cases"].sum() if len(shown) else 0.0
    words = {state: word for state, (word, _, _) in states.items()}
    return Figure(
        "offices",
        title,
        say(
            "Share of due cases ready in time against cases due, by office, {since} to {until}; "
            "mean {centre}, limits of chance and the usual spread; {few} offices below {small} due "
            "are not judged",
            since=day_of_month(facts.since),
            until=plain_day(facts.until),
            centre=number(centre, "pct"),
            few=few,
            small=SMALL_NUMBER,
        ),
        say("A funnel plot of offices, share kept against cases due. {t}.", t=title),
        facts.places.drop(columns="office_code"),
        funnel(
            shown.assign(state=shown["state"].map(words)),
            centre,
            {word: (colour, shape) for word, colour, shape in states.values()},
            (say("cases due"), say("% kept")),
        )
        if len(shown)
        else None,
        ("promise_kept_share",),
    )
