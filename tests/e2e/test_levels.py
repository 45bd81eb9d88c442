"""A platform's own export and captures of the same posts: what is said of it to whoever has to rely on it."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.holdfast import Holdfast
from tests.ediscovery.disposition.towns import town
from tests.ediscovery.test_render import pages_of, solid

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ediscovery.disposition.towns import Town

PUBLIC = ["https://www.w3.org/ns/activitystreams#Public"]
AGREED = "agrees: text, time of creation, author; the export was imported"


def archive_of(place: Town, path: Path, **texts: str) -> Path:
    """The archive that a Mastodon server gives out of the town's account, in which posts have these texts."""
    actor = place.server.url("/users/town")
    notes = [
        {
            "id": f"{actor}/statuses/{number}",
            "type": "Note",
            "published": "2026-11-20T08:00:00Z",
            "url": place.listed[number]["url"],
            "attributedTo": actor,
            "to": PUBLIC,
            "content": f"<p>{text}</p>",
        }
        for number, text in ((name.removeprefix("post_"), text) for name, text in texts.items())
    ]
    posts = [
        {"id": f"{one['id']}/activity", "type": "Create", "actor": actor, "to": PUBLIC, "object": one} for one in notes
    ]
    files: dict[str, Any] = {
        "actor.json": {"id": actor, "type": "Person", "preferredUsername": "town", "name": "The town"},
        "outbox.json": {"type": "OrderedCollection", "totalItems": len(posts), "orderedItems": posts},
    }
    with zipfile.ZipFile(path, "w") as packed:
        for name, value in files.items():
            packed.writestr(name, json.dumps(value))
    return path


def shown(office: Holdfast, method: str, text: str) -> tuple[dict[str, Any], str]:
    """What ``show`` says of the record of a text that came so: as data, and as it is printed."""
    hits = office.json("search", f'"{text}"', "--versions")["hits"]
    shown = [office.json("show", hit["record"]) for hit in hits]
    (found,) = (one for one in shown if one["provenance"]["method"] == method and one["normalised"]["text"] == text)
    return found, office.run("show", found["record"]).out


@pytest.mark.parametrize("first", ["import", "capture"])
def test_an_export_and_a_capture_that_agree_reach_the_third_level_and_one_that_differs_is_said(
    first: str, tmp_path: Path
) -> None:
    office = Holdfast(tmp_path / "home").init()
    with town() as place:
        place.publish(1, "Snow day", created="2026-11-20")
        place.publish(2, "Road works", created="2026-11-20")
        export = archive_of(place, tmp_path / "archive.zip", post_1="Snow day", post_2="Road works on Elm Street")
        office.register(place.url, "town", "--platform", "mastodon")
        steps = [lambda: office.capture("town"), lambda: office.json("import", "town", str(export))]
        place.turn()
        for step in reversed(steps) if first == "import" else steps:
            step()
        assert "edited" not in office.capture("town")
    when = "before any capture" if first == "import" else "after a capture, of which it may have been made"
    for method in ("api", "import"):
        told, printed = shown(office, method, "Snow day")
        assert told["corroboration"]["level"] == 3
        assert f"{AGREED} {when}" in " ".join(printed.split())
        assert "platforms do not sign exports" in " ".join(printed.split())
    told, printed = shown(office, "api", "Road works")
    assert told["corroboration"]["level"] == 1
    assert [one["differs"] for one in told["corroboration"]["compared"]] == [["text"]]
    assert "differs: text; the export was imported" in printed
    assert shown(office, "import", "Road works on Elm Street")[0]["corroboration"]["level"] == 0

    path = tmp_path / "request.pdf"
    office.json("produce", '"Snow day"', "--matter", "Request 14", "--out", str(path))
    claim = f"3: a file in the form of the platform's own export agrees ({AGREED} {when})"
    assert solid(claim) in solid("".join(pages_of(path.read_bytes())))
