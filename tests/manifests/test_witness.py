"""A witness: it cosigns what grows and nothing else, whatever is asked, raced, killed, forgotten or torn."""

from __future__ import annotations

import itertools
import json
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from manifests.console import Console, system_clock
from manifests.cosignatures import Cosigner, Policy, joined, require, verified
from manifests.notes import Checkpoint, NoteUnsignedError, Signature, SignedNote
from manifests.signing import KeyMalformedError, SignatureRefusedError, SigningKey
from manifests.witness import (
    MOST_FORKS,
    WitnessDamagedError,
    WitnessExistsError,
    WitnessMissingError,
    WitnessUnwritableError,
    create_witness,
    open_witness,
    origin_hash,
)
from manifests.witness_client import (
    WitnessAddressError,
    WitnessDisputesError,
    WitnessRefusedError,
    WitnessUnavailableError,
    add_checkpoint,
    ask,
)
from manifests.witness_commands import ListenError, WitnessFileError
from manifests.witness_commands import witness as commands
from manifests.witness_requests import (
    MOST_HASHES,
    REQUEST_LIMIT,
    LogForkedError,
    LogUnknownError,
    Request,
    WitnessClockError,
    WitnessConflictError,
    WitnessRequestError,
)
from schemas.errors import ArchiveError
from schemas.merkle import EMPTY_ROOT, ProofRefusedError
from tests.killing import deaths
from tests.manifests.archives import ORIGIN, START, Clock
from tests.manifests.witnessing import NAME, SECONDS, Log, Served, serving, watching
from tests.servers import Answer, redirect
from tests.servers import serving as answering

ROOT = Path(__file__).parents[2]
HASH = origin_hash(ORIGIN)


def seen(witness) -> Checkpoint | None:
    """What the witness in this folder remembers, read by another who opens it."""
    return open_witness(witness.folder, now=system_clock).logs()[ORIGIN].checkpoint


def test_a_log_that_only_grows_is_cosigned_at_every_size(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    for old, size in itertools.pairwise((0, 1, 2, 5, 13, 13, 64, 100, 100)):
        note = witness.add(log.request(old, size))
        assert note.text == log.note(size).text
        assert note.verify([log.key.verifier]) == (log.key.verifier,)
        (made,) = require(note, Policy(1, (witness.cosigner,))).cosignatures
        assert made.at > START
        assert seen(witness) == Checkpoint.from_text(note.text)


def test_an_empty_log_is_cosigned_and_may_grow(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(Request(0, (), log.note(0)))
    with pytest.raises(ProofRefusedError):
        witness.add(Request(0, (EMPTY_ROOT,), log.note(5)))
    witness.add(log.request(0, 5))
    assert seen(witness).size == 5


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


def test_any_flipped_bit_of_a_request_is_refused(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    good = log.request(10, 20).to_bytes()
    for position, bit in itertools.product(range(len(good)), (0, 5)):
        bad = bytearray(good)
        bad[position] ^= 1 << bit
        with pytest.raises(ArchiveError):
            witness.add(Request.from_bytes(bytes(bad)))
        assert witness.find(HASH).text == log.note(10).text, position
    assert witness.add(Request.from_bytes(good)).text == log.note(20).text


@pytest.mark.parametrize("cut", [0, 1, 4, 6, 7, 40, -1])
def test_a_request_that_breaks_off_is_refused(cut) -> None:
    with pytest.raises(WitnessRequestError):
        Request.from_bytes(Log().request(10, 20).to_bytes()[:cut])


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


def test_a_fork_leaves_both_notes_as_evidence(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    # whatever size it claims to start from
    for old, branch in ((10, "one"), (3, "two")):
        with pytest.raises((LogForkedError, WitnessConflictError)):
            witness.add(log.forked(2, branch).request(old, 10))
    notes = [SignedNote.from_bytes(path.read_bytes()) for path in witness.forks()]
    assert {note.text for note in notes} == {
        log.note(10).text,
        log.forked(2, "one").note(10).text,
        log.forked(2, "two").note(10).text,
    }
    assert all(note.verify([log.key.verifier]) for note in notes)


def test_a_log_that_forks_for_ever_does_not_fill_the_disk(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 2))
    for number in range(MOST_FORKS + 5):
        with pytest.raises(LogForkedError):
            witness.add(log.forked(1, f"branch {number}").request(2, 2))
    assert len(witness.forks()) == MOST_FORKS


def test_of_racing_requests_with_different_roots_exactly_one_is_cosigned(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    bodies = [log.forked(10, f"branch {number}").request(10, 20).to_bytes() for number in range(12)]
    # two servers, as two processes would be, on one folder
    with serving(witness) as first, serving(open_witness(witness.folder, now=system_clock)) as second:
        start, answers = threading.Barrier(len(bodies)), [0] * len(bodies)

        def race(number: int) -> None:
            start.wait()
            answers[number] = (first, second)[number % 2].post(bodies[number])[0]

        threads = [threading.Thread(target=race, args=(number,)) for number in range(len(bodies))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == [200] + [409] * (len(bodies) - 1)
    assert seen(witness).root == Request.from_bytes(bodies[answers.index(200)]).checkpoint.root


def test_of_racing_processes_exactly_one_cosigns(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    program = (
        "import sys; from tests.manifests.witnessing import add_and_tell as add\n"
        "sys.stdin.readline(); add(*sys.argv[1:])"
    )
    racers = []
    for number in range(4):
        request, answer = tmp_path / f"{number}.request", tmp_path / f"{number}.answer"
        request.write_bytes(log.forked(10, f"branch {number}").request(10, 20).to_bytes())
        command = [sys.executable, "-c", program, str(witness.folder), str(request), str(answer)]
        racers.append(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
        )
    for racer in racers:
        racer.stdin.write(b"go\n")
        racer.stdin.flush()
    errors = [racer.communicate(timeout=60)[1].decode() for racer in racers]
    (answer,) = tmp_path.glob("*.answer")
    assert SignedNote.from_bytes(answer.read_bytes()).text.startswith(seen(witness).to_text())
    assert sum("WitnessConflictError" in error for error in errors) == 3


def test_a_witness_that_is_killed_at_any_step_never_signs_two_roots_of_one_size(tmp_path) -> None:
    log = Log()
    folders = (tmp_path / f"{number}" for number in itertools.count())
    current = None

    def arguments(_):
        nonlocal current
        current = next(folders)
        current.mkdir()
        watching(current / "w", log, now=system_clock).add(log.request(0, 10))
        (current / "request").write_bytes(log.request(10, 20).to_bytes())
        return {"folder": str(current / "w"), "request": str(current / "request"), "answer": str(current / "answer")}

    answered = silent = 0
    for death in deaths("tests.manifests.witnessing:add_and_tell", arguments):
        witness = open_witness(current / "w", now=system_clock)
        answer = current / "answer"
        told = answer.exists() and answer.stat().st_size > 0
        answered, silent = answered + told, silent + (not told)
        remembered = seen(witness)
        assert remembered.size in (10, 20), death
        if told:
            assert remembered.to_text() == log.note(20).text, death
        # Another root of the same size is cosigned only by a witness that never decided, let alone answered.
        forked = log.forked(10).request(remembered.size, 20)
        if remembered.size == 20:
            with pytest.raises(LogForkedError):
                witness.add(forked)
        else:
            assert not told, death
            witness.add(forked)
        # Who asked goes on as after any lost answer.
        if remembered.size == 20:
            assert witness.sign(log.request(10, 20)).text == log.note(20).text, death
            assert witness.add(log.request(20, 30)).text == log.note(30).text, death
    assert answered
    assert silent


def test_a_lost_answer_is_asked_for_again(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    with serving(witness) as served:
        lost = served.post(log.request(0, 20).to_bytes())
        assert lost[0] == 200
        lines = ask(served.url, log.note(20), prove=lambda size: log.proof(size, 20))
        (made,) = verified(joined(log.note(20), lines, [witness.cosigner]), [witness.cosigner])
        assert made.witness == witness.cosigner


def test_a_request_in_a_file_gets_its_note_again_until_something_later_was_signed(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    first = witness.sign(log.request(0, 20))
    assert witness.sign(log.request(0, 20)) == first
    with pytest.raises(WitnessConflictError):
        witness.sign(log.forked(5).request(0, 20))
    witness.sign(log.request(20, 30))
    with pytest.raises(WitnessConflictError) as caught:
        witness.sign(log.request(0, 20))
    assert caught.value.latest == 30


def test_a_client_learns_where_the_witness_stands_and_proves_from_there(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    with serving(witness) as served:
        for size, known in ((5, 0), (13, 0), (64, 5), (64, 64), (100, 99)):
            note = log.note(size)
            lines = ask(f"{served.url}/", note, prove=lambda old, size=size: log.proof(old, size), known=known)
            cosigned = joined(note, lines, [witness.cosigner])
            assert require(cosigned, Policy(1, (witness.cosigner,))).enough
            assert seen(witness).size == size


def test_a_ledger_that_was_cut_back_meets_a_witness_that_has_seen_more(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    with serving(witness) as served:
        ask(served.url, log.note(20), prove=lambda old: log.proof(old, 20))
        with pytest.raises(WitnessConflictError) as caught:
            ask(served.url, log.note(10), prove=lambda old: log.proof(old, 10))
        assert caught.value.latest == 20
        forked = log.forked(15)
        with pytest.raises(WitnessDisputesError):
            ask(served.url, forked.note(30), prove=lambda old: forked.proof(old, 30))


def test_a_witness_that_was_not_told_to_trust_the_log_refuses(tmp_path) -> None:
    witness = watching(tmp_path / "w", Log())
    with serving(witness) as served:
        for log in (Log(), Log(SigningKey.generate("else/1"))):
            with pytest.raises(WitnessRefusedError):
                add_checkpoint(served.url, old_size=0, proof=(), note=log.note(5))


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


def test_a_second_key_of_a_log_is_trusted_beside_the_first_and_nothing_is_forgotten(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    renewed = Log(SigningKey.generate(ORIGIN))
    watched = witness.trust(renewed.key.verifier)
    assert watched.checkpoint.size == 10
    assert witness.trust(renewed.key.verifier) == watched
    with pytest.raises(WitnessConflictError):
        witness.add(renewed.request(0, 5))
    witness.add(renewed.request(10, 20))
    assert seen(witness).size == 20


def test_a_clock_that_went_back_is_never_signed(tmp_path) -> None:
    log, clock = Log(), Clock()
    witness = watching(tmp_path / "w", log, now=clock)

    def cosigned_at(note):
        (made,) = verified(note, [witness.cosigner])
        return made.at

    first = cosigned_at(witness.add(log.request(0, 10)))
    clock.at = first.plus(seconds=-200)
    assert cosigned_at(witness.add(log.request(10, 11))) == first
    clock.at = first.plus(seconds=-400)
    with pytest.raises(WitnessClockError):
        witness.add(log.request(11, 12))
    with serving(witness) as served:
        assert served.post(log.request(11, 12).to_bytes())[0] == 503
    clock.at = first.plus(seconds=10)
    assert cosigned_at(witness.add(log.request(11, 12))) > first


def test_any_damage_to_what_a_witness_remembers_stops_it(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    path = witness.folder / "logs" / f"{HASH}.log"
    good = path.read_bytes()
    for position in range(len(good)):
        bad = bytearray(good)
        bad[position] ^= 1
        path.write_bytes(bad)
        with pytest.raises(WitnessDamagedError):
            witness.add(log.request(10, 20))
    for cut in (0, 10, len(good) // 2, good.index(b"\n\n") + 1, len(good) - 1):
        path.write_bytes(good[:cut])
        with pytest.raises(WitnessDamagedError):
            witness.add(log.request(10, 20))
    with serving(witness) as served:
        assert served.post(log.request(10, 20).to_bytes())[0] == 500
    path.write_bytes(good)
    witness.add(log.request(10, 20))


def test_a_witness_that_lost_its_memory_knows_nobody(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    (witness.folder / "logs" / f"{HASH}.log").unlink()
    with pytest.raises(LogUnknownError):
        witness.add(log.forked(3).request(0, 10))


def test_the_file_of_another_log_is_not_taken_for_this_ones(tmp_path) -> None:
    log, other = Log(), Log(SigningKey.generate("else/1"))
    witness = watching(tmp_path / "w", log)
    witness.trust(other.key.verifier)
    witness.add(log.request(0, 10))
    logs = witness.folder / "logs"
    (logs / f"{HASH}.log").replace(logs / f"{origin_hash('else/1')}.log")
    with pytest.raises(WitnessDamagedError):
        witness.add(other.request(0, 5))


def test_what_cannot_be_written_down_is_not_cosigned(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    (witness.folder / "logs" / f"{HASH}.new").mkdir()  # no draft can be written there
    with pytest.raises(WitnessUnwritableError):
        witness.add(log.request(10, 20))
    with serving(witness) as served:
        assert served.post(log.request(10, 20).to_bytes())[0] == 503
    assert seen(witness).size == 10


def test_a_witness_is_made_once_and_opened_with_its_own_key(tmp_path) -> None:
    made = create_witness(tmp_path / "w", name=NAME, now=Clock())
    assert made.cosigner == open_witness(tmp_path / "w", now=Clock()).cosigner
    with pytest.raises(WitnessExistsError):
        create_witness(tmp_path / "w", name=NAME, now=Clock())
    with pytest.raises(WitnessMissingError):
        open_witness(tmp_path / "nowhere", now=Clock())
    for name in ("", "a b", "a+b", "a\tb", "a\udcff", "x" * 201):
        with pytest.raises(KeyMalformedError):
            create_witness(tmp_path / "other", name=name, now=Clock())
    assert not (tmp_path / "other").exists()
    (tmp_path / "w" / "witness.pem").write_bytes(SigningKey.generate(NAME).to_pem())
    with pytest.raises(WitnessDamagedError):
        open_witness(tmp_path / "w", now=Clock())


def test_a_witness_whose_making_was_cut_short_is_made_again_with_the_same_key(tmp_path) -> None:
    made = create_witness(tmp_path / "w", name=NAME, now=Clock())
    (tmp_path / "w" / "witness.key").unlink()
    assert create_witness(tmp_path / "w", name=NAME, now=Clock()).cosigner == made.cosigner


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
    except ConnectionError:
        return False


FALSE_WITNESSES = {
    "a redirect": redirect("/elsewhere", 307),
    "a page": Answer(200, {}, b"<html>welcome</html>"),
    "nothing": Answer(200, {}, b""),
    "a line without end": Answer(200, {}, "— w AAAAAAAAAAAA".encode()),
    "another text": Answer(200, {}, "\n\n— w AAAAAAAAAAAA\n".encode()),
    "too much": Answer(200, {}, "— w AAAAAAAAAAAA\n".encode(), times=10_000),
    "endless": Answer(200, {}, "— w AAAAAAAAAAAA\n".encode(), times=0),
    "a short answer": Answer(200, {}, "— w AAAAAAAAAAAA\n".encode(), short=50),
    "a size as a page": Answer(409, {"Content-Type": "text/plain"}, b"5\n"),
    "no size": Answer(409, {"Content-Type": "text/x.tlog.size"}, b"many\n"),
    "a size in other digits": Answer(409, {"Content-Type": "text/x.tlog.size"}, "٣\n".encode()),
    "a failure": Answer(500, {}, b"oops"),
    "a wish to wait": Answer(429, {}, b"later"),
    "no HTTP": Answer(raw=b"SSH-2.0-OpenSSH\r\n"),
    "a closed door": Answer(raw=b""),
    "endless headers": Answer(raw=b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n"),
    "silence": Answer(hang="before"),
    "half an answer": Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n", hang="after"),
}


@pytest.mark.parametrize("how", FALSE_WITNESSES)
def test_what_is_no_witness_is_unavailable_in_time(how) -> None:
    with (
        answering({"/add-checkpoint": FALSE_WITNESSES[how]}) as server,
        pytest.raises(WitnessUnavailableError) as caught,
    ):
        add_checkpoint(server.url(""), old_size=0, proof=(), note=Log().note(5), seconds=0.5)
    assert caught.value.family == "unavailable"


def test_a_witness_that_goes_on_naming_sizes_is_not_asked_for_ever() -> None:
    log = Log()
    sizes = [Answer(409, {"Content-Type": "text/x.tlog.size"}, b"%d\n" % size) for size in (3, 4, 5)]
    with answering({"/add-checkpoint": sizes}) as server, pytest.raises(WitnessConflictError):
        ask(server.url(""), log.note(10), prove=lambda old: log.proof(old, 10))
    assert len(server.requests) == 2


def test_a_witness_that_names_the_very_size_it_was_asked_from_disputes_the_root() -> None:
    log = Log()
    same = Answer(409, {"Content-Type": "text/x.tlog.size"}, b"10\n")
    with answering({"/add-checkpoint": same}) as server, pytest.raises(WitnessDisputesError):
        ask(server.url(""), log.note(10), prove=lambda old: log.proof(old, 10))


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"])
def test_a_witness_that_answers_a_byte_at_a_time_is_left_in_time(head) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        left = threading.Event()

        def drip() -> None:
            connection = listening.accept()[0]
            with connection:
                connection.sendall(head)
                connection.settimeout(0.02)
                while not left.is_set():
                    try:
                        left.set() if connection.recv(65536) == b"" else None
                    except TimeoutError:
                        connection.sendall(b"a")

        thread = threading.Thread(target=drip)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            with pytest.raises(WitnessUnavailableError, match=r"no whole answer within 0\.5 seconds"):
                add_checkpoint(address, old_size=0, proof=(), note=Log().note(5), seconds=0.5)
        finally:
            left.set()
            thread.join()


def test_a_witness_behind_tls_must_prove_its_name(tmp_path, monkeypatch) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command, *names, "-keyout", "key.pem", "-out", "cert.pem"], cwd=tmp_path, check=True, capture_output=True
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    log = Log()
    line = Signature("w", b"abcd", bytes(72))
    with answering({"/p/add-checkpoint": Answer(200, {}, f"{line.to_line()}\n".encode())}, tls=tls) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        url = server.url("/p", host="localhost")
        assert add_checkpoint(url, old_size=0, proof=(), note=log.note(5)) == (line,)
        with pytest.raises(WitnessUnavailableError):  # another name
            add_checkpoint(server.url("/p"), old_size=0, proof=(), note=log.note(5))
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(WitnessUnavailableError):  # nobody vouches for it
            add_checkpoint(url, old_size=0, proof=(), note=log.note(5))


def test_lines_of_a_false_witness_are_not_taken_for_a_witnesses() -> None:
    log, true = Log(), Cosigner.of(SigningKey.generate(NAME))
    line = Signature(NAME, true.id, bytes(72)).to_line()
    with answering({"/add-checkpoint": Answer(200, {}, f"{line}\n".encode())}) as server:
        lines = add_checkpoint(server.url(""), old_size=0, proof=(), note=log.note(5))
    with pytest.raises(SignatureRefusedError):
        joined(log.note(5), lines, [true])


def test_a_witness_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(WitnessUnavailableError):
        add_checkpoint(f"http://127.0.0.1:{port}", old_size=0, proof=(), note=Log().note(5), seconds=5)


@pytest.mark.parametrize(
    "url",
    ["", "witness.example", "ftp://w.example", "http://", "http://u:secret@w.example", "http://w.example:x", "http://[",
     "http://w.example/?a=b", "http://w.example/#a", "http://w.example/a b", "http://w.example/\r\nX: y", "https:///p",
     "http://" + "a" * 70 + ".example", "http://w.example:99999"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_being_repeated(url) -> None:
    with pytest.raises(WitnessAddressError) as caught:
        add_checkpoint(url, old_size=0, proof=(), note=Log().note(5))
    assert "secret" not in str(caught.value)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(commands, arguments, obj=Console(Path(), "clerk@office"))
    if isinstance(done.exception, ArchiveError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_neighbour_witnesses_with_one_command_by_mail(tmp_path) -> None:
    log, folder, cosigned = Log(), str(tmp_path / "w"), tmp_path / "cosigned.note"
    assert "is ready" in run("init", folder, "--name", NAME)
    assert "watches" in run("trust", folder, log.key.verifier.to_text())
    assert "never" in run("show", folder)
    (tmp_path / "request.txt").write_bytes(log.request(0, 10).to_bytes())
    printed = run("sign", folder, str(tmp_path / "request.txt"))
    assert run("sign", folder, str(tmp_path / "request.txt"), "--to", str(cosigned)).startswith("Cosigned")
    assert cosigned.read_bytes() == printed.encode()
    note = SignedNote.from_bytes(printed.encode())
    assert require(note, Policy(1, (open_witness(tmp_path / "w", now=system_clock).cosigner,))).enough
    assert "10 entries" in run("show", folder)
    (tmp_path / "fork.txt").write_bytes(log.forked(3).request(0, 10).to_bytes())
    with pytest.raises(WitnessConflictError):
        run("sign", folder, str(tmp_path / "fork.txt"))
    assert "A FORK" in run("show", folder)


def test_commands_say_what_is_wrong_with_what_they_were_given(tmp_path) -> None:
    log, folder = Log(), str(tmp_path / "w")
    watching(tmp_path / "w", log)
    for place in ("nonsense", "127.0.0.1:", "127.0.0.1:99999", "203.0.113.1:7380"):
        with pytest.raises(ListenError):
            run("serve", folder, "--listen", place)
    with pytest.raises(WitnessFileError):
        run("sign", folder, str(tmp_path / "nowhere"))
    request = tmp_path / "request.txt"
    request.write_bytes(log.request(0, 10).to_bytes())
    with pytest.raises(WitnessFileError):
        run("sign", folder, str(request), "--to", str(tmp_path / "nowhere" / "cosigned.note"))
    assert json.loads(run("sign", folder, str(request), "--json"))["size"] == 10
    assert json.loads(run("show", folder, "--json"))["logs"][0]["origin"] == ORIGIN


@contextmanager
def serving_process(folder: Path):
    """``holdfast witness serve`` in a process of its own: the process and its address."""
    program = (
        "from pathlib import Path; from manifests.console import Console\n"
        "from manifests.witness_commands import witness\n"
        f"witness.main(['serve', {str(folder)!r}, '--listen', '127.0.0.1:0'], obj=Console(Path(), 'clerk@office'))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, cwd=ROOT)
    with process:
        told = itertools.takewhile(bool, iter(process.stderr.readline, None))
        place = next(line.split()[-1] for line in told if line.startswith("listens on"))
        try:
            yield process, f"http://{place}"
        finally:
            process.kill()


def test_a_served_witness_that_is_killed_goes_on_where_it_was(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log, now=system_clock)
    for old, size in ((0, 10), (10, 20)):
        with serving_process(witness.folder) as (process, url):
            lines = add_checkpoint(url, old_size=old, proof=log.proof(old, size), note=log.note(size))
            process.kill()
        assert require(joined(log.note(size), lines, [witness.cosigner]), Policy(1, (witness.cosigner,))).enough
        assert seen(witness).size == size
