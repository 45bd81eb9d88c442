"""Signed notes and checkpoints as C2SP defines them, against its own examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.notes import Checkpoint, NoteMalformedError, NoteUnsignedError, SignedNote
from manifests.signing import KeyMalformedError, SignatureRefusedError, SigningKey, Verifier
from schemas.digest import Digest
from schemas.errors import ArchiveError

FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""


@pytest.mark.parametrize(("verifier", "note"), [(FOO, FOO_NOTE), (PETER, PETER_NOTE)])
def test_the_published_example_notes_verify(verifier, note) -> None:
    parsed = SignedNote.from_bytes(note.encode())
    assert parsed.verify([Verifier.from_text(verifier)]) == (Verifier.from_text(verifier),)
    assert parsed.to_bytes() == note.encode()


def test_an_altered_text_is_refused() -> None:
    parsed = SignedNote.from_bytes(FOO_NOTE.replace("example message", "example massage").encode())
    with pytest.raises(SignatureRefusedError):
        parsed.verify([Verifier.from_text(FOO)])


def test_a_signature_by_an_unknown_key_proves_nothing() -> None:
    with pytest.raises(NoteUnsignedError):
        SignedNote.from_bytes(FOO_NOTE.encode()).verify([Verifier.from_text(PETER)])


def test_one_bad_signature_by_a_known_key_spoils_a_good_one() -> None:
    good = SignedNote.from_bytes(FOO_NOTE.encode())
    peter = SignedNote.from_bytes(PETER_NOTE.encode()).signatures
    with pytest.raises(SignatureRefusedError):
        SignedNote(good.text, good.signatures + peter).verify([Verifier.from_text(FOO), Verifier.from_text(PETER)])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text\n",
        b"text\n\n",
        FOO_NOTE.replace("\n\n", "\n").encode(),
        FOO_NOTE.replace("— ", "- ").encode(),
        FOO_NOTE.replace("example message", "example\tmessage").encode(),
        FOO_NOTE.rstrip("\n").encode(),
        FOO_NOTE.encode() + b"\xff\n",
        FOO_NOTE.replace("Uw2QOkn8", "Uw2QO!n8").encode(),
        b"text\n\n\xe2\x80\x94 name AAAA\n",
        ("text\n\n" + FOO_NOTE.split("\n\n")[1] * 10_000).encode(),
        b"x" * (2 << 20),
    ],
)
def test_what_is_not_a_note_is_refused_by_name(content) -> None:
    with pytest.raises(NoteMalformedError):
        SignedNote.from_bytes(content)


@given(st.binary(max_size=300))
def test_no_bytes_lead_to_anything_but_a_note_or_our_error(content) -> None:
    try:
        SignedNote.from_bytes(content)
    except ArchiveError:
        return


@pytest.mark.parametrize(
    "text", ["", "a+b", "\udcff" + FOO, FOO.replace("530d903a", "530d903b"), FOO[:-4], FOO.replace("AekyeR", "BekyeR")]
)
def test_a_verifier_key_that_does_not_fit_its_id_is_refused(text) -> None:
    with pytest.raises(KeyMalformedError):
        Verifier.from_text(text)


def test_a_key_survives_its_file_with_and_without_a_passphrase() -> None:
    key = SigningKey.generate("example.org/log")
    assert SigningKey.from_pem(key.name, key.to_pem()).verifier == key.verifier
    locked = key.to_pem(passphrase=b"correct horse")
    assert SigningKey.from_pem(key.name, locked, passphrase=b"correct horse").verifier == key.verifier
    for wrong in (None, b"wrong"):
        with pytest.raises(KeyMalformedError):
            SigningKey.from_pem(key.name, locked, passphrase=wrong)


@pytest.mark.parametrize(
    "text", ["", "o\n", "o\n01\nAAAA\n", "o\n-1\nAAAA\n", "o\n1\nnot base64!\n", "o\n1\nAAAA\n", "\n1\nAAAA\n"]
)
def test_what_is_not_a_checkpoint_is_refused(text) -> None:
    with pytest.raises(NoteMalformedError):
        Checkpoint.from_text(text)


def test_a_checkpoint_survives_its_text() -> None:
    checkpoint = Checkpoint("example.org/log", 12, Digest.of(b"root"))
    assert Checkpoint.from_text(checkpoint.to_text()) == checkpoint
