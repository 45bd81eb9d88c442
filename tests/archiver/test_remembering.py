"""What a machine remembers of an account stays on it, belongs to one capture, and may be lost at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver.remembering import carry, public_part, recalled, remember

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC = {"items": "2", "threads": "1"}
WHOLE = PUBLIC | {"comments": '[["https://blog.example/p1/comments","p1",{}]]', "etag": '"f"'}


def test_what_names_items_is_kept_here_and_not_in_the_ledger(tmp_path: Path) -> None:
    remember(tmp_path, "blog", WHOLE, capture="c1")
    assert public_part(WHOLE) == PUBLIC
    assert recalled(tmp_path, "blog", PUBLIC, last="c1") == WHOLE
    assert recalled(tmp_path, "other", PUBLIC, last="c1") == PUBLIC


def test_it_belongs_to_one_capture_and_to_no_other(tmp_path: Path) -> None:
    remember(tmp_path, "blog", WHOLE, capture="c1")
    for last in ("c2", None):
        assert recalled(tmp_path, "blog", PUBLIC, last=last) == PUBLIC
    remember(tmp_path, "blog", PUBLIC, capture="c2")
    for last in ("c1", "c2"):
        assert recalled(tmp_path, "blog", PUBLIC, last=last) == PUBLIC


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b'{"capture":"c1","private":{}} '])
def test_what_cannot_be_read_is_not_remembered(tmp_path: Path, content: bytes) -> None:
    remember(tmp_path, "blog", WHOLE, capture="c1")
    (tmp_path / "state" / "cursors" / "blog.json").write_bytes(content)
    assert recalled(tmp_path, "blog", PUBLIC, last="c1") == PUBLIC


def test_where_there_is_nothing_to_remember_nothing_is_written(tmp_path: Path) -> None:
    remember(tmp_path, "blog", PUBLIC, capture="c1")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_costs_nothing_but_asking_again(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    remember(tmp_path, "blog", WHOLE, capture="c1")
    assert recalled(tmp_path, "blog", PUBLIC, last="c1") == PUBLIC


def test_a_capture_that_left_the_cursor_as_it_was_takes_over_what_is_remembered(tmp_path: Path) -> None:
    remember(tmp_path, "blog", WHOLE, capture="c1")
    carry(tmp_path, "blog", last="c1", capture="import")
    assert recalled(tmp_path, "blog", PUBLIC, last="import") == WHOLE
    # What is of another capture is nobody's.
    carry(tmp_path, "blog", last="c1", capture="c3")
    assert recalled(tmp_path, "blog", PUBLIC, last="c3") == PUBLIC
