"""Whatever a platform's answer holds in the place of what it should hold, reading it fails by no accident."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from archiver.parsing.text import cleaned
from archiver.platforms.known import find_platform
from archiver.platforms.paging import NextPageUnusableError
from archiver.platforms.reading import Answer, Led, Question, Site
from schemas.account import Account
from schemas.record import Normalised
from tests.manifests.archives import START
from tests.platforms.simulator import PIXELS
from tests.platforms.story import NAMES, begun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.platforms.platform import Platform
    from tests.platforms.story import Story

DEEPEST = 4
DEEP: list[Any] = []
for _ in range(200):
    DEEP = [DEEP]
STRANGE: tuple[Any, ...] = (None, True, 10**30, 1e308, "", "http://[", "9" * 5000, [5, None], {"a": 5}, DEEP)
ACCOUNT = Account(name="maple", platform="x", url="https://h.example/@maple", title="Maple Grove")


def answered(story: Story, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yield the objects that the platform's simulator answers one look with: items, and what they come in.

    Of those that have the same members, the first.
    """
    waiting: list[Any] = []
    encoded = story.simulator.encoded

    def noted(value: Any) -> bytes:
        waiting.append(value)
        return encoded(value)

    monkeypatch.setattr(story.simulator, "encoded", noted)
    number = story.simulator.post("Snow day", None if "image" in story.simulator.cannot else PIXELS)
    if "reply" not in story.simulator.cannot:
        story.simulator.reply(number, "No")
    story.complete()
    seen: set[frozenset[str]] = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict) and frozenset(value) not in seen:
            seen.add(frozenset(value))
            yield value
        waiting.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each part of a value, as deep as a reader of one object looks; of a list, to its first."""
    if len(above) == DEEPEST:
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*above, key)
        yield from paths(one, (*above, key))


def changed(value: Any, path: tuple[Any, ...], to: Any) -> Any:
    """Return a value with another one at the end of a path."""
    if not path:
        return to
    other = copy.copy(value)
    other[path[0]] = changed(value[path[0]], path[1:], to)
    return other


def read(platform: Platform, value: Any) -> None:
    """Do with one object whatever is done with what comes from the platform."""
    dialect, reading = platform.dialect, platform.reading
    assert reading is not None
    dialect.context(value)
    dialect.list_view(value)
    view = dialect.view(value, {})
    assert view is None or Normalised.from_bytes(cleaned(view).to_bytes())
    site = Site(ACCOUNT, "https://api.example", "v9", authorised=True, options=frozenset(reading.options))
    for name, endpoint in reading.endpoints.items():
        question = Question(name, "https://api.example/v9/x?a=1", about="q:1/2", within="w")
        answer = Answer(question, value, 200, {})
        if view is not None:
            list(endpoint.leads(Led(site, question, value, cleaned(view), START)))
            endpoint.seen_as(view, question)
        with suppress(NextPageUnusableError):
            endpoint.next(answer)
        list(endpoint.together(site, answer))
        list(endpoint.names(answer))
        endpoint.cost(answer)
    for status in (200, 400, 403):
        answer = Answer(Question("", "https://api.example/v9/x"), value, status, {})
        reading.standing(answer)
        reading.stands_for(answer)
        reading.refusal(answer)
        reading.scopes(answer)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_stands_in_the_place_of_a_member_is_read_or_let_be(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    platform = find_platform(name)
    assert platform is not None
    with begun(tmp_path, name) as story:
        for value in answered(story, monkeypatch):
            for path in paths(value):
                for strange in STRANGE:
                    read(platform, changed(value, path, strange))
