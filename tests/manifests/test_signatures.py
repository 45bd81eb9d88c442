"""Ed25519 signatures that are almost right: other lengths, other spellings of one number, other keys. None is taken."""

from __future__ import annotations

import pytest

from manifests.notes import Signature, SignedNote
from manifests.signing import KeyMalformedError, SignatureRefusedError, SigningKey, Verifier
from manifests.witness.cosignatures import Cosigner

ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19
HALF = 32
MESSAGE = b"maple-grove/0a1b2c3d\n2\n"
KEY = SigningKey.generate("maple-grove/0a1b2c3d")
GOOD = KEY.sign(MESSAGE)
POINT, SCALAR = GOOD[:HALF], int.from_bytes(GOOD[HALF:], "little")


def with_scalar(value: int) -> bytes:
    return POINT + value.to_bytes(HALF, "little")


ALMOST = {
    "nothing": b"",
    "a byte short": GOOD[:-1],
    "a byte long": GOOD + b"\0",
    "half of it": GOOD[:HALF],
    "twice": GOOD * 2,
    "in hexadecimal": GOOD.hex().encode(),
    "all zeros": bytes(64),
    "all ones": b"\xff" * 64,
    "a scalar above the order": with_scalar(SCALAR + ORDER),
    "a scalar far above the order": with_scalar(SCALAR + 8 * ORDER),
    "the order itself": with_scalar(ORDER),
    "no scalar": with_scalar(0),
    "the other scalar": with_scalar(ORDER - SCALAR),
    "a top bit in the scalar": GOOD[:-1] + bytes([GOOD[-1] | 0x80]),
    "the other sign of the point": POINT[:-1] + bytes([POINT[-1] ^ 0x80]) + GOOD[HALF:],
    "the neutral point": b"\x01" + bytes(31) + GOOD[HALF:],
    "a point beyond the field": PRIME.to_bytes(HALF, "little") + GOOD[HALF:],
    "both halves exchanged": GOOD[HALF:] + POINT,
    "over another text": KEY.sign(MESSAGE + b"\n"),
    "over nothing": KEY.sign(b""),
    "by another key": SigningKey.generate(KEY.name).sign(MESSAGE),
}


def test_the_signature_itself_is_taken() -> None:
    KEY.verifier.verify(MESSAGE, GOOD)


@pytest.mark.parametrize("how", ALMOST)
def test_a_signature_that_is_almost_right_is_refused(how: str) -> None:
    with pytest.raises(SignatureRefusedError):
        KEY.verifier.verify(MESSAGE, ALMOST[how])


@pytest.mark.parametrize("how", [how for how, signature in ALMOST.items() if signature])
def test_a_note_with_a_signature_that_is_almost_right_is_refused(how: str) -> None:
    note = SignedNote(MESSAGE.decode(), (Signature(KEY.name, KEY.verifier.id, ALMOST[how]),))
    with pytest.raises(SignatureRefusedError):
        SignedNote.from_bytes(note.to_bytes()).verify([KEY.verifier])


EIGHTH = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
OTHER_EIGHTH = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
SMALL = [
    bytes(32),
    b"\x01" + bytes(31),
    (PRIME - 1).to_bytes(HALF, "little"),
    bytes.fromhex(EIGHTH),
    bytes.fromhex(OTHER_EIGHTH),
]


@pytest.mark.parametrize("top", [0, 0x80])
@pytest.mark.parametrize("public", SMALL)
def test_a_key_under_which_anybody_signs_is_refused(public: bytes, top: int) -> None:
    weak = Verifier(KEY.name, public[:-1] + bytes([public[-1] | top]))
    with pytest.raises(KeyMalformedError, match="anybody can sign"):
        Verifier.from_text(weak.to_text())
    with pytest.raises(KeyMalformedError):
        Cosigner.from_text(Cosigner(weak.name, weak.public).to_text())


@pytest.mark.parametrize("public", SMALL)
def test_under_such_a_key_anybody_does_sign(public: bytes) -> None:
    """Why it is refused: one message in eight or fewer is 'signed' by the neutral point and no scalar."""

    def signed(number: int) -> bool:
        try:
            Verifier(KEY.name, public).verify(b"%d" % number, b"\x01" + bytes(63))
        except SignatureRefusedError:
            return False
        return True

    assert any(map(signed, range(500)))


@pytest.mark.parametrize("public", [PRIME.to_bytes(HALF, "little"), (2).to_bytes(HALF, "little"), b"\xff" * HALF])
def test_a_public_key_that_is_no_point_verifies_nothing(public: bytes) -> None:
    with pytest.raises(SignatureRefusedError):
        Verifier(KEY.name, public).verify(MESSAGE, GOOD)
