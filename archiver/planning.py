"""What a capture sets out to do: where the last one of its account left off, under a name of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.spool import Plan

if TYPE_CHECKING:
    from archiver.sealing import Chance
    from manifests.archive import Archive
    from schemas.account import Account
    from schemas.record import Method


def plan_of(archive: Archive, account: Account, chance: Chance, *, method: Method, collector: str) -> Plan:
    """Return the plan of a capture of ``account`` that begins now, after reading what others wrote to the ledger."""
    archive.ledger.refresh()
    before = archive.ledger.history.last_capture.get(account.name)
    now = archive.now()
    return Plan(
        capture=chance.name(),
        account=account.name,
        method=method,
        collector=collector,
        planned=now,
        started=now,
        cursor=before[1].poll.cursor_after if before else {},
    )
