"""The chain's rules: accept an entry or refuse it. Pure: bytes and what was accepted before in, data out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.history import History
from manifests.notes import SignedNote
from manifests.signing import SigningKey, Verifier
from schemas.errors import ArchiveError, ConflictError, InputError, IntegrityError, PolicyError
from schemas.ledger import (
    FORMAT,
    AccountRegistered,
    Act,
    ArchiveCreated,
    BatesAssigned,
    Captured,
    Entry,
    Produced,
)
from schemas.merkle import CompactRange, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.digest import Digest
    from schemas.instant import Instant

ENTRY_FORMAT = "holdfast-entry/v1"
ENTRY_LINES = 4
CLOCK_TOLERANCE_SECONDS = 300


class EntryRefusedError(IntegrityError):
    """A stored entry breaks a rule of the chain."""

    code = "ENTRY_REFUSED"


class ActRefusedError(ConflictError):
    """An act does not fit what the ledger says already."""

    code = "ACT_REFUSED"


class FormatUnknownError(InputError):
    """The archive is written in a format that this version does not know."""

    code = "FORMAT_UNKNOWN"


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
    """An entry that kept the rules, with its leaf hash and its exact bytes."""

    entry: Entry
    leaf: Digest
    content: bytes


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


def sign(origin: str, entry: Entry, key: SigningKey) -> bytes:
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
    check_signature(history, origin, entry, note)  # step 7
    try:
        check_acts(history, entry)  # step 8
    except ArchiveError as error:
        raise refused(entry.index, error.what) from error
    return Accepted(entry, leaf_hash(content), content)


def rehearse(contents: Iterable[bytes]) -> list[Accepted]:
    """Return entries that were accepted earlier, from 0, after checking that they are still those.

    Each is tied to the next by its hash, and the last one by its signature; acts and the other signatures were judged
    when they were accepted.

    Raises:
        IntegrityError, FormatUnknownError: they are not.
    """
    known: list[Accepted] = []
    history, head = History(), Head()
    for content in contents:
        origin, entry, note = parse_entry(content)
        check_place(head, entry)
        known.append(Accepted(entry, leaf_hash(content), content))
        head = Head.after(entry, known[-1].leaf)
    if known:
        history.record(known[0].entry)
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


def check_signature(history: History, origin: str, entry: Entry, note: SignedNote) -> None:
    """Check that one key that may sign entries signed this one; the first entry names its own keys.

    Raises:
        EntryRefusedError: it is another archive's, or unsigned.
    """
    created = history.created
    if entry.index == 0 and entry.acts and isinstance(entry.acts[0], ArchiveCreated):
        created = entry.acts[0]
    if created is None or created.origin != origin:
        raise refused(entry.index, f"it belongs to another archive, {origin[:80]!r}")
    verifiers = [Verifier.from_text(key.verifier) for key in created.keys if key.purpose == "entry"]
    try:
        note.verify(verifiers)
    except IntegrityError as error:
        raise refused(entry.index, error.what) from error
    if len(note.signatures) != 1:
        raise refused(entry.index, "it bears more than one signature")


def _act_refused(why: str, do: str) -> ActRefusedError:
    return ActRefusedError(why, do=do)


def check_acts(history: History, entry: Entry) -> None:
    """Check an entry's acts against what the ledger says, and against each other.

    Raises:
        ActRefusedError: one does not fit.
        FormatUnknownError: the archive is of a later format.
    """
    if not entry.acts:
        raise _act_refused("An entry needs at least one act.", "Report this.")
    if len(entry.acts) > 1 and not all(isinstance(act, Captured) for act in entry.acts):
        raise _act_refused("Only captures share an entry.", "Commit one act after the other.")
    captured: set[str] = set()
    for position, act in enumerate(entry.acts):
        match act:
            case ArchiveCreated():
                _check_created(act, first=entry.index == 0 and position == 0)
            case _ if entry.index == 0 and position == 0:
                raise _act_refused("A ledger begins with the creation of its archive.", "Report this.")
            case AccountRegistered():
                if act.account.name in history.accounts:
                    raise _act_refused(
                        f"An account named {act.account.name!r} is registered already.", "Choose another name."
                    )
            case Captured():
                _check_captured(history, act, entry, others=captured)
                captured |= {act.poll.capture, act.poll.account}
            case BatesAssigned():
                _check_bates(history, act)
            case Produced():
                _check_produced(history, act, entry.index)


def _check_created(act: ArchiveCreated, *, first: bool) -> None:
    if not first:
        raise _act_refused("An archive is created once.", "Use another folder for another archive.")
    if act.format != FORMAT:
        raise FormatUnknownError(
            f"The archive is of format {act.format[:40]!r}; this version knows {FORMAT!r}.",
            do="Update Holdfast; nothing was changed.",
        )


def _check_captured(history: History, act: Captured, entry: Entry, *, others: set[str]) -> None:
    poll, account = act.poll, history.accounts.get(act.poll.account)
    if account is None:
        raise _act_refused(f"No account {poll.account!r} is registered.", "Register it first.")
    if poll.capture in history.captures or poll.capture in others:
        raise _act_refused(f"The capture {poll.capture} is in the ledger already.", "Nothing is to be done.")
    if poll.account in others:
        raise _act_refused(f"The entry carries two captures of {poll.account!r}.", "Commit one after the other.")
    before = history.last_capture.get(poll.account)
    if act.base != (before[0] if before else None):
        raise _act_refused(
            f"Another capture of {poll.account!r} was sealed meanwhile.", "Compare with that one and seal again."
        )
    if not poll.started <= poll.ended:
        raise _act_refused(f"The capture {poll.capture} ended before it started.", "Correct the clock.")
    if any(partition.account != poll.account for partition in act.partitions):
        raise _act_refused(f"The capture {poll.capture} carries another account's records.", "Report this.")
    if act.base is not None and act.base >= entry.index:
        raise _act_refused(f"The capture {poll.capture} builds on a later one.", "Report this.")


def _check_bates(history: History, act: BatesAssigned) -> None:
    due = history.bates_next.get(act.bates.prefix, 1)
    if act.bates.first != due:
        raise _act_refused(
            f"The next number under {act.bates.prefix!r} is {due}, not {act.bates.first}.", "Number the pages again."
        )
    if act.production in history.bates:
        raise _act_refused(f"The production {act.production} has its numbers already.", "Start a new production.")


def _check_produced(history: History, act: Produced, index: int) -> None:
    if history.bates.get(act.production) != act.bates:
        raise _act_refused(f"The production {act.production} was not given these numbers.", "Number it first.")
    if act.production in history.produced:
        raise _act_refused(f"The production {act.production} is sealed already.", "Start a new production.")
    if not 0 < act.ledger_size <= index:
        raise _act_refused(f"The production {act.production} is proved at a later ledger.", "Report this.")
