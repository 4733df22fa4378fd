"""What the kinds of briefing share: whose it is, what stands at head and foot, and tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from config import Settings
from language import is_right_to_left, language, say
from reports import wording
from reports.broker import Publication, Scope, rows
from reports.charts import Figure
from reports.facts.days import written_moment
from reports.facts.overview import Overview, Unit
from reports.facts.places import is_one_place
from reports.facts.quality import Quality
from reports.paper import Block, Heading, PaperTile, Part, Pictures, Table, Tiles, told


@dataclass(frozen=True)
class Desk:
    """What every writer needs: the settings, the open publication, the scope, what the scope is
    called, and the run that made the publication."""

    settings: Settings
    publication: Publication
    scope: Scope
    run_id: str

    @property
    def timezone(self) -> str:
        """The authority's."""
        return self.settings.authority_timezone

    @property
    def is_one_place(self) -> bool:
        """True for an office or a mission: nothing lies within it."""
        return is_one_place(self.scope)

    @property
    def place(self) -> str:
        """The scope as a reader would say it; a place by its name and code."""
        if not self.is_one_place:
            return self.scope.title
        code = self.scope.name.partition(":")[2]
        found = rows(self.publication, self.scope, "select name from rpt_places")
        return f"{found['name'].iloc[0]} ({code})" if len(found) else self.scope.title


def part(
    desk: Desk,
    title: str,
    headline: str,
    banners: Iterable[str],
    blocks: Iterable[Block],
    filters: str,
) -> Part:
    """A part in the language of now; `filters` say of which days and cases."""
    place = desk.place
    as_of = written_moment(desk.publication.as_of, desk.timezone)
    simulated = say(
        "Simulated data: no real office, person or passport stands behind these figures."
    )
    return Part(
        language=cast(Literal["en", "ur"], language()),
        title=title,
        about=say(
            "{place}. {filters}. As of {moment}.", place=place, filters=filters, moment=as_of
        ),
        banners=tuple(
            text for text in ([simulated] if desk.settings.simulated else []) + [*banners] if text
        ),
        headline=headline,
        footer=say(
            "As of {moment} · {place} · {filters} · generation {generation} · run {run}",
            moment=as_of,
            place=wording.isolated(place),
            filters=filters,
            generation=wording.isolated(desk.publication.generation),
            run=wording.isolated(desk.run_id),
        ),
        blocks=tuple(blocks),
    )


def nothing_known() -> list[Block]:
    """All that a briefing of a place without a case has to say."""
    return [told([say("No application or open case of this place is known of.")], is_list=False)]


def table(
    columns: Iterable[str],
    cells: Iterable[tuple[str, ...]],
    *,
    text: tuple[int, ...] = (0,),
    wide: tuple[int, ...] = (0,),
    title: str = "",
    note: str = "",
) -> Table:
    """A table whose columns have the names that pages give them; all but `text` are numbers."""
    head = tuple(wording.column_label(column) for column in columns)
    numbers = tuple(n for n in range(len(head)) if n not in text)
    return Table(head, tuple(cells), numbers, wide, title, note)


def pictures(figures: Iterable[Figure], height: int) -> list[Block]:
    """Figures two by two, each `height` points high. Where there is nothing to draw, the title says
    why in a line and takes no room."""
    every = list(figures)
    drawn = [figure for figure in every if figure.specification is not None]
    missing = [figure for figure in every if figure.specification is None]
    pairs = [drawn[first : first + 2] for first in range(0, len(drawn), 2)]
    blocks: list[Block] = [Pictures(tuple(pair), height) for pair in pairs]
    if missing:
        titles = [say("{sentence}.", sentence=figure.title) for figure in missing]
        blocks.append(told(titles, is_list=False))
    return blocks


def rows_high(points: int) -> int:
    """Room for names below each other; those in Nastaliq need more of it."""
    return points * 7 // 5 if is_right_to_left() else points


def left_out(shown: int, there_are: int) -> str:
    """How many rows of a table are not there; empty where all are."""
    if there_are <= shown:
        return ""
    return say(
        "{n} more are left out; the dashboard shows them all.", n=wording.decimal(there_are - shown)
    )


def known(value: float | None, unit: Unit = "count") -> str:
    """A figure of a table; a dash where the thing of the row has none."""
    return "–" if value is None else wording.number(value, unit)


def share(kept_pct: float | None, due: float | None, small: int) -> str:
    """A share in per cent; of too few cases it says so instead."""
    if due is None or due < small:
        return say("< {n} due", n=small)
    return wording.number(kept_pct, "pct")


def tiles(overview: Overview) -> Tiles:
    """The figures of the day against what was expected of them."""
    return Tiles(
        tuple(
            PaperTile(
                tile.label,
                wording.number(tile.judged.value, tile.unit),
                wording.tile_change(tile),
                wording.tile_state(tile),
                tile.asks_for_action,
            )
            for tile in overview.tiles
        )
    )


def data_quality(state: Quality, days: int) -> list[Block]:
    """Whether the figures can be believed, and what is held back or does not add up."""
    return [
        Heading(say("Data quality: {finding}", finding=wording.trust_title(state.trust))),
        told(
            say("{sentence}.", sentence=sentence)
            for sentence in (
                wording.freshness_title(state),
                wording.verdicts_title(state),
                wording.held_title(state),
                wording.quarantine_title(state),
                say(
                    "{finding} over {n} days",
                    finding=wording.reconciliation_title(state),
                    n=days,
                ),
                wording.checks_title(state),
            )
        ),
    ]
