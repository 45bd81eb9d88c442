"""The ledger's entries: a closed union of acts, committed together by one actor at one instant."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from schemas.account import Account
from schemas.attestors import Authority, Witness
from schemas.canonical import Canonical, Natural, NotCanonicalError, unspell
from schemas.capture import Poll
from schemas.digest import Digest
from schemas.disposition import PlannedSeries, Replaced
from schemas.holds import Scope
from schemas.instant import Instant
from schemas.matters import Jurisdiction, MatterKind, MatterName, Outcome, Step
from schemas.partition import Partition
from schemas.production import BatesRange
from schemas.retention import Classification, Schedule, SeriesName, Trigger
from schemas.roles import ROLES, Role
from schemas.stored import StoredObject

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = "holdfast/v1"
KeyPurpose: TypeAlias = Literal["entry", "checkpoint"] | Role
PURPOSES: tuple[KeyPurpose, ...] = ("entry", "checkpoint", *ROLES)


class Key(Canonical, frozen=True):
    """A public key in the spelling of C2SP signed notes (``name+id+key``) and what it may sign."""

    purpose: KeyPurpose
    verifier: str


class ArchiveCreated(Canonical, frozen=True, tag_field="act", tag="archive-created"):
    """The first act of every ledger: which archive this is, in which format, under which keys."""

    format: str
    origin: str
    organisation: str
    keys: tuple[Key, ...]


class AccountRegistered(Canonical, frozen=True, tag_field="act", tag="account-registered"):
    """An account is to be captured from now on."""

    account: Account


class Captured(Canonical, frozen=True, tag_field="act", tag="captured"):
    """One poll, the objects it left, and the counts of what it found.

    ``base`` is the index of the entry with the account's capture before, which the poll was compared with.
    """

    poll: Poll
    base: Natural | None = None
    new: Natural = 0
    edited: Natural = 0
    absent: Natural = 0
    partitions: tuple[Partition, ...] = ()
    exchanges: tuple[StoredObject, ...] = ()


class BatesAssigned(Canonical, frozen=True, tag_field="act", tag="bates-assigned"):
    """Numbers are given to a production; they are never given again, also if the production is never finished."""

    production: str
    bates: BatesRange


class Produced(Canonical, frozen=True, tag_field="act", tag="produced"):
    """A production was handed over: which document, with how many records, proved at which ledger size.

    ``matter`` is the one in which it was; ``withheld`` records were found and not produced; ``manifest`` is the digest
    of what says which records these are.
    """

    production: str
    bates: BatesRange
    records: Natural
    records_root: Digest
    ledger_size: Natural
    document: StoredObject
    matter: MatterName | None = None
    withheld: Natural = 0
    manifest: Digest | None = None


class HoldPlaced(Canonical, frozen=True, tag_field="act", tag="hold-placed"):
    """Nothing in the scope may be destroyed, whatever the schedule says, until the hold is released."""

    hold: str
    reason: str
    scope: Scope = Scope()
    matter: str | None = None


class HoldAmended(Canonical, frozen=True, tag_field="act", tag="hold-amended"):
    """A hold covers this, too. It covers less only by being released."""

    hold: str
    reason: str
    scope: Scope


class HoldReleased(Canonical, frozen=True, tag_field="act", tag="hold-released"):
    """A hold is over: ``decision`` is a signed note (``schemas.decisions``)."""

    hold: str
    decision: str


class ScheduleAdopted(Canonical, frozen=True, tag_field="act", tag="schedule-adopted"):
    """A schedule is in force from here on; it takes the place of the one that had its name."""

    schedule: Schedule


class ClassificationAdopted(Canonical, frozen=True, tag_field="act", tag="classification-adopted"):
    """Records are told apart so from here on."""

    classification: Classification


class RecordsClassified(Canonical, frozen=True, tag_field="act", tag="records-classified"):
    """A person says to which series records belong, whatever the rules say: the last word counts."""

    records: tuple[Digest, ...]
    series: tuple[SeriesName, ...]
    reason: str


class EventDeclared(Canonical, frozen=True, tag_field="act", tag="event-declared"):
    """A person says on which day a trigger was reached, for accounts or for records: the last word counts.

    What is said of a record goes before what is said of its account.
    """

    trigger: Trigger
    on: date
    reason: str
    accounts: tuple[str, ...] = ()
    records: tuple[Digest, ...] = ()


class DispositionPlanned(Canonical, frozen=True, tag_field="act", tag="disposition-planned"):
    """Records are proposed for destruction: those in ``listed``, reckoned for the day ``as_of`` from ``size`` entries.

    ``listed`` is an object of lines (``schemas.disposition.PlannedRecords``); ``records_root`` the Merkle root over
    the ids in it, in its order. ``productions`` go with them. ``roles`` must approve, and not before ``wait_days`` have
    passed; ``permissions`` are those of others that the series ask for.
    """

    plan: str
    size: Natural
    as_of: date
    records: Natural
    records_root: Digest
    listed: StoredObject
    series: tuple[PlannedSeries, ...] = ()
    productions: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    wait_days: Natural = 0
    permissions: tuple[str, ...] = ()


class DispositionBegun(Canonical, frozen=True, tag_field="act", tag="disposition-begun"):
    """A plan is carried out from here on: ``decision`` is a signed note (``schemas.decisions``).

    ``permission`` says where the permissions of others can be found that the plan asks for.
    """

    plan: str
    decision: str
    permission: str = ""


class ObjectsCondemned(Canonical, frozen=True, tag_field="act", tag="objects-condemned"):
    """Objects of an account (absent: productions) are not read from here on, but what takes their place.

    ``strays`` are keys that no entry names, left behind by captures that were cut short; they hold records, too. After
    the act that is ``complete`` the plan condemns nothing further, and what it condemned may be destroyed.
    """

    plan: str
    account: str | None = None
    replaced: tuple[Replaced, ...] = ()
    strays: tuple[str, ...] = ()
    complete: bool = False


class DeletionBegun(Canonical, frozen=True, tag_field="act", tag="deletion-begun"):
    """From here on these objects of a plan are deleted, whatever becomes of the plan: nothing brings them back."""

    plan: str
    keys: tuple[str, ...]


class ObjectsDestroyed(Canonical, frozen=True, tag_field="act", tag="objects-destroyed"):
    """Condemned objects are gone: every version of these keys, in each of ``places`` (store, and copies by name)."""

    plan: str
    keys: tuple[str, ...]
    places: tuple[str, ...]


class DispositionStopped(Canonical, frozen=True, tag_field="act", tag="disposition-stopped"):
    """A plan is not carried out any further: what it condemned and did not destroy is read again."""

    plan: str
    reason: str


class DispositionCertified(Canonical, frozen=True, tag_field="act", tag="disposition-certified"):
    """A plan is carried out: nothing of it is left anywhere. ``certificate`` is the signed document that says so."""

    plan: str
    records: Natural
    objects: Natural
    certificate: StoredObject


class LocksRenewed(Canonical, frozen=True, tag_field="act", tag="locks-renewed"):
    """Every object that an entry before ``size`` names is locked until ``until`` at least; there are ``objects``."""

    size: Natural
    until: Instant
    objects: Natural


class KeysChanged(Canonical, frozen=True, tag_field="act", tag="keys-changed"):
    """Other keys are in force from the next entry on: ``statement`` is a signed note (``schemas.keys``)."""

    statement: str


class AttestorsNamed(Canonical, frozen=True, tag_field="act", tag="attestors-named"):
    """Who is to vouch for checkpoints from here on, and how many witnesses are needed; it replaces who did before."""

    needed: Natural = 0
    witnesses: tuple[Witness, ...] = ()
    authorities: tuple[Authority, ...] = ()


TransferName: TypeAlias = Annotated[str, Meta(pattern=r"\A[0-9a-f]{12}\Z")]


class RecordsTransferred(Canonical, frozen=True, tag_field="act", tag="records-transferred"):
    """An archives, ``receiver``, confirmed that it has copies of these records.

    ``records_root`` is over their ids in the order of ``listed`` (``schemas.transfers``), ``package`` is the SHA-256 of
    the package's tag manifest, ``receipt`` the salted SHA-256 of what the archives wrote (FORMAT 9.5).
    """

    transfer: TransferName
    receiver: Annotated[str, Meta(min_length=1, max_length=200)]
    records: Natural
    records_root: Digest
    package: Digest
    receipt: Digest
    listed: StoredObject


class MatterOpened(Canonical, frozen=True, tag_field="act", tag="matter-opened"):
    """A case or records request is open from here on; ``received`` is the day from which its deadlines are counted.

    ``hold`` is the one that was placed for it. What people wrote about it is in ``text`` (``schemas.matters``), and
    nothing of that is here.
    """

    matter: MatterName
    kind: MatterKind
    received: date
    text: StoredObject
    jurisdiction: Jurisdiction | None = None
    hold: str | None = None


class MatterStepped(Canonical, frozen=True, tag_field="act", tag="matter-stepped"):
    """On the day ``on`` a step of a matter was taken; with ``until``, its deadline is that day from here on instead."""

    matter: MatterName
    step: Step
    on: date
    until: date | None = None


class MatterClosed(Canonical, frozen=True, tag_field="act", tag="matter-closed"):
    """A matter is over since the day ``on``. Its holds stay until two people release them."""

    matter: MatterName
    outcome: Outcome
    on: date
    text: StoredObject | None = None


Attempt: TypeAlias = Literal[
    "adopt", "place-hold", "amend-hold", "release-hold", "destroy", "stop", "open-matter", "close-matter"
]
"""What somebody tries who changes how long something is kept."""


class AttemptRefused(Canonical, frozen=True, tag_field="act", tag="attempt-refused"):
    """Somebody tried to change how long something is kept, and was refused: nothing changed.

    ``code`` is that of the error (``docs/CODES.md``); ``about`` is the plan, hold or matter, where there is one.
    """

    attempted: Attempt
    code: str
    about: str | None = None


Act: TypeAlias = (
    ArchiveCreated
    | AccountRegistered
    | Captured
    | BatesAssigned
    | Produced
    | HoldPlaced
    | HoldAmended
    | HoldReleased
    | ScheduleAdopted
    | ClassificationAdopted
    | RecordsClassified
    | EventDeclared
    | DispositionPlanned
    | DispositionBegun
    | ObjectsCondemned
    | DeletionBegun
    | ObjectsDestroyed
    | DispositionStopped
    | DispositionCertified
    | LocksRenewed
    | KeysChanged
    | AttestorsNamed
    | RecordsTransferred
    | MatterOpened
    | MatterStepped
    | MatterClosed
    | AttemptRefused
)


def lines_of(acts: Iterable[Act]) -> tuple[bytes, ...]:
    """Return the lines in which an entry's acts are spelled: each act without its partitions, then each of these.

    So a partition can be shown without the others, and without the rest of its act (FORMAT 4.1).
    """
    lines: list[bytes] = []
    for act in acts:
        partitions = act.partitions if isinstance(act, Captured) else ()
        lines.append((msgspec.structs.replace(act, partitions=()) if partitions else act).to_bytes())
        lines += [partition.to_bytes() for partition in partitions]
    return tuple(lines)


def acts_from_lines(lines: Iterable[bytes]) -> tuple[Act, ...]:
    """Read acts in their canonical spelling.

    Raises:
        NotCanonicalError: a line is no act, or a partition that follows no capture, or spelled otherwise.
    """
    acts: list[Act] = []
    for line in lines:
        said: Act | Partition = unspell(line, Act | Partition)
        if said.to_bytes() != line:
            raise NotCanonicalError("An act is not in its canonical spelling.", do="Keep it and run 'holdfast verify'.")
        match said:
            case Partition():
                if not acts or not isinstance(acts[-1], Captured):
                    raise NotCanonicalError("A partition belongs to no capture.", do="Keep it and report it.")
                acts[-1] = msgspec.structs.replace(acts[-1], partitions=(*acts[-1].partitions, said))
            case Captured(partitions=(_, *_)):
                raise NotCanonicalError("A capture names partitions in its own line.", do="Keep it and report it.")
            case _:
                acts.append(said)
    return tuple(acts)


class Heading(Canonical, frozen=True):
    """What is signed of an entry: all but its acts; of their lines the number and the Merkle root (FORMAT 4.1)."""

    index: Natural
    at: Instant
    clock: Instant
    actor: str
    software: str
    root: Digest
    lines: Natural
    lines_root: Digest
    previous: Digest | None = None
    range: tuple[Digest, ...] = ()


class Entry(Canonical, frozen=True):
    """One commit. ``index`` counts from 0; ``previous`` is the leaf hash of the entry before (absent at 0).

    ``range`` is the compact range over all earlier entries and ``root`` its Merkle root (FORMAT section 4).
    ``at`` is the instant of the commit, never before that of the entry before; ``clock`` what the writer's clock said.
    """

    index: Natural
    at: Instant
    clock: Instant
    actor: str
    software: str
    root: Digest
    acts: tuple[Act, ...]
    previous: Digest | None = None
    range: tuple[Digest, ...] = ()
