"""The contract of a store that can destroy; subclasses say which store."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from storage.objects import Content, KeyMalformedError, Shredder, read
from tests.storage.contract import StoreContract

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.objects import ObjectStore


class ShredderContract(StoreContract):
    """The promises of ``Shredder``."""

    def test_what_is_destroyed_is_gone_for_everybody_and_nothing_else_is(
        self, store: ObjectStore, other: Callable[[], ObjectStore], area: str
    ) -> None:
        gone, beside, below = f"{area}/a", f"{area}/a.b", f"{area}/c/d"
        for key in (gone, beside, below):
            store.put_new(key, Content.of(key.encode()))
        assert isinstance(store, Shredder)
        assert store.destroy(gone) == 1
        for each in (store, other()):
            assert each.find(gone) is None
            assert not each.exists(gone)
            assert list(each.keys(f"{area}/")) == [beside, below]
            assert read(each, beside) == beside.encode()

    def test_destroying_again_or_nothing_does_nothing(self, store: ObjectStore, area: str) -> None:
        shredder, key = cast("Shredder", store), f"{area}/never"
        assert shredder.destroy(key) == 0
        store.put_new(key, Content.of(b"x"))
        assert [shredder.destroy(key), shredder.destroy(key)] == [1, 0]

    @pytest.mark.parametrize("key", ["../etc", "", "/", "A"])
    def test_what_is_no_key_is_refused(self, store: ObjectStore, key: str) -> None:
        with pytest.raises(KeyMalformedError):
            cast("Shredder", store).destroy(key)
