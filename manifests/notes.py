"""C2SP signed notes and checkpoints: a text, a blank line, and lines that each carry one key's signature."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.signing import KEY_ID_SIZE, Signer, Verifier
from schemas.digest import SIZE, Digest
from schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterable

SIGNATURE_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
MOST_SIGNATURES = 100
NOTE_LIMIT = 1 << 20
DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
CHECKPOINT_LINES = 3


class NoteMalformedError(IntegrityError):
    """Bytes are not a signed note, or not the note they should be."""

    code = "NOTE_MALFORMED"


class NoteUnsignedError(IntegrityError):
    """A note bears no signature by a key that counts."""

    code = "NOTE_UNSIGNED"


def _malformed(why: str) -> NoteMalformedError:
    return NoteMalformedError(f"This is not a valid signed note: {why}.", do="Do not use it; keep it and report it.")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's name and id, and the signature's bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def to_line(self) -> str:
        """Return the line without its newline."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.signature).decode()}"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text that ends in a newline and the signatures over it (C2SP signed-note v1.0.0)."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def sign(cls, text: str, *keys: Signer) -> SignedNote:
        """Return ``text`` signed by each of the keys."""
        message = text.encode()
        return cls(text, tuple(Signature(key.name, key.verifier.id, key.sign(message)) for key in keys))

    @classmethod
    def from_bytes(cls, content: bytes, *, limit: int = NOTE_LIMIT) -> SignedNote:
        """Read a note of at most ``limit`` bytes, by default 1 MiB, with at most 100 signatures.

        Raises:
            NoteMalformedError: it is not one.
        """
        if len(content) > limit:
            raise _malformed(f"it is larger than {limit} bytes")
        try:
            whole = content.decode()
        except UnicodeDecodeError:
            raise _malformed("it is not UTF-8") from None
        if any(character < " " and character != "\n" for character in whole):
            raise _malformed("it contains control characters")
        text, blank, lines = whole.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise _malformed("it has no signatures after a blank line")
        spelled = lines[:-1].split("\n")
        if len(spelled) > MOST_SIGNATURES:
            raise _malformed(f"it has more than {MOST_SIGNATURES} signatures")
        return cls(text + "\n", tuple(_signature(line) for line in spelled))

    def to_bytes(self) -> bytes:
        """Return the note's one spelling."""
        return (self.text + "\n" + "".join(f"{signature.to_line()}\n" for signature in self.signatures)).encode()

    def verify(self, verifiers: Iterable[Verifier]) -> tuple[Verifier, ...]:
        """Return those of ``verifiers`` that signed the text, at least one; unknown keys are passed over.

        Raises:
            SignatureRefusedError: a known key's signature does not fit, whatever the others say.
            NoteUnsignedError: no known key signed.
        """
        known = {(verifier.name, verifier.id): verifier for verifier in verifiers}
        message, proved = self.text.encode(), []
        for signature in self.signatures:
            verifier = known.get((signature.name, signature.key_id))
            if verifier is not None:
                verifier.verify(message, signature.signature)
                proved.append(verifier)
        if not proved:
            raise NoteUnsignedError(
                "The note bears no signature by a key that may sign it.", do="Do not rely on it; ask for the right key."
            )
        return tuple(proved)


def _signature(line: str) -> Signature:
    match = SIGNATURE_LINE.fullmatch(line)
    if match is None:
        raise _malformed("a signature line is malformed")
    try:
        raw = base64.b64decode(match["signature"], validate=True)
    except binascii.Error:
        raise _malformed("a signature is not base64") from None
    if len(raw) <= KEY_ID_SIZE:
        raise _malformed("a signature is too short")
    return Signature(match["name"], raw[:KEY_ID_SIZE], raw[KEY_ID_SIZE:])


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size of a ledger and its Merkle root (C2SP tlog-checkpoint v1.0.0), without extension lines."""

    origin: str
    size: int
    root: Digest

    def to_text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root.raw).decode()}\n"

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read a checkpoint's text; extension lines, which C2SP allows and discourages, are passed over.

        Raises:
            NoteMalformedError: it is not one.
        """
        lines = text.split("\n")
        if len(lines) <= CHECKPOINT_LINES or not lines[0] or not DECIMAL.fullmatch(lines[1]):
            raise _malformed("a checkpoint is an origin, a size and a root, one a line")
        try:
            root = base64.b64decode(lines[2], validate=True)
        except binascii.Error:
            raise _malformed("a checkpoint's root is not base64") from None
        if len(root) != SIZE:
            raise _malformed("a checkpoint's root is not 32 bytes")
        return cls(lines[0], int(lines[1]), Digest(root))
