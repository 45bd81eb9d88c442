"""What is looked up: within a bound, in turn, and with no more concluded than the reason for it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver import absences
from archiver.absences import ItemLooker
from archiver.contract import Collected, LookingUp, Response, Seen
from archiver.observe import Held, Version, standing_of
from archiver.platforms.notifying import Named
from schemas.capture import Observation
from schemas.digest import Digest
from schemas.record import Absence, Normalised, Slice
from tests.archiver.transports import AT

if TYPE_CHECKING:
    import pytest

API = "https://api.example"


class Answering:
    """An API that answers every look-up with one status."""

    def __init__(self, status: int) -> None:
        self.status, self.asked = status, list[str]()

    def get(self, url: str, *, headers: object = None, keep_payload: bool = True) -> Response:
        del headers, keep_payload
        self.asked.append(url)
        return Response(f"urn:uuid:{len(self.asked)}", url, self.status, {}, b"{}", Digest.of(b"{}"), 2, AT)

    def sighted(self, response: Response, items: object) -> None:
        """Nothing is written here."""


def held(*items: str, verdict=None) -> Held:
    """An archive that holds these items of one list."""
    one = Digest.of(b"x")
    version = Version(record=one, native=one, derived=one, substance=one, kind="post", captured=AT, verdict=verdict)
    return Held(versions=dict.fromkeys(items, (version,)), lists={"list:posts": items})


def an_empty_list() -> Collected:
    view = Normalised(kind="list", type="Collection", item="list:posts")
    source = Slice(exchange="urn:uuid:list", uri=API, offset=0, length=0)
    return Collected(items=(Seen(b"", Observation(normalised=view, source=source, observed=AT)),))


def found(looker: ItemLooker, collected: Collected, *named: str) -> dict[str, Absence]:
    views = [one.observation.normalised for one in looker.look(collected, named=[Named(item) for item in named])]
    return {view.item: view.absence for view in views if view.absence is not None}


def looker(transport: Answering, of: Held, *, minutes: int = 0) -> ItemLooker:
    looking = LookingUp(lambda item, *_: f"{API}/{item}", lambda response: standing_of(response.status), direct=True)
    return ItemLooker(transport, of, looking, lambda *_: False, lambda: AT.plus(seconds=60 * minutes))  # type: ignore[arg-type]


def test_what_is_too_much_for_one_look_is_undetermined_and_not_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(absences, "MOST_LOOK_UPS", 2)
    transport = Answering(404)
    away = found(looker(transport, held("a", "b", "c", "d")), an_empty_list())
    assert sorted(one.verdict for one in away.values()) == ["deleted", "deleted", "undetermined", "undetermined"]
    assert len(set(transport.asked)) == 2
    assert {one.reason for one in away.values() if one.verdict == "undetermined"} == {
        "its list no longer shows it, and too much was to be looked up at once"
    }


def test_what_is_undecided_is_looked_up_in_turn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(absences, "MOST_LOOK_UPS", 2)
    transport, items = Answering(503), [f"item-{number}" for number in range(6)]
    for minutes in range(60):
        looker(transport, held(*items, verdict="undetermined"), minutes=minutes).look(an_empty_list())
    assert {url.rpartition("/")[2] for url in transport.asked} == set(items)


def test_what_was_told_is_looked_up_however_much_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(absences, "MOST_LOOK_UPS", 1)
    transport = Answering(404)
    found(looker(transport, held("a", "b", "x", "y")), an_empty_list(), "x", "y", "new")
    assert {f"{API}/x", f"{API}/y", f"{API}/new"} < set(transport.asked)
    assert len(set(transport.asked)) == 4


def test_that_a_platform_told_of_an_item_is_no_reason_to_miss_it():
    assert found(looker(Answering(503), held("a")), Collected(), "a") == {}
    away = found(looker(Answering(404), held("a")), Collected(), "a")["a"]
    assert (away.verdict, away.reason) == (
        "deleted",
        "its platform told of it and its address answered HTTP 404, then HTTP 404",
    )
    assert away.reads == ("urn:uuid:1", "urn:uuid:2")
