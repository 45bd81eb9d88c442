"""Signing: one signature that other people's programs accept, and certificates that are refused for good reason."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import parser
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from ediscovery.production.authority import TEST_NAME
from ediscovery.production.render import render
from ediscovery.production.signing import CertificateExpiredError, Signer, SigningKeyUnusableError, make_test_authority
from tests.ediscovery.productions import NOW, POSTED, Item, document_of, signer_of

RANGE = re.compile(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]")


@pytest.fixture(scope="module")
def unsigned() -> bytes:
    return render(document_of(Item("The bus leaves at 7:15.")), first_number=1).pdf


@pytest.fixture(scope="module")
def authority():
    return make_test_authority(now=POSTED, organisation="Maple Grove USD")


def elliptic_signer() -> tuple[Signer, bytes]:
    """A self-signed signer on P-256, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Maple Grove P-256")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .add_extension(x509.KeyUsage(True, True, False, False, False, False, False, False, False), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Signer.from_pem(certificate=pem, key=private), pem


@pytest.fixture(scope="module", params=["RSA-3072", "P-256"])
def signed(request, unsigned) -> tuple[bytes, bytes]:
    """A signed PDF and the root to trust."""
    signer, root = signer_of() if request.param == "RSA-3072" else elliptic_signer()
    return signer.sign(unsigned, reason="Production 1", at=NOW), root


def test_the_document_stays_byte_for_byte_under_its_signature(unsigned, signed) -> None:
    pdf, _ = signed

    assert pdf.startswith(unsigned)
    assert len(RANGE.findall(pdf)) == 1
    assert pdf[len(unsigned) :].count(b"%%EOF") == 1


def test_poppler_finds_one_valid_signature_over_the_whole_document(signed, tmp_path) -> None:
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig (poppler-utils) is not installed")
    pdf, _ = signed
    path = tmp_path / "production.pdf"
    path.write_bytes(pdf)

    said = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout

    assert said.count("Signature #") == 1
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert "Signing Time: Mar 14 2026" in said


def test_openssl_verifies_the_signature_over_the_covered_bytes(signed, tmp_path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    pdf, root = signed
    before, after, rest = map(int, RANGE.search(pdf).groups())
    padded = bytes.fromhex(pdf[before + 1 : after - 1].decode())  # with zeros; the signature may end in one of its own
    files = {
        "content": pdf[:before] + pdf[after : after + rest],
        "signature": padded[: parser.peek(padded)],
        "root": root,
    }
    for name, content in files.items():
        tmp_path.joinpath(name).write_bytes(content)

    moment = str(int(NOW.to_datetime().timestamp()))
    command = "openssl cms -verify -cades -binary -inform DER -in signature -content content -CAfile root -purpose any"

    run = subprocess.run(
        [*command.split(), "-attime", moment, "-out", "/dev/null"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr


def test_pyhanko_finds_it_trusted_and_certified_with_no_changes(signed) -> None:
    pdf, root = signed
    reader = PdfFileReader(io.BytesIO(pdf))
    trusted = asn1_x509.Certificate.load(x509.load_pem_x509_certificate(root).public_bytes(Encoding.DER))
    context = ValidationContext(trust_roots=[trusted], allow_fetching=False, moment=NOW.to_datetime())

    (signature,) = reader.embedded_signatures
    status = validate_pdf_signature(signature, context)

    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert signature.docmdp_level is MDPPerm.NO_CHANGES
    assert status.signer_reported_dt == NOW.to_datetime()


def test_the_test_authority_says_what_it_is(authority) -> None:
    signer = Signer.from_pem(certificate=authority.certificate, key=authority.key)
    root = x509.load_pem_x509_certificate(authority.root)

    assert signer.is_test
    assert "TEST" in signer.name
    assert TEST_NAME == "TEST — not a public certificate authority"
    assert TEST_NAME in root.subject.rfc4514_string()
    assert signer.certificate.issuer == root.subject


def test_a_certificate_by_somebody_else_is_no_test_certificate() -> None:
    signer, _ = elliptic_signer()

    assert not signer.is_test
    assert signer.name == "Maple Grove P-256"


def test_a_bundle_with_its_root_and_key_in_one_file_is_read(authority, unsigned) -> None:
    bundle = authority.certificate + authority.root + authority.key

    signer = Signer.from_pem(certificate=bundle, key=bundle)

    assert signer.chain == ()
    assert x509.load_pem_x509_certificate(authority.root).public_bytes(Encoding.DER).hex().upper().encode() not in (
        signer.sign(unsigned, reason="x", at=NOW)
    )


def test_a_key_with_a_passphrase_opens_with_it_and_only_with_it() -> None:
    made = make_test_authority(now=POSTED, organisation="Maple Grove USD", passphrase=b"correct horse")

    assert Signer.from_pem(certificate=made.certificate, key=made.key, passphrase=b"correct horse").is_test
    for wrong in (None, b"wrong"):
        with pytest.raises(SigningKeyUnusableError):
            Signer.from_pem(certificate=made.certificate, key=made.key, passphrase=wrong)


def test_a_pkcs12_file_is_read(unsigned) -> None:
    signer, _ = elliptic_signer()
    store = serialize_key_and_certificates(
        b"name", signer.key, signer.certificate, None, BestAvailableEncryption(b"secret")
    )

    again = Signer.from_pkcs12(store, passphrase=b"secret")

    assert again.fingerprint == signer.fingerprint
    assert again.sign(unsigned, reason="x", at=NOW).startswith(unsigned)
    with pytest.raises(SigningKeyUnusableError):
        Signer.from_pkcs12(store, passphrase=b"wrong")


def test_a_key_that_is_not_the_certificates_is_refused(authority) -> None:
    other = make_test_authority(now=POSTED, organisation="Other")

    with pytest.raises(SigningKeyUnusableError, match="not that of the certificate"):
        Signer.from_pem(certificate=authority.certificate, key=other.key)


def test_what_is_no_key_is_refused_without_being_shown(authority) -> None:
    edwards = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    for certificate, key in ((authority.certificate, edwards), (b"-----", b"hunter2"), (b"", authority.key)):
        with pytest.raises(SigningKeyUnusableError) as raised:
            Signer.from_pem(certificate=certificate, key=key)
        assert "hunter2" not in str(raised.value)
    assert "PRIVATE" not in repr(Signer.from_pem(certificate=authority.certificate, key=authority.key))


@pytest.mark.parametrize("shift", [timedelta(days=-1), timedelta(days=3651)])
def test_a_certificate_is_not_used_before_or_after_its_time(authority, unsigned, shift) -> None:
    signer = Signer.from_pem(certificate=authority.certificate, key=authority.key)

    with pytest.raises(CertificateExpiredError):
        signer.sign(unsigned, reason="x", at=POSTED.plus(seconds=shift.total_seconds()))


def test_a_long_name_with_any_letters_fits_into_a_certificate(unsigned) -> None:
    signer, _ = signer_of(organisation="Município de São João — Secretaria Municipal de Educação e Cultura 学区 " * 2)

    assert signer.sign(unsigned, reason="Produção ⚖️", at=NOW).startswith(unsigned)
