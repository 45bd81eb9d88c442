"""SIGKILL at every durable step of opening and closing a matter: hold before matter, and doing it again finishes it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ediscovery.matters.opening import MatterBegunError, close_matter, open_matter, written
from manifests.archive import open_archive
from manifests.audit import audit
from manifests.console import system_clock
from manifests.matters import MatterRefusedError
from schemas.holds import Scope
from storage import layout
from storage.objects import Content
from tests.ediscovery.matters.opened import NAME, RECEIVED, opening, text
from tests.killing import Death, deaths
from tests.manifests.archives import archive_in, registered

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.archive import Archive

TARGET = "tests.ediscovery.matters.opened"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive with an account."""
    made = archive_in(tmp_path / "home")
    made.append(lambda _history: (registered(),))
    return made


def copies(archive: Archive, tmp_path: Path):
    """Give each attempt a copy of the archive."""

    def arguments(death: Death) -> dict[str, str]:
        home = tmp_path / f"{death.moment}-{death.step}"
        shutil.copytree(archive.home, home)
        return {"home": str(home)}

    return arguments


def after(tmp_path: Path, death: Death) -> Archive:
    """The archive as it was left, opened by the next one."""
    return open_archive(tmp_path / f"{death.moment}-{death.step}", now=system_clock, actor="test")


def acts(archive: Archive) -> list[str]:
    """The acts of the ledger after the registration, by their names."""
    entries = (archive.ledger.entry(index) for index in range(2, archive.ledger.head.size))
    return [act.__struct_config__.tag for entry in entries for act in entry.acts]


def test_a_matter_that_is_killed_while_it_is_opened_is_opened_by_doing_it_again(archive: Archive, tmp_path: Path):
    left = set()
    for death in deaths(f"{TARGET}:open_here", copies(archive, tmp_path)):
        found = after(tmp_path, death)
        seen = acts(found)
        left.add((*seen, found.store.exists(layout.matter(NAME))))
        open_matter(found, opening())
        assert acts(found) == ["hold-placed", "matter-opened"], death
        said = written(found, found.ledger.history.matters[NAME].opened.text)
        assert said is not None
        assert said.requester == "Ana Ruiz"
        report = audit(found.store, now=system_clock())
        assert report.sound, (death, report.findings)
    assert left >= {
        (False,),
        ("hold-placed", False),
        ("hold-placed", True),
        ("hold-placed", "matter-opened", True),
    }
    assert ("matter-opened", True) not in left


def test_a_matter_that_is_killed_while_it_is_closed_is_closed_by_doing_it_again(archive: Archive, tmp_path: Path):
    open_matter(archive, opening())
    left = set()
    for death in deaths(f"{TARGET}:close_here", copies(archive, tmp_path)):
        found = after(tmp_path, death)
        closed = found.ledger.history.matters[NAME].closed
        left.add((found.store.exists(layout.matter_closed(NAME)), closed is not None))
        close_matter(found, NAME, outcome="granted", on=RECEIVED, text=text(notes="Sent to Ana Ruiz"))
        assert acts(found) == ["hold-placed", "matter-opened", "matter-closed"], death
        assert audit(found.store, now=system_clock()).sound, death
    assert left == {(False, False), (True, False), (True, True)}


def test_whoever_comes_back_with_other_words_is_told_which_differ_and_nothing_is_lost(archive: Archive):
    begun = opening()
    archive.append(lambda _history: (begun.hold,))
    kept = text(title="Bus routes", requester="Ana Ruiz")
    archive.store.put_new(layout.matter(NAME), Content.of(kept.to_bytes()))
    with pytest.raises(MatterBegunError, match="--requester differ"):
        open_matter(archive, opening(requester="Somebody else"))
    assert NAME in archive.ledger.history.holds
    act = open_matter(archive, opening())
    assert written(archive, act.text) == kept


def test_of_two_who_open_it_at_one_moment_one_does_and_the_other_is_told(archive: Archive):
    late = [open_archive(archive.home, now=system_clock, actor="late") for _ in range(2)]
    act = open_matter(archive, opening())
    assert open_matter(late[0], opening()) == act
    with pytest.raises(MatterBegunError):
        open_matter(late[1], opening(requester="Somebody else"))
    with pytest.raises(MatterRefusedError):
        open_matter(archive, opening(title="Something else"))
    assert acts(archive) == ["hold-placed", "matter-opened"]
    assert archive.ledger.history.matters[NAME].opened == act


def test_whoever_comes_back_with_another_scope_is_told_that_a_hold_is_in_force(archive: Archive):
    begun = opening()
    archive.append(lambda _history: (begun.hold,))
    with pytest.raises(MatterBegunError, match="its hold is in force"):
        open_matter(archive, replace(begun, scope=Scope()))
    assert acts(archive) == ["hold-placed"]


def test_whoever_closes_it_again_in_the_same_words_is_told_what_was_closed(archive: Archive):
    open_matter(archive, opening())
    first = close_matter(archive, NAME, outcome="granted", on=RECEIVED, text=None)
    assert close_matter(archive, NAME, outcome="granted", on=RECEIVED, text=None) == first
    with pytest.raises(MatterRefusedError):
        close_matter(archive, NAME, outcome="denied", on=RECEIVED, text=None)
    with pytest.raises(MatterRefusedError):
        open_matter(archive, opening())
