"""From the records that were found to a signed document in the ledger: number, render, sign, store, seal.

Every step that can fail without loss comes before the next: numbers that were assigned to a production that is never
finished stay unused for ever, and the ledger shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ediscovery.corroborating import corroborations
from ediscovery.evidence import author_of, media_type_of, prove, prove_parts, words_of
from ediscovery.production.document import (
    CustodyEvent,
    ProducedItem,
    ProductionDocument,
    ThreadLine,
    Version,
    WithheldItem,
)
from ediscovery.production.pictures import pictures_of
from ediscovery.production.preparing import prepare
from ediscovery.production.render import Rendered, render
from ediscovery.production.withholding import hidden
from ediscovery.threads import arranged
from manifests.acts import ActRefusedError
from manifests.archive import SOFTWARE
from manifests.console import plural
from manifests.proofs.redacted import reasons, view_of
from manifests.proofs.vouching import without_stamps
from manifests.wording import describe
from schemas.digest import Digest
from schemas.ledger import AccountRegistered, BatesAssigned, Captured, Produced
from schemas.merkle import root_of
from storage import layout
from storage.objects import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ediscovery.answers.receipt import SearchReceipt
    from ediscovery.corroboration import Corroboration
    from ediscovery.evidence import Sealed
    from ediscovery.production.manifest import Volume
    from ediscovery.production.pictures import Picture
    from ediscovery.production.preparing import Context, Prepared
    from ediscovery.production.signing import Signer
    from ediscovery.production.withholding import Review
    from ediscovery.redaction.applying import Redactor
    from ediscovery.redaction.rules import Rule
    from ediscovery.search import Hit, Search
    from manifests.archive import Archive
    from manifests.checkpoints.making import Made as Checkpointed
    from manifests.history import History
    from manifests.notes import SignedNote
    from manifests.proofs.file import ProofOfRecord
    from schemas.claims import Claims
    from schemas.ledger import Act
    from schemas.matters import MatterName
    from schemas.production import BatesRange

MOST_NUMBERINGS = 20
SHORT_ID = 12


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be produced, for whom; ``name`` is random and unique.

    ``receipt`` is that of the search, ``volume`` which part of what it found is meant, ``case`` the matter that the
    ledger knows, if it is produced in one. Of what was reviewed nothing is shown but what was decided to be produced.
    """

    name: str
    matter: str
    requester: str
    query_typed: str
    query_words: str
    bates_prefix: str
    receipt: SearchReceipt | None = None
    case: MatterName | None = None
    review: Review | None = None
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A finished production: what it says, the signed PDF, its numbers, its act.

    ``redacted`` tells of each rule of a review in how many records it found something.
    """

    document: ProductionDocument
    pdf: bytes
    rendered: Rendered
    act: Produced
    redacted: Mapping[Rule, int]


def produce(
    archive: Archive,
    search: Search,
    hits: Sequence[Hit],
    order: Order,
    signer: Signer,
    checkpoint: Checkpointed,
    *,
    prepared: Prepared | None = None,
    progress: Callable[[int, int], None] | None = None,
    processes: int = 1,
) -> Made:
    """Render, number, sign, store and seal a production of the records of ``hits``.

    ``prepared`` is what was decided of all volumes of the order, if these are not all hits. ``checkpoint`` was made
    after they were found (``manifests.checkpoints.making.make``). Many pages are printed in as many ``processes``, of
    some 300 MB each.

    Raises:
        ProductionEmptyError: there is nothing to produce.
        IntegrityError: a record is not in evidence as it was found; nothing is produced.
        UnavailableError: it could not be printed, stored or sealed; it may be tried again.
    """
    prepared = prepared or prepare(archive, search, [hits], order)
    claims = without_stamps(checkpoint.claims)
    selected = _selected(archive, search, hits, prepared, order.review, checkpoint.note, claims)
    accounts = sorted({item.provenance.account for item in selected.items})
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
        custody=_custody(archive, accounts, selected.entries),
        items=selected.items,
        withheld=_withheld(order),
        paper=archive.settings.production.paper,
        receipt=order.receipt,
        volume=order.volume,
        held_back=order.review is not None and bool(order.review.withheld or order.review.rules),
    )
    rendered = _numbered(archive, document, order, progress, processes)
    pdf = signer.sign(rendered.pdf, reason=f"Production {order.name} for {order.matter}", at=archive.now())
    # At this point the numbers are assigned for ever. If we crash here, they stay unused, and the ledger says so.
    stored = archive.store.put_new(layout.production(order.name), Content.of(pdf))
    act = Produced(
        production=order.name,
        bates=rendered.bates,
        records=len(selected.items),
        records_root=root_of([item.record for item in selected.items]),
        ledger_size=checkpoint.size,
        document=stored,
        matter=order.case,
        withheld=len(document.withheld),
        manifest=Digest.of(rendered.manifest.to_bytes()),
    )
    archive.append(lambda _history: (act,))
    return Made(document, pdf, rendered, act, selected.redacted)


def _withheld(order: Order) -> tuple[WithheldItem, ...]:
    """Return what has pages in the place of records: all that is withheld, in the last volume."""
    if order.review is None or (order.volume is not None and not order.volume.is_last):
        return ()
    return tuple(item for _, item in order.review.withheld)


def _numbered(
    archive: Archive,
    document: ProductionDocument,
    order: Order,
    progress: Callable[[int, int], None] | None,
    processes: int,
) -> Rendered:
    """Render with the next free numbers and assign them; render again when somebody else took them meanwhile."""
    for _ in range(MOST_NUMBERINGS):
        archive.ledger.refresh()
        first = archive.ledger.history.bates_next.get(order.bates_prefix, 1)
        rendered = render(document, first_number=first, progress=progress, processes=processes)

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


class _Selected(NamedTuple):
    """The records as they are handed over, the entries that sealed them and their items' versions, what rules found."""

    items: tuple[ProducedItem, ...]
    entries: set[int]
    redacted: Mapping[Rule, int]


def _selected(
    archive: Archive,
    search: Search,
    hits: Sequence[Hit],
    prepared: Prepared,
    review: Review | None,
    checkpoint: SignedNote,
    claims: Claims,
) -> _Selected:
    sealed, others, contexts = prepared.reader.read(hits)
    redactor = prepared.redactor
    shown = _Shown(review, redactor, others)
    corroborated = corroborations(archive, search, tuple(sealed.values()), others.values())
    proofs = {one.id: _proof(archive, one, redactor, checkpoint, claims) for one in sealed.values()}
    whole = [one for one in sealed.values() if redactor.parts(one) is None]
    pictures = pictures_of(archive, whole, without=prepared.unpictured)
    items = tuple(
        _item(hit, sealed[one], contexts[one], shown, corroborated[one], proofs[one], pictures.get(one, ()))
        for hit in hits
        for one in (hit.record,)
    )
    versions = {one.record for context in contexts.values() for one in context.versions}
    entries = {others[record].place.entry for record in versions}
    return _Selected(items, entries, redactor.counts(sealed.keys()))


def _proof(
    archive: Archive, sealed: Sealed, redactor: Redactor, checkpoint: SignedNote, claims: Claims
) -> ProofOfRecord:
    parts = redactor.parts(sealed)
    if parts is None:
        return prove(archive, sealed, checkpoint, claims)
    return prove_parts(archive, sealed, parts, checkpoint, claims)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What of the records around a produced one is shown: what was decided to be, less what is redacted."""

    review: Review | None
    redactor: Redactor
    others: Mapping[Digest, Sealed]

    def versions(self, context: Context) -> Iterator[Version]:
        """Yield the versions of an item, oldest first."""
        for one in (self.others[hit.record] for hit in context.versions):
            found = self.redactor.find_view(one) if self._decided(one) else None
            if found is not None and found[0].kind != "absence":
                view, provenance = found
                yield Version(one.id, provenance.captured, view.title, view.text, view.edited)

    def thread(self, context: Context, item: str) -> Iterator[ThreadLine]:
        """Yield the lines of the conversation in which an item stands."""
        for turn in arranged(self.others[hit.record] for hit in context.thread):
            found = self.redactor.find_view(turn.sealed) if self._decided(turn.sealed) else None
            if found is None:
                yield hidden(turn)
                continue
            view, provenance = found
            at, here = view.created or provenance.captured, turn.sealed.view.item == item
            yield ThreadLine(author=author_of(view), text=words_of(view), at=at, depth=turn.depth, produced=here)

    def _decided(self, one: Sealed) -> bool:
        return self.review is None or self.review.shows(one)


def _item(
    hit: Hit,
    sealed: Sealed,
    context: Context,
    shown: _Shown,
    corroborated: Corroboration,
    proof: ProofOfRecord,
    pictures: tuple[Picture, ...],
) -> ProducedItem:
    parts = shown.redactor.parts(sealed)
    view, provenance = view_of(parts) if parts else (sealed.view, sealed.provenance)
    media_type, extension = media_type_of(sealed)
    return ProducedItem(
        record=sealed.id,
        normalised=view,
        provenance=provenance,
        native=sealed.record.native if parts is None else None,
        media_type=media_type,
        extension=extension,
        versions=tuple(shown.versions(context)),
        partition_root=sealed.place.partition.root,
        entry=sealed.place.entry,
        claim=_claim(corroborated),
        proof=proof.to_bytes(),
        thread=tuple(shown.thread(context, sealed.view.item)),
        absence=shown.others[context.versions[-1].record].view.absence,
        matched=hit.matched if hit.matched != hit.record else None,
        hidden=reasons(parts or ()),
        pictures=pictures,
    )


def _claim(corroborated: Corroboration) -> str:
    """Return the level in words, with the beginnings of the ids of the records by which it is reached."""
    by = ", ".join(one.hex[:SHORT_ID] for one in corroborated.by)
    return f"{corroborated.words}{f'; the archive also holds {by}' if by else ''}"


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
