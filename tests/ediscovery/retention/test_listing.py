"""The list that people look through: what is due and nothing else, shown and never reckoned, written whole or not."""

from __future__ import annotations

import csv
import json
from datetime import date

import pytest

from ediscovery.commands import searchable_whole
from ediscovery.partitions import PartitionUnreadableError
from ediscovery.retention.eligible import eligible
from ediscovery.retention.in_force import InForce
from ediscovery.retention.listing import COLUMNS, due_rows, write_list
from ediscovery.retention.tallying import tally
from ediscovery.sheets import ListFormatError, ListUnwritableError, OutputExistsError
from schemas.holds import Scope
from schemas.ledger import ClassificationAdopted, HoldPlaced, ScheduleAdopted
from schemas.retention import Classification, Match, Rule
from tests.ediscovery.partitions import Version
from tests.ediscovery.retention.making import schedule, series, term
from tests.ediscovery.retention.sealed import account, sealed

HOSTILE = ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "'=1", 'a"b,c\nd')
RULES = (
    Rule(match=Match(kinds=("post",)), series=("us/A",)),
    Rule(match=Match(kinds=("media",)), series=("us/KEPT",)),
)
ACTS = (
    ScheduleAdopted(schedule=schedule("us", series(term(days=1)), series(item="KEPT", disposal="keep"))),
    ClassificationAdopted(classification=Classification(title="T", rules=RULES)),
    HoldPlaced(hold="h", reason="r", scope=Scope(query="held")),
)
MADE = (
    *(Version(text, title=text, text=text, created=number) for number, text in enumerate(HOSTILE)),
    Version("held", text="held", created=0),
    Version("later", text="later", created=24),
    Version("image", kind="media", created=0),
    Version("comment", kind="comment", created=0),
)
AS_OF = date(2026, 3, 4)


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """What is said of the records, as often as it is asked for."""
    home = tmp_path_factory.mktemp("office") / "home"
    archive = sealed(home, MADE, accounts=[account("blog")], acts=ACTS)
    with searchable_whole(archive) as opened:
        in_force = InForce.of(archive.ledger)
        yield lambda: eligible(archive, opened, in_force, as_of=AS_OF, shown=True)


def test_a_spreadsheet_shows_every_cell_and_reckons_none(judge, tmp_path):
    out = tmp_path / "due.csv"
    assert write_list(out, lambda: due_rows(judge())) == len(HOSTILE)
    with out.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    assert tuple(head) == COLUMNS
    cells = [dict(zip(head, row, strict=True)) for row in rows]
    # Records come in no certain order.
    shown = sorted(one["item"].removeprefix("'") for one in cells)
    assert shown == sorted(HOSTILE)
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r\n\uff1d"))]
    assert not [one for one in cells if set("\n\r\t") & set(one["title"] + one["excerpt"])]
    assert next(one for one in cells if "HYPERLINK" in one["item"]) == {
        "record": MADE[0].record.id.hex,
        "account": "blog",
        "kind": "post",
        "item": "'=HYPERLINK(1)",
        "date": "2026-03-02T09:00:00.000000Z",
        "title": "'=HYPERLINK(1)",
        "excerpt": "'=HYPERLINK(1)",
        "series": "us/A",
        "due": "2026-03-04",
        "disposal": "destroy",
    }


def test_a_program_reads_every_text_as_it_is(judge, tmp_path):
    out = tmp_path / "due.jsonl"
    assert write_list(out, lambda: due_rows(judge())) == len(HOSTILE)
    rows = [json.loads(line) for line in out.read_text().split("\n")[:-1]]
    assert sorted(row["item"] for row in rows) == sorted(HOSTILE)
    assert set(rows[0]) == set(COLUMNS)


def test_the_counts_are_those_of_the_list_and_of_what_is_kept(judge):
    found = tally(judge())
    assert found.reasons == {"due": len(HOSTILE), "held": 1, "not-yet": 1, "for-ever": 1, "unscheduled": 1}
    assert found.series == ["us/A", "us/KEPT", None]
    assert found.by_series["us/KEPT", "for-ever"] == 1
    assert found.next_days(5) == [(date(2026, 3, 5), 1)]


def test_a_file_that_is_there_stays_as_it_is(judge, tmp_path):
    out = tmp_path / "due.csv"
    out.write_text("mine")
    with pytest.raises(OutputExistsError):
        write_list(out, lambda: due_rows(judge()))
    assert out.read_text() == "mine"
    with pytest.raises(ListFormatError):
        write_list(tmp_path / "due.xlsx", list)
    with pytest.raises(ListUnwritableError):
        write_list(tmp_path / "none" / "due.csv", list)
    assert list(tmp_path.iterdir()) == [out]


def test_a_list_that_is_not_finished_is_not_left_behind(judge, tmp_path):
    def damaged():
        yield from judge()
        raise PartitionUnreadableError("Damaged.", do="Look.")

    with pytest.raises(PartitionUnreadableError):
        write_list(tmp_path / "due.csv", lambda: due_rows(damaged()))
    assert not list(tmp_path.iterdir())
