"""The local registers of what was replaced and destroyed: a row that is lost or altered there is noticed before use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from manifests.ledger import Ledger
from manifests.registers import RegistersDamagedError, RegistersUnusableError
from storage.memory import MemoryStore
from tests.manifests.archives import Writer, registered
from tests.manifests.destroyed import Undertaker, ids_of

if TYPE_CHECKING:
    from pathlib import Path

STRIDE = 61


@pytest.fixture
def one(tmp_path: Path) -> Undertaker:
    """An archive with a plan that was carried out, one that was stopped and one in the middle."""
    made = Undertaker(tmp_path, Writer(store=MemoryStore()))
    for name in ("a", "b", "c"):
        made.seal(name)
    acts = [act for _, act in made.ledger.history.sealed("blog")]
    gone = [[(act, ids_of(made.rows(act), 1))] for act in acts]
    made.carry_out("p", gone[0])
    for name, some in (("q", gone[1]), ("r", gone[2])):
        made.begun(name, some)
        made.condemn(name, some)
    made.stop("q")
    made.destroy("r", keys=list(made.replacements.doomed("r"))[:1])
    return made


def started(one: Undertaker, folder: Path) -> Ledger:
    """A new process on the same machine, which has read the ledger."""
    ledger = Ledger(one.store, registers=folder / "ledger.db")
    ledger.refresh()
    return ledger


def state(ledger: Ledger) -> object:
    """Everything that is said of what was replaced and destroyed, looked up in every way."""
    history, found = ledger.history, ledger.history.replacements
    rows = list(found.rows())
    keys = sorted({key for row, _ in rows for key in (row.replaced.key, row.replaced.was, *found.condemned_by(row))})
    named = [one.stored.key for one in history.objects()]
    return (
        rows,
        named,
        [(key, found.find(key), found.plan_against(key), found.gone(key)) for key in (*keys, *named)],
        [(plan, list(found.doomed(plan))) for plan in history.plans],
        list(history.places("blog")),
        history.standing(),
    )


def test_what_was_kept_is_told_again_after_every_entry(one: Undertaker, tmp_path: Path):
    assert state(started(one, tmp_path)) == state(started(one, tmp_path)) == state(one.ledger)
    one.destroy("r")
    assert state(started(one, tmp_path)) == state(one.ledger)
    one.certify("r")
    assert state(started(one, tmp_path)) == state(one.ledger)


def test_processes_that_share_the_file_each_say_what_they_have_read(one: Undertaker, tmp_path: Path):
    behind, ahead = started(one, tmp_path), started(one, tmp_path)
    before = state(behind)
    one.ledger = ahead
    one.destroy("r")
    one.destroy("q")
    assert state(behind) == before
    one.ledger = behind
    one.certify("r")
    one.append(registered("wiki"))
    ahead.refresh()
    assert state(ahead) == state(behind) == state(started(one, tmp_path)) == state(started(one, tmp_path / "anew"))


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM deletion WHERE number = 1",
        "DELETE FROM deletion WHERE number = (SELECT max(number) FROM deletion)",
        "UPDATE deletion SET key = 'other' WHERE number = 0",
        "UPDATE deletion SET entry = 99 WHERE number = 0",
        "DELETE FROM replacement WHERE number = 0",
        "DELETE FROM replacement WHERE number = (SELECT max(number) FROM replacement)",
        "UPDATE replacement SET key = 'other' WHERE number = 0",
        "UPDATE replacement SET was = 'other' WHERE number = 0",
        "UPDATE replacement SET now = NULL WHERE number = 0",
        "UPDATE replacement SET leaves = NULL WHERE number = 0",
        "UPDATE replacement SET plan = 'q' WHERE number = 0",
        "UPDATE replacement SET content = (SELECT content FROM replacement WHERE number = 1) WHERE number = 0",
    ],
)
def test_a_row_that_is_lost_or_altered_is_noticed_and_the_registers_are_made_anew(
    one: Undertaker, tmp_path: Path, damage: str
):
    expected = state(started(one, tmp_path))
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as database:
        assert database.execute(damage).rowcount == 1
    with pytest.raises(RegistersDamagedError):
        state(started(one, tmp_path))
    assert state(started(one, tmp_path)) == expected


def test_registers_damaged_at_any_byte_change_nothing_of_what_stands(one: Undertaker, tmp_path: Path):
    expected = state(started(one, tmp_path))
    path = tmp_path / "ledger.db"
    whole = path.read_bytes()
    for position in range(0, len(whole), STRIDE):
        path.write_bytes(whole[:position] + bytes((whole[position] ^ 1,)) + whole[position + 1 :])
        try:
            seen = state(started(one, tmp_path))
        except RegistersUnusableError:
            path.unlink(missing_ok=True)
            seen = state(started(one, tmp_path))
        assert seen == expected, position
