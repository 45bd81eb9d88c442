"""Which level a record reaches: never more than can be shown."""

from __future__ import annotations

from typing import Any

import pytest

from ediscovery.corroboration import Saying, corroboration, folded
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.record import Normalised, Provenance, Slice

AT = Instant.from_text("2026-11-21T09:30:00.000000Z")
URL = "https://town.example/@town/1"


def said(text: str | None, method: Any = "api", *, number: int = 1, **more: Any) -> Saying:
    """What a record of a post at one address says, sealed in the entry of its number."""
    account = more.pop("account", f"by-{method}")
    claim = more.pop("claim", 0 if method == "import" else 1)
    view: dict[str, Any] = {"kind": "post", "type": "Note", "item": f"{method}-1", "url": URL, "text": text, **more}
    provenance = Provenance(
        account=account,
        platform="x",
        capture="a",
        captured=AT,
        method=method,
        collector="c/1",
        claim=claim,
        source=Slice(exchange="urn:x", uri=URL, offset=0, length=1),
    )
    return Saying.of(Digest.of(repr((method, number)).encode()), Normalised(**view), provenance, entry=number)


def test_one_capture_is_one_way_however_often_it_is_made():
    own = said("Snow day")
    found = corroboration(own, [own, *(said("Snow day", number=number) for number in range(2, 9))], first_look=1)
    assert (found.level, found.ways, found.by) == (1, ("api",), ())
    assert found.words == "1: captured over the network in one way (an API)"


def test_two_ways_that_say_the_same_agree_and_the_first_of_each_is_named():
    own, feed, later = (
        said("Snow  day\n", number=3),
        said("Snow day", "feed", number=4),
        said("Snow day", "feed", number=5),
    )
    found = corroboration(own, [later, feed], first_look=1)
    assert (found.level, found.ways, found.by) == (2, ("api", "feed"), (feed.record,))
    assert found.words == "2: independent ways agree (an API, a feed)"


@pytest.mark.parametrize(
    "other",
    [
        said("Snow day.", "feed"),
        said("snow day", "feed"),
        said("Snow dáy", "feed"),
        said("", "feed"),
        said(None, "feed"),
        said("Snow day", "feed", url="https://town.example/@town/2"),
        said("Snow day", "feed", url=None),
        said("Snow day", "feed", kind="list"),
        said("Snow day", "feed", kind="absence"),
    ],
    ids=["a stop", "a capital", "an accent", "empty", "none", "another address", "no address", "a list", "an absence"],
)
def test_what_says_anything_else_or_of_anything_else_does_not_agree(other: Saying):
    assert corroboration(said("Snow day"), [other], first_look=1).level == 1


def test_silence_does_not_agree_with_silence():
    assert corroboration(said(None), [said("", "feed")], first_look=1).level == 1


def test_an_edited_text_does_not_agree_and_the_version_that_does_is_corroborated():
    before, after, feed = said("Snow day", number=1), said("Snow days", number=5), said("Snow day", "feed", number=3)
    assert corroboration(after, [before, feed], first_look=1).level == 1
    assert corroboration(before, [after, feed], first_look=1).level == 2


def test_equal_identifiers_of_two_accounts_are_no_one_post_unless_they_are_addresses():
    plain = said("Snow day", item="1", url=None), said("Snow day", "feed", item="1", url=None)
    assert corroboration(plain[0], [plain[1]], first_look=1).level == 1
    named = said("Snow day", item=URL, url=None), said("Snow day", "feed", item="7", url=URL)
    assert corroboration(named[0], [named[1]], first_look=1).level == 2


def test_an_import_counts_only_if_it_cannot_be_our_own_export():
    captured, early, late = (
        said("Snow day", number=5),
        said("Snow day", "import", number=2),
        said("Snow day", "import", number=7),
    )
    counted = corroboration(captured, [early, late], first_look=4)
    assert (counted.level, counted.by, counted.uncounted) == (2, (early.record,), (late.record,))
    uncounted = corroboration(captured, [late], first_look=4)
    assert (uncounted.level, uncounted.ways, uncounted.uncounted) == (1, ("api",), (late.record,))
    # One that came before this record and after the first look may be made from another version of ours.
    assert corroboration(captured, [early], first_look=1).level == 1


def test_an_imported_record_reaches_what_was_captured_beside_it():
    own = said("Snow day", "import", number=7)
    assert corroboration(own, [], first_look=None).words == "0: imported from a file; nobody here knows who made it"
    two_files = corroboration(own, [said("Snow day", "import", number=8)], first_look=None)
    assert (two_files.level, two_files.by) == (0, ())
    captured = said("Snow day", number=5)
    assert corroboration(own, [captured], first_look=5).by == (captured.record,)
    assert corroboration(own, [captured], first_look=5).level == 1
    assert corroboration(own, [captured, said("Snow day", "web", number=6)], first_look=5).level == 2


def test_what_its_origin_signed_says_so_and_lends_it_to_those_that_agree():
    signed, plain = said("Snow day", "web", claim=4, number=2), said("Snow day")
    assert (corroboration(signed, [], first_look=1).level, corroboration(signed, [], first_look=1).by) == (4, ())
    found = corroboration(plain, [signed], first_look=1)
    assert (found.level, found.by) == (4, (signed.record,))
    assert corroboration(said("Snow days"), [signed], first_look=1).level == 1


def test_white_space_and_composition_are_folded_and_nothing_else():
    assert folded(" a\u00a0\n b\t") == "a b"
    assert folded("e\u0301") == "\u00e9"
    assert folded("A, b") != folded("a b")
