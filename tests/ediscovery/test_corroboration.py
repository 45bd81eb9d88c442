"""Which level a record reaches: never more than can be shown."""

from __future__ import annotations

from typing import Any

import pytest

from ediscovery.corroboration import Saying, corroboration, folded
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.record import Author, Normalised, Provenance, Slice

AT = Instant.from_text("2026-11-21T09:30:00.000000Z")
URL = "https://town.example/@town/1"


def said(text: str | None, method: Any = "api", *, number: int = 1, **more: Any) -> Saying:
    """What a record of a post at one address says, sealed in the entry of its number."""
    account = more.pop("account", f"by-{method}")
    claim = more.pop("claim", 0 if method == "import" else 1)
    source = Slice(exchange="urn:x", uri=more.pop("uri", URL), offset=0, length=1)
    collector = more.pop("collector", "c/1")
    view: dict[str, Any] = {"kind": "post", "type": "Note", "item": f"{method}-1", "url": URL, "text": text, **more}
    provenance = Provenance(
        account=account,
        platform="x",
        capture="a",
        captured=AT,
        method=method,
        collector=collector,
        claim=claim,
        source=source,
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


def shown(text: str = "Snow day", method: Any = "api", **more: Any) -> Saying:
    """A post as a capture or an export shows it: the same item, time and author unless ``more`` says otherwise."""
    if method == "import":
        more = {"collector": "mastodon-archive/1", "uri": "file:///outbox.json", **more}
    given = {"account": "town", "item": "1", "created": AT, "author": Author(id="1", handle="Town"), **more}
    return said(text, method, **given)


def test_a_platforms_export_and_a_capture_that_say_the_same_of_one_item_reach_the_third_level_in_either_order():
    captured, early, late = shown(number=5), shown(method="import", number=2), shown(method="import", number=9)
    for export, when in ((early, "before any capture"), (late, "after a capture, of which it may have been made")):
        found = corroboration(captured, [export], first_look=4)
        assert (found.level, found.by, found.uncounted) == (3, (export.record,), ())
        assert found.words == (
            "3: a file in the form of the platform's own export agrees (agrees: text, time of creation, author;"
            f" the export was imported {when})"
        )
        assert corroboration(export, [captured], first_look=4).by == (captured.record,)
        assert corroboration(export, [captured], first_look=4).level == 3
    # Of two that agree the one is named that cannot have been made from what was captured.
    assert corroboration(captured, [late, early], first_look=4).by == (early.record,)


def test_an_export_alone_reaches_nothing_and_two_exports_are_no_capture():
    export = shown(method="import")
    assert corroboration(export, [], first_look=None).level == 0
    assert corroboration(export, [shown(method="import", number=2)], first_look=None).level == 0


@pytest.mark.parametrize(
    ("more", "differs"),
    [
        ({"text": "Snow days"}, ("text",)),
        ({"created": AT.plus(seconds=1)}, ("time of creation",)),
        ({"author": Author(id="2", handle="village")}, ("author",)),
        ({"text": "Snow days", "created": AT.plus(seconds=-1)}, ("text", "time of creation")),
    ],
)
def test_an_export_that_differs_is_said_and_lowers_nothing(more: dict[str, Any], differs: tuple[str, ...]):
    captured, export = shown(number=5), shown(method="import", number=9, **more)
    found = corroboration(captured, [export], first_look=5)
    assert (found.level, found.ways) == (1, ("api",))
    assert [(one.record, one.differs) for one in found.compared] == [(export.record, differs)]
    assert f"differs: {', '.join(differs)}; the export" in found.compared[0].words
    agreeing = corroboration(captured, [export, shown(method="import", number=10)], first_look=5)
    assert (agreeing.level, len(agreeing.compared)) == (3, 2)


@pytest.mark.parametrize(
    "more",
    [
        {"item": "2"},
        {"created": None},
        {"collector": "import/1"},
        {"collector": "items/1"},
        {"collector": "web-archive/1"},
        {"collector": "bluesky-repository/1", "uri": "file:///posts.json"},
    ],
    ids=["another item", "no time", "native JSON", "another vendor's", "a web archive", "JSON beside a repository"],
)
def test_what_is_another_item_or_has_no_time_or_is_no_platforms_export_does_not_reach_the_third_level(
    more: dict[str, Any],
):
    assert corroboration(shown(number=5), [shown(method="import", number=9, **more)], first_look=5).level == 1
    assert corroboration(shown(method="import", number=9, **more), [shown(number=5)], first_look=5).level == 1


@pytest.mark.parametrize(
    ("author", "said_of_it"),
    [
        (Author(handle="@town"), True),
        (Author(id="1", handle="moved"), True),
        (Author(id="https://town.example/users/town"), False),
        (Author(name="The town"), None),
        (None, None),
    ],
)
def test_authors_are_compared_as_far_as_both_sides_name_one_in_one_manner(author: Author | None, said_of_it: Any):
    found = corroboration(shown(number=5), [shown(method="import", number=9, author=author)], first_look=5)
    assert ("author" in found.compared[0].agrees, "author" in found.compared[0].differs) == (
        said_of_it is True,
        said_of_it is False,
    )
    assert found.level == (1 if said_of_it is False else 3)


def test_the_time_of_creation_is_compared_to_the_second():
    export = shown(method="import", number=9, created=Instant(AT.micros + 999_999))
    assert corroboration(shown(number=5), [export], first_look=5).level == 3


def test_what_its_origin_signed_stays_above_an_export():
    signed = shown(claim=4, number=5)
    assert corroboration(signed, [shown(method="import", number=9)], first_look=5).level == 4


def test_white_space_and_composition_are_folded_and_nothing_else():
    assert folded(" a\u00a0\n b\t") == "a b"
    assert folded("e\u0301") == "\u00e9"
    assert folded("A, b") != folded("a b")
