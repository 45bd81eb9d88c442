"""One capture from plan to seal: read the account, look up what is missing, spool, commit; also when it fails."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.warc import WarcWriter

from archiver import observe, spool
from archiver.collectors.feed import FeedCollector
from archiver.collectors.website import WebsiteCollector
from archiver.contract import Collected
from archiver.fetch import Limits, RecordingTransport, expand
from archiver.held import held_of
from archiver.observe import LookUp
from archiver.sealing import Chance, seal
from manifests.archive import SOFTWARE
from schemas.capture import Poll
from schemas.errors import ArchiveError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archiver.contract import Collector, Response, Seen, Transport
    from archiver.observe import Held
    from manifests.archive import Archive
    from schemas.account import Account
    from schemas.capture import Outcome
    from schemas.ledger import Captured
    from schemas.settings import CaptureSettings

MOST_LOOK_UPS = 500
LOOK_UPS = 2


class PlatformUnsupportedError(InputError):
    """An account's platform has no collector; its exports can be imported."""

    code = "PLATFORM_UNSUPPORTED"


@dataclass(frozen=True, slots=True)
class Captures:
    """What a run did to one account: the committed act, and the error that the poll records, if any."""

    account: str
    act: Captured | None
    error: ArchiveError | None = None


def collector_of(account: Account, settings: CaptureSettings) -> Collector:
    """Return the collector for an account's platform.

    Raises:
        PlatformUnsupportedError: there is none.
    """
    match account.platform:
        case "feed":
            return FeedCollector()
        case "website":
            return WebsiteCollector(max_pages=settings.max_pages)
        case "x" | "mastodon" | "activitypub":
            raise PlatformUnsupportedError(
                f"Accounts on {account.platform} cannot be read over the network by this version.",
                do=f"Import their exports: holdfast import {account.name} FILE…",
            )


def recover(archive: Archive, chance: Chance) -> tuple[Captured, ...]:
    """Seal what earlier processes left in the spool, complete or interrupted; return what was committed."""
    with spool.abandoned(archive.spool) as captures:
        return tuple(act for spooled in captures if (act := seal(archive, spooled, chance)) is not None)


def capture(archive: Archive, account: Account, chance: Chance, *, environment: Mapping[str, str]) -> Captures:
    """Read ``account`` once and seal what was found; a failed look is sealed as a failed poll.

    Raises:
        PlatformUnsupportedError: the account cannot be read over the network.
        ArchiveError: the poll could not be committed; it waits in the spool.
    """
    collector = collector_of(account, archive.settings.capture)
    url, secrets = expand(account.url, environment)
    archive.ledger.refresh()
    before = archive.ledger.history.last_capture.get(account.name)
    started = archive.now()
    plan = spool.Plan(
        capture=chance.name(),
        account=account.name,
        method=collector.method,
        collector=collector.name,
        planned=started,
        started=started,
        cursor=before[1].poll.cursor_after if before else {},
    )
    held = held_of(archive, account.name)
    with spool.begin(archive.spool, plan) as spooled:
        with WarcWriter(
            spooled.warc, software=SOFTWARE, operator=archive.settings.archive.organisation, now=archive.now
        ) as writer:
            transport = RecordingTransport(
                writer,
                limits=Limits.of(archive.settings.capture),
                user_agent=archive.settings.capture.user_agent,
                private_network=account.private_network,
                secrets=secrets,
                scratch=spooled.folder,
                now=archive.now,
            )
            with transport:
                looked = _look(archive, replace_url(account, url), collector, transport, held, plan)
        spooled.finish(looked.poll, looked.seen)
        return Captures(account.name, seal(archive, spooled, chance), looked.error)


def replace_url(account: Account, url: str) -> Account:
    """Return the account as the collector must see it: with the address that its placeholders stand for."""
    return type(account).from_plain({**account.to_plain(), "url": url})


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at an account: the poll, what was seen, and the error if it failed."""

    poll: Poll
    seen: tuple[Seen, ...] = ()
    error: ArchiveError | None = None


def _look(
    archive: Archive,
    account: Account,
    collector: Collector,
    transport: RecordingTransport,
    held: Held,
    plan: spool.Plan,
) -> Looked:
    error: ArchiveError | None = None
    collected = Collected(listed=None, sanity="unread", cursor=plan.cursor)
    away: tuple[Seen, ...] = ()
    try:
        collected = collector.collect(account, transport, cursor=plan.cursor, known=held.knows)
        away = _absences(archive, transport, held, collected)
        outcome: Outcome = "partial" if collected.failures else "captured" if collected.items else "unchanged"
    except ArchiveError as caught:
        # Not swallowed: the poll in the ledger carries it, and the caller gets it back.
        error, outcome = caught, "failed"
    reason = error.what if error else "; ".join(collected.failures[:5]) or None
    poll = Poll(
        capture=plan.capture,
        account=plan.account,
        method=plan.method,
        collector=plan.collector,
        planned=plan.planned,
        started=plan.started,
        ended=max(archive.now(), plan.started),
        outcome=outcome,
        sanity=collected.sanity,
        status=collected.status,
        code=error.code if error else None,
        reason=transport.masked(reason) if reason else None,
        requests=transport.requests,
        listed=len(collected.listed or ()),
        cursor_before=plan.cursor,
        cursor_after=dict(plan.cursor if error else collected.cursor),
    )
    return Looked(poll, (*collected.items, *away), error)


def _absences(archive: Archive, transport: Transport, held: Held, collected: Collected) -> tuple[Seen, ...]:
    """Look up what left its list, twice each, and then the comments of what is gone."""
    list_exchange = next(
        (one.observation.source.exchange for one in collected.items if one.observation.normalised.kind == "list"), ""
    )
    answers: dict[str, LookUp] = {}
    found: list[Seen] = []
    queue = list(observe.missing(held, collected.items))[:MOST_LOOK_UPS]
    for item in queue:
        look_up = _look_up(transport, held.versions[item][-1].url, answers)
        seen = observe.absent(
            held, item, look_up, window=collected.window, list_exchange=list_exchange, at=archive.now()
        )
        if seen is None:
            continue
        found.append(seen)
        absence = seen.observation.normalised.absence
        if absence is not None and absence.verdict in ("deleted", "hidden"):
            queue.extend(other for other in observe.below(held, item) if other not in queue)
    return tuple(found)


def _look_up(transport: Transport, url: str | None, answers: dict[str, LookUp]) -> LookUp:
    if url is None or not url.startswith(("http://", "https://")):
        return LookUp((), ())
    page = url.partition("#")[0]
    if page not in answers:
        responses = [_try(transport, page) for _ in range(LOOK_UPS)]
        last = next((response for response in reversed(responses) if response), None)
        answers[page] = LookUp(
            statuses=tuple(response.status if response else None for response in responses),
            exchanges=tuple(response.exchange for response in responses if response),
            payload=last.payload if last else b"",
            uri=last.uri if last else "",
        )
    return answers[page]


def _try(transport: Transport, url: str) -> Response | None:
    try:
        return transport.get(url, headers={"Cache-Control": "no-cache"})
    except ArchiveError:
        # The failure is in the WARC; here it only means that this look-up decides nothing.
        return None


def capture_all(
    archive: Archive, accounts: Iterable[Account], chance: Chance, *, environment: Mapping[str, str]
) -> Iterable[Captures]:
    """Capture one account after the other; one that fails does not keep the next from being read."""
    for account in accounts:
        try:
            yield capture(archive, account, chance, environment=environment)
        except ArchiveError as error:
            if error.family in ("integrity", "outcome-unknown"):
                raise
            yield Captures(account.name, None, error)


def system_chance() -> Chance:
    """Return the operating system's randomness."""
    return Chance(os.urandom)
