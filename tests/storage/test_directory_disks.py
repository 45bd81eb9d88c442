"""The directory store on disks that are full, small, read-only or not one, and with too few rights."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storage.directory import DirectoryStore
from storage.objects import (
    Content,
    StoreUnavailableError,
    StoreUnsuitableError,
)
from tests.killing import run_killed_at

if TYPE_CHECKING:
    from collections.abc import Iterator

from tests.storage.directories import drafts

NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting and changing users need root")


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


@contextmanager
def mounted(where: Path, *options: str) -> Iterator[Path]:
    where.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, str(where)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield where
    finally:
        subprocess.run(["umount", str(where)], check=True)


@as_root
def test_a_full_disk_says_so_leaves_nothing_and_works_again_with_space(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=1m", "none") as disk:
        store = DirectoryStore(disk / "store")
        kept = store.put_new("kept", Content.of(bytes(600_000)))
        with pytest.raises(StoreUnavailableError, match=r"the disk is full.* Free or add space") as refused:
            store.put_new("folder/a", Content.of(bytes(800_000)))
        assert refused.value.facts["errno"] == "ENOSPC"
        assert not store.exists("folder/a")
        assert drafts(store) == []
        assert store.find("kept") == kept
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        store.put_new("folder/a", Content.of(bytes(800_000)))


@as_root
def test_a_disk_without_room_for_another_name_says_so(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "nr_inodes=6", "none") as disk:
        store = DirectoryStore(disk)
        store.put_new("folder/a", Content.of(b""))  # the root, two folders, a file
        store.put_new("folder/b", Content.of(b""))
        with pytest.raises(StoreUnavailableError, match="the disk is full"):
            store.put_new("folder/c", Content.of(b""))
        assert drafts(store) == []


def test_a_limit_on_the_size_of_files_says_so_and_leaves_nothing(store: DirectoryStore) -> None:
    died = run_killed_at(
        0, "tests.storage.writing:put_large", {"root": str(store.root), "size": 3 << 20, "limit": 2 << 20}
    )
    assert not died
    assert not store.exists("a")
    assert drafts(store) == []


@as_root
def test_a_read_only_disk_can_be_read_and_says_what_it_is(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "-t", "tmpfs", "none") as disk:
        store = DirectoryStore(disk)
        stored = store.put_new("folder/a", Content.of(b"bytes"))
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for key in ("folder/b", "b", "other/b"):
            with pytest.raises(StoreUnavailableError, match="the file system is read-only"):
                store.put_new(key, Content.of(b""))
        assert store.find("folder/a") == stored
        assert list(store.keys("")) == ["folder/a"]


@as_root
def test_a_store_across_two_disks_is_unsuitable(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store")
    store.put_new("here/a", Content.of(b""))
    with mounted(store.root / "there", "-t", "tmpfs", "none"):
        with pytest.raises(StoreUnsuitableError, match="hard links are refused"):
            store.put_new("there/a", Content.of(b""))
        assert not store.exists("there/a")
        assert drafts(store) == []


@as_root
def test_a_user_without_rights_is_told_so() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        store = DirectoryStore(folder / "store")
        store.put_new("folder/a", Content.of(b"bytes"))
        for path in (store.root, store.root / "folder"):
            path.chmod(0o755)
        (store.root / "folder" / "a").chmod(0o400)
        os.seteuid(NOBODY)
        try:
            with pytest.raises(StoreUnavailableError, match=r"this user may not\. Give this user the right"):
                store.put_new("folder/b", Content.of(b""))
            with pytest.raises(StoreUnavailableError, match="this user may not"):
                store.open("folder/a")
            with pytest.raises(StoreUnavailableError, match="this user may not"):
                store.find("folder/a")
            assert store.exists("folder/a")
        finally:
            os.seteuid(0)


def test_objects_are_files_that_nobody_may_write(store: DirectoryStore) -> None:
    store.put_new("a", Content.of(b"bytes"))
    mode = (store.root / "a").stat()
    assert mode.st_mode & 0o777 & ~0o444 == 0
    assert mode.st_nlink == 1


def test_a_store_that_is_not_there_yet_is_empty_and_is_made_by_the_first_write(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "not" / "yet")
    assert store.find("a") is None
    assert not store.exists("a")
    assert list(store.keys("")) == []
    assert list(store.strangers()) == []
    assert store.sweep() == 0
    assert not (tmp_path / "not").exists()
    store.put_new("a", Content.of(b"bytes"))
    assert list(store.keys("")) == ["a"]


def test_a_key_and_a_key_below_it_cannot_both_be_stored(store: DirectoryStore) -> None:
    store.put_new("a", Content.of(b""))
    with pytest.raises(StoreUnsuitableError, match="the folder a would be an object"):
        store.put_new("a/b", Content.of(b""))
    assert store.find("a/b") is None
    store.put_new("c/d", Content.of(b""))
    with pytest.raises(StoreUnsuitableError, match="c is the folder of other objects"):
        store.put_new("c", Content.of(b""))
    assert store.find("c") is None
