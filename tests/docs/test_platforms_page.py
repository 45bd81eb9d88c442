"""The page on platforms has a row for every platform that is read, imported, or named by the bodies we serve."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archiver.collectors.known import readable
from archiver.imports.known import FORMATS
from archiver.platforms.known import BUILT_IN
from tests.platforms.story import NAMES, simulator_of

PAGE = (Path(__file__).parents[2] / "docs" / "PLATFORMS.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("\n|---|---|---|---|---|\n")[2].partition("\n\n")[0]
ROWS = [line.strip("| ").split(" | ") for line in TABLE.splitlines()]
IMPORTABLE = {name for one in FORMATS for name in one.platforms} | {one.name for one in BUILT_IN}
NAMED = (
    *("Facebook pages", "Facebook groups", "Instagram", "Threads", "X", "Google+", "LinkedIn", "YouTube", "Vimeo"),
    *("Flickr", "SmugMug", "Pinterest", "Reddit", "StumbleUpon", "Fark", "Delicious", "Podcasts", "Blogger"),
    *("WordPress", "MediaWiki", "Wikispaces", "Google Sites", "RSS", "Mastodon", "Bluesky", "Websites", "E-mail"),
    *("Another vendor's archive", "TikTok", "Nextdoor", "Web archives"),
)
"""What policies of school districts and cities name, and what such bodies use besides."""


def read_by() -> set[str]:
    """The names after ``--platform`` in the table."""
    return {name for row in ROWS for name in re.findall(r"`(?:--platform )?([a-z+-]+)`", row[1])}


def test_every_row_has_the_five_cells_and_a_claim_that_its_way_allows():
    for row in ROWS:
        assert len(row) == 5, row
        assert row[4].startswith("0" if "holdfast import" in row[1] else ("1", "4")), row


def test_every_platform_that_is_read_or_imported_has_a_row_and_no_other_is_named():
    grouped = {one.name for one in BUILT_IN if any(one.title in row[0] for row in ROWS)}
    assert read_by() | grouped >= IMPORTABLE | set(readable())
    assert {name for row in ROWS for name in re.findall(r"--platform ([a-z+-]+)", row[1])} == set(readable())
    assert read_by() <= IMPORTABLE | set(readable())


@pytest.mark.parametrize("name", NAMED)
def test_what_policies_name_is_in_the_first_column(name: str):
    assert any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", row[0]) for row in ROWS)


def test_the_version_that_was_tested_and_every_option_are_named():
    for name in NAMES:
        version = simulator_of(name).version
        assert version is None or f'"{version}"' in PAGE, name
    for platform in BUILT_IN:
        for option in platform.reading.options if platform.reading else ():
            assert f"`{option}`" in PAGE, (platform.name, option)
