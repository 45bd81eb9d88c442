"""What laid-out pages say, as a tree of headings, paragraphs, lists and tables for whoever does not see them.

The tree is that of the HTML: an element is one, however many lines and pages it goes over, and what only styles text is
none. Margins, and the headings of a table that are repeated on its later pages, are no part of it (ISO 32000-1, 14.8).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KINDS = {
    "section": "Sect",
    "h1": "H1",
    "h2": "H2",
    "h3": "H3",
    "p": "P",
    "pre": "P",
    "ul": "L",
    "ol": "L",
    "table": "Table",
    "thead": "THead",
    "tbody": "TBody",
    "tr": "TR",
    "th": "TH",
    "td": "TD",
    "a": "Link",
    "img": "Figure",
}
BLOCKS = frozenset({"div", "section", "h1", "h2", "h3", "p", "pre", "ul", "ol", "table"})
NUMBERING = {"ol": "/Decimal", "ul": "/Disc"}
SCOPES = {"row": "/Row", "col": "/Column"}
KEPT_EMPTY = frozenset({"TR", "TH", "TD"})
"""Kinds that a table needs to be as wide in every row."""
MARKER = "marker"
BODY = "body"


@dataclass(eq=False, slots=True)
class Element:
    """A part of the structure: what kind, in which language, and what is in it, in reading order.

    ``attributes`` are those of its owner (``Table``, ``List``); ``words`` stand for a picture.
    """

    kind: str
    attributes: Mapping[str, object] = field(default_factory=dict)
    language: str | None = None
    words: str | None = None
    kids: list[Element | Content | Annotation] = field(default_factory=list)
    first: int = 0
    """The page on which it begins."""

    def pruned(self) -> Element | None:
        """Return it without parts that hold nothing; nothing if it holds nothing itself."""
        kept = [kid.pruned() if isinstance(kid, Element) else kid for kid in self.kids]
        self.kids = [kid for kid in kept if kid is not None]
        return self if self.kids or self.kind in KEPT_EMPTY else None


@dataclass(frozen=True, slots=True)
class Content:
    """Text on a page, by the mark that it bears there."""

    page: int
    mark: int


@dataclass(frozen=True, slots=True)
class Annotation:
    """A link's place on a page; ``dictionary`` is the library's."""

    page: int
    dictionary: Any


def structure_of(pages: Sequence[tuple[Any, Mapping[Any, int]]]) -> tuple[Element, ...]:
    """Return what stands on these pages, given for each its box and which mark each text on it bears."""
    reading = _Reading()
    for number, (box, marks) in enumerate(pages):
        reading.read(box, reading.root, number, marks)
    root = reading.root.pruned()
    return tuple(kid for kid in root.kids if isinstance(kid, Element)) if root else ()


class _Reading:
    def __init__(self) -> None:
        self.root = Element("Document")
        self._known: dict[object, Element] = {}

    def read(self, box: Any, parent: Element, page: int, marks: Mapping[Any, int]) -> None:  # noqa: ANN401 - the library has no types
        """Add what is in a box to the element that it belongs to."""
        box = getattr(box, "_box", box)  # what stands out of the flow is kept in a place of its own
        if hasattr(box, "at_keyword") or self._is_repeated(box, page):
            return
        if box in marks:
            # A picture is an element of its own, a text a part of one.
            holder = self._element(box, parent, page) if box.element_tag == "img" else parent
            holder.kids.append(Content(page, marks[box]))
            return
        element = self._element(box, parent, page)
        annotation = getattr(box, "link_annotation", None)
        if annotation:
            element.kids.append(Annotation(page, annotation))
        for child in getattr(box, "children", ()):
            self.read(child, element, page, marks)

    def _is_repeated(self, box: Any, page: int) -> bool:  # noqa: ANN401
        known = self._known.get(box.element) if box.element_tag == "thead" else None
        return known is not None and known.first < page

    def _element(self, box: Any, parent: Element, page: int) -> Element:  # noqa: ANN401
        """Return the element of a box: its own, or for anonymous boxes and mere style, the one that it stands in."""
        markup = box.element
        if markup is None or not isinstance(markup.tag, str):
            return parent
        if markup.tag == "li":
            item = self._made(markup, "LI", parent, page)
            if box.element_tag.endswith("::marker"):
                return self._made((markup, MARKER), "Lbl", item, page)
            return self._made((markup, BODY), "LBody", item, page)
        kind = _kind(markup)
        return self._made(markup, kind, parent, page) if kind else parent

    def _made(self, key: Any, kind: str, parent: Element, page: int) -> Element:  # noqa: ANN401
        if key in self._known:
            return self._known[key]
        markup = key[0] if isinstance(key, tuple) else key
        made = Element(kind, dict(_attributes(markup, kind)), _language(markup), markup.get("alt"), first=page)
        self._known[key] = made
        parent.kids.append(made)
        return made


def _kind(markup: Any) -> str | None:  # noqa: ANN401
    """Return the kind of an element; a ``div`` is a paragraph unless it holds some."""
    if markup.tag == "div":
        return None if any(child.tag in BLOCKS for child in markup) else "P"
    if markup.tag == "span":
        return "Span" if _language(markup) else None
    return KINDS.get(markup.tag)


def _attributes(markup: Any, kind: str) -> Iterator[tuple[str, object]]:  # noqa: ANN401
    if kind == "L":
        yield "ListNumbering", NUMBERING[markup.tag]
    if kind == "TH":
        yield "Scope", SCOPES[markup.get("scope")]
    if kind in ("TH", "TD") and int(markup.get("colspan", 1)) > 1:
        yield "ColSpan", int(markup.get("colspan"))


def _language(markup: Any) -> str | None:  # noqa: ANN401
    """Return the language that an element names; the document's own is the catalog's to name."""
    named = markup.get("lang")
    return named if named and markup.tag != "html" else None
