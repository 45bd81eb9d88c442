"""A store that does not show what it has of the index: the index is made here, and where it failed that is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from ediscovery.answers.asking import basis_of
from ediscovery.answers.wording import basis_line
from ediscovery.commands import searchable
from ediscovery.index import putting
from ediscovery.index.stated import STATEMENT
from schemas.errors import PolicyError
from storage import layout
from storage.directory import DirectoryStore
from storage.objects import StoreUnavailableError
from tests.ediscovery.indexes import answers, fresh, office_with_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from tests.ediscovery.disposition.offices import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office with its index in the store."""
    with BlogSite() as site:
        return office_with_index(tmp_path / "home", site)


class Refusing(DirectoryStore):
    """A store that lets nobody see what lies under ``index/``."""

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        if prefix.startswith(layout.INDEX):
            raise PolicyError("Access denied.", do="Ask for it.")
        return super().keys(prefix, after=after)


def test_where_the_index_in_the_store_may_not_be_read_it_is_made_here(office: Office, tmp_path: Path):
    archive, _ = fresh(office.archive, tmp_path / "there")
    refused = replace(archive, store=Refusing(office.archive.home / "archive"))
    assert answers(refused) == answers(office.archive)


class Failing(DirectoryStore):
    """A store that fails where the index lies, or at the end of some of its keys alone."""

    where = ""
    asked = 0

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        self._fail(prefix if not self.where else "")
        return super().keys(prefix, after=after)

    def open(self, key: str, *, version: str | None = None) -> BinaryIO:
        self._fail(key if key.endswith(self.where or "/") else "")
        return super().open(key, version=version)

    def _fail(self, key: str) -> None:
        if key.startswith(layout.INDEX):
            self.asked += 1
            raise StoreUnavailableError("It is not there now.", do="Try again.")


@pytest.mark.parametrize("where", ["", STATEMENT])
def test_where_the_store_fails_to_say_what_it_has_of_the_index_it_is_made_here_and_that_is_said(
    office: Office, tmp_path: Path, where: str
):
    archive, _ = fresh(office.archive, tmp_path / "there")
    store = Failing(office.archive.home / "archive")
    store.where = where
    failing = replace(archive, store=store)
    with searchable(failing) as opened:
        assert "could not be read" in basis_line(basis_of(failing, opened, size=failing.ledger.head.size))
    assert store.asked == 1  # and is asked no more
    assert answers(failing) == answers(office.archive)
    with searchable(office.archive) as opened:
        basis = basis_of(office.archive, opened, size=failing.ledger.head.size)
        assert "could not be read" not in basis_line(basis)
    if not where:
        with pytest.raises(StoreUnavailableError):
            putting.put(failing)
