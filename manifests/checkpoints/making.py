"""Making a checkpoint: sign the ledger as it is, ask who is to vouch for it, publish it; again, for what is lacking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests import keys
from manifests.checkpoints.asking import Lack, asked, cosignature_asked, stamp_asked
from manifests.checkpoints.judging import standing
from manifests.checkpoints.naming import AttestorsUnnamedError, demand_named, name_attestors
from manifests.checkpoints.publishing import publish
from manifests.checkpoints.stored import attested, checkpoint_at, claims_of
from manifests.proofs.vouching import Trust, vouch
from manifests.witness.client import WitnessDisputesError
from manifests.witness.requests import WitnessConflictError
from schemas.digest import Digest
from schemas.errors import InputError
from storage import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from manifests.archive import Archive
    from manifests.notes import SignedNote
    from manifests.proofs.vouching import Vouched
    from schemas.claims import Claims

SILENT = {"witness": "The witness {} had not cosigned it.", "authority": "The authority {} had not stamped its time."}


@dataclass(frozen=True, slots=True)
class Made:
    """A checkpoint: the note with every cosignature, what can be handed over of who vouches, and what is lacking.

    ``named`` tells whether the ledger was told whom the settings name, ``published`` where the checkpoint is.
    """

    size: int
    note: SignedNote
    claims: Claims
    vouched: Vouched
    lacking: tuple[Lack, ...]
    published: tuple[str, ...] = ()
    named: bool = False

    def statements(self) -> tuple[str, ...]:
        """Return who vouches and who does not, in plain words that do not depend on why."""
        silent = (SILENT[lack.kind].format(lack.name) for lack in self.lacking if lack.kind in SILENT)
        return (*self.vouched.statements(), *silent)


def make(archive: Archive, *, nonce: Callable[[], int], name: bool) -> Made:
    """Sign and store the checkpoint of the ledger as it is, and have it vouched for and published.

    Whoever vouched in an earlier run is not asked again. It may be killed at any moment and be run again: everything
    is stored under a key of its own, whole, once. ``nonce`` gives a new random number of 64 bits at every call.
    With ``name`` the ledger is first told whom the settings name; without, what the ledger says goes.

    Raises:
        WitnessDisputesError: a witness holds another ledger than this one, or more of it; what it said is kept.
        PublicationDiffersError: another checkpoint of this size is published.
        UnavailableError: the archive's own part could not be done.
    """
    archive.ledger.refresh()
    named = name_attestors(archive) if name else False
    # At this point the ledger says who is to vouch for its first `size` entries.
    size = archive.ledger.head.size
    made = archive.store.exists(layout.checkpoint(size))
    own = checkpoint_at(archive.ledger, size) if made else archive.ledger.checkpoint(archive.checkpoint_key())
    # At this point it is signed and stored. If we crash here or later, the next run asks for what is lacking.
    policy = archive.ledger.history.attestors_at(size)
    missing = [
        *(
            cosignature_asked(archive, own, witness)
            for witness in policy.witnesses
            if not archive.store.exists(layout.cosignature(size, witness.name))
        ),
        *(
            stamp_asked(archive, own.text, authority.name, (), nonce=nonce)
            for authority in policy.authorities
            if not archive.store.exists(layout.timestamp(size, authority.name))
        ),
    ]
    lacking = asked(archive, missing)
    stop_at_disputes(archive, own, lacking)
    published, unpublished = publish(archive, size, own.to_bytes())
    note, claims = attested(archive.ledger, size), claims_of(archive.ledger, size)
    vouched = vouch(note, claims, Trust(at=archive.now()))
    return Made(
        size=size,
        note=note,
        claims=standing(claims, vouched),
        vouched=vouched,
        lacking=(*_unnamed(archive, name=name), *lacking, *unpublished),
        published=published,
        named=named,
    )


def _unnamed(archive: Archive, *, name: bool) -> tuple[Lack, ...]:
    if name:
        return ()
    try:
        demand_named(archive)
    except (AttestorsUnnamedError, InputError) as error:
        return (Lack("settings", "holdfast.toml", error),)
    return ()


def stop_at_disputes(archive: Archive, note: SignedNote, lacking: Iterable[Lack]) -> None:
    """Keep what witnesses say against the checkpoint in ``note``, and stop.

    Raises:
        WitnessDisputesError: one holds another ledger, or has cosigned a longer one than there is.
    """
    disputes = [_kept(archive, note, lack) for lack in lacking if _is_dispute(archive, lack)]
    if disputes:
        raise disputes[0]


def _is_dispute(archive: Archive, lack: Lack) -> bool:
    if isinstance(lack.error, WitnessConflictError):
        # Another machine may have had a later checkpoint cosigned meanwhile: then the ledger has grown.
        archive.ledger.refresh()
        return lack.error.latest > archive.ledger.head.size
    return isinstance(lack.error, WitnessDisputesError)


def _kept(archive: Archive, note: SignedNote, lack: Lack) -> WitnessDisputesError:
    words = f"{archive.now()} {lack.name}: {lack.error.what}\n\n{note.to_bytes().decode()}".encode()
    path = archive.home / "state" / "disputes" / f"{lack.name}.{Digest.of(words).hex[:16]}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        keys.write_once(path, words, mode=0o644)
        where = f"what it said is in {path}"
    except (OSError, keys.KeyUnwritableError) as error:
        where = f"write down what it said, for {path} cannot be written ({error})"
    return WitnessDisputesError(
        f"The witness {lack.name!r} disputes this ledger: {lack.error.what}",
        do=f"Stop and keep everything; {where}. Run 'holdfast verify', and compare with its keeper.",
        witness=lack.name,
        kept=str(path),
    )
