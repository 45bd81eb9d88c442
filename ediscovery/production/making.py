"""From the records that were found to a signed document in the ledger: number, render, sign, store, seal.

Every step that can fail without loss comes before the next: numbers that were assigned to a production that is never
finished stay unused for ever, and the ledger shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.corroborating import corroborations
from ediscovery.evidence import Sealed, author_of, media_type_of, prove, read_hits, words_of
from ediscovery.production.document import (
    CustodyEvent,
    ProducedItem,
    ProductionDocument,
    ThreadLine,
    Version,
)
from ediscovery.production.render import Rendered, render
from ediscovery.threads import arranged
from manifests.acts import ActRefusedError
from manifests.archive import SOFTWARE
from manifests.console import plural
from manifests.proofs.vouching import without_stamps
from manifests.wording import describe
from schemas.ledger import AccountRegistered, BatesAssigned, Captured, Produced
from schemas.merkle import root_of
from storage import layout
from storage.objects import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ediscovery.answers.receipt import SearchReceipt
    from ediscovery.corroboration import Corroboration
    from ediscovery.production.signing import Signer
    from ediscovery.search import Hit, Search
    from ediscovery.threads import Turn
    from manifests.archive import Archive
    from manifests.checkpoints.making import Made as Checkpointed
    from manifests.history import History
    from manifests.notes import SignedNote
    from manifests.proofs.record import RecordProof
    from schemas.claims import Claims
    from schemas.digest import Digest
    from schemas.ledger import Act
    from schemas.matters import MatterName
    from schemas.production import BatesRange

MOST_NUMBERINGS = 20
SHORT_ID = 12


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be produced, for whom; ``name`` is random and unique.

    ``receipt`` is that of the search, ``case`` the matter that the ledger knows, if it is produced in one.
    """

    name: str
    matter: str
    requester: str
    query_typed: str
    query_words: str
    bates_prefix: str
    receipt: SearchReceipt | None = None
    case: MatterName | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A finished production: what it says, the signed PDF, its numbers, its act."""

    document: ProductionDocument
    pdf: bytes
    rendered: Rendered
    act: Produced


def produce(
    archive: Archive,
    search: Search,
    hits: Sequence[Hit],
    order: Order,
    signer: Signer,
    checkpoint: Checkpointed,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Made:
    """Render, number, sign, store and seal a production of the records of ``hits``.

    ``checkpoint`` was made after they were found (``manifests.checkpoints.making.make``).

    Raises:
        ProductionEmptyError: there is nothing to produce.
        IntegrityError: a record is not in evidence as it was found; nothing is produced.
        UnavailableError: it could not be stored or sealed; it may be tried again.
    """
    items, entries = _items(archive, search, hits, checkpoint.note, without_stamps(checkpoint.claims))
    accounts = sorted({item.provenance.account for item in items})
    document = ProductionDocument(
        organisation=archive.settings.archive.organisation,
        production=order.name,
        matter=order.matter,
        requester=order.requester or "not stated",
        prepared_by=archive.actor,
        prepared_at=archive.now(),
        timezone=archive.settings.archive.timezone,
        query_words=order.query_words,
        query_typed=order.query_typed,
        origin=archive.ledger.origin,
        ledger_size=checkpoint.size,
        ledger_root=checkpoint.vouched.checkpoint.root,
        checkpoint=checkpoint.note.to_bytes().decode(),
        claims=checkpoint.claims,
        vouched=checkpoint.statements(),
        software=SOFTWARE,
        signer=signer.name,
        test_certificate=signer.is_test,
        bates_prefix=order.bates_prefix,
        accounts=tuple(archive.ledger.history.accounts[name] for name in accounts),
        custody=_custody(archive, accounts, entries),
        items=items,
        paper=archive.settings.production.paper,
        receipt=order.receipt,
    )
    rendered = _numbered(archive, document, order, progress)
    pdf = signer.sign(rendered.pdf, reason=f"Production {order.name} for {order.matter}", at=archive.now())
    # At this point the numbers are assigned for ever. If we crash here, they stay unused, and the ledger says so.
    stored = archive.store.put_new(layout.production(order.name), Content.of(pdf))
    act = Produced(
        production=order.name,
        bates=rendered.bates,
        records=len(items),
        records_root=root_of([item.record for item in items]),
        ledger_size=checkpoint.size,
        document=stored,
        matter=order.case,
    )
    archive.append(lambda _history: (act,))
    return Made(document, pdf, rendered, act)


def _numbered(
    archive: Archive, document: ProductionDocument, order: Order, progress: Callable[[int, int], None] | None
) -> Rendered:
    """Render with the next free numbers and assign them; render again when somebody else took them meanwhile."""
    for _ in range(MOST_NUMBERINGS):
        archive.ledger.refresh()
        first = archive.ledger.history.bates_next.get(order.bates_prefix, 1)
        rendered = render(document, first_number=first, progress=progress)

        def assign(_history: History, bates: BatesRange = rendered.bates) -> tuple[Act, ...]:
            return (BatesAssigned(production=order.name, bates=bates),)

        try:
            archive.append(assign)
        except ActRefusedError:
            continue
        return rendered
    raise ActRefusedError(
        f"Other productions kept taking the numbers under {order.bates_prefix!r}.",
        do="Try again, or use another prefix.",
    )


@dataclass(frozen=True, slots=True)
class _Context:
    """What stands around one produced record: all versions of its item, oldest first, and its conversation."""

    versions: tuple[Hit, ...]
    thread: tuple[Hit, ...]


def _items(
    archive: Archive, search: Search, hits: Sequence[Hit], checkpoint: SignedNote, claims: Claims
) -> tuple[tuple[ProducedItem, ...], set[int]]:
    """Return the records as they are handed over, and the entries that sealed them and their items' other versions."""
    sealed = read_hits(archive, hits)
    contexts = {hit.record: _context(search, sealed[hit.record]) for hit in hits}
    around = [one for context in contexts.values() for one in (*context.versions, *context.thread)]
    others = read_hits(archive, around)
    corroborated = corroborations(archive, search, tuple(sealed.values()), others.values())
    proofs = {one.id: prove(archive, one, checkpoint, claims) for one in sealed.values()}
    items = tuple(
        _item(hit, sealed[hit.record], contexts[hit.record], others, corroborated[hit.record], proofs[hit.record])
        for hit in hits
    )
    versions = {one.record for context in contexts.values() for one in context.versions}
    return items, {others[record].place.entry for record in versions}


def _context(search: Search, sealed: Sealed) -> _Context:
    account, view = sealed.provenance.account, sealed.view
    return _Context(search.versions(account, view.item), search.thread(account, view.thread or view.item))


def _item(
    hit: Hit,
    sealed: Sealed,
    context: _Context,
    others: Mapping[Digest, Sealed],
    corroborated: Corroboration,
    proof: RecordProof,
) -> ProducedItem:
    view, provenance = sealed.view, sealed.provenance
    versions = [others[one.record] for one in context.versions]
    media_type, extension = media_type_of(sealed)
    return ProducedItem(
        record=sealed.id,
        normalised=view,
        provenance=provenance,
        native=sealed.record.native,
        media_type=media_type,
        extension=extension,
        versions=tuple(_version(one) for one in versions if one.view.kind != "absence"),
        partition_root=sealed.place.partition.root,
        entry=sealed.place.entry,
        claim=_claim(corroborated),
        proof=proof.to_bytes(),
        thread=tuple(_line(turn, view.item) for turn in arranged(others[one.record] for one in context.thread)),
        absence=versions[-1].view.absence,
        matched=hit.matched if hit.matched != hit.record else None,
    )


def _claim(corroborated: Corroboration) -> str:
    """Return the level in words, with the beginnings of the ids of the records by which it is reached."""
    by = ", ".join(one.hex[:SHORT_ID] for one in corroborated.by)
    return f"{corroborated.words}{f'; the archive also holds {by}' if by else ''}"


def _version(sealed: Sealed) -> Version:
    view = sealed.view
    return Version(
        record=sealed.id,
        captured=sealed.provenance.captured,
        title=view.title,
        text=view.text,
        edited=view.edited,
    )


def _line(turn: Turn, produced: str) -> ThreadLine:
    view = turn.sealed.view
    return ThreadLine(
        author=author_of(view),
        text=words_of(view),
        at=view.created or turn.sealed.provenance.captured,
        depth=turn.depth,
        produced=view.item == produced,
    )


def _custody(archive: Archive, accounts: Sequence[str], entries: set[int]) -> tuple[CustodyEvent, ...]:
    """Return the acts that bear on the records, oldest first, and for each account how often it was looked at."""
    history = archive.ledger.history
    indexes = {0, *(history.registered[name] for name in accounts), *entries}
    events = [
        CustodyEvent(at=entry.at, actor=entry.actor, what=describe(act), entry=index)
        for index in sorted(indexes)
        for entry in (archive.ledger.entry(index),)
        for act in entry.acts
        if not isinstance(act, Captured | AccountRegistered) or _account_of(act) in accounts
    ]
    looks = [
        CustodyEvent(
            at=history.last_capture[name][1].poll.ended,
            actor=archive.actor,
            what=f"{name} had been looked at {plural(history.polls[name], 'time')}, "
            f"{history.failures[name]} of them without success",
        )
        for name in accounts
    ]
    return (*events, *looks)


def _account_of(act: Captured | AccountRegistered) -> str:
    return act.poll.account if isinstance(act, Captured) else act.account.name
