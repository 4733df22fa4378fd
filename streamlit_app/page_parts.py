"""What every page shares: one generation, its facts from the cache, figures, tables, banners."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st
from plain_text import plain
from publications import answered, opened
from reader import Reader, current_reader, note
from streamlit.elements.lib.column_types import ColumnConfig
from switches import chosen_language

from access.audit_log import Action
from config import Settings
from language import language, say, speak, speaking
from reports import export, wording
from reports.broker import NothingPublishedError, Publication, Scope, current_generation
from reports.charts import Figure
from reports.facts.days import last_whole_day, short_moment, written_moment
from reports.facts.overview import Tile
from reports.facts.quality import definitions, trust

REFRESH = "5m"
# A page says so when its figures are older; the hourly run makes new ones.
STALE_AFTER = timedelta(hours=2)
# From here on an age is told in days.
LONG = timedelta(days=2)
# A table of so many rows is shown whole; a longer one scrolls.
WHOLE_ROWS = 25
SHOWN_DECIMALS = 2

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class View:
    """What one run of a page shows: one generation, within the reader's scope. `day` is the last
    whole day of the authority before the publication's as-of time."""

    settings: Settings
    publication: Publication
    scope: Scope
    day: date
    reader: Reader
    page: str

    def ask(
        self,
        fact: Callable[Concatenate[Publication, Scope, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The answer of a fact function, from the cache where it was asked before."""
        key = (
            str(self.settings.home.path),
            self.publication.generation,
            self.scope.name,
            language(),
            f"{fact.__module__}.{fact.__qualname__}",
            args,
            tuple(sorted(kwargs.items())),
        )
        return answered(repr(key), lambda: fact(self.publication, self.scope, *args, **kwargs))

    def moment(self) -> str:
        """The as-of time with its zone."""
        return written_moment(self.publication.as_of, self.settings.authority_timezone)


def open_view(title: str, question: str) -> View | None:
    """Heads the page and opens the current generation; None, explained, where there is none.

    Asks again who reads, so that a page that refreshes by itself ends with the session."""
    speak(chosen_language())
    reader = current_reader()
    settings = reader.settings
    st.title(title, anchor=False, width="content")
    try:
        generation = current_generation(settings.home)
        publication = opened(settings, generation)
    except NothingPublishedError as error:
        st.info(plain(say("Nothing to show yet: {reason}", reason=error)))
        return None
    day = last_whole_day(publication.as_of, settings.authority_timezone)
    page = str(st.session_state.get("page", title))
    view = View(settings, publication, reader.scope, day, reader, page)
    st.caption(
        plain(
            f"{question}  "
            + say(
                "As of {moment} · generation {generation} · {scope} · looked at {time}",
                moment=view.moment(),
                generation=wording.isolated(generation),
                scope=view.scope.title,
                time=f"{datetime.now(ZoneInfo(settings.authority_timezone)):%H:%M:%S}",
            )
        )
    )
    _labels(view)
    _note_view(view)
    _banners(view)
    return view


def _note_view(view: View) -> None:
    """Into the audit log, once a session for each page, standing and set of filters: a page that
    refreshes by itself writes nothing."""
    filters = "&".join(f"{name}={value}" for name, value in _filters().items())
    seen = st.session_state.setdefault("seen_views", set())
    if (view.page, view.reader.standing, filters) not in seen:
        generation = view.publication.generation
        note(view.reader, Action.saw, view.page, detail=filters, generation=generation)
        seen.add((view.page, view.reader.standing, filters))


def _labels(view: View) -> None:
    """That the data are simulated, and that they are old, in one line."""
    age = datetime.now(UTC) - view.publication.as_of
    with st.container(horizontal=True, gap="small"):
        if view.settings.simulated:
            st.badge(
                say(
                    "Simulated data: no real office, person or passport stands behind these "
                    "figures."
                ),
                color="blue",
            )
        if age > STALE_AFTER:
            unit, word = (timedelta(days=1), "day") if age >= LONG else (timedelta(hours=1), "hour")
            told = say("These figures are {age} old", age=wording.counted(age // unit, word))
            # The wall has a clock that says so; it leaves this one out.
            with st.container(key="age", width="content"):
                st.badge(told, icon="⚠️", color="orange")


def _banners(view: View) -> None:
    if sentences := wording.trust_sentences(view.ask(trust)):
        st.warning(plain(" ".join(sentences)), icon="⚠️")


def tiles(shown: tuple[Tile, ...]) -> None:
    """One row of figures, each with what was expected, its verdict and its last 28 days."""
    for column, tile in zip(st.columns(len(shown)), shown, strict=True):
        state = plain(wording.tile_state(tile))
        with column.container(border=True, height="stretch", gap=None):
            value = wording.number(tile.judged.value, tile.unit)
            st.metric(tile.label, value, chart_data=tile.trend)
            st.caption(plain(wording.tile_change(tile)))
            st.caption(f":red[{state}]" if tile.asks_for_action else state)


def show(view: View, figure: Figure) -> None:
    """A figure in a frame: finding, measure, picture, and the data behind it."""
    as_of = short_moment(view.publication.as_of, view.settings.authority_timezone)
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f"**{plain(figure.title)}**")
        st.caption(plain(say("{measure} · as of {moment}", measure=figure.subtitle, moment=as_of)))
        if figure.specification is None:
            st.info(
                say("There is nothing to draw: no row of this measure is published for the period.")
            )
        else:
            st.vega_lite_chart(figure.specification, theme=None, alt=figure.alt, key=figure.name)
        behind(view, figure.name, figure.data, figure.metrics)


def side_by_side(view: View, *figures: Figure, widths: Sequence[int] = (1, 1)) -> None:
    """Figures in columns of one row, as wide as `widths` are to each other."""
    for column, figure in zip(st.columns(widths), figures, strict=True):
        with column:
            show(view, figure)


def behind(view: View, name: str, frame: pd.DataFrame, metrics: Sequence[str] = ()) -> None:
    """The data behind a figure and its definitions, sent when the reader opens them."""
    opened = st.expander(
        say("Show the data"), type="compact", key=f"{name}_data", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        table(view, name, frame)
        known = view.ask(definitions) if metrics else {}
        for metric in (name for name in metrics if name in known):
            st.caption(plain(f"{metric} ({known[metric].unit}): {known[metric].definition}"))


def table(view: View, name: str, frame: pd.DataFrame, *, picks: bool = False) -> None:
    """A table with its columns named for a reader, and buttons that save it. Where it `picks`, a
    reader can pick a row (`filters.picked_row`). Lists are drawn, and not saved."""
    drawn = [wording.column_label(str(column)) for column in _lists(frame)]
    chosen = wording.with_labels(frame)
    columns = {
        column: config
        for column, kind in chosen.dtypes.items()
        if (config := _column_config(kind, view.settings.authority_timezone))
    }
    columns |= {column: st.column_config.LineChartColumn(y_min=0) for column in drawn}
    st.dataframe(
        chosen.round(dict.fromkeys(chosen.select_dtypes("float"), SHOWN_DECIMALS)),
        hide_index=True,
        column_config=columns,
        key=f"{name}_table",
        on_select="rerun" if picks else "ignore",
        selection_mode="single-row",
        height="content" if len(chosen) <= WHOLE_ROWS else "auto",
        placeholder="–",
    )
    _save_buttons(view, name, chosen.drop(columns=drawn))


def _save_buttons(view: View, name: str, chosen: pd.DataFrame) -> None:
    """What is seen as a file, with the filters and the as-of time, made when it is asked for."""
    told = export.Told(
        title=name,
        as_of=view.publication.as_of,
        generation=view.publication.generation,
        filters={"scope": view.scope.name, **_filters()},
    )
    spoken = language()

    def saved(kind: export.Kind) -> bytes:
        # The button asks from another thread, where no language is chosen.
        with speaking(spoken):
            content = export.as_file(kind, chosen, told)
        detail = "; ".join([kind, *(f"{key}={value}" for key, value in told.filters.items())])
        note(
            view.reader,
            Action.exported,
            f"{view.page}: {name}",
            detail=detail,
            rows=len(chosen),
            generation=told.generation,
        )
        return content

    with st.container(horizontal=True, gap="small"):
        for kind, media_type in export.MEDIA_TYPES.items():
            st.download_button(
                say("Save as {kind}", kind=kind.upper()),
                partial(saved, kind),
                f"{name}_{told.generation}.{kind}",
                media_type,
                key=f"{name}_{kind}",
                on_click="ignore",
                type="tertiary",
            )


def _filters() -> dict[str, str]:
    """The filters of the page's address, in their order; not the switches of the reader."""
    asked = sorted(st.query_params.items())
    return {name: value for name, value in asked if name not in ("lang", "role", "at")}


def _lists(frame: pd.DataFrame) -> list[str]:
    """The columns whose cells are series of numbers."""
    first = frame.head(1)
    return [name for name in frame if len(first) and pd.api.types.is_list_like(first[name].iloc[0])]


def _column_config(kind: object, timezone: str) -> ColumnConfig | None:
    """How a column of that pandas type is written; None leaves it to Streamlit."""
    if isinstance(kind, pd.DatetimeTZDtype):
        return st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", timezone=timezone)
    if pd.api.types.is_datetime64_dtype(kind):
        return st.column_config.DateColumn(format="D MMM YYYY")
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        return st.column_config.NumberColumn(format="localized")
    return None
