"""Records that an archives received: the list of their ids, in lines, as it is stored beside the act that names it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from schemas.canonical import Canonical, NotCanonicalError
from schemas.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TOGETHER = 1_000
"""How many ids stand in a line at most."""
LONGEST_LINE = 1 << 17


class Line(Canonical, frozen=True):
    """One line of a list: ids of records, 1,000 but in the last one."""

    records: tuple[Digest, ...]


def lines_of(records: Iterable[Digest]) -> Iterator[bytes]:
    """Yield the lines of a list of these ids, in their order, each with its newline."""
    ids = iter(records)
    while some := tuple(islice(ids, TOGETHER)):
        yield Line(records=some).to_bytes() + b"\n"


def ids_from(lines: Iterable[bytes]) -> Iterator[Digest]:
    """Yield the ids of a list from its lines.

    Raises:
        NotCanonicalError: it is spelled otherwise than ``lines_of`` does.
    """
    whole = True
    for line in lines:
        if not whole or not line.endswith(b"\n"):
            raise _malformed("a line was cut off")
        records = Line.from_bytes(line[:-1]).records
        if not 0 < len(records) <= TOGETHER:
            raise _malformed(f"a line has {len(records)} ids")
        whole = len(records) == TOGETHER
        yield from records


def _malformed(why: str) -> NotCanonicalError:
    return NotCanonicalError(f"This is no list of records: {why}.", do="Keep it and report it.")
