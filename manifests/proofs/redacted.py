"""The proof of a record of which some parts are hidden, checked offline (FORMAT 6.9). Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from manifests.proofs.hops import Hops, follow, refused
from schemas.canonical import Canonical
from schemas.digest import SIZE, Digest
from schemas.parts import NAME_END, NATIVE, TEXT, commitment_to, leaf_of
from schemas.record import Normalised, Provenance, Slice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from manifests.proofs.hops import Proved
    from manifests.proofs.vouching import Trust

REDACTED = "redacted"
"""The flag of a view that a redacted record gives, and what stands for an identifier that is hidden."""
KINDS = ("normalised", "provenance")
NATIVE_NAME, TEXT_NAME, TITLE_NAME = NATIVE.decode(), TEXT.decode(), "normalised.title"
WORDS = (TITLE_NAME, TEXT_NAME)
MEMBERS = frozenset(
    (
        NATIVE_NAME,
        *(f"normalised.{one.name}" for one in msgspec.structs.fields(Normalised)),
        *(f"provenance.{one.name}" for one in msgspec.structs.fields(Provenance)),
    )
)
"""The names of all parts that a record may have."""
MARK = "[redacted: "
HIDDEN_SLICE = Slice(exchange=REDACTED, uri=REDACTED, offset=0, length=0)


class ProofPart(Canonical, frozen=True):
    """A part of a record (FORMAT 3.2): shown, with ``nonce`` and ``value``, or hidden, with its ``commitment``.

    ``reason`` says why it is hidden, and ``instead`` what is printed in place of hidden words: the producer's word.
    """

    name: str
    nonce: str | None = None
    value: str | None = None
    commitment: Digest | None = None
    reason: str | None = None
    instead: str | None = None

    @property
    def hidden(self) -> bool:
        """Whether it is hidden."""
        return self.commitment is not None

    def committed(self) -> bytes:
        """Return its commitment, which of a part that is shown follows from what it says.

        Raises:
            RecordProofError: it is neither shown nor hidden, or both.
        """
        shown, hidden = (self.nonce, self.value), (self.reason, self.instead)
        if self.nonce is not None and self.value is not None and self.commitment is None and hidden == (None, None):
            raw = _raw(self.value) if self.name == NATIVE_NAME else self.value.encode()
            return commitment_to(_raw(self.nonce), self.name.encode() + NAME_END + raw)
        if self.commitment is not None and shown == (None, None) and (self.instead is None or self.name in WORDS):
            return self.commitment.raw
        raise refused(f"its part {self.name[:40]!r} is neither shown nor hidden")


class RedactedProof(Hops, frozen=True, tag_field="proves", tag="redacted-record"):
    """Everything that leads from those parts of a record that are shown to a signed checkpoint."""

    parts: tuple[ProofPart, ...]


def check(proof: RedactedProof, trust: Trust) -> Proved:
    """Return what ``proof`` proves of the parts that it shows. The steps are those of FORMAT 6.9.

    Raises:
        IntegrityError: any step fails.
        PolicyError: a time stamp is not trusted.
    """
    _demand_order([part.name for part in proof.parts])
    _demand_marked(proof.parts)
    if Digest(leaf_of([part.committed() for part in proof.parts])) != proof.record:
        raise refused("its parts do not make its id")
    return follow(proof, *view_of(proof.parts), tuple(_shows(proof)), trust)


def view_of(parts: Sequence[ProofPart]) -> tuple[Normalised, Provenance]:
    """Return what the parts that are shown say: a view without what is hidden, flagged ``redacted``.

    An item's hidden id is ``redacted``, a hidden source a slice of nothing.

    Raises:
        IntegrityError: what is shown is no view, or not in its one spelling; its kind, type or account is hidden.
    """
    said: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for name, same in groupby(parts, key=lambda part: part.name):
        kind, _, member = name.partition(".")
        if kind in said and (value := _said(name, tuple(same))) is not None:
            said[kind][member] = value
    normalised, provenance = (said[kind] for kind in KINDS)
    normalised.setdefault("item", REDACTED)
    normalised["flags"] = [*normalised.get("flags", ()), REDACTED]
    provenance.setdefault("source", HIDDEN_SLICE.to_plain())
    view, origin = Normalised.from_plain(normalised), Provenance.from_plain(provenance)
    plain = {kind: msgspec.json.decode(said.to_bytes()) for kind, said in zip(KINDS, (view, origin), strict=True)}
    plain["normalised"]["flags"].remove(REDACTED)
    _demand_spelled(parts, plain)
    return view, origin


def mark(reason: str) -> str:
    """Return what stands in place of words that are redacted."""
    return f"{MARK}{reason}]"


def reasons(parts: Sequence[ProofPart]) -> Mapping[str, tuple[str, ...]]:
    """Return the names of what is hidden for a reason, in order, each with its reasons, in order and each once."""
    found: dict[str, dict[str, None]] = {}
    for part in parts:
        if part.hidden and part.reason:
            found.setdefault(part.name, {})[part.reason] = None
    return {name: tuple(several) for name, several in found.items()}


def labelled(parts: Sequence[ProofPart]) -> Iterator[tuple[str, ProofPart]]:
    """Yield each part with what people call it: ``author``, ``account``, ``native``; pieces of the text ``text.1``."""
    number = 0
    for part in parts:
        number += part.name == TEXT_NAME
        member = part.name.rpartition(".")[2]
        yield f"{member}.{number}" if part.name == TEXT_NAME else member, part


def told(parts: Sequence[ProofPart]) -> Iterator[str]:
    """Yield what parts say, a part a line."""
    for label, part in labelled(parts):
        if part.hidden:
            instead = f", shown instead: {part.instead!r}" if part.instead else ""
            yield f"{label}: hidden{f' ({part.reason})' if part.reason else ''}{instead}"
        else:
            yield f"{label}: {part.value if part.name != TEXT_NAME else repr(part.value)}"


def _said(name: str, parts: tuple[ProofPart, ...]) -> object:
    """Return the value of a member of which these are the parts; ``None`` where it is hidden and nothing is instead."""
    if name == TEXT_NAME:
        return "".join(part.value if part.value is not None else part.instead or "" for part in parts)
    (part,) = parts
    if part.value is None:
        return part.instead
    try:
        return msgspec.json.decode(part.value)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise refused(f"its part {name[:40]!r} is no JSON") from error


def _demand_spelled(parts: Sequence[ProofPart], plain: Mapping[str, Mapping[str, Any]]) -> None:
    """Demand that what is shown is spelled as its structures spell it, in which defaults are left out.

    Raises:
        RecordProofError: it is not.
    """
    for part in parts:
        kind, _, member = part.name.partition(".")
        if part.value is not None and kind in plain and part.name != TEXT_NAME:
            value = plain[kind].get(member)
            if value in (None, [], {}) or msgspec.json.encode(value, order="sorted") != part.value.encode():
                raise refused(f"its part {part.name[:40]!r} is not in its one spelling")


def _demand_marked(parts: Sequence[ProofPart]) -> None:
    """Demand that where something is printed instead of hidden words, a mark says so.

    Raises:
        RecordProofError: it does not.
    """
    for (name, hidden), same in groupby(parts, key=lambda part: (part.name, part.hidden)):
        told = [part for part in same if part.instead is not None] if hidden else []
        printed = "".join(part.instead or "" for part in told)
        if any(part.reason is None for part in told) or (printed and MARK not in printed):
            raise refused(f"nothing says that words are redacted in its part {name[:40]!r}")


def _demand_order(names: Sequence[str]) -> None:
    """Demand that the parts stand as a record has them, so that a hidden one can hardly be called by another name.

    Raises:
        RecordProofError: they do not.
    """
    ordered = [name for name, _ in groupby(names)]
    kinds = [name.partition(".")[0] for name in ordered]
    once = [name for name in names if name != TEXT_NAME]
    if not MEMBERS.issuperset(names):
        raise refused("it has a part that no record has")
    if (
        kinds[:1] != [NATIVE_NAME]
        or [kind for kind, _ in groupby(kinds)] != [NATIVE_NAME, *KINDS]
        or ordered != [NATIVE_NAME, *sorted(ordered[1:])]
        or len(set(once)) != len(once)
    ):
        raise refused("its parts are not those of a record, in their order")


def _shows(proof: RedactedProof) -> Iterator[str]:
    hidden = [part for part in proof.parts if part.hidden]
    parted = sum(bool(part.instead) for part in hidden)
    yield (
        f"It is redacted: of the {len(proof.parts)} parts of record {proof.record}, the "
        f"{len(proof.parts) - len(hidden)} that are shown are what was captured, and {len(hidden)} are hidden."
    )
    if parted:
        yield f"What is printed in place of {parted} of these is the word of whoever produced it."


def _raw(spelled: str) -> bytes:
    if len(spelled) != 2 * SIZE or not set(spelled) <= set("0123456789abcdef"):
        raise refused("a nonce or digest of its parts is malformed")
    return bytes.fromhex(spelled)
