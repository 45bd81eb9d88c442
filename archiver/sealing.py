"""From finished captures in the spool to an entry in the ledger: partitions and WARC first, then the entry.

Recovery after a crash is this same code, run on what the spool holds.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from archiver import observe
from archiver.held import held_of
from archiver.receiving.received import settle
from archiver.remembering import carry
from archiver.sorting import sorted_fresh
from archiver.substance import substance
from schemas.classifying import Subject, author_class, series_of
from schemas.errors import IntegrityError
from schemas.ledger import Captured
from schemas.partition import Partition
from schemas.record import SALT_SIZE, Record
from storage import layout, parquet, warc
from storage.objects import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from archiver.observe import Fresh
    from archiver.spool import Spooled
    from manifests.archive import Archive
    from manifests.history import History
    from schemas.account import Account
    from schemas.capture import Poll
    from schemas.ledger import Act
    from schemas.retention import Classification
    from schemas.stored import StoredObject


LARGEST_GROUP = 512 << 10
"""How many bytes the acts of one entry may take together; an entry has at most twice as many."""

MOST_ROWS, LARGEST_PARTITION = 25_000, 64 << 20
"""How many records, or how many bytes of evidence, fill a partition: it is made in memory."""

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

    def salt(self) -> bytes:
        """Return a salt that nobody can guess: 32 bytes."""
        return self.bytes_of(SALT_SIZE)


def seal(archive: Archive, captures: Iterable[Spooled], chance: Chance) -> dict[str, Captured]:
    """Commit spooled captures in as few entries as hold them, and remove them from the spool.

    Returns the committed acts by the captures' names; a capture that is in the ledger already has none. An entry holds
    one capture of an account at most, so that each is compared with the one before.

    Raises:
        UnavailableError: not committed; what is not in the ledger stays in the spool.
        OutcomeUnknownError: nobody knows; the captures stay in the spool and the next run looks.
    """
    waiting = [_Draft(archive, spooled, chance) for spooled in captures]
    committed: dict[str, Captured] = {}
    while waiting:
        committed |= _commit(archive, waiting)
        left = [one for one in waiting if archive.ledger.history.find_capture(one.plan.capture) is None]
        for draft in waiting:
            if draft not in left:
                # At this point it is in the ledger; what stays here by a crash is found known by the next capture.
                poll = draft.spooled.find_poll()
                looked = poll is not None and poll.outcome != "failed"
                settle(archive.home, draft.plan.account, draft.spooled.told(), looked=looked)
                draft.spooled.discard()
        waiting = left
    return committed


def _commit(archive: Archive, waiting: Sequence[_Draft]) -> dict[str, Captured]:
    """Append one entry with as many captures as it takes, and return these; none when all are in the ledger."""
    acts: dict[str, Captured] = {}

    def build(history: History) -> tuple[Act, ...]:
        acts.clear()
        acts.update((draft.plan.capture, act) for draft, act in _fitting(waiting, history))
        return tuple(acts.values())

    archive.append(build)
    return acts


def _fitting(waiting: Sequence[_Draft], history: History) -> Iterator[tuple[_Draft, Captured]]:
    """Yield the captures that go into the next entry together."""
    size, accounts = 0, set[str]()
    for draft in waiting:
        if draft.plan.account in accounts or history.find_capture(draft.plan.capture) is not None:
            continue
        act = draft.act(history)
        size += len(act.to_bytes())
        if accounts and size > LARGEST_GROUP:
            return
        accounts.add(draft.plan.account)
        yield draft, act


class _Draft:
    """A spooled capture on its way into the ledger; its objects are stored once, however many races are lost."""

    def __init__(self, archive: Archive, spooled: Spooled, chance: Chance) -> None:
        self.spooled, self.plan = spooled, spooled.plan()
        self._archive, self._chance = archive, chance
        self._poll: Poll | None = None
        self._exchanges: tuple[StoredObject, ...] | None = None
        self._act: Captured | None = None

    def act(self, history: History) -> Captured:
        """Return the act, made anew only if the account was captured meanwhile; its objects are durable.

        Raises:
            AccountUnknownError: the account is not registered.
        """
        before = history.last_capture.get(self.plan.account)
        base = before[0] if before else None
        if self._act is None or self._act.base != base:
            account = history.accounts.get(self.plan.account)
            if account is None:
                raise AccountUnknownError(
                    f"The spool holds a capture of {self.plan.account!r}, which is not registered here.",
                    do="Keep the spool; find out which archive it belongs to.",
                )
            self._act = self._made(account, base)
        return self._act

    def _made(self, account: Account, base: int | None) -> Captured:
        archive, spooled = self._archive, self.spooled
        poll = self._poll = self._poll or spooled.find_poll() or _interrupted(archive, spooled)
        if poll.method == "import" or poll.outcome == "interrupted":
            last = archive.ledger.history.find_last_poll(account.name)
            carry(archive.home, account.name, last=last.capture if last else None, capture=poll.capture)
        if self._exchanges is None:
            self._exchanges = tuple(self._stored_exchanges(account))
        held, place_of = held_of(archive, account.name), _placing(archive, account)
        with ExitStack() as stack:
            if poll.method == "import":
                sorted_ = stack.enter_context(sorted_fresh(held, spooled, place_of))
                counts, groups = (*sorted_.count(), 0), sorted_.groups()
            else:
                fresh = observe.fresh(
                    held, spooled.seen(), method=poll.method, substance=partial(substance, account.platform)
                )
                ordered = sorted(fresh, key=lambda one: (place_of(one), one.seen.observation.normalised.item))
                counts, groups = observe.count(fresh), groupby(ordered, key=place_of)
            new, edited, absent = counts
            return Captured(
                poll=poll,
                base=base,
                new=new,
                edited=edited,
                absent=absent,
                partitions=tuple(_partitions(archive, account, poll, groups, self._chance)),
                exchanges=self._exchanges,
            )

    def _stored_exchanges(self, account: Account) -> Iterator[StoredObject]:
        if self.spooled.warc.exists():
            key = layout.exchanges(account=account.name, capture=self.plan.capture)
            yield self._archive.store.put_new(key, Content.of_file(self.spooled.warc))


def _interrupted(archive: Archive, spooled: Spooled) -> Poll:
    plan = spooled.plan()
    kept = warc.salvage(spooled.warc) if spooled.warc.exists() else 0
    if not kept:
        spooled.warc.unlink(missing_ok=True)
    poll = plan.poll(ended=archive.now(), outcome="interrupted", sanity="unread")
    return msgspec.structs.replace(poll, code="INTERRUPTED", reason=CUT_SHORT)


def period_of(one: Fresh) -> str:
    """Return the month that decides a record's retention: that of its own date, or of its capture (FORMAT 3.1)."""
    observation = one.seen.observation
    return str(observation.normalised.created or observation.observed)[:7]


def _placing(archive: Archive, account: Account) -> Callable[[Fresh], tuple[str, str]]:
    _, classification = archive.ledger.history.classification or (0, None)
    return lambda one: (_series_of(one, account, classification), period_of(one))


def _partitions(
    archive: Archive,
    account: Account,
    poll: Poll,
    groups: Iterable[tuple[tuple[str, str], Iterator[Fresh]]],
    chance: Chance,
) -> Iterable[Partition]:
    for (series, period), group in groups:
        records = (_record(one, account, poll, chance) for one in group)
        for part in _parts(records):
            content, root = parquet.write_partition(part)
            key = layout.partition(account=account.name, series=series, period=period, name=chance.name())
            stored = archive.store.put_new(key, Content.of(content))
            yield Partition(
                account=account.name, series=series, period=period, rows=len(part), root=root, stored=stored
            )


def _parts(records: Iterator[Record]) -> Iterator[list[Record]]:
    """Yield records in as few lists as keep each small enough for memory."""
    part: list[Record] = []
    size = 0
    for record in records:
        part.append(record)
        size += len(record.native) + len(record.normalised) + len(record.provenance)
        if len(part) == MOST_ROWS or size >= LARGEST_PARTITION:
            yield part
            part, size = [], 0
    if part:
        yield part


def _series_of(one: Fresh, account: Account, classification: Classification | None) -> str:
    """Return under which name records lie together that will be due together; what decides is reckoned when it is."""
    view = one.seen.observation.normalised
    subject = Subject(
        account=account.name,
        platform=account.platform,
        kind=view.kind,
        author_class=author_class(view.kind, view.author, account.officials),
    )
    return layout.series_segment(series_of(classification, subject))


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
        salt=chance.salt(),
        native=one.seen.native,
        normalised=one.seen.observation.normalised.to_bytes(),
        provenance=provenance.to_bytes(),
    )
