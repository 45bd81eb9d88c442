"""What becomes a record: new, edited, back again, listed, imported, gone; and what one failed read never decides."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver import observe
from archiver.contract import Reached, Seen
from archiver.observe import NEWEST, OLDER, Held, LookUp, Version
from schemas.capture import Observation
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.record import Normalised, Slice

MONDAY = Instant.from_text("2026-03-02T08:00:00.000000Z")
TUESDAY = MONDAY.plus(seconds=86_400)
WEDNESDAY = MONDAY.plus(seconds=2 * 86_400)


def seen(
    item: str, native: bytes = b"x", *, kind: str = "post", listed: tuple[str, ...] = (), at=TUESDAY, created=None
) -> Seen:
    """One item as it was seen."""
    url = f"https://site.example/{item}"
    view = Normalised(kind=kind, type="Article", item=item, listed=listed, url=url, created=created)
    source = Slice(exchange="urn:uuid:1", uri="https://site.example/feed", offset=0, length=len(native))
    return Seen(native, Observation(normalised=view, source=source, observed=at))


def version(one: Seen, *, number: int = 0, verdict=None, captured=MONDAY, thread=None, imported=False) -> Version:
    """That item as it is held."""
    view = one.observation.normalised
    return Version(
        record=Digest.of(f"{view.item}{number}".encode()),
        native=Digest.of(one.native),
        derived=Digest.of(view.to_bytes()),
        substance=Digest.of(one.native),
        kind=view.kind,
        captured=captured,
        url=view.url,
        verdict=verdict,
        thread=thread,
        created=view.created,
        imported=imported,
    )


def held(*items: Seen, lists=None, **versions: tuple[Version, ...]) -> Held:
    """An archive that holds these."""
    kept = {one.observation.normalised.item: (version(one),) for one in items}
    return Held(versions=kept | versions, lists=lists or {}, last_read=MONDAY.plus(seconds=3600))


def answered(*statuses: int | None, exchanges: tuple[str, ...] = (), **more) -> LookUp:
    """What look-ups gave that were answered so."""
    return LookUp(tuple(map(observe.standing_of, statuses)), statuses, exchanges, **more)


def items(made) -> list[str]:
    """Which items became records."""
    return [one.seen.observation.normalised.item for one in made]


def test_an_item_that_is_not_held_is_new():
    made = observe.fresh(Held(), [seen("a")], method="feed")
    assert items(made) == ["a"]
    assert made[0].previous is None
    assert observe.count(made) == (1, 0, 0)


def test_an_item_that_did_not_change_makes_no_record():
    assert observe.fresh(held(seen("a")), [seen("a")], method="feed") == ()


def test_an_item_whose_bytes_changed_is_edited_and_names_the_version_before():
    archive = held(seen("a"))
    made = observe.fresh(archive, [seen("a", b"y")], method="feed")
    assert made[0].previous == archive.versions["a"][0].record
    assert observe.count(made) == (0, 1, 0)


def test_an_item_that_went_back_to_an_earlier_text_is_a_version_of_its_own():
    first, second = seen("a", b"first"), seen("a", b"second")
    archive = Held(versions={"a": (version(first), version(second, number=1))})
    assert items(observe.fresh(archive, [first], method="feed")) == ["a"]


def test_an_item_that_was_away_and_is_back_makes_a_record_even_with_the_same_bytes():
    one = seen("a")
    gone = version(one, number=1, verdict="deleted")
    made = observe.fresh(Held(versions={"a": (version(one), gone)}), [one], method="feed")
    assert items(made) == ["a"]


def test_a_list_whose_bytes_changed_but_not_its_contents_makes_no_record():
    before, after = (seen("list", native, kind="list", listed=("a", "b")) for native in (b"monday", b"tuesday"))
    assert observe.fresh(held(before), [after], method="feed") == ()
    longer = seen("list", b"monday", kind="list", listed=("a", "b", "c"))
    assert items(observe.fresh(held(before), [longer], method="feed")) == ["list"]


def test_an_import_adds_every_version_that_is_not_held_and_twice_adds_nothing():
    first, second = seen("a", b"first"), seen("a", b"second")
    made = observe.fresh(Held(), [first, second, first], method="import")
    assert [one.seen.native for one in made] == [b"first", b"second"]
    archive = Held(versions={"a": (version(first), version(second, number=1))})
    assert observe.fresh(archive, [first, second], method="import") == ()


def test_what_only_a_file_showed_is_captured_once_by_the_first_look_that_sees_it_and_is_no_edit():
    one = seen("a")
    archive = Held(versions={"a": (version(one, imported=True),)})
    assert not archive.knows("a", one.native)
    made = observe.fresh(archive, [one], method="api")
    assert (items(made), made[0].previous, observe.count(made)) == (["a"], None, (1, 0, 0))
    both = Held(versions={"a": (version(one, imported=True), version(one, number=1))})
    assert both.knows("a", one.native)
    assert observe.fresh(both, [one], method="api") == ()


def test_a_file_that_was_imported_after_a_capture_makes_the_next_look_at_the_unchanged_item_no_edit():
    shown, filed = seen("a", b"shown"), seen("a", b"in another form")
    archive = Held(versions={"a": (version(shown), version(filed, number=1, imported=True))})
    assert archive.knows("a", b"shown")
    assert observe.fresh(archive, [shown], method="api") == ()
    made = observe.fresh(archive, [seen("a", b"edited")], method="api")
    assert made[0].previous == archive.versions["a"][0].record


def test_a_file_does_not_bring_back_what_a_look_found_gone():
    one = seen("a")
    gone = version(one, number=1, verdict="undetermined")
    archive = Held(versions={"a": (version(one), gone, version(one, number=2, imported=True))})
    assert observe.missing(archive, []) == ("a",)
    assert items(observe.fresh(archive, [one], method="api")) == ["a"]


def test_an_import_is_no_time_at_which_an_item_was_seen():
    one = seen("a")
    filed = version(one, number=1, imported=True, captured=TUESDAY)
    gone = answered(404, 404)
    known = Held(versions={"a": (version(one, captured=MONDAY), filed)})
    away = observe.absent(known, "a", gone, window=False, list_exchange="l", at=WEDNESDAY)
    assert away is not None
    assert away.observation.normalised.absence.last_seen == MONDAY
    listed = Held(versions={"a": (filed,)}, lists={"main": ("a",)}, last_read=MONDAY)
    assert observe.missing(listed, [seen("main", kind="list")]) == ("a",)
    away = observe.absent(listed, "a", gone, window=False, list_exchange="l", at=WEDNESDAY)
    assert away.observation.normalised.absence.last_seen == MONDAY


def test_a_comment_that_only_a_file_showed_is_not_looked_up_when_its_post_goes():
    only = version(seen("c", kind="comment"), thread="a", imported=True)
    assert observe.below(Held(versions={"a": (version(seen("a")),), "c": (only,)}), ["a"]) == ()


def test_only_items_of_lists_that_were_read_are_missed():
    archive = held(seen("a"), seen("b"), seen("c"), lists={"main": ("a", "b"), "comments": ("c",)})
    read_now = [seen("main", kind="list", listed=("a",)), seen("a")]
    assert observe.missing(archive, read_now) == ("b",)
    assert observe.missing(archive, []) == ()


def part(*listed: str) -> Seen:
    """The newest part of the list ``main`` as it was seen."""
    one = seen("main", kind="list", listed=listed)
    view = msgspec.structs.replace(one.observation.normalised, flags=(observe.NEWEST,))
    return Seen(one.native, msgspec.structs.replace(one.observation, normalised=view))


def listing(*listed: str) -> Held:
    """An archive that holds these items and the list ``main`` of them, in that order."""
    return held(*map(seen, listed), seen("main", kind="list", listed=listed), lists={"main": listed})


@pytest.mark.parametrize(
    ("before", "shown", "missed"),
    [
        ("edcba", "fedc", ""),  # what is older was not read
        ("edcba", "fec", "d"),
        ("edcba", "fed", ""),
        ("edcba", "gf", ""),  # nothing that was held before was reached
        ("edcba", "", ""),
        ("edcba", "aed", ""),  # an old item is pinned before the newest one
        ("edcba", "ea", "bcd"),
        ("edcba", "fedcba", ""),
    ],
)
def test_the_newest_part_of_a_list_says_nothing_of_what_is_older_than_its_last_item(before, shown, missed):
    assert observe.missing(listing(*before), [part(*shown)]) == tuple(missed)


@pytest.mark.parametrize(
    ("before", "shown", "known"),
    [("edcba", "fed", "fedcba"), ("edcba", "fec", "fecba"), ("edcba", "gf", "gfedcba"), ("edcba", "ed", "edcba")],
)
def test_what_was_known_of_the_rest_of_a_list_stays_known(before, shown, known):
    view = part(*shown).observation.normalised
    assert observe.contents(tuple(before), view) == tuple(known)
    assert bool(observe.fresh(listing(*before), [part(*shown)], method="api")) is (known != before)


@given(st.lists(st.integers(0, 40), unique=True), st.sets(st.integers(0, 40)), st.integers(0, 40))
def test_reading_the_newest_part_finds_what_reading_the_whole_would_have_found_in_that_part(items, gone, depth):
    before = tuple(map(str, sorted(items, reverse=True)))
    left = tuple(item for item in before if int(item) not in gone)
    shown = left[:depth]
    missed = set(observe.missing(listing(*before), [part(*shown)]))
    assert missed == ({item for item in before if int(item) > int(shown[-1])} - set(left) if shown else set())


def test_a_list_that_showed_several_items_and_now_shows_none_is_doubted():
    empty = seen("main", kind="list")
    assert observe.emptied(listing(*"abcde"), [empty]) == ("main",)
    assert observe.emptied(listing(*"abcd"), [empty]) == ()
    assert observe.emptied(listing(*"abcde"), [seen("main", kind="list", listed=("a",))]) == ()


def part_of(listed: str, *flags: str, after: str | None = None) -> Seen:
    """A part of the list ``main`` as it was read."""
    one = seen("main", kind="list", listed=tuple(listed))
    view = msgspec.structs.replace(one.observation.normalised, flags=flags, parent=after)
    return Seen(one.native, msgspec.structs.replace(one.observation, normalised=view))


@pytest.mark.parametrize(
    ("after", "listed", "flags", "known", "missing"),
    [
        ("d", "cb", (OLDER, NEWEST), "fedcba", ""),
        ("e", "db", (OLDER, NEWEST), "fedba", "c"),
        ("e", "cb", (OLDER, NEWEST), "fecba", "d"),
        ("e", "dcb", (OLDER,), "fedcb", "a"),
        ("d", "xy", (OLDER,), "fedxy", "abc"),
        ("d", "xy", (OLDER, NEWEST), "fedxycba", ""),
        ("?", "da", (OLDER,), "feda", "bc"),
        ("?", "xy", (OLDER,), "fedcbaxy", ""),
    ],
)
def test_a_list_that_is_read_on_from_where_another_look_stopped_judges_that_part_alone(
    after: str, listed: str, flags: tuple[str, ...], known: str, missing: str
):
    archive = listing(*"fedcba")
    one = part_of(listed, *flags, after=after)
    assert "".join(observe.contents(archive.lists["main"], one.observation.normalised)) == known
    assert "".join(observe.missing(archive, [one])) == missing


def test_two_parts_of_one_list_in_one_look_are_both_kept():
    parts = [part_of("fe", NEWEST), part_of("dc", OLDER)]
    assert len(observe.fresh(Held(), parts, method="api")) == 2


def test_a_list_that_shows_only_what_is_young_may_be_empty():
    young = part_of("", observe.WINDOW)
    assert observe.emptied(listing(*"abcde"), [young]) == ()
    assert observe.missing(listing(*"abcde"), [young]) == tuple("abcde")


def test_an_item_that_answers_at_its_own_address_is_not_missing():
    archive = listing("a")
    there = answered(200, 200, direct=True)
    assert observe.absent(archive, "a", there, window=False, list_exchange="u", at=WEDNESDAY) is None
    gone = answered(404, 404, direct=True)
    assert observe.absent(archive, "a", gone, window=False, list_exchange="u", at=WEDNESDAY) is not None


def test_an_undecided_item_is_looked_up_again_until_it_is_decided():
    one = seen("a")
    undecided = Held(versions={"a": (version(one), version(one, number=1, verdict="undetermined"))})
    assert observe.missing(undecided, [seen("main", kind="list")]) == ("a",)
    decided = Held(versions={"a": (version(one), version(one, number=1, verdict="deleted"))})
    assert observe.missing(decided, [seen("main", kind="list")]) == ()


@pytest.mark.parametrize(
    ("statuses", "window", "fragment", "verdict"),
    [
        ((404, 404), True, False, "deleted"),
        ((410, 404), True, False, "deleted"),
        ((403, 403), True, False, "hidden"),
        ((451, 451), False, False, "hidden"),
        ((200, 200), True, False, "present"),
        ((200, 200), False, False, "undetermined"),
        ((200, 200), True, True, "undetermined"),
        ((404, 200), True, False, "undetermined"),
        ((404, None), True, False, "undetermined"),
        ((None, None), True, False, "undetermined"),
        ((503, 503), True, False, "undetermined"),
        ((404, 403), True, False, "undetermined"),
        ((), True, False, "undetermined"),
    ],
)
def test_the_verdict_follows_from_all_look_ups_and_never_from_one(statuses, window, fragment, verdict):
    assert observe.judge(answered(*statuses), window=window, fragment=fragment)[0] == verdict


def test_an_absence_is_an_interval_from_the_last_look_that_showed_the_item_to_now():
    archive = held(seen("a"), lists={"main": ("a",)})
    reads = ("urn:uuid:2", "urn:uuid:3")
    look_up = answered(404, 404, exchanges=reads, payload=b"gone", uri="https://site.example/a")
    away = observe.absent(archive, "a", look_up, window=True, list_exchange="urn:uuid:1", at=WEDNESDAY)
    absence = away.observation.normalised.absence
    assert (absence.verdict, absence.last_seen, absence.first_missing) == ("deleted", archive.last_read, WEDNESDAY)
    assert absence.reads == ("urn:uuid:1", "urn:uuid:2", "urn:uuid:3")
    assert away.native == b"gone"
    assert observe.count(observe.fresh(archive, [away], method="feed")) == (0, 0, 1)


def test_a_comment_was_last_seen_when_its_own_record_says_and_not_at_the_last_look_at_the_account():
    one = seen("c", kind="comment")
    archive = Held(versions={"c": (version(one, thread="a"),)}, lists={"comments": ("c",)}, last_read=TUESDAY)
    away = observe.absent(archive, "c", answered(404, 404), window=True, list_exchange="u", at=WEDNESDAY)
    assert away.observation.normalised.absence.last_seen == MONDAY


def test_an_item_was_last_seen_by_the_last_look_that_read_its_list_as_far_as_to_it():
    old, young = (seen(name, created=at) for name, at in (("old", MONDAY), ("young", TUESDAY)))
    archive = held(old, young, lists={"posts": ("young", "old"), "albums": ("old",)})
    evening = TUESDAY.plus(seconds=7200)
    reached = {"posts": (Reached(evening, TUESDAY.plus(seconds=-1)), Reached(TUESDAY.plus(seconds=60), None))}
    look_up = answered(404, 404)

    def last_seen(name: str, **reached) -> Instant:
        away = observe.absent(archive, name, look_up, window=False, list_exchange="u", at=WEDNESDAY, **reached)
        return away.observation.normalised.absence.last_seen

    assert last_seen("young", reached=reached) == evening
    assert last_seen("old", reached=reached) == TUESDAY.plus(seconds=60)
    # Nothing is remembered of how far looks read: it was seen when its record says.
    assert last_seen("old", reached={}) == MONDAY


def test_what_was_handed_in_meanwhile_does_not_tell_that_the_item_was_still_there():
    one = seen("a", created=MONDAY.plus(seconds=-60))
    handed_in = version(one, number=1, captured=TUESDAY, imported=True)
    for versions, at in (((version(one), handed_in), MONDAY), ((handed_in,), one.observation.normalised.created)):
        archive = Held(versions={"a": versions})
        away = observe.absent(archive, "a", answered(404, 404), window=False, list_exchange="u", at=WEDNESDAY)
        assert away.observation.normalised.absence.last_seen == at


def test_an_absence_that_is_known_is_not_said_again():
    one = seen("a")
    archive = Held(versions={"a": (version(one), version(one, number=1, verdict="undetermined"))})
    look_up = answered(503, 503)
    assert observe.absent(archive, "a", look_up, window=True, list_exchange="u", at=WEDNESDAY) is None


def test_the_comments_of_a_gone_item_are_looked_up_too():
    post, comment, other = seen("a"), seen("c", kind="comment"), seen("d", kind="comment")
    archive = Held(
        versions={
            "a": (version(post, thread="a"),),
            "c": (version(comment, thread="a"),),
            "d": (version(other, thread="b"),),
            "late:a:https://cdn.example/a.png": (version(seen("late:a:…", kind="media"), thread="a"),),
        }
    )
    assert observe.below(archive, {"a"}) == ("c",)


def test_what_its_own_lists_showed_of_a_gone_item_is_looked_up_too():
    archive = Held(
        versions={name: (version(seen(name, kind="reply"), thread="post"),) for name in ("c", "r", "s")},
        lists={"list:replies:c": ("r",), "list:replies:other": ("s",), "list:replies": ("s",)},
    )
    assert observe.below(archive, {"c"}) == ("r",)
