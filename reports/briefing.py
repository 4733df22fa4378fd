"""Briefings as PDF: the facts and charts of the pages, set by Typst for a reader on paper.

The same generation, day, scope and language give the same bytes. Typst gets data as JSON and
pictures as SVG, and sees a folder that holds these and the template, and nothing else.
"""

import json
import shutil
import textwrap
from collections.abc import Hashable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst

from config import Settings
from reports import wording
from reports.broker import Publication, Scope, open_publication
from reports.charts import Figure, national
from reports.charts.figure import FONTS, to_svg
from reports.facts.days import (
    days_before,
    last_whole_day,
    short_moment,
    written_day,
    written_moment,
)
from reports.facts.overview import Overview
from reports.facts.promise import SMALL_NUMBER
from reports.facts.quality import Quality, quality

TEMPLATES = Path(__file__).parent / "templates"
KINDS = ("daily",)
LANGUAGES = ("en",)

# What fits: a briefing has exactly two pages, whatever happened.
_SHOWN_PARTS = 16
_SHOWN_CHANGES = 5
_SHOWN_ROWS = 3
_RECONCILED_DAYS = 7
_LONGEST_TEXT = 95
# A picture is drawn larger than it is set, so that its words come out at 8 points.
_PIXELS_PER_POINT = 1.36
_FULL_WIDTH, _HALF_WIDTH = 501, 243
# Pictures take the room that a quiet day leaves: points for each line of text that is not there.
_MOST_LINES = _SHOWN_PARTS + _SHOWN_CHANGES + 2 * _SHOWN_ROWS
_LINE_HEIGHT = 10
_BANNER_HEIGHT = 45


class BriefingError(Exception):
    """The briefing cannot be made as asked; the message says why and what would do."""


@dataclass(frozen=True)
class _Placed:
    """A figure and its size on paper, in points."""

    figure: Figure
    width: int
    height: int


def make_briefing(
    settings: Settings,
    kind: str,
    date: date,
    scope: Scope,
    language: str = "en",
    generation: str | None = None,
) -> bytes:
    """The briefing of the morning of `date` (a day of the authority), about the day before.

    PDF/A-2a and PDF/UA-1, two pages of A4, on `generation` (default: the current one). Raises
    BriefingError for an unknown kind or language, or a day that was not over at the as-of time;
    NothingPublishedError where there is no such generation.
    """
    if kind not in KINDS:
        raise BriefingError(f"no briefing is called {kind!r}; there is: {', '.join(KINDS)}")
    if language not in LANGUAGES:
        raise BriefingError(f"no briefing in {language!r}; there is: {', '.join(LANGUAGES)}")
    publication = open_publication(
        settings.home,
        generation,
        memory_limit_mb=settings.memory_limit_mb // 4,
        threads=settings.threads,
    )
    with closing(publication):
        day = date - timedelta(days=1)
        last = last_whole_day(publication.as_of, settings.authority_timezone)
        if day > last:
            raise BriefingError(
                f"the briefing of {date} is about {day}, which was not over at the as-of time of "
                f"generation {publication.generation}; the newest possible is of "
                f"{last + timedelta(days=1)}"
            )
        facts, figures = national.drawn_overview(publication, scope, day)
        state = quality(publication, scope, days_before(day, _RECONCILED_DAYS), day)
        data, placed = _daily(settings, publication, scope, facts, figures, state)
        return _set(kind, data, placed, publication)


def _daily(
    settings: Settings,
    publication: Publication,
    scope: Scope,
    facts: Overview,
    figures: Mapping[str, Figure],
    state: Quality,
) -> tuple[dict[str, Any], list[_Placed]]:
    where = scope.title
    banner = " ".join(wording.trust_sentences(state.trust))
    lines = (
        min(len(facts.day_by_part), _SHOWN_PARTS)
        + min(len(facts.changes), _SHOWN_CHANGES)
        + min(len(state.held), _SHOWN_ROWS)
        + min(len(state.quarantine), _SHOWN_ROWS)
    )
    first = 165 + (0 if banner else _BANNER_HEIGHT)
    second = 185 + _LINE_HEIGHT * min(10, _MOST_LINES - lines)
    placed = [
        _Placed(figures["intake"], _FULL_WIDTH, 145),
        _Placed(figures["backlogs"], _HALF_WIDTH, first),
        _Placed(figures["promise"], _HALF_WIDTH, first),
        _Placed(figures["week_by_part"], _HALF_WIDTH, second),
        _Placed(figures["ages"], _HALF_WIDTH, second),
    ]
    zone = settings.authority_timezone
    as_of = written_moment(publication.as_of, zone)
    data = {
        "language": "en",
        "title": f"Daily briefing of {written_day(facts.day + timedelta(days=1))}",
        "headline": wording.headline(facts),
        "scope": where,
        "as_of": as_of,
        "footer": f"As of {as_of} · generation {publication.generation} · {where}",
        "simulated": settings.simulated,
        "banner": banner,
        "tiles": [
            {
                "label": tile.label,
                "value": wording.number(tile.judged.value, tile.unit),
                "change": wording.tile_change(tile),
                "state": wording.tile_state(tile),
                "asks_for_action": tile.asks_for_action,
            }
            for tile in facts.tiles
        ],
        "figures": {
            item.figure.name: {
                "title": item.figure.title,
                "subtitle": f"{item.figure.subtitle} · as of "
                f"{short_moment(publication.as_of, zone)}",
                "alt": item.figure.alt,
                "file": f"{item.figure.name}.svg" if item.figure.specification else None,
                "height": item.height,
            }
            for item in placed
        },
        "findings": [wording.backlog_sentence(facts), wording.turnaround_sentence(facts)],
        "changes_title": wording.changes_title(facts),
        "changes": [
            {
                "text": f"{wording.GLYPHS[change.judged.verdict]} "
                f"{wording.change_sentence(change)}",
                "asks_for_action": change.is_bad,
            }
            for change in facts.changes[:_SHOWN_CHANGES]
        ],
        "parts": _parts(facts),
        "quality_title": wording.trust_title(state.trust),
        "quality": [
            f"{sentence}."
            for sentence in (
                wording.freshness_title(state),
                wording.verdicts_title(state),
                wording.held_title(state),
                wording.quarantine_title(state),
                f"{wording.reconciliation_title(state)} over {_RECONCILED_DAYS} days",
                wording.checks_title(state),
            )
        ],
        "held": [
            [row["record"], wording.number(row["rows_held"]), _shortened(row["reasons"])]
            for row in state.held.head(_SHOWN_ROWS).to_dict("records")
        ],
        "quarantine": [
            [
                _shortened(f"{row['record']} {row['rule']}"),
                wording.number(row["rows"]),
                _shortened(row["example_position"]),
            ]
            for row in state.quarantine.head(_SHOWN_ROWS).to_dict("records")
        ],
    }
    return data, placed


def _parts(facts: Overview) -> dict[str, Any]:
    """The table of zones (or offices): the day, both backlogs, and the promise of four weeks."""
    frame = (
        facts.day_by_part.merge(
            facts.backlog_by_part[["part", "in_progress", "beyond_promise", "oldest_days"]],
            on="part",
            how="outer",
        )
        .merge(facts.promise_by_part[["part", "due", "kept_pct"]], on="part", how="left")
        .sort_values(["submitted", "part"], ascending=[False, True])
    )
    columns = ("submitted", "expected_submitted", "ready", "in_progress", "beyond_promise")
    return {
        "kind": facts.part_kind.capitalize(),
        "rows": [
            [
                wording.short_name(row["part"]),
                *(wording.number(row[column]) for column in columns),
                wording.number(row["oldest_days"]),
                _kept(row),
            ]
            for row in frame.head(_SHOWN_PARTS).to_dict("records")
        ],
        "left_out": max(0, len(frame) - _SHOWN_PARTS),
    }


def _shortened(text: str | None) -> str:
    return textwrap.shorten(text or "", _LONGEST_TEXT, placeholder=" …")


def _kept(row: Mapping[Hashable, Any]) -> str:
    if not row["due"] >= SMALL_NUMBER:
        return f"< {SMALL_NUMBER} due"
    return wording.number(row["kept_pct"], "pct")


def _set(kind: str, data: dict[str, Any], placed: list[_Placed], publication: Publication) -> bytes:
    with TemporaryDirectory(prefix="passport-briefing-") as name:
        folder = Path(name)
        shutil.copyfile(TEMPLATES / f"{kind}.typ", folder / "main.typ")
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        for item in placed:
            if item.figure.specification is not None:
                picture = to_svg(
                    item.figure,
                    round(item.width * _PIXELS_PER_POINT),
                    round(item.height * _PIXELS_PER_POINT),
                )
                (folder / f"{item.figure.name}.svg").write_text(picture, encoding="utf-8")
        try:
            pdf = typst.compile(
                folder / "main.typ",
                root=folder,
                font_paths=[FONTS],
                ignore_system_fonts=True,
                format="pdf",
                pdf_standards=["a-2a", "ua-1"],
                timestamp=publication.as_of.replace(microsecond=0),
            )
        except typst.TypstError as error:
            raise BriefingError(f"the {kind} briefing cannot be set: {error.diagnostic}") from error
    if not isinstance(pdf, bytes):
        raise BriefingError(f"the {kind} briefing came out as several files")
    return pdf
