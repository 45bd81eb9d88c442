"""Cosignatures of checkpoints (C2SP tlog-cosignature, Ed25519) and how many of them an archive's policy wants. Pure."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.notes import Signature, SignedNote
from manifests.signing import (
    KEY_ID_SIZE,
    PUBLIC_SIZE,
    KeyMalformedError,
    SignatureRefusedError,
    SigningKey,
    Verifier,
    is_weak,
)
from schemas.digest import Digest
from schemas.errors import InputError, PolicyError
from schemas.instant import Instant, InstantMalformedError

if TYPE_CHECKING:
    from collections.abc import Iterable

TIMESTAMPED_ED25519 = b"\x04"
STAMPED = struct.Struct(">Q64s")
VERIFIER_KEY = re.compile(r"(?P<name>[^\s+\ud800-\udfff]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]+={0,2})")
MICROSECONDS = 1_000_000


class WitnessPolicyError(InputError):
    """A policy asks for more witnesses than it names, or counts one of them twice."""

    code = "WITNESS_POLICY"


class WitnessesMissingError(PolicyError):
    """Fewer witnesses cosigned a checkpoint than the policy wants."""

    code = "WITNESSES_MISSING"


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness as others know it: the name and the public Ed25519 key under which it cosigns."""

    name: str
    public: bytes

    @classmethod
    def of(cls, key: SigningKey) -> Cosigner:
        """Return the public half of a witness's key."""
        return cls(key.name, key.verifier.public)

    @classmethod
    def from_text(cls, text: str) -> Cosigner:
        """Read a C2SP verifier key of the type 0x04: ``name+id+base64(type || public key)``.

        Raises:
            KeyMalformedError: on any other spelling, another type or an id that does not fit.
        """
        match = VERIFIER_KEY.fullmatch(text)
        try:
            raw = base64.b64decode(match["key"], validate=True) if match else b""
        except binascii.Error:
            raw = b""
        if match is None or raw[:1] != TIMESTAMPED_ED25519 or len(raw) != 1 + PUBLIC_SIZE:
            raise KeyMalformedError(
                f"{text[:120]!r} is not the key of a witness that cosigns with Ed25519.",
                do="Use the spelling 'name+id+key' that the witness publishes; 'holdfast witness show' prints it.",
            )
        cosigner = cls(match["name"], raw[1:])
        if cosigner.to_text() != text or is_weak(cosigner.public):
            raise KeyMalformedError(
                f"The key of the witness {cosigner.name!r} does not fit its id, or is none.",
                do="Ask its owner for it again.",
            )
        return cosigner

    def to_text(self) -> str:
        """Return the C2SP spelling."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(TIMESTAMPED_ED25519 + self.public).decode()}"

    @property
    def id(self) -> bytes:
        """The key id in notes, 4 bytes (C2SP tlog-cosignature, 'Format')."""
        return Digest.of(self.name.encode() + b"\n" + TIMESTAMPED_ED25519 + self.public).raw[:KEY_ID_SIZE]

    def made(self, signature: Signature) -> bool:
        """Return whether a signature line says that it is this witness's; whether it is, ``verify`` says."""
        return (signature.name, signature.key_id) == (self.name, self.id)

    def verify(self, text: str, signature: bytes) -> Instant:
        """Return when this witness says that it cosigned the checkpoint ``text``, in whole seconds.

        Raises:
            SignatureRefusedError: it did not, or says no time.
        """
        try:
            seconds, ed25519 = STAMPED.unpack(signature)
            at = Instant(seconds * MICROSECONDS)
        except (struct.error, InstantMalformedError):
            seconds = 0
        if not seconds:
            raise SignatureRefusedError(
                f"The cosignature by {self.name} is malformed.", do="Do not rely on it; keep it and report it."
            )
        Verifier(self.name, self.public).verify(message(text, seconds=seconds), ed25519)
        return at


@dataclass(frozen=True, slots=True)
class Cosignature:
    """What was verified: this witness had seen the checkpoint at that time, by its own clock."""

    witness: Cosigner
    at: Instant


def message(text: str, *, seconds: int) -> bytes:
    """Return what a witness signs (C2SP tlog-cosignature, 'Ed25519 signed message'); ``seconds`` since 1970 in UTC."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def cosign(text: str, key: SigningKey, *, at: Instant) -> Signature:
    """Return the cosignature of the checkpoint ``text``, stamped with the whole second of ``at``."""
    seconds = at.micros // MICROSECONDS
    return Signature(key.name, Cosigner.of(key).id, STAMPED.pack(seconds, key.sign(message(text, seconds=seconds))))


def verified(note: SignedNote, witnesses: Iterable[Cosigner]) -> tuple[Cosignature, ...]:
    """Return who of ``witnesses`` cosigned the note, in their order, each once with its earliest time; or none.

    Raises:
        SignatureRefusedError: a known witness's line does not fit, whatever the others say.
    """
    # By name and id: a stranger's claims may name a hundred thousand witnesses.
    lines: dict[tuple[str, bytes], list[bytes]] = {}
    for line in note.signatures:
        lines.setdefault((line.name, line.key_id), []).append(line.signature)
    found = []
    for witness in witnesses:
        times = [witness.verify(note.text, signature) for signature in lines.get((witness.name, witness.id), ())]
        if times:
            found.append(Cosignature(witness, min(times)))
    return tuple(found)


def joined(note: SignedNote, lines: Iterable[Signature], witnesses: Iterable[Cosigner]) -> SignedNote:
    """Return the note with those of ``lines`` that ``witnesses`` made and the note lacks; lines of others are left out.

    Raises:
        SignatureRefusedError: a line of a known witness does not fit.
    """
    signatures = note.signatures
    for witness in witnesses:
        for line in lines:
            if witness.made(line):
                witness.verify(note.text, line.signature)
                if not any(witness.made(one) for one in signatures):
                    signatures = (*signatures, line)
    return SignedNote(note.text, signatures)


@dataclass(frozen=True, slots=True)
class Policy:
    """How many of which witnesses must have cosigned a checkpoint; none of none asks for nothing.

    A cosignature does not name its maker, so a key that stood in a policy twice would count twice: it may not.
    """

    needed: int = 0
    witnesses: tuple[Cosigner, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.needed <= len(self.witnesses):
            raise WitnessPolicyError(
                f"{self.needed} of {len(self.witnesses)} witnesses cannot be asked for.",
                do="Name more witnesses, or ask for fewer.",
            )
        for kept in ("name", "public"):
            if len({getattr(witness, kept) for witness in self.witnesses}) < len(self.witnesses):
                raise WitnessPolicyError(
                    "Two of the witnesses have the same name or the same key.", do="Name each witness once."
                )


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Who cosigned a checkpoint, held against a policy."""

    needed: int
    cosignatures: tuple[Cosignature, ...]
    absent: tuple[Cosigner, ...]

    @property
    def enough(self) -> bool:
        """Whether the policy is kept."""
        return len(self.cosignatures) >= self.needed

    def statement(self) -> str:
        """Return the judgement in plain words: ``Cosigned by 1 of 2 witnesses (1 needed): w.example at …``."""
        if not self.cosignatures and not self.absent:
            return "No witness is asked for."
        by = ", ".join(f"{made.witness.name} at {made.at}" for made in self.cosignatures)
        total = len(self.cosignatures) + len(self.absent)
        counted = f"Cosigned by {len(self.cosignatures)} of {total} witnesses ({self.needed} needed)"
        return f"{counted}: {by}." if by else f"{counted}."


def judge(note: SignedNote, policy: Policy) -> Witnessed:
    """Return who of the policy's witnesses cosigned the note; whether the log signed it is not asked here.

    Raises:
        SignatureRefusedError: a line of one of them does not fit.
    """
    cosignatures = verified(note, policy.witnesses)
    present = {made.witness for made in cosignatures}
    absent = tuple(witness for witness in policy.witnesses if witness not in present)
    return Witnessed(policy.needed, cosignatures, absent)


def require(note: SignedNote, policy: Policy) -> Witnessed:
    """Return the judgement of a note that keeps the policy.

    Raises:
        WitnessesMissingError: it does not.
        SignatureRefusedError: a line of a witness does not fit.
    """
    witnessed = judge(note, policy)
    if not witnessed.enough:
        raise WitnessesMissingError(
            f"{len(witnessed.cosignatures)} witnesses cosigned the checkpoint; the policy wants {policy.needed}.",
            do=f"Ask {', '.join(witness.name for witness in witnessed.absent)} for a cosignature.",
            cosigned=len(witnessed.cosignatures),
            needed=policy.needed,
        )
    return witnessed
