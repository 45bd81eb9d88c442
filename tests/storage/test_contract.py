"""The stores that need no server keep the object store's contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.directory import DirectoryStore
from storage.memory import MemoryStore
from tests.storage.contract import ObjectStoreContract
from tests.storage.shredding import ShredderContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class TestMemoryStore(ObjectStoreContract, ShredderContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestDirectoryStore(ObjectStoreContract, ShredderContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> DirectoryStore:
        return DirectoryStore(tmp_path / "store")

    @pytest.fixture
    def other(self, store: DirectoryStore) -> Callable[[], DirectoryStore]:
        return lambda: DirectoryStore(store.root)
