"""The chain's rules: accept an entry or refuse it. Pure: bytes and what was accepted before in, data out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.acts import FormatUnknownError, check_acts
from manifests.keyring import KeyRing
from manifests.notes import SignedNote
from schemas.errors import ArchiveError, IntegrityError, PolicyError
from schemas.ledger import Act, ArchiveCreated, Entry, Heading, KeysChanged, acts_from_lines, lines_of
from schemas.merkle import CompactRange, leaf_hash, root_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from manifests.history import History
    from manifests.signing import Signer, Verifier
    from schemas.digest import Digest
    from schemas.instant import Instant

ENTRY_FORMAT = "holdfast-entry/v1"
ENTRY_LINES = 4
ENTRY_LIMIT = 1 << 20
SHARED = tuple(name for name in Heading.__struct_fields__ if name not in ("lines", "lines_root"))
CLOCK_TOLERANCE_SECONDS = 300


class EntryRefusedError(IntegrityError):
    """A stored entry breaks a rule of the chain."""

    code = "ENTRY_REFUSED"


class ClockBehindError(PolicyError):
    """The clock runs behind the ledger by more than the tolerance."""

    code = "CLOCK_BEHIND"


@dataclass(frozen=True, slots=True)
class Head:
    """Where the next entry goes: the compact range over all entries, the last one's leaf hash and instant."""

    tree: CompactRange = CompactRange()  # noqa: RUF009 - immutable
    last: Digest | None = None
    at: Instant | None = None

    @property
    def size(self) -> int:
        """How many entries there are; the next one's index."""
        return self.tree.size

    @staticmethod
    def after(entry: Entry, leaf: Digest) -> Head:
        """Return the head after ``entry``, from that entry alone: a cold start reads one entry (FORMAT 4.6)."""
        return Head(CompactRange(entry.index, entry.range).append(leaf), leaf, entry.at)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry that kept the rules, with its leaf hash, its exact bytes, and the key whose signature was judged."""

    entry: Entry
    leaf: Digest
    content: bytes
    signer: Verifier | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """The signed part of an entry: its note, the origin in it, and the heading; it is a leaf of the ledger's tree."""

    origin: str
    heading: Heading
    note: SignedNote

    @classmethod
    def from_bytes(cls, content: bytes) -> Signed:
        """Read an entry's note in its one spelling.

        Raises:
            IntegrityError: it is none.
            FormatUnknownError: it is of a later format.
        """
        _check_format(content)
        note = SignedNote.from_bytes(content)
        lines = note.text.split("\n")
        if lines[0] != ENTRY_FORMAT or len(lines) != ENTRY_LINES:
            raise _malformed("is malformed")
        heading = Heading.from_bytes(lines[2].encode())
        if note.to_bytes() != content:
            raise _malformed("is not in its one spelling")
        return cls(lines[1], heading, note)

    @property
    def leaf(self) -> Digest:
        """Its leaf hash in the ledger's tree."""
        return leaf_hash(self.note.to_bytes())


def _check_format(content: bytes) -> None:
    first = content.partition(b"\n")[0].decode(errors="replace")
    if first != ENTRY_FORMAT and first.startswith("holdfast-entry/"):
        raise FormatUnknownError(
            f"The ledger holds an entry in the format {first[:40]!r}; this version knows {ENTRY_FORMAT!r}.",
            do="Update Holdfast; nothing was changed.",
        )


def _malformed(why: str) -> EntryRefusedError:
    return EntryRefusedError(f"A ledger entry {why}.", do="Keep it and run 'holdfast verify'.")


def split(content: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Return an entry's note and the lines of its acts, unjudged.

    Raises:
        EntryRefusedError: the parts are not there, or it is too large.
        FormatUnknownError: it is of a later format.
    """
    _check_format(content)
    text, first, rest = content.partition(b"\n\n")
    signatures, second, acts = rest.partition(b"\n\n")
    if not first or not second or not acts.endswith(b"\n") or len(content) > ENTRY_LIMIT:
        raise _malformed("is malformed")
    return text + first + signatures + b"\n", tuple(acts[:-1].split(b"\n"))


def leaf_of(content: bytes) -> Digest:
    """Return the leaf hash of an entry (FORMAT 4.2), unjudged.

    Raises:
        EntryRefusedError: it is no entry.
    """
    return leaf_hash(split(content)[0])


def leaves_of(lines: Sequence[bytes]) -> tuple[Digest, ...]:
    """Return the leaf hashes of the lines of an entry's acts."""
    return tuple(leaf_hash(line) for line in lines)


def parse_entry(content: bytes) -> tuple[str, Entry, SignedNote]:
    """Return an entry's origin, the entry and its note, without judging it.

    Raises:
        IntegrityError: it is not an entry in its one spelling, or the acts are not those that were signed.
        FormatUnknownError: it is of a later format.
    """
    head, lines = split(content)
    signed = Signed.from_bytes(head)
    heading = signed.heading
    if (len(lines), root_of(leaves_of(lines))) != (heading.lines, heading.lines_root):
        raise _malformed("holds other acts than those that were signed")
    shared = {name: getattr(heading, name) for name in SHARED}
    return signed.origin, Entry(acts=acts_from_lines(lines), **shared), signed.note


def compose(history: History, head: Head, *, acts: tuple[Act, ...], clock: Instant, actor: str, software: str) -> Entry:
    """Return the entry that commits ``acts`` next.

    Raises:
        ClockBehindError: the clock is more than five minutes behind the last entry.
        ActRefusedError: an act does not fit the history.
    """
    at = max(clock, head.at) if head.at else clock
    if at.micros - clock.micros > CLOCK_TOLERANCE_SECONDS * 1_000_000:
        raise ClockBehindError(
            f"This machine's clock says {clock}, but the ledger's last entry was written at {at}.",
            do="Correct the clock (or find out who wrote with a wrong one), then run the command again; "
            "what was captured is kept and will be sealed then.",
            clock=str(clock),
            ledger=str(at),
        )
    entry = entry_after(head, acts=acts, at=at, clock=clock, actor=actor, software=software)
    check_acts(history, entry)
    return entry


def entry_after(head: Head, *, acts: tuple[Act, ...], at: Instant, clock: Instant, actor: str, software: str) -> Entry:
    """Return the entry with these acts that stands after ``head``; whether the acts fit is not asked."""
    return Entry(
        index=head.size,
        at=at,
        clock=clock,
        actor=actor,
        software=software,
        root=head.tree.root,
        acts=acts,
        previous=head.last,
        range=head.tree.peaks,
    )


def sign(origin: str, entry: Entry, key: Signer) -> bytes:
    """Return the entry's exact bytes: its note, signed, and its acts (FORMAT 4.1)."""
    lines = lines_of(entry.acts)
    shared = {name: getattr(entry, name) for name in SHARED}
    heading = Heading(lines=len(lines), lines_root=root_of(leaves_of(lines)), **shared)
    note = SignedNote.sign(f"{ENTRY_FORMAT}\n{origin}\n{heading.to_bytes().decode()}\n", key)
    return note.to_bytes() + b"\n" + b"\n".join(lines) + b"\n"


def accept(history: History, head: Head, content: bytes) -> Accepted:
    """Return the entry in ``content`` when it may follow ``head``, or refuse it. The steps are those of FORMAT 4.7.

    Raises:
        IntegrityError: a rule is broken.
        FormatUnknownError: it is of a later format.
    """
    origin, entry, note = parse_entry(content)  # steps 1 to 3: note, format, canonical spelling
    check_place(head, entry)  # steps 4 to 6: index, predecessor, tree, clock
    signer = check_signature(history, origin, entry, note)  # step 7
    try:
        check_acts(history, entry)  # step 8
    except FormatUnknownError:
        raise  # it breaks no rule that is known here: the advice is to update (FORMAT 7.1)
    except ArchiveError as error:
        raise refused(entry.index, error.what) from error
    return Accepted(entry, leaf_of(content), content, signer)


def refused(index: int, why: str) -> EntryRefusedError:
    """Return the refusal of entry ``index``."""
    return EntryRefusedError(
        f"Ledger entry {index} breaks a rule: {why.rstrip('.')}.",
        do="Stop, keep everything and run 'holdfast verify'.",
        index=index,
    )


def check_place(head: Head, entry: Entry) -> None:
    """Check that an entry stands where it says, after what it says, with a plausible clock.

    Raises:
        EntryRefusedError: it does not.
    """
    if entry.index != head.size:
        raise refused(head.size, f"it says that its index is {entry.index}")
    if entry.previous != head.last:
        raise refused(entry.index, "it does not name the entry before it")
    if entry.range != head.tree.peaks or entry.root != head.tree.root:
        raise refused(entry.index, "it commits to other earlier entries than those that are there")
    before = head.at or entry.clock
    if (head.at or entry.index == 0) and entry.at != max(entry.clock, before):
        raise refused(entry.index, "its instant is neither its clock's nor that of the entry before")
    if entry.at.micros - entry.clock.micros > CLOCK_TOLERANCE_SECONDS * 1_000_000:
        raise refused(entry.index, "its clock is more than five minutes behind the entry before")


def check_signature(history: History, origin: str, entry: Entry, note: SignedNote) -> Verifier:
    """Return the one key that signed an entry, after checking that it might; the first entry names its own keys.

    Raises:
        EntryRefusedError: it is another archive's, unsigned, or signed by a key that was not in force.
    """
    try:
        ring, verifiers = _keys_of(history, entry)
        if ring.origin != origin or not ring.periods:
            raise refused(entry.index, f"it belongs to another archive, {origin[:80]!r}")
        (signer, *_) = note.verify(verifiers)
    except EntryRefusedError:
        raise
    except ArchiveError as error:
        raise refused(entry.index, error.what) from error
    if len(note.signatures) != 1:
        raise refused(entry.index, "it bears more than one signature")
    return signer


def may_sign(history: History, entry: Entry) -> tuple[Verifier, ...]:
    """Return the keys that may sign ``entry``.

    Raises:
        StatementRefusedError, StatementUnsignedError: it adopts a key statement that may not be adopted.
    """
    return _keys_of(history, entry)[1]


def _keys_of(history: History, entry: Entry) -> tuple[KeyRing, tuple[Verifier, ...]]:
    ring = history.keys
    match next(iter(entry.acts), None):
        case ArchiveCreated() as act if entry.index == 0:
            ring = KeyRing.founded(act)
        case KeysChanged() as act:
            return ring, ring.adopters(act.statement, index=entry.index)
        case _:
            pass
    return ring, ring.verifiers("entry", at=entry.index)
