"""The text of a tagged PDF, read with nothing but its own tags and its fonts' maps to Unicode."""

import io
import re
from collections.abc import Iterator

import pikepdf


def lines(pdf: pikepdf.Pdf, page: pikepdf.Page) -> list[str]:
    """The lines of a page, top to bottom, without what stands inside pictures."""
    placed: dict[int, list[tuple[float, str]]] = {}
    for _, x, y, text in _runs(page, _parents(pdf, page)):
        placed.setdefault(round(y), []).append((x, text))
    return [
        re.sub(r"\s+", " ", " ".join(text for _, text in sorted(placed[y]))).strip()
        for y in sorted(placed, reverse=True)
    ]


def told(made: bytes, between: str = "") -> list[str]:
    """What a reader with a screen reader hears, a line a heading, paragraph or list item; a row of
    a table is one line, its cells between bars. Without what stands inside pictures, and without
    the foot of the pages. `between` stands between pieces that are painted apart, as words of
    two writings are."""
    with pikepdf.open(io.BytesIO(made)) as pdf:
        marked = {
            page.obj.objgen: _by_mark(page, _parents(pdf, page), between) for page in pdf.pages
        }
        return [line for line in _lines_of(pdf.Root.StructTreeRoot, marked) if line]


_LINES = ("/H1", "/H2", "/H3", "/P", "/LBody", "/TH", "/TD", "/Caption")


def _by_mark(page: pikepdf.Page, parents: list[str], between: str) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    for mark, _, _, text in _runs(page, parents):
        found.setdefault(mark, []).append(text)
    return {mark: between.join([*texts, ""]) for mark, texts in found.items()}


def _lines_of(element: pikepdf.Object, marked: dict[tuple[int, int], dict[int, str]]) -> list[str]:
    kind = str(element.get("/S", ""))
    held = _children(element)
    if kind == "/TR":
        return [" | ".join(" ".join(_lines_of(cell, marked)) for cell in held)]
    is_marked = any(isinstance(child, int) for child in held)
    if kind != "/Figure" and (is_marked or (kind in _LINES and not any(map(_is_line, held)))):
        return [re.sub(r"\s+", " ", _text_of(element, marked)).strip()]
    return [line for child in held if "/S" in child for line in _lines_of(child, marked)]


def _is_line(child: pikepdf.Object) -> bool:
    return isinstance(child, pikepdf.Dictionary) and str(child.get("/S", "")) in _LINES


def _text_of(element: pikepdf.Object, marked: dict[tuple[int, int], dict[int, str]]) -> str:
    texts = []
    for child in _children(element):
        if isinstance(child, int):
            texts.append(marked[element.Pg.objgen].get(child, ""))
        elif child.get("/Type") == "/MCR":
            texts.append(marked[child.get("/Pg", element.get("/Pg")).objgen].get(child.MCID, ""))
        elif str(child.get("/S", "")) != "/Figure":
            texts.append(_text_of(child, marked))
    return "".join(texts)


def _children(element: pikepdf.Object) -> list[pikepdf.Object]:
    held = element.get("/K", [])
    return list(held) if isinstance(held, pikepdf.Array) else [held]


def _parents(pdf: pikepdf.Pdf, page: pikepdf.Page) -> list[str]:
    """The kind of structure element that holds each marked content of the page, by its id."""
    numbers = pdf.Root.StructTreeRoot.ParentTree
    pairs = list(numbers.Nums)
    index = next(i for i, n in enumerate(pairs) if n == page.obj.StructParents and i % 2 == 0)
    return [str(element.S) for element in pairs[index + 1]]


def _runs(page: pikepdf.Page, parents: list[str]) -> Iterator[tuple[int, float, float, str]]:
    """Mark (-1 outside any), place from the left and from below in points, and text."""
    maps = {name: _unicode_map(font) for name, font in page.resources.get("/Font", {}).items()}
    matrix = text_matrix = pikepdf.Matrix()
    stack: list[pikepdf.Matrix] = []
    glyphs: dict[int, str] = {}
    holder, mark = "", -1
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "BDC":
                content = operands[1].get("/MCID")
                mark = -1 if content is None else int(content)
                holder = "" if content is None else parents[mark]
            case "q":
                stack.append(matrix)
            case "Q":
                matrix = stack.pop()
            case "cm":
                matrix = pikepdf.Matrix(*(float(v) for v in operands)) @ matrix
            case "Tf":
                glyphs = maps[str(operands[0])]
            case "Tm":
                text_matrix = pikepdf.Matrix(*(float(v) for v in operands))
            case "Tj" | "TJ" if holder != "/Figure":
                shown = operands[0] if str(operator) == "TJ" else [operands[0]]
                codes = b"".join(bytes(s) for s in shown if isinstance(s, pikepdf.String))
                text = "".join(
                    glyphs[int.from_bytes(codes[i : i + 2], "big")] for i in range(0, len(codes), 2)
                )
                place = text_matrix @ matrix
                yield mark, place.e, place.f, text


def _unicode_map(font: pikepdf.Object) -> dict[int, str]:
    found: dict[int, str] = {}
    source = font.ToUnicode.read_bytes().decode("latin-1")
    for block in re.findall(r"beginbfchar(.*?)endbfchar", source, re.S):
        for code, text in re.findall(r"<(\w+)>\s*<(\w+)>", block):
            found[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", source, re.S):
        for low, high, text in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            first = int.from_bytes(bytes.fromhex(text), "big")
            for code in range(int(low, 16), int(high, 16) + 1):
                found[code] = chr(first + code - int(low, 16))
    return found
