"""The audit's steps, in order: each says how many things it checked, and what it found.

A new step is a function and a line in ``STEPS``; its number is its place there, for life.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from manifests.audit.attesting import AttestingAudit
from manifests.audit.captures import Checked, Counted
from manifests.audit.checkpoints import Checkpoints, check_checkpoints
from manifests.audit.found import Found
from manifests.audit.guards import Watch, check_guards, lasting
from manifests.audit.inventory import Inventory, take_inventory
from manifests.audit.plans import judge_plans, read_plans
from manifests.audit.workers import check_acts
from schemas.findings import Step
from storage import layout
from storage.objects import Locks, Versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from manifests.audit.finished import Finished
    from manifests.audit.walking import Tell, Walk
    from manifests.audit.workers import Workers
    from manifests.signing import Verifier
    from schemas.findings import Kept
    from schemas.instant import Instant
    from storage.objects import ObjectStore

NO_VERSIONS = "this store keeps no versions"
LOCKS_OF_A_COPY = "a copy has locks of its own, which the ledger does not promise"
NO_LOCKS = "this store has no locks: software refuses to overwrite, but files can be deleted"
KEY_NOTE = "no key was given: compare the archive's with the one that its owner publishes"
UNREADABLE = "a part of the ledger cannot be read"
NOBODY_ASKED = "the ledger names nobody who is to vouch so"
NOTHING_PLANNED = "nothing was ever planned to be destroyed"
NOTHING_KEPT = "nothing was given that an earlier audit had kept"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step gave; ``unchecked`` says why it was not done."""

    checked: int = 0
    found: Found = field(default_factory=Found)
    unchecked: str | None = None


@dataclass(frozen=True)
class Examination:
    """One audit under way: the store, the walked ledger, and what the steps share, each computed when it is needed."""

    store: ObjectStore
    walk: Walk
    now: Instant
    tell: Tell
    copy: bool = False
    trusted: tuple[Verifier, ...] = ()
    kept: Kept | None = None
    finished: Finished | None = None
    workers: Workers | None = None

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """The checkpoints in the store."""
        return check_checkpoints(self.store, self.walk)

    @cached_property
    def objects(self) -> Checked:
        """What reading the objects gave."""
        checked = Checked(Counted())
        total, weight = self.walk.register.wanted
        done = 0
        for some in check_acts(self.store, self.walk.register.acts(), weight=weight, workers=self.workers):
            for act, one in some:
                checked.take(one)
                for lost in one.lost:
                    self.walk.register.destruction.add_lost(lost.key, lost.records)
                # Of what was destroyed nothing is taken over: what is gone must be known to be judged.
                if self.finished is not None and one.clean and not act.work.replaced:
                    self.finished.add(act, one.counted)
            done += len(some)
            self.tell("objects", done, total)
        checked.take(read_plans(self.store, self.walk.register))
        return checked

    @cached_property
    def attesting(self) -> AttestingAudit:
        """What others said of the ledger's checkpoints; nothing of it can be judged where the ledger is damaged."""
        attesting = AttestingAudit(self.store, self.walk, self.now)
        if self.walk.whole:
            attesting.check()
        return attesting

    @cached_property
    def inventory(self) -> Inventory:
        """The store's listing beside what the ledger names."""
        return take_inventory(self.store, self.walk, copy=self.copy, tell=self.tell)

    @cached_property
    def watch(self) -> Watch | None:
        """How the store guards what the ledger names and the ledger itself, if it can."""
        if not isinstance(self.store, Locks) or self.copy:
            return None
        record = lasting(self.store, self.walk.register.entries())
        return check_guards(self.store, self.walk, record, now=self.now, tell=self.tell)


def _ledger(examined: Examination) -> Outcome:
    return Outcome(examined.walk.head.size, examined.walk.found)


def _keys(examined: Examination) -> Outcome:
    if not examined.trusted:
        return Outcome(unchecked=KEY_NOTE)
    found, ring = Found(), examined.walk.history.keys
    for trusted in examined.trusted:
        revoked = ring.find_revocation(trusted) is not None
        known = trusted in ring.ever("checkpoint")
        if not known and not examined.walk.whole:
            return Outcome(unchecked=UNREADABLE)  # what cannot be read may be what put it in force
        if not known or revoked:
            any_more = " any more: it is revoked" if revoked else ""
            what = f"The archive's checkpoint key is not the given one, {trusted.to_text()}{any_more}."
            found.fault("KEY_NOT_TRUSTED", layout.entry(0), what)
    return Outcome(len(examined.trusted), found)


def _checkpoints(examined: Examination) -> Outcome:
    checkpoints = examined.checkpoints
    unchecked = UNREADABLE if checkpoints.unjudged else None
    return Outcome(checkpoints.sound, checkpoints.found, unchecked=unchecked)


def _objects(examined: Examination) -> Outcome:
    return Outcome(examined.objects.counted.objects, examined.objects.objects)


def _records(examined: Examination) -> Outcome:
    found = Found()
    found.take(examined.walk.named_twice)
    found.take(examined.objects.partitions)
    return Outcome(examined.objects.counted.records, found)


def _exchanges(examined: Examination) -> Outcome:
    return Outcome(examined.objects.counted.exchanges, examined.objects.slices)


def _productions(examined: Examination) -> Outcome:
    return Outcome(examined.objects.counted.documents, examined.objects.documents)


def _inventory(examined: Examination) -> Outcome:
    inventory = examined.inventory
    if not examined.walk.whole:
        return Outcome(inventory.listed, inventory.objects, unchecked=UNREADABLE)
    return Outcome(inventory.listed, inventory.objects)


def _versions(examined: Examination) -> Outcome:
    if not isinstance(examined.store, Versions):
        return Outcome(unchecked=NO_VERSIONS)
    return Outcome(examined.inventory.versions, examined.inventory.several)


def _locks(examined: Examination) -> Outcome:
    if examined.watch is None:
        return Outcome(unchecked=LOCKS_OF_A_COPY if isinstance(examined.store, Locks) else NO_LOCKS)
    return Outcome(examined.watch.asked, examined.watch.found)


def _continuity(examined: Examination) -> Outcome:
    if examined.kept is None:
        return Outcome(unchecked=NOTHING_KEPT)
    walk = examined.walk
    if walk.register.find_root(examined.kept.size) is None and not walk.continuity.findings:
        return Outcome(unchecked=UNREADABLE)
    return Outcome(examined.kept.size, walk.continuity)


def _cosignatures(examined: Examination) -> Outcome:
    attesting = examined.attesting
    return _attested(examined, attesting.cosignatures, attesting.of_cosignatures)


def _stamps(examined: Examination) -> Outcome:
    return _attested(examined, examined.attesting.stamps, examined.attesting.of_stamps)


def _attested(examined: Examination, checked: int, found: Found) -> Outcome:
    if not examined.walk.whole:
        return Outcome(unchecked=UNREADABLE)
    if not checked and not found.findings:
        return Outcome(unchecked=NOBODY_ASKED)
    return Outcome(checked, found)


def _disposition(examined: Examination) -> Outcome:
    walk, found = examined.walk, Found()
    found.take(walk.destruction)
    found.take(examined.objects.plans)
    if not walk.whole:
        return Outcome(found=found, unchecked=UNREADABLE)
    found.take(judge_plans(walk.register))
    if not walk.history.plans:
        return Outcome(found=found, unchecked=NOTHING_PLANNED)
    return Outcome(walk.register.destruction.lost, found)


Rule: TypeAlias = "Callable[[Examination], Outcome]"

STEPS: tuple[tuple[str, Rule], ...] = (
    ("The ledger: every entry in place, chained, signed, within the rules", _ledger),
    ("The archive's keys are those that were given", _keys),
    ("Checkpoints: signed, and of this ledger", _checkpoints),
    ("Objects: every one that the ledger names is there, byte for byte", _objects),
    ("Partitions: every record's commitment and every root recomputed", _records),
    ("Exchanges: every WARC record whole, every native slice found in it", _exchanges),
    ("Productions: every document that was handed over", _productions),
    ("Inventory: what the ledger names is there, and nothing else", _inventory),
    ("Versions: one of every key, none hidden, none put over another", _versions),
    ("Locks and holds: the store still guards what the ledger promises", _locks),
    ("Continuity: this ledger continues the one that was audited before", _continuity),
    ("Cosignatures: every witness's line holds, for a checkpoint of this ledger", _cosignatures),
    ("Time stamps: every chain verified offline, with the roots that the ledger names", _stamps),
    ("Disposition: what is gone was planned, and what is certified as gone is", _disposition),
)


def take_steps(examined: Examination) -> tuple[tuple[Step, ...], Found]:
    """Do every step and return what each gave, and all that was found, in the order of the steps."""
    steps, found = [], Found()
    for number, (title, rule) in enumerate(STEPS, 1):
        outcome = rule(examined)
        steps.append(_step(number, title, outcome))
        found.take(outcome.found)
    return tuple(steps), found


def _step(number: int, title: str, outcome: Outcome) -> Step:
    faults = outcome.found.faults
    if outcome.unchecked and not faults:
        return Step(number=number, title=title, checked=0, verdict="not checked", note=outcome.unchecked)
    return Step(
        number=number,
        title=title,
        checked=outcome.checked,
        verdict="faulty" if faults else "sound",
        note=f"{faults} at fault" if faults else None,
    )
