"""Where the recording transport may go: addresses, names, certificates."""

from __future__ import annotations

import ipaddress
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from archiver.fetch.addresses import is_public, is_public_or_private
from archiver.fetch.failures import (
    AddressForbiddenError,
    CertificateRefusedError,
    ConnectionCutError,
)
from tests.servers import Answer, redirect, serving

if TYPE_CHECKING:
    from pathlib import Path

from tests.archiver.recordings import recording

FORBIDDEN = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1"),
    *("255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "192.88.99.1", "168.63.129.16"),
    *("::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1"),
    *("2002:7f00:1::", "2001:db8::1", "2001::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_addresses_that_nobody_publishes_at_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
    assert is_public_or_private(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fc00::1", "::ffff:10.0.0.1"])
def test_an_account_in_the_private_network_reaches_it(address: str) -> None:
    assert is_public_or_private(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "::", "224.0.0.1", "::ffff:169.254.169.254"])
def test_not_even_an_account_in_the_private_network_reaches_where_clouds_keep_credentials(address: str) -> None:
    assert not is_public_or_private(ipaddress.ip_address(address))


def test_a_private_address_is_refused_however_it_is_spelled(tmp_path: Path) -> None:
    with serving({}) as server, recording(tmp_path, addresses=is_public) as rec:
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
            with pytest.raises(AddressForbiddenError) as refused:
                rec.get(server.url(host=host))
            assert "--allow-private-network" in refused.value.do
        assert server.requests == []
        assert [note["code"] for note in rec.notes()] == ["ADDRESS_FORBIDDEN"] * 5


def test_a_redirect_to_where_clouds_keep_credentials_is_refused(tmp_path: Path) -> None:
    site = {"/": redirect("http://169.254.169.254/latest/meta-data/")}
    with serving(site) as server, recording(tmp_path) as rec:
        with pytest.raises(AddressForbiddenError, match=r"169\.254\.169\.254"):
            rec.get(server.url())
        assert rec.records("metadata") == [("http://169.254.169.254/latest/meta-data/", None, None)]


def test_a_name_is_looked_up_once_so_that_it_cannot_change_its_address_after_vetting(tmp_path: Path) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[ipaddress.IPv4Address]:
        asked.append(host)
        return [ipaddress.IPv4Address("127.0.0.1" if len(asked) == 1 else "169.254.169.254")]

    with serving({"/": Answer(body=b"ok")}) as server, recording(tmp_path, resolve=rebinding) as rec:
        assert rec.get(server.url(host="news.example")).payload == b"ok"
        assert server.requests[0].headers["Host"].startswith("news.example:")
    assert asked == ["news.example"]


def test_of_several_addresses_the_first_allowed_one_that_answers_is_used(tmp_path: Path) -> None:
    found = [ipaddress.ip_address(text) for text in ("169.254.0.1", "::1", "127.0.0.1")]
    with serving({"/": Answer(body=b"ok")}) as server, recording(tmp_path, resolve=lambda *_: found) as rec:
        assert rec.get(server.url(host="news.example")).payload == b"ok"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS for ``news.example``, and the file that vouches for it."""
    folder = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=news.example", "-addext", "subjectAltName=DNS:news.example"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        *subject,
    ]
    subprocess.run([*command, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, folder / "cert.pem"


def test_a_certificate_is_checked_against_the_name_whatever_the_address(
    certificate: tuple[ssl.SSLContext, Path], tmp_path: Path
) -> None:
    tls, authority = certificate
    settings = {"resolve": lambda *_: [ipaddress.ip_address("127.0.0.1")], "authorities": authority}
    with serving({"/": Answer(body=b"safe")}, tls=tls) as server, recording(tmp_path, **settings) as rec:
        assert rec.get(server.url(host="news.example")).payload == b"safe"
        with pytest.raises(CertificateRefusedError):
            rec.get(server.url(host="evil.example"))
        assert rec.notes()[0]["code"] == "CERTIFICATE_REFUSED"


def test_an_unknown_authority_is_refused(certificate: tuple[ssl.SSLContext, Path], tmp_path: Path) -> None:
    local = {"resolve": lambda *_: [ipaddress.ip_address("127.0.0.1")]}
    tls = certificate[0]
    with serving({}, tls=tls) as server, recording(tmp_path, **local) as rec, pytest.raises(CertificateRefusedError):
        rec.get(server.url(host="news.example"))


def test_a_plain_server_speaks_no_tls(tmp_path: Path) -> None:
    with serving({}) as server, recording(tmp_path) as rec, pytest.raises(ConnectionCutError):
        rec.get(server.url().replace("http:", "https:"))
