"""Native JSON on disk: exact slices, ids with every digit, envelopes, and what is refused, against real responses."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from schemas.digest import Digest
from schemas.instant import Instant
from schemas.record import Attachment, Author, Normalised
from tests.archiver.json_lines import natives, read_all, view_of, wholes
from tests.cassettes import bodies
from tests.corpora import corpus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.account import Platform

FOLDERS: tuple[tuple[str, Platform], ...] = (
    ("x-api-v1.1", "x"),
    ("x-api-v2", "x"),
    ("activitypub", "activitypub"),
    ("bluesky", "bluesky"),
    ("facebook-graph", "facebook"),
    ("facebook-graph", "instagram"),
    ("facebook-graph", "threads"),
)
OF_ANOTHER_FORM = {"facebook-graph": 4, "bluesky": 7}
"""How many more records are counted: files that are no JSON, or the frames of a stream in the two files with one."""


LISTS = ("data", "statuses", "items", "orderedItems")


def objects_of(folder: str) -> Iterator[tuple[Path, bytes, list[Any]]]:
    """Every file that plain Python can parse, and its top-level records: what is listed, or what stands alone."""
    for file in sorted(corpus("social", folder).rglob("*.json*")):
        content = file.read_bytes()
        values: list[Any] = []
        if file.suffix == ".jsonl":
            for line in filter(None, content.split(b"\n")):
                try:
                    values.append(json.loads(line))
                except ValueError:
                    values.append(None)
        else:
            try:
                value = json.loads(content)
            except ValueError:
                continue
            fields = value if isinstance(value, dict) else {}
            listed = next((fields[name] for name in LISTS if isinstance(fields.get(name), list)), None)
            values = listed if listed is not None else value if isinstance(value, list) else [value]
        yield file, content, values


@pytest.mark.parametrize(("folder", "platform"), FOLDERS)
def test_every_object_of_the_corpus_is_a_record_with_its_exact_bytes(folder: str, platform: Platform) -> None:
    expected = json.loads(corpus("EXPECTED.json").read_bytes())["social_top_level"][folder]
    total = 0
    for file, content, values in objects_of(folder):
        items, _ = read_all(content, platform)
        kept = [json.loads(native) for native in wholes(content, items)]
        total += len(values)
        for value in values:
            assert value in (None, []) or value in kept, file

    assert total + OF_ANOTHER_FORM.get(folder, 0) == expected["top_level_records"]


def test_the_envelope_of_a_response_comes_before_what_it_contains() -> None:
    content = (
        b'{"data":[{"id":"1","text":"a","author_id":"9"}],'
        b'"includes":{"users":[{"id":"9","username":"district","name":"D"}]},"meta":{}}'
    )
    items, _ = read_all(content)

    assert [(item.normalised.kind, item.normalised.item) for item in items] == [
        ("list", f"sha256:{Digest.of(content)}"),
        ("post", "1"),
        ("profile", "user:9"),
    ]
    assert items[0].normalised.listed == ("1", "user:9")
    assert items[1].normalised.author == Author(id="9", name="D", handle="district", url="https://x.com/district")
    assert natives(content, items) == [
        b'{"data":[',
        b'{"id":"1","text":"a","author_id":"9"}',
        b'{"id":"9","username":"district","name":"D"}',
    ]


def test_ids_beyond_two_to_the_53_keep_every_digit() -> None:
    ids = (2**53 + 1, 1826373737373737373, 2**64 + 1)
    items, _ = read_all("\n".join(json.dumps({"id": number, "text": "x"}) for number in ids))

    assert [item.normalised.item for item in items] == [str(number) for number in ids]


def test_a_post_of_the_first_api_is_read_with_its_whole_text() -> None:
    file = corpus("social", "x-api-v1.1", "twitterdev+tweet-updates").rglob("compatibilityplus_classic_13994.json")
    value = json.loads(next(file).read_bytes())
    view = view_of(value, "x")

    assert view.item == value["id_str"]
    assert view.created == Instant.from_datetime(datetime.strptime(value["created_at"], "%a %b %d %H:%M:%S %z %Y"))
    assert view.author is not None
    assert view.author.handle == value["user"]["screen_name"]
    assert view.created_text == value["created_at"]


def test_a_post_of_the_second_api_says_what_it_says() -> None:
    view = view_of(
        {
            "id": "20",
            "text": "Tom &amp; Ann https://t.co/x",
            "created_at": "2026-03-02T08:00:00.000Z",
            "conversation_id": "10",
            "referenced_tweets": [{"type": "replied_to", "id": "11"}],
            "author": {"id": "9", "username": "district"},
            "entities": {
                "hashtags": [{"tag": "snow"}],
                "cashtags": [{"tag": "GOV"}],
                "mentions": [{"username": "ann"}],
                "urls": [{"url": "https://t.co/x", "expanded_url": "https://site.example/long"}],
            },
            "attachments": {
                "media": [{"media_key": "3_1", "type": "photo", "url": "https://m.example/p.jpg", "alt_text": "Snow"}]
            },
            "public_metrics": {"like_count": 3, "reply_count": 2**60},
            "lang": "en",
        },
        "x",
    )

    assert view == Normalised(
        kind="reply",
        type="Note",
        item="20",
        url="https://x.com/district/status/20",
        text="Tom & Ann https://t.co/x",
        lang="en",
        author=Author(id="9", handle="district", url="https://x.com/district"),
        created=Instant.from_text("2026-03-02T08:00:00.000000Z"),
        created_text="2026-03-02T08:00:00.000Z",
        thread="10",
        parent="11",
        attachments=(Attachment(url="https://m.example/p.jpg", role="image", alt="Snow"),),
        tags=("snow", "$GOV"),
        mentions=("ann",),
        links=("https://site.example/long",),
        counts={"like": 3},
    )


def test_direct_messages_of_every_age_are_messages() -> None:
    folder = corpus("social", "x-api-v1.1", "sferik+twitter-ruby")
    names = ("direct_message.json", "direct_messages.json", "direct_message_event.json", "direct_message_events.json")
    for name in names:
        items, _ = read_all(next(folder.rglob(name)).read_bytes())
        messages = [item.normalised for item in items if item.normalised.kind == "message"]

        assert messages, name
        assert all(view.text and view.created and view.thread and view.author for view in messages), name


def test_every_response_of_mastodon_is_read() -> None:
    count = 0
    kinds = set()
    for file in sorted(corpus("social", "mastodon-api").rglob("*.yaml")):
        for body in bodies(file):
            count += 1
            value = json.loads(body)
            items, refused = read_all(body, "mastodon")
            kept = [json.loads(native) for native in wholes(body, items)]
            assert not refused
            assert all(part in kept for part in (value if isinstance(value, list) else [value])), file
            for item, native in zip(items, kept, strict=True):
                view = item.normalised
                kinds.add((view.kind, view.type))
                if "id" in native and view.kind in ("post", "reply", "message"):  # an earlier version has none
                    assert (view.item, view.url) == (native["id"], native["url"] or native["uri"])
                    assert view.author is not None
                    assert view.author.handle == native["account"]["acct"]
                    assert view.created is not None

    assert count == 91
    assert {
        ("post", "Note"),
        ("reply", "Note"),
        ("profile", "Person"),
        ("media", "Image"),
        ("list", "Collection"),
    } <= kinds


def test_the_context_of_a_status_is_a_list_of_its_thread() -> None:
    status = {"id": "2", "content": "<p>Hi <b>you</b></p><p>there</p>", "account": {"id": "1", "acct": "a"}}
    reply = {**status, "id": "3", "in_reply_to_id": "2", "visibility": "direct"}
    items, _ = read_all(json.dumps({"ancestors": [status], "descendants": [reply]}), "mastodon")

    assert items[0].normalised.listed == ("2", "3")
    assert (items[1].normalised.kind, items[1].normalised.text) == ("post", "Hi you\nthere")
    assert (items[2].normalised.kind, items[2].normalised.parent) == ("message", "2")


def test_an_outbox_is_a_list_of_its_activities() -> None:
    note = {
        "type": "Note",
        "id": "https://s.example/n/1",
        "content": "<p>Hello <a href='https://s.example/tags/x'>#x</a></p>",
        "published": "2026-03-02T08:00:00Z",
        "inReplyTo": "https://s.example/n/0",
        "attributedTo": "https://s.example/u",
        "tag": [{"type": "Hashtag", "name": "#x"}, {"type": "Mention", "name": "@a@b"}],
        "attachment": [{"type": "Document", "mediaType": "image/png", "url": "https://s.example/p.png", "name": "P"}],
    }
    outbox = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "OrderedCollection",
        "id": "https://s.example/outbox",
        "totalItems": 2,
        "orderedItems": [
            {"type": "Create", "id": "https://s.example/a/1", "actor": "https://s.example/u", "object": note},
            {
                "type": "Announce",
                "id": "https://s.example/a/2",
                "actor": "https://s.example/u",
                "object": "https://t.example/9",
            },
            {
                "type": "Delete",
                "id": "https://s.example/a/3",
                "actor": "https://s.example/u",
                "object": "https://s.example/n/7",
            },
        ],
    }
    items, _ = read_all(json.dumps(outbox), "activitypub")
    views = [item.normalised for item in items]

    assert [(view.kind, view.type, view.item) for view in views] == [
        ("list", "OrderedCollection", "https://s.example/outbox"),
        ("reply", "Note", "https://s.example/n/1"),
        ("post", "Announce", "https://s.example/a/2"),
        ("event", "Delete", "https://s.example/a/3"),
    ]
    assert views[0].listed == tuple(view.item for view in views[1:])
    assert (views[1].text, views[1].tags, views[1].mentions) == ("Hello #x", ("x",), ("@a@b",))
    assert views[1].attachments == (
        Attachment(url="https://s.example/p.png", role="image", media_type="image/png", alt="P"),
    )
    assert views[1].parent == "https://s.example/n/0"
    assert views[2].links == ("https://t.example/9",)
