"""Sentences for the codes of what lies ahead: reasons, methods, and proposals with what they gain
and cost."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from language import say
from reports.facts.days import day_of_month
from reports.wording import amount, counted, decimal, joined


def risk_reason(code: str) -> str:
    """Why a case may miss its promise (`rpt_promise_risk.reason`); an unknown code as it is."""
    return {
        "lapsed": say("The promise has lapsed"),
        "time_left": say("Little of the promised time is left"),
        "stage_pace": say("Cases at this stage have taken too long of late"),
        "print_queue": say("The print queue ahead is long"),
        "machines": say("Machines are down where it will be printed"),
        "stock": say("Material for printing runs short"),
        "link": say("The office's link is down"),
        "place": say("This place has missed more promises of late than others"),
        "little_history": say(
            "By the rate of its tier, stage and time used: there is little history"
        ),
    }.get(code, code)


def forecast_method(code: str) -> str:
    """How a forecast was made (`rpt_forecast.method`); an unknown code as it is."""
    return {
        "seasonal_naive": say("As the same weekday last week"),
        "weekday_mean": say("Mean of the last eight same weekdays, with holidays and Ramadan"),
        "weekday_mean_recent": say("Mean of the latest same weekdays, with holidays and Ramadan"),
        "weekday_mean_level": say(
            "Mean of the last eight same weekdays, moved by the last two weeks, with holidays and"
            " Ramadan"
        ),
        "conserved_flow": say("Backlog today, and what is forecast to come and leave"),
    }.get(code.split(":")[0], code)


def proposal_cost(cost: str) -> list[str]:
    """What a proposal costs (`rpt_redistribution.cost`), a sentence for each part that costs
    anything."""
    sentences = {
        "waiting_minutes_per_day": say("Visitors of the giving place wait {n} minutes more a day"),
        "travel_minutes_per_day": say("Staff travel {n} minutes a day"),
        "desk_hours_per_day": say("{n} more hours at desks a day"),
        "normal_tier_days_later_at_receiver": say(
            "Normal passports of the receiving site wait up to {n} days longer, still in time"
        ),
    }
    parts = [part.partition("=")[::2] for part in cost.split(";")]
    return [
        sentences[code].format(n=amount(float(number))) if code in sentences else code
        for code, number in parts
        if code not in sentences or float(number)
    ]


def proposal_title(proposal: Mapping[Hashable, Any]) -> str:
    """A row of `facts.redistribution` in words: what moves from where to where, and when."""
    days = say(
        "{begin} to {end}",
        begin=day_of_month(proposal["from_day"]),
        end=day_of_month(proposal["to_day"]),
    )
    size = amount(proposal["quantity"])
    to_name = proposal["to_name"]
    match proposal["kind"]:
        case "staff":
            return say(
                "Move {desks} from {giver} to {receiver}, {days}",
                desks=counted(proposal["quantity"], "desk"),
                giver=proposal["from_name"],
                receiver=to_name,
                days=days,
            )
        case "print":
            return say(
                "Print {n} jobs a day of {giver} at {receiver}, {days}",
                n=size,
                giver=proposal["from_name"],
                receiver=to_name,
                days=days,
            )
        case _:
            return say(
                "Open {place} longer by {hours}, {days}",
                place=to_name,
                hours=f"{size} {say('hour') if proposal['quantity'] == 1 else say('hours')}",
                days=days,
            )


def proposal_gain(proposal: Mapping[Hashable, Any]) -> str:
    """What a row of `facts.redistribution` is expected to bring over all its days."""
    parts = []
    if late := proposal["expected_late_avoided"]:
        parts.append(say("{n} fewer late passports", n=decimal(late)))
    if minutes := proposal["expected_waiting_minutes_avoided"]:
        parts.append(say("visitors wait {n} hours less in all", n=decimal(minutes / 60)))
    return joined(parts) or say("nothing that is counted")


def seen_effect(seen: str | None) -> str:
    """What was seen in the days of a decision (`rpt_redistribution.seen_effect`) against those
    before; empty where it is not known yet."""
    name, _, number = (seen or "").partition("=")
    match name:
        case "late_avoided":
            late = float(number)
            if late < 0:
                return say("{n} more late passports", n=decimal(-late))
            return say("{n} fewer late passports", n=decimal(late))
        case "waiting_minutes_avoided":
            hours = float(number) / 60
            if hours < 0:
                return say("visitors waited {n} hours more in all", n=decimal(-hours))
            return say("visitors waited {n} hours less in all", n=decimal(hours))
        case _:
            return ""


def redistribution_title(waiting: pd.DataFrame) -> str:
    """What the proposals that wait for a decision would bring together."""
    if waiting.empty:
        return say("No proposal waits for a decision")
    late = waiting["expected_late_avoided"].sum()
    hours = waiting["expected_waiting_minutes_avoided"].sum() / 60
    gains = []
    if round(late):
        gains.append(say("{n} fewer late passports", n=decimal(late)))
    if round(hours):
        gains.append(say("visitors wait {n} hours less", n=decimal(hours)))
    return say(
        "{proposals} to decide on: {gains}",
        proposals=counted(len(waiting), "proposal"),
        gains=joined(gains) or say("nothing that is counted"),
    )
