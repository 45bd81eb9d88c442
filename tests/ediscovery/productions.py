"""Small productions for tests: a real ledger, records sealed in it, their real proofs, and the pages around them."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field, replace

import pikepdf

from ediscovery.production import checking
from ediscovery.production.document import CustodyEvent, ProducedItem, ProductionDocument, ThreadLine, Version
from ediscovery.production.render import Rendered, render
from ediscovery.production.signed import SignedPdf
from ediscovery.production.signing import Signer, make_test_authority
from manifests.proofs.file import read_record_proof
from manifests.proofs.making import hops_of, prove_record
from manifests.proofs.record import check
from manifests.proofs.vouching import Trust, vouch
from schemas.account import Account
from schemas.claims import Claims
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.merkle import nodes_of, root_of
from schemas.partition import Partition
from schemas.record import Absence, Author, Normalised, Provenance, Record, Slice
from schemas.stored import StoredObject
from tests.manifests.archives import ORIGIN, Writer, captured, created, registered

NOW = Instant.from_text("2026-03-14T15:30:00.000000Z")
POSTED = Instant.from_text("2026-03-09T12:05:00.000000Z")


@dataclass(frozen=True)
class Item:
    """What a test says of one record; everything else is made up around it."""

    text: str | None
    title: str | None = None
    kind: str = "post"
    author: Author | None = field(default_factory=lambda: Author(name="Maple Grove USD", handle="@maplegroveusd"))
    native: bytes | None = None
    extension: str = "json"
    media_type: str = "application/json"
    earlier: tuple[tuple[str | None, str], ...] = ()
    later: tuple[tuple[str | None, str], ...] = ()
    thread: tuple[ThreadLine, ...] = ()
    absence: Absence | None = None
    more: dict = field(default_factory=dict)


def normalised_of(item: Item, number: int) -> Normalised:
    return Normalised(
        kind=item.kind,
        type="Note",
        item=f"urn:item:{number}",
        url=f"https://social.example/@maplegroveusd/{number}",
        title=item.title,
        text=item.text,
        author=item.author,
        created=POSTED.plus(seconds=60 * number),
        **item.more,
    )


def native_of(item: Item, number: int) -> bytes:
    if item.native is not None:
        return item.native
    return json.dumps({"id": str(number), "title": item.title, "content": item.text}).encode()


def record_of(item: Item, number: int) -> Record:
    native = native_of(item, number)
    provenance = Provenance(
        account="blog",
        platform="mastodon",
        capture=f"{number:032x}",
        captured=POSTED.plus(seconds=3600 + 60 * number),
        method="api",
        collector="mastodon/1",
        claim=1,
        source=Slice(
            exchange="urn:uuid:6b5e6b0e-6c86-4b8c-9a53-1d0a9f2f7f10",
            uri="https://social.example/api/v1/accounts/7/statuses?limit=40",
            offset=87,
            length=len(native),
        ),
    )
    return Record(
        salt=number.to_bytes(32, "big"),
        native=native,
        normalised=normalised_of(item, number).to_bytes(),
        provenance=provenance.to_bytes(),
    )


def document_of(*items: Item, **changes) -> ProductionDocument:
    """Seal the items in a ledger of three entries and describe their production."""
    writer = Writer()
    records = [record_of(item, number) for number, item in enumerate(items, 1)]
    leaves = [record.id for record in records]
    partition = Partition(
        account="blog",
        series="unscheduled",
        period="2026-03",
        rows=len(records),
        root=root_of(leaves),
        stored=StoredObject(key="partitions/blog/unscheduled/2026-03/a.parquet", sha256=Digest.of(b""), size=0),
    )
    ledger = writer.ledger()
    writer.append(ledger, created(writer))
    writer.append(ledger, registered())
    act = captured("c1")
    writer.append(ledger, type(act)(poll=act.poll, new=len(records), partitions=(partition,)))
    checkpoint = ledger.checkpoint(writer.checkpoint_key)
    claims = Claims(verifier=writer.checkpoint_key.verifier.to_text())

    hops = hops_of(ledger, partition, entry=2, checkpoint=checkpoint)

    def proof(row: int) -> bytes:
        return prove_record(records[row], row=row, nodes=nodes_of(leaves), hops=hops, claims=claims).to_bytes()

    document = ProductionDocument(
        organisation="Maple Grove Unified School District",
        production="0b7e4c1d",
        matter="Request 2026-031: posts about the bus schedule",
        requester="Dana Whitfield, Maple Grove Courier",
        prepared_by="clerk@records",
        prepared_at=NOW,
        timezone="America/Chicago",
        query_words="Posts, comments and replies with the word “bus”",
        query_typed="bus kind:post,comment,reply from:2026-03-01 to:2026-03-31",
        origin=ORIGIN,
        ledger_size=3,
        ledger_root=ledger.head.tree.root,
        checkpoint=checkpoint.to_bytes().decode(),
        claims=claims,
        vouched=vouch(checkpoint, claims, Trust(at=NOW)).statements(),
        software="holdfast/0.1.0",
        signer="Maple Grove USD Records (TEST)",
        test_certificate=True,
        bates_prefix="MGUSD",
        accounts=(
            Account(
                name="blog",
                platform="mastodon",
                url="https://social.example/@maplegroveusd",
                title="Maple Grove USD on Mastodon",
                custodians=("Priya Raman, Communications",),
            ),
        ),
        custody=(
            CustodyEvent(at=POSTED, actor="clerk@records", what="The archive was made.", entry=0),
            CustodyEvent(at=POSTED, actor="clerk@records", what="The account was registered.", entry=1),
            CustodyEvent(at=POSTED.plus(seconds=3600), actor="scheduler", what="Captured: new records.", entry=2),
        ),
        items=tuple(
            produced(item, records[row], number=row + 1, root=partition.root, proof=proof(row))
            for row, item in enumerate(items)
        ),
    )
    return replace(document, **changes)


def produced(item: Item, record: Record, *, number: int, root: Digest, proof: bytes) -> ProducedItem:
    texts = (*item.earlier, (item.title, item.text), *item.later)
    own = len(item.earlier)
    provenance = Provenance.from_bytes(record.provenance)
    return ProducedItem(
        record=record.id,
        normalised=Normalised.from_bytes(record.normalised),
        provenance=provenance,
        native=record.native,
        media_type=item.media_type,
        extension=item.extension,
        versions=tuple(
            Version(
                record=record.id if place == own else Digest.of(f"{number}/{place}".encode()),
                captured=provenance.captured.plus(seconds=86_400 * (place - own)),
                title=title,
                text=text,
            )
            for place, (title, text) in enumerate(texts)
        ),
        partition_root=root,
        entry=2,
        claim="1: captured once over the network",
        proof=proof,
        thread=item.thread,
        absence=item.absence,
    )


def check_record(proof: bytes, native: bytes):
    """The check that the command line passes in, without a published key."""
    return check(read_record_proof(proof), native, Trust(at=NOW))


def check_checkpoint(note, claims):
    """Likewise for the checkpoint."""
    return vouch(note, claims, Trust(at=NOW))


def signer_of(*, now: Instant = POSTED, organisation: str = "Maple Grove USD") -> tuple[Signer, bytes]:
    """A signer by a new test authority, and the authority's root certificate (PEM)."""
    made = make_test_authority(now=now, organisation=organisation)
    return Signer.from_pem(certificate=made.certificate, key=made.key), made.root


def case_of_two() -> tuple[Rendered, Signer, bytes, bytes]:
    """Return a production of two records as rendered, its signer, the root to trust, and the signed file."""
    signer, root = signer_of()
    rendered = render(document_of(Item("The bus leaves at 7:15."), Item("Thank you!", kind="comment")), first_number=1)
    return rendered, signer, root, signer.sign(rendered.pdf, reason="Production 1", at=NOW)


def judged(pdf: bytes, *, roots=(), at=NOW, by=check_record):
    """What a check says of a file."""
    handed = SignedPdf.read(pdf, trust_roots=roots, at=at)
    return checking.check(handed, check_record=by, check_checkpoint=check_checkpoint)


def codes(report) -> set[str]:
    """The codes of what is at fault."""
    return {finding.code for finding in report.findings if finding.severity == "fault"}


def with_attachment(pdf: bytes, name: str, content: bytes | None) -> bytes:
    """The document with one attachment replaced, added (a new name) or removed (no content)."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        tree = document.Root.Names.EmbeddedFiles.Names
        names = [str(tree[place]) for place in range(0, len(tree), 2)]
        if name not in names:
            stream = document.make_stream(content)
            stream.Type = pikepdf.Name.EmbeddedFile
            entry = pikepdf.Dictionary(Type=pikepdf.Name.Filespec, F=name, UF=name, EF=pikepdf.Dictionary(F=stream))
            tree.append(pikepdf.String(name))
            tree.append(document.make_indirect(entry))
        elif content is None:
            place = 2 * names.index(name)
            del tree[place : place + 2]
        else:
            file = tree[2 * names.index(name) + 1].EF.F
            file.write(content)
            file.Params.Size = len(content)
        out = io.BytesIO()
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, force_version="1.4")
        return out.getvalue()
