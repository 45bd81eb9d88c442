"""Exports that are tables: which column of a CSV says what, and each row as an item with its exact bytes. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from archiver.imports.refusals import refusals
from archiver.parsing.csv_rows import BrokenRow, rows
from archiver.parsing.dates import find_instant
from archiver.parsing.text import REPLACED, find_address, unique
from archiver.platforms.objects import item_at
from schemas.digest import Digest
from schemas.record import Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archiver.imports.format import Asked, Found, Reader
    from archiver.parsing.json_slices import Buffer
    from schemas.instant import Instant
    from schemas.record import Kind

IN_UTC = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d+)?)(?: ?UTC| ?Z)?")
LONGEST_PREAMBLE = 20
"""How many rows may stand before the names of the columns: notes to the reader."""


@dataclass(frozen=True, slots=True)
class Table:
    """What the columns of one table mean; each is given by the names that it has had, in lower case.

    ``text`` are several columns, one below the other. An item without a column for its id goes by ``prefix`` and the
    digest of its cells. ``mine`` tells that the export's owner wrote it, where no ``author`` is named.
    """

    kind: Kind
    type: str
    prefix: str = ""
    item: tuple[str, ...] = ()
    url: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    author_url: tuple[str, ...] = ()
    parent: tuple[str, ...] = ()
    thread: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    mine: bool = True
    answers: bool = False
    """Whether what has a ``parent`` is a reply, to an item of its own kind."""

    clean: Callable[[str], str] = str.strip

    def reader(self) -> Reader:
        """Return the reader of such a table."""

        def read(content: Buffer, asked: Asked) -> Iterator[Found]:
            return _read(content, asked, self)

        return read

    def knows(self, names: Sequence[str]) -> bool:
        """Return whether these are the names of its columns: one at least of the first that identify it is there."""
        wanted = (*self.item, *self.text, *self.url, *self.created)
        return sum(name in names for name in wanted) >= min(2, len(wanted))

    def view(self, cells: Mapping[str, str], asked: Asked) -> Normalised:
        """Return what a row says."""

        def first(names: tuple[str, ...]) -> str | None:
            return next((cells[name] for name in names if cells.get(name)), None)

        stated = first(self.item)
        parent = first(self.parent)
        created_text = first(self.created)
        author = first(self.author)
        who = asked.owner if self.mine else None
        if author or first(self.author_url):
            who = Author(name=author, url=find_address(first(self.author_url), base=""))
        links = (find_address(cells.get(name), base="") for name in self.links)
        texts = (self.clean(cells[name]) for name in self.text if cells.get(name))
        return Normalised(
            kind="reply" if self.answers and parent else self.kind,
            type=self.type,
            item=f"{self.prefix}{stated}" if stated else f"{self.prefix}sha256:{_key(cells)}",
            url=find_address(first(self.url), base=""),
            title=first(self.title),
            text="\n".join(text for text in texts if text) or None,
            author=who,
            created=instant_of(created_text),
            created_text=created_text,
            parent=f"{self.prefix}{parent}" if self.answers and parent else parent,
            thread=first(self.thread),
            links=unique(links),
        )


def instant_of(text: str | None) -> Instant | None:
    """Return the instant of a date in an export whose dates are in UTC, as their makers say."""
    plain = IN_UTC.fullmatch((text or "").strip())
    return find_instant(f"{plain[1]}T{plain[2]}+00:00") if plain else find_instant(text)


def _key(cells: Mapping[str, str]) -> str:
    """Return what a row is known by that has no id: what it says, column by column."""
    return Digest.of("\0".join(f"{name}\1{cells[name]}" for name in sorted(cells)).encode("utf-8", "replace")).hex


def _read(content: Buffer, asked: Asked, table: Table) -> Iterator[Found]:
    refused = refusals(content)
    names: tuple[str, ...] = ()
    before: list[tuple[int, int]] = []
    for row in rows(content):
        if isinstance(row, BrokenRow):
            yield refused(row.offset, row.length, row.why)
        elif names:
            view = table.view(dict(zip(names, row.cells, strict=False)), asked)
            flags = ((REPLACED, row.replaced), ("ill-formed", len(row.cells) != len(names)))
            raised = tuple(flag for flag, is_raised in flags if is_raised)
            yield item_at(content, row.offset, row.length, msgspec.structs.replace(view, flags=raised))
        elif len(before) > LONGEST_PREAMBLE:
            yield item_at(content, row.offset, row.length, None)
        else:
            headings = tuple(cell.strip().lower() for cell in row.cells)
            names = headings if table.knows(headings) else ()
            before.append((row.offset, row.length))
    if not names:
        # No column is called as it is known to be (other languages have other names): the rows are kept as unknown.
        for offset, length in before:
            yield item_at(content, offset, length, None)
