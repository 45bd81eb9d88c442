"""What child processes of the storage tests run: writers that may be killed, and writers that race."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storage.directory import DirectoryStore
from storage.objects import CHUNK, Content, KeyTakenError, StoreUnavailableError

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier as Start

FIRST = ("folder/inner/first", b"first" * (CHUNK // 3))
SECOND = ("folder/second", b"second")
STARTS: list[Start] = []


def put_two(root: str) -> None:
    """Put two objects, in folders that may have to be made; the first takes more than one write."""
    store = DirectoryStore(Path(root))
    for key, content in (FIRST, SECOND):
        store.put_new(key, Content.of(content))


def put_large(root: str, size: int, limit: int) -> None:
    """Fail to put an object in a process that may not write files larger than ``limit`` bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    with pytest.raises(StoreUnavailableError) as refused:
        DirectoryStore(Path(root)).put_new("a", Content.of(bytes(size)))
    assert refused.value.facts["errno"] == "EFBIG"


def be_ready(barrier: Start) -> None:
    """Get the signal that all racing processes wait for."""
    STARTS.append(barrier)


def race(root: str, keys: list[str], content: bytes) -> list[bool]:
    """Put ``content`` under each key, all processes at once; return which of them were won."""
    store, won = DirectoryStore(Path(root)), []
    for key in keys:
        STARTS[0].wait(60)
        try:
            store.put_new(key, Content.of(content))
            won.append(True)
        except KeyTakenError:
            won.append(False)
    return won
