"""From a finished capture in the spool to its entry in the ledger: partitions and WARC first, then the entry.

Recovery after a crash is this same code, run on what the spool holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from archiver import observe
from archiver.held import held_of
from schemas.errors import IntegrityError
from schemas.ledger import Captured
from schemas.partition import Partition
from schemas.record import Record
from storage import layout, parquet, warc
from storage.objects import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archiver.observe import Fresh
    from archiver.spool import Spooled
    from manifests.archive import Archive
    from manifests.history import History
    from schemas.account import Account
    from schemas.capture import Poll
    from schemas.ledger import Act
    from schemas.stored import StoredObject


CUT_SHORT = "cut short; what it had fetched is kept, and the next capture reads the account again"


class AccountUnknownError(IntegrityError):
    """A spooled capture is of an account that the ledger does not know."""

    code = "SPOOLED_ACCOUNT_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Chance:
    """Where randomness comes from: ``bytes_of(n)`` returns n random bytes, fit for salts and names."""

    bytes_of: Callable[[int], bytes]

    def name(self) -> str:
        """Return a name that nothing else bears: 32 hexadecimal digits."""
        return self.bytes_of(16).hex()


def seal(archive: Archive, spooled: Spooled, chance: Chance) -> Captured | None:
    """Commit one spooled capture and remove it from the spool; return the act, or ``None`` when it was there already.

    Raises:
        UnavailableError: not committed; the capture stays in the spool.
        OutcomeUnknownError: nobody knows; the capture stays in the spool and the next run looks.
    """
    plan = spooled.plan()
    poll = spooled.find_poll() or _interrupted(archive, spooled)
    exchanges: list[StoredObject] = []
    committed: list[Captured] = []

    def build(history: History) -> tuple[Act, ...]:
        committed.clear()
        if plan.capture in history.captures:
            return ()
        account = history.accounts.get(plan.account)
        if account is None:
            raise AccountUnknownError(
                f"The spool holds a capture of {plan.account!r}, which is not registered here.",
                do="Keep the spool; find out which archive it belongs to.",
            )
        if not exchanges and spooled.warc.exists():
            key = layout.exchanges(account=account.name, capture=plan.capture)
            exchanges.append(archive.store.put_new(key, Content.of_file(spooled.warc)))
        act = _captured(archive, account, poll, spooled, chance, exchanges)
        committed.append(act)
        return (act,)

    archive.append(build)
    spooled.discard()
    return committed[0] if committed else None


def _interrupted(archive: Archive, spooled: Spooled) -> Poll:
    plan = spooled.plan()
    kept = warc.salvage(spooled.warc) if spooled.warc.exists() else 0
    if not kept:
        spooled.warc.unlink(missing_ok=True)
    poll = plan.poll(ended=archive.now(), outcome="interrupted", sanity="unread")
    return msgspec.structs.replace(poll, code="INTERRUPTED", reason=CUT_SHORT)


def _captured(
    archive: Archive, account: Account, poll: Poll, spooled: Spooled, chance: Chance, exchanges: list[StoredObject]
) -> Captured:
    history = archive.ledger.history
    before = history.last_capture.get(account.name)
    made = observe.fresh(held_of(archive, account.name), spooled.seen(), method=poll.method)
    new, edited, absent = observe.count(made)
    return Captured(
        poll=poll,
        base=before[0] if before else None,
        new=new,
        edited=edited,
        absent=absent,
        partitions=tuple(_partitions(archive, account, poll, made, chance)),
        exchanges=tuple(exchanges),
    )


def period_of(one: Fresh) -> str:
    """Return the month that decides a record's retention: that of its own date, or of its capture (FORMAT 3.1)."""
    observation = one.seen.observation
    return str(observation.normalised.created or observation.observed)[:7]


def _partitions(
    archive: Archive, account: Account, poll: Poll, made: Iterable[Fresh], chance: Chance
) -> Iterable[Partition]:
    ordered = sorted(made, key=lambda one: (period_of(one), one.seen.observation.normalised.item))
    for period, group in groupby(ordered, key=period_of):
        records = [_record(one, account, poll, chance) for one in group]
        content, root = parquet.write_partition(records)
        key = layout.partition(account=account.name, series=account.series, period=period, name=chance.name())
        stored = archive.store.put_new(key, Content.of(content))
        yield Partition(
            account=account.name, series=account.series, period=period, rows=len(records), root=root, stored=stored
        )


def _record(one: Fresh, account: Account, poll: Poll, chance: Chance) -> Record:
    provenance = observe.provenance_of(
        one,
        account=account.name,
        platform=account.platform,
        capture=poll.capture,
        method=poll.method,
        collector=poll.collector,
    )
    return Record(
        salt=chance.bytes_of(32),
        native=one.seen.native,
        normalised=one.seen.observation.normalised.to_bytes(),
        provenance=provenance.to_bytes(),
    )
