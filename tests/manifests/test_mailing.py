"""Mail to approvers, through a real server: it arrives whole and encrypted, or not; no error holds a password."""

from __future__ import annotations

import ssl
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import AuthResult

from manifests.mailing import MailPasswordError, MailUnsentError, send_mail
from schemas.settings import MailSettings
from tests import mail
from tests.manifests.archives import START

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "correct horse battery staple"
TO = ("jane@maple-grove.example", "omar@maple-grove.example")


@dataclass
class Post:
    """A mail server's box; it takes no mail for ``unknown``."""

    unknown: frozenset[str] = frozenset()
    letters: list[Any] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.unknown:
            return "550 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(envelope)
        return "250 OK"


@contextmanager
def served(post: Post, **options: Any) -> Iterator[MailSettings]:
    """Serve on loopback, without encryption."""
    with mail.served(post, **options) as port:
        yield MailSettings(server=mail.HOST, sender="holdfast@maple-grove.example", port=port, security="none")


def send(settings: MailSettings, **environment: str) -> None:
    """Send a letter."""
    send_mail(settings, TO, subject="Für Sie: 3 records", text="Lies das.\n", at=START, environment=environment)


def test_a_letter_arrives_whole():
    post = Post()
    with served(post) as settings:
        send(settings)
    (letter,) = post.letters
    assert letter.rcpt_tos == list(TO)
    assert b"Subject: =?utf-8?" in letter.content
    assert b"Lies das." in letter.content
    assert b"Date: Sun, 01 Mar 2026" in letter.content


def test_nothing_is_sent_where_the_server_does_not_encrypt():
    post = Post()
    with served(post) as settings, pytest.raises(MailUnsentError, match="offers no encryption"):
        send(MailSettings(server=settings.server, sender=settings.sender, port=settings.port))
    assert not post.letters


def test_a_server_that_is_away_is_said():
    with served(Post()) as settings:
        pass
    with pytest.raises(MailUnsentError, match="ConnectionRefusedError"):
        send(settings)


def test_whom_the_server_does_not_take_is_named():
    with served(Post(unknown=frozenset(TO))) as settings, pytest.raises(MailUnsentError, match=TO[0]):
        send(settings)
    with served(Post(unknown=frozenset(TO[1:]))) as settings, pytest.raises(MailUnsentError, match=TO[1]):
        send(settings)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of a server on this machine, with its key beside it."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command, *names, "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True
    )
    return folder / "cert.pem"


def test_a_password_is_needed_taken_over_tls_and_never_repeated(certificate: Path, monkeypatch: pytest.MonkeyPatch):
    def judge(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, certificate.with_name("key.pem"))
    post = Post()
    with served(post, authenticator=judge, auth_required=True, tls_context=tls, require_starttls=True) as plain:
        settings = MailSettings(server="localhost", sender=plain.sender, port=plain.port, user="holdfast")
        with pytest.raises(MailUnsentError, match="certificate"):
            send(settings, HOLDFAST_MAIL_PASSWORD=PASSWORD)  # nobody vouches for it
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises(MailPasswordError, match="HOLDFAST_MAIL_PASSWORD"):
            send(settings)
        with pytest.raises(MailUnsentError, match="did not accept the user or password") as refused:
            send(settings, HOLDFAST_MAIL_PASSWORD="wrong-and-secret")
        assert "wrong-and-secret" not in f"{refused.value.what} {refused.value.do}"
        assert not post.letters
        send(settings, HOLDFAST_MAIL_PASSWORD=PASSWORD)
    assert len(post.letters) == 1
