"""What is destroyed is gone from everywhere, and what is not is as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from ediscovery.commands import searchable
from schemas.query import Is, Query
from tests.ediscovery.disposition.offices import Office, files_in, needles, stored_in, traces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office with a captured blog: twice the same, then with an edited post."""
    with BlogSite() as site:
        made = Office.founded(tmp_path / "home")
        made.register("blog", site.feed)
        made.capture()
        made.capture()
        site.edit("bus-routes", paragraphs=("Route 7 stops at Elm Street again.",))
        made.capture()
        yield made


def test_no_byte_of_a_destroyed_record_is_left_anywhere(office: Office):
    before = office.records()
    one = next(record for record in before.values() if b'"kind":"comment"' in record.normalised)
    assert {name for _, name in traces(stored_in(office.archive.store), needles(one))} >= {"salt", "native", "view"}
    with searchable(office.archive) as opened:
        held = opened.count(Query(term=Is("type", "comment")))
    planned = office.destroy()
    after = office.records()
    gone = before.keys() - after.keys()
    assert len(gone) == planned.act.records > 10
    assert all(before[one] == record for one, record in after.items())
    for one in gone:
        assert not traces(stored_in(office.archive.store), needles(before[one]))
        assert not traces(files_in(office.archive.home), needles(before[one]))
    with searchable(office.archive) as opened:
        assert held > opened.count(Query(term=Is("type", "comment"))) == 0
