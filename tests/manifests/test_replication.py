"""A second copy is whole at every moment, says what it lacks, and never passes for what it is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import pytest

from manifests.ledger import Ledger
from manifests.replication import Copied, CopyAheadError, compare, copy_archive
from storage import layout
from storage.directory import DirectoryStore
from storage.memory import MemoryStore
from storage.objects import Content, StoreUnavailableError, StoreUnsuitableError
from tests.manifests.archives import Writer, captured, registered
from tests.storage.s3_proxy import Lose, once, proxy
from tests.storage.s3_stores import bucket_on, patience

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.errors import ArchiveError
    from schemas.stored import StoredObject
    from storage.objects import ObjectStore

BODIES = {"exchanges/blog/a": b"first", "exchanges/blog/b": b"", "exchanges/blog/c": b"third"}
LARGE = b"large " * 6_000_000


@dataclass
class Refusing(MemoryStore):
    """A store that refuses to take objects at a key, as one does whose policy forbids it or that is away."""

    key: str
    error: ArchiveError | None

    def __post_init__(self) -> None:
        super().__init__()

    def put_new(self, key: str, content: Content) -> StoredObject:
        if key == self.key and self.error is not None:
            raise self.error
        return super().put_new(key, content)


@dataclass
class Office:
    """An archive whose captures carry an object each."""

    writer: Writer = field(default_factory=Writer)

    def __post_init__(self) -> None:
        self.ledger = self.writer.create()
        self.writer.append(self.ledger, registered())

    def capture(self, key: str, body: bytes) -> StoredObject:
        """Store an object and commit the capture that names it."""
        stored = self.ledger.store.put_new(key, Content.of(body))
        last = self.ledger.history.last_capture.get("blog")
        act = captured(key.rpartition("/")[2], base=last[0] if last else None)
        self.writer.append(self.ledger, msgspec.structs.replace(act, exchanges=(stored,)))
        return stored

    def copy_to(self, store: ObjectStore, *, everything: bool = False) -> Copied:
        return copy_archive(self.writer.ledger(), Ledger(store), everything=everything, tell=lambda *_: None)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An archive of three objects in a folder."""
    made = Office(Writer(store=DirectoryStore(tmp_path / "archive")))
    for key, body in BODIES.items():
        made.capture(key, body)
    return made


def test_a_copy_holds_every_object_and_goes_on_where_it_ends(office: Office):
    copy = MemoryStore()
    office.ledger.checkpoint(office.writer.checkpoint_key)
    first = office.copy_to(copy)
    office.capture("exchanges/blog/d", b"fourth")
    second, third = office.copy_to(copy), office.copy_to(copy)

    assert (first.entries, first.objects, first.octets, first.failures) == (5, 3, 10, ())
    assert (second.entries, second.objects, second.octets, second.failures) == (1, 1, 6, ())
    assert (third.entries, third.objects) == (0, 0)
    assert list(copy.keys("")) == list(office.ledger.store.keys(""))
    assert compare(office.writer.ledger(), Ledger(copy)).copied == 6


def test_what_the_archive_lacks_is_named_and_copied_with_everything_once_it_is_mended(office: Office, tmp_path: Path):
    copy, lost = MemoryStore(), tmp_path / "archive" / "exchanges/blog/b"
    lost.unlink()

    first = office.copy_to(copy)
    again = office.copy_to(copy)
    lost.write_bytes(BODIES["exchanges/blog/b"])
    mended = office.copy_to(copy, everything=True)

    assert [(one.key, one.error.code) for one in first.failures] == [("exchanges/blog/b", "OBJECT_MISSING")]
    assert (first.entries, first.objects) == (5, 2)
    assert again.failures == ()
    assert (mended.objects, mended.failures) == (1, ())
    assert copy.exists("exchanges/blog/b")


def test_other_bytes_in_the_copy_are_named_and_stay(office: Office):
    copy = MemoryStore()
    copy.put_new("exchanges/blog/a", Content.of(b"FIRST"))

    found = office.copy_to(copy)

    assert [(one.key, one.error.code) for one in found.failures] == [("exchanges/blog/a", "KEY_TAKEN")]
    assert found.objects == 2
    with copy.open("exchanges/blog/a") as stream:
        assert stream.read() == b"FIRST"


@pytest.mark.parametrize(
    "error",
    [StoreUnsuitableError("no lock", do="lock"), StoreUnavailableError("away", do="wait")],
    ids=lambda error: error.code,
)
def test_a_copy_that_does_not_take_an_object_takes_no_entry_that_names_it(office: Office, error: ArchiveError):
    copy = Refusing("exchanges/blog/b", error)

    with pytest.raises(type(error)):
        office.copy_to(copy)
    named = list(copy.keys(layout.LEDGER))
    copy.error = None
    found = office.copy_to(copy)

    assert named == []
    assert found.failures == ()
    assert all(copy.exists(key) for key in BODIES)


def test_an_archive_that_lost_its_end_since_it_was_copied_is_refused_and_can_be_brought_back(
    office: Office, tmp_path: Path
):
    copy = MemoryStore()
    office.copy_to(copy)
    (tmp_path / "archive" / layout.entry(4)).unlink()

    cut = compare(office.writer.ledger(), Ledger(copy))
    with pytest.raises(CopyAheadError) as refused:
        cut.refuse_ahead()
    restored = copy_archive(Ledger(copy), office.writer.ledger(), everything=True, tell=lambda *_: None)

    assert refused.value.facts == {"entries": 4, "copied": 5}
    assert restored.entries == 1
    compare(office.writer.ledger(), Ledger(copy)).refuse_ahead()


def test_what_an_older_copy_still_has_is_brought_back_into_a_longer_archive(office: Office, tmp_path: Path):
    copy = MemoryStore()
    office.copy_to(copy)
    office.capture("exchanges/blog/d", b"fourth")
    (tmp_path / "archive" / "exchanges/blog/a").unlink()

    restored = copy_archive(Ledger(copy), office.writer.ledger(), everything=True, tell=lambda *_: None)

    assert (restored.entries, restored.objects, restored.failures) == (0, 1, ())
    assert (tmp_path / "archive" / "exchanges/blog/a").read_bytes() == b"first"


def test_an_object_that_a_dead_copier_left_without_its_lock_is_locked(s3_lane, monkeypatch: pytest.MonkeyPatch):
    office = Office()
    office.capture("exchanges/blog/large", LARGE)
    with bucket_on(s3_lane, monkeypatch) as bucket:
        with proxy(s3_lane, once("put_object_retention", *[Lose(before=True)] * 2)) as server:
            store = bucket.through(server.endpoint, waiting=patience(attempts=2), versions="oldest")
            with pytest.raises(StoreUnavailableError):
                office.copy_to(store)
        copy = bucket.store(versions="oldest")
        assert copy.guard_of("exchanges/blog/large").lock is None

        found = office.copy_to(copy)

        assert (found.entries, found.failures) == (3, ())
        assert copy.guard_of("exchanges/blog/large").lock is not None
        assert compare(office.writer.ledger(), Ledger(copy)).copied == 3
