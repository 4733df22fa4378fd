"""The text of a tagged PDF, read with nothing but its own tags and its fonts' maps to Unicode."""

import re
from collections.abc import Iterator

import pikepdf


def lines(pdf: pikepdf.Pdf, page: pikepdf.Page) -> list[str]:
    """The lines of a page, top to bottom, without what stands inside pictures."""
    placed: dict[int, list[tuple[float, str]]] = {}
    for x, y, text in _runs(page, _parents(pdf, page)):
        placed.setdefault(round(y), []).append((x, text))
    return [
        re.sub(r"\s+", " ", " ".join(text for _, text in sorted(placed[y]))).strip()
        for y in sorted(placed, reverse=True)
    ]


def _parents(pdf: pikepdf.Pdf, page: pikepdf.Page) -> list[str]:
    """The kind of structure element that holds each marked content of the page, by its id."""
    numbers = pdf.Root.StructTreeRoot.ParentTree
    pairs = list(numbers.Nums)
    index = next(i for i, n in enumerate(pairs) if n == page.obj.StructParents and i % 2 == 0)
    return [str(element.S) for element in pairs[index + 1]]


def _runs(page: pikepdf.Page, parents: list[str]) -> Iterator[tuple[float, float, str]]:
    maps = {name: _unicode_map(font) for name, font in page.resources.get("/Font", {}).items()}
    matrix = text_matrix = pikepdf.Matrix()
    stack: list[pikepdf.Matrix] = []
    glyphs: dict[int, str] = {}
    holder = ""
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "BDC":
                content = operands[1].get("/MCID")
                holder = "" if content is None else parents[int(content)]
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
                yield place.e, place.f, text


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
