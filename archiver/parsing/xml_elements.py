"""The elements of one name in XML that may be larger than memory, each with its exact bytes. Pure.

A document type is refused: no entity is ever declared, expanded or fetched. What stands before a place where the XML
breaks off or is none is yielded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archiver.parsing.json_slices import Buffer

STEP = 1 << 16
LARGEST = 64 << 20
LARGEST_TOKEN = 8 << 20
DEEPEST = 100
MOST_NODES = 500_000
MOST_AROUND = 100
REMEMBERED = 1 << 12
"""How long a text may be that is remembered of what stands around an element."""

EMPTY_TAG = re.compile(rb"<[^<>\"']*+(?:\"[^\"]*+\"[^<>\"']*+|'[^']*+'[^<>\"']*+)*+>")
SEPARATOR = " "


class XmlRefusedError(InputError):
    """An XML document, or what follows a place in it, is not read."""

    code = "XML_REFUSED"


@dataclass(slots=True)
class Node:
    """An element: its local name and namespace, attributes by local name, its texts, what is in it, where it lies."""

    name: str
    space: str
    attributes: Mapping[str, str]
    start: int
    end: int = 0
    texts: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, without white space around it."""
        return "".join(self.texts).strip()

    def all(self, name: str, space: str = "") -> Iterator[Node]:
        """Yield its children of that name, in a namespace that contains ``space``."""
        return (child for child in self.children if child.name == name and space in child.space)

    def find(self, name: str, space: str = "") -> str | None:
        """Return the text of its first child of that name, unless it is empty."""
        return next((child.text for child in self.all(name, space) if child.text), None)


@dataclass(frozen=True, slots=True)
class Element:
    """An element that was looked for, and the short texts that its parent held before it, by name."""

    node: Node
    around: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BrokenXml:
    """What is not read: ``length`` bytes at ``offset``, and why in words."""

    offset: int
    length: int
    why: str


def elements(content: Buffer, name: str) -> Iterator[Element | BrokenXml]:
    """Yield the outermost elements of that local name, in order, each whole in memory."""
    size = len(content)
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4]:
        yield BrokenXml(0, size, "it is in UTF-16 or UTF-32")
        return
    seeker = _Seeker(content, name)
    for place in range(0, size + STEP, STEP):
        try:
            seeker.feed(content[place : place + STEP], last=place >= size)
        except (expat.ExpatError, XmlRefusedError) as error:
            yield from seeker.taken()
            offset = seeker.safe
            yield BrokenXml(offset, size - offset, _why(error))
            return
        yield from seeker.taken()


class _Seeker:
    """What expat tells, as nodes; ``safe`` is where the last element ended that was given out."""

    def __init__(self, content: Buffer, name: str) -> None:
        self.safe = 0
        self._content, self._name = content, name
        self._found: list[Element | BrokenXml] = []
        self._open: list[Node] = []
        self._around: list[dict[str, str]] = []
        self._nodes = self._fed = 0
        self._dropped = -1
        parser = self._parser = expat.ParserCreate(namespace_separator=SEPARATOR)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def feed(self, chunk: bytes, *, last: bool) -> None:
        """Read on.

        Raises:
            ExpatError, XmlRefusedError: it is not well-formed, or is not to be read.
        """
        self._fed += len(chunk)
        self._parser.Parse(chunk, last)
        if self._fed - self._parser.CurrentByteIndex > LARGEST_TOKEN and not last:
            raise XmlRefusedError("one piece of markup is far too long", do="")

    def taken(self) -> Iterator[Element | BrokenXml]:
        """Yield what was found since the last time."""
        found, self._found = self._found, []
        return iter(found)

    def _doctype(self, *_: object) -> None:
        raise XmlRefusedError("it declares a document type, in which entities can be defined", do="")

    def _start(self, qualified: str, attributes: dict[str, str]) -> None:
        space, _, name = qualified.rpartition(SEPARATOR)
        place = self._parser.CurrentByteIndex
        if len(self._around) + len(self._open) > DEEPEST:
            raise XmlRefusedError(f"it is nested deeper than {DEEPEST} levels", do="")
        if self._dropped >= 0:
            self._dropped += 1
            return
        if not self._open and name != self._name:
            self._around.append({"": name})
            return
        local = {key.rpartition(SEPARATOR)[2]: value for key, value in attributes.items()}
        node = Node(name, space, local, place)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._nodes = 0
        self._nodes += 1
        self._open.append(node)
        if self._nodes > MOST_NODES or place - self._open[0].start > LARGEST:
            self._dropped = len(self._open)

    def _text(self, text: str) -> None:
        if self._dropped >= 0:
            return
        if self._open:
            self._open[-1].texts.append(text)
            if self._parser.CurrentByteIndex - self._open[0].start > LARGEST:
                self._dropped = len(self._open)
        elif self._around:
            around = self._around[-1]
            if len(around.get(TEXT, "")) < REMEMBERED:
                around[TEXT] = around.get(TEXT, "") + text[:REMEMBERED]

    def _end(self, _: str) -> None:
        if self._dropped > 1:
            self._dropped -= 1
            return
        if not self._open:
            ended = self._around.pop()
            if self._around and len(self._around[-1]) < MOST_AROUND:
                self._around[-1].setdefault(ended[""], ended.get(TEXT, "").strip())
            return
        place = self._parser.CurrentByteIndex
        if self._dropped == 1:
            root, self._dropped = self._open[0], -1
            self._open.clear()
            self.safe = self._closed(place)
            self._found.append(BrokenXml(root.start, self.safe - root.start, f"it is larger than {LARGEST >> 20} MiB"))
            return
        node = self._open.pop()
        node.end = self._closed(place)
        if not self._open:
            self.safe = node.end
            around = {key: text for key, text in (self._around[-1] if self._around else {}).items() if key.strip(TEXT)}
            self._found.append(Element(node, around))

    def _closed(self, place: int) -> int:
        """Return where the tag at ``place`` ends: one that closes, or one that is empty."""
        if self._content[place : place + 2] == b"</":
            return self._content.find(b">", place) + 1
        tag = EMPTY_TAG.match(self._content, place)
        return tag.end() if tag else place


TEXT = "#"
"""Where the text of an element that is not looked for is kept: no element can be called so."""


def _why(error: Exception) -> str:
    if isinstance(error, XmlRefusedError):
        return error.what
    return f"it is not well-formed XML ({expat.ErrorString(error.code)})" if isinstance(error, expat.ExpatError) else ""
