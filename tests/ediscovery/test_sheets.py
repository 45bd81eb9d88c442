"""Files that people take away: whole under their name or not there, and harmless in a spreadsheet without a loss."""

from __future__ import annotations

import csv
import errno
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediscovery.sheets import FORMULAS, MARK, ListUnwritableError, OutputExistsError, defused, new_file, sheet
from tests.killing import run_killed_at


@given(st.text() | st.tuples(st.sampled_from([*FORMULAS, MARK]), st.text()).map("".join))
def test_a_cell_is_no_formula_and_its_text_comes_back(text: str):
    cell = defused(text)
    assert not cell.startswith(FORMULAS)
    assert cell.removeprefix(MARK) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2))
def test_a_row_is_read_by_others_as_it_was_written(cells: list[str]):
    file = io.BytesIO()
    with sheet(file, [f"c{number}" for number in range(len(cells))]) as write:
        write([*cells[:-1], None])
    assert file.getvalue().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))
    assert [cell.removeprefix(MARK) for cell in rows[1]] == [*cells[:-1], ""]


def write_whole(out: str) -> None:
    with new_file(Path(out)) as file:
        for _ in range(3):
            file.write(b"half")
            file.flush()


def test_whoever_is_killed_leaves_nothing_or_all_of_it_under_the_name(tmp_path: Path):
    names = []
    for step in (2, 3, 4):  # to make what was written durable, to name it, to remove the draft
        out = tmp_path / f"{step}.csv"
        assert run_killed_at(step, "tests.ediscovery.test_sheets:write_whole", {"out": str(out)})
        if out.exists():
            assert out.read_bytes() == b"half" * 3
            names.append(out.name)
    assert names == ["4.csv"]


def test_a_file_or_link_that_is_there_stays_also_where_it_came_meanwhile(tmp_path: Path):
    out = tmp_path / "hits.csv"
    out.symlink_to("nowhere")
    with pytest.raises(OutputExistsError, match="--export"), new_file(out, option="--export"):
        raise AssertionError
    out.unlink()
    with pytest.raises(OutputExistsError), new_file(out):
        out.write_bytes(b"theirs")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("hits.csv", b"theirs")]


def test_a_disk_without_links_is_written_to_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    with new_file(tmp_path / "hits.csv") as file:
        file.write(b"ours")
    with pytest.raises(OutputExistsError), new_file(tmp_path / "other.csv") as file:
        (tmp_path / "other.csv").write_bytes(b"theirs")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"hits.csv": b"ours", "other.csv": b"theirs"}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ListUnwritableError, match="No such file"), new_file(tmp_path / "none" / "hits.csv"):
        raise AssertionError
