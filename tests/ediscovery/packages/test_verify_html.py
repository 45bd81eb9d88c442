"""VERIFY.html in a real browser: the same table as for verify.py, and what people see."""

from __future__ import annotations

import pytest

from tests.ediscovery.packages import pages
from tests.ediscovery.packages.tampered import ROWS

pytestmark = pages.MARKS


@pytest.fixture(scope="module")
def browser():
    """One browser for all."""
    with pages.browser() as started:
        yield started


@pytest.fixture
def page(browser):
    """The page, opened anew."""
    with pages.opened(browser) as opened:
        yield opened


@pytest.mark.parametrize("row", [row for row in ROWS if row.shown_by_browsers], ids=lambda row: row.name)
def test_what_somebody_does_to_a_package_is_noticed(row, case, page) -> None:
    row.change(case)
    if row.with_key:
        page.page.fill("#key", case.key)
    told = page.check(case.folder)
    assert (told["faulty"], told["proved"]) == (set(row.faulty.split()), row.proved)
    for word in row.notices:
        assert word in told["notices"]
