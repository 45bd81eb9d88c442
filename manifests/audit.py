"""The audit: recomputes everything from the store's bytes, trusts no cache and no listing, and collects findings.

Each step names exactly the objects that are at fault: what cannot be judged because of an earlier fault is
'not checked', never a second finding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from manifests import chain
from manifests.audit_guards import Expected, check_guards, check_versions
from manifests.audit_objects import ObjectsAudit
from manifests.checkpoints.auditing import AttestingAudit, Ground, judged_here
from manifests.history import History
from manifests.notes import NOTE_LIMIT, Checkpoint, SignedNote
from schemas.errors import ArchiveError
from schemas.findings import Finding, Report, Step
from schemas.ledger import Captured, Produced
from schemas.merkle import CompactRange
from storage import layout
from storage.objects import Locks, Versions, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from manifests.signing import Verifier
    from schemas.digest import Digest
    from schemas.instant import Instant
    from schemas.ledger import Entry
    from storage.objects import ObjectStore


TITLES = {
    1: "The ledger: every entry in place, chained, signed, within the rules",
    2: "The archive's keys are those that were given",
    3: "Checkpoints: signed, and of this ledger",
    4: "Objects: every one that the ledger names is there, byte for byte",
    5: "Partitions: every record's commitment and every root recomputed",
    6: "Exchanges: every WARC record whole, every native slice found in it",
    7: "Productions: every document that was handed over",
    8: "Inventory: nothing in the store that the ledger does not name",
    9: "Versions: one of every key, none hidden, none put over another",
    10: "Locks and holds: the store still guards what the ledger promises",
    11: "Cosignatures: every witness's line holds, for a checkpoint of this ledger",
    12: "Time stamps: every chain verified offline, with the roots that the ledger names",
}
NO_VERSIONS = "this store keeps no versions"
NO_LOCKS = "this store has no locks: software refuses to overwrite, but files can be deleted"
NOBODY_ASKED = "the ledger names nobody who is to vouch for checkpoints"
KEY_NOTE = "no key was given: compare the archive's with the one that its owner publishes"
UNREADABLE = "a part of the ledger cannot be read"
STRAY = "The ledger does not name this object: a capture was cut short before its entry, or somebody put it there."


@dataclass(slots=True)
class LedgerWalk:
    """What walking the ledger gave. ``whole`` is false after a damaged or missing entry: state is incomplete then."""

    history: History = field(default_factory=History)
    head: chain.Head = field(default_factory=chain.Head)
    roots: dict[int, Digest] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    whole: bool = True
    octets: int = 0

    def fault(self, index: int, error: ArchiveError) -> None:
        """Note that entry ``index`` is at fault."""
        self.whole = False
        self.findings.append(Finding(code=error.code, severity="fault", key=layout.entry(index), what=error.what))


def audit(
    store: ObjectStore,
    *,
    now: Instant,
    copy: bool = False,
    trusted: Verifier | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Return what is right and wrong with the archive in ``store`` at the instant ``now``.

    ``trusted`` is the checkpoint key that the archive's owner publishes; with it, an archive under another key is
    at fault. A ``copy`` was made from another store: version ids, dates and locks are its own. ``progress`` is told the
    step, how much is done and how much there is.

    Raises:
        UnavailableError: the store cannot be read at all.
    """
    tell = progress or (lambda _step, _done, _total: None)
    walk = walk_ledger(store, tell)
    key_findings = _check_trusted(walk, trusted)
    checkpoints, checkpoint_findings = _checkpoints(store, walk)
    objects = ObjectsAudit(store, tell)
    objects.check([act for entry in walk.entries for act in entry.acts if isinstance(act, Captured)])
    documents = [act for entry in walk.entries for act in entry.acts if isinstance(act, Produced)]
    document_findings = objects.check_documents([act.document for act in documents])
    strays = _inventory(store, walk, objects.named) if walk.whole else []
    guards = _guards(store, walk, copy=copy, now=now, tell=tell)
    attesting = AttestingAudit(store, Ground(walk.history, walk.entries, walk.roots), now)
    if walk.whole:
        attesting.check()
    steps = (
        _step(1, walk.head.size, walk.findings),
        _step(2, 1, key_findings) if trusted else _unchecked(2, KEY_NOTE),
        _step(3, checkpoints, checkpoint_findings),
        _step(4, len(objects.named), objects.missing),
        _step(5, objects.records, objects.partitions),
        _step(6, objects.exchanges, objects.slices),
        _step(7, len(documents), document_findings),
        _step(8, len(objects.named), strays) if walk.whole else _unchecked(8, UNREADABLE),
        *guards.steps,
        *_attesting_steps(walk, attesting),
    )
    created = walk.history.created
    return Report(
        origin=created.origin if created else "",
        size=walk.head.size,
        root=walk.head.tree.root.hex,
        records=objects.records,
        objects=len(objects.named),
        octets=walk.octets + objects.octets,
        steps=steps,
        findings=(
            *walk.findings,
            *key_findings,
            *checkpoint_findings,
            *objects.missing,
            *objects.partitions,
            *objects.slices,
            *document_findings,
            *strays,
            *guards.findings,
            *attesting.of_cosignatures,
            *attesting.of_stamps,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Guards:
    steps: tuple[Step, Step]
    findings: tuple[Finding, ...]


def _guards(
    store: ObjectStore, walk: LedgerWalk, *, copy: bool, now: Instant, tell: Callable[[str, int, int], None]
) -> _Guards:
    expected = Expected(
        walk.history, walk.entries, {named.stored.key: named.stored for named in walk.history.objects()}
    )
    found_versions: list[Finding] = []
    found_guards: list[Finding] = []
    versions, locks = _unchecked(9, NO_VERSIONS), _unchecked(10, NO_LOCKS)
    if isinstance(store, Versions):
        tell("versions", 0, 1)
        found_versions = check_versions(store, store, expected, copy=copy)
        versions = _step(9, len(expected.objects) + len(walk.entries), found_versions)
    if isinstance(store, Locks) and not copy:
        checked, found_guards = check_guards(store, expected, now=now, tell=tell)
        locks = _step(10, checked, found_guards)
    return _Guards((versions, locks), (*found_versions, *found_guards))


def _attesting_steps(walk: LedgerWalk, attesting: AttestingAudit) -> tuple[Step, Step]:
    if not walk.whole:
        return _unchecked(11, UNREADABLE), _unchecked(12, UNREADABLE)
    asked = bool(walk.history.attestors)
    return (
        _step(11, attesting.cosignatures, attesting.of_cosignatures)
        if asked or attesting.of_cosignatures
        else _unchecked(11, NOBODY_ASKED),
        _step(12, attesting.stamps, attesting.of_stamps)
        if asked or attesting.of_stamps
        else _unchecked(12, NOBODY_ASKED),
    )


def _step(number: int, checked: int, findings: list[Finding]) -> Step:
    faults = sum(finding.severity == "fault" for finding in findings)
    return Step(
        number=number,
        title=TITLES[number],
        checked=checked,
        verdict="faulty" if faults else "sound",
        note=f"{faults} at fault" if faults else None,
    )


def _unchecked(number: int, note: str) -> Step:
    return Step(number=number, title=TITLES[number], checked=0, verdict="not checked", note=note)


def walk_ledger(store: ObjectStore, tell: Callable[[str, int, int], None]) -> LedgerWalk:
    """Read every entry from 0, recompute the tree, and go on after a damaged one where the next one vouches for it."""
    walk = LedgerWalk()
    indexes = (layout.entry_index(key) for key in store.keys(layout.LEDGER))
    last = max((index for index in indexes if index is not None), default=-1)
    for index in range(last + 1):
        tell("ledger", index + 1, last + 1)
        try:
            content = read(store, layout.entry(index), limit=chain.ENTRY_LIMIT)
            walk.octets += len(content)
            entry = _accept(walk, content)
        except ArchiveError as error:
            walk.fault(index, error)
            if not _vouched(store, walk, index, last):
                break
            continue
        walk.entries.append(entry)
        walk.history.record(entry)
        walk.head = chain.Head.after(entry, chain.leaf_of(content))
        walk.roots[walk.head.size] = walk.head.tree.root
    return walk


def _accept(walk: LedgerWalk, content: bytes) -> Entry:
    if walk.whole:
        return chain.accept(walk.history, walk.head, content).entry
    # After a damaged entry the state is incomplete: place and signature can be judged, acts cannot.
    origin, entry, note = chain.parse_entry(content)
    chain.check_place(walk.head, entry)
    chain.check_signature(walk.history, origin, entry, note)
    return entry


def _vouched(store: ObjectStore, walk: LedgerWalk, index: int, last: int) -> bool:
    """Step over damaged entry ``index`` if the next entry is sound and tells what its hash was."""
    if index >= last or walk.history.created is None:
        return False
    try:
        origin, following, note = chain.parse_entry(read(store, layout.entry(index + 1), limit=chain.ENTRY_LIMIT))
        chain.check_signature(walk.history, origin, following, note)
    except ArchiveError:
        # It is named by its own turn only if the walk reaches it; a second damaged entry in a row ends the walk.
        return False
    if following.previous is None:
        return False
    tree = CompactRange(walk.head.tree.size, walk.head.tree.peaks).append(following.previous)
    walk.head = chain.Head(tree, following.previous, None)
    walk.roots[tree.size] = tree.root
    return True


def _check_trusted(walk: LedgerWalk, trusted: Verifier | None) -> list[Finding]:
    if trusted is None or trusted in walk.history.verifiers("checkpoint"):
        return []
    what = f"The archive's checkpoint key is not the given one, {trusted.to_text()}."
    return [Finding(code="KEY_NOT_TRUSTED", severity="fault", key=layout.entry(0), what=what)]


def _checkpoints(store: ObjectStore, walk: LedgerWalk) -> tuple[int, list[Finding]]:
    verifiers = walk.history.verifiers("checkpoint")
    findings: list[Finding] = []
    sizes: set[int] = set()
    for key in store.keys(layout.CHECKPOINTS):
        try:
            note = SignedNote.from_bytes(read(store, key, limit=NOTE_LIMIT))
            checkpoint = Checkpoint.from_text(note.text)
            if verifiers:
                note.verify(verifiers)
            if key != layout.checkpoint(checkpoint.size) or checkpoint.root != walk.roots.get(
                checkpoint.size, checkpoint.root if not walk.whole else None
            ):
                raise chain.refused(checkpoint.size, "a signed checkpoint tells of another ledger")
            sizes.add(checkpoint.size)
        except ArchiveError as error:
            findings.append(Finding(code=error.code, severity="fault", key=key, what=error.what))
    named = {finding.key for finding in findings}
    for produced in walk.history.produced.values():
        key = layout.checkpoint(produced.ledger_size)
        if produced.ledger_size not in sizes and key not in named:
            what = f"The checkpoint that production {produced.production} rests on is missing."
            findings.append(Finding(code="CHECKPOINT_MISSING", severity="fault", key=key, what=what))
    return len(sizes), findings


def _inventory(store: ObjectStore, walk: LedgerWalk, named: set[str]) -> list[Finding]:
    strays = [
        Finding(
            code="OBJECT_UNREFERENCED",
            severity="notice",
            key=key,
            what=STRAY,
        )
        for key in store.keys("")
        if key not in named and not _own(key, walk.head.size) and not judged_here(key, walk.history)
    ]
    foreign = getattr(store, "strangers", lambda: ())
    return strays + [
        Finding(code="FILE_FOREIGN", severity="notice", key=name, what="This file is no object of the archive.")
        for name in foreign()
    ]


def _own(key: str, size: int) -> bool:
    if key.startswith((layout.CHECKPOINTS, layout.PROBES)):
        return True  # judged in step 3; left by 'holdfast doctor'
    index = layout.entry_index(key)
    return index is not None and index < size
