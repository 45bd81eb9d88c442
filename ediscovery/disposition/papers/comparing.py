"""A certificate of disposition beside the ledger that it tells of: what the two do not agree on (FORMAT 6.7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.disposition.papers.judging import checkpoint_of, fault
from manifests.history import Naming, objects_of
from schemas.canonical import unspell
from schemas.certificate import CitedSchedule
from schemas.digest import Digest
from schemas.ledger import DispositionCertified, HoldAmended, HoldPlaced, ScheduleAdopted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.ledger import Ledger
    from schemas.certificate import Certificate
    from schemas.findings import Finding
    from schemas.retention import Schedule
    from schemas.stored import StoredObject

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


def _of_plan(ledger: Ledger, certificate: Certificate, sha256: Digest, octets: int) -> Iterator[str]:
    plan = ledger.history.plans.get(certificate.plan)
    if plan is None or plan.certified is None:
        yield "The ledger does not say that this plan was carried out."
        return
    acts = (act for act in ledger.entry(plan.certified).acts if isinstance(act, DispositionCertified))
    stored = next(act.certificate for act in acts if act.plan == certificate.plan)
    if (stored.sha256, stored.size) != (sha256, octets):
        yield f"The ledger names another file as the certificate, with the SHA-256 {stored.sha256}."
    if plan.destroyed != len(certificate.objects):
        yield f"The plan destroyed {plan.destroyed} objects."


def _of_objects(ledger: Ledger, certificate: Certificate) -> Iterator[str]:
    wanted = {one.key: one for one in certificate.objects}
    named = {stored.key: stored for stored in _named(ledger) if stored.key in wanted}
    for key, stored in named.items():
        one = wanted[key]
        if (one.sha256, one.size, one.version) != (stored.sha256, stored.size, stored.version):
            yield f"The ledger names other bytes at {key}."


def _named(ledger: Ledger) -> Iterator[StoredObject]:
    history = ledger.history
    for row in history.registers.acts(entry=0, count=history.naming):
        yield from objects_of(unspell(row.content, Naming))


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
    if history.held_at > certificate.holds.size:
        for index in range(certificate.holds.size, min(certificate.holds.until, history.held_at)):
            if any(isinstance(act, HoldPlaced | HoldAmended) for act in ledger.entry(index).acts):
                yield f"A hold was placed or widened in ledger entry {index}."
