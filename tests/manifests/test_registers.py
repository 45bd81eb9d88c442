"""The local registers: they save reading, show a store that lost entries, and are never believed alone."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
import pytest

from manifests.ledger import Ledger, LedgerChangedError
from manifests.registers import RegistersDamagedError, RegistersUnusableError
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.partition import Partition
from schemas.stored import StoredObject
from storage import layout
from storage.memory import MemoryStore
from tests.manifests.archives import Writer, captured, registered

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from schemas.ledger import Captured

ENTRIES = 12
STRIDE = 7
"""Every seventh byte of the file is damaged: all of them take minutes and find no more."""


class Counting(MemoryStore):
    """A store that remembers what was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def open(self, key: str, *, version: str | None = None) -> BinaryIO:
        self.opened.append(key)
        return super().open(key, version=version)

    def remove(self, key: str) -> None:
        del self._objects[key]

    def exchange(self, key: str, content: bytes) -> None:
        self._objects[key] = content


@pytest.fixture
def writer() -> Writer:
    """A writer with a ledger of a dozen entries."""
    made = Writer(store=Counting())
    ledger = made.create()
    made.append(ledger, registered())
    for number in range(2, ENTRIES):
        made.append(ledger, sealed(f"c{number}", base=number - 1 if number > 2 else None))
    return made


def sealed(name: str, *, base: int | None) -> Captured:
    """A capture that names a partition and a WARC file."""
    objects = [StoredObject(key=f"{kind}/blog/{name}", sha256=Digest.of(b""), size=0) for kind in ("p", "e")]
    part = Partition(account="blog", series="any", period="2026-03", rows=1, root=Digest.of(b"r"), stored=objects[0])
    return msgspec.structs.replace(captured(name, base=base), partitions=(part,), exchanges=(objects[1],))


def started(writer: Writer, folder: Path) -> Ledger:
    """A new process on the same machine, which has read the ledger."""
    ledger = Ledger(writer.store, registers=folder / "state" / "ledger.db")
    ledger.refresh()
    return ledger


def state(ledger: Ledger) -> object:
    history, size = ledger.history, ledger.head.size
    assert list(history.sealed("blog", start=3)) == list(history.sealed("blog"))[3:]
    assert list(history.objects(start=5)) == [named for named in history.objects() if named.entry >= 5]
    nodes = [history.registers.node(0, index) for index in range(size)]
    return history.standing(), list(history.sealed("blog")), list(history.objects()), ledger.head, nodes


def captures(ledger: Ledger) -> list[int | None]:
    return [ledger.history.find_capture(f"c{number}") for number in range(2, ENTRIES)]


def test_the_second_start_reads_one_entry_and_looks_for_the_next(writer: Writer, tmp_path: Path) -> None:
    first = started(writer, tmp_path)
    writer.store.opened.clear()
    second = started(writer, tmp_path)
    assert writer.store.opened == [layout.entry(ENTRIES - 1), layout.entry(ENTRIES)]
    assert state(second) == state(first) == state(started(writer, tmp_path / "without"))


def test_what_others_commit_and_what_we_commit_is_copied_too(writer: Writer, tmp_path: Path) -> None:
    ledger = started(writer, tmp_path)
    other = Ledger(writer.store)
    other.refresh()
    writer.append(other, registered("wiki"))
    writer.append(ledger, registered("news"))
    writer.store.opened.clear()
    assert state(started(writer, tmp_path)) == state(ledger)
    assert writer.store.opened == [layout.entry(ENTRIES + 1), layout.entry(ENTRIES + 2)]


def test_processes_that_share_a_copy_do_not_spoil_it(writer: Writer, tmp_path: Path) -> None:
    one, two = started(writer, tmp_path), started(writer, tmp_path)
    writer.append(one, registered("a"))
    writer.append(one, registered("b"))
    writer.append(two, registered("c"))
    writer.append(one, registered("d"))
    two.refresh()
    three = started(writer, tmp_path)
    writer.store.opened.clear()
    assert state(three) == state(two) == state(started(writer, tmp_path))
    assert len(writer.store.opened) == 2


@pytest.mark.parametrize("count", [1, 5])
def test_a_store_whose_newest_entries_were_cut_off_is_noticed(writer: Writer, tmp_path: Path, count: int) -> None:
    started(writer, tmp_path)
    for index in range(ENTRIES - count, ENTRIES):
        writer.store.remove(layout.entry(index))
    with pytest.raises(LedgerChangedError):
        started(writer, tmp_path)
    assert started(writer, tmp_path / "a-machine-that-never-saw-them").head.size == ENTRIES - count


def test_another_history_under_the_same_keys_is_noticed(writer: Writer, tmp_path: Path) -> None:
    started(writer, tmp_path)
    writer.store.remove(layout.entry(ENTRIES - 1))
    forker = Ledger(writer.store)
    forker.refresh()
    writer.append(forker, registered("instead"))
    with pytest.raises(LedgerChangedError):
        started(writer, tmp_path)


def test_registers_damaged_at_any_byte_change_nothing(writer: Writer, tmp_path: Path) -> None:
    expected = state(started(writer, tmp_path))
    path = tmp_path / "state" / "ledger.db"
    whole = path.read_bytes()
    for position in range(0, len(whole), STRIDE):
        path.write_bytes(whole[:position] + bytes((whole[position] ^ 1,)) + whole[position + 1 :])
        try:
            ledger = started(writer, tmp_path)
            seen, found = state(ledger), captures(ledger)
        except RegistersUnusableError as refusal:  # has removed the file, or says which one to delete
            if isinstance(refusal, RegistersDamagedError):
                assert not path.exists(), position
            path.unlink(missing_ok=True)
            ledger = started(writer, tmp_path)
            seen, found = state(ledger), captures(ledger)
        assert seen == expected, position
        # The name of a capture may be lost to a damage that SQLite does not notice; it is never told wrongly.
        assert all(entry in (None, number) for number, entry in enumerate(found, start=2)), position


@pytest.mark.parametrize("cut", [1, 100, 5000])
def test_registers_that_are_cut_off_are_made_anew(writer: Writer, tmp_path: Path, cut: int) -> None:
    expected = state(started(writer, tmp_path))
    path = tmp_path / "state" / "ledger.db"
    path.write_bytes(path.read_bytes()[:-cut])
    with suppress(RegistersDamagedError):
        assert state(started(writer, tmp_path)) == expected
    assert state(started(writer, tmp_path)) == expected


def test_a_copy_that_cannot_be_written_hinders_nobody(writer: Writer, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    ledger = started(writer, tmp_path)
    writer.append(ledger, registered("wiki"))
    assert ledger.head.size == ENTRIES + 1


def test_a_damaged_entry_in_the_store_that_was_copied_whole_is_not_read_again(writer: Writer, tmp_path: Path) -> None:
    started(writer, tmp_path)
    writer.store.exchange(layout.entry(3), b"nonsense")
    assert started(writer, tmp_path).head.size == ENTRIES  # the audit reads the store and says so
    with pytest.raises(ArchiveError):
        started(writer, tmp_path / "without")
