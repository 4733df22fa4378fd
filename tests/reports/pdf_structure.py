"""What PDF/A-2a and PDF/UA-1 ask of a file, as far as its objects tell: no validator is at hand."""

from collections.abc import Iterator
from io import BytesIO

import pikepdf

_STANDARD = {
    "Document", "Part", "Div", "H1", "H2", "H3", "P", "L", "LI", "Lbl", "LBody", "Table", "THead",
    "TBody", "TR", "TH", "TD", "Span", "Figure", "Strong", "Em",
}  # fmt: skip
_CHILDREN = {
    "L": {"LI", "Caption"},
    "LI": {"Lbl", "LBody"},
    "Table": {"THead", "TBody", "TFoot", "TR"},
    "THead": {"TR"},
    "TBody": {"TR"},
    "TR": {"TH", "TD"},
}
_PAINTING = {"Tj", "TJ", "'", '"', "f", "F", "f*", "B", "B*", "b", "b*", "s", "S", "sh", "Do"}
_FORBIDDEN_KEYS = {"/JS", "/AA", "/EmbeddedFiles", "/OPI", "/Ref", "/Alternates", "/TR", "/HTP"}


def faults(made: bytes) -> list[str]:
    """What the file lacks; empty where nothing is found."""
    with pikepdf.open(BytesIO(made)) as pdf:
        return [
            *_document(pdf),
            *_objects(pdf),
            *_fonts(pdf),
            *_tree(pdf),
            *(fault for page in pdf.pages for fault in _page(page)),
        ]


def _document(pdf: pikepdf.Pdf) -> Iterator[str]:
    root = pdf.Root
    if pdf.is_encrypted or "/ID" not in pdf.trailer:
        yield "encrypted, or without an identity"
    if not root.get("/MarkInfo", {}).get("/Marked"):
        yield "not marked as tagged"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "a reader shows the name of the file, not its title"
    if not str(root.get("/Lang", "")):
        yield "no language"
    for name in ("/OpenAction", "/AcroForm"):
        if name in root:
            yield f"{name} in the catalogue"
    intents = [one for one in root.get("/OutputIntents", []) if one.S == "/GTS_PDFA1"]
    if not any("/DestOutputProfile" in one for one in intents):
        yield "no profile of its colours"
    with pdf.open_metadata() as metadata:
        told = [metadata.get(key) for key in ("pdfaid:part", "pdfaid:conformance", "pdfuaid:part")]
        if told != ["2", "A", "1"] or not metadata.get("dc:title"):
            yield f"the metadata tell {told}"
        if str(pdf.docinfo.get("/Title", metadata.get("dc:title"))) != metadata.get("dc:title"):
            yield "two titles"


def _objects(pdf: pikepdf.Pdf) -> Iterator[str]:
    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            continue
        for key in _FORBIDDEN_KEYS & set(thing.keys()):
            yield f"{key} stands somewhere"
        if thing.get("/S") in ("/JavaScript", "/Launch", "/Movie", "/Sound", "/SubmitForm"):
            yield f"an action {thing.S}"
        if isinstance(thing, pikepdf.Stream):
            if "/F" in thing or "/LZWDecode" in str(thing.get("/Filter", "")):
                yield "a stream that lies elsewhere or is packed by LZW"
            if thing.get("/Interpolate") or thing.get("/Subtype") == "/PS":
                yield "a picture that is smoothed, or PostScript"


def _fonts(pdf: pikepdf.Pdf) -> Iterator[str]:
    for font in pdf.objects:
        if not isinstance(font, pikepdf.Dictionary) or font.get("/Type") != "/Font":
            continue
        if "/DescendantFonts" in font:
            if "/ToUnicode" not in font:
                yield f"{font.BaseFont} does not tell which letters it draws"
            [inner] = list(font.DescendantFonts)
            if not {"/FontFile2", "/FontFile3"} & set(inner.FontDescriptor.keys()):
                yield f"{font.BaseFont} is not inside"
            if inner.Subtype == "/CIDFontType2" and "/CIDToGIDMap" not in inner:
                yield f"{font.BaseFont} does not tell its shapes"
        elif "/FontDescriptor" not in font:
            yield f"{font.get('/BaseFont')} is no font of the file"


def _tree(pdf: pikepdf.Pdf) -> Iterator[str]:
    root = pdf.Root.StructTreeRoot
    if "/ParentTree" not in root:
        yield "marks on a page do not lead to the tree"
    roles = {str(name)[1:]: str(role)[1:] for name, role in root.get("/RoleMap", {}).items()}
    level = 0
    for element in _elements(root):
        kind = roles.get(str(element.S)[1:], str(element.S)[1:])
        if kind not in _STANDARD:
            yield f"{kind} is no standard role"
        inner = {
            roles.get(str(one.S)[1:], str(one.S)[1:])
            for one in _kids(element)
            if isinstance(one, pikepdf.Dictionary) and "/S" in one
        }
        if inner - _CHILDREN.get(kind, inner):
            yield f"{kind} holds {sorted(inner)}"
        if kind == "Figure" and len(str(element.get("/Alt", ""))) < 20:
            yield "a picture without a text"
        if kind == "TH" and "/Scope" not in str(_attributes(element)):
            yield "a head of a table that does not say of what"
        if kind in ("H1", "H2", "H3"):
            if int(kind[1]) > level + 1:
                yield f"{kind} after H{level}"
            level = int(kind[1])


def _elements(element: pikepdf.Object) -> Iterator[pikepdf.Object]:
    for one in _kids(element):
        if isinstance(one, pikepdf.Dictionary) and "/S" in one:
            yield one
            yield from _elements(one)


def _kids(element: pikepdf.Object) -> list[pikepdf.Object]:
    kids = element.get("/K", [])
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def _attributes(element: pikepdf.Object) -> list[list[str]]:
    found = element.get("/A", [])
    listed = list(found) if isinstance(found, pikepdf.Array) else [found]
    return [[str(key) for key in one.keys()] for one in listed]  # noqa: SIM118


def _page(page: pikepdf.Page) -> Iterator[str]:
    """All that is painted is part of the tree, or said to be decoration."""
    if "/StructParents" not in page.obj:
        yield "a page that is not in the tree"
    depth = loose = 0
    for _, operator in pikepdf.parse_content_stream(page):
        name = str(operator)
        if name in ("BDC", "BMC"):
            depth += 1
        elif name == "EMC":
            depth -= 1
        elif name in _PAINTING and not depth:
            loose += 1
    if loose or depth:
        yield f"{loose} signs outside any mark, {depth} marks open"
