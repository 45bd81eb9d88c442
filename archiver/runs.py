"""One look at an account from plan to spool: read it, look up what is missing; also when it fails."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from archiver import observe, spool
from archiver.absences import ItemLooker
from archiver.collectors.known import collector_of
from archiver.contract import Collected
from archiver.credentials.opening import opening_of
from archiver.fetch.addresses import permitted
from archiver.fetch.placeholders import expand
from archiver.fetch.recording import Limits
from archiver.fetch.transport import Patience, RecordingTransport
from archiver.held import held_of
from archiver.late import ask_again
from archiver.planning import plan_of
from archiver.receiving.received import waiting
from archiver.receiving.sealing import find_site, noticed, taken_along
from archiver.remembering import public_part, recalled, remember
from archiver.substance import RENDERED, substance
from manifests.archive import SOFTWARE
from schemas.errors import ArchiveError, UnavailableError
from storage.warc import WarcWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archiver.contract import Collector, Seen
    from archiver.fetch.access import Credentials
    from archiver.fetch.addresses import Resolver
    from archiver.observe import Held
    from archiver.platforms.notifying import Named
    from archiver.receiving.received import Notification
    from archiver.sealing import Chance
    from archiver.spool import Spooled
    from manifests.archive import Archive
    from schemas.account import Account
    from schemas.capture import Outcome, Poll

MEGABYTE = 1_000_000


class CollectorDefectError(UnavailableError):
    """A collector has a defect that what an account answered brought out."""

    code = "COLLECTOR_DEFECT"


@contextmanager
def looked_at(
    archive: Archive,
    account: Account,
    chance: Chance,
    *,
    environment: Mapping[str, str],
    resolve: Resolver,
) -> Iterator[tuple[Spooled, Looked]]:
    """Read ``account`` once into the spool, where it is ours until the block ends.

    Gives the spooled capture and what the look gave.

    Raises:
        PlatformUnsupportedError: the account cannot be read over the network.
        SpoolUnwritableError: the disk refuses.
    """
    collector = collector_of(account, archive.settings, now=archive.now)
    plan = plan_of(archive, account, chance, method=collector.method, collector=collector.name)
    held = held_of(archive, account.name)
    with spool.begin(archive.spool, plan) as spooled:
        try:
            access = collector.access(account)
            opening = opening_of(archive, account, environment=environment, resolve=resolve)
            remark = opening.renew()
            credentials = opening.credentials(access)
            with _recording(archive, spooled, account, credentials, chance, environment, resolve) as transport:
                if remark:
                    transport.tell(account.url, {"token": remark})
                seen, named, told = _told(archive, account, held, transport.warc)
                looked = _look(archive, account, collector, transport, held, plan, named=named)
                looked = replace(
                    looked,
                    seen=(*seen, *looked.seen),
                    told=tuple(one.name for one in told),
                    remarks=(remark,) if remark else (),
                )
        except ArchiveError as error:
            # Nothing could be asked at all: no secret in the environment, no version named. The poll says so.
            cursor = _recalled(archive, plan)
            poll = _poll(archive, plan, Collected(cursor=cursor, sanity="unread"), cursor, error=error)
            looked = Looked(poll, cursor, error=error)
        spooled.finish(looked.poll, looked.seen, told=looked.told)
        # Only now: what was asked may be forgotten when what was answered is kept.
        remember(archive.home, account.name, looked.cursor, capture=plan.capture)
        yield spooled, looked


@contextmanager
def _recording(
    archive: Archive,
    spooled: Spooled,
    account: Account,
    credentials: Credentials | None,
    chance: Chance,
    environment: Mapping[str, str],
    resolve: Resolver,
) -> Iterator[RecordingTransport]:
    """Open the account's way to the network, recorded into the spool; its secrets are known in here alone."""
    settings = archive.settings.capture
    url, secrets = expand(account.url, environment)
    with (
        WarcWriter(
            spooled.warc,
            software=SOFTWARE,
            operator=archive.settings.archive.organisation,
            salt=chance.salt(),
            now=archive.now,
            user_agent=settings.user_agent,
        ) as writer,
        RecordingTransport(
            writer,
            user_agent=settings.user_agent,
            folder=spooled.folder,
            now=archive.now,
            secrets=secrets,
            credentials=credentials,
            aliases={account.url: url},
            resolve=resolve,
            addresses=permitted(private_network=account.private_network),
            limits=Limits(
                connect=settings.connect_seconds,
                read=settings.read_seconds,
                total=settings.total_seconds,
                brief=settings.read_seconds,
                max_body=settings.max_megabytes * MEGABYTE,
                max_payload=settings.max_payload_megabytes * MEGABYTE,
            ),
            patience=Patience(attempts=settings.attempts, longest_wait=settings.longest_wait_seconds),
        ) as transport,
    ):
        yield transport


def _told(
    archive: Archive, account: Account, held: Held, writer: WarcWriter
) -> tuple[tuple[Seen, ...], tuple[Named, ...], tuple[Notification, ...]]:
    """Return what the platform told by itself as it is kept, the items that it named, and what is taken along."""
    told = waiting(archive.home, account.name)
    site = find_site(account, archive.settings, held.versions, now=archive.now) if told else None
    if site is None:
        return (), (), ()
    taken, named = taken_along(site, told)
    return noticed(site, taken, writer), named, taken


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at an account: the poll, what was seen, the error if it failed, and in words what could not be read.

    ``cursor`` is what the next look is given, also what stays on this machine. ``told`` are the names of the platform's
    notifications that it took along, ``remarks`` what somebody should do soon, though nothing is lacking yet.
    """

    poll: Poll
    cursor: Mapping[str, str]
    seen: tuple[Seen, ...] = ()
    error: ArchiveError | None = None
    failures: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def _look(
    archive: Archive,
    account: Account,
    collector: Collector,
    transport: RecordingTransport,
    held: Held,
    plan: spool.Plan,
    *,
    named: tuple[Named, ...] = (),
) -> Looked:
    error: ArchiveError | None = None
    collected = Collected(listed=None, sanity="unread", cursor=plan.cursor)
    cursor = _recalled(archive, plan)
    away: tuple[Seen, ...] = ()
    known = partial(held.knows, substance=partial(substance, account.platform))
    try:
        collected = collector.collect(account, transport, cursor=cursor, known=known)
        collected = _doubted(held, collected)
        transport.note(collected.failures)
        looker = ItemLooker(transport, held, collector.looking_up(account), known, archive.now)
        away = looker.look(collected, named=named)
        late = ask_again(
            held,
            collected.items,
            transport,
            rendered=account.platform == RENDERED,
            recheck=archive.settings.capture.recheck,
            cursor=cursor,
            now=archive.now(),
        )
        transport.note(late.failures)
        collected = late.added(collected)
    except ArchiveError as caught:
        # Not swallowed: the poll in the ledger carries it, and the caller gets it back.
        error = caught
    except Exception as defect:  # noqa: BLE001 - recorded and reported; other accounts must still be read
        where = traceback.extract_tb(defect.__traceback__)[-1]
        error = CollectorDefectError(
            f"{collector.name} failed on what the account answered: {type(defect).__name__} in {where.name}.",
            do="Report this; what was fetched is kept in the archive, and the next capture reads the account again.",
            place=f"{where.filename.rpartition('/')[2]}:{where.lineno}",
        )
    # A look that failed leaves what the one before remembered: what waits is still to be asked.
    after = cursor if error else collected.cursor
    poll = _poll(archive, plan, collected, after, error=error, transport=transport)
    failures = tuple(transport.masked(failure) for failure in collected.failures)
    return Looked(poll, after, (*collected.items, *away), error, failures)


def _doubted(held: Held, collected: Collected) -> Collected:
    """Return a look without the lists that it emptied: an answer that hides everything looks like that, too.

    Nothing is concluded from them, and the poll says so; items of theirs that are gone are missed when one shows again.
    """
    emptied = observe.emptied(held, collected.items)
    if not emptied:
        return collected
    told = tuple(f"{item} shows none of the {len(held.lists[item])} items that it showed before" for item in emptied)
    return replace(
        collected,
        items=tuple(one for one in collected.items if one.observation.normalised.item not in emptied),
        sanity="suspect",
        failures=(*collected.failures, *told),
    )


def _poll(
    archive: Archive,
    plan: spool.Plan,
    collected: Collected,
    cursor: Mapping[str, str],
    *,
    error: ArchiveError | None,
    transport: RecordingTransport | None = None,
) -> Poll:
    outcome: Outcome = "partial" if collected.failures else "captured" if collected.items else "unchanged"
    reason = error.what if error else _unread(collected)
    return msgspec.structs.replace(
        plan.poll(ended=archive.now(), outcome="failed" if error else outcome, sanity=collected.sanity),
        status=collected.status,
        code=error.code if error else None,
        reason=transport.masked(reason) if reason and transport else reason,
        requests=transport.requests if transport else 0,
        listed=len(collected.listed or ()),
        cursor_after=public_part(cursor),
    )


def _recalled(archive: Archive, plan: spool.Plan) -> dict[str, str]:
    last = archive.ledger.history.find_last_poll(plan.account)
    return recalled(archive.home, plan.account, plan.cursor, last=last.capture if last else None)


def _unread(collected: Collected) -> str | None:
    count = len(collected.failures)
    if not count:
        return None
    return f"{count} part{'s' * (count > 1)} could not be read; the WARC file of the capture says which, and why"
