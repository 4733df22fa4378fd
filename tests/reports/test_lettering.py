"""Joined letters leave a picture with the place where they stood; all else stays."""

from reports.charts.lettering import Lettering, without_joined_letters
from reports.printable import STAND_IN, printable

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg"><g transform="translate(26,22.5)">'
    '<text text-anchor="middle" transform="translate(-6,16)" font-size="12px" fill="#5F6B76"'
    ' opacity="1">11 نومبر</text>'
    '<text text-anchor="end" transform="translate(1e1,2)" opacity="0">دن</text>'
    '<text transform="translate(0,3)">1,200</text>'
    '<text transform="translate(1,2) rotate(-90)" font-size="11px">دن</text></g></svg>'
)


def test_a_text_in_joined_letters_is_taken_out_where_it_stood() -> None:
    svg, letters = without_joined_letters(SVG)
    assert letters == (
        Lettering("11 نومبر", 20.0, 38.5, 12.0, "middle", "#5F6B76"),
        Lettering("دن", 27.0, 24.5, 11.0, "start", "#000000", -90.0),
    )
    assert "نومبر" not in svg and "دن" not in svg and "1,200" in svg


def test_only_signs_with_a_shape_are_printed() -> None:
    assert printable("Área 1–2 ● کراچی") == "Área 1–2 ● کراچی"
    assert printable("a\x07b\nc\u2028d") == "a b c d"
    assert printable("\u2066-3\u2069") == "\u2066-3\u2069"
    assert printable("\u202e中\ue000\U0001f600") == STAND_IN * 4
