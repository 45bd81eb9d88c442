"""The end of a plan: every place is asked for every object once more, and a signed certificate tells all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.disposition.destroying import StillThereError, is_there
from ediscovery.disposition.papers.checking import read_certificate
from ediscovery.disposition.papers.comparing import cited_schedule, find_hold
from ediscovery.disposition.papers.document import typeset
from ediscovery.disposition.strays import undelivered, unnamed
from ediscovery.production.certificate import signer_of
from ediscovery.production.signed import SignedPdf
from manifests.archive import SOFTWARE
from manifests.checkpoints.making import make
from manifests.console import plural
from manifests.decisions.decided import Decided
from manifests.proofs.making import prove_acts
from schemas.certificate import (
    CERTIFICATE_FORMAT,
    METHOD,
    AskedPlace,
    Certificate,
    Cleared,
    GoneObject,
    HoldCheck,
    Remaining,
)
from schemas.ledger import (
    DispositionBegun,
    DispositionCertified,
    DispositionPlanned,
    Key,
    ObjectsCondemned,
    ObjectsDestroyed,
    ScheduleAdopted,
)
from storage import layout
from storage.objects import Content, KeyTakenError, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from manifests.archive import Archive
    from manifests.checkpoints.making import Made
    from manifests.dispositions.plans import Plan
    from schemas.certificate import CitedSchedule, ProvedAct
    from schemas.stored import StoredObject
    from storage.objects import ObjectStore

LARGEST = 1 << 30
CLEARED = (
    "Search copies, notes of captures and work folders of the machine that carried it out; every other machine of the "
    "archive clears its own with its next command"
)
REMAINS = (
    Remaining(
        what="The ids of the records",
        why="They keep every other proof true. They are salted: they confirm no guess at what is gone.",
    ),
    Remaining(what="Months, sizes and counts in the ledger", why="The ledger cannot be changed."),
    Remaining(
        what="The papers of the plan (records.pdf, records.csv), where they were put to be read",
        why="They are the office's own; whoever keeps them decides.",
    ),
    Remaining(
        what="Addresses of items in lists, where these are kept",
        why="Lists are records of their own, and go when they are due.",
    ),
)


def certify(
    archive: Archive, name: str, stores: Mapping[str, ObjectStore], *, nonce: Callable[[], int]
) -> StoredObject:
    """End a plan whose objects are all gone: ask for each once more, and sign, store and name its certificate.

    It may be killed at any moment and be run again. ``nonce`` is as for ``manifests.checkpoints.making.make``.

    Raises:
        StillThereError: an object is in a store.
        KeyTakenError: something else stands where the certificate belongs.
        UnavailableError: it could not be done; it may be tried again.
    """
    plan = archive.ledger.history.plans[name]
    at = layout.disposition_certificate(name)
    signer = signer_of(archive)
    # First the checkpoint, so that it covers every act that the certificate proves.
    checkpoint = make(archive, nonce=nonce, name=False)
    certificate = _certificate(archive, plan, stores, checkpoint)
    try:
        pdf = typeset(certificate, signer, paper=archive.settings.production.paper)
        stored = archive.store.put_new(at, Content.of(pdf))
    except KeyTakenError:
        stored = _stored_before(archive, at, certificate)
    # At this point the certificate is stored. If we crash here, the next run finds it.
    act = DispositionCertified(
        plan=name, records=plan.act.records, objects=len(certificate.objects), certificate=stored
    )
    archive.append(lambda history: () if history.plans[name].certified is not None else (act,))
    return stored


def _stored_before(archive: Archive, at: str, certificate: Certificate) -> StoredObject:
    """Return a certificate that a run before this one stored, if it is of the same plan and the same objects."""
    handed = SignedPdf.read(read(archive.store, at, limit=LARGEST), at=archive.now())
    found, stored = read_certificate(handed), archive.store.find(at)
    if stored is None or (found.plan, found.digest, found.objects) != (
        certificate.plan,
        certificate.digest,
        certificate.objects,
    ):
        raise KeyTakenError(
            f"Another document stands at {at}.", do="Keep it, find out who put it there, and report this.", key=at
        )
    return stored


def _certificate(archive: Archive, plan: Plan, stores: Mapping[str, ObjectStore], checkpoint: Made) -> Certificate:
    ledger, name, size = archive.ledger, plan.act.plan, checkpoint.size
    begun_at = plan.begun or 0
    since = range(begun_at, size)
    (planned,) = prove_acts(ledger, DispositionPlanned, lambda one: one.plan == name, entries=[plan.planned], size=size)
    (begun,) = prove_acts(ledger, DispositionBegun, lambda one: one.plan == name, entries=[begun_at], size=size)
    condemned = tuple(prove_acts(ledger, ObjectsCondemned, lambda one: one.plan == name, entries=since, size=size))
    destroyed = tuple(prove_acts(ledger, ObjectsDestroyed, lambda one: one.plan == name, entries=since, size=size))
    objects = tuple(_gone(archive, destroyed))
    cleared = archive.now()
    places = tuple(_asked(archive, stores, [one.key for one in objects]))
    end = max(one.index for one in destroyed) + 1
    held = find_hold(ledger, start=plan.act.size, end=end)
    until = end if held is None else held
    return Certificate(
        format=CERTIFICATE_FORMAT,
        organisation=archive.settings.archive.organisation,
        origin=ledger.origin,
        timezone=archive.settings.archive.timezone,
        plan=name,
        digest=plan.digest,
        made_at=archive.now(),
        made_by=archive.actor,
        software=SOFTWARE,
        method=METHOD,
        planned=planned,
        begun=begun,
        condemned=condemned,
        destroyed=destroyed,
        schedules=tuple(_schedules(archive, plan)),
        approvers=tuple(_approvers(archive, begun)),
        holds=HoldCheck(size=plan.act.size, until=until, checked=cleared),
        objects=objects,
        places=places,
        checkpoint=checkpoint.note.to_bytes().decode(),
        claims=checkpoint.claims,
        cleared=(Cleared(what=CLEARED, at=cleared),),
        remains=REMAINS,
        exceptions=tuple(_exceptions(archive, condemned, until, destroyed)),
    )


def _gone(archive: Archive, destroyed: Iterable[ProvedAct[ObjectsDestroyed]]) -> Iterator[GoneObject]:
    entries = {key: one.index for one in destroyed for key in one.act.keys}
    named = {one.stored.key: one.stored for one in archive.ledger.history.named() if one.stored.key in entries}
    for key, entry in sorted(entries.items()):
        one = named.get(key)
        if one is None:
            yield GoneObject(key=key, entry=entry)
        else:
            yield GoneObject(key=key, entry=entry, sha256=one.sha256, size=one.size, version=one.version)


def _asked(archive: Archive, stores: Mapping[str, ObjectStore], keys: list[str]) -> Iterator[AskedPlace]:
    for name, store in sorted(stores.items()):
        for key in keys:
            if is_there(store, key):
                raise StillThereError(
                    f"The object {key} is in {name}, though it was destroyed.",
                    do="Find out who put it back, and destroy it; then run this again.",
                    key=key,
                )
        yield AskedPlace(place=name, at=archive.now())


def _schedules(archive: Archive, plan: Plan) -> Iterator[CitedSchedule]:
    for entry in dict.fromkeys(entry for one in plan.act.series for entry in one.cited):
        for act in archive.ledger.entry(entry).acts:
            if isinstance(act, ScheduleAdopted):
                yield cited_schedule(act.schedule, entry)


def _approvers(archive: Archive, begun: ProvedAct[DispositionBegun]) -> Iterator[Key]:
    decided = Decided.from_text(begun.act.decision)
    for one in decided.approvers(archive.ledger.history.keys, at=begun.index):
        for key in archive.ledger.history.verifiers(one.role, at=begun.index):
            if key.name.rpartition("/")[2] == one.name:
                yield Key(purpose=one.role, verifier=key.to_text())


def _exceptions(
    archive: Archive,
    condemned: Iterable[ProvedAct[ObjectsCondemned]],
    until: int,
    destroyed: Iterable[ProvedAct[ObjectsDestroyed]],
) -> Iterator[str]:
    accounts: set[str] = set()
    for one in condemned:
        accounts |= {one.act.account} if one.act.account else set()
        for replaced in one.act.replaced:
            if replaced.unread:
                yield (
                    f"{replaced.unread} records of {replaced.key} could not be looked into (a coding that is not "
                    "known, a body that is cut off, or a compressed file that was imported)."
                )
            if replaced.unsalted:
                yield f"{replaced.key} had no salt: its digest confirms a guess of who knows all else in it."
    for account in sorted(accounts):
        left = sum(1 for _ in unnamed(archive, account))
        if left:
            yield f"{left} objects of {account} are named by no entry: captures that are not sealed may hold the same."
    left = sum(1 for _ in undelivered(archive))
    if left:
        yield f"{plural(left, 'production')} numbered and not handed over may hold the same."
    if any(one.index >= until for one in destroyed):
        yield f"A hold was placed in ledger entry {until}, while objects were being deleted."
