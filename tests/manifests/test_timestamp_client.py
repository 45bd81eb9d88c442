"""Asking time stamp authorities over HTTP: whatever answers, and however slowly."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from manifests.network import ServiceAddressError, ServiceUnreachableError
from manifests.timestamps.client import ask
from manifests.timestamps.stamp import request, verify
from manifests.timestamps.token import LARGEST_RESPONSE
from schemas.digest import Digest
from schemas.errors import UnavailableError
from schemas.instant import Instant
from tests.tsa import Answer, make_authority, pem, serving, stamp

AT = Instant.from_text("2026-06-01T12:00:00.250000Z")
DAY = 86_400
DIGEST = Digest.of(b"checkpoint")
NONCE = 0xC0FFEE0123456789
QUERY = request(DIGEST, nonce=NONCE)
HONEST = make_authority(since=AT.plus(seconds=-DAY))


def honest(query: bytes) -> Answer:
    return Answer(stamp(query, HONEST, at=AT))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(b"<html>Log in</html>", media_type="text/html; charset=utf-8"), "text/html"),
        (Answer(b"", status=302, location="http://127.0.0.1:9/"), "status 302"),
        (Answer(b"", status=500), "status 500"),
        (Answer(b"x" * 1024, times=0), f"more than {LARGEST_RESPONSE} bytes"),
        (Answer(b"x" * 1024, times=65), f"more than {LARGEST_RESPONSE} bytes"),
    ],
)
def test_an_answer_that_is_no_stamp_is_refused_by_name(answer, told) -> None:
    with serving(lambda _: answer) as server, pytest.raises(UnavailableError, match=told):
        ask(server.url, DIGEST, nonce=NONCE, timeout=10)
    assert len(server.queries) == 1


@pytest.mark.parametrize("pace", ["never", "drip", "drip of the body"])
def test_an_authority_that_takes_too_long_is_given_up(pace) -> None:
    with (
        serving(lambda _: Answer(b"", pace=pace, short=LARGEST_RESPONSE)) as server,
        pytest.raises(ServiceUnreachableError, match=r"within 0\.3 seconds"),
    ):
        ask(server.url, DIGEST, nonce=NONCE, timeout=0.3)


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    body = stamp(QUERY, HONEST, at=AT)
    with serving(lambda _: Answer(body, short=10)) as server, pytest.raises(ServiceUnreachableError):
        ask(server.url, DIGEST, nonce=NONCE, timeout=10)


def test_an_authority_that_is_not_there_is_unreachable() -> None:
    with serving(honest) as server:
        url = server.url
    with pytest.raises(ServiceUnreachableError) as refused:
        ask(url, DIGEST, nonce=NONCE, timeout=10)
    assert "customer" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        *("", "time.example", "ftp://time.example/", "http://", "http://[", "http://time.example:99999/"),
        *(
            "http://user:secret@time.example/",
            "http://time.example/a b",
            "http://time.example/\r\nX: y",
            "http://tïme.example/",
        ),
    ],
)
def test_an_address_that_cannot_be_asked_is_refused_and_not_repeated(url) -> None:
    with pytest.raises(ServiceAddressError) as refused:
        ask(url, DIGEST, nonce=NONCE, timeout=10)
    assert "secret" not in str(refused.value)


def test_an_authority_is_asked_over_tls_and_its_certificate_checked(tmp_path, monkeypatch) -> None:
    now = Instant.from_datetime(datetime.now(UTC))
    loopback = x509.IPAddress(IPv4Address("127.0.0.1"))
    server_auth = (ExtendedKeyUsageOID.SERVER_AUTH,)
    host = make_authority("Host", since=now.plus(seconds=-DAY), uses=server_auth, addresses=[loopback])
    key = host.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "host.pem").write_bytes(key + pem(host.certificate, host.between))
    (tmp_path / "root.pem").write_bytes(pem(host.root))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "host.pem")
    with serving(honest, tls=tls) as server:
        with pytest.raises(ServiceUnreachableError, match="certificate verify failed"):
            ask(server.url, DIGEST, nonce=NONCE, timeout=10)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
        response = ask(server.url, DIGEST, nonce=NONCE, timeout=10)
    assert verify(response, DIGEST, roots=HONEST.roots, at=AT, nonce=NONCE).at == AT
