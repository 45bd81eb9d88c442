"""Files of native JSON through the spine of a capture: kept whole as a WARC resource, read into records, sealed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from archiver import spool
from archiver.contract import Seen
from archiver.imports.json_lines import read
from archiver.imports.refusals import ImportTooLargeError, ImportUnreadableError, Refused
from archiver.planning import plan_of
from archiver.platforms.objects import Item
from archiver.sealing import seal
from manifests.archive import SOFTWARE
from schemas.capture import Observation
from schemas.record import Slice
from storage.warc import WarcWriter

if TYPE_CHECKING:
    from pathlib import Path

    from archiver.sealing import Chance
    from manifests.archive import Archive
    from schemas.account import Account
    from schemas.ledger import Captured

NAME = "import/1"
LARGEST = 512_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: objects read, parts refused, the committed act (``None`` when nothing was new)."""

    read: int
    refused: tuple[Refused, ...]
    act: Captured | None

    @property
    def new(self) -> int:
        """How many records were added."""
        return sum(partition.rows for partition in self.act.partitions) if self.act else 0


def import_file(archive: Archive, account: Account, path: Path, chance: Chance) -> Imported:
    """Import a file of native JSON into ``account`` and commit it as one poll, also when nothing in it is new.

    Raises:
        ImportUnreadableError, ImportTooLargeError: the file cannot be taken.
        ImportRefusedError: nothing in it can be read; nothing is committed.
        ArchiveError: it could not be committed; it waits in the spool.
    """
    content = _content(path)
    found = list(read(content, account.platform))
    items = [one for one in found if isinstance(one, Item)]
    refused = tuple(one for one in found if isinstance(one, Refused))
    if not items and refused:
        raise refused[0].error
    plan = plan_of(archive, account, chance, method="import", collector=NAME)
    with spool.begin(archive.spool, plan) as spooled:
        uri = f"file:///{path.name}"
        with WarcWriter(
            spooled.warc,
            software=SOFTWARE,
            operator=archive.settings.archive.organisation,
            salt=chance.salt(),
            now=archive.now,
        ) as writer:
            exchange = writer.resource(
                uri=uri, at=plan.started, content_type="application/json", body=io.BytesIO(content)
            )
        poll = msgspec.structs.replace(
            plan.poll(ended=archive.now(), outcome="partial" if refused else "captured", sanity="plausible"),
            reason="; ".join(one.error.what for one in refused[:5]) or None,
            listed=len(items),
        )
        spooled.finish(poll, (_seen(content, one, exchange, uri, plan) for one in items))
        return Imported(len(items), refused, seal(archive, (spooled,), chance).get(plan.capture))


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise ImportTooLargeError(
                f"{path.name} is larger than {LARGEST // 1_000_000} MB.",
                do="Split it, at line ends, and import the parts.",
            )
        return path.read_bytes()
    except OSError as error:
        raise ImportUnreadableError(f"{path} cannot be read: {error.strerror}.", do="Check the file.") from error


def _seen(content: bytes, item: Item, exchange: str, uri: str, plan: spool.Plan) -> Seen:
    source = Slice(exchange=exchange, uri=uri, offset=item.offset, length=item.length)
    native = content[item.offset : item.offset + item.length]
    return Seen(native, Observation(normalised=item.normalised, source=source, observed=plan.started))
