"""What a time stamp says, read and not yet believed, and the one spelling in which it is kept (RFC 3161, RFC 5652).

Nothing signs the outer parts of a response: its status, the order and number of certificates, unsigned attributes. An
authority spells them as it likes, and anybody could change them afterwards. So a response is spelled anew when it
arrives, with what proves the stamp and nothing else, and only that spelling is read later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from asn1crypto import cms, core, tsp  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from manifests import der
from manifests.timestamps.trust import UNREADABLE, issued
from schemas.errors import IntegrityError, UnavailableError
from schemas.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LARGEST_RESPONSE = 1 << 16
MOST_CERTIFICATES = 8
GRANTED = ("granted", "granted_with_mods")
TST_INFO = "1.2.840.113549.1.9.16.1.4"
SEQUENCE, SET, OCTETS, EXPLICIT_0 = 0x30, 0x31, 0x04, 0xA0
STATUS_GRANTED = bytes.fromhex("3003020100")
SIGNED_DATA_OID = bytes.fromhex("06092a864886f70d010702")
TST_INFO_OID = bytes.fromhex("060b2a864886f70d0109100104")
VERSION_1, VERSION_3 = bytes.fromhex("020101"), bytes.fromhex("020103")


class TimestampMalformedError(IntegrityError):
    """Bytes are not a time stamp, or not in the one spelling in which stamps are kept."""

    code = "TIMESTAMP_MALFORMED"


class TimestampRefusedError(UnavailableError):
    """The authority answered that it does not stamp; the facts ``status`` and ``failure`` are its reasons."""

    code = "TIMESTAMP_REFUSED"


@dataclass(frozen=True, slots=True)
class Binding:
    """A certificate that the signer names under its signature, by digest (RFC 2634, 5.4; RFC 5816)."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Token:
    """A time stamp's statements, none of them verified.

    ``accuracy`` is in microseconds; ``own_name`` tells that the authority's name in the stamp, if any, is that of the
    signer's certificate; ``digest`` and ``signature`` are the algorithms with which it is signed; ``certificates`` are
    the signer's and those above it, without roots; ``bound`` are the certificates that the signature names.
    """

    algorithm: str
    imprint: bytes
    at: Instant
    accuracy: int | None
    serial: int
    policy: str
    nonce: int | None
    own_name: bool
    digest: str
    signature: str
    certificates: tuple[x509.Certificate, ...]
    bound: tuple[Binding, ...]


class _Response(core.Sequence):  # type: ignore[misc]
    """A response as RFC 3161 has it: without a token where the authority refuses."""

    _fields = [  # noqa: RUF012 - as asn1crypto wants it
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def request(imprint: bytes, *, nonce: int) -> bytes:
    """Return the request (DER) for a stamp over a SHA-256 digest, with the signer's certificate (RFC 3161, 2.4.1)."""
    spelled: bytes = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": imprint},
            "nonce": nonce,
            "cert_req": True,
        }
    ).dump()
    return spelled


def settle(response: bytes, *, beside: Sequence[x509.Certificate] = ()) -> bytes:
    """Return an authority's response in the spelling in which it is kept: nothing of it is verified.

    The status is 'granted' without a text; the certificates are the signer's and those that issued it, without roots,
    in DER's order, also where they came ``beside`` the response; lists of revoked certificates and unsigned attributes
    are left out.

    Raises:
        TimestampRefusedError: the authority refused.
        TimestampMalformedError: it is no response, or none by one signer with its certificate.
    """
    try:
        return _spelled(*_opened(response, beside))
    except UNREADABLE as error:
        raise malformed("it cannot be read as one") from error


def read(response: bytes) -> Token:
    """Return what a response says that was settled before.

    Raises:
        TimestampMalformedError: it is none, or not in its one spelling.
        TimestampRefusedError: it is a refusal.
    """
    try:
        signed, certificates = _opened(response)
        if _spelled(signed, certificates) != response:
            raise malformed("it is not in the spelling in which stamps are kept")
        return _token(signed, certificates)
    except UNREADABLE as error:
        raise malformed("it cannot be read as one") from error


def malformed(why: str) -> TimestampMalformedError:
    """Return the error that says that bytes are no time stamp, and why."""
    return TimestampMalformedError(
        f"This is not a time stamp: {why}.", do="Do not rely on it; see that the address is that of an authority."
    )


def _opened(response: bytes, beside: Sequence[x509.Certificate] = ()) -> tuple[Any, tuple[x509.Certificate, ...]]:
    """Return the signed data of a response that was granted, one stamp by one signer, and the certificates with it."""
    if len(response) > LARGEST_RESPONSE:
        raise malformed(f"it is larger than {LARGEST_RESPONSE} bytes")
    whole = _Response.load(response, strict=True)
    status = whole["status"]["status"].native
    if status not in GRANTED:
        failures = whole["status"]["fail_info"].native or ()
        raise TimestampRefusedError(
            "The time stamp authority refuses to stamp.",
            do="Ask again later; if it lasts, ask the authority's operator, or use another authority.",
            status=str(status),
            failure=", ".join(sorted(failures)) or None,
        )
    if not isinstance(whole["time_stamp_token"], cms.ContentInfo):
        raise malformed("it was granted and holds no stamp")
    content = whole["time_stamp_token"]
    if content["content_type"].native != "signed_data":
        raise malformed("it is not signed")
    signed = content["content"]
    kind = signed["encap_content_info"]["content_type"].dotted
    if kind != TST_INFO or len(signed["signer_infos"]) != 1 or len(signed["digest_algorithms"]) != 1:
        raise malformed("it is not one stamp by one signer")
    return signed, _certificates(signed, beside)


def _spelled(signed: Any, certificates: tuple[x509.Certificate, ...]) -> bytes:  # noqa: ANN401 - without types
    signer = signed["signer_infos"][0]
    parts = ("sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
    statement = signed["encap_content_info"]["content"].contents
    return der.value(
        SEQUENCE,
        STATUS_GRANTED,
        der.value(
            SEQUENCE,
            SIGNED_DATA_OID,
            der.value(
                EXPLICIT_0,
                der.value(
                    SEQUENCE,
                    VERSION_3,
                    der.value(SET, signer["digest_algorithm"].dump()),
                    der.value(SEQUENCE, TST_INFO_OID, der.value(EXPLICIT_0, der.value(OCTETS, statement))),
                    der.value(EXPLICIT_0, *sorted(one.public_bytes(Encoding.DER) for one in certificates)),
                    der.value(SET, der.value(SEQUENCE, VERSION_1, *(signer[part].dump() for part in parts))),
                ),
            ),
        ),
    )


def _certificates(
    signed: Any,  # noqa: ANN401 - without types
    beside: Sequence[x509.Certificate],
) -> tuple[x509.Certificate, ...]:
    """Return the signer's certificate, then those above it that came along: no roots, each once, no others."""
    carried = signed["certificates"] or ()
    if len(carried) + len(beside) > MOST_CERTIFICATES:
        raise malformed(f"it holds more than {MOST_CERTIFICATES} certificates")
    if any(one.chosen["tbs_certificate"]["serial_number"].native <= 0 for one in carried):
        raise malformed("a certificate has no serial number")  # cryptography would warn, and is going to refuse
    sid = signed["signer_infos"][0]["sid"]
    if sid.name != "issuer_and_serial_number":
        raise malformed("it does not name its signer by issuer and serial number")
    serial, issuer = sid.chosen["serial_number"].native, sid.chosen["issuer"]
    spelled = (*(one.dump() for one in carried), *(one.public_bytes(Encoding.DER) for one in beside))
    all_of_them = [_certificate(one) for one in dict.fromkeys(spelled)]
    path = [one for one in all_of_them if one.serial_number == serial and _is_name(issuer, one.issuer)][:1]
    if not path:
        raise malformed("the certificate of its signer is missing")
    for certificate in path:  # grows while it is read: the issuers of issuers
        path += [
            above
            for above in all_of_them
            if above not in path and above.subject != above.issuer and issued(certificate, above)
        ]
    return tuple(path)


def _certificate(spelled: bytes) -> x509.Certificate:
    """Return a certificate that can be read to the end: the library reads its parts when they are asked for."""
    certificate = x509.load_der_x509_certificate(spelled)
    _ = certificate.issuer, certificate.subject, certificate.public_key(), certificate.extensions
    _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return certificate


def _token(signed: Any, certificates: tuple[x509.Certificate, ...]) -> Token:  # noqa: ANN401
    signer = signed["signer_infos"][0]
    said = signed["encap_content_info"]["content"].parsed
    if not isinstance(said, tsp.TSTInfo) or said["version"].native != "v1":
        raise malformed("its statement is of another kind or version")
    moment = said["gen_time"].native
    if not isinstance(moment, datetime):
        raise malformed("its time is none")
    if any(extension["critical"].native for extension in said["extensions"] or ()):
        raise malformed("it depends on an extension that is not known here")
    return Token(
        algorithm=said["message_imprint"]["hash_algorithm"]["algorithm"].native,
        imprint=said["message_imprint"]["hashed_message"].native,
        at=Instant.from_datetime(moment),
        accuracy=_accuracy(said["accuracy"].native),
        serial=said["serial_number"].native,
        policy=said["policy"].dotted,
        nonce=said["nonce"].native,
        own_name=said["tsa"].native is None or _is_name(said["tsa"].chosen, certificates[0].subject),
        digest=signer["digest_algorithm"]["algorithm"].native,
        signature=signer["signature_algorithm"]["algorithm"].native,
        certificates=certificates,
        bound=tuple(_bindings(signer["signed_attrs"])),
    )


def _is_name(name: Any, other: x509.Name) -> bool:  # noqa: ANN401
    """Whether two names are one, however they spell their letters (RFC 5280, 7.1)."""
    spelled = other.public_bytes()
    return bool(name.dump() == spelled or name == asn1_x509.Name.load(spelled))


def _accuracy(said: dict[str, int | None] | None) -> int | None:
    if said is None:
        return None
    return (said["seconds"] or 0) * 1_000_000 + (said["millis"] or 0) * 1_000 + (said["micros"] or 0)


def _bindings(attributes: Iterable[Any]) -> Iterator[Binding]:
    for attribute in attributes:
        kind = attribute["type"].native
        if kind not in {"signing_certificate", "signing_certificate_v2"}:
            continue
        for value in attribute["values"]:
            for one in value["certs"]:
                algorithm = one["hash_algorithm"]["algorithm"].native if kind.endswith("v2") else "sha1"
                yield Binding(algorithm, one["cert_hash"].native)
