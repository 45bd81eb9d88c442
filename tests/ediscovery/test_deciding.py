"""Lists of decisions as spreadsheets of several countries save them, and everything that cannot be meant."""

from __future__ import annotations

import csv
import io

import pytest

from ediscovery.filled import TableUnreadableError
from ediscovery.reviews.deciding import Decided, UndecidedError, demand_decided, read_decisions
from ediscovery.reviews.listing import COLUMNS
from schemas.digest import Digest

ONE, TWO, THREE = (Digest.of(bytes([number])) for number in range(3))


def saved(*rows: tuple[str, ...], encoding: str = "utf-8-sig", parted: str = ",", end: str = "\r\n") -> bytes:
    """The list as a spreadsheet saves it: decision, reason, description, record; the other cells are text."""
    text = io.StringIO()
    table = csv.writer(text, delimiter=parted, lineterminator=end)
    table.writerow(COLUMNS)
    for decision, reason, description, record in rows:
        table.writerow((decision, reason, description, *['Ö; "a",\n\'b'] * (len(COLUMNS) - 4), record))
    return text.getvalue().encode(encoding)


ROWS = (
    ("produce", "", "", ONE.hex),
    ("Withhold ", "attorney-client", "E-mail; to\ncounsel", TWO.hex),
    ("", "", "", THREE.hex),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("parted", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_was_decided_is_read_as_any_spreadsheet_saves_it(encoding: str, parted: str, end: str):
    assert read_decisions(saved(*ROWS, encoding=encoding, parted=parted, end=end)) == {
        ONE: Decided("produce"),
        TWO: Decided("withhold", "attorney-client", "E-mail; to\ncounsel"),
        THREE: None,
    }


def test_columns_may_move_and_rows_may_be_empty():
    content = f"record,note,description,reason,decision\n{ONE},x,,FERPA,WITHHOLD\n,,,,\n\n".encode()
    assert read_decisions(content) == {ONE: Decided("withhold", "FERPA")}


def test_what_keeps_a_spreadsheet_from_reckoning_is_not_of_the_reason():
    assert read_decisions(saved(("withhold", "'-privileged-", "", ONE.hex)))[ONE] == Decided("withhold", "-privileged-")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (saved(("produced", "", "", ONE.hex)), "'produced'"),
        (saved(("withhold", " ", "", ONE.hex)), "does not say why"),
        (saved(("produce", "privileged", "", ONE.hex)), "has a reason"),
        (saved(("", "privileged", "", ONE.hex)), "the decision ''"),
        (saved(("produce", "", "", ONE.hex[:12])), "no record's id"),
        (saved(("produce", "", "", "")), "no record's id"),
        (saved(("produce", "", "", ONE.hex), ("withhold", "x", "", ONE.hex)), "another row"),
        (saved(("withhold", "x" * 81, "", ONE.hex)), "more than can be printed"),
        (saved(("withhold", "x", "x" * 1001, ONE.hex)), "more than can be printed"),
        (b"decision,reason,record\n", "no column 'description'"),
        (b"", "no column"),
        (b"\xff\x00\xff", "no text"),
        (saved(*ROWS).replace(b"produce", b'"produce'), "no table"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_named(content: bytes, words: str):
    with pytest.raises(TableUnreadableError, match=words):
        read_decisions(content)


def test_every_record_that_was_found_is_decided_and_no_other():
    decisions = read_decisions(saved(*ROWS))
    assert demand_decided([TWO, ONE], {ONE: decisions[ONE], TWO: decisions[TWO]}) == {
        ONE: Decided("produce"),
        TWO: Decided("withhold", "attorney-client", "E-mail; to\ncounsel"),
    }
    with pytest.raises(UndecidedError, match=f"Of 3 records 1 are not decided: {THREE.hex[:12]}"):
        demand_decided([ONE, TWO, THREE], decisions)
    with pytest.raises(UndecidedError, match="1 are not decided"):
        demand_decided([ONE, TWO], {ONE: decisions[ONE]})
    with pytest.raises(UndecidedError, match=f"did not find: {THREE.hex[:12]}"):
        demand_decided([ONE, TWO], decisions)
