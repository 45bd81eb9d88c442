"""What X's own library reads as a hashtag, a mention or an address is found by it, as somebody types it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ediscovery.folding import words
from tests.corpora import corpus

if TYPE_CHECKING:
    from collections.abc import Sequence

SECTIONS = {"hashtags": "#", "hashtags_from_astral": "#", "mentions": "@", "urls": "", "cashtags": ""}
# X reads RT@name as a mention; and it knows which letters an address may have, where we read on to the next space.
NOT_OURS = {("mentions", f"Extract mentions after '{rt}'", "username") for rt in ("RT", "rt", "Rt", "rT")} | {
    ("urls", f"Extract {which} surrounded by CJK characters", f"{scheme}t.co/abcde")
    for which, scheme in (("short URL without protocol", ""), ("URLs with and without protocol", "http://"))
}


def cases(section: str) -> list[dict[str, Any]]:
    path = corpus("conformance", "text", "twitter+twitter-text", "extract.yml")
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text())["tests"][section]
    return found


def stands_in(run: Sequence[str], text: Sequence[str]) -> bool:
    return bool(run) and any(text[at : at + len(run)] == run for at in range(len(text)))


@pytest.mark.parametrize("section", SECTIONS)
def test_what_the_platform_reads_is_found_as_it_is_typed(section: str):
    lost = {
        (section, case["description"], name)
        for case in cases(section)
        for name in case["expected"]
        if not stands_in(words(SECTIONS[section] + name), words(case["text"]))
    }
    assert lost == {one for one in NOT_OURS if one[0] == section}
