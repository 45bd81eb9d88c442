"""The directory store against crashes, racing processes and hostile neighbours."""

from __future__ import annotations

import fcntl
import io
import multiprocessing
import os
import shutil
import socket
import stat
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from schemas.digest import Digest
from storage.directory import INCOMING, DirectoryStore
from storage.objects import (
    Content,
    KeyTakenError,
    ObjectAlteredError,
    read,
)
from tests.killing import Death, deaths, run_killed_at
from tests.storage import writing
from tests.storage.directories import drafts

if TYPE_CHECKING:
    from collections.abc import Callable

A_YEAR_AGO = 365 * 86_400


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


# Crashes


def test_a_writer_that_is_killed_at_any_step_leaves_each_key_absent_or_whole(tmp_path: Path) -> None:
    def place(death: Death) -> dict[str, str]:
        return {"root": str(tmp_path / f"{death.moment}-{death.step}")}

    seen: set[tuple[bool, bool]] = set()
    swept = 0
    for death in deaths("tests.storage.writing:put_two", place):
        store = DirectoryStore(Path(place(death)["root"]))
        whole = tuple(_absent_or_whole(store, key, content, death) for key, content in (writing.FIRST, writing.SECOND))
        seen.add(whole)
        assert list(store.keys("")) == [
            key for key, there in zip((writing.FIRST[0], writing.SECOND[0]), whole, strict=True) if there
        ], death
        assert list(store.strangers()) == [], death

        swept += store.sweep()
        assert drafts(store) == [], death

        writing.put_two(str(store.root))
        assert read(store, writing.FIRST[0]) == writing.FIRST[1], death
        assert read(store, writing.SECOND[0]) == writing.SECOND[1], death
        shutil.rmtree(store.root)
    assert seen == {(False, False), (True, False), (True, True)}
    assert swept > 8


def _absent_or_whole(store: DirectoryStore, key: str, content: bytes, death: Death) -> bool:
    found = store.find(key)
    assert found is None or (found.size, found.sha256) == (len(content), Digest.of(content)), death
    assert store.exists(key) == (found is not None), death
    return found is not None


def test_a_retry_that_finds_its_bytes_makes_the_name_durable_again(tmp_path: Path) -> None:
    # Given an object whose writer died between naming it and making the name durable,
    root = tmp_path / "store"
    store = DirectoryStore(root)
    stored = store.put_new("folder/a", Content.of(b"bytes"))
    # when another process stores the same bytes, then it has durable steps to take: it dies at them.
    retry = {"root": str(root), "key": "folder/a", "content": "bytes"}
    fatal = [step for step in range(1, 9) if run_killed_at(step, "tests.storage.test_directory:put_text", retry)]
    assert fatal == [1, 2]  # the folder's name in the root, the object's name in the folder
    assert store.find("folder/a") == stored


def put_text(root: str, key: str, content: str) -> None:
    DirectoryStore(Path(root)).put_new(key, Content.of(content.encode()))


def test_nothing_gets_a_name_before_it_is_durable_nor_is_reported_before_its_name_is(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given the real calls, listened to (what a loss of power would leave cannot be had otherwise),
    heard: list[str] = []
    for name in ("fsync", "link", "mkdir"):
        monkeypatch.setattr(os, name, _overheard(name, getattr(os, name), heard, store.root))
    # when two objects are stored in the same new folders, then
    store.put_new("a/b/c", Content.of(b"one"))
    store.put_new("a/b/d", Content.of(b"two"))
    assert heard == [
        "mkdir",
        "fsync ..",  # the root's name
        "mkdir",
        "fsync .",  # a
        "mkdir",
        "fsync a",  # b
        "mkdir",
        "fsync .",  # the incoming folder
        "fsync a draft",
        "link",
        "fsync a/b",  # c
        "fsync a draft",
        "link",
        "fsync a/b",  # d
    ]


def _overheard(name: str, call: Callable[..., Any], heard: list[str], root: Path) -> Callable[..., Any]:
    def overheard(*args: Any, **named: Any) -> Any:
        answer = call(*args, **named)
        if name == "fsync":
            path = Path(f"/proc/self/fd/{args[0]}").readlink()
            heard.append("fsync a draft" if path.parent.name == INCOMING else f"fsync {os.path.relpath(path, root)}")
        else:
            heard.append(name)
        return answer

    return overheard


def test_a_sweep_leaves_the_drafts_of_living_writers(store: DirectoryStore) -> None:
    # Given a dead writer's draft, a year old, and a writer that is half-way through,
    store.put_new("a", Content.of(b""))
    dead = store.root / INCOMING / ("0" * 32)
    dead.write_bytes(b"half of it")
    half_way, go_on = threading.Event(), threading.Event()

    class Slow(io.RawIOBase):
        parts = iter((b"first half, ", b"second half", b""))

        def read(self, _: int = -1) -> bytes:
            part = next(self.parts)
            if part == b"second half":
                half_way.set()
                assert go_on.wait(30)
            return part

    whole = b"first half, second half"
    writer = threading.Thread(target=lambda: store.put_new("b", Content(Slow, len(whole), Digest.of(whole))))
    writer.start()
    try:
        assert half_way.wait(30)
        for name in drafts(store):
            os.utime(store.root / INCOMING / name, (A_YEAR_AGO, A_YEAR_AGO))
        # when both are swept, by another handle, then only the dead one's goes, and the living one finishes.
        assert DirectoryStore(store.root).sweep() == 1
        assert not dead.exists()
        assert len(drafts(store)) == 1
    finally:
        go_on.set()
        writer.join()
    assert read(store, "b") == whole
    assert drafts(store) == []


def test_a_sweep_between_creating_a_draft_and_locking_it_makes_the_writer_begin_again(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a sweep that comes at the one moment when a living writer's draft has no lock yet,
    lock, swept = fcntl.flock, []

    def late(file: int, operation: int) -> None:
        if operation == fcntl.LOCK_EX and not swept:
            swept.append(0)
            swept.append(store.sweep())
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    # when the writer goes on, then its object is stored nevertheless.
    store.put_new("a", Content.of(b"bytes"))
    assert swept == [0, 1]
    assert read(store, "a") == b"bytes"
    assert drafts(store) == []


def test_sweeping_beside_many_writers_costs_none_of_them_its_object(store: DirectoryStore) -> None:
    done = threading.Event()

    def sweep_on() -> None:
        while not done.is_set():
            store.sweep()

    sweeper = threading.Thread(target=sweep_on)
    sweeper.start()
    try:
        for number in range(300):
            store.put_new(f"n/{number:03}", Content.of(str(number).encode()))
    finally:
        done.set()
        sweeper.join()
    assert [read(store, key).decode() for key in store.keys("n/")] == [str(number) for number in range(300)]


# Races among processes


def test_of_eight_processes_that_race_for_a_key_exactly_one_wins(store: DirectoryStore) -> None:
    spawning = multiprocessing.get_context("spawn")
    keys = [f"ledger/{number:020d}.entry" for number in range(40)]
    racers = [f"racer {number}".encode() * 5000 for number in range(8)]
    with ProcessPoolExecutor(8, spawning, writing.be_ready, (spawning.Barrier(8),)) as pool:
        won = list(pool.map(writing.race, [str(store.root)] * 8, [keys] * 8, racers))
    for number, key in enumerate(keys):
        winners = [racer for racer in range(8) if won[racer][number]]
        assert len(winners) == 1, key
        assert read(store, key) == racers[winners[0]]
    assert list(store.keys("")) == keys
    assert drafts(store) == []


# Hostile neighbours


def test_a_link_in_the_place_of_an_object_is_not_followed(store: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    store.put_new("folder/real", Content.of(b"bytes"))
    for name, target in (("link", tmp_path / "secret"), ("inner", store.root / "folder" / "real"), ("none", "/none")):
        (store.root / "folder" / name).symlink_to(target)
        key = f"folder/{name}"
        for call in (store.open, store.find, store.exists):
            with pytest.raises(ObjectAlteredError, match="no file"):
                call(key)
        with pytest.raises(ObjectAlteredError, match="no file"):
            store.put_new(key, Content.of(b"secret"))
    assert list(store.keys("")) == ["folder/real"]
    assert sorted(store.strangers()) == ["folder/inner", "folder/link", "folder/none"]


def test_a_link_in_the_place_of_a_folder_is_not_followed(store: DirectoryStore, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a").write_bytes(b"planted")
    store.put_new("b", Content.of(b""))
    (store.root / "ledger").symlink_to(elsewhere)
    for call in (store.open, store.find, store.exists):
        with pytest.raises(ObjectAlteredError, match="no folder"):
            call("ledger/a")
    with pytest.raises(ObjectAlteredError, match="no folder"):
        store.put_new("ledger/b", Content.of(b"lured away"))
    with pytest.raises(ObjectAlteredError, match="no folder"):
        list(store.keys("ledger/"))
    assert list(store.keys("")) == ["b"]
    assert list(store.strangers()) == ["ledger"]
    assert [path.name for path in elsewhere.iterdir()] == ["a"]


def test_a_link_in_the_place_of_the_incoming_folder_is_not_followed(store: DirectoryStore, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ("0" * 32)).write_bytes(b"not ours to sweep")
    store.root.mkdir()
    (store.root / INCOMING).symlink_to(elsewhere)
    with pytest.raises(ObjectAlteredError, match="no folder"):
        store.put_new("a", Content.of(b""))
    with pytest.raises(ObjectAlteredError, match="no folder"):
        store.sweep()
    assert list(store.strangers()) == [INCOMING]
    assert len(list(elsewhere.iterdir())) == 1


def test_pipes_and_sockets_in_the_place_of_objects_are_refused_without_waiting(store: DirectoryStore) -> None:
    store.root.mkdir()
    os.mkfifo(store.root / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(store.root / "socket"))
        for key in ("pipe", "socket"):
            with pytest.raises(ObjectAlteredError):
                store.open(key)
            with pytest.raises(ObjectAlteredError):
                store.put_new(key, Content.of(b""))
        assert list(store.keys("")) == []
        assert sorted(store.strangers()) == ["pipe", "socket"]


def test_every_file_is_either_a_key_or_a_stranger_and_never_both(store: DirectoryStore) -> None:
    store.put_new("folder/a", Content.of(b""))
    (store.root / "Upper").write_bytes(b"")
    (store.root / "folder" / "with space").write_bytes(b"")
    (store.root / "Folder").mkdir()
    (store.root / "Folder" / "a").write_bytes(b"")
    (store.root / "folder" / "ümlaut").write_bytes(b"")
    Path(os.fsdecode(os.fsencode(store.root) + b"/folder/\xff\xfe")).write_bytes(b"")
    (store.root / INCOMING / ("1" * 32)).write_bytes(b"a draft")
    (store.root / INCOMING / "hidden").write_bytes(b"no draft")
    (store.root / INCOMING / "inside").mkdir()
    (store.root / "lost+found").mkdir()
    (store.root / "folder" / "planted.note").write_bytes(b"an object of somebody else's")
    assert list(store.keys("")) == ["folder/a", "folder/planted.note"]
    assert sorted(store.strangers()) == [
        "+incoming/hidden",
        "+incoming/inside/",
        "Folder/",
        "Upper",
        r"folder/\xff\xfe",
        "folder/with space",
        "folder/ümlaut",
    ]


def test_folders_too_deep_for_keys_are_strangers_and_do_not_end_the_listing(store: DirectoryStore) -> None:
    store.put_new("z", Content.of(b""))
    deep = os.open(store.root, os.O_RDONLY)
    for _ in range(400):
        os.mkdir("aa", dir_fd=deep)
        inner = os.open("aa", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)
    assert list(store.keys("")) == ["z"]
    assert len(list(store.strangers())) == 1


def test_a_changed_object_is_found_as_what_it_is_now(store: DirectoryStore) -> None:
    stored = store.put_new("a", Content.of(b"bytes"))
    (store.root / "a").chmod(stat.S_IRUSR | stat.S_IWUSR)
    (store.root / "a").write_bytes(b"other")
    found = store.find("a")
    assert found is not None
    assert found.sha256 == Digest.of(b"other") != stored.sha256
    with pytest.raises(KeyTakenError):
        store.put_new("a", Content.of(b"bytes"))
