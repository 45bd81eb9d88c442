"""The local copy of the ledger: it saves reading, shows a store that lost entries, and is never believed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from manifests.ledger import Ledger, LedgerChangedError
from manifests.recalled import RecalledEntries
from schemas.errors import ArchiveError
from storage import layout
from storage.memory import MemoryStore
from tests.manifests.archives import Writer, captured, registered

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

ENTRIES = 12


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
        made.append(ledger, captured(f"c{number}", base=number - 1 if number > 2 else None))
    return made


def started(writer: Writer, folder: Path) -> Ledger:
    """A new process on the same machine, which has read the ledger."""
    ledger = Ledger(writer.store, recalled=RecalledEntries(folder / "state" / "ledger.notes"))
    ledger.refresh()
    return ledger


def state(ledger: Ledger) -> object:
    return (ledger.history, ledger.head, ledger.leaves)


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


def test_a_copy_damaged_at_any_byte_changes_nothing(writer: Writer, tmp_path: Path) -> None:
    expected = state(started(writer, tmp_path))
    path = tmp_path / "state" / "ledger.notes"
    content = path.read_bytes()
    for position in range(len(content)):
        path.write_bytes(content[:position] + bytes((content[position] ^ 1,)) + content[position + 1 :])
        assert state(started(writer, tmp_path)) == expected, position


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 700])
def test_a_copy_that_ends_in_the_middle_is_mended(writer: Writer, tmp_path: Path, cut: int) -> None:
    expected = state(started(writer, tmp_path))
    path = tmp_path / "state" / "ledger.notes"
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    assert state(started(writer, tmp_path)) == expected
    assert path.read_bytes() == content


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
