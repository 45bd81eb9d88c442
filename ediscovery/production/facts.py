"""What was established of a PDF's signature, and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.canonical import Canonical
from schemas.digest import Digest
from schemas.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator


class SignatureFacts(Canonical, frozen=True):
    """The signature, with what was established of it kept apart.

    ``intact``: the signed bytes are those that were signed. ``valid``: the signature was made with the certificate's
    key. ``trusted``: the certificate leads to a root that was given, absent when none was. ``claimed`` is the time
    that the signer states; nothing outside confirms it.
    """

    signer: str
    issuer: str
    certificate: Digest
    valid_from: Instant
    valid_until: Instant
    intact: bool
    valid: bool
    trusted: bool | None = None
    test: bool = False
    claimed: Instant | None = None
    reason: str | None = None


def signature_lines(signature: SignatureFacts) -> Iterator[str]:
    """Yield who signed, and what was established of it, a fact a line."""
    trusted = {None: "not checked, no root was given", True: "yes", False: "no"}[signature.trusted]
    yield f"  Signed  by {signature.signer}{' (a TEST certificate)' if signature.test else ''}"
    yield f"          issued by {signature.issuer}, SHA-256 {signature.certificate}"
    yield f"          at {signature.claimed or 'no stated time'}, as the signer says"
    yield f"          intact: {_yes(signature.intact)} · valid: {_yes(signature.valid)} · trusted: {trusted}"


def _yes(value: bool) -> str:  # noqa: FBT001 - a word for a truth value
    return "yes" if value else "no"
