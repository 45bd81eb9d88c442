"""An archive of which records were destroyed, as its keeper and its auditor see it: verify, copy, prove, restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from manifests.archive import SETTINGS_FILE, make_home, settings_text
from manifests.keys import load_or_make
from schemas.settings import DirectoryPlace
from storage.directory import DirectoryStore
from tests.e2e.holdfast import Holdfast
from tests.manifests.archives import ORIGIN, Writer
from tests.manifests.destroyed import Undertaker, ids_of

if TYPE_CHECKING:
    from pathlib import Path

REPLICA = '\n[replica.vault]\nkind = "directory"\npath = "vault"\n'


@pytest.fixture
def one(tmp_path: Path) -> Undertaker:
    """An archive in a home, with two captures, and a copy described."""
    home = tmp_path / "home"
    make_home(home)
    text = settings_text(origin=ORIGIN, organisation="X", timezone="UTC", bates_prefix="X", place=DirectoryPlace())
    (home / SETTINGS_FILE).write_text(text + REPLICA)
    checkpoint_key = load_or_make(home / "keys" / "checkpoint.pem", name=ORIGIN)
    made = Undertaker(tmp_path, Writer(store=DirectoryStore(home / "archive"), checkpoint_key=checkpoint_key))
    made.seal("a")
    made.seal("b")
    return made


@pytest.fixture
def keeper(one: Undertaker) -> Holdfast:
    """Whoever runs the program there."""
    return Holdfast(one.folder / "home")


def test_an_archive_and_its_copy_are_verified_together_before_in_the_middle_of_and_after_destruction(
    one: Undertaker, keeper: Holdfast
):
    keeper.json("replicate")
    act = next(act for _, act in one.ledger.history.sealed("blog"))
    gone = [(act, ids_of(one.rows(act), 1))]
    one.begun("p", gone)
    out = [each.was for each in one.condemn("p", gone)]
    keeper.json("replicate")
    both = keeper.json("verify", "--replica", "vault")
    assert [finding["code"] for finding in both["archive"]["findings"]] == ["DISPOSITION_UNDER_WAY"]
    assert both["archive"]["findings"] == both["replica"]["findings"]

    one.destroy("p", places=("store", "vault"))
    one.certify("p")
    keeper.json("replicate")
    kept = keeper.run("verify", "--replica", "vault")  # nobody cleaned the copy
    assert kept.status == 7
    assert kept.out.count("FAULT OBJECT_NOT_GONE") == len(out) == 2

    for key in out:
        DirectoryStore(keeper.home / "vault").destroy(key)
    both = keeper.json("verify", "--replica", "vault")
    assert (both["archive"]["findings"], both["replica"]["findings"], both["behind"]) == ([], [], 0)
    words = keeper.run("verify")
    assert words.status == 0
    assert "Disposition: what is gone was planned, and what is certified as gone is" in words.out


def test_an_archive_that_was_lost_comes_back_without_what_was_destroyed(one: Undertaker, keeper: Holdfast):
    act = next(act for _, act in one.ledger.history.sealed("blog"))
    (lost,) = ids_of(one.rows(act), 1)
    one.carry_out("p", [(act, (lost,))])
    keeper.json("replicate")
    for path in sorted((keeper.home / "archive").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (keeper.home / "archive").rmdir()
    (keeper.home / "state" / "ledger.db").unlink()

    keeper.json("restore", "vault")

    report = keeper.json("verify")
    assert (report["sound"], report["findings"], report["records"]) == (True, [], 5)
    assert not any(hit["record"] == str(lost) for hit in keeper.json("search", "item")["hits"])


def test_a_survivor_is_proved_before_and_after_and_a_proof_of_what_was_destroyed_is_history(
    one: Undertaker, keeper: Holdfast, tmp_path: Path
):
    act = next(act for _, act in one.ledger.history.sealed("blog"))
    survivor, lost = ids_of(one.rows(act), 0, 1)

    def proved(record: object, name: str) -> Path:
        keeper.json("prove", str(record), "--out", str(tmp_path / name))
        return tmp_path / name

    before, kept = proved(survivor, "before.proof"), proved(lost, "lost.proof")
    one.carry_out("p", [(act, (lost,))])
    after = proved(survivor, "after.proof")
    for path, record in ((before, survivor), (after, survivor), (kept, lost)):
        assert keeper.json("check", str(path))["proves"] == "record"
        assert f'"record":"{record}"' in path.read_text()
    answer = keeper.run("prove", str(lost), "--out", str(tmp_path / "again.proof"))
    assert (answer.status, "RECORD_UNKNOWN" in answer.err) == (2, True)
