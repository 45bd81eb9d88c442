"""What the accepted entries say: accounts, captures, numbers, productions, holds. A fold, the only source of state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from manifests.dispositions.plans import Disposing, Plan, plan_after
from manifests.dispositions.replacements import Replacements
from manifests.keyring import KeyRing
from manifests.matters import Matter, matter_after
from manifests.registers import Deletion, Registers, Replacement, Row
from schemas.account import Account
from schemas.canonical import spell, unspell
from schemas.disposition import Replaced
from schemas.holds import Covered, Hold
from schemas.instant import Instant
from schemas.ledger import (
    AccountRegistered,
    ArchiveCreated,
    AttemptRefused,
    AttestorsNamed,
    BatesAssigned,
    Captured,
    ClassificationAdopted,
    DeletionBegun,
    DispositionBegun,
    DispositionCertified,
    DispositionPlanned,
    DispositionStopped,
    Entry,
    EventDeclared,
    HoldAmended,
    HoldPlaced,
    HoldReleased,
    KeysChanged,
    LocksRenewed,
    MatterClosed,
    MatterOpened,
    MatterStepped,
    ObjectsCondemned,
    ObjectsDestroyed,
    Produced,
    RecordsClassified,
    RecordsTransferred,
    ScheduleAdopted,
)
from schemas.production import BatesRange
from schemas.retention import Classification

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from manifests.signing import Verifier
    from schemas.capture import Poll
    from schemas.digest import Digest
    from schemas.ledger import Act, KeyPurpose
    from schemas.partition import Partition
    from schemas.stored import StoredObject

Naming: TypeAlias = (
    Captured
    | Produced
    | RecordsTransferred
    | DispositionPlanned
    | ObjectsCondemned
    | DispositionCertified
    | MatterOpened
    | MatterClosed
)
"""The acts that name objects."""


@dataclass(frozen=True, slots=True)
class Named:
    """An object that the ledger names: by which entry, and of which account, where it is of one."""

    stored: StoredObject
    entry: int
    account: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A partition as an entry names it, and the object that holds what is left of it, with how many rows.

    ``leaves`` is absent while it is whole; ``stored`` where nothing is left.
    """

    partition: Partition
    entry: int
    stored: StoredObject | None
    rows: int
    leaves: StoredObject | None = None


class Standing(msgspec.Struct, kw_only=True):
    """What is small however long the ledger grows, and kept whole in memory.

    ``naming`` and ``naming_of`` are how many acts name objects, all and of each account; ``sealing`` how many of each
    account name partitions; ``statements`` the adopted key statements and ``attestors`` all that were ever named, each
    with its entry.
    ``schedules`` are, by name, the entries that adopted those in force; ``classification`` is the one in force itself,
    with its entry; ``classified`` and ``declared`` are the entries in which people said what records are, and when
    something happened. ``transferred`` are the transfers that an archives confirmed, by name. ``last_capture`` holds an
    account's last capture, and the entry after which what is held of it changed last: that one, or one that condemned
    some of it (``condemned``). ``held_at`` is the size of the ledger when a hold was placed or amended last,
    ``replacing`` how many objects were replaced, ``deleting`` how often one was said to be being deleted, or gone.
    """

    size: int = 0
    naming: int = 0
    sealing: dict[str, int] = {}
    naming_of: dict[str, int] = {}
    created: ArchiveCreated | None = None
    accounts: dict[str, Account] = {}
    registered: dict[str, int] = {}
    polls: dict[str, int] = {}
    failures: dict[str, int] = {}
    last_capture: dict[str, tuple[int, Captured]] = {}
    last_read: dict[str, Instant] = {}
    bates_next: dict[str, int] = {}
    bates: dict[str, BatesRange] = {}
    bates_at: dict[str, Instant] = {}
    produced: dict[str, Produced] = {}
    produced_at: dict[str, Instant] = {}
    holds: dict[str, Hold] = {}
    released: dict[str, Hold] = {}
    renewed: LocksRenewed | None = None
    schedules: dict[str, int] = {}
    classification: tuple[int, Classification] | None = None
    classified: list[int] = []
    declared: list[int] = []
    statements: list[tuple[int, str]] = []
    attestors: list[tuple[int, AttestorsNamed]] = []
    transferred: dict[str, RecordsTransferred] = {}
    matters: dict[str, Matter] = {}
    plans: dict[str, Plan] = {}
    condemned: dict[str, int] = {}
    held_at: int = 0
    replacing: int = 0
    deleting: int = 0


class History(Standing, kw_only=True):
    """What the first ``size`` entries say: what is small by itself, what grows in ``registers``.

    It is the one mutable value of this floor: ``record`` adds an accepted entry to it.
    """

    registers: Registers = msgspec.field(default_factory=Registers)
    keys: KeyRing = KeyRing()

    @classmethod
    def restored(cls, content: bytes, registers: Registers) -> History:
        """Return the history whose ``standing`` was kept, beside its registers.

        Raises:
            NotCanonicalError: it was not.
        """
        history = cls(**msgspec.structs.asdict(unspell(content, Standing)), registers=registers)
        if history.created is not None:
            history.keys = KeyRing.founded(history.created)
        for index, statement in history.statements:
            history.keys = history.keys.adopting(statement, index=index)
        return history

    def standing(self) -> bytes:
        """Return what is not in the registers, to be kept."""
        return spell(Standing(**{name: getattr(self, name) for name in Standing.__struct_fields__}))

    def verifiers(self, purpose: KeyPurpose, *, at: int | None = None) -> tuple[Verifier, ...]:
        """Return the keys that may sign for ``purpose`` at ledger index ``at``, or next (``KeyRing.verifiers``)."""
        return self.keys.verifiers(purpose, at=at)

    def attestors_at(self, size: int) -> AttestorsNamed:
        """Return who is to vouch for the checkpoint over the first ``size`` entries, as named last in these."""
        return next((act for index, act in reversed(self.attestors) if index < size), AttestorsNamed())

    def find_last_poll(self, account: str) -> Poll | None:
        """Return the last poll of an account, an import too."""
        _, last = self.last_capture.get(account, (0, None))
        return last.poll if last else None

    def find_capture(self, name: str) -> int | None:
        """Return the index of the entry that holds a capture, or ``None``."""
        return self.registers.find_capture(name, size=self.size)

    def sealed(self, account: str, *, start: int = 0) -> Iterator[tuple[int, Captured]]:
        """Yield an account's captures that sealed records, each with its entry; ``start`` of them are left out."""
        for row in self.registers.sealed(account, start=start, count=self.sealing.get(account, 0)):
            yield row.entry, unspell(row.content, Captured)

    @property
    def replacements(self) -> Replacements:
        """Which objects stand for those that acts name, and which are not read any more.

        Raises:
            RegistersDamagedError: something of that is missing or altered.
        """
        self.registers.check_replacements(replaced=self.replacing, deleted=self.deleting)
        return Replacements(self.registers, self.plans, self.size, self.replacing)

    def places(self, account: str, *, start: int = 0) -> Iterator[Place]:
        """Yield what is left of an account's partitions, but for the first ``start`` captures that sealed any."""
        for entry, act in self.sealed(account, start=start):
            yield from self.places_of(entry, act)

    def places_of(self, entry: int, act: Captured) -> Iterator[Place]:
        """Yield what is left of the partitions that a capture sealed."""
        replacements = self.replacements
        return (_place(partition, entry, replacements) for partition in act.partitions)

    def captures(self, account: str) -> Iterator[tuple[int, Captured]]:
        """Yield an account's captures that left objects, each with its entry, in order."""
        for row in self.registers.acts_of(account, count=self.naming_of.get(account, 0)):
            act = unspell(row.content, Naming)
            if isinstance(act, Captured):
                yield row.entry, act

    def objects_of_account(self, account: str) -> Iterator[StoredObject]:
        """Yield every object that acts about an account name, also what is not read any more."""
        for row in self.registers.acts_of(account, count=self.naming_of.get(account, 0)):
            yield from objects_of(unspell(row.content, Naming))

    def named(self, *, start: int = 0) -> Iterator[Named]:
        """Yield every object that the entries from ``start`` on name, in order, also what is not read any more."""
        for row in self.registers.acts(entry=start, count=self.naming):
            for stored in objects_of(unspell(row.content, Naming)):
                yield Named(stored, row.entry, row.account)

    def objects(self, *, start: int = 0) -> Iterator[Named]:
        """Yield every object that the entries from ``start`` on name, in their order, and that is not condemned."""
        replacements = self.replacements
        return (one for one in self.named(start=start) if not replacements.is_out(one.stored.key))

    def record(self, entry: Entry, nodes: Iterable[tuple[int, int, Digest]] = ()) -> None:
        """Add an accepted entry; ``nodes`` are the perfect subtrees that it completed."""
        for act in entry.acts:
            self._stand(entry, act)
        self.registers.enter(
            captures=[(act.poll.capture, entry.index) for act in entry.acts if isinstance(act, Captured)],
            acts=[self._row(entry.index, act) for act in entry.acts if objects_of(act)],
            nodes=nodes,
            replacements=[one for act in entry.acts for one in self._replacements(entry.index, act)],
            deletions=[one for act in entry.acts for one in self._deletions(entry.index, act)],
        )
        self.size = entry.index + 1

    def _stand(self, entry: Entry, act: Act) -> None:  # noqa: C901, PLR0912 - a case for each act
        match act:
            case ArchiveCreated():
                self.created, self.keys = act, KeyRing.founded(act)
            case AccountRegistered():
                self.accounts[act.account.name] = act.account
                self.registered[act.account.name] = entry.index
            case Captured():
                self._captured(entry, act)
            case BatesAssigned():
                self.bates[act.production] = act.bates
                self.bates_at[act.production] = entry.at
                self.bates_next[act.bates.prefix] = act.bates.last + 1
            case Produced():
                self.produced[act.production] = act
                self.produced_at[act.production] = entry.at
            case HoldPlaced() | HoldAmended() | HoldReleased():
                self._held(entry, act)
            case ScheduleAdopted():
                self.schedules[act.schedule.name] = entry.index
            case ClassificationAdopted():
                self.classification = (entry.index, act.classification)
            case RecordsClassified():
                self.classified.append(entry.index)
            case EventDeclared():
                self.declared.append(entry.index)
            case (
                DispositionPlanned()
                | DispositionBegun()
                | ObjectsCondemned()
                | DeletionBegun()
                | ObjectsDestroyed()
                | DispositionStopped()
                | DispositionCertified()
            ):
                self._disposed(entry, act)
            case LocksRenewed():
                self.renewed = act
            case KeysChanged():
                self.keys = self.keys.adopting(act.statement, index=entry.index)
                self.statements.append((entry.index, act.statement))
            case AttestorsNamed():
                self.attestors.append((entry.index, act))
            case RecordsTransferred():
                self.transferred[act.transfer] = act
            case MatterOpened() | MatterStepped() | MatterClosed():
                matter = matter_after(self.matters.get(act.matter), act)
                if matter is not None:
                    self.matters[act.matter] = matter
            case AttemptRefused():
                pass  # it changed nothing

    def _disposed(self, entry: Entry, act: Disposing) -> None:
        plan = plan_after(self.plans.get(act.plan), entry, act)
        if plan is not None:
            self.plans[act.plan] = plan
        if isinstance(act, ObjectsCondemned) and act.account is not None:
            self._condemned(act.account, entry.index)
        if isinstance(act, DispositionStopped):
            # What it condemned is read again.
            for account in self.accounts:
                self._condemned(account, entry.index)

    def _condemned(self, account: str, entry: int) -> None:
        """Note that less, or more, is held of an account from here on: a capture must be compared with what is left."""
        self.condemned[account] = entry
        if account in self.last_capture:
            self.last_capture[account] = (entry, self.last_capture[account][1])

    def _replacements(self, entry: int, act: Act) -> Iterator[Replacement]:
        if isinstance(act, ObjectsCondemned):
            strays = (Replaced(key=key, was=key) for key in act.strays)
            for one in (*act.replaced, *strays):
                self.replacing += 1
                yield Replacement(self.replacing - 1, entry, act.plan, one)

    def _deletions(self, entry: int, act: Act) -> Iterator[Deletion]:
        for key in act.keys if isinstance(act, DeletionBegun | ObjectsDestroyed) else ():
            self.deleting += 1
            yield Deletion(self.deleting - 1, entry, key, "begun" if isinstance(act, DeletionBegun) else "done")

    def _held(self, entry: Entry, act: HoldPlaced | HoldAmended | HoldReleased) -> None:
        # An audit goes on after a damaged entry, which may have been the one that placed the hold.
        before = self.holds.pop(act.hold, None)
        if not isinstance(act, HoldReleased):
            self.held_at = entry.index + 1
        match act:
            case HoldPlaced():
                covered = Covered(entry=entry.index, scope=act.scope)
                self.holds[act.hold] = Hold(hold=act.hold, reason=act.reason, covered=(covered,), matter=act.matter)
            case HoldAmended() if before is not None:
                covered = Covered(entry=entry.index, scope=act.scope)
                self.holds[act.hold] = msgspec.structs.replace(before, covered=(*before.covered, covered))
            case HoldReleased() if before is not None:
                self.released[act.hold] = before
            case _:
                pass

    def _captured(self, entry: Entry, act: Captured) -> None:
        account, failed = act.poll.account, act.poll.outcome in ("failed", "interrupted")
        self.polls[account] = self.polls.get(account, 0) + 1
        self.failures[account] = self.failures.get(account, 0) + failed
        self.last_capture[account] = (entry.index, act)
        answered = act.poll.outcome in ("captured", "partial", "unchanged")
        # Of a look that is doubted nobody can say what it showed.
        if act.poll.method != "import" and answered and act.poll.sanity == "plausible":
            self.last_read[account] = act.poll.started

    def _row(self, entry: int, act: Act) -> Row:
        """Return the row of an act that names objects, the next one."""
        number, account, sealed = self.naming, None, None
        self.naming += 1
        if isinstance(act, Captured):
            account = act.poll.account
            if act.partitions:
                sealed = self.sealing.get(account, 0)
                self.sealing[account] = sealed + 1
        elif isinstance(act, ObjectsCondemned):
            account = act.account
        if account is not None:
            self.naming_of[account] = self.naming_of.get(account, 0) + 1
        return Row(number, entry, account, sealed, spell(act))


def objects_of(act: Act) -> tuple[StoredObject, ...]:
    """Return every object that an act names."""
    match act:
        case Captured():
            return (*(partition.stored for partition in act.partitions), *act.exchanges)
        case Produced():
            return (act.document,)
        case RecordsTransferred():
            return (act.listed,)
        case DispositionPlanned():
            return (act.listed,)
        case ObjectsCondemned():
            return tuple(stored for one in act.replaced for stored in (one.now, one.leaves) if stored)
        case DispositionCertified():
            return (act.certificate,)
        case MatterOpened(text=text) | MatterClosed(text=text):
            return (text,) if text else ()
        case _:
            return ()


def _place(partition: Partition, entry: int, replacements: Replacements) -> Place:
    replaced = replacements.find(partition.stored.key)
    if replaced is None:
        return Place(partition, entry, partition.stored, partition.rows)
    return Place(partition, entry, replaced.now, replaced.rows, replaced.leaves)
