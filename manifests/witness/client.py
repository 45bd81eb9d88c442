"""Asking a witness over HTTP (C2SP tlog-witness): one answer within a time, nothing believed unread."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from manifests.network import ServiceAddressError, post, split
from manifests.notes import DECIMAL, NoteMalformedError, Signature, SignedNote
from manifests.witness.requests import SIZE_TYPE, SUBMISSION, Request, WitnessConflictError
from schemas.errors import IntegrityError, PolicyError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.digest import Digest

ANSWER_LIMIT = 1 << 16
SECONDS = 30.0


class WitnessUnavailableError(UnavailableError):
    """A witness did not answer, or not as a witness does."""

    code = "WITNESS_UNAVAILABLE"


class WitnessRefusedError(PolicyError):
    """A witness does not cosign for this archive: it does not know its key, or does not take the request."""

    code = "WITNESS_REFUSED"


class WitnessDisputesError(IntegrityError):
    """A witness says that a checkpoint does not continue what it cosigned before."""

    code = "WITNESS_DISPUTES"


def ask(
    url: str, note: SignedNote, *, prove: Callable[[int], Sequence[Digest]], known: int = 0, seconds: float = SECONDS
) -> tuple[Signature, ...]:
    """Return a witness's lines for a checkpoint, wherever it stands: it may say once from which size it wants a proof.

    ``prove(size)`` is the proof that the ledger of ``size`` entries is a prefix of the checkpoint's, for sizes from 1
    to the checkpoint's own (``Ledger.consistency``). ``known`` is the size that the witness is believed to have
    cosigned last. The lines are not verified here: ``cosignatures.joined`` does.

    Raises:
        WitnessConflictError: it has cosigned a larger ledger than this one, or goes on to name other sizes.
        ArchiveError: as ``add_checkpoint``.
    """
    size = Request(0, (), note).checkpoint.size
    known = min(known, size)
    try:
        return add_checkpoint(url, old_size=known, proof=prove(known) if known else (), note=note, seconds=seconds)
    except WitnessConflictError as conflict:
        if conflict.latest > size:
            raise
        latest = conflict.latest
    return add_checkpoint(url, old_size=latest, proof=prove(latest) if latest else (), note=note, seconds=seconds)


def add_checkpoint(
    url: str, *, old_size: int, proof: Sequence[Digest], note: SignedNote, seconds: float = SECONDS
) -> tuple[Signature, ...]:
    """Return the signature lines with which the witness at ``url`` (its submission prefix) answers one request.

    A request may be made again at any time: a witness that has cosigned already says so.

    Raises:
        WitnessConflictError: it cosigned another size last.
        WitnessDisputesError: it holds a ledger that this one does not continue.
        WitnessRefusedError: it does not cosign for this archive.
        WitnessUnavailableError: there was no answer in time, or none of a witness.
        ServiceAddressError: ``url`` is not an address.
    """
    if split(url).query:
        raise ServiceAddressError(
            "A witness's address has a query, which has no meaning there.",
            do="Leave out the question mark and the rest.",
        )
    body = Request(old_size, tuple(proof), note).to_bytes()
    headers = {"Content-Type": "text/plain"}
    answer = post(url.rstrip("/") + SUBMISSION, body, headers=headers, limit=ANSWER_LIMIT, seconds=seconds)
    words = answer.content.decode(errors="replace")
    said = f"The witness at {_place(url)} answered {answer.status}: {words.strip()[:200]!r}."
    match answer.status:
        case HTTPStatus.OK:
            return _signatures(url, note, answer.content)
        case HTTPStatus.CONFLICT if answer.media_type == SIZE_TYPE and DECIMAL.fullmatch(words.removesuffix("\n")):
            if int(words) == old_size:  # how version 1.0.0 of the protocol refused another root of the same size
                raise _disputed(said)
            raise WitnessConflictError(int(words), asked=old_size)
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            raise _disputed(said)
        case HTTPStatus.BAD_REQUEST | HTTPStatus.FORBIDDEN | HTTPStatus.NOT_FOUND:
            raise WitnessRefusedError(
                said,
                do="Give its keeper the archive's checkpoint key ('holdfast status'), for 'holdfast witness trust'.",
            )
        case _:
            raise WitnessUnavailableError(said, do="Try again later, or ask its keeper.")


def _signatures(url: str, note: SignedNote, lines: bytes) -> tuple[Signature, ...]:
    """Return the lines of an answer, read as what they would be in the note (tlog-witness, 'add-checkpoint')."""
    try:
        cosigned = SignedNote.from_bytes(note.to_bytes() + lines)
    except NoteMalformedError:
        cosigned = note
    fresh = cosigned.signatures[len(note.signatures) :]
    if not fresh or cosigned.text != note.text:
        raise WitnessUnavailableError(
            f"The witness at {_place(url)} answers, but not with signatures.", do="See that its address is right."
        )
    return fresh


def _place(url: str) -> str:
    return split(url)._replace(path="", query="").geturl()


def _disputed(said: str) -> WitnessDisputesError:
    return WitnessDisputesError(
        said, do="Stop and keep everything: run 'holdfast verify', and compare the checkpoints with its keeper."
    )
