"""Archives that several tests share."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from tests.e2e.halls import Hall
from tests.e2e.holdfast import Holdfast
from tests.ediscovery.disposition.offices import RULES, SCHEDULE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Holdfast:
    """An archive with two captures and a production; every test leaves it as it was.

    It has every kind of object that is there without neighbours.
    """
    folder = tmp_path_factory.mktemp("office")
    made = Holdfast(folder / "home").init()
    with BlogSite() as site:
        made.capture(site.feed, "--allow-private-network")
        site.edit("welcome", title="Welcome again")
        site.delete("graduation")
        made.capture()
    made.json("produce", "volcano", "--matter", "M", "--out", str(folder / "out.pdf"))
    return made


@pytest.fixture
def desk(office: Holdfast, tmp_path: Path) -> Holdfast:
    """A copy of the office."""
    shutil.copytree(office.home, tmp_path / "home")
    return Holdfast(tmp_path / "home")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Hall:
    """An archive with people who approve, a schedule and a captured blog: never written to, only copied."""
    folder = tmp_path_factory.mktemp("hall")
    hall = Hall(Holdfast(folder / "home").init(), folder / "drawer").hold_ceremony()
    hall.appoint(jane="records-officer", omar="legal-reviewer")
    for text in (SCHEDULE, RULES):
        assert hall.office.adopt(text).status == 0
    with BlogSite() as site:
        hall.office.register(site.feed, "blog")
        hall.office.capture("blog")
    return hall


@pytest.fixture
def hall(before: Hall, tmp_path: Path) -> Hall:
    """A city hall of one's own."""
    shutil.copytree(before.office.home.parent, tmp_path / "hall")
    return Hall(Holdfast(tmp_path / "hall" / "home"), tmp_path / "hall" / "drawer")
