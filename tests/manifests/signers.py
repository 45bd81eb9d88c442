"""What every ``Signer`` promises; each kind of key runs this."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from manifests.notes import SignedNote
from manifests.signing import SignatureRefusedError

if TYPE_CHECKING:
    from manifests.signing import Signer


def check_signer(signer: Signer) -> None:
    """Hold a signer to its contract."""
    for message in (b"", b"what is signed\n", bytes(100_000)):
        signature = signer.sign(message)
        assert len(signature) == 64
        assert signer.sign(message) == signature
        signer.verifier.verify(message, signature)
        with pytest.raises(SignatureRefusedError):
            signer.verifier.verify(message + b"x", signature)
    other = signer.under("another/name")
    assert (signer.verifier.name, other.name, other.verifier.name) == (signer.name, "another/name", "another/name")
    assert other.verifier.public == signer.verifier.public
    assert SignedNote.sign("text\n", other).verify([other.verifier]) == (other.verifier,)
