"""The audit of who vouches for checkpoints: cosignatures and time stamps, verified offline with what the store holds.

They are judged by the ledger alone: a damaged checkpoint is another step's finding, a damaged root that root's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from manifests.audit.found import Found
from manifests.checkpoints.judging import cosigners, demand_after, line_in, roots_named
from manifests.checkpoints.stored import root_of, sizes
from manifests.notes import NOTE_LIMIT, Checkpoint
from manifests.timestamps import renewal, token
from manifests.timestamps.token import LARGEST_RESPONSE
from manifests.timestamps.trust import TimestampExpiredError, load_der_roots
from schemas.errors import ArchiveError
from schemas.findings import Finding
from storage import layout
from storage.objects import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.x509 import Certificate

    from manifests.audit.walking import Walk
    from manifests.history import History
    from schemas.instant import Instant
    from storage.objects import ObjectStore

ENDING_DAYS = 60


@dataclass(frozen=True, slots=True)
class _Chain:
    """The stamps of an authority on a checkpoint, by the numbers that are stored."""

    size: int
    authority: str
    numbers: tuple[int, ...]

    def key(self, number: int) -> str:
        return layout.timestamp(self.size, self.authority, number)


@dataclass(slots=True)
class AttestingAudit:
    """Checks everything that others said of the ledger's checkpoints, and collects what is wrong with it.

    ``cosignatures`` and ``stamps`` count those that hold. Roots are judged with the stamps.
    """

    store: ObjectStore
    walk: Walk
    now: Instant
    cosignatures: int = 0
    stamps: int = 0
    of_cosignatures: Found = field(default_factory=Found)
    of_stamps: Found = field(default_factory=Found)

    def check(self) -> None:
        """Check cosignatures, roots and stamps, and whether the newest checkpoint has those that are asked for."""
        cosigned, stamped = set[tuple[int, str]](), set[tuple[int, str]]()
        for key in self.store.keys(layout.COSIGNATURES):
            if (place := layout.cosignature_of(key)) is not None:
                cosigned.add(place)
                self.of_cosignatures.take(Found(self._of_cosignature(*place)))
        roots = self._roots()
        for chain in _chains(self.store):
            stamped.add((chain.size, chain.authority))
            self.of_stamps.take(Found(self._of_chain(chain, roots.get(chain.authority))))
        checkpoints = frozenset(sizes(self.store))
        for size in sorted({size for size, _ in cosigned | stamped} - checkpoints):
            if self._text(size) is not None:
                what = f"Others vouch for the checkpoint over {size} entries, and it is missing."
                self.of_cosignatures.fault("CHECKPOINT_MISSING", layout.checkpoint(size), what)
        if checkpoints:
            self._check_newest(max(checkpoints), cosigned, stamped)

    def _text(self, size: int) -> str | None:
        """Return the text of the checkpoint over ``size`` entries, or ``None`` where the ledger has fewer."""
        root, created = self.walk.register.find_root(size), self.walk.history.created
        return Checkpoint(created.origin, size, root).to_text() if root and created else None

    def _of_cosignature(self, size: int, witness: str) -> Iterator[Finding]:
        key, text = layout.cosignature(size, witness), self._text(size)
        known = cosigners(self.walk.history, witness)
        if text is None:
            what = f"{witness} cosigned {size} entries; the ledger has {self.walk.register.entry_count}."
            yield _fault("ENTRIES_MISSING", key, what)
        elif not known:
            yield _fault("WITNESS_UNNAMED", key, "The ledger names no such witness: somebody put this there.")
        else:
            try:
                line_in(read(self.store, key, limit=NOTE_LIMIT), text=text, by=known)
                self.cosignatures += 1
            except ArchiveError as error:
                yield _fault(error.code, key, error.what)

    def _roots(self) -> dict[str, tuple[Certificate, ...]]:
        """Return the roots of every authority that was ever named; none of one whose roots are damaged."""
        whole: dict[str, tuple[Certificate, ...]] = {}
        faults: dict[str, Finding] = {}
        for name in dict.fromkeys(one.name for _, act in self.walk.history.attestors for one in act.authorities):
            certificates = []
            for digest in roots_named(self.walk.history, name):
                try:
                    certificates.append(root_of(self.store, digest))
                except ArchiveError as error:
                    key = layout.root(digest.hex)
                    faults[key] = _fault(error.code, key, error.what)
            if len(certificates) == len(roots_named(self.walk.history, name)):
                whole[name] = load_der_roots(certificates)
        self.of_stamps.take(Found(faults.values()))
        return whole

    def _of_chain(self, chain: _Chain, roots: tuple[Certificate, ...] | None) -> Iterator[Finding]:
        text, newest = self._text(chain.size), chain.numbers[-1]
        gap = next((number for number in range(newest) if number not in chain.numbers), None)
        if text is None:
            what = f"{chain.authority} stamped {chain.size} entries; the ledger has {self.walk.register.entry_count}."
            yield _fault("ENTRIES_MISSING", chain.key(newest), what)
        elif not roots_named(self.walk.history, chain.authority):
            what = "The ledger names no such authority: somebody put this there."
            yield _fault("AUTHORITY_UNNAMED", chain.key(newest), what)
        elif gap is not None:
            what = "A later time stamp renewed this one, and it is missing."
            yield _fault("STAMP_MISSING", chain.key(gap), what)
        elif roots is not None:
            yield from self._judged(chain, text, roots)

    def _judged(self, chain: _Chain, text: str, roots: tuple[Certificate, ...]) -> Iterator[Finding]:
        stamps: list[bytes] = []
        for number in chain.numbers:
            # One after the other, each at its own time, so that the one at fault is the one that is named.
            key = chain.key(number)
            try:
                stamps.append(read(self.store, key, limit=LARGEST_RESPONSE))
                proved = renewal.verify(text, stamps, roots=roots, at=token.read(stamps[-1]).at)
            except ArchiveError as error:
                yield _fault(error.code, key, error.what)
                return
        try:
            if (last := self.walk.register.find_entry(chain.size - 1)) is not None:
                demand_after(proved[0], last.at)
            renewal.verify(text, stamps, roots=roots, at=self.now)
        except TimestampExpiredError as error:
            yield Finding(code="TIMESTAMP_ENDED", severity="notice", key=key, what=error.what)
        except ArchiveError as error:
            yield _fault(error.code, key, error.what)
            return
        self.stamps += len(stamps)
        if renewal.ending({key: proved[-1]}, at=self.now, days=ENDING_DAYS):
            what = f"It can be verified until {proved[-1].valid_until}: run 'holdfast checkpoint renew'."
            yield Finding(code="TIMESTAMP_ENDING", severity="notice", key=key, what=what)

    def _check_newest(self, size: int, cosigned: set[tuple[int, str]], stamped: set[tuple[int, str]]) -> None:
        """Note whose word on the newest checkpoint is not there; one that is damaged is a finding already."""
        policy, key = self.walk.history.attestors_at(size), layout.checkpoint(size)
        there = sum((size, one.name) in cosigned for one in policy.witnesses)
        if there < policy.needed:
            what = (
                f"{there} of {len(policy.witnesses)} witnesses cosigned the newest checkpoint; the ledger asks for "
                f"{policy.needed}. Run 'holdfast checkpoint make'."
            )
            self.of_cosignatures.notice("WITNESSES_MISSING", key, what)
        silent = [one.name for one in policy.authorities if (size, one.name) not in stamped]
        if silent:
            what = f"{', '.join(silent)} did not stamp the newest checkpoint. Run 'holdfast checkpoint make'."
            self.of_stamps.notice("STAMPS_MISSING", key, what)


def _chains(store: ObjectStore) -> Iterator[_Chain]:
    numbers: dict[tuple[int, str], list[int]] = {}
    for key in store.keys(layout.TIMESTAMPS):
        if (place := layout.timestamp_of(key)) is not None:
            numbers.setdefault(place[:2], []).append(place[2])
    for (size, authority), found in sorted(numbers.items()):
        yield _Chain(size, authority, tuple(sorted(found)))


def judged_here(key: str, history: History) -> bool:
    """Whether the object at ``key`` is judged here: a cosignature, a time stamp, or a root that the ledger names."""
    if layout.cosignature_of(key) is not None or layout.timestamp_of(key) is not None:
        return True
    named = (root for _, act in history.attestors for one in act.authorities for root in one.roots)
    return key.startswith(layout.TIMESTAMPS) and key in {layout.root(root.hex) for root in named}


def _fault(code: str, key: str, what: str) -> Finding:
    return Finding(code=code, severity="fault", key=key, what=what)
