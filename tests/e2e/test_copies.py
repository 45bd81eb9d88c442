"""Second copies as their user makes them: replicate, compare, restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from manifests.console import system_clock
from storage import layout
from storage.objects import Content
from tests.e2e.holdfast import Holdfast
from tests.lanes.s3 import lane
from tests.manifests.archives import archive_in, captured
from tests.storage.buckets import place_of

if TYPE_CHECKING:
    from pathlib import Path

REPLICA = """
[replica.folder]
kind = "directory"
path = "{0}"
"""


def described(holdfast: Holdfast, copy: Path) -> Holdfast:
    """Describe a copy in a folder in the settings."""
    with (holdfast.home / "holdfast.toml").open("a") as settings:
        settings.write(REPLICA.format(copy))
    return holdfast


def test_an_archive_that_lost_its_end_is_told_by_its_copy_and_brought_back(tmp_path: Path):
    holdfast = described(Holdfast(tmp_path / "home").init(), tmp_path / "copy")
    for name in ("north", "south"):
        holdfast.register(f"http://127.0.0.1/{name}.xml", name)
    assert holdfast.json("replicate")["copies"][0]["entries"] == 3
    # Whoever cuts the ledger off may have this machine too, and remove what it remembers.
    (tmp_path / "home" / "archive" / layout.entry(2)).unlink()
    (tmp_path / "home" / "state" / "ledger.db").unlink()

    alone, compared = holdfast.run("verify"), holdfast.run("verify", "--replica", "folder")
    copied = holdfast.run("replicate", "folder")

    assert alone.status == 0  # by itself it is whole: that is why there are copies and checkpoints
    assert (compared.status, copied.status) == (7, 7)
    assert "COPY_AHEAD" in compared.err
    assert "COPY_AHEAD" in copied.err
    assert holdfast.json("restore", "folder")["copies"][0]["entries"] == 1
    assert holdfast.json("verify", "--replica", "folder")["behind"] == 0


@pytest.mark.server
def test_no_archive_whose_ledger_names_versions_is_restored_where_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    server = lane("ministack")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    lost, empty = server.bucket(), server.bucket()
    archive = archive_in(tmp_path / "home", place_of(server, lost))
    holdfast = described(Holdfast(archive.home, server.environment()), tmp_path / "copy")
    holdfast.register("http://127.0.0.1/north.xml", "blog")
    # A poll that failed seals no records, but its exchanges are there.
    stored = archive.store.put_new(layout.exchanges(account="blog", capture="c"), Content.of(b"exchange"))
    act = captured("c", at=system_clock())
    archive.append(lambda _: (type(act)(poll=act.poll, exchanges=(stored,)),))
    holdfast.json("replicate", "folder")
    settings = archive.home / "holdfast.toml"
    settings.write_text(settings.read_text().replace(lost, empty))
    (archive.home / "state" / "ledger.db").unlink()

    answer = holdfast.run("restore", "folder")

    assert answer.status == 2
    assert "RESTORE_INTO_PINNED" in answer.err
