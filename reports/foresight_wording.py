"""Sentences for the codes of what lies ahead: reasons, methods, and what a proposal costs."""

from language import say


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
    """What a proposal costs (`rpt_redistribution.cost`), a sentence for each part of it."""
    sentences = {
        "waiting_minutes_per_day": say("Visitors of the giving place wait {n} minutes more a day"),
        "travel_minutes_per_day": say("Staff travel {n} minutes a day"),
        "desk_hours_per_day": say("{n} more hours at desks a day"),
        "normal_tier_days_later_at_receiver": say(
            "Normal passports of the receiving site wait up to {n} days longer, still in time"
        ),
    }
    parts = [part.partition("=")[::2] for part in cost.split(";")]
    return [sentences.get(code, code).format(n=number) for code, number in parts]
