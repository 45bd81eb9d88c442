"""Gatherings bound to one PDF/A-3a and PDF/UA-1 file, object after object, in the plainest structure that there is.

No object is compressed into another and neither is the table of them, so that whoever checks a production can refuse
every other structure, and with it the ways to hide and to explode. What is written is not held: only where it stands.
"""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass
from hashlib import md5
from importlib.metadata import version
from typing import TYPE_CHECKING, BinaryIO

from ediscovery.production.describing import colour_profile, dated, information, metadata, output_intent, text
from ediscovery.production.gathering import DOCUMENT, FIRST, PAGES, renumbered
from ediscovery.production.outline import outlined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ediscovery.production.gathering import About, Gathering, Place
    from schemas.instant import Instant

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PLAIN_NAME = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+-_")
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
LEVEL = 9
PRODUCER = f"WeasyPrint {version('weasyprint')}"


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file to be attached; ``name`` is ASCII. ``relationship``: ``Source``, ``Data`` or ``Supplement``."""

    name: str
    content: bytes
    description: str
    media_type: str = "application/json"
    relationship: str = "Data"


@dataclass(frozen=True, slots=True)
class Bound:
    """A gathering that stands in the file, with the numbers that its parts have there. Opaque to others."""

    about: About
    node: int
    pages: tuple[int, ...]
    parts: tuple[int, ...]
    places: Mapping[str, Place]
    headings: tuple[tuple[int, str, Place], ...]
    field: int | None


def bind(gatherings: Iterable[Gathering], attached: Sequence[AttachedFile], *, identifier: bytes, at: Instant) -> bytes:
    """Return the PDF of gatherings in the order of their pages, with files attached (``Binder.finish``)."""
    with io.BytesIO() as file:
        binder = Binder(file)
        binder.finish([binder.add(one) for one in gatherings], attached, identifier=identifier, at=at)
        return file.getvalue()


class Binder:
    """Writes one PDF: ``add`` gatherings in any order, then ``finish`` with them in the order of their pages.

    The same gatherings in the same order give the same bytes. ``without_glyph`` are the characters that no font
    had, and that the pages name.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.without_glyph: set[str] = set()
        self._file = file
        self._offsets = [0]
        self._shared: dict[bytes, int] = {}
        self._parents: list[int] = []
        self._keys = 0
        self._root, self._document, self._structure = self._reserve(), self._reserve(), self._reserve()
        file.write(HEADER)

    def add(self, gathering: Gathering) -> Bound:
        """Write what a gathering holds; pictures and fonts that another one has brought are not written again."""
        numbers = {PAGES: self._root, DOCUMENT: self._document}
        new = []
        for number, printed in enumerate(gathering.objects, FIRST):
            known = self._shared.get(printed.digest) if printed.digest else None
            numbers[number] = self._reserve() if known is None else known
            if known is None:
                new.append((numbers[number], printed))
            if printed.digest:
                self._shared.setdefault(printed.digest, numbers[number])
        for number, printed in new:
            self._put(number, renumbered(printed.head, numbers.__getitem__, self._keys), printed.data)
        self.without_glyph |= gathering.without_glyph
        values = [renumbered(parent, numbers.__getitem__) for parent in gathering.parents]
        last = self._keys + len(values) - 1
        pairs = b" ".join(b"%d %s" % pair for pair in enumerate(values, self._keys))
        self._parents.append(self._add(b"<</Limits [%d %d]/Nums [%s]>>" % (self._keys, last, pairs)))
        self._keys = last + 1
        return Bound(
            about=gathering.about,
            node=numbers[FIRST],
            pages=tuple(numbers[page] for page in gathering.pages),
            parts=tuple(numbers[part] for part in gathering.parts),
            places=gathering.places,
            headings=gathering.headings,
            field=None if gathering.field is None else numbers[gathering.field],
        )

    def finish(
        self, gatherings: Sequence[Bound], attached: Sequence[AttachedFile], *, identifier: bytes, at: Instant
    ) -> None:
        """Write what holds the gatherings together, and files attached in the order of their names.

        The document is described as its first gathering describes itself. ``at`` dates the attachments,
        ``identifier`` is the file's identity (ISO 32000-1, 14.4).
        """
        about = gatherings[0].about
        nodes = _references(one.node for one in gatherings)
        count = sum(len(one.pages) for one in gatherings)
        self._put(self._root, b"<</Type /Pages/Kids [%s]/Count %d>>" % (nodes, count))
        self._put_structure(gatherings)
        specifications = [(file.name, self._attach(file, at)) for file in sorted(attached, key=lambda file: file.name)]
        catalog = self._add(
            b"<</Type /Catalog/Version /1.7/Pages %d 0 R/StructTreeRoot %d 0 R/Lang %s/MarkInfo <</Marked true>>"
            b"/ViewerPreferences <</DisplayDocTitle true>>/Metadata %d 0 R/OutputIntents [%s]%s%s%s%s>>"
            % (
                self._root,
                self._structure,
                text(about.language),
                self._add(b"<</Type /Metadata/Subtype /XML", metadata(about, PRODUCER), compressed=False),
                output_intent(self._add(b"<</N 3", colour_profile())),
                self._named(gatherings, specifications),
                b"/AF [%s]" % _references(number for _, number in specifications) if specifications else b"",
                self._outline(gatherings),
                self._form(gatherings),
            )
        )
        described = self._add(information(about, PRODUCER))
        self._end(catalog, described, b"<" + identifier.hex().upper().encode() + b">")

    def _put_structure(self, gatherings: Sequence[Bound]) -> None:
        parents = self._add(b"<</Kids [%s]>>" % _references(self._parents))
        self._put(
            self._structure,
            b"<</Type /StructTreeRoot/K [%d 0 R]/ParentTree %d 0 R/ParentTreeNextKey %d>>"
            % (self._document, parents, self._keys),
        )
        parts = _references(part for one in gatherings for part in one.parts)
        self._put(self._document, b"<</Type /StructElem/S /Document/P %d 0 R/K [%s]>>" % (self._structure, parts))

    def _attach(self, file: AttachedFile, at: Instant) -> int:
        moment = dated(at)
        parameters = b"<</Size %d/CreationDate %s/ModDate %s/CheckSum <%s>>>" % (
            len(file.content),
            moment,
            moment,
            md5(file.content, usedforsecurity=False).hexdigest().encode(),
        )
        kind = file.media_type if MEDIA_TYPE.fullmatch(file.media_type) else "application/octet-stream"
        head = b"<</Type /EmbeddedFile/Subtype %s/Params %s" % (_name(kind), parameters)
        return self._add(
            b"<</Type /Filespec/F %s/UF %s/EF <</F %d 0 R/UF %d 0 R>>/Desc %s/AFRelationship /%s>>"
            % (
                text(file.name),
                text(file.name),
                (stream := self._add(head, file.content)),
                stream,
                text(file.description),
                file.relationship.encode(),
            )
        )

    def _named(self, gatherings: Sequence[Bound], specifications: Sequence[tuple[str, int]]) -> bytes:
        places = {
            name: (one.pages[place.page], place) for one in reversed(gatherings) for name, place in one.places.items()
        }
        spelled = sorted((name.encode(), _destination(*place)) for name, place in places.items())
        named = b" ".join(text(name.decode()) + b" " + place for name, place in spelled)
        destinations = self._add(b"<</Names [%s]>>" % named)
        if not specifications:
            return b"/Names <</Dests %d 0 R>>" % destinations
        files = b" ".join(b"%s %d 0 R" % (text(name), number) for name, number in specifications)
        return b"/Names <</Dests %d 0 R/EmbeddedFiles %d 0 R>>" % (
            destinations,
            self._add(b"<</Names [%s]>>" % files),
        )

    def _outline(self, gatherings: Sequence[Bound]) -> bytes:
        headings = [
            (level, words, _destination(one.pages[place.page], place))
            for one in gatherings
            for level, words, place in one.headings
        ]
        if not headings:
            return b""
        first = len(self._offsets)
        for spelled in outlined(headings, first):
            self._add(spelled)
        return b"/Outlines %d 0 R" % first

    def _form(self, gatherings: Iterable[Bound]) -> bytes:
        fields = [one.field for one in gatherings if one.field is not None]
        return b"/AcroForm <</Fields [%s]>>" % _references(fields) if fields else b""

    def _reserve(self) -> int:
        self._offsets.append(0)
        return len(self._offsets) - 1

    def _add(self, head: bytes, content: bytes | None = None, *, compressed: bool = True) -> int:
        """Write an object under the next number; a stream's head is yet without its length and its end."""
        number = self._reserve()
        if content is not None:
            data = zlib.compress(content, LEVEL) if compressed else content
            form = b"/Filter /FlateDecode" if compressed else b""
            self._put(number, head + form + b"/Length %d>>" % len(data), data)
        else:
            self._put(number, head)
        return number

    def _put(self, number: int, head: bytes, data: bytes | None = None) -> None:
        self._offsets[number] = self._file.tell()
        self._file.write(b"%d 0 obj\n%s\n" % (number, head))
        if data is not None:
            self._file.write(b"stream\n")
            self._file.write(data)
            # Of one newline a reader could not tell whether a carriage return before it is the data's last byte.
            self._file.write(b"\r\nendstream\n")
        self._file.write(b"endobj\n")

    def _end(self, catalog: int, information: int, identity: bytes) -> None:
        start, size = self._file.tell(), len(self._offsets)
        self._file.write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for offset in self._offsets[1:]:
            self._file.write(b"%010d 00000 n \n" % offset)
        self._file.write(
            b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID [%s %s]>>\nstartxref\n%d\n%%%%EOF\n"
            % (size, catalog, information, identity, identity, start)
        )


def _references(numbers: Iterable[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)


def _destination(page: int, place: Place) -> bytes:
    return b"[%d 0 R /XYZ %.2f %.2f 0]" % (page, place.x, place.y)


def _name(words: str) -> bytes:
    """Return a name as PDF spells it (ISO 32000-1, 7.3.5)."""
    return b"/" + b"".join(b"%c" % byte if byte in PLAIN_NAME else b"#%02X" % byte for byte in words.encode())
