"""A witness in one folder: its key, one file for each log that it watches, and the proofs of forks that it met.

What it decides stands in ``requests``; here a decision becomes durable before anybody hears of it.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests import keys
from manifests.notes import SignedNote
from manifests.signing import KeyMalformedError, SigningKey, Verifier
from manifests.witness.cosignatures import Cosigner, verified
from manifests.witness.requests import LogUnknownError, Request, Watched, WitnessConflictError, agree, fork
from schemas.digest import Digest
from schemas.errors import ArchiveError, InputError, IntegrityError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemas.instant import Instant

LOG_FORMAT = b"holdfast-witness/v1"
KEY_FILE, NAME_FILE, LOCK_FILE = "witness.pem", "witness.key", "lock"
LOGS, FORKS = "logs", "forks"
ORIGIN_HASH = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[^\s+\x00-\x1f\x7f\ud800-\udfff]{1,200}")
MOST_FORKS = 100


class WitnessExistsError(InputError):
    """There is a witness in that folder already."""

    code = "WITNESS_EXISTS"


class WitnessMissingError(InputError):
    """There is no witness in that folder."""

    code = "WITNESS_MISSING"


class WitnessDamagedError(IntegrityError):
    """What a witness remembers is not what it wrote, or its key is another one."""

    code = "WITNESS_DAMAGED"


class WitnessUnwritableError(UnavailableError):
    """A witness cannot read or write down what it decides, so it cosigns nothing."""

    code = "WITNESS_UNWRITABLE"


def origin_hash(origin: str) -> str:
    """Return how tlog-witness spells an origin in addresses, and we in file names: SHA-256 in hexadecimal."""
    return Digest.of(origin.encode()).hex


def create_witness(folder: Path, *, name: str, now: Callable[[], Instant]) -> Witness:
    """Make a witness in ``folder``; a creation that was cut short is continued.

    ``name`` is its name for life: an address without scheme that its owner controls, such as ``records.city.example``.

    Raises:
        WitnessExistsError: there is one already.
        KeyMalformedError: the name is not usable.
        WitnessUnwritableError: the folder cannot be written.
    """
    if (folder / NAME_FILE).exists():
        raise WitnessExistsError(f"There is a witness in {folder} already.", do="Use it, or choose another folder.")
    if not NAME.fullmatch(name):
        raise KeyMalformedError(
            f"{name[:80]!r} cannot name a witness.",
            do="Use an address without scheme, spaces and plus signs, such as 'records.city.example'.",
        )
    with _refusals(folder):
        for made in (folder, folder / LOGS, folder / FORKS):
            made.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    key = keys.load_or_make(folder / KEY_FILE, name=name)
    # The public key is written last: a folder that has it is a whole witness.
    keys.write_once(folder / NAME_FILE, f"{Cosigner.of(key).to_text()}\n".encode(), mode=0o644)
    return open_witness(folder, now=now)


def open_witness(folder: Path, *, now: Callable[[], Instant]) -> Witness:
    """Open the witness in ``folder``.

    Raises:
        WitnessMissingError: there is none.
        WitnessDamagedError: its private key is not that of its public key.
    """
    try:
        text = (folder / NAME_FILE).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        raise WitnessMissingError(
            f"There is no witness in {folder}.", do=f"Run 'holdfast witness init {folder} --name NAME' first."
        ) from None
    cosigner = Cosigner.from_text(text)
    key = keys.load(folder / KEY_FILE, name=cosigner.name)
    if Cosigner.of(key) != cosigner:
        raise WitnessDamagedError(
            f"{KEY_FILE} is not the private key of {cosigner.name}.", do="Restore it from your copy of the key."
        )
    return Witness(folder, key, now)


@dataclass(frozen=True, slots=True)
class Witness:
    """An open witness, for any number of threads and processes on one folder.

    A log's file holds its keys and the note that was cosigned last. A log without its file is unknown, never new: a
    witness that lost what it remembers refuses.
    """

    folder: Path
    key: SigningKey
    now: Callable[[], Instant]

    @property
    def cosigner(self) -> Cosigner:
        """The public half of its key, which it publishes."""
        return Cosigner.of(self.key)

    def trust(self, verifier: Verifier) -> Watched:
        """Watch the log that signs with ``verifier`` under its origin; return what is known of it now.

        Raises:
            WitnessUnwritableError: it cannot be written down.
        """
        with self._alone():
            path = self._path(origin_hash(verifier.name))
            watched = self._parsed(path) if path.exists() else Watched(())
            if verifier not in watched.verifiers:
                watched = Watched((*watched.verifiers, verifier), watched.latest)
                self._write(path, watched)
            return watched

    def add(self, request: Request) -> SignedNote:
        """Cosign the request's checkpoint and return it, with the log's signatures and ours; or refuse.

        Raises:
            LogUnknownError: the log is not watched.
            ArchiveError: any refusal of ``requests.agree``.
            WitnessUnwritableError: the decision could not be written down; there is none.
        """
        origin = request.checkpoint.origin
        with self._alone():
            watched = self._read(origin_hash(origin), of=repr(origin[:80]))
            other = fork(watched, request)
            if other is not None:
                self._keep(other, request.note)
            cosigned = agree(watched, request, self.key, now=self.now())
            # At this point nobody has seen the cosignature. If we crash here, nothing was decided.
            self._write(self._path(origin_hash(origin)), Watched(watched.verifiers, cosigned))
            # At this point it is durable. If we crash here, who asked hears nothing, asks again and is told this size.
            return cosigned

    def sign(self, request: Request) -> SignedNote:
        """Cosign as ``add``; a request whose checkpoint was cosigned last gets that very note again.

        For requests in files: an answer that was lost cannot be asked for anew without a new file.
        """
        try:
            return self.add(request)
        except WitnessConflictError:
            latest = self.find(origin_hash(request.checkpoint.origin))
            if latest is None or latest.text != request.note.text:
                raise
            return latest

    def find(self, digits: str) -> SignedNote | None:
        """Return the note that was cosigned last for the log with this ``origin_hash``, or ``None``.

        Raises:
            LogUnknownError: the log is not watched.
        """
        return self._read(digits, of=f"a log with the hash {digits[:80]!r}").latest

    def logs(self) -> dict[str, Watched]:
        """Return what is known of every log that is watched, by origin.

        Raises:
            WitnessDamagedError: a file is not what was written.
        """
        with _refusals(self.folder):
            paths = sorted((self.folder / LOGS).glob("*.log"))
        every = [self._parsed(path) for path in paths]
        return {watched.verifiers[0].name: watched for watched in every}

    def forks(self) -> tuple[Path, ...]:
        """Return the files of notes that contradict each other, two at least to a fork."""
        return tuple(sorted((self.folder / FORKS).glob("*.note")))

    def _path(self, digits: str) -> Path:
        return self.folder / LOGS / f"{digits}.log"

    def _read(self, digits: str, *, of: str) -> Watched:
        if not ORIGIN_HASH.fullmatch(digits) or not self._path(digits).exists():
            raise LogUnknownError(
                f"The witness does not watch {of}.",
                do="Its keeper can run 'holdfast witness trust' with the archive's checkpoint key.",
            )
        return self._parsed(self._path(digits))

    def _parsed(self, path: Path) -> Watched:
        """Return what a log's file says, when it hangs together: the log and we signed its note."""
        with _refusals(self.folder):
            content = path.read_bytes()
        try:
            head, _, note = content.partition(b"\n\n")
            form, *lines = head.split(b"\n")
            watched = Watched(
                tuple(Verifier.from_text(line.decode()) for line in lines),
                SignedNote.from_bytes(note) if note else None,
            )
            if watched.latest:
                watched.latest.verify(watched.verifiers)
                ours = verified(watched.latest, [self.cosigner])
        except (ArchiveError, UnicodeDecodeError) as error:
            raise _damaged(path, "a part of it is malformed or not signed") from error
        if form != LOG_FORMAT or _spelled(watched) != content:
            raise _damaged(path, "it is not in its one spelling")
        if watched.latest and not ours:
            raise _damaged(path, "its note does not bear our cosignature")
        if {origin_hash(one.name) for one in watched.verifiers} != {path.stem}:
            raise _damaged(path, "it is another log's")
        return watched

    def _keep(self, *notes: SignedNote) -> None:
        """Keep notes that together prove a fork; no more than some, for a log that forks may do so for ever."""
        for note in notes:
            if len(self.forks()) < MOST_FORKS:
                content = note.to_bytes()
                keys.write_once(self.folder / FORKS / f"{Digest.of(note.text.encode()).hex}.note", content, mode=0o644)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder's lock, alone among all threads and processes; a killed holder lets go of it."""
        with _refusals(self.folder), (self.folder / LOCK_FILE).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, path: Path, watched: Watched) -> None:
        """Put a log's file in the place of the one before, whole and durable; the lock is held."""
        draft = path.with_suffix(".new")
        with _refusals(self.folder):
            with draft.open("wb") as stream:
                stream.write(_spelled(watched))
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _spelled(watched: Watched) -> bytes:
    lines = (LOG_FORMAT, *(verifier.to_text().encode() for verifier in watched.verifiers))
    return b"\n".join(lines) + b"\n\n" + (watched.latest.to_bytes() if watched.latest else b"")


def _damaged(path: Path, why: str) -> WitnessDamagedError:
    return WitnessDamagedError(
        f"What the witness remembers in {path.name} is damaged: {why}.",
        do="Do not restore an older copy: a witness that goes back is none. Make a new one, under another name.",
    )


@contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WitnessUnwritableError(
            f"The witness's folder {folder} cannot be used: {error.strerror}.",
            do="Make room or mend its permissions; nothing was cosigned.",
        ) from error
