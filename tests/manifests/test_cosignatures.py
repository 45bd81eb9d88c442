"""Cosignatures: bytes that others made, ours before OpenSSL, every flipped bit, and the counting of k of n."""

from __future__ import annotations

import base64
import shutil
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests.notes import Checkpoint, Signature, SignedNote
from manifests.signing import KeyMalformedError, SignatureRefusedError, SigningKey, Verifier
from manifests.witness.cosignatures import (
    Cosigner,
    Policy,
    WitnessesMissingError,
    WitnessPolicyError,
    cosign,
    joined,
    judge,
    message,
    require,
    verified,
)
from manifests.witness.requests import Request, WitnessRequestError
from schemas.errors import ArchiveError
from schemas.instant import Instant
from schemas.merkle import consistency_path, leaf_hash, nodes_of, root_of
from tests.manifests.archives import ORIGIN, START

AT = Instant.from_text("2026-03-01T08:00:00.000000Z")

# Made with aics-tlog 0.2.1, a witness library that others wrote: a tree of the 13 leaves "entry 0\n" …, a log's key
# from the seed 00 01 … 1f, a witness's key from the seed 20 21 … 3f.
LOG_KEY = "maple-grove/0a1b2c3d+67a67298+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
WITNESS_KEY = "records.springfield.example+49ea69ec+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
NOTE = """maple-grove/0a1b2c3d
13
Ie3RVygu5OXUqtse1X7P/V2hVmniyGriuHn3gzRGE7I=

— maple-grove/0a1b2c3d Z6ZymHVv/D6tvu0LGn3C8+olVke83C3FrMRCXVwmpeJi327VLCcMjDp/Y6Cw3qEIsXvbKzCnH/sciM2th7wL4Xc15g4=
"""
COSIGNATURE = (
    "49ea69ec0000000069a3f200257a0d811fb83c1e825f155336fc95c44e5480d8d1c4a81e5149e6037405ce07"
    "8551079e3cda04b6c652e3ac50d2e28a4b3eed2cc65cdfaa6c88055a0af3b501"
)
PROOF_FROM_5 = """OuVJIxGtMHi2jmTcTBaZliNIE3AQvjA90g21B9lTj8A=
Nqi0XJN4r86F7Wq9rvfsrPV64AsqyFv2P7zTeT3vucA=
dZBY0EE/iy9OB7JAz3b9KQwpQz27tYWxMeRGwRW+K4I=
nvaYen722bym3QyfHuCInnkOfJrFhm+oNWVzCtrkMsQ=
9k0pU+7u35YChKlhdzvex6+35adnPBv8zq2huzaGFAk=
"""


def seeded(name: str, first: int) -> SigningKey:
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(bytes(range(first, first + 32))))


LOG = seeded(ORIGIN, 0)
WITNESS = seeded("records.springfield.example", 32)
LEAVES = [leaf_hash(b"entry %d\n" % index) for index in range(13)]


def witness(name: str) -> SigningKey:
    return SigningKey.generate(f"{name}.example")


def note() -> SignedNote:
    return SignedNote.from_bytes(NOTE.encode())


def test_a_cosignature_is_the_one_that_another_implementation_makes() -> None:
    line = cosign(note().text, WITNESS, at=AT)
    assert (line.key_id + line.signature).hex() == COSIGNATURE
    assert Cosigner.of(WITNESS).to_text() == WITNESS_KEY
    assert LOG.verifier.to_text() == LOG_KEY


def test_a_cosignature_of_another_implementation_is_verified_with_its_time() -> None:
    raw = bytes.fromhex(COSIGNATURE)
    cosigned = SignedNote(note().text, (*note().signatures, Signature(WITNESS.name, raw[:4], raw[4:])))
    (made,) = verified(cosigned, [Cosigner.from_text(WITNESS_KEY)])
    assert (made.witness.name, made.at) == (WITNESS.name, AT)


def test_a_request_is_the_one_that_another_implementation_makes() -> None:
    signed = SignedNote.sign(Checkpoint(ORIGIN, 13, root_of(LEAVES)).to_text(), LOG)
    request = Request(5, consistency_path(nodes_of(LEAVES), 5, second=len(LEAVES)), signed)
    assert request.to_bytes().decode() == f"old 5\n{PROOF_FROM_5}\n{NOTE}"
    assert Request.from_bytes(request.to_bytes()) == request


def test_openssl_verifies_the_message_that_is_signed(tmp_path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    line = cosign(note().text, WITNESS, at=AT)
    public = Ed25519PublicKey.from_public_bytes(Cosigner.from_text(WITNESS_KEY).public)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(pem)
    (tmp_path / "signature").write_bytes(line.signature[8:])
    text = NOTE.split("\n\n", maxsplit=1)[0]
    (tmp_path / "message").write_text(f"cosignature/v1\ntime 1772352000\n{text}\n")
    command = [openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "public.pem"]
    done = subprocess.run(
        [*command, "-in", "message", "-sigfile", "signature"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "Signature Verified Successfully"), done.stderr
    assert message(note().text, seconds=1772352000) == (tmp_path / "message").read_bytes()


def test_any_flipped_bit_of_a_cosignature_is_refused() -> None:
    cosigner, good = Cosigner.of(WITNESS), cosign(note().text, WITNESS, at=AT).signature
    assert cosigner.verify(note().text, good) == AT
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureRefusedError):
            cosigner.verify(note().text, bytes(bad))


@pytest.mark.parametrize("raw", [b"", b"\0" * 71, b"\0" * 73, b"\xff" * 72])
def test_a_cosignature_of_another_shape_is_refused(raw) -> None:
    with pytest.raises(SignatureRefusedError):
        Cosigner.of(WITNESS).verify(note().text, raw)


def test_a_cosignature_must_say_a_time() -> None:
    timeless = cosign(note().text, WITNESS, at=Instant(0))
    with pytest.raises(SignatureRefusedError):
        Cosigner.of(WITNESS).verify(note().text, timeless.signature)


def test_a_log_key_is_no_witness_key_and_the_reverse() -> None:
    with pytest.raises(KeyMalformedError):
        Cosigner.from_text(LOG_KEY)
    with pytest.raises(KeyMalformedError):
        Verifier.from_text(WITNESS_KEY)
    # A signature of the plain kind by the very same key does not count as a cosignature.
    plain = SignedNote.sign(note().text, WITNESS)
    assert verified(plain, [Cosigner.of(WITNESS)]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+b",
        WITNESS_KEY.replace("49ea69ec", "49ea69ed"),
        WITNESS_KEY.replace("49ea69ec", "49EA69EC"),
        WITNESS_KEY[:-4],
        f"{WITNESS_KEY}\n",
        WITNESS_KEY.replace("records", "record s"),
        WITNESS_KEY.replace("records", "record\udcff"),
        WITNESS_KEY.replace("+BC", "+BS"),
    ],
)
def test_a_witness_key_that_is_misspelled_is_refused(text) -> None:
    with pytest.raises(KeyMalformedError):
        Cosigner.from_text(text)


@settings(deadline=None)
@given(st.text(max_size=120) | st.binary(max_size=60).map(lambda raw: f"w+00000000+{base64.b64encode(raw).decode()}"))
def test_no_text_leads_to_anything_but_a_witness_key_or_our_error(text) -> None:
    try:
        assert Cosigner.from_text(text).to_text() == text
    except ArchiveError:
        return


@settings(deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda raw: b"old 5\n" + raw + NOTE.encode()))
def test_no_bytes_lead_to_anything_but_a_request_or_our_error(body) -> None:
    try:
        assert Request.from_bytes(body).to_bytes() == body
    except WitnessRequestError:
        return


def test_lines_of_strangers_and_doubles_are_not_joined_to_a_note() -> None:
    first, stranger = witness("first"), witness("stranger")
    lines = (
        cosign(note().text, stranger, at=START),
        cosign(note().text, first, at=START),
        cosign(note().text, first, at=START.plus(seconds=60)),
    )
    cosigned = joined(note(), lines, [Cosigner.of(first)])
    assert [line.name for line in cosigned.signatures] == [ORIGIN, first.name]
    assert joined(cosigned, lines, [Cosigner.of(first)]) == cosigned
    assert SignedNote.from_bytes(cosigned.to_bytes()) == cosigned
    assert cosigned.verify([LOG.verifier]) == (LOG.verifier,)


def test_a_line_over_another_checkpoint_is_not_joined() -> None:
    first = witness("first")
    elsewhere = cosign(note().text.replace("13", "14"), first, at=START)
    with pytest.raises(SignatureRefusedError):
        joined(note(), [elsewhere], [Cosigner.of(first)])


def test_witnesses_are_counted_and_those_who_are_absent_are_named() -> None:
    keys = [witness(name) for name in ("one", "two", "three")]
    everyone = tuple(Cosigner.of(key) for key in keys)
    lines = [cosign(note().text, key, at=START) for key in keys[:2]]
    cosigned = joined(note(), lines, everyone)
    for needed, enough in ((0, True), (1, True), (2, True), (3, False)):
        witnessed = judge(cosigned, Policy(needed, everyone))
        assert witnessed.enough is enough
        assert [made.witness for made in witnessed.cosignatures] == list(everyone[:2])
        assert witnessed.absent == everyone[2:]
    assert require(cosigned, Policy(2, everyone)).statement() == (
        "Cosigned by 2 of 3 witnesses (2 needed): "
        "one.example at 2026-03-01T08:00:00.000000Z, two.example at 2026-03-01T08:00:00.000000Z."
    )
    with pytest.raises(WitnessesMissingError, match=r"three\.example"):
        require(cosigned, Policy(3, everyone))


def test_without_witnesses_nothing_is_asked_for() -> None:
    assert require(note(), Policy()).statement() == "No witness is asked for."
    one = Cosigner.of(witness("one"))
    assert judge(note(), Policy(1, (one,))).statement() == "Cosigned by 0 of 1 witnesses (1 needed)."


def test_a_witness_counts_once_however_often_it_signs() -> None:
    one, two = witness("one"), witness("two")
    lines = tuple(cosign(note().text, one, at=START.plus(seconds=later)) for later in (9, 0, 5))
    witnessed = judge(SignedNote(note().text, lines), Policy(2, (Cosigner.of(one), Cosigner.of(two))))
    assert not witnessed.enough
    assert [made.at for made in witnessed.cosignatures] == [START]


def test_one_bad_line_of_a_known_witness_spoils_the_note() -> None:
    one = witness("one")
    good = cosign(note().text, one, at=START)
    bad = Signature(good.name, good.key_id, good.signature[:-1] + bytes([good.signature[-1] ^ 1]))
    with pytest.raises(SignatureRefusedError):
        judge(SignedNote(note().text, (good, bad)), Policy(1, (Cosigner.of(one),)))


def test_a_hundred_thousand_claimed_witnesses_and_a_hundred_lines_are_judged_in_moments() -> None:
    claimed = tuple(Cosigner(f"w{number}", number.to_bytes(32, "big")) for number in range(100_000))
    lines = tuple(Signature(f"w{number}", b"none", bytes(72)) for number in range(99))
    crowded = SignedNote(note().text, (*note().signatures, *lines))
    before = time.process_time()
    assert judge(crowded, Policy(0, claimed)).cosignatures == ()
    assert time.process_time() - before < 5


def test_a_policy_names_each_witness_once_and_asks_for_no_more_than_there_are() -> None:
    one = Cosigner.of(witness("one"))
    same_key = Cosigner("alias.example", one.public)
    same_name = Cosigner(one.name, Cosigner.of(witness("two")).public)
    for needed, witnesses in ((2, (one,)), (-1, (one,)), (1, (one, one)), (1, (one, same_key)), (1, (one, same_name))):
        with pytest.raises(WitnessPolicyError):
            Policy(needed, witnesses)
