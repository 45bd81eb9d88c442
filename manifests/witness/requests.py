"""What an archive asks of a witness, and when a witness agrees (C2SP tlog-witness, ``add-checkpoint``). Pure."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.chain import CLOCK_TOLERANCE_SECONDS
from manifests.notes import DECIMAL, Checkpoint, SignedNote
from manifests.witness.cosignatures import MICROSECONDS, Cosigner, cosign, verified
from schemas.digest import Digest
from schemas.errors import ConflictError, InputError, IntegrityError, PolicyError
from schemas.merkle import EMPTY_ROOT, ProofRefusedError, verify_consistency

if TYPE_CHECKING:
    from manifests.signing import SigningKey, Verifier
    from schemas.instant import Instant

SUBMISSION = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
MOST_HASHES = 63
REQUEST_LIMIT = 1 << 17
LARGEST_SIZE = (1 << 63) - 1
OLD = re.compile(rf"old (?P<size>{DECIMAL.pattern})", re.ASCII)


class WitnessRequestError(InputError):
    """Bytes are not a request to a witness."""

    code = "WITNESS_REQUEST_MALFORMED"


class LogUnknownError(InputError):
    """A witness is asked about an archive that it does not watch."""

    code = "WITNESS_LOG_UNKNOWN"


class WitnessConflictError(ConflictError):
    """A request starts at another size than the one that the witness cosigned last: ``latest``."""

    code = "WITNESS_CONFLICT"

    def __init__(self, latest: int, *, asked: int) -> None:
        super().__init__(
            f"The witness last cosigned the ledger at {latest} entries; the request starts at {asked}.",
            do=f"Make a request that starts at {latest}. Where the ledger is shorter than that it was cut back: "
            "stop, keep everything and run 'holdfast verify'.",
            latest=latest,
            asked=asked,
        )
        self.latest = latest


class LogForkedError(IntegrityError):
    """A log signed two different ledgers of one size."""

    code = "LOG_FORKED"


class WitnessClockError(PolicyError):
    """A witness's clock is behind the time of its own last cosignature by more than the tolerance."""

    code = "WITNESS_CLOCK_BEHIND"


def _malformed(why: str) -> WitnessRequestError:
    return WitnessRequestError(f"This is not a request to a witness: {why}.", do="Ask the archive for it again.")


@dataclass(frozen=True, slots=True)
class Request:
    """A signed checkpoint, and the proof that the ledger of ``old_size`` entries is a prefix of it.

    It is the body of a POST as well as the file that travels by mail.
    """

    old_size: int
    proof: tuple[Digest, ...]
    note: SignedNote

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint that is to be cosigned."""
        return Checkpoint.from_text(self.note.text)

    @classmethod
    def from_bytes(cls, body: bytes) -> Request:
        """Read a request in its one spelling, at most 128 KiB with at most 63 hashes.

        Raises:
            WitnessRequestError: it is not one.
        """
        if len(body) > REQUEST_LIMIT:
            raise _malformed(f"it is larger than {REQUEST_LIMIT} bytes")
        head, blank, note = body.partition(b"\n\n")
        try:
            first, *lines = head.decode("ascii").split("\n")
            old = OLD.fullmatch(first)
            if not blank or old is None:
                raise _malformed("it does not begin with an old size and a proof")
            if len(lines) > MOST_HASHES:
                raise _malformed(f"its proof has more than {MOST_HASHES} hashes")
            proof = tuple(Digest(base64.b64decode(line, validate=True)) for line in lines)
            request = cls(int(old["size"]), proof, SignedNote.from_bytes(note))
            checkpoint = request.checkpoint
        except (UnicodeDecodeError, binascii.Error):
            raise _malformed("its proof is not base64") from None
        except IntegrityError as error:
            raise _malformed(error.what.rstrip(".")) from error
        if max(request.old_size, checkpoint.size) > LARGEST_SIZE:
            raise _malformed("a size is too large")
        if request.to_bytes() != body or not request.note.text.startswith(checkpoint.to_text()):
            raise _malformed("it is not in its one spelling")
        return request

    def to_bytes(self) -> bytes:
        """Return the request's one spelling."""
        hashes = "".join(f"{base64.b64encode(digest.raw).decode()}\n" for digest in self.proof)
        return f"old {self.old_size}\n{hashes}\n".encode() + self.note.to_bytes()


@dataclass(frozen=True, slots=True)
class Watched:
    """What a witness knows of one log: its keys, and the note that it cosigned last."""

    verifiers: tuple[Verifier, ...]
    latest: SignedNote | None = None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint that was cosigned last."""
        return Checkpoint.from_text(self.latest.text) if self.latest else None


def fork(watched: Watched, request: Request) -> SignedNote | None:
    """Return the note that the request's own contradicts: the log signed both, of one size with two roots; or ``None``.

    Raises:
        IntegrityError: the log did not sign the request's note.
    """
    request.note.verify(watched.verifiers)
    known, offered = watched.checkpoint, request.checkpoint
    return watched.latest if known and known.size == offered.size and known.root != offered.root else None


def agree(watched: Watched, request: Request, key: SigningKey, *, now: Instant) -> SignedNote:
    """Return the request's checkpoint with the log's signatures and ours, or refuse. The order is that of tlog-witness.

    Raises:
        SignatureRefusedError, NoteUnsignedError: the log did not sign it.
        WitnessRequestError: it would go from a larger ledger to a smaller one.
        WitnessConflictError: it does not start where we cosigned last.
        LogForkedError: we cosigned another ledger of this size.
        ProofRefusedError: the old ledger is not proved to be a prefix of the new one.
        WitnessClockError: our clock went back.
    """
    # 1. The log signed it (403). Lines of keys that we do not know are left out of what we keep.
    signed_by = {(verifier.name, verifier.id) for verifier in request.note.verify(watched.verifiers)}
    # 2. It does not shrink (400), and starts where we are (409).
    known, offered = watched.checkpoint, request.checkpoint
    if request.old_size > offered.size:
        raise _malformed("the old size is larger than the new one")
    latest = known.size if known else 0
    if request.old_size != latest:
        raise WitnessConflictError(latest, asked=request.old_size)
    # 3. What we cosigned is a prefix of it (422).
    if known is None or not known.size:
        _check_from_nothing(request, offered)
    elif known.size == offered.size and known.root != offered.root:
        raise LogForkedError(
            f"{offered.origin} signed two different ledgers of {offered.size} entries.",
            do="Keep both: they prove that the log was forked. Tell whoever relies on it.",
            size=offered.size,
        )
    else:
        verify_consistency(
            first=known.size, second=offered.size, path=request.proof, first_root=known.root, second_root=offered.root
        )
    # 4. Ours is dated, and never before the one before.
    line = cosign(request.note.text, key, at=_time(watched, key, now))
    logs = tuple(one for one in request.note.signatures if (one.name, one.key_id) in signed_by)
    return SignedNote(request.note.text, (*logs, line))


def _check_from_nothing(request: Request, offered: Checkpoint) -> None:
    if request.proof:
        raise ProofRefusedError("A request that starts at nothing has a proof.", do="Leave the proof empty.")
    if not offered.size and offered.root != EMPTY_ROOT:
        raise ProofRefusedError("An empty ledger has another root.", do="Do not rely on it; keep it and report it.")


def _time(watched: Watched, key: SigningKey, now: Instant) -> Instant:
    if watched.latest is None:
        return now
    (before,) = verified(watched.latest, [Cosigner.of(key)])
    if before.at.micros - now.micros > CLOCK_TOLERANCE_SECONDS * MICROSECONDS:
        raise WitnessClockError(
            f"The witness's clock says {now}, but it last cosigned at {before.at}.",
            do="Correct the witness's clock, then ask again.",
        )
    return max(before.at, now)
