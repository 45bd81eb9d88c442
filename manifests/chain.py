"""The chain's rules: accept an entry or refuse it. Pure: bytes and what was accepted before in, data out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.acts import FormatUnknownError, check_acts
from manifests.history import History
from manifests.keyring import KeyRing
from manifests.notes import SignedNote
from schemas.errors import ArchiveError, IntegrityError, PolicyError
from schemas.ledger import Act, ArchiveCreated, Entry, KeysChanged
from schemas.merkle import CompactRange, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from manifests.signing import Signer, Verifier
    from schemas.digest import Digest
    from schemas.instant import Instant

ENTRY_FORMAT = "holdfast-entry/v1"
ENTRY_LINES = 4
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


def entry_text(origin: str, entry: Entry) -> str:
    """Return the text of an entry's note (FORMAT 4.1)."""
    return f"{ENTRY_FORMAT}\n{origin}\n{entry.to_bytes().decode()}\n"


def parse_entry(content: bytes) -> tuple[str, Entry, SignedNote]:
    """Return an entry's origin, the entry and its note, without judging it.

    Raises:
        IntegrityError: it is not an entry in its one spelling.
        FormatUnknownError: it is of a later format.
    """
    note = SignedNote.from_bytes(content)
    lines = note.text.split("\n")
    if lines[0] != ENTRY_FORMAT and lines[0].startswith("holdfast-entry/"):
        raise FormatUnknownError(
            f"The ledger holds an entry in the format {lines[0][:40]!r}; this version knows {ENTRY_FORMAT!r}.",
            do="Update Holdfast; nothing was changed.",
        )
    if lines[0] != ENTRY_FORMAT or len(lines) != ENTRY_LINES:
        raise EntryRefusedError("A ledger entry is malformed.", do="Keep it and run 'holdfast verify'.")
    entry = Entry.from_bytes(lines[2].encode())
    if note.to_bytes() != content:
        raise EntryRefusedError("A ledger entry is not in its one spelling.", do="Keep it and run 'holdfast verify'.")
    return lines[1], entry, note


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
    entry = Entry(
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
    check_acts(history, entry)
    return entry


def sign(origin: str, entry: Entry, key: Signer) -> bytes:
    """Return the entry's exact bytes, signed."""
    return SignedNote.sign(entry_text(origin, entry), key).to_bytes()


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
    except ArchiveError as error:
        raise refused(entry.index, error.what) from error
    return Accepted(entry, leaf_hash(content), content, signer)


def rehearse(contents: Iterable[bytes]) -> list[Accepted]:
    """Return entries that were accepted earlier, from 0, after checking that they are still those.

    Each is tied to the next by its hash, and the last one by its signature, under the keys that the first one and
    every change of keys put in force: those are judged again. Other acts and signatures were when they were accepted.

    Raises:
        IntegrityError, FormatUnknownError: they are not.
    """
    known: list[Accepted] = []
    history, head = History(), Head()
    for content in contents:
        origin, entry, note = parse_entry(content)
        check_place(head, entry)
        if entry.index == 0 or isinstance(next(iter(entry.acts), None), KeysChanged):
            check_signature(history, origin, entry, note)
            history.record(entry)
        known.append(Accepted(entry, leaf_hash(content), content))
        head = Head.after(entry, known[-1].leaf)
    if known:
        check_signature(history, origin, entry, note)
    return known


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
