"""The pages that a reader sees in the dashboard are those of the file, to the last pixel."""

import io

import pytest
import typst
from PIL import Image

from reports.pdf_pages import pictures_of

# Lines of a point, two points apart, from edge to edge: a pixel that is left out thins one of them.
HATCHED = """
#set page(paper: "a4", margin: 0pt)
#for n in range(297) {
  place(top + left, dx: n * 2pt, rect(width: 1pt, height: 100%, fill: black))
}
#pagebreak()
#for n in range(420) {
  place(top + left, dy: n * 2pt, rect(width: 100%, height: 1pt, fill: black))
}
"""


def test_no_column_or_row_of_a_page_is_left_out() -> None:
    pages = pictures_of(typst.compile(HATCHED.encode(), format="pdf"))
    assert len(pages) == 2
    for page, crop in zip(pages, ((0, 700, 980, 701), (500, 0, 501, 1390)), strict=True):
        with Image.open(io.BytesIO(page)) as picture:
            ink = [255 - value for value in picture.convert("L").crop(crop).tobytes()]
        # three lines are 6 points, which is just under ten pixels: their ink is that of any three
        sums = [sum(ink[first : first + 10]) for first in range(0, len(ink) - 10)]
        assert max(sums) - min(sums) < 60


def test_what_is_no_pdf_is_told() -> None:
    with pytest.raises(ValueError, match="cannot be shown as a PDF"):
        pictures_of(b"%PDF-1.7 and then nothing")
