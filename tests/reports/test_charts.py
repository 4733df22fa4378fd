"""Every chart is drawn for screen and paper from one specification, and asks no address."""

import json
import re
from datetime import date

import pandas as pd
import pytest

from reports.broker import Publication, Scope
from reports.charts import Figure, data_quality, national
from reports.charts.figure import to_svg
from reports.charts.shapes import bullets
from reports.facts.overview import overview
from reports.facts.quality import quality
from reports.wording import short_name

DAY = date(2026, 11, 19)
NATIONAL = (
    national.intake,
    national.backlogs,
    national.promise_xmr,
    national.day_by_part,
    national.week_by_part,
    national.ages,
)


def _figures(publication: Publication, scope: str) -> list[Figure]:
    facts = overview(publication, Scope(scope), DAY)
    state = quality(publication, Scope(scope), DAY, DAY)
    figures = [make(facts, Scope(scope).title) for make in NATIONAL]
    return [*figures, data_quality.quarantine(state), data_quality.verdicts(state)]


def test_every_figure_says_what_it_shows_and_draws_it(publication: Publication) -> None:
    for figure in _figures(publication, "all"):
        assert figure.title, figure.name
        assert re.search(r"\d", figure.title), f"{figure.name}: a finding has its number"
        assert figure.subtitle, figure.name
        assert figure.alt.endswith("."), figure.name
        assert len(figure.data), figure.name
        picture = to_svg(figure, 600)
        assert picture.startswith("<svg")
        assert "NaN" not in picture
        assert "Noto Sans" in picture


def test_no_chart_names_an_address(publication: Publication) -> None:
    for figure in _figures(publication, "all"):
        assert figure.specification is not None
        specification = dict(figure.specification)
        specification.pop("$schema")
        assert "://" not in json.dumps(specification)
        picture = to_svg(figure, 600)
        addresses = set(re.findall(r"https?://[^\"' ]+", picture))
        assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_the_same_figures_make_the_same_picture(publication: Publication) -> None:
    first = [to_svg(figure, 400) for figure in _figures(publication, "zone:Karachi")]
    again = [to_svg(figure, 400) for figure in _figures(publication, "zone:Karachi")]
    assert first == again


@pytest.mark.parametrize("make", NATIONAL)
def test_a_place_without_rows_has_words_instead_of_an_empty_chart(
    publication: Publication, make: object
) -> None:
    facts = overview(publication, Scope("office:NOWHERE"), DAY)
    figure = make(facts, "Office NOWHERE")  # type: ignore[operator]
    assert figure.specification is None
    assert figure.title
    with pytest.raises(ValueError, match="nothing to draw"):
        to_svg(figure, 400)


def test_names_that_are_cut_stay_apart() -> None:
    names = [f"Karachi {kind} Passport Office {n}" for kind in ("Regional", "Executive")
             for n in (1, 2, 3)]  # fmt: skip
    assert len({short_name(name) for name in names}) == len(names)
    assert max(len(short_name(name)) for name in names) == 24
    frame = pd.DataFrame({"part": names, "ready": 5, "submitted": 6})
    figure = Figure("week", "t", "s", "a", frame, bullets(frame, "ready", "submitted"))
    shown = set(re.findall(r">(Kar[^<]*)<", to_svg(figure, 400)))
    assert len(shown) == len(names) and all("…" in name for name in shown)
