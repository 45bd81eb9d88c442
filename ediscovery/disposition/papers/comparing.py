"""A certificate of disposition beside the ledger that it tells of: what the two do not agree on (FORMAT 6.7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.disposition.papers.judging import checkpoint_of, fault
from schemas.certificate import CitedSchedule
from schemas.digest import Digest
from schemas.ledger import DispositionCertified, HoldAmended, HoldPlaced, ScheduleAdopted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.ledger import Ledger
    from schemas.certificate import Certificate
    from schemas.findings import Finding
    from schemas.retention import Schedule

LEDGER_DIFFERS = "LEDGER_DIFFERS"


def cited_schedule(schedule: Schedule, entry: int) -> CitedSchedule:
    """Return a schedule as papers cite it; ``entry`` adopted it."""
    return CitedSchedule(
        name=schedule.name,
        title=schedule.title,
        authority=schedule.authority,
        edition=schedule.edition,
        entry=entry,
        digest=Digest.of(schedule.to_bytes()),
        citation=schedule.citation,
    )


def find_hold(ledger: Ledger, *, start: int, end: int) -> int | None:
    """Return the first entry from ``start`` on, before ``end``, that placed or widened a hold; ``None``: none did."""
    for index in range(start, min(end, ledger.history.held_at)):
        if any(isinstance(act, HoldPlaced | HoldAmended) for act in ledger.entry(index).acts):
            return index
    return None


def differences(ledger: Ledger, certificate: Certificate, *, sha256: Digest, octets: int) -> Iterator[Finding]:
    """Yield what the ledger says otherwise than a certificate whose PDF has this digest and size.

    Time grows with the number of objects that the ledger names, if holds were placed since also with that of entries.

    Raises:
        LedgerChangedError: the store gives other entries than those that were accepted.
    """
    checkpoint = checkpoint_of(certificate)
    if not 0 < checkpoint.size <= ledger.head.size or ledger.root_at(checkpoint.size) != checkpoint.root:
        yield fault(LEDGER_DIFFERS, "The ledger here does not continue the one that the certificate tells of.")
        return
    for why in (
        *_of_plan(ledger, certificate, sha256, octets),
        *_of_objects(ledger, certificate),
        *_of_what_was_in_force(ledger, certificate),
    ):
        yield fault(LEDGER_DIFFERS, why)


def find_certified(ledger: Ledger, plan: str) -> tuple[int, DispositionCertified] | None:
    """Return the act that names a plan's certificate, and its entry; ``None`` where there is none."""
    found = ledger.history.plans.get(plan)
    if found is None or found.certified is None:
        return None
    acts = (act for act in ledger.entry(found.certified).acts if isinstance(act, DispositionCertified))
    return found.certified, next(act for act in acts if act.plan == plan)


def _of_plan(ledger: Ledger, certificate: Certificate, sha256: Digest, octets: int) -> Iterator[str]:
    found = find_certified(ledger, certificate.plan)
    if found is None:
        yield "The ledger does not say that this plan was carried out."
        return
    _, act = found
    if (act.certificate.sha256, act.certificate.size) != (sha256, octets):
        yield f"The ledger names another file as the certificate, with the SHA-256 {act.certificate.sha256}."
    if act.objects != len(certificate.objects):
        yield f"The plan destroyed {act.objects} objects."


def _of_objects(ledger: Ledger, certificate: Certificate) -> Iterator[str]:
    wanted = {one.key: one for one in certificate.objects}
    named = {one.stored.key: one.stored for one in ledger.history.named() if one.stored.key in wanted}
    for key, stored in named.items():
        one = wanted[key]
        if (one.sha256, one.size, one.version) != (stored.sha256, stored.size, stored.version):
            yield f"The ledger names other bytes at {key}."


def _of_what_was_in_force(ledger: Ledger, certificate: Certificate) -> Iterator[str]:
    history, begun = ledger.history, certificate.begun.index
    if history.created is None or history.created.organisation != certificate.organisation:
        yield "The ledger names another organisation."
    for cited in certificate.schedules:
        acts = ledger.entry(cited.entry).acts if cited.entry < ledger.head.size else ()
        if cited not in [cited_schedule(act.schedule, cited.entry) for act in acts if isinstance(act, ScheduleAdopted)]:
            yield f"Ledger entry {cited.entry} does not adopt the schedule {cited.name} so."
    for key in certificate.approvers:
        if key.verifier not in [one.to_text() for one in history.verifiers(key.purpose, at=begun)]:
            yield f"The key {key.verifier} was not in force for approving."
    held = find_hold(ledger, start=certificate.holds.size, end=certificate.holds.until)
    if held is not None:
        yield f"A hold was placed or widened in ledger entry {held}."
