"""Walking the ledger from its first entry: every hash recomputed, every entry judged, what it names noted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from manifests import chain
from manifests.audit.found import Found
from manifests.audit.register import Register
from manifests.audit.settling import settle
from manifests.audit.suspects import hangs_on_damaged, suspect_entries
from manifests.history import History
from schemas.errors import ArchiveError
from storage import layout
from storage.objects import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from manifests.notes import Signature
    from schemas.findings import Kept
    from schemas.ledger import Entry
    from storage.objects import ObjectStore

    Tell: TypeAlias = Callable[[str, int, int], None]

ROLLED_BACK = "The ledger has fewer entries than when it was audited last: its newest ones were cut off."
NO_LEDGER = "There is no ledger here: whatever else is stored, nothing vouches for it."
FORKED = "The first {} entries are not those that were audited last: this is another history."
OTHER_ARCHIVE = "What was kept is of the archive {}; this is another one."


@dataclass(slots=True)
class Walk:
    """What walking the ledger gave. ``whole`` is false after a damaged or missing entry: state is incomplete then.

    The first ``relied`` entries were not judged again: they are those that an earlier audit judged.
    """

    register: Register = field(default_factory=Register)
    history: History = field(default_factory=History)
    head: chain.Head = field(default_factory=chain.Head)
    found: Found = field(default_factory=Found)
    named_twice: Found = field(default_factory=Found)
    continuity: Found = field(default_factory=Found)
    destruction: Found = field(default_factory=Found)
    whole: bool = True
    octets: int = 0
    relied: int = 0

    def take(self, entry: Entry, content: bytes, *, signature: Signature) -> None:
        """Go on behind an accepted entry that bears ``signature``."""
        leaf = chain.leaf_of(content)
        self.head = chain.Head(self.head.tree.append(leaf), leaf, entry.at)
        self.history.record(entry)
        for key in self.register.add(entry, leaf, signer=f"{signature.name}+{signature.key_id.hex()}"):
            self.named_twice.fault("OBJECT_NAMED_TWICE", key, "Two entries name this object as theirs.")
        self.register.add_root(self.head.size, self.head.tree.root)


def walk_ledger(store: ObjectStore, tell: Tell, *, kept: Kept | None = None) -> Walk:
    """Read every entry from 0, recompute the tree, and go on after a damaged one where the next one vouches for it.

    With ``kept``, the entries that it covers are the ones that were judged then if they make its root. Otherwise that
    is said, and every entry is judged anew.
    """
    indexes = (layout.entry_index(key) for key in store.keys(layout.LEDGER))
    last = max((index for index in indexes if index is not None), default=-1)
    if kept is not None:
        walk = _continued(store, last, kept, tell)
        if walk is not None:
            return _walked(store, walk, last, tell)
    walk = _walked(store, Walk(), last, tell)
    if last < 0:
        walk.whole = False
        walk.found.fault("LEDGER_MISSING", layout.entry(0), NO_LEDGER)
    if kept is not None:
        _tell_what_changed(walk, kept, last)
    return walk


def _continued(store: ObjectStore, last: int, kept: Kept, tell: Tell) -> Walk | None:
    """Return a walk as far as ``kept`` goes, if that is where it leads."""
    if last + 1 < kept.size:
        return None
    walk = Walk(relied=kept.size)
    try:
        for index in range(kept.size):
            tell("ledger", index + 1, last + 1)
            content = read(store, layout.entry(index), limit=chain.ENTRY_LIMIT)
            walk.octets += len(content)
            _, entry, note = chain.parse_entry(content)
            walk.take(entry, content, signature=note.signatures[0])
    except ArchiveError:
        return None  # which entry is at fault, and how, says the walk that judges every entry
    created = walk.history.created
    if walk.head.tree.root != kept.root or created is None or created.origin != kept.origin:
        return None
    return walk


def _tell_what_changed(walk: Walk, kept: Kept, last: int) -> None:
    created, root = walk.history.created, walk.register.find_root(kept.size)
    if created is not None and created.origin != kept.origin:
        walk.continuity.fault("LEDGER_FORKED", layout.entry(0), OTHER_ARCHIVE.format(kept.origin))
    elif last + 1 < kept.size:
        walk.continuity.fault("LEDGER_ROLLED_BACK", layout.entry(last + 1), ROLLED_BACK)
    elif root not in (None, kept.root):
        walk.continuity.fault("LEDGER_FORKED", layout.entry(kept.size - 1), FORKED.format(kept.size))


def _walked(store: ObjectStore, walk: Walk, last: int, tell: Tell) -> Walk:
    for index in range(walk.head.size, last + 1):
        tell("ledger", index + 1, last + 1)
        try:
            content = read(store, layout.entry(index), limit=chain.ENTRY_LIMIT)
            walk.octets += len(content)
            entry, signature = _accept(walk, content)
        except ArchiveError as error:
            if not walk.whole and hangs_on_damaged(error):
                break
            walk.whole = False
            walk.found.error(error, layout.entry(index))
            if not _vouched(store, walk, index, last):
                break
            continue
        walk.take(entry, content, signature=signature)
    suspect_entries(walk.history.keys, walk.register, walk.found)
    settle(walk)
    return walk


def _accept(walk: Walk, content: bytes) -> tuple[Entry, Signature]:
    if walk.whole:
        accepted = chain.accept(walk.history, walk.head, content)
        return accepted.entry, chain.parse_entry(content)[2].signatures[0]
    # After a damaged entry the state is incomplete: place and signature can be judged, acts cannot.
    origin, entry, note = chain.parse_entry(content)
    chain.check_place(walk.head, entry)
    chain.check_signature(walk.history, origin, entry, note)
    return entry, note.signatures[0]


def _vouched(store: ObjectStore, walk: Walk, index: int, last: int) -> bool:
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
    tree = walk.head.tree.append(following.previous)
    walk.head = chain.Head(tree, following.previous, None)
    walk.register.add_root(tree.size, tree.root)
    return True
