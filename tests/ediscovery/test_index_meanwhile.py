"""Searching while captures append and segments are merged: every answer is that of some state of the ledger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

from demo.site import BlogSite
from ediscovery.commands import searchable
from manifests.archive import open_archive
from manifests.console import system_clock
from schemas.query import Prefix, Query
from tests.ediscovery.disposition.offices import Office

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 20  # some segments are merged twice
DRILLS = Query(term=Prefix("drill"), versions=True)


def drills(home: Path) -> list[str]:
    """Which drills are found, in any version, the oldest first."""
    with searchable(open_archive(home, now=system_clock, actor="counsel")) as opened:
        return [(hit.text or "").split()[-1].rstrip(".") for hit in opened.hits(DRILLS)]


def test_every_answer_while_captures_append_is_whole_and_none_forgets_what_another_knew(tmp_path: Path):
    with BlogSite() as site:
        office = Office.founded(tmp_path / "home")
        office.register("blog", site.feed)
        done = Event()

        def asked() -> list[list[str]]:
            answers = [drills(tmp_path / "home")]
            while not done.is_set():
                answers.append(drills(tmp_path / "home"))
            return [*answers, drills(tmp_path / "home")]

        with ThreadPoolExecutor(2) as people:
            asking = [people.submit(asked) for _ in range(2)]
            try:
                for number in range(ROUNDS):
                    site.edit("bus-routes", paragraphs=(f"drill{number}",))
                    office.capture()
            finally:
                done.set()
            for one in asking:
                answers = one.result()
                found = [len(answer) for answer in answers]
                assert found == sorted(found)
                assert found[-1] == ROUNDS
                assert all(answer == [f"drill{number}" for number in range(len(answer))] for answer in answers)
