"""All hits as a list: exact, harmless in a spreadsheet, checked against evidence, in bounded memory."""

from __future__ import annotations

import csv
import io
import json
import resource
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from ediscovery.answers.digest import answered
from ediscovery.answers.exporting import COLUMNS, FORMATS, write_hits
from ediscovery.answers.receipt import AccountAnswer, SearchReceipt
from ediscovery.answers.reporting import REPORT_COLUMNS
from ediscovery.commands import searchable_whole
from ediscovery.evidence import EvidenceDiffersError
from ediscovery.sheets import FORMULAS
from schemas.digest import Digest
from schemas.query import Query
from tests.ediscovery.answers.archives import founded, seal
from tests.ediscovery.partitions import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ediscovery.answers.exporting import Format
    from ediscovery.search import Committed
    from manifests.archive import Archive

CHICAGO = ZoneInfo("America/Chicago")
HOSTILE = (
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "'=1",
    "'",
    'a"b,c;d\r\n=1',
    "\u202egnp.exe",
    "\x00\x1b[31m",
    "Grüße 客服 😀",
    "x" * 40_000,
)


def exported(archive: Archive, wanted: Format, **query: bool) -> bytes:
    file = io.BytesIO()
    with searchable_whole(archive) as opened:
        assert write_hits(file, opened.committed(Query(**query)), wanted, CHICAGO) == opened.count(Query(**query))
    return file.getvalue()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Texts that mean harm, an edit and an absence."""
    made = founded(tmp_path_factory.mktemp("exported") / "home", "blog")
    hostile = [
        Version(f"i{number}", text=text, title=text, author=text, created=number) for number, text in enumerate(HOSTILE)
    ]
    seal(made, *hostile, Version("edited", text="before", created=99))
    seal(made, Version("edited", text="after", created=99, captured=1))
    seal(made, Version("edited", kind="absence", verdict="deleted", captured=2))
    return made


def test_no_cell_is_a_formula_and_every_text_comes_back(archive: Archive):
    content = exported(archive, "csv").decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(content, newline=""))
    assert head == list(COLUMNS)
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULAS)]
    named = [dict(zip(head, (cell.removeprefix("'") for cell in row), strict=True)) for row in rows]
    assert [row["text"] for row in named] == [*HOSTILE, "after"]
    assert [row["title"] for row in named[:-1]] == [row["author"] for row in named[:-1]] == list(HOSTILE)
    assert (named[1]["created"], named[1]["created_local"]) == (
        "2026-03-02T10:00:00.000000Z",
        "2026-03-02 04:00:00 CST",
    )
    assert (named[-1]["versions"], named[-1]["absence"]) == ("2", "deleted")


def test_programs_get_the_same_rows_as_they_are(archive: Archive):
    lines = [json.loads(line) for line in exported(archive, "jsonl").decode().split("\n")[:-1]]
    table = pq.read_table(io.BytesIO(exported(archive, "parquet"))).to_pylist()
    assert [row["text"] for row in lines] == [*HOSTILE, "after"]
    for line, row in zip(lines, table, strict=True):
        assert list(line) == list(row) == list(COLUMNS)
        assert row["created"].isoformat(timespec="microseconds") == line["created"].replace("Z", "+00:00")
        plain = set(COLUMNS) - {"created", "captured"}
        assert {name: row[name] for name in plain} == {name: line[name] for name in plain}


def test_every_version_is_exported_where_versions_are_asked_for(archive: Archive):
    lines = [json.loads(line) for line in exported(archive, "jsonl", versions=True).decode().split("\n")[:-1]]
    assert [line["text"] for line in lines[-2:]] == ["before", "after"]
    assert all(line["record"] == line["matched"] for line in lines)


@pytest.fixture(scope="module")
def hit(archive: Archive) -> Committed:
    """The first of all hits."""
    with searchable_whole(archive) as opened:
        return next(iter(list(opened.committed(Query()))))


@pytest.mark.parametrize("name", ["salt", "normalised", "provenance", "native_sha256", "record"])
def test_a_record_that_is_not_what_its_id_commits_to_is_not_exported(hit: Committed, name: str):
    value = getattr(hit, name)
    other = value.replace(b"blog", b"glob") + b" " if isinstance(value, bytes) else Digest.of(b"another")
    with pytest.raises(EvidenceDiffersError):
        write_hits(io.BytesIO(), [replace(hit, **{name: other})], "csv", CHICAGO)


@pytest.mark.parametrize("wanted", FORMATS)
def test_hits_are_written_as_they_come(wanted: Format, hit: Committed):
    file = io.BytesIO()

    def coming() -> Iterator[Committed]:
        for number in range(3_000):
            if number == 2_500:
                assert file.tell() > 0
            yield hit

    assert write_hits(file, coming(), wanted, CHICAGO) == 3_000


@pytest.mark.long
@pytest.mark.parametrize("wanted", FORMATS)
def test_a_hundred_thousand_hits_take_no_more_memory_than_some(wanted: Format, hit: Committed):
    def peak(hits: int) -> int:
        with open("/dev/null", "wb") as file:  # noqa: PTH123 - a device
            assert write_hits(file, repeat(hit, hits), wanted, CHICAGO) == hits
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    few = peak(5_000)
    assert peak(100_000) - few < 40_000  # kB


def test_the_digest_is_that_of_the_list(archive: Archive):
    lines = [json.loads(line) for line in exported(archive, "jsonl").decode().split("\n")[:-1]]
    text = "holdfast-hits/v1\n" + "".join(sorted(f"{line['record']} {line['matched']}\n" for line in lines))
    with searchable_whole(archive) as opened:
        found = answered(opened.index, Query())
    assert found.all.digest == Digest.of(text.encode())
    assert found.accounts == {"blog": found.all}


def test_an_export_that_is_left_in_the_middle_leaves_the_search_usable(archive: Archive):
    with searchable_whole(archive) as opened:
        for _ in opened.committed(Query()):
            break
        assert len(list(opened.committed(Query()))) == opened.count(Query()) > 1


def test_every_column_and_every_field_of_a_receipt_is_documented():
    text = (Path(__file__).parents[3] / "docs" / "SEARCH.md").read_text(encoding="utf-8")
    for name in (*COLUMNS, *REPORT_COLUMNS[3:], *SearchReceipt.__struct_fields__, *AccountAnswer.__struct_fields__):
        assert f"`{name}`" in text, name
