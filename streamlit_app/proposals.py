"""How a proposal is drawn and decided on, and what was decided before."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
from incident_desk import REFUSALS, Desk, answer, log_of, open_desk, refused
from incident_forms import written
from page_parts import View
from plain_text import plain

from access.audit_log import Action
from language import say
from reports import foresight_wording as words
from reports.facts.redistribution import redistribution
from reports.wording import STATE_GLYPHS, decimal
from response.decisions import (
    Decision,
    Proposal,
    Verdict,
    decide,
    decisions_at,
    newest_decisions,
    subject_of,
    verdict_word,
)
from response.inbox import Line
from response.permissions import Places
from response.wording import headline


@dataclass(frozen=True)
class Standing:
    """Proposals of a view's places: those that nobody decided on yet (as `facts.redistribution` has
    them), and what was decided, the newest first, with what was seen of it by its number."""

    waiting: pd.DataFrame
    decided: list[Decision]
    seen: Mapping[Hashable, str]
    published: pd.DataFrame
    names: pd.DataFrame
    lie: Places


def standing(view: View, desk: Desk, names: pd.DataFrame) -> Standing:
    """What is published, less what was decided since. `names` are all places that the reader may
    see, by office_code."""
    facts = view.ask(redistribution)
    lie = dict(
        zip(names.index, zip(names["zone"], names["kind"] == "mission", strict=True), strict=True)
    )
    with desk.store.connect() as connection:
        newest = newest_decisions(connection)
    waiting = facts.waiting[~facts.waiting["recommendation_id"].isin(list(newest))]
    decided = decisions_at(reversed(newest.values()), view.scope.place_scope, lie)
    seen = facts.decided.set_index("recommendation_id")["seen_effect"].dropna().to_dict()
    return Standing(waiting, list(decided), seen, facts.decided, names, lie)


def proposal_of(row: Mapping[Hashable, Any]) -> Proposal:
    """A row of `facts.redistribution` as it is decided on."""
    return Proposal(
        row["recommendation_id"],
        row["kind"],
        row["from_place"] if isinstance(row["from_place"], str) else None,
        row["to_place"],
        float(row["quantity"]),
        row["unit"],
        row["from_day"].date(),
        row["to_day"].date(),
        float(row["expected_late_avoided"]),
        float(row["expected_waiting_minutes_avoided"]),
        row["cost"],
    )


def draw(
    row: Mapping[Hashable, Any], lines: Sequence[Line], places: Places, is_decider: bool
) -> None:
    """A proposal that waits, and, for who decides, a form. `lines` are the open incidents."""
    with st.container(border=True, gap="small"):
        st.markdown(f"**{plain(words.proposal_title(row))}**")
        told = [say("Expected: {gain}", gain=words.proposal_gain(row))]
        if pd.notna(row["km"]):
            told.append(say("{n} km apart", n=decimal(row["km"])))
        st.markdown(plain(" · ".join(told)))
        st.caption(plain(say("It costs: {cost}", cost="; ".join(words.proposal_cost(row["cost"])))))
        if is_decider:
            with st.expander(say("Decide")):
                _form(proposal_of(row), lines, places)


def draw_decided(decision: Decision, row: Mapping[Hashable, Any], seen: str | None) -> None:
    """A decision: by whom and why, for which incident, what was expected and what was seen."""
    with st.container(border=True, gap="small"):
        st.markdown(f"**{plain(decided_title(decision, row))}**")
        written(decision.reason)
        told = say("{who}, {moment}", who=decision.actor, moment=open_desk().moment(decision.at))
        if decision.incident_id is not None:
            told += " · " + say("for incident #{number}", number=decision.incident_id)
        st.caption(plain(told))
        st.markdown(plain(came_of(row, seen)))


def decided_title(decision: Decision, row: Mapping[Hashable, Any]) -> str:
    """What was decided on which proposal."""
    verdict = f"{STATE_GLYPHS[decision.verdict]} {verdict_word(decision.verdict)}"
    return f"{verdict}: {words.proposal_title(row)}"


def came_of(row: Mapping[Hashable, Any], seen: str | None) -> str:
    """What a decision was expected to bring, and what was seen."""
    found = words.seen_effect(seen) or say("not known before its days are over and published")
    return say("Expected: {gain}. Seen: {seen}", gain=words.proposal_gain(row), seen=found)


def row_of(decision: Decision, names: pd.DataFrame) -> dict[Hashable, Any]:
    """A decision's proposal with the names of its places, as the words take it. `names` is by
    office_code."""
    proposal = decision.proposal

    def named(place: str | None) -> str | None:
        return str(names["name"].get(place, place)) if place else None

    return {
        **vars(proposal),
        "from_name": named(proposal.from_place),
        "to_name": named(proposal.to_place),
    }


def _form(proposal: Proposal, lines: Sequence[Line], places: Places) -> None:
    key = f"decide_{proposal.recommendation_id}"
    here = [f"office:{place}" for place in proposal.places]
    near = sorted(lines, key=lambda line: line.incident.place_scope not in here)
    titles = {
        line.incident.incident_id: f"#{line.incident.incident_id} {headline(line.told)}"
        for line in near
    }
    is_near = bool(near) and near[0].incident.place_scope in here
    with st.form(f"{key}_form", border=False):
        st.selectbox(
            say("For which incident"),
            [None, *titles],
            index=int(is_near),
            format_func=lambda number: titles[number] if number else say("For none"),
            key=f"{key}_incident",
        )
        st.text_input(say("Why"), key=key, max_chars=500)
        with st.container(horizontal=True):
            for verdict, label in (("accepted", say("Accept")), ("rejected", say("Reject"))):
                st.form_submit_button(
                    label,
                    on_click=_decide,
                    args=(proposal, verdict, places),
                    type="primary" if verdict == "accepted" else "secondary",
                )


def _decide(proposal: Proposal, verdict: Verdict, places: Places) -> None:
    desk = open_desk()
    key = f"decide_{proposal.recommendation_id}"
    decision = Decision(
        proposal,
        verdict,
        st.session_state[key],
        st.session_state[f"{key}_incident"],
        desk.reader.who,
        desk.role,
        desk.now,
    )
    try:
        decide(desk.store, decision, desk.scope, places, log=log_of(desk, Action.decided))
    except REFUSALS as error:
        refused(desk, subject_of(proposal), error)
        return
    answer("done", say("{verdict}, and kept with its reason.", verdict=verdict_word(verdict)))
