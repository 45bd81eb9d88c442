"""Time stamps: honest authorities are believed, all others refused by name, and OpenSSL agrees."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st
from rfc3161_client import decode_timestamp_response

from manifests.timestamps.client import (
    ask,
)
from manifests.timestamps.stamp import (
    TimestampAheadError,
    TimestampImprintError,
    TimestampNonceError,
    TimestampSignatureError,
    load_roots,
    request,
    settle,
    verify,
)
from manifests.timestamps.token import LARGEST_RESPONSE, TimestampMalformedError, TimestampRefusedError
from manifests.timestamps.trust import (
    TimestampExpiredError,
    TimestampPurposeError,
    TimestampRootsError,
    TimestampUntrustedError,
)
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.instant import Instant
from tests import openssl, tsa
from tests.tsa import Answer, make_authority, pem, serving, stamp

AT = Instant.from_text("2026-06-01T12:00:00.250000Z")
DAY = 86_400
TEXT = "example.org/archive\n7\nbGVkZ2Vy\n"
DIGEST = Digest.of(TEXT.encode())
NONCE = 0xC0FFEE0123456789
QUERY = request(DIGEST, nonce=NONCE)
HONEST = make_authority(since=AT.plus(seconds=-DAY))


def settled(authority=HONEST, at=AT, conduct="honest") -> bytes:
    return settle(stamp(QUERY, authority, at=at, conduct=conduct))


def honest(query: bytes) -> Answer:
    return Answer(stamp(query, HONEST, at=AT))


# What an honest authority says


def test_an_authority_that_is_asked_proves_that_the_digest_existed(tmp_path) -> None:
    nonce = secrets.randbits(64)
    with serving(honest) as server:
        response = ask(server.url, DIGEST, nonce=nonce, timeout=10)
    proved = verify(response, DIGEST, roots=HONEST.roots, at=AT, nonce=nonce)
    assert (proved.at, proved.accuracy, proved.imprint) == (AT, 1_500_000, DIGEST)
    assert (proved.authority, proved.serial, proved.policy) == ("Test Time", 4711, tsa.POLICY)
    assert proved.valid_until.to_datetime() == HONEST.certificate.not_valid_after_utc
    assert openssl.accepts(tmp_path, response, DIGEST, HONEST, at=AT)
    assert server.queries == [("/tsr?customer=1", "application/timestamp-query", request(DIGEST, nonce=nonce))]


def test_a_request_is_read_by_openssl_as_it_is_meant(tmp_path) -> None:
    text = openssl.text_of_query(tmp_path, QUERY)
    assert "Hash Algorithm: sha256" in text
    assert "Nonce: 0xC0FFEE0123456789" in text
    assert "Certificate required: yes" in text


@pytest.mark.parametrize("ess", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize(("chain", "rsa_bits"), [(True, 2048), (True, 0), (False, 0)])
def test_openssl_as_an_authority_is_believed(tmp_path, ess, chain, rsa_bits) -> None:
    now = Instant.from_datetime(datetime.now(UTC))
    authority = make_authority(since=now.plus(seconds=-DAY), rsa_bits=rsa_bits)
    response = openssl.reply(tmp_path, QUERY, authority, ess=ess, chain=chain)
    kept = settle(response)
    proved = verify(kept, DIGEST, roots=authority.roots, at=now, nonce=NONCE)
    assert now.plus(seconds=-1) < proved.at < now.plus(seconds=60)
    assert (proved.accuracy, proved.serial) == (2_003_004, 11)
    assert openssl.accepts(tmp_path, kept, DIGEST, authority, at=proved.at.plus(seconds=1))


# What a dishonest or broken one says


@pytest.mark.parametrize(
    ("conduct", "error"),
    [
        ("wrong nonce", TimestampNonceError),
        ("no nonce", TimestampNonceError),
        ("wrong imprint", TimestampImprintError),
        ("other digest", TimestampImprintError),
        ("refused", TimestampRefusedError),
        ("nothing granted", TimestampMalformedError),
        ("no certificate", TimestampMalformedError),
        ("forged", TimestampSignatureError),
        ("unbound", TimestampSignatureError),
        ("bound to another", TimestampSignatureError),
        ("in another's name", TimestampSignatureError),
        ("weak digest", TimestampSignatureError),
        ("critical extension", TimestampMalformedError),
    ],
)
def test_a_stamp_that_is_not_what_was_asked_for_is_refused_by_name(conduct, error) -> None:
    with serving(lambda query: Answer(stamp(query, HONEST, at=AT, conduct=conduct))) as server, pytest.raises(error):
        verify(ask(server.url, DIGEST, nonce=NONCE, timeout=10), DIGEST, roots=HONEST.roots, at=AT, nonce=NONCE)


@pytest.mark.parametrize(
    "conduct",
    ["wrong imprint", "refused", "no certificate", "forged", "unbound", "bound to another", "in another's name"],
)
def test_openssl_refuses_it_too(tmp_path, conduct) -> None:
    assert not openssl.accepts(tmp_path, stamp(QUERY, HONEST, at=AT, conduct=conduct), DIGEST, HONEST, at=AT)


def test_a_refusal_tells_the_authoritys_reasons() -> None:
    with pytest.raises(TimestampRefusedError) as refused:
        settled(conduct="refused")
    assert refused.value.facts == {"status": "rejection", "failure": "time_not_available"}


def test_a_stamp_from_the_future_is_refused_beyond_the_tolerance() -> None:
    response = settled()
    assert verify(response, DIGEST, roots=HONEST.roots, at=AT.plus(seconds=-300)).at == AT
    with pytest.raises(TimestampAheadError):
        verify(response, DIGEST, roots=HONEST.roots, at=AT.plus(seconds=-301))


# Certificates


def refused(tmp_path, authority, error, *, at=AT, roots=None) -> None:
    """Both judges refuse a stamp that the authority made at ``AT``, ours for the reason ``error``."""
    response = settled(authority)
    with pytest.raises(error):
        verify(response, DIGEST, roots=roots or authority.roots, at=at)
    judged = authority if roots is None else HONEST
    assert not openssl.accepts(tmp_path, response, DIGEST, judged, at=at)


def test_a_certificate_that_had_ended_is_refused(tmp_path) -> None:
    refused(tmp_path, make_authority(since=AT.plus(seconds=-10 * DAY), days=9), TimestampExpiredError)


def test_a_certificate_that_had_not_begun_is_refused(tmp_path) -> None:
    refused(tmp_path, make_authority(since=AT.plus(seconds=DAY)), TimestampExpiredError)


def test_a_certificate_that_ended_since_is_refused(tmp_path) -> None:
    authority = make_authority(since=AT.plus(seconds=-DAY), days=2)
    assert verify(settled(authority), DIGEST, roots=authority.roots, at=AT.plus(seconds=DAY - 1)).at == AT
    refused(tmp_path, authority, TimestampExpiredError, at=AT.plus(seconds=DAY + 1))


@pytest.mark.parametrize(
    ("uses", "critical"),
    [
        ((ExtendedKeyUsageOID.CODE_SIGNING,), True),
        ((ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING), True),
        ((ExtendedKeyUsageOID.TIME_STAMPING,), False),
        ((), True),
    ],
)
def test_a_certificate_for_other_uses_is_refused(tmp_path, uses, critical) -> None:
    authority = make_authority(since=AT.plus(seconds=-DAY), uses=uses, critical=critical)
    refused(tmp_path, authority, TimestampPurposeError)


def test_a_key_that_is_too_short_is_refused() -> None:
    authority = make_authority(since=AT.plus(seconds=-DAY), rsa_bits=1024)
    with pytest.raises(TimestampUntrustedError, match="1024 bits"):
        verify(settled(authority), DIGEST, roots=authority.roots, at=AT)


def test_another_authority_of_the_same_name_is_refused(tmp_path) -> None:
    refused(tmp_path, make_authority(since=AT.plus(seconds=-DAY)), TimestampUntrustedError, roots=HONEST.roots)


def test_a_certificate_issued_by_one_that_may_not_issue_is_refused(tmp_path) -> None:
    authority = make_authority(since=AT.plus(seconds=-DAY), between_is_authority=False)
    refused(tmp_path, authority, TimestampUntrustedError)


def test_intermediate_certificates_may_lie_with_the_roots_and_are_not_trusted_alone() -> None:
    lonely = make_authority(since=AT.plus(seconds=-DAY))
    whole = tsp.TimeStampResp.load(stamp(QUERY, lonely, at=AT))
    certificates = whole["time_stamp_token"]["content"]["certificates"]
    own = [one for one in certificates if one.chosen.dump() == lonely.certificate.public_bytes(Encoding.DER)]
    whole["time_stamp_token"]["content"]["certificates"] = own
    response = settle(whole.dump())
    assert verify(response, DIGEST, roots=load_roots(pem(lonely.root, lonely.between)), at=AT).at == AT
    for roots in (lonely.roots, (lonely.between,)):
        with pytest.raises(TimestampUntrustedError):
            verify(response, DIGEST, roots=roots, at=AT)


@pytest.mark.parametrize("content", [b"", b"no certificate", pem(HONEST.certificate), pem(HONEST.between)])
def test_a_file_without_a_root_is_refused(content) -> None:
    with pytest.raises(TimestampRootsError):
        load_roots(content)


# The one spelling


@pytest.mark.parametrize("conduct", ["granted with words", "all certificates"])
def test_what_nobody_signed_is_left_out_when_a_response_is_settled(conduct) -> None:
    response = stamp(QUERY, HONEST, at=AT, conduct=conduct)
    kept = settle(response)
    with pytest.raises(TimestampMalformedError):
        verify(response, DIGEST, roots=HONEST.roots, at=AT)
    assert verify(kept, DIGEST, roots=HONEST.roots, at=AT).at == AT
    assert settle(kept) == kept
    assert len(kept) < len(response)


def test_certificates_in_the_wrong_order_are_put_in_order() -> None:
    response = settled()
    first, second = sorted(one.public_bytes(Encoding.DER) for one in (HONEST.certificate, HONEST.between))
    disorderly = response.replace(first + second, second + first)
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        decode_timestamp_response(disorderly)
    assert disorderly != response == settle(disorderly)


def flips(response: bytes, value: int) -> list[bytes]:
    return [response[:at] + bytes((byte ^ value,)) + response[at + 1 :] for at, byte in enumerate(response)]


@pytest.mark.parametrize("value", [0x01, 0x20, 0xFF])
def test_a_stamp_in_which_one_byte_is_changed_is_never_accepted(value) -> None:
    for changed in flips(settled(), value):
        with pytest.raises(ArchiveError):
            verify(changed, DIGEST, roots=HONEST.roots, at=AT)


def test_all_that_can_be_changed_in_a_stamp_is_by_which_of_its_two_names_rsa_is_called() -> None:
    authority = make_authority(since=AT.plus(seconds=-DAY), rsa_bits=2048)
    response = settled(authority)
    proved, accepted = verify(response, DIGEST, roots=authority.roots, at=AT), []
    for changed in flips(response, 0x01 ^ 0x0B):
        try:
            accepted.append(verify(changed, DIGEST, roots=authority.roots, at=AT))
        except ArchiveError:
            continue
    assert accepted == [proved]


def test_a_stamp_that_is_cut_off_or_goes_on_is_never_accepted() -> None:
    response = settled()
    for changed in (*(response[:size] for size in range(len(response))), response + b"\0", response + response):
        with pytest.raises(TimestampMalformedError):
            verify(changed, DIGEST, roots=HONEST.roots, at=AT)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_response_are_refused_by_name(content) -> None:
    with pytest.raises((TimestampMalformedError, TimestampRefusedError)):
        settle(content)


def test_a_response_of_any_size_is_refused_before_it_is_read() -> None:
    with pytest.raises(TimestampMalformedError, match="larger"):
        settle(bytes(LARGEST_RESPONSE + 1))
