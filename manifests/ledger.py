"""The ledger in a store: refresh reads and accepts what is new, append commits. It decides nothing; the chain does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests import chain
from manifests.history import History
from manifests.notes import NOTE_LIMIT, Checkpoint, SignedNote
from manifests.registers import Registers, RegistersDamagedError, RegistersUnusableError, Snapshot
from schemas.canonical import NotCanonicalError
from schemas.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    OutcomeUnknownError,
    UnavailableError,
)
from schemas.ledger import ArchiveCreated
from schemas.merkle import ProofRefusedError, consistency_path, inclusion_path, root_at, verify_consistency
from storage import layout
from storage.objects import Content, KeyTakenError, ObjectMissingError, Versions, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from manifests.chain import Accepted
    from manifests.signing import Signer, Verifier
    from schemas.digest import Digest
    from schemas.instant import Instant
    from schemas.ledger import Act, Entry
    from storage.objects import ObjectStore

MOST_ATTEMPTS = 1000
KEPT_EVERY = 1000
"""After how many entries of one long refresh it is kept where to go on."""


class ArchiveMissingError(InputError):
    """There is no archive in the store."""

    code = "ARCHIVE_MISSING"


class LedgerChangedError(IntegrityError):
    """An entry that was accepted earlier has other bytes now, or is gone."""

    code = "LEDGER_CHANGED"


class LedgerBusyError(ConflictError):
    """Others kept committing first."""

    code = "LEDGER_BUSY"


class Ledger:
    """One reader's and writer's view of the ledger, as of its last refresh."""

    def __init__(self, store: ObjectStore, *, origin: str | None = None, registers: Path | None = None) -> None:
        """Open without reading. ``origin``, when given, is the archive that the store must hold.

        ``registers`` is the local file that keeps what this machine accepted earlier.
        """
        self.store = store
        self.expected_origin = origin
        self._path = registers
        self._start_over(Registers())

    def _start_over(self, registers: Registers) -> None:
        self.history = History(registers=registers)
        self.head = chain.Head()

    @property
    def origin(self) -> str:
        """The archive's name for life.

        Raises:
            ArchiveMissingError: there is no archive.
        """
        if self.history.created is None:
            raise ArchiveMissingError("There is no archive here.", do="Run 'holdfast init' first.")
        return self.history.created.origin

    def refresh(self) -> int:
        """Read the entries since the last look, accept each, and return how many they were.

        Raises:
            IntegrityError: an entry breaks the rules; the view stays before it.
            LedgerChangedError: the store lacks, or has otherwise, what this machine accepted earlier.
            ArchiveMissingError: the store is empty, or holds another archive than expected.
        """
        if self._path is not None and not self.head.size:
            self._recall(self._path)
        try:
            fresh = self._refreshed()
        except RegistersUnusableError:
            # What is read is the same without the file, only all of it.
            self._start_over(Registers())
            fresh = self._refreshed()
        self._check_origin(self.origin)
        return fresh

    def _refreshed(self) -> int:
        fresh = 0
        for fresh, content in enumerate(self._following(), start=1):
            self._take(chain.accept(self.history, self.head, content))
            if not fresh % KEPT_EVERY:
                self._keep()
        self._keep()
        return fresh

    def _following(self) -> Iterator[bytes]:
        """Yield the entries after the head, each as it is asked for, until there is none."""
        if not isinstance(self.store, Versions):
            while (content := self._find(self.head.size)) is not None:
                yield content
            return
        # One listing finds all of them with the versions that own their keys; one by one that is a request each.
        after = layout.entry(self.head.size - 1) if self.head.size else ""
        for version in self.store.versions(layout.LEDGER, after=after):
            if version.key == layout.entry(self.head.size) and not version.marker:
                yield read(self.store, version.key, version=version.version, limit=chain.ENTRY_LIMIT)

    def _find(self, index: int) -> bytes | None:
        try:
            return read(self.store, layout.entry(index), limit=chain.ENTRY_LIMIT)
        except ObjectMissingError:
            return None

    def _recall(self, path: Path) -> None:
        """Take what was accepted earlier, if the store holds the last entry of it."""
        try:
            registers, snapshot, history = _opened(path)
        except RegistersDamagedError:
            registers, snapshot, history = _opened(path)  # made anew
        except RegistersUnusableError:
            return
        self._start_over(registers)
        if snapshot is None:
            return
        content = self._find(snapshot.size - 1)
        if content is None or not _is_entry(content, leaf=snapshot.last):
            if (first := self._find(0)) is not None:
                self._check_origin(chain.parse_entry(first)[0])
            raise LedgerChangedError(
                f"Ledger entry {snapshot.size - 1} is not in the store as this machine accepted it earlier: "
                "entries were cut off or exchanged.",
                do="Stop, keep everything, and compare with a second copy or a checkpoint that was handed over.",
            )
        self.history = history
        self.head = chain.Head.after(chain.parse_entry(content)[1], snapshot.last)

    def _check_origin(self, origin: str) -> None:
        if self.expected_origin not in (None, origin):
            raise ArchiveMissingError(
                f"The store holds the archive {origin!r}, not {self.expected_origin!r}.",
                do="Check 'origin' and the store's place in holdfast.toml.",
            )

    def _take(self, accepted: Accepted) -> Accepted:
        self.history.record(accepted.entry, self.head.tree.completed(accepted.leaf))
        self.head = chain.Head.after(accepted.entry, accepted.leaf)
        return accepted

    def _keep(self) -> None:
        """Keep where the ledger was read to, so that the next start goes on there."""
        if self.head.last is not None:
            self.history.registers.keep(Snapshot(self.head.size, self.head.last, self.history.standing()))

    def append(
        self,
        build: Callable[[History], tuple[Act, ...]],
        *,
        key: Signer,
        now: Callable[[], Instant],
        actor: str,
        software: str,
        pause: Callable[[int], None] = lambda _losses: None,
    ) -> Accepted | None:
        """Commit the acts that ``build`` makes of the current history; it is asked anew after every lost race.

        ``build`` puts the objects that its acts name before it returns; ``pause`` is called after each lost race with
        how many were lost. Returns the committed entry, or ``None``
        when ``build`` finds that nothing is left to be committed.

        Raises:
            KeyNotInForceError: ``key`` may not sign this entry.
            UnavailableError: not committed; try again.
            OutcomeUnknownError: the store cannot say whether the entry was written.
            LedgerBusyError: a thousand races were lost.
        """
        for losses in range(MOST_ATTEMPTS):
            if losses:
                pause(losses)
            if self.head.size or self.exists():
                self.refresh()
            acts = build(self.history)
            if not acts:
                return None
            entry = chain.compose(self.history, self.head, acts=acts, clock=now(), actor=actor, software=software)
            if key.verifier not in chain.may_sign(self.history, entry):
                raise self.history.keys.not_in_force(key.verifier, "entry")
            origin = self.history.created.origin if self.history.created else self._founding_origin(acts)
            content = chain.sign(origin, entry, key)
            # What we would refuse we never write.
            accepted = chain.accept(self.history, self.head, content)
            # At this point every object that the entry names is durable. If we crash here, they are
            # unreferenced and harmless. The next call is the commit.
            if self._write(layout.entry(entry.index), content):
                return self._committed(accepted)
        raise LedgerBusyError(f"Others committed first {MOST_ATTEMPTS} times.", do="Try again later.")

    def _committed(self, accepted: Accepted) -> Accepted:
        """Take an entry that is in the store now, whatever becomes of the registers."""
        try:
            self._take(accepted)
            self._keep()
        except RegistersUnusableError:
            self._start_over(Registers())
            self._refreshed()
        return accepted

    def exists(self) -> bool:
        """Return whether the store holds a ledger."""
        return self.store.exists(layout.entry(0))

    @staticmethod
    def _founding_origin(acts: tuple[Act, ...]) -> str:
        first = acts[0]
        if not isinstance(first, ArchiveCreated):
            raise ArchiveMissingError("There is no archive here.", do="Run 'holdfast init' first.")
        return first.origin

    def _write(self, key: str, content: bytes) -> bool:
        try:
            self.store.put_new(key, Content.of(content))
        except KeyTakenError:
            return False
        except OutcomeUnknownError as unknown:
            # Look: our own bytes there mean that the write landed.
            try:
                stored = self.store.find(key)
            except UnavailableError as away:
                raise unknown from away
            if stored is None:
                raise
            return stored.sha256 == Content.of(content).sha256
        return True

    def entry_bytes(self, index: int) -> bytes:
        """Return the exact bytes of an accepted entry.

        Raises:
            LedgerChangedError: the store gives other bytes than those that were accepted.
        """
        return self._read(index)[0]

    def entry(self, index: int) -> Entry:
        """Return an accepted entry, read again from the store.

        Raises:
            LedgerChangedError: the store gives other bytes than those that were accepted.
        """
        return self._read(index)[1]

    def _read(self, index: int) -> tuple[bytes, Entry]:
        content = self._find(index)
        if content is not None and _is_entry(content, leaf=self.history.registers.node(0, index)):
            return content, chain.parse_entry(content)[1]
        raise LedgerChangedError(
            f"Ledger entry {index} is not what it was.", do="Stop, keep everything and run 'holdfast verify'."
        )

    def checkpoint(self, key: Signer, *, size: int | None = None) -> SignedNote:
        """Sign and store the checkpoint over the first ``size`` entries, or over all as of the last refresh.

        Returns it; where another key has signed and stored it already, that note.

        Raises:
            KeyNotInForceError: ``key`` may not sign checkpoints, or might not at that size.
            IntegrityError: a checkpoint of another ledger stands there.
        """
        size = self.head.size if size is None else size
        if not all(key.verifier in self.history.verifiers("checkpoint", at=at) for at in (size, None)):
            raise self.history.keys.not_in_force(key.verifier, "checkpoint")
        text = Checkpoint(self.origin, size, self.root_at(size)).to_text()
        note, place = SignedNote.sign(text, key), layout.checkpoint(size)
        try:
            self.store.put_new(place, Content.of(note.to_bytes()))
        except KeyTakenError:
            note = SignedNote.from_bytes(read(self.store, place, limit=NOTE_LIMIT))
            if note.text != text:
                raise chain.refused(size, "a signed checkpoint tells of another ledger") from None
            self.checkpoint_signer(note)
        return note

    def root_at(self, size: int) -> Digest:
        """Return the root over the first ``size`` entries, proved by the root over all of them: it may be signed.

        Raises:
            RegistersDamagedError: the local hashes do not make these roots.
        """
        if size == self.head.size:
            return self.head.tree.root
        root = root_at(self.history.registers.node, size)
        if not size:
            return root
        path = self.consistency(size, size=self.head.size)
        try:
            verify_consistency(
                first=size, second=self.head.size, path=path, first_root=root, second_root=self.head.tree.root
            )
        except ProofRefusedError as error:
            raise self.history.registers.damaged("a hash of the tree is another") from error
        return root

    def checkpoint_signer(self, note: SignedNote) -> Verifier:
        """Return the key that signed a checkpoint of this ledger.

        Raises:
            IntegrityError: none did that was in force.
        """
        size = Checkpoint.from_text(note.text).size
        return note.verify(self.history.verifiers("checkpoint", at=size))[0]

    def inclusion(self, index: int, *, size: int) -> tuple[Digest, ...]:
        """Return the path from entry ``index`` to the root of the first ``size`` entries."""
        return inclusion_path(self.history.registers.node, index, size=size)

    def consistency(self, first: int, *, size: int) -> tuple[Digest, ...]:
        """Return the proof that the ledger of ``first`` entries is a prefix of that of ``size``."""
        return consistency_path(self.history.registers.node, first, second=size)


def _opened(path: Path) -> tuple[Registers, Snapshot | None, History]:
    """Return the registers in a file, what was kept there last, and the history that it tells."""
    registers = Registers(path)
    snapshot = registers.snapshot()
    if snapshot is None:
        return registers, None, History(registers=registers)
    try:
        return registers, snapshot, History.restored(snapshot.content, registers)
    except NotCanonicalError:  # another version's
        registers.remove()
        registers = Registers(path)
        return registers, None, History(registers=registers)


def _is_entry(content: bytes, *, leaf: Digest) -> bool:
    """Whether these are the bytes of the entry with that leaf hash, acts and all."""
    try:
        return chain.leaf_of(content) == leaf and bool(chain.parse_entry(content))
    except IntegrityError:
        return False
