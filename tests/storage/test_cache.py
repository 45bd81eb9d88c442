"""Local copies: checked on the way in, whole or absent, and fetched again when they are not what they were."""

from __future__ import annotations

import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from schemas.digest import Digest
from schemas.stored import StoredObject
from storage.cache import Cache
from storage.directory import DirectoryStore
from storage.memory import MemoryStore
from storage.objects import Content, ObjectAlteredError, ObjectMissingError
from tests.killing import Death, deaths

if TYPE_CHECKING:
    from storage.objects import ObjectStore

BYTES = b"bytes of a partition" * 100_000


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def stored(store: ObjectStore) -> StoredObject:
    return store.put_new("partitions/a.parquet", Content.of(BYTES))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "state" / "cache")


def test_a_copy_has_the_objects_bytes_and_cannot_be_written(
    cache: Cache, store: MemoryStore, stored: StoredObject
) -> None:
    path = cache.path_of(store, stored)
    assert path.read_bytes() == BYTES
    assert path.stat().st_mode & 0o222 == 0
    assert cache.folder.stat().st_mode & 0o077 == 0
    assert [one.name for one in cache.folder.iterdir()] == [path.name]


def test_a_copy_is_used_again_without_the_store(cache: Cache, store: MemoryStore, stored: StoredObject) -> None:
    path = cache.path_of(store, stored)
    assert cache.path_of(MemoryStore(), stored) == path
    assert Cache(cache.folder).path_of(MemoryStore(), stored) == path


def test_two_keys_with_the_same_bytes_share_a_copy(cache: Cache, store: MemoryStore, stored: StoredObject) -> None:
    other = store.put_new("partitions/b.parquet", Content.of(BYTES))
    assert cache.path_of(store, other) == cache.path_of(store, stored)


@pytest.mark.parametrize(
    "claim",
    [
        {"sha256": Digest.of(b"other")},
        {"size": len(BYTES) - 1},
        {"size": len(BYTES) + 1},
    ],
    ids=["digest", "larger", "smaller"],
)
def test_an_object_that_is_not_what_the_ledger_names_is_refused_and_not_kept(
    cache: Cache, store: MemoryStore, stored: StoredObject, claim: dict[str, object]
) -> None:
    named = StoredObject(**{"key": stored.key, "sha256": stored.sha256, "size": stored.size} | claim)
    with pytest.raises(ObjectAlteredError, match=stored.key):
        cache.path_of(store, named)
    assert list(cache.folder.iterdir()) == []


def test_an_object_that_is_gone_is_missing(cache: Cache, stored: StoredObject) -> None:
    with pytest.raises(ObjectMissingError):
        cache.path_of(MemoryStore(), stored)


@pytest.mark.parametrize("wrong", ["shorter", "empty", "link"])
def test_a_copy_that_is_no_longer_whole_is_fetched_again(
    cache: Cache, store: MemoryStore, stored: StoredObject, wrong: str, tmp_path: Path
) -> None:
    path = cache.path_of(store, stored)
    path.unlink()
    if wrong == "link":
        (tmp_path / "elsewhere").write_bytes(b"x" * len(BYTES))
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.write_bytes({"shorter": BYTES[:-1], "empty": b""}[wrong])
    assert cache.path_of(store, stored) == path
    assert not path.is_symlink()
    assert path.read_bytes() == BYTES


def test_a_link_of_the_right_length_is_no_copy(cache: Cache, store: MemoryStore) -> None:
    stored = store.put_new("a", Content.of(b"/etc/hostname"))
    path = cache.path_of(store, stored)
    path.unlink()
    path.symlink_to("/etc/hostname")
    assert path.lstat().st_size == stored.size
    assert cache.path_of(store, stored).read_bytes() == b"/etc/hostname"


def test_a_cleared_cache_fills_itself_again_and_open_readers_keep_their_copy(
    cache: Cache, store: MemoryStore, stored: StoredObject
) -> None:
    cache.clear()  # also where there is none yet
    path = cache.path_of(store, stored)
    (cache.folder / ("0" * 32)).write_bytes(b"left by a dead writer")
    with path.open("rb") as reader:
        cache.clear()
        assert list(cache.folder.iterdir()) == []
        assert reader.read() == BYTES
    assert cache.path_of(store, stored).read_bytes() == BYTES


def test_threads_that_want_one_object_all_get_it_whole(cache: Cache, store: MemoryStore, stored: StoredObject) -> None:
    with ThreadPoolExecutor(16) as pool:
        contents = list(pool.map(lambda _: cache.path_of(store, stored).read_bytes(), range(64)))
    assert set(contents) == {BYTES}
    assert len(list(cache.folder.iterdir())) == 1


def fetch(store: str, cache: str) -> bool:
    """Fetch the one object of a store, in a process of its own; return whether the copy is whole."""
    stored = StoredObject(key="a", sha256=Digest.of(BYTES), size=len(BYTES))
    return Cache(Path(cache)).path_of(DirectoryStore(Path(store)), stored).read_bytes() == BYTES


def test_processes_that_want_one_object_all_get_it_whole(tmp_path: Path) -> None:
    DirectoryStore(tmp_path / "store").put_new("a", Content.of(BYTES))
    with ProcessPoolExecutor(4, multiprocessing.get_context("spawn")) as pool:
        turns = 24
        assert all(pool.map(fetch, [str(tmp_path / "store")] * turns, [str(tmp_path / "cache")] * turns))
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_reader_that_is_killed_at_any_step_leaves_no_copy_or_a_whole_one(tmp_path: Path) -> None:
    DirectoryStore(tmp_path / "store").put_new("a", Content.of(BYTES))
    cache = tmp_path / "cache"
    copied = []

    def places(_: Death) -> dict[str, str]:
        shutil.rmtree(cache, ignore_errors=True)
        return {"store": str(tmp_path / "store"), "cache": str(cache)}

    for death in deaths("tests.storage.test_cache:fetch", places):
        path = cache / Digest.of(BYTES).hex
        copied.append(path.exists())
        assert not path.exists() or path.read_bytes() == BYTES, death
        assert fetch(str(tmp_path / "store"), str(cache)), death
        Cache(cache).clear()
        assert list(cache.iterdir()) == [], death
    assert {True, False} == set(copied)
