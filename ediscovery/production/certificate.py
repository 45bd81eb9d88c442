"""Which certificate signs an archive's productions: the configured one, or a test certificate made here once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ediscovery.production.signing import Signer, make_test_authority
from manifests import keys
from schemas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.archive import Archive

PASSPHRASE_VARIABLE = "HOLDFAST_SIGNING_PASSPHRASE"  # noqa: S105 - a variable's name
TEST_FILE = "test-signing.pem"


class CertificateMissingError(InputError):
    """A configured certificate or private key cannot be read."""

    code = "CERTIFICATE_MISSING"


def signer_of(archive: Archive) -> Signer:
    """Return whoever signs this archive's productions; a test certificate is made where none is configured.

    Raises:
        CertificateMissingError: a configured file cannot be read.
        SigningKeyUnusableError: certificate and key do not fit.
    """
    settings = archive.settings.production
    if settings.certificate is None:
        bundle = test_bundle(archive)
        return Signer.from_pem(certificate=bundle, key=bundle)
    certificate = _read(archive.home / settings.certificate)
    key = _read(archive.home / (settings.private_key or settings.certificate))
    passphrase = os.environ.get(PASSPHRASE_VARIABLE)
    return Signer.from_pem(certificate=certificate, key=key, passphrase=passphrase.encode() if passphrase else None)


def test_bundle(archive: Archive) -> bytes:
    """Return the archive's test certificate, its root and its key in one PEM text, made at the first call."""
    path = archive.keys / TEST_FILE
    if not path.exists():
        made = make_test_authority(now=archive.now(), organisation=archive.settings.archive.organisation)
        # One file, written whole: certificate and key cannot come from two attempts.
        keys.write_once(path, made.certificate + made.root + made.key, mode=0o600)
    return path.read_bytes()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateMissingError(
            f"{path} cannot be read: {error.strerror}.",
            do="Correct production.certificate and production.private_key in holdfast.toml.",
        ) from error
