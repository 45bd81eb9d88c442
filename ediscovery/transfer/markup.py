"""METS.xml and premis.xml as streams: the only door to lxml. Nothing is resolved, fetched or expanded when reading."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from lxml import etree

from ediscovery.bags.reading import malformed, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

METS = "http://www.loc.gov/METS/"
CSIP = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
PREMIS = "http://www.loc.gov/premis/v3"
XLINK = "http://www.w3.org/1999/xlink"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

MOST_CHILDREN = 10_000
"""How many elements may lie in one that is asked for: a package has some twenty."""

Element: TypeAlias = Any  # lxml has no types of its own


class Writing:
    """An XML file that is written element by element, in one namespace."""

    def __init__(self, file: Any, namespace: str) -> None:  # noqa: ANN401 - lxml's
        self._file, self._namespace = file, namespace

    @contextmanager
    def element(self, name: str, **attributes: str) -> Iterator[None]:
        """Write an element around what the block writes; attributes that begin with {…} are of that namespace."""
        with self._file.element(f"{{{self._namespace}}}{name}", attributes):
            yield

    def leaf(self, name: str, text: str = "", **attributes: str) -> None:
        """Write an element that holds text alone."""
        with self.element(name, **attributes):
            self._file.write(text)


@contextmanager
def writing(path: Path, root: str, *, namespaces: Mapping[str | None, str], **attributes: str) -> Iterator[Writing]:
    """Write an XML file in UTF-8 around what the block writes; the namespace without prefix is that of all elements."""
    with etree.xmlfile(str(path), encoding="utf-8") as file:
        file.write_declaration()
        namespace = namespaces[None]
        with file.element(f"{{{namespace}}}{root}", attributes, nsmap=dict(namespaces)):
            yield Writing(file, namespace)


def reading(path: Path, namespace: str, names: tuple[str, ...]) -> Iterator[Element]:
    """Yield the elements of these names when they are complete, and forget them.

    Raises:
        PackageMalformedError: this is not XML, or declares a document type.
    """
    tags = tuple(f"{{{namespace}}}{name}" for name in names)
    # No document type is looked at, so that no entity can be declared; nothing is fetched; depth and sizes are limited.
    limits = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    try:
        with open_file(path.parent, path.name) as stream:
            wanted, children = 0, 0  # how many elements that are asked for we are in, and how much lies in them
            for event, element in etree.iterparse(stream, events=("start", "end"), **limits):
                if event == "start":
                    if element.getroottree().docinfo.doctype:
                        raise malformed(f"{path.name} declares a document type")
                    wanted += element.tag in tags
                    children = children + 1 if wanted else 0
                    if children > MOST_CHILDREN:
                        raise malformed(f"{path.name} has an element with more than {MOST_CHILDREN} others in it")
                    continue
                if element.tag in tags:
                    wanted -= 1
                    yield element
                if wanted:
                    continue
                children = 0
                if element.getparent() is not None:
                    element.clear()
                    while (before := element.getprevious()) is not None:
                        element.getparent().remove(before)
    except (etree.XMLSyntaxError, OSError) as error:
        raise malformed(f"{path.name} is no XML: {error}") from error
