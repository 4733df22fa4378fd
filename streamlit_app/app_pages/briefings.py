"""Briefings: where is the PDF, who gets it, and did it arrive?"""

from briefing_parts import Desk, deliveries, recipients, send_now, shelf, subscribe_form, viewer
from filters import choose, from_address
from page_parts import open_view

from language import say

PARTS = ("archive", "recipients", "log")


def page() -> None:
    view = open_view(say("Briefings"), say("Where is the PDF, who gets it, and did it arrive?"))
    if view is None:
        return
    desk = Desk.of(view)
    names = (say("Archive"), say("Recipients"), say("Delivery log"))
    part = from_address("part", PARTS) or PARTS[0]
    choose("part", say("Show"), dict(zip(PARTS, names, strict=True)), part)
    match part:
        case "recipients":
            recipients(desk)
            subscribe_form(desk)
        case "log":
            deliveries(desk)
        case _:
            chosen = shelf(desk)
            send_now(desk, chosen)
            if chosen is not None:
                viewer(desk, chosen)


page()
