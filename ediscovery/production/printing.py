"""From what WeasyPrint painted to a gathering: the structure added, what is not of the page left behind."""

from __future__ import annotations

from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any

import pydyf

from ediscovery.production.gathering import (
    DOCUMENT,
    FIRST,
    PAGES,
    About,
    Gathering,
    Place,
    Printed,
    referred,
    renumbered,
)
from ediscovery.production.structure import Annotation, Content, Element, structure_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PIXEL = 0.75
"""Points to a pixel of CSS."""
SHOWN = 4
"""The flag of annotations that are printed (ISO 32000-1, 12.5.3)."""
LOCKED = 128
PAGINATION = "<</Type /Pagination>>"
LETTERS = 26
SHARED = ("/Image", "/OpenType")
OWNERS = {"L": "/List", "TH": "/Table", "TD": "/Table"}


class Sheet:
    """A page as the library paints it; keeps which marks its texts bear.

    The library would make a structure of these marks by itself, page by page, margins included. It is shown none of
    them, and no content of the page, and makes an empty one. ``elsewhere`` are names that links lead to and that stand
    on pages of other gatherings.
    """

    def __init__(self, page: Any, elsewhere: set[str]) -> None:  # noqa: ANN401 - the library has no types
        self.page = page
        self.box = page._page_box  # noqa: SLF001 - no other way leads from a page to its boxes
        self._page_box = self.box.copy_with_children([])
        self.anchors = page.anchors | dict.fromkeys(elsewhere, (0, 0, 0, 0))
        self.marks: dict[Any, int] = {}
        self.stream: Any = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.page, name)

    def paint(self, stream: Any, scale: float = 1) -> None:  # noqa: ANN401
        """Paint the page, as the library asks for it."""
        self.page.paint(stream, scale)
        self.stream = stream
        self.marks = {box: mark["mcid"] for box, mark in stream._tags.items()}  # noqa: SLF001
        stream._tags.clear()  # noqa: SLF001

    def place(self, number: int, x: float, y: float) -> Place:
        """Return a point of the page, given in pixels from the upper left."""
        return Place(number, x * PIXEL, (self.page.height - y) * PIXEL)


def gathering(pdf: pydyf.PDF, metadata: Any, sheets: Sequence[Sheet], *, field: tuple[str, str] | None) -> Gathering:  # noqa: ANN401
    """Return the gathering of these sheets, which ``pdf`` holds; ``field`` names and describes a signature's field."""
    pages = [pdf.objects[number] for number in pdf.pages["Kids"][::3]]
    above, document = pydyf.Dictionary(), pydyf.Dictionary()
    for outside in (above, document):
        pdf.add_object(outside)
    pdf.pages["Parent"] = above.reference
    for page, sheet in zip(pages, sheets, strict=True):
        _complete(page, sheet)
    widget = _field(pdf, pages[0], *field) if field else None
    structure = _Structure(pdf, pages, document)
    parts = structure.added(structure_of([(sheet.box, sheet.marks) for sheet in sheets]), widget)
    for sheet, numbers in zip(sheets, structure.marked, strict=True):
        _mark(sheet.stream, numbers)
    _name_subsets(pdf)
    outside_numbers = {above.number: PAGES, document.number: DOCUMENT}
    collected = _Collected(pdf, outside_numbers, [pdf.pages.number, *parts])
    new = collected.numbers
    return Gathering(
        about=_about(metadata),
        objects=collected.objects(),
        pages=tuple(new[page.number] for page in pages),
        parts=tuple(new[part] for part in parts),
        parents=tuple(renumbered(parent, new.__getitem__) for parent in structure.parents()),
        places=_places(sheets),
        headings=tuple(_headings(sheets)),
        field=None if widget is None else new[widget.number],
    )


def _about(metadata: Any) -> About:  # noqa: ANN401
    return About(
        title=metadata.title or "",
        language=metadata.lang or "",
        authors=tuple(metadata.authors),
        description=metadata.description,
        software=metadata.generator,
        created=metadata.created,
        modified=metadata.modified,
    )


def _complete(page: pydyf.Dictionary, sheet: Sheet) -> None:
    """Say of a page's links that they are printed, and what their words are."""
    page["Tabs"] = "/S"
    for _, _, _, box in sheet.page.links:
        if box.link_annotation:
            box.link_annotation["F"] = SHOWN
            box.link_annotation["Contents"] = pydyf.String("".join(box.element.itertext()).strip())


def _field(pdf: pydyf.PDF, page: pydyf.Dictionary, name: str, words: str) -> pydyf.Dictionary:
    """Add an empty field for a signature to a page: it is in the structure from the start, and nowhere to be seen."""
    widget = pydyf.Dictionary(
        {
            "Type": "/Annot",
            "Subtype": "/Widget",
            "FT": "/Sig",
            "T": pydyf.String(name),
            "TU": pydyf.String(words),
            "F": SHOWN + LOCKED,
            "Rect": pydyf.Array([0, 0, 0, 0]),
            "P": page.reference,
        }
    )
    pdf.add_object(widget)
    page["Annots"] = pydyf.Array([*page.get("Annots", ()), widget.reference])
    return widget


class _Structure:
    """The structure of these pages as objects; ``marked`` are, page by page, the marks in it and their new numbers."""

    def __init__(self, pdf: pydyf.PDF, pages: Sequence[pydyf.Dictionary], document: pydyf.Dictionary) -> None:
        self.marked: list[dict[int, int]] = [{} for _ in pages]
        self._bearing: list[list[bytes]] = [[] for _ in pages]
        self._annotated: list[bytes] = []
        self._pdf, self._pages, self._document = pdf, pages, document
        for number, page in enumerate(pages):
            page["StructParents"] = number

    def added(self, elements: Sequence[Element], widget: pydyf.Dictionary | None) -> tuple[int, ...]:
        """Add elements, and the field of a signature behind them; return the numbers of the outermost."""
        form = [] if widget is None else [Element("Form", kids=[Annotation(0, widget)])]
        return tuple(self._add(element, self._document) for element in (*elements, *form))

    def parents(self) -> tuple[bytes, ...]:
        """Return for each key what bears it: first for the pages, mark by mark, then for annotations."""
        return (*(b"[" + b" ".join(marks) + b"]" for marks in self._bearing), *self._annotated)

    def _add(self, element: Element, parent: pydyf.Dictionary) -> int:
        made = pydyf.Dictionary({"Type": "/StructElem", "S": f"/{element.kind}", "P": parent.reference})
        self._pdf.add_object(made)
        if element.language:
            made["Lang"] = pydyf.String(element.language)
        if element.words is not None:
            made["Alt"] = pydyf.String(element.words)
        if element.attributes:
            made["A"] = pydyf.Dictionary({"O": OWNERS[element.kind], **element.attributes})
        own = next((kid.page for kid in element.kids if isinstance(kid, Content)), None)
        if own is not None:
            made["Pg"] = self._pages[own].reference
        made["K"] = pydyf.Array([self._kid(kid, made, own) for kid in element.kids])
        return int(made.number)

    def _kid(self, kid: Element | Content | Annotation, made: pydyf.Dictionary, own: int | None) -> object:
        if isinstance(kid, Element):
            return b"%d 0 R" % self._add(kid, made)
        page = self._pages[kid.page].reference
        if isinstance(kid, Content):
            number = self.marked[kid.page][kid.mark] = len(self._bearing[kid.page])
            self._bearing[kid.page].append(made.reference)
            return number if kid.page == own else pydyf.Dictionary({"Type": "/MCR", "Pg": page, "MCID": number})
        kid.dictionary["StructParent"] = len(self._pages) + len(self._annotated)
        self._annotated.append(made.reference)
        return pydyf.Dictionary({"Type": "/OBJR", "Pg": page, "Obj": kid.dictionary.reference})


def _mark(stream: pydyf.Stream, numbers: Mapping[int, int]) -> None:
    """Give the marks in a page's content their numbers; what is not in the structure is there for the eye alone."""
    for place, item in enumerate(stream.stream):
        if isinstance(item, pydyf.Dictionary) and "MCID" in item:
            if item["MCID"] in numbers:
                item["MCID"] = numbers[item["MCID"]]
            else:
                stream.stream[place - 1 : place + 1] = ["/Artifact", PAGINATION]


def _name_subsets(pdf: pydyf.PDF) -> None:
    """Name each part of a font after what is in it: other gatherings have other parts (ISO 32000-1, 9.6.4)."""
    names: dict[bytes, bytes] = {}
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("Type") == "/FontDescriptor":
            file = item.get("FontFile2") or item["FontFile3"]
            content = pdf.objects[int(file.split()[0])].stream[0]
            letters = bytes(65 + byte % LETTERS for byte in md5(content, usedforsecurity=False).digest()[:6])
            names[item["FontName"]] = b"/" + letters + item["FontName"][7:]
    for item in pdf.objects:
        for key in ("FontName", "BaseFont"):
            if isinstance(item, dict) and item.get(key) in names:
                item[key] = names[item[key]]


def _headings(sheets: Sequence[Sheet]) -> Iterator[tuple[int, str, Place]]:
    for number, sheet in enumerate(sheets):
        for level, words, (x, y), _ in sheet.page.bookmarks:
            yield level, words, sheet.place(number, x, y)


def _places(sheets: Sequence[Sheet]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for number, sheet in enumerate(sheets):
        for name, (x, y, *_) in sheet.page.anchors.items():
            found.setdefault(name, sheet.place(number, x, y))
    return found


class _Collected:
    """Every object that some others lead to, once, with its new number; ``outside`` are not collected, only renamed."""

    def __init__(self, pdf: pydyf.PDF, outside: Mapping[int, int], roots: Sequence[int]) -> None:
        self.numbers = dict(outside)
        self._pdf = pdf
        self._spelled: dict[int, tuple[bytes, bytes | None]] = {}
        waiting = list(reversed(roots))
        while waiting:
            old = waiting.pop()
            if old not in self.numbers:
                self.numbers[old] = FIRST + len(self._spelled)
                self._spelled[old] = self._spell(old)
                waiting += reversed(referred(self._spelled[old][0]))

    def objects(self) -> tuple[Printed, ...]:
        """Return them in the order of their numbers."""
        return tuple(
            Printed(renumbered(head, self.numbers.__getitem__), data, self._digest(old))
            for old, (head, data) in self._spelled.items()
        )

    def _spell(self, old: int) -> tuple[bytes, bytes | None]:
        item = self._pdf.objects[old]
        if not isinstance(item, pydyf.Stream):
            return item.data, None
        head, _, data = item.data.partition(b"\nstream\n")
        return head, data.removesuffix(b"\nendstream")

    def _digest(self, old: int) -> bytes | None:
        """Return what a picture or a font is known by: its own bytes, and those of the mask that it refers to."""
        item, (head, data) = self._pdf.objects[old], self._spelled[old]
        if data is None or not ("Length1" in item.extra or item.extra.get("Subtype") in SHARED):
            return None
        parts = [self._digest(other) or b"" for other in referred(head)]
        return sha256(b"\0".join((renumbered(head, lambda _old: 0), data, *parts))).digest()
