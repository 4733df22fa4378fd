"""The pages of a PDF as pictures, for a reader who looks at it within a page of the dashboard."""

from pathlib import Path
from tempfile import TemporaryDirectory

import typst

# Enough to read the smallest words of a briefing on a screen. Typst draws a page on whole pixels,
# rounded up, and fits that by leaving out a column or row, which makes a 5 of a 9; with this number
# a page of A4 is 986.95 by 1395.85 pixels, and nothing is left out.
_PIXELS_PER_INCH = 119.374
_MOST_PAGES = 40


def pictures_of(pdf: bytes) -> list[bytes]:
    """Each page as a PNG, in order; at most forty. Raises ValueError for what is no PDF."""
    pictures: list[bytes] = []
    with TemporaryDirectory(prefix="passport-pages-") as name:
        folder = Path(name)
        (folder / "it.pdf").write_bytes(pdf)
        while len(pictures) < _MOST_PAGES:
            try:
                pictures.append(_picture(folder, len(pictures) + 1))
            except typst.TypstError as error:
                # nothing tells how many pages there are but the one that there is not
                if not pictures:
                    raise ValueError(f"this cannot be shown as a PDF: {error}") from error
                break
    return pictures


def _picture(folder: Path, number: int) -> bytes:
    page = f'#set page(width: auto, height: auto, margin: 0pt)\n#image("it.pdf", page: {number})'
    (folder / "main.typ").write_text(page, encoding="utf-8")
    png = typst.compile(folder / "main.typ", root=folder, format="png", ppi=_PIXELS_PER_INCH)
    assert isinstance(png, bytes)  # one page is one file
    return png
