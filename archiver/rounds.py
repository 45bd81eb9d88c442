"""A round over accounts: each is read into the spool, and groups of them are committed together."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archiver import spool
from archiver.fetch.addresses import resolve as resolve_by_system
from archiver.runs import Looked, looked_at
from archiver.sealing import Chance, seal
from schemas.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archiver.fetch.addresses import Resolver
    from archiver.spool import Spooled
    from manifests.archive import Archive
    from schemas.account import Account
    from schemas.ledger import Captured

MOST_IN_GROUP = 200
LONGEST_GROUP_SECONDS = 60
STOPPING = ("integrity", "outcome-unknown")
"""The families of errors after which a round does not go on."""


@dataclass(frozen=True, slots=True)
class Captures:
    """What a round did to one account: the committed act, and the error that kept it or that its poll records.

    ``failures`` are parts that could not be read, in words that the ledger does not keep. ``waits`` tells that what was
    read is in the spool and not yet committed. ``remarks`` are what somebody should do soon.
    """

    account: str
    act: Captured | None
    error: ArchiveError | None = None
    failures: tuple[str, ...] = ()
    waits: bool = False
    remarks: tuple[str, ...] = ()


def system_chance() -> Chance:
    """Return the operating system's randomness."""
    return Chance(os.urandom)


def recover(archive: Archive, chance: Chance) -> tuple[Captured, ...]:
    """Seal what earlier processes left in the spool, complete or interrupted; return what was committed."""
    with spool.abandoned(archive.spool) as captures:
        return tuple(seal(archive, captures, chance).values())


def capture_all(
    archive: Archive,
    accounts: Iterable[Account],
    chance: Chance,
    *,
    environment: Mapping[str, str],
    resolve: Resolver = resolve_by_system,
) -> Iterator[Captures]:
    """Read one account after the other and commit what was found, a group of accounts an entry.

    One that fails does not keep the next from being read. A group is committed when a minute has passed since its
    first account was read, and at the end: an entry costs the same whether it carries one capture or two hundred.

    Raises:
        IntegrityError, OutcomeUnknownError: the round stops; what was read waits in the spool.
    """
    with ExitStack() as begun:
        group: list[_Waiting] = []
        began = archive.now()
        for account in accounts:
            began = began if group else archive.now()
            try:
                spooled, looked = begun.enter_context(
                    looked_at(archive, account, chance, environment=environment, resolve=resolve)
                )
            except ArchiveError as refused:
                if refused.family in STOPPING:
                    raise
                yield Captures(account.name, None, refused)
                continue
            group.append(_Waiting(account.name, spooled.plan().capture, spooled, looked))
            waited = (archive.now().micros - began.micros) / 1_000_000
            if len(group) >= MOST_IN_GROUP or waited >= LONGEST_GROUP_SECONDS:
                yield from _committed(archive, group, chance)
                begun.pop_all().close()
                group.clear()
        yield from _committed(archive, group, chance)


@dataclass(frozen=True, slots=True)
class _Waiting:
    account: str
    capture: str
    spooled: Spooled
    looked: Looked


def _committed(archive: Archive, group: list[_Waiting], chance: Chance) -> Iterator[Captures]:
    failure: ArchiveError | None = None
    try:
        acts = seal(archive, [one.spooled for one in group], chance)
    except ArchiveError as error:
        if error.family in STOPPING:
            raise
        acts, failure = {}, error
    for one in group:
        # Of a group that took several entries the first ones may be committed, whatever became of the last.
        _, last = archive.ledger.history.last_capture.get(one.account, (0, None))
        act = acts.get(one.capture) or (last if last and last.poll.capture == one.capture else None)
        kept = one.looked.error if act else failure or one.looked.error
        yield Captures(one.account, act, kept, one.looked.failures, waits=act is None, remarks=one.looked.remarks)
