"""Offices that tests of destruction share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from tests.ediscovery.disposition.offices import Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def site() -> Iterator[BlogSite]:
    """A blog."""
    with BlogSite() as site:
        yield site


@pytest.fixture(scope="module")
def captured(site: BlogSite, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office with a captured blog, for all tests: none changes it."""
    made = Office.founded(tmp_path_factory.mktemp("office") / "home")
    made.register("blog", site.feed)
    made.capture()
    return made


@pytest.fixture
def office(captured: Office, tmp_path: Path) -> Office:
    """An office with a captured blog."""
    return captured.copied(tmp_path / "home")
