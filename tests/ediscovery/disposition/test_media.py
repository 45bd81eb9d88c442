"""The pictures of what is destroyed go with it, and the same pictures of what is left stay."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from manifests.audit import audit
from schemas.record import Normalised
from storage.warc import payload_of
from tests.ediscovery.disposition.offices import Office, files_in, stored_in, traces
from tests.schedules import rules_text, schedule_text
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Server

POSTS = schedule_text("""
[[series]]
item = "POSTS"
title = "Posts"
disposal = "destroy"
trigger = "created"
period = {days = 30}
""")
RULES = rules_text("""
[[rule]]
series = ["ours/POSTS"]
match = { platforms = ["mastodon"] }
""")
OLD, NEW = "2026-01-05T08:00:00.000Z", "2026-11-20T08:00:00.000Z"


def status(server: Server, number: int, created: str, *pictures: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "content": f"<p>Post number {number} of the district</p>",
        "created_at": created,
        "account": {"id": "1", "acct": "maple"},
        "media_attachments": [{"id": name, "type": "image", "url": server.url(f"/{name}.png")} for name in pictures],
    }


def answer(value: Any) -> Answer:
    return Answer(headers={"Content-Type": "application/json"}, body=json.dumps(value).encode())


def test_pictures_go_with_what_showed_them_and_stay_where_something_left_shows_them(tmp_path: Path):
    own, shared, copied, kept = (os.urandom(5_000) for _ in range(4))
    pictures = {"own": own, "shared": shared, "copy-1": copied, "copy-2": copied, "kept": kept, "tiny": b"12345678x"}
    with serving({}) as server:
        site = {
            f"/{name}.png": Answer(headers={"Content-Type": "image/png"}, body=body) for name, body in pictures.items()
        }
        site["/api/v1/accounts/lookup"] = answer({"id": "1", "acct": "maple", "note": "", "created_at": NEW})
        site["/api/v1/accounts/1/followers"] = answer([])
        site["/api/v1/accounts/1/statuses"] = answer(
            [
                status(server, 2, NEW, "shared", "copy-2", "kept"),
                status(server, 1, OLD, "own", "shared", "copy-1", "tiny"),
            ]
        )
        server.write(site)
        office = Office.founded(tmp_path / "home", schedule=POSTS, rules=RULES)
        office.register("maple", server.url("/@maple"), platform="mastodon")
        office.capture("maple")
    office.destroy(as_of=date(2026, 11, 1))

    gone = {"own": own, "tiny": b"12345678x", "digest": hashlib.sha256(own).hexdigest().encode()}
    home = office.archive.home
    assert not traces(stored_in(office.archive.store), gone)
    assert not traces(files_in(home), gone)
    views = [Normalised.from_bytes(record.normalised) for record in office.records().values()]
    (left,) = (view for view in views if view.kind == "post")
    assert left.item == "2"
    (stored,) = (
        key for key, _ in stored_in(office.archive.store) if key.startswith("exchanges/")
    )  # the old one is gone
    for attachment, content in zip(left.attachments, (shared, copied, kept), strict=True):
        assert attachment.exchange is not None
        with office.archive.store.open(stored) as stream:
            assert payload_of(stream, attachment.exchange, limit=1 << 20) == content
    report = audit(office.archive.store, now=office.archive.now())
    assert (report.sound, report.findings) == (True, ())


def test_a_picture_that_arrived_late_goes_with_its_post_and_another_posts_stays(tmp_path: Path):
    old, new = os.urandom(5_000), os.urandom(5_000)
    with serving({}) as server:
        late = {
            f"/{name}.png": [Answer(503), Answer(body=body, short=9), Answer(body=body)]
            for name, body in (("old", old), ("new", new))
        }
        site = {
            "/api/v1/accounts/lookup": answer({"id": "1", "acct": "maple", "note": "", "created_at": NEW}),
            "/api/v1/accounts/1/followers": answer([]),
            "/api/v1/accounts/1/statuses": answer([status(server, 2, NEW, "new"), status(server, 1, OLD, "old")]),
        }
        server.write(site | late)
        posts = RULES.replace('{ platforms = ["mastodon"] }', '{ kinds = ["post"] }')
        office = Office.founded(tmp_path / "home", schedule=POSTS, rules=posts)
        settings = office.archive.settings
        capture = msgspec.structs.replace(settings.capture, attempts=1)
        office.archive = replace(office.archive, settings=msgspec.structs.replace(settings, capture=capture))
        office.register("maple", server.url("/@maple"), platform="mastodon")
        for _ in range(3):
            office.capture("maple")
    office.destroy(as_of=date(2026, 11, 1))

    gone = {"old": old, "digest": hashlib.sha256(old).hexdigest().encode()}
    assert not traces(stored_in(office.archive.store), gone)
    assert not traces(files_in(office.archive.home), gone)
    views = [Normalised.from_bytes(record.normalised) for record in office.records().values()]
    assert [view.parent for view in views if view.kind == "media"] == ["2"]
    assert traces(stored_in(office.archive.store), {"new": new})
    report = audit(office.archive.store, now=office.archive.now())
    assert (report.sound, report.findings) == (True, ())
