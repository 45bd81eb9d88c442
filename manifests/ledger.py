"""The ledger in a store: refresh reads and accepts what is new, append commits. It decides nothing; the chain does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests import chain
from manifests.history import History
from manifests.notes import NOTE_LIMIT, Checkpoint, SignedNote
from schemas.errors import (
    ArchiveError,
    ConflictError,
    InputError,
    IntegrityError,
    OutcomeUnknownError,
    UnavailableError,
)
from schemas.ledger import ArchiveCreated
from schemas.merkle import consistency_path, inclusion_path, leaf_hash
from storage import layout
from storage.objects import Content, KeyTakenError, ObjectMissingError, Versions, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from manifests.chain import Accepted, Head
    from manifests.recalled import RecalledEntries
    from manifests.signing import Signer, Verifier
    from schemas.digest import Digest
    from schemas.instant import Instant
    from schemas.ledger import Act, Entry
    from storage.objects import ObjectStore

MOST_ATTEMPTS = 1000


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

    def __init__(
        self, store: ObjectStore, *, origin: str | None = None, recalled: RecalledEntries | None = None
    ) -> None:
        """Open without reading. ``origin``, when given, is the archive that the store must hold.

        ``recalled`` are the entries that this machine accepted earlier.
        """
        self.store = store
        self.expected_origin = origin
        self._recalled = recalled
        self.history: History = History()
        self.head: Head = chain.Head()
        self.leaves: list[Digest] = []

    @property
    def origin(self) -> str:
        """The archive's name for life.

        Raises:
            ArchiveMissingError: there is no archive.
        """
        if self.history.created is None:
            raise ArchiveMissingError("There is no archive here.", do="Run 'holdfast init' first.")
        return self.history.created.origin

    def refresh(self) -> tuple[Accepted, ...]:
        """Read the entries since the last look, accept each, and return them.

        Raises:
            IntegrityError: an entry breaks the rules; the view stays before it.
            LedgerChangedError: the store lacks, or has otherwise, what this machine accepted earlier.
            ArchiveMissingError: the store is empty, or holds another archive than expected.
        """
        if self._recalled is not None and not self.head.size:
            self._recall(self._recalled)
        fresh: list[Accepted] = []
        for content in self._following():
            fresh.append(self._take(chain.accept(self.history, self.head, content)))  # noqa: PERF401 - one by one
        if self._recalled is not None:
            self._recalled.extend(accepted.content for accepted in fresh)
        self._check_origin(self.origin)
        return tuple(fresh)

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
                yield read(self.store, version.key, version=version.version, limit=NOTE_LIMIT)

    def _find(self, index: int) -> bytes | None:
        try:
            return read(self.store, layout.entry(index), limit=NOTE_LIMIT)
        except ObjectMissingError:
            return None

    def _recall(self, recalled: RecalledEntries) -> None:
        """Take what was accepted earlier, if its hashes lead to what the store holds at its end."""
        try:
            known = chain.rehearse(recalled.read())
        except ArchiveError:
            recalled.forget()  # damaged: the store is read anew
            return
        if not known:
            return
        if self._find(len(known) - 1) != known[-1].content:
            if (first := self._find(0)) is not None:
                self._check_origin(chain.parse_entry(first)[0])
            raise LedgerChangedError(
                f"Ledger entry {len(known) - 1} is not in the store as this machine accepted it earlier: "
                "entries were cut off or exchanged.",
                do="Stop, keep everything, and compare with a second copy or a checkpoint that was handed over.",
            )
        for accepted in known:
            self._take(accepted)

    def _check_origin(self, origin: str) -> None:
        if self.expected_origin not in (None, origin):
            raise ArchiveMissingError(
                f"The store holds the archive {origin!r}, not {self.expected_origin!r}.",
                do="Check 'origin' and the store's place in holdfast.toml.",
            )

    def _take(self, accepted: Accepted) -> Accepted:
        self.history.record(accepted.entry)
        self.head = chain.Head.after(accepted.entry, accepted.leaf)
        self.leaves.append(accepted.leaf)
        return accepted

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
                if self._recalled is not None:
                    self._recalled.extend((content,))
                return self._take(accepted)
        raise LedgerBusyError(f"Others committed first {MOST_ATTEMPTS} times.", do="Try again later.")

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
        try:
            content = read(self.store, layout.entry(index), limit=NOTE_LIMIT)
        except ObjectMissingError:
            content = b""
        if leaf_hash(content) != self.leaves[index]:
            raise LedgerChangedError(
                f"Ledger entry {index} is not what it was.", do="Stop, keep everything and run 'holdfast verify'."
            )
        return content

    def entry(self, index: int) -> Entry:
        """Return an accepted entry, read again from the store.

        Raises:
            LedgerChangedError: the store gives other bytes than those that were accepted.
        """
        return chain.parse_entry(self.entry_bytes(index))[1]

    def checkpoint(self, key: Signer) -> SignedNote:
        """Sign and store the checkpoint of the ledger as of the last refresh, and return it.

        Where another key has signed and stored it already, that note is returned.

        Raises:
            KeyNotInForceError: ``key`` may not sign checkpoints.
            IntegrityError: a checkpoint of another ledger stands there.
        """
        if key.verifier not in self.history.verifiers("checkpoint"):
            raise self.history.keys.not_in_force(key.verifier, "checkpoint")
        text = Checkpoint(self.origin, self.head.size, self.head.tree.root).to_text()
        note, place = SignedNote.sign(text, key), layout.checkpoint(self.head.size)
        try:
            self.store.put_new(place, Content.of(note.to_bytes()))
        except KeyTakenError:
            note = SignedNote.from_bytes(read(self.store, place, limit=NOTE_LIMIT))
            if note.text != text:
                raise chain.refused(self.head.size, "a signed checkpoint tells of another ledger") from None
            self.checkpoint_signer(note)
        return note

    def checkpoint_signer(self, note: SignedNote) -> Verifier:
        """Return the key that signed a checkpoint of this ledger.

        Raises:
            IntegrityError: none did that was in force.
        """
        size = Checkpoint.from_text(note.text).size
        return note.verify(self.history.verifiers("checkpoint", at=size))[0]

    def inclusion(self, index: int, *, size: int) -> tuple[Digest, ...]:
        """Return the path from entry ``index`` to the root of the first ``size`` entries."""
        return inclusion_path(self.leaves[:size], index)

    def consistency(self, first: int, *, size: int) -> tuple[Digest, ...]:
        """Return the proof that the ledger of ``first`` entries is a prefix of that of ``size``."""
        return consistency_path(self.leaves[:size], first)
