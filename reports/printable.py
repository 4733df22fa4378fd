"""Text that the bundled fonts can set: a file for the archive may hold no sign without a shape."""

import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
STAND_IN = "\N{REPLACEMENT CHARACTER}"

# Signs that steer how others are set and have no shape of their own.
_STEERING = frozenset("\u200c\u200d\u2066\u2067\u2068\u2069")
_UNICODE_MAPS = ((3, 1), (3, 10))
_BY_SEGMENT, _BY_GROUP = 4, 12


def printable(text: str) -> str:
    """The text on one line, each sign that no bundled font has replaced by `STAND_IN`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_printable_sign, text))


def _printable_sign(sign: str) -> str:
    if unicodedata.category(sign) in ("Cc", "Zl", "Zp"):
        return " "
    if sign in _STEERING:
        return sign
    is_unseen = unicodedata.category(sign) in ("Cf", "Co", "Cs")
    return STAND_IN if is_unseen or ord(sign) not in _shaped() else sign


@cache
def _shaped() -> frozenset[int]:
    """The code points for which a bundled font has a shape."""
    return frozenset(
        code for file in sorted(FONTS.glob("*.ttf")) for code in _codes(file.read_bytes())
    )


def _codes(font: bytes) -> Iterator[int]:
    """The code points in the Unicode maps of a font file (OpenType, table `cmap`)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    records = (struct.unpack_from(">4s4xL4x", font, 12 + 16 * n) for n in range(tables))
    start = next(offset for tag, offset in records if tag == b"cmap")
    (maps,) = struct.unpack_from(">H", font, start + 2)
    for n in range(maps):
        platform, encoding, offset = struct.unpack_from(">HHL", font, start + 4 + 8 * n)
        if (platform, encoding) not in _UNICODE_MAPS:
            continue
        at = start + offset
        (kind,) = struct.unpack_from(">H", font, at)
        if kind == _BY_GROUP:
            (groups,) = struct.unpack_from(">L", font, at + 12)
            for group in range(groups):
                first, last = struct.unpack_from(">LL", font, at + 16 + 12 * group)
                yield from range(first, last + 1)
        elif kind == _BY_SEGMENT:
            count = struct.unpack_from(">H", font, at + 6)[0] // 2
            lasts = struct.unpack_from(f">{count}H", font, at + 14)
            firsts = struct.unpack_from(f">{count}H", font, at + 16 + 2 * count)
            for first, last in zip(firsts, lasts, strict=True):
                yield from range(first, min(last, 0xFFFE) + 1)
