"""Every file of the time stamp corpus: stamps of authorities that others run, with what their folders say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding

from manifests.timestamps import token
from manifests.timestamps.stamp import load_roots, settle, verify
from manifests.timestamps.trust import (
    TimestampRootsError,
    TimestampUntrustedError,
    demand_purpose,
    demand_valid,
    end_of,
    load_der_roots,
    name_of,
    path_to_root,
)
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.instant import Instant
from tests.corpora import corpus

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

AT = Instant.from_text("2026-01-01T00:00:00.000000Z")
HELLO = Digest.of(b"hello")


@pytest.fixture
def folder() -> Path:
    return corpus("conformance", "rfc3161", "trailofbits+rfc3161-client")


def roots_of(folder: Path) -> tuple[x509.Certificate, ...]:
    return load_roots((folder / "ts_chain.pem").read_bytes())


def with_certificates(response: bytes, certificates: tuple[x509.Certificate, ...]) -> bytes:
    """The response with certificates that it left out; nothing signs that part of it."""
    whole = tsp.TimeStampResp.load(response)
    spelled = [asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in certificates]
    whole["time_stamp_token"]["content"]["certificates"] = cms.CertificateSet(
        [cms.CertificateChoices("certificate", one) for one in spelled]
    )
    return whole.dump()


# What ``verify`` says of each response as of 2026, for the digest of what was stamped.
VERDICTS = {
    "sigstage/response-sha256.tsr": None,
    "sigstage/response-invalid-signature.tsr": "TIMESTAMP_SIGNATURE",
    # Asked for with SHA-384 and SHA-512: checkpoints are stamped by their SHA-256 alone (FORMAT 5.4).
    "sigstage/response-sha384.tsr": "TIMESTAMP_IMPRINT",
    "sigstage/response-sha512.tsr": "TIMESTAMP_IMPRINT",
    "test_tsa/response.tsr": "TIMESTAMP_IMPRINT",
    "test_tsa/response-injected-certs.tsr": "TIMESTAMP_IMPRINT",
    "test_tsa/other_response.tsr": "TIMESTAMP_IMPRINT",
    "identrust/issue-104.tsr": "TIMESTAMP_IMPRINT",
    # Without its signer's certificate, which we ask for and keep, so that nothing is needed later (FORMAT 5.4.1).
    "sigstage/response-no-embedded-cert.tsr": "TIMESTAMP_MALFORMED",
    "sigstore.mock/response-expired.tsr": "TIMESTAMP_MALFORMED",
}


def test_the_corpus_is_there_with_all_of_its_files(folder: Path) -> None:
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {name for name in names if name.endswith(".tsr")} == set(VERDICTS)
    chains = {f"{one}/ts_chain.pem" for one in ("identrust", "sigstage", "sigstore.mock", "test_tsa")}
    requests = {"sigstage/request.der", "test_tsa/request.der", "test_tsa/other_request.der"}
    assert names - set(VERDICTS) == {
        *chains,
        *requests,
        "sigstage/README.md",
        "sigstore.mock/payload",
        "test_tsa/README.md",
    }


@pytest.mark.parametrize("name", VERDICTS)
def test_a_stamp_is_believed_or_refused_by_the_code_that_is_expected(folder: Path, name: str) -> None:
    path = folder / name
    chain = path.parent / "ts_chain.pem"
    identrust = path.parent.name == "identrust"
    roots = load_der_roots([chain.read_bytes()]) if identrust else roots_of(path.parent)
    payload = path.parent / "payload"
    stamped = Digest.of(payload.read_bytes()) if payload.exists() else HELLO
    verdict = None
    try:
        proved = verify(settle(path.read_bytes()), stamped, roots=roots, at=AT)
        assert (proved.authority, str(proved.at)) == ("sigstore-tsa", "2025-05-09T11:58:55.000000Z")
    except ArchiveError as error:
        verdict = error.code
    assert verdict == VERDICTS[name]


@pytest.mark.parametrize(
    ("name", "path", "ends"),
    [
        ("sigstage/response-sha384.tsr", ["sigstore-tsa", "sigstore-tsa-selfsigned"], "2035-03-26T08:14:06.000000Z"),
        ("sigstage/response-sha512.tsr", ["sigstore-tsa", "sigstore-tsa-selfsigned"], "2035-03-26T08:14:06.000000Z"),
        (
            "test_tsa/response.tsr",
            ["Test TSA Timestamping", "Test TSA Intermediate", "Test TSA Root"],
            "2033-10-07T13:47:50.000000Z",
        ),
        (
            "identrust/issue-104.tsr",
            ["TrustID Timestamp Authority", "TrustID Timestamping CA 3", "IdenTrust Commercial Root CA 1"],
            "2026-01-17T19:48:39.000000Z",
        ),
    ],
)
def test_of_a_stamp_over_another_kind_of_digest_all_else_is_read_and_its_certificates_hold(
    folder: Path, name: str, path: list[str], ends: str
) -> None:
    file = folder / name
    chain = (file.parent / "ts_chain.pem").read_bytes()
    roots = load_der_roots([chain]) if file.parent.name == "identrust" else load_roots(chain)
    read = token.read(settle(file.read_bytes()))
    assert read.algorithm in ("sha384", "sha512")
    demand_purpose(read.certificates[0])
    way = path_to_root(read.certificates, roots)
    demand_valid(way, read.at, AT)
    assert ([name_of(one) for one in way], str(end_of(way))) == (path, ends)


def test_a_root_in_der_under_the_name_of_pem_is_refused_by_name(folder: Path) -> None:
    content = (folder / "identrust" / "ts_chain.pem").read_bytes()
    with pytest.raises(TimestampRootsError, match="PEM"):
        load_roots(content)
    (root,) = load_der_roots([content])
    assert name_of(root) == "IdenTrust Commercial Root CA 1"


def test_certificates_that_were_put_into_a_response_are_left_out_of_what_is_kept(folder: Path) -> None:
    genuine, injected = (
        (folder / "test_tsa" / name).read_bytes() for name in ("response.tsr", "response-injected-certs.tsr")
    )
    assert len(injected) > len(genuine)
    assert settle(injected) == settle(genuine)


def asked(path: Path) -> tuple[int, bytes]:
    """The nonce and the digest of a request."""
    request = tsp.TimeStampReq.load(path.read_bytes())
    return request["nonce"].native, request["message_imprint"]["hashed_message"].native


def test_a_response_has_the_nonce_and_the_digest_of_its_request_and_of_no_other(folder: Path) -> None:
    requests = {path: asked(path) for path in sorted(folder.rglob("*.der"))}
    answered = {}
    for name in set(VERDICTS) - {name for name, code in VERDICTS.items() if code == "TIMESTAMP_MALFORMED"}:
        read = token.read(settle((folder / name).read_bytes()))
        answered[name] = [path.name for path, request in requests.items() if request == (read.nonce, read.imprint)]
    of_its_own = {"test_tsa/response.tsr", "test_tsa/response-injected-certs.tsr"}
    assert len(requests) == 3
    assert answered == {name: ["request.der"] if name in of_its_own else [] for name in answered}


def test_the_other_response_is_by_another_authority_of_the_same_names(folder: Path) -> None:
    read = token.read(settle((folder / "test_tsa" / "other_response.tsr").read_bytes()))
    assert name_of(read.certificates[0]) == "Test TSA Timestamping"
    with pytest.raises(TimestampUntrustedError):
        path_to_root(read.certificates, roots_of(folder / "test_tsa"))


def test_a_stamp_without_certificates_is_believed_once_they_are_with_it(folder: Path) -> None:
    chain = roots_of(folder / "sigstage")
    bare = (folder / "sigstage" / "response-no-embedded-cert.tsr").read_bytes()
    proved = verify(settle(with_certificates(bare, chain[:1])), HELLO, roots=chain, at=AT)
    assert (proved.authority, str(proved.at)) == ("sigstore-tsa", "2025-06-18T08:13:02.000000Z")


def test_the_stamp_that_is_called_expired_was_good_until_its_certificate_ended(folder: Path) -> None:
    mock = folder / "sigstore.mock"
    chain, payload = roots_of(mock), Digest.of((mock / "payload").read_bytes())
    kept = settle(with_certificates((mock / "response-expired.tsr").read_bytes(), chain[:1]))
    proved = verify(kept, payload, roots=chain, at=Instant.from_text("2023-12-31T23:59:59.000000Z"))
    assert (str(proved.at), str(proved.valid_until)) == ("2023-02-01T00:00:00.000000Z", "2024-01-01T00:00:00.000000Z")
    with pytest.raises(ArchiveError) as refused:
        verify(kept, payload, roots=chain, at=AT)
    assert refused.value.code == "TIMESTAMP_EXPIRED"
