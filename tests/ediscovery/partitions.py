"""Partitions on disk for tests of searching: short descriptions of versions, written by ``storage.parquet``, opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from ediscovery.engine import Means
from ediscovery.index.building import build
from ediscovery.index.files import Files
from ediscovery.index.known import Known
from ediscovery.index.reading import Index, indexed
from ediscovery.index.versions import gather
from ediscovery.partitions import Source
from ediscovery.search import Search
from schemas.instant import Instant
from schemas.record import Absence, Attachment, Author, Normalised, Provenance, Record, Slice
from storage.parquet import write_partition

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from schemas.record import AbsenceClass, Kind, Method

MEMORY = 500_000_000  # bytes that a search may use
MONDAY = Instant.from_text("2026-03-02T09:00:00.000000Z")


@dataclass(frozen=True)
class Version:
    """One observed version of one item; ``captured`` in hours after ``MONDAY``, ``created`` likewise."""

    item: str
    text: str | None = None
    title: str | None = None
    author: str | None = None
    handle: str | None = None
    account: str = "blog"
    kind: Kind = "post"
    created: float | None = None
    captured: float = 0
    thread: str | None = None
    alt: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    verdict: AbsenceClass | None = None
    parent: str | None = None
    url: str | None = None
    method: Method = "feed"
    salt: int = field(default=0)

    @property
    def record(self) -> Record:
        view = Normalised(
            kind=self.kind,
            type="Note",
            item=self.item,
            url=self.url,
            title=self.title,
            text=self.text,
            author=Author(name=self.author, handle=self.handle) if self.author or self.handle else None,
            created=None if self.created is None else MONDAY.plus(seconds=self.created * 3600),
            thread=self.thread,
            parent=self.parent,
            attachments=tuple(Attachment(url=f"/{n}.png", role="image", alt=alt) for n, alt in enumerate(self.alt)),
            tags=self.tags,
            absence=self.verdict
            and Absence(verdict=self.verdict, last_seen=MONDAY, first_missing=MONDAY, reads=(), reason="it is away"),
        )
        captured = MONDAY.plus(seconds=self.captured * 3600)
        native = repr(self).encode("utf-8", "surrogatepass")
        provenance = Provenance(
            account=self.account,
            platform="feed",
            capture="c1",
            captured=captured,
            method=self.method,
            collector="feed/1",
            claim=1,
            source=Slice(exchange="urn:uuid:0", uri="https://blog.example/", offset=0, length=len(native)),
        )
        return Record(
            salt=sha256(native).digest(),
            native=native,
            normalised=view.to_bytes(),
            provenance=provenance.to_bytes(),
        )


def write(folder: Path, versions: Sequence[Version], *, rows: int = 1000) -> list[Source]:
    """Write the versions into partitions of their accounts, at most ``rows`` in each."""
    sources = []
    for account in sorted({version.account for version in versions}):
        own = [version.record for version in versions if version.account == account]
        for start in range(0, len(own), rows):
            found = own[start : start + rows]
            content, _ = write_partition(found)
            path = folder / f"{sha256(content).hexdigest()}"
            path.write_bytes(content)
            key = f"partitions/{account}/{start}.parquet"
            sources.append(Source(path=path, key=key, account=account, entry=len(sources), rows=len(found)))
    return sources


def no_index() -> Index:
    """What asks no question of an index has none."""
    raise AssertionError


def opened(sources: list[Source], *, segments: int = 2, known: Known | None = None, memory: int = MEMORY) -> Search:
    """A search over partitions, by an index of so many segments; the caller closes it."""

    def open_index() -> AbstractContextManager[Index]:
        made: list[Path] = []
        first = 0
        for number in range(segments):
            own = sources[number::segments]
            if own:
                folder = own[0].path.parent / f"segment-{number}"
                folder.mkdir(exist_ok=True)
                first += build(own, folder, first=first, means=Means(1, MEMORY, folder))
                made.append(folder)
        items = Path(made[0].parent if made else "") / "items.parquet"
        if made:
            gather(Files(made), items, means=Means(1, MEMORY, items.parent))
        return indexed(Files(made, items if made else None), known or Known(), Means(2, memory))

    return Search(sources, open_index, Means(2, memory))
