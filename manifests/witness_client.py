"""Asking a witness over HTTP (C2SP tlog-witness): one answer within a time, no redirects, nothing believed unread."""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Timer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from manifests.notes import DECIMAL, NoteMalformedError, Signature, SignedNote
from manifests.witness_requests import Request, WitnessConflictError
from schemas.errors import InputError, IntegrityError, PolicyError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schemas.digest import Digest

ANSWER_LIMIT = 1 << 16
SECONDS = 30.0
SUBMISSION = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
PATH = re.compile(r"[!-~]*", re.ASCII)


class WitnessAddressError(InputError):
    """A witness's address is not an http or https address."""

    code = "WITNESS_ADDRESS"


class WitnessUnavailableError(UnavailableError):
    """A witness did not answer, or not as a witness does."""

    code = "WITNESS_UNAVAILABLE"


class WitnessRefusedError(PolicyError):
    """A witness does not cosign for this archive: it does not know its key, or does not take the request."""

    code = "WITNESS_REFUSED"


class WitnessDisputesError(IntegrityError):
    """A witness says that a checkpoint does not continue what it cosigned before."""

    code = "WITNESS_DISPUTES"


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    kind: str
    content: bytes


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
        WitnessAddressError: ``url`` is not an address.
    """
    answer = _post(url, Request(old_size, tuple(proof), note).to_bytes(), seconds=seconds)
    words = answer.content.decode(errors="replace")
    said = f"The witness at {_place(url)} answered {answer.status}: {words.strip()[:200]!r}."
    match answer.status:
        case HTTPStatus.OK:
            return _signatures(url, note, answer.content)
        case HTTPStatus.CONFLICT if answer.kind == SIZE_TYPE and DECIMAL.fullmatch(words.removesuffix("\n")):
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
        raise _unavailable(url, "what it answers are no signatures")
    return fresh


def _post(url: str, body: bytes, *, seconds: float) -> _Answer:
    """Return the answer to a POST, whole, with the type of its content in lower case."""
    connection, path = _connection(url, seconds=seconds)
    try:
        connection.connect()
        with _cut_off(connection.sock, after=seconds):
            connection.request("POST", path, body, {"Content-Type": "text/plain", "User-Agent": "Holdfast"})
            with connection.getresponse() as response:
                content = response.read(ANSWER_LIMIT + 1)
    except TimeoutError as error:
        raise _unavailable(url, f"no whole answer within {seconds:g} seconds") from error
    except OSError as error:
        raise _unavailable(url, str(error) or type(error).__name__) from error
    except HTTPException as error:
        raise _unavailable(url, "what answers there is not HTTP, or breaks off") from error
    finally:
        connection.close()
    if len(content) > ANSWER_LIMIT or response.length:  # what is still to come of the length that was promised
        raise _unavailable(url, "its answer is too long or breaks off")
    return _Answer(response.status, response.headers.get_content_type(), content)


@contextmanager
def _cut_off(connection: socket.socket, *, after: float) -> Iterator[None]:
    """End a conversation ``after`` so many seconds, under the hands of whoever waits for its next byte.

    Raises:
        TimeoutError: it was cut off, whatever that looked like from within.
    """
    late = Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            # The socket's own: under TLS nothing may be taken apart that another thread uses.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = Timer(after, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, HTTPException):
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError


def _connection(url: str, *, seconds: float) -> tuple[HTTPConnection, str]:
    """Return a connection that is not open yet, and the path to ask."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        raise _no_address() from None
    path = f"{parts.path.rstrip('/')}{SUBMISSION}"
    if not host or not PATH.fullmatch(path) or parts.query or parts.fragment or "@" in parts.netloc:
        raise _no_address()
    match parts.scheme:
        case "http":
            return HTTPConnection(host, port, timeout=seconds), path
        case "https":
            return HTTPSConnection(host, port, timeout=seconds, context=ssl.create_default_context()), path
        case _:
            raise _no_address()


def _no_address() -> WitnessAddressError:
    return WitnessAddressError(
        "A witness's address is not usable.",
        do="Use an http or https address without user, query and fragment, such as 'https://witness.example'.",
    )


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _disputed(said: str) -> WitnessDisputesError:
    return WitnessDisputesError(
        said, do="Stop and keep everything: run 'holdfast verify', and compare the checkpoints with its keeper."
    )


def _unavailable(url: str, why: str) -> WitnessUnavailableError:
    return WitnessUnavailableError(
        f"The witness at {_place(url)} cannot be asked: {why}.", do="Try again later; nothing else depends on it."
    )
