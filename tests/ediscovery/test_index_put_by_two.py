"""Two machines that put the index, each with a key of its own: what one put the other leaves, if it says the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from ediscovery.index import keeping, putting
from ediscovery.index.stated import STATEMENT, sign, stated
from manifests import keys
from manifests.archive import open_archive
from manifests.ceremony.proposals import Changes
from schemas.ledger import Key
from schemas.settings import FileKeys
from storage.directory import DirectoryStore
from tests.ediscovery.indexes import answers, fresh, in_store, office_with_index, overwrite

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.archive import Archive
    from schemas.stored import StoredObject
    from storage.objects import Content
    from tests.ediscovery.disposition.offices import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office with its index in the store."""
    with BlogSite() as site:
        return office_with_index(tmp_path / "home", site)


def with_own_key(office: Office, home: Path) -> Archive:
    """The same archive on a machine with another key for entries, which is in force."""
    fresh(office.archive, home)
    for path in home.joinpath("keys").glob("entry*"):
        path.unlink()
    name = f"{office.archive.ledger.origin}/entry/other"
    verifier, _ = keys.make_key(FileKeys(), purpose="entry", name=name, home=home, to=None)
    office.change_keys(Changes(added=(Key(purpose="entry", verifier=verifier.to_text()),)))
    archive = open_archive(home, now=office.archive.now, actor="clerk@other")
    assert archive.entry_key().verifier != office.archive.entry_key().verifier
    return archive


def contents(office: Office) -> dict[str, bytes]:
    return {key: path.read_bytes() for key, path in in_store(office).items()}


class Overtaken(DirectoryStore):
    """A store into which somebody else puts the index just before the first statement comes."""

    first: Archive | None
    destroyed: list[str]

    def put_new(self, key: str, content: Content) -> StoredObject:
        """Store what is new."""
        if key.endswith(STATEMENT) and self.first:
            first, self.first = self.first, None
            putting.put(first)
        return super().put_new(key, content)

    def destroy(self, key: str) -> int:
        """Destroy an object, and note it."""
        self.destroyed.append(key)
        return super().destroy(key)


def overtaken(archive: Archive, first: Archive | None) -> tuple[Archive, list[str]]:
    store = Overtaken(archive.home / "archive")
    store.first, store.destroyed = first, []
    return replace(archive, store=store), store.destroyed


def test_what_another_put_meanwhile_with_a_key_in_force_stays(office: Office, tmp_path: Path):
    other = with_own_key(office, tmp_path / "other")
    assert putting.put(other).new == 0
    before = contents(office)
    for path in in_store(office).values():
        path.unlink()
    late, destroyed = overtaken(other, office.archive)
    assert putting.put(late).new
    assert not destroyed
    assert contents(office) == before  # signed by whoever was first
    assert putting.put(other).new == putting.put(office.archive).new == 0


def test_a_key_that_came_into_force_since_a_putting_began_counts(office: Office, tmp_path: Path):
    late, destroyed = overtaken(office.again().archive, None)
    other = with_own_key(office, tmp_path / "other")
    for path in in_store(office).values():
        path.unlink()
    late.store.first = other  # type: ignore[attr-defined]
    assert putting.put(late).new
    assert not destroyed


@pytest.mark.parametrize("said", ["something else", "nothing that was signed"])
def test_what_says_something_else_or_was_not_signed_is_put_anew(office: Office, tmp_path: Path, said: str):
    there = answers(office.archive)
    other = with_own_key(office, tmp_path / "other")
    before = contents(office)
    for path in in_store(office).values():
        path.unlink()
    late, destroyed = overtaken(other, None)

    class Spoilt(DirectoryStore):
        def put_new(self, key: str, content: Content) -> StoredObject:
            done = super().put_new(key, content)
            if key.endswith(STATEMENT):
                part = key.split("/")[1]
                lies = [tmp_path / name for name in keeping.files_of(part)]
                for lie in lies:
                    lie.write_bytes(b"not what it says")
                own = office.archive
                note = sign(stated(part, lies), origin=own.ledger.origin, key=own.entry_key())
                overwrite(in_store(office)[key], note if said == "something else" else note + b"more")
            return done

    late.store.first = replace(  # type: ignore[attr-defined]
        office.archive, store=Spoilt(office.archive.home / "archive")
    )
    assert putting.put(late).new
    assert {key for key in destroyed if key.endswith(STATEMENT)} == {key for key in before if key.endswith(STATEMENT)}
    assert {key: made for key, made in contents(office).items() if not key.endswith(STATEMENT)} == {
        key: made for key, made in before.items() if not key.endswith(STATEMENT)
    }
    machine, watched = fresh(office.archive, tmp_path / "fresh")
    machine.ledger.refresh()
    assert answers(machine) == there
    assert {key.split("/")[1] for key in watched.under("index/") if key.endswith(".0")}
