"""A plan of destruction that was carried out in a real ledger, and the certificate that tells of it; made by hand."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date

import msgspec

from ediscovery.disposition.papers import checking
from ediscovery.disposition.papers.comparing import cited_schedule
from ediscovery.disposition.papers.document import typeset
from ediscovery.production.signed import SignedPdf
from ediscovery.production.signing import Signer, make_test_authority
from manifests.ceremony.proposals import Changes
from manifests.decisions.decided import DAY, Decided
from manifests.proofs.making import prove_acts
from manifests.proofs.vouching import Trust, vouch
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
from schemas.claims import Claims
from schemas.decisions import Decision, Disposition
from schemas.digest import Digest
from schemas.disposition import PlannedSeries, Replaced
from schemas.ledger import (
    Captured,
    DeletionBegun,
    DispositionBegun,
    DispositionCertified,
    DispositionPlanned,
    Key,
    ObjectsCondemned,
    ObjectsDestroyed,
    ScheduleAdopted,
)
from schemas.partition import Partition
from schemas.retention import Period, Schedule, Series, Term
from schemas.stored import StoredObject
from storage import layout
from tests.manifests.archives import ORIGIN, START, captured, registered
from tests.manifests.officers import Office, added, approver_key

PLAN = "2026-spring"
ITEMS = (("GR1000-26b", "General correspondence", 2), ("GR1050-31", "Comments of the public", 1))
LATER = START.plus(seconds=DAY)
SCHEDULE = Schedule(
    name="tx-gr",
    title="Local Schedule GR, records common to all local governments",
    authority="Texas State Library and Archives Commission",
    edition="5th, revised 2016-04-17",
    citation="13 TAC 7.125(a)(1)",
    zone="America/Chicago",
    effective=date(2016, 4, 17),
    series=tuple(
        Series(item=item, title=title, disposal="destroy", terms=(Term(trigger="created", period=Period(years=years)),))
        for item, title, years in ITEMS
    ),
)


def stored(key: str, size: int = 48_213) -> StoredObject:
    return StoredObject(key=key, sha256=Digest.of(key.encode()), size=size)


def partitions(capture: str, months: tuple[str, ...]) -> tuple[Partition, ...]:
    """A partition a month, of 40 records each."""
    return tuple(
        Partition(
            account="blog",
            series="unscheduled",
            period=month,
            rows=40,
            root=Digest.of(f"{capture} {month}".encode()),
            stored=stored(layout.partition(account="blog", series="unscheduled", period=month, name=capture)),
        )
        for month in months
    )


@dataclass
class Destruction:
    """An office that carried out a plan over ``months`` partitions; ``batches`` are as many acts a step."""

    months: int = 3
    batches: int = 1
    office: Office = field(default_factory=lambda: Office().hold_ceremony())
    permissions: tuple[str, ...] = ("Records Administrator of the State Library, in writing",)

    def __post_init__(self) -> None:
        office, self.ledger = self.office, self.office.ledger
        self.jane, self.omar = approver_key("records-officer", "jane"), approver_key("legal-reviewer", "omar")
        office.adopt(Changes(added=added(self.jane, self.omar)))
        office.append(registered())
        office.append(ScheduleAdopted(schedule=SCHEDULE))
        self.adopted = self.ledger.head.size - 1
        self.parts = partitions("c1", tuple(f"{2016 + n // 12}-{n % 12 + 1:02d}" for n in range(self.months)))
        poll = captured("c1").poll
        office.append(Captured(poll=poll, new=len(self.parts) * 40, partitions=self.parts))
        self.planned = DispositionPlanned(
            plan=PLAN,
            size=self.ledger.head.size,
            as_of=date(2026, 2, 28),
            records=len(self.parts) * 30,
            records_root=Digest.of(b"root"),
            listed=stored(layout.planned(PLAN)),
            series=self.series(),
            roles=("records-officer", "legal-reviewer"),
            permissions=self.permissions,
        )
        self.start = self.ledger.head.size
        office.append(self.planned)
        office.append(DispositionBegun(plan=PLAN, decision=self.decision(), permission="Letter 2026-118, cabinet 4"))
        for batch in self.batched():
            office.append(self.condemned(batch))
        office.append(ObjectsCondemned(plan=PLAN, complete=True))
        for batch in self.batched():
            keys = tuple(one.stored.key for one in batch)
            office.append(DeletionBegun(plan=PLAN, keys=keys))
            office.append(ObjectsDestroyed(plan=PLAN, keys=keys, places=("store", "vault")))
        self.checkpoint = self.ledger.checkpoint(office.writer.checkpoint_key)
        self.size = self.ledger.head.size

    def series(self) -> tuple[PlannedSeries, ...]:
        """What the plan says of its series; the first has two thirds of the records."""
        records = len(self.parts) * 10
        return tuple(
            PlannedSeries(
                series=(f"tx-gr/{item}",),
                titles=(title,),
                cited=(self.adopted,),
                disposal="destroy",
                records=records * share,
                first=self.parts[0].period,
                last=self.parts[-1].period,
            )
            for (item, title, _), share in zip(ITEMS, (2, 1), strict=True)
        )

    def decision(self) -> str:
        """The plan, approved by two people."""
        what = Disposition(
            plan=PLAN,
            digest=Digest.of(self.planned.to_bytes()),
            records=self.planned.records,
            as_of=self.planned.as_of,
        )
        decision = Decision(what=what, proposer="test", proposed=START, expires=START.plus(seconds=DAY))
        decided = Decided.proposed(ORIGIN, decision).signed(self.jane).signed(self.omar)
        return decided.note.to_bytes().decode()

    def batched(self) -> list[tuple[Partition, ...]]:
        """The partitions, in batches."""
        step = -(-len(self.parts) // self.batches)
        return [self.parts[place : place + step] for place in range(0, len(self.parts), step)]

    def condemned(self, batch: tuple[Partition, ...]) -> ObjectsCondemned:
        """Of each partition ten rows are left."""
        replaced = tuple(
            Replaced(
                key=one.stored.key,
                was=one.stored.key,
                now=stored(layout.surviving(one.stored.key, PLAN), 12_000),
                leaves=stored(layout.leaves(one.stored.key, PLAN), 32 * 40),
                rows=10,
            )
            for one in batch
        )
        return ObjectsCondemned(plan=PLAN, account="blog", replaced=replaced)

    def certificate(self, **changes) -> Certificate:
        """The certificate, as it is right."""
        ledger, plan, after = self.ledger, self.ledger.history.plans[PLAN], self.office.writer.clock.at

        def proved(kind, entries):
            return tuple(prove_acts(ledger, kind, lambda act: act.plan == PLAN, entries=entries, size=self.size))

        (planned,) = proved(DispositionPlanned, range(self.start, self.start + 1))
        (begun,) = proved(DispositionBegun, range(plan.begun, plan.begun + 1))
        destroyed = proved(ObjectsDestroyed, range(plan.begun, self.size))
        gone = {key: one.index for one in destroyed for key in one.act.keys}
        made = Certificate(
            format=CERTIFICATE_FORMAT,
            organisation="Maple Grove USD",
            origin=ORIGIN,
            timezone="America/Chicago",
            plan=PLAN,
            digest=Digest.of(self.planned.to_bytes()),
            made_at=after.plus(seconds=60),
            made_by="scheduler@records",
            software="holdfast/0.1.0",
            method=METHOD,
            planned=planned,
            begun=begun,
            condemned=proved(ObjectsCondemned, range(plan.begun, self.size)),
            destroyed=destroyed,
            schedules=(cited_schedule(SCHEDULE, self.adopted),),
            approvers=tuple(
                Key(purpose=role, verifier=key.verifier.to_text())
                for role, key in (("records-officer", self.jane), ("legal-reviewer", self.omar))
            ),
            holds=HoldCheck(size=self.planned.size, until=self.size, checked=after),
            objects=tuple(
                GoneObject(key=one.key, entry=gone[one.key], sha256=one.sha256, size=one.size)
                for one in (part.stored for part in self.parts)
            ),
            places=tuple(AskedPlace(place=name, at=after.plus(seconds=30)) for name in ("store", "vault")),
            checkpoint=self.checkpoint.to_bytes().decode(),
            claims=Claims(verifier=self.office.writer.checkpoint_key.verifier.to_text()),
            cleared=(
                Cleared(what="search copies on this machine", at=after),
                Cleared(what="what captures recall of items", at=after),
            ),
            remains=(
                Remaining(
                    what=f"{len(self.parts) * 30:,} record ids",
                    why="They keep every other proof true. They are salted: they confirm no guess at what is gone.",
                ),
                Remaining(what="Months, sizes and counts in the ledger", why="The ledger cannot be changed."),
                Remaining(
                    what="Addresses of items in lists", why="The lists are records of their own, and not due yet."
                ),
            ),
        )
        return msgspec.structs.replace(made, **changes)

    def certify(self, certificate: Certificate, pdf: bytes) -> None:
        """Say in the ledger that the plan is carried out, and which file is its certificate."""
        document = StoredObject(key=layout.disposition_certificate(PLAN), sha256=Digest.of(pdf), size=len(pdf))
        self.office.append(
            DispositionCertified(
                plan=PLAN, records=self.planned.records, objects=len(certificate.objects), certificate=document
            )
        )


def signer_of() -> tuple[Signer, bytes]:
    """A signer by a new test authority, and the authority's root certificate (PEM)."""
    made = make_test_authority(now=START, organisation="Maple Grove USD")
    return Signer.from_pem(certificate=made.certificate, key=made.key), made.root


def printed(certificate: Certificate, signer: Signer, paper="Letter") -> bytes:
    """Its signed PDF."""
    return typeset(certificate, signer, paper=paper)


def judged(pdf: bytes, *, roots=(), ledger=None, at=LATER):
    """What a check says of a file; ``ledger`` is that of the archive, where it is at hand."""
    return checking.check(
        SignedPdf.read(pdf, trust_roots=roots, at=at),
        check_checkpoint=lambda note, claims: vouch(note, claims, Trust(at=at)),
        find_ledger=lambda _origin: ledger,
    )


def codes(report) -> set[str]:
    """The codes of what is at fault."""
    return {finding.code for finding in report.findings if finding.severity == "fault"}


def with_certificate(pdf: bytes, content: bytes) -> bytes:
    """The document with another certificate attached."""
    import pikepdf  # noqa: PLC0415

    with pikepdf.open(io.BytesIO(pdf)) as document:
        file = document.Root.Names.EmbeddedFiles.Names[1].EF.F
        file.write(content)
        file.Params.Size = len(content)
        out = io.BytesIO()
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, force_version="1.4")
        return out.getvalue()
