"""Asking witnesses and time stamp authorities: all at once, each for a bounded time; what holds is kept as it comes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from manifests.checkpoints.judging import demand_after, roots_named
from manifests.checkpoints.stored import keep, root_of
from manifests.notes import Checkpoint, SignedNote
from manifests.timestamps import client as authorities
from manifests.timestamps import renewal
from manifests.timestamps.trust import load_der_roots
from manifests.witness import client as witnesses
from manifests.witness.client import WitnessUnavailableError
from manifests.witness.cosignatures import Cosigner, joined
from schemas.errors import ArchiveError, PolicyError
from storage import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from manifests.archive import Archive
    from schemas.attestors import Witness

WORKERS = 16

Kind: TypeAlias = Literal["witness", "authority", "place", "settings"]
Place = TypeVar("Place")
Result = TypeVar("Result")


class AttestorUnaskedError(PolicyError):
    """A witness or an authority that the ledger names has no address in the settings."""

    code = "ATTESTOR_UNASKED"


class TimestampNotLongerError(PolicyError):
    """A renewal would end no later than the time stamp that it renews."""

    code = "TIMESTAMP_NOT_LONGER"


@dataclass(frozen=True, slots=True)
class Lack:
    """Somebody who was to vouch, or a place that was to publish, and did not; ``error`` tells why."""

    kind: Kind
    name: str
    error: ArchiveError


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody is asked: ``ask`` returns verified bytes, to be kept at ``key``; it runs in a thread of its own."""

    kind: Kind
    name: str
    key: str
    ask: Callable[[], bytes]


def asked(archive: Archive, questions: Sequence[Question]) -> tuple[Lack, ...]:
    """Ask everybody at once, keep what they say, and return who said nothing that counts."""
    lacking = []
    for question, answer in gathered({question: question.ask for question in questions}):
        if isinstance(answer, ArchiveError):
            lacking.append(Lack(question.kind, question.name, answer))
        else:
            # At this point the answer is verified. If we crash here, it is asked for again the next time.
            keep(archive.store, question.key, answer)
    return tuple(sorted(lacking, key=lambda lack: (lack.kind, lack.name)))


def gathered(jobs: Mapping[Place, Callable[[], Result]]) -> Iterator[tuple[Place, Result | ArchiveError]]:
    """Run jobs at once, and yield what each returned, or the error of ours that it raised, as they end."""
    with ThreadPoolExecutor(WORKERS) as pool:
        running = {pool.submit(job): place for place, job in jobs.items()}
        for done in as_completed(running):
            try:
                yield running[done], done.result()
            except ArchiveError as error:
                yield running[done], error


def cosignature_asked(archive: Archive, note: SignedNote, witness: Witness) -> Question:
    """Return what a witness is asked: to cosign the checkpoint in ``note``."""
    ledger, settings = archive.ledger, archive.settings
    size = Checkpoint.from_text(note.text).size
    known = settings.witness.get(witness.name)
    cosigner = Cosigner.from_text(witness.key)

    def ask() -> bytes:
        if known is None or known.url is None:
            raise AttestorUnaskedError(
                f"The witness {witness.name!r} has no address in holdfast.toml.",
                do=f"Run 'holdfast checkpoint request --witness {witness.name} --to FILE', send the file to its "
                "keeper, and 'holdfast checkpoint accept' the answer.",
            )
        lines = witnesses.ask(
            known.url,
            note,
            prove=lambda old: ledger.consistency(old, size=size),
            seconds=settings.checkpoint.timeout_seconds,
        )
        fresh = joined(note, lines, [cosigner]).signatures[len(note.signatures) :]
        if not fresh:
            raise WitnessUnavailableError(
                f"The witness {witness.name!r} answers under another key than the one that the ledger names.",
                do="Ask its keeper for its key, and correct holdfast.toml.",
            )
        return SignedNote(note.text, fresh).to_bytes()

    return Question("witness", witness.name, layout.cosignature(size, witness.name), ask)


def stamp_asked(
    archive: Archive, text: str, authority: str, earlier: Sequence[bytes], *, nonce: Callable[[], int]
) -> Question:
    """Return what an authority is asked: to stamp a checkpoint's text, or to renew the last of ``earlier`` stamps."""
    ledger, settings = archive.ledger, archive.settings
    size = Checkpoint.from_text(text).size
    known = settings.authority.get(authority)
    last = ledger.entry(size - 1).at

    def ask() -> bytes:
        if known is None:
            raise AttestorUnaskedError(
                f"The time stamp authority {authority!r} has no address in holdfast.toml.",
                do=f"Add [authority.{authority}] to holdfast.toml.",
            )
        number = nonce()
        seconds = settings.checkpoint.timeout_seconds
        stamp = authorities.ask(known.url, renewal.covered(text, earlier), nonce=number, timeout=seconds)
        # Vouched by what is kept: what an auditor cannot verify offline later is no answer.
        roots = load_der_roots([root_of(archive.store, digest) for digest in roots_named(ledger.history, authority)])
        proved = renewal.verify(text, [*earlier, stamp], roots=roots, at=archive.now(), nonce=number)
        demand_after(proved[-1], last)
        if earlier and proved[-1].valid_until <= proved[-2].valid_until:
            raise TimestampNotLongerError(
                f"{authority} still stamps with certificates that end at {proved[-1].valid_until}.",
                do="Try again later, or set another address and roots for it in holdfast.toml.",
            )
        return stamp

    return Question("authority", authority, layout.timestamp(size, authority, len(earlier)), ask)
