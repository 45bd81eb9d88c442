"""A time stamp authority (RFC 3161), honest or not; ``tests/openssl.py`` has another, and a second opinion."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from schemas.digest import Digest
from tests.servers import running

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Sequence

    from schemas.instant import Instant

POLICY = "1.3.6.1.4.1.99999.1"
STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)
DAY = timedelta(days=1)
Conduct = Literal[
    "honest",
    "wrong nonce",
    "no nonce",
    "wrong imprint",
    "other digest",
    "refused",
    "nothing granted",
    "granted with words",
    "all certificates",
    "no certificate",
    "forged",
    "unbound",
    "bound to another",
    "in another's name",
    "weak digest",
    "critical extension",
]


@dataclass(frozen=True)
class Authority:
    """A signing certificate and its key, the certificate between it and the root, and the root."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    between: x509.Certificate
    root: x509.Certificate

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        return (self.root,)

    @property
    def name(self) -> x509.Name:
        return self.certificate.subject


def make_authority(
    name: str = "Test Time",
    *,
    since: Instant,
    days: int = 365,
    uses: Sequence[x509.ObjectIdentifier] = STAMPING,
    critical: bool = True,
    between_is_authority: bool = True,
    addresses: Sequence[x509.GeneralName] = (),
    rsa_bits: int = 0,
) -> Authority:
    """An authority whose own certificate is valid for ``days``, the two above it for twenty years."""
    root_key, between_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    key = rsa.generate_private_key(65537, rsa_bits) if rsa_bits else key

    def issue(subject: str, holder: Any, issuer: str, issuer_key: Any, lasts: int, *extensions: Any) -> Any:
        start = since.to_datetime().replace(microsecond=0)
        builder = (
            x509.CertificateBuilder(_name(issuer), _name(subject), holder.public_key(), x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + lasts * DAY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(holder.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        )
        for extension, is_critical in extensions:
            builder = builder.add_extension(extension, critical=is_critical)
        return builder.sign(issuer_key, hashes.SHA256())

    above, top = f"{name} Between", f"{name} Root"
    ca = (x509.BasicConstraints(ca=True, path_length=None), True)
    between_basics = (x509.BasicConstraints(ca=between_is_authority, path_length=None), True)
    own = [(x509.ExtendedKeyUsage(uses), critical)] if uses else []
    own += [(x509.SubjectAlternativeName(addresses), False)] if addresses else []
    return Authority(
        issue(name, key, above, between_key, days, (x509.BasicConstraints(ca=False, path_length=None), True), *own),
        key,
        issue(above, between_key, top, root_key, 20 * 365, between_basics),
        issue(top, root_key, top, root_key, 20 * 365, ca),
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def stamp(query: bytes, authority: Authority, *, at: Instant, conduct: Conduct = "honest") -> bytes:
    """What the authority answers to a request, at the instant ``at``."""
    asked = tsp.TimeStampReq.load(query, strict=True)
    if conduct in {"refused", "nothing granted"}:
        status = {"status": "rejection", "status_string": ["no"], "fail_info": {"time_not_available"}}
        status = status if conduct == "refused" else {"status": "granted"}
        return _sequence(tsp.PKIStatusInfo(status).dump())
    statement = tsp.TSTInfo(_statement(asked, authority, at, conduct))
    digest = "sha1" if conduct == "weak digest" else "sha256"
    attributes = cms.CMSAttributes(_attributes(statement, authority, conduct, digest))
    hashing = hashes.SHA1() if conduct == "weak digest" else hashes.SHA256()  # noqa: S303 - what is refused
    signed = b"something else" if conduct == "forged" else attributes.untag().dump()
    if isinstance(authority.key, rsa.RSAPrivateKey):
        signature, algorithm = authority.key.sign(signed, padding.PKCS1v15(), hashing), "rsassa_pkcs1v15"
    else:
        signature, algorithm = authority.key.sign(signed, ec.ECDSA(hashing)), f"{digest}_ecdsa"
    carried = [authority.certificate, authority.between]
    carried = {"no certificate": carried[1:], "all certificates": [*carried, authority.root]}.get(conduct, carried)
    whole = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": digest}],
        "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(statement.dump())},
        "certificates": [asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in carried],
        "signer_infos": [
            {
                "version": "v1",
                "sid": cms.SignerIdentifier("issuer_and_serial_number", _sid(authority.certificate)),
                "digest_algorithm": {"algorithm": digest},
                "signed_attrs": attributes,
                "signature_algorithm": {"algorithm": algorithm},
                "signature": signature,
            }
        ],
    }
    words = {"status": "granted_with_mods", "status_string": ["as you like it"]}
    return tsp.TimeStampResp(
        {
            "status": words if conduct == "granted with words" else {"status": "granted"},
            "time_stamp_token": {"content_type": "signed_data", "content": cms.SignedData(whole)},
        }
    ).dump()


def _statement(asked: Any, authority: Authority, at: Instant, conduct: Conduct) -> dict[str, Any]:
    imprint = {
        "hash_algorithm": {"algorithm": "sha256"},
        "hashed_message": asked["message_imprint"].native["hashed_message"],
    }
    if conduct == "wrong imprint":
        imprint["hashed_message"] = Digest.of(b"something else").raw
    if conduct == "other digest":
        imprint["hash_algorithm"] = {"algorithm": "sha3_256"}
    nonce = {"wrong nonce": asked["nonce"].native + 1, "no nonce": None}.get(conduct, asked["nonce"].native)
    named = _name("Somebody") if conduct == "in another's name" else authority.name
    return {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": imprint,
        "serial_number": 4711,
        "gen_time": at.to_datetime(),
        "accuracy": {"seconds": 1, "millis": 500},
        "nonce": nonce,
        "tsa": asn1_x509.GeneralName("directory_name", asn1_x509.Name.load(named.public_bytes())),
        **(
            {"extensions": [{"extn_id": "1.2.3", "critical": True, "extn_value": b"\x05\x00"}]}
            if conduct == "critical extension"
            else {}
        ),
    }


def _attributes(statement: Any, authority: Authority, conduct: Conduct, digest: str) -> list[dict[str, Any]]:
    bound = authority.root if conduct == "bound to another" else authority.certificate
    named = tsp.SigningCertificateV2({"certs": [{"cert_hash": bound.fingerprint(hashes.SHA256())}]})
    hasher = hashes.Hash(hashes.SHA1() if digest == "sha1" else hashes.SHA256())  # noqa: S303
    hasher.update(statement.dump())
    found = [
        {"type": "content_type", "values": ["tst_info"]},
        {"type": "message_digest", "values": [hasher.finalize()]},
        {"type": "signing_certificate_v2", "values": [named]},
    ]
    return found[:2] if conduct == "unbound" else found


def _sid(certificate: x509.Certificate) -> dict[str, Any]:
    issuer = asn1_x509.Name.load(certificate.issuer.public_bytes())
    return {"issuer": issuer, "serial_number": certificate.serial_number}


def _sequence(content: bytes) -> bytes:
    return bytes((0x30, len(content))) + content


@dataclass(frozen=True)
class Answer:
    """What the server sends; ``times`` 0: without end. ``pace``: all at once, nothing at all, or byte by byte."""

    body: bytes
    status: int = 200
    media_type: str = "application/timestamp-reply"
    location: str | None = None
    times: int = 1
    short: int = 0
    pace: Literal["whole", "never", "drip", "drip of the body"] = "whole"


class Server(ThreadingHTTPServer):
    """Answers each request; ``queries`` grows as they come."""

    daemon_threads = False

    def __init__(self, answer: Callable[[bytes], Answer]) -> None:
        self.answer = answer
        self.queries: list[tuple[str, str, bytes]] = []
        self.closing = threading.Event()
        self.scheme = "http"
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}/tsr?customer=1"

    def shutdown(self) -> None:
        """Stop serving, and leave those who are being served."""
        self.closing.set()
        super().shutdown()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.queries.append((self.path, self.headers["Content-Type"], query))
        answer = self.server.answer(query)
        with suppress(OSError):
            if answer.pace == "never":
                self.server.closing.wait()
            while answer.pace == "drip" and not self.server.closing.wait(0.01):
                self.wfile.write(b"H")
                self.wfile.flush()
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        if answer.location:
            self.send_header("Location", answer.location)
        if answer.times:
            self.send_header("Content-Length", str(len(answer.body) * answer.times + answer.short))
        self.end_headers()
        while answer.pace == "drip of the body" and not self.server.closing.wait(0.01):
            self.wfile.write(b"0")
            self.wfile.flush()
        while not answer.times:
            self.wfile.write(answer.body)
        self.wfile.write(answer.body * answer.times)


@contextmanager
def serving(answer: Callable[[bytes], Answer], *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve on the loopback address until the block ends."""
    server = Server(answer)
    if tls:
        server.scheme = "https"
    with running(server, tls=tls):
        yield server
