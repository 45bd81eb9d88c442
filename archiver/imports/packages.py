"""WACZ packages (webrecorder's specification 1.1): what they say their files are, and by whom they are signed. Pure.

The members of the ZIP are read by the formats that they have themselves. Checked are digests, sizes, the signature
under the key or certificate that comes with it, and the time stamp over it. That proves that nothing changed since, and
not who signed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from archiver.imports.format import Hashed, Said
from archiver.imports.refusals import ImportForgedError, ImportRefusedError, Refused
from archiver.parsing.dates import find_instant
from archiver.parsing.json_slices import JsonMalformedError, decode
from archiver.parsing.shapes import find_text, objects
from manifests.packages import StampUncheckedError, verify_certified, verify_keyed, verify_stamped
from manifests.signing import SignatureRefusedError
from schemas.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from archiver.imports.format import Asked, Found
    from archiver.parsing.json_slices import Buffer
    from manifests.packages import Stamped

LARGEST = 16 << 20
SKEW = 600 * 1_000_000
"""By how many microseconds a package's own time of signing may differ from that of its time stamp."""

SHA256 = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")


def read_package(content: Buffer, _: Asked) -> Iterator[Found]:
    """Yield what a package says of its files (``datapackage.json``)."""
    package = _object(content)
    for one in objects(package, "resources"):
        path = find_text(one, "path") or ""
        older = one.get("stats")
        stats = older if isinstance(older, dict) else one
        size = stats.get("bytes")
        spelled = find_text(stats, "hash") or ""
        found = SHA256.fullmatch(spelled)
        if path:
            known = size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None
            yield Hashed(path, found[1].lower() if found else None, known)
        if path and not found:
            yield Said(f"The digest of {path} is not in SHA-256: it was not compared.")


def read_digest(content: Buffer, _: Asked) -> Iterator[Found]:
    """Yield what a package's digest and signature come to (``datapackage-digest.json``)."""
    said = _object(content)
    found = SHA256.fullmatch(find_text(said, "hash") or "")
    yield Hashed(find_text(said, "path") or "datapackage.json", found[1].lower() if found else None)
    if not found:
        yield Said("The package's digest is not in SHA-256: it was not compared.")
    signed = said.get("signedData")
    if not isinstance(signed, dict):
        yield Said("The package is not signed.")
        return
    if find_text(signed, "hash") != find_text(said, "hash"):
        yield Refused(0, len(content), _forged("The signature is over another digest than the package's."))
        return
    try:
        yield from _signature(signed)
    except SignatureRefusedError as error:
        yield Refused(0, len(content), _forged(error.what))


def _signature(signed: dict[str, Any]) -> Iterator[Found]:
    text, signature = find_text(signed, "hash") or "", find_text(signed, "signature") or ""
    key, chain = find_text(signed, "publicKey"), find_text(signed, "domainCert")
    if key:
        verify_keyed(text, signature, key)
        yield Said(
            f"The signature fits the key that came with it (SHA-256 of its text {Digest.of(key.encode()).hex}); "
            "nobody vouches for whose key it is."
        )
    elif chain:
        yield from _certified(signed, text, signature, chain)
    else:
        yield Said("The signature came without key and certificate: it was not checked.")


def _certified(signed: dict[str, Any], text: str, signature: str, chain: str) -> Iterator[Found]:
    certified = verify_certified(text, signature, chain)
    domain, created = find_text(signed, "domain") or "", find_instant(find_text(signed, "created"))
    if domain not in certified.names:
        raise SignatureRefusedError(f"The certificate is not one for {domain}.", do="Do not rely on it.")
    stamped = yield from _stamped(signed, signature)
    moment = stamped.at if stamped else created
    if moment is None or not certified.since <= moment <= certified.until:
        yield Said(
            f"The certificate or one above it was not valid when it was signed: they were from {certified.since} "
            f"to {certified.until}."
        )
    if stamped and (created is None or not stamped.at.micros - SKEW <= created.micros <= stamped.at.micros + SKEW):
        yield Said(f"The package says that it was signed at {created}, and not when its time stamp says.")
    yield Said(
        f"The signature fits the certificate for {domain} that came with it, issued by {certified.issuer}, whose chain "
        f"leads to {certified.root}; whether anybody trusts that one, and whether a certificate was withdrawn, was not "
        "checked."
    )


def _stamped(signed: dict[str, Any], signature: str) -> Generator[Found, None, Stamped | None]:
    """Yield what the time stamp comes to, and return it if it holds."""
    stamp = find_text(signed, "timeSignature")
    if stamp is None:
        yield Said("It has no time stamp: when it was signed is what the signer says.")
        return None
    try:
        stamped = verify_stamped(signature, stamp, find_text(signed, "timestampCert") or "")
    except StampUncheckedError as error:
        yield Said(f"Its time stamp is kept and could not be checked: {error.what}")
        return None
    yield Said(
        f"Its time stamp by {stamped.authority} fits: the signature was there at {stamped.at}. It rests on the root "
        f"{stamped.root}, which came with it; whether anybody trusts that one was not checked."
    )
    return stamped


def _object(content: Buffer) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise ImportRefusedError("The file is far too large for what it is.", do="Find out who made it.", offset=0)
    try:
        value = decode(content[:]).value
    except JsonMalformedError as error:
        raise ImportRefusedError(
            f"The file is not JSON: {error.facts['reason']}.", do="Obtain the package again.", line=1, offset=0
        ) from error
    if not isinstance(value, dict):
        raise ImportRefusedError("The file is no object.", do="Obtain the package again.", line=1, offset=0)
    return value


def _forged(what: str) -> ImportForgedError:
    return ImportForgedError(what, do="Keep it, do not rely on it, and ask whoever made it.")
