"""Asking a witness over HTTP: whatever answers, and however slowly."""

from __future__ import annotations

import itertools
import socket
import ssl
import subprocess
import threading

import pytest

from manifests.console import system_clock
from manifests.network import ServiceAddressError, ServiceUnreachableError
from manifests.notes import Checkpoint, Signature
from manifests.signing import SignatureRefusedError, SigningKey
from manifests.witness.client import (
    WitnessDisputesError,
    WitnessRefusedError,
    add_checkpoint,
    ask,
)
from manifests.witness.cosignatures import Cosigner, Policy, joined, require
from manifests.witness.requests import (
    WitnessConflictError,
)
from manifests.witness.witness import (
    open_witness,
)
from schemas.errors import UnavailableError
from tests.manifests.archives import ORIGIN, START
from tests.manifests.witnessing import NAME, Log, serving, watching
from tests.servers import Answer, redirect
from tests.servers import serving as answering


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
        pytest.raises(UnavailableError) as caught,
    ):
        add_checkpoint(server.url(""), old_size=0, proof=(), note=Log().note(5), seconds=0.5)
    assert caught.value.code in {"SERVICE_UNREACHABLE", "WITNESS_UNAVAILABLE"}


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
            with pytest.raises(ServiceUnreachableError, match=r"no whole answer within 0\.5 seconds"):
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
        with pytest.raises(ServiceUnreachableError):  # another name
            add_checkpoint(server.url("/p"), old_size=0, proof=(), note=log.note(5))
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(ServiceUnreachableError):  # nobody vouches for it
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
    with pytest.raises(ServiceUnreachableError):
        add_checkpoint(f"http://127.0.0.1:{port}", old_size=0, proof=(), note=Log().note(5), seconds=5)


@pytest.mark.parametrize(
    "url",
    ["", "witness.example", "ftp://w.example", "http://", "http://u:secret@w.example", "http://w.example:x", "http://[",
     "http://w.example/?a=b", "http://w.example/#a", "http://w.example/a b", "http://w.example/\r\nX: y", "https:///p",
     "http://" + "a" * 70 + ".example", "http://w.example:99999"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_being_repeated(url) -> None:
    with pytest.raises(ServiceAddressError) as caught:
        add_checkpoint(url, old_size=0, proof=(), note=Log().note(5))
    assert "secret" not in str(caught.value)
