"""A witness on the network: it answers as the protocol says, and outlives whoever speaks otherwise or not at all."""

from __future__ import annotations

import itertools
import socket

import pytest

from manifests.console import system_clock
from manifests.notes import Checkpoint, NoteUnsignedError, Signature, SignedNote
from manifests.signing import SignatureRefusedError, SigningKey
from manifests.witness.client import (
    ask,
)
from manifests.witness.cosignatures import joined, verified
from manifests.witness.requests import (
    MOST_HASHES,
    REQUEST_LIMIT,
    LogForkedError,
    LogUnknownError,
    Request,
    WitnessConflictError,
    WitnessRequestError,
)
from manifests.witness.witness import (
    open_witness,
    origin_hash,
)
from schemas.merkle import EMPTY_ROOT, ProofRefusedError
from tests.manifests.archives import ORIGIN
from tests.manifests.witnessing import NAME, SECONDS, Log, Served, serving, watching

HASH = origin_hash(ORIGIN)


def seen(witness) -> Checkpoint | None:
    """What the witness in this folder remembers, read by another who opens it."""
    return open_witness(witness.folder, now=system_clock).logs()[ORIGIN].checkpoint


REFUSED = {
    "a smaller ledger": (lambda log: log.request(3, 7), 409, WitnessConflictError),
    "a ledger from nothing": (lambda log: log.request(0, 20), 409, WitnessConflictError),
    "a later start": (lambda log: log.request(11, 20), 409, WitnessConflictError),
    "a ledger that shrinks": (lambda log: Request(10, (), log.note(7)), 400, WitnessRequestError),
    "other leaves at this size": (lambda log: log.forked(4).request(10, 10), 422, LogForkedError),
    "other leaves below": (lambda log: log.forked(4).request(10, 20), 422, ProofRefusedError),
    "no proof": (lambda log: Request(10, (), log.note(20)), 422, ProofRefusedError),
    "a proof too many": (
        lambda log: Request(10, (*log.proof(10, 20), EMPTY_ROOT), log.note(20)),
        422,
        ProofRefusedError,
    ),
    "a proof of nothing new": (lambda log: Request(10, (EMPTY_ROOT,), log.note(10)), 422, ProofRefusedError),
    "another log": (lambda _: Log(SigningKey.generate("else/1")).request(0, 5), 404, LogUnknownError),
    "a stranger's signature": (lambda _: Log().request(10, 20), 403, NoteUnsignedError),
    "a broken signature": (
        lambda log: Request(10, log.proof(10, 20), SignedNote(log.note(20).text, log.note(19).signatures)),
        403,
        SignatureRefusedError,
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_continue_the_log_is_refused_with_the_status_of_the_protocol(tmp_path, what) -> None:
    make, status, error = REFUSED[what]
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    before = seen(witness)
    request = make(log)
    with pytest.raises(error):
        witness.add(request)
    with serving(witness) as served:
        answered, headers, content = served.post(request.to_bytes())
        assert answered == status
        if status == 409:
            assert (headers["Content-Type"], content) == ("text/x.tlog.size", b"10\n")
    assert seen(witness) == before


HOSTILE = {
    "leading zero": lambda body: body.replace(b"old 10", b"old 010"),
    "negative": lambda body: body.replace(b"old 10", b"old -1"),
    "too large a size": lambda body: body.replace(b"old 10", b"old 9999999999999999999"),
    "windows lines": lambda body: body.replace(b"\n", b"\r\n"),
    "short hash": lambda body: body.replace(b"old 10\n", b"old 10\nAAAA\n"),
    "64 hashes": lambda body: body.replace(b"old 10\n", b"old 10\n" + (b"A" * 43 + b"=\n") * (MOST_HASHES + 1)),
    "a long line": lambda body: body.replace(b"old 10\n", b"old 10\n" + b"A" * 100_000 + b"\n"),
    "a hundred signatures more": lambda body: body + b"\xe2\x80\x94 x AAAAAAAA\n" * 100,
    "no checkpoint": lambda body: body.replace(ORIGIN.encode(), b"\n"),
    "loose base64": lambda body: body.replace(b"old 10\n", b"old 10\n" + b"A" * 42 + b"B=\n"),
    "nothing": lambda _: b"",
    "zeros": lambda _: bytes(1000),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_what_is_no_request_is_answered_with_400(tmp_path, how) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    with serving(witness) as served:
        assert served.post(HOSTILE[how](log.request(10, 20).to_bytes()))[0] == 400
    assert seen(witness).size == 10


def test_a_lost_answer_is_asked_for_again(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    with serving(witness) as served:
        lost = served.post(log.request(0, 20).to_bytes())
        assert lost[0] == 200
        lines = ask(served.url, log.note(20), prove=lambda size: log.proof(size, 20))
        (made,) = verified(joined(log.note(20), lines, [witness.cosigner]), [witness.cosigner])
        assert made.witness == witness.cosigner


def test_the_latest_cosigned_note_is_there_for_everybody(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    with serving(witness) as served:
        assert served.get(f"/{HASH}/checkpoint")[0] == 404
        foreign = Signature("stranger", b"abcd", b"x" * 64)
        witness.add(Request(0, (), SignedNote(log.note(5).text, (*log.note(5).signatures, foreign))))
        status, _, content = served.get(f"/{HASH}/checkpoint")
        note = SignedNote.from_bytes(content)
        assert (status, note.text) == (200, log.note(5).text)
        assert [line.name for line in note.signatures] == [ORIGIN, NAME]
        for path in ("/", "/checkpoint", f"/{'0' * 64}/checkpoint", "/../../etc/passwd/checkpoint", f"/{HASH}"):
            assert served.get(path)[0] == 404
        assert served.post(log.request(5, 6).to_bytes(), path="/elsewhere")[0] == 404


RAW = {
    "no length": (b"POST /add-checkpoint HTTP/1.1\r\n\r\n", 411),
    "chunked": (b"POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    "two lengths": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "negative length": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    "signed length": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: +1\r\n\r\nx", 400),
    "endless length": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
    "large length": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (REQUEST_LIMIT + 1), 413),
    "another method": (b"PUT /add-checkpoint HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 501),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\n\n", 400),
    "a long address": (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
    "a body that breaks off": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\nold 0\n", None),
    "headers without end": (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 40_000, None),
    "nothing": (b"", None),
}


@pytest.mark.parametrize("how", RAW)
def test_what_is_no_proper_http_is_turned_away_and_the_witness_goes_on(tmp_path, how) -> None:
    sent, status = RAW[how]
    log = Log()
    with serving(watching(tmp_path / "w", log)) as served:
        try:
            came = served.converse(sent)
        except ConnectionError:  # it was closed upon what was still coming
            came = b""
        if status is not None:
            assert f" {status} ".encode() in came.split(b"\r\n")[0]
        assert served.post(log.request(0, 5).to_bytes())[0] == 200


@pytest.mark.parametrize(
    "begun", [b"", b"POST /add-ch", b"GET / HTTP/1.1\r\nA: ", b"POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\nold 0"]
)
def test_who_sends_a_byte_at_a_time_is_cut_off_in_time(tmp_path, begun) -> None:
    log = Log()
    with (
        serving(watching(tmp_path / "w", log), seconds=0.5) as served,
        socket.create_connection(("127.0.0.1", served.server.port)) as slow,
    ):
        slow.sendall(begun)
        slow.settimeout(0.02)
        for _ in range(int(SECONDS / 0.02)):
            try:
                came = slow.recv(1)
            except TimeoutError:
                came = None
            except ConnectionError:
                came = b""
            if came == b"":
                break
            try:
                slow.sendall(b"a")
            except ConnectionError:
                break
        else:
            pytest.fail("the connection was never closed")
        assert served.post(log.request(0, 5).to_bytes())[0] == 200


@pytest.mark.parametrize("begun", [b"", b"POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\nold 0"])
def test_who_falls_silent_is_cut_off(tmp_path, begun) -> None:
    with (
        serving(watching(tmp_path / "w", Log()), seconds=0.1) as served,
        socket.create_connection(("127.0.0.1", served.server.port), timeout=SECONDS) as silent,
    ):
        silent.sendall(begun)
        assert silent.recv(1) == b""


def test_one_connection_carries_many_requests_each_with_its_own_time(tmp_path) -> None:
    log = Log()
    with (
        serving(watching(tmp_path / "w", log)) as served,
        socket.create_connection(("127.0.0.1", served.server.port), timeout=SECONDS) as connection,
    ):
        stream = connection.makefile("rb")
        for old, size in itertools.pairwise(range(0, 30, 5)):
            body = log.request(old, size).to_bytes()
            connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            assert stream.readline().split()[1] == b"200"
            length = 0
            while (line := stream.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length"):
                    length = int(line.split()[1])
            assert stream.read(length).startswith("— ".encode())


def test_no_more_connections_are_heard_than_there_are_places(tmp_path) -> None:
    log = Log()
    with serving(watching(tmp_path / "w", log), connections=2) as served:
        with socket.create_connection(("127.0.0.1", served.server.port)) as one:
            # a half request in each place, so that both are surely taken when the third comes
            one.sendall(b"GET / HTTP/1.1\r\n")
            with socket.create_connection(("127.0.0.1", served.server.port)) as two:
                two.sendall(b"GET / HTTP/1.1\r\n")
                with socket.create_connection(("127.0.0.1", served.server.port), timeout=SECONDS) as three:
                    assert three.recv(1) == b""
        for _ in range(1000):
            if answered(served, log):
                return
    pytest.fail("a place that was left is not given to others")


def answered(served: Served, log: Log) -> bool:
    try:
        return bool(served.converse(b"GET /%b/checkpoint HTTP/1.1\r\n\r\n" % origin_hash(log.key.name).encode()))
    except OSError:  # also that it is not connected any more
        return False
