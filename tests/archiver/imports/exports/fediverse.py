"""Archives of Mastodon and repositories of Bluesky, written by us."""

from __future__ import annotations

from hashlib import sha256

import libipld

from tests.archiver.imports.exports.export import JPEG, Export, spelled
from tests.archiver.repositories import Owner, repository

ACTOR = "https://social.example/users/district"
NOTE = {
    "id": f"{ACTOR}/statuses/110",
    "type": "Note",
    "published": "2023-03-01T08:00:00Z",
    "attributedTo": ACTOR,
    "content": "<p>No school &amp; no buses</p>",
    "inReplyTo": f"{ACTOR}/statuses/109",
    "attachment": [
        {"type": "Document", "mediaType": "image/jpeg", "url": "/media_attachments/files/1/snow.jpg", "name": "Snow"}
    ],
}
PUBLIC = ["https://www.w3.org/ns/activitystreams#Public"]
MASTODON = Export(
    name="mastodon-archive",
    platform="mastodon",
    files={
        "actor.json": spelled(
            {
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": ACTOR,
                "type": "Person",
                "preferredUsername": "district",
                "name": "The District",
                "summary": "<p>Schools</p>",
                "icon": {"type": "Image", "mediaType": "image/png", "url": "avatar.png"},
            }
        ),
        "outbox.json": spelled(
            {
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": "outbox.json",
                "type": "OrderedCollection",
                "totalItems": 3,
                "orderedItems": [
                    {
                        "id": f"{ACTOR}/statuses/110/activity",
                        "type": "Create",
                        "actor": ACTOR,
                        "to": PUBLIC,
                        "object": NOTE,
                    },
                    {
                        "id": f"{ACTOR}/statuses/111/activity",
                        "type": "Announce",
                        "actor": ACTOR,
                        "published": "2023-03-02T08:00:00Z",
                        "to": PUBLIC,
                        "object": "https://city.example/users/city/statuses/7",
                    },
                    {
                        "id": f"{ACTOR}/statuses/112/activity",
                        "type": "Create",
                        "actor": ACTOR,
                        "to": ["https://city.example/users/ana"],
                        "object": {"id": f"{ACTOR}/statuses/112", "type": "Note", "content": "<p>Just for you</p>"},
                    },
                ],
            }
        ),
        "likes.json": spelled({"type": "OrderedCollection", "orderedItems": ["https://city.example/@city/7"]}),
        "avatar.png": b"\x89PNG a face",
        "media_attachments/files/1/snow.jpg": JPEG,
    },
    kinds={"reply": 1, "post": 1, "message": 1, "profile": 1, "event": 1},
    texts=("No school & no buses", "Just for you", "Schools"),
    items=("110", "111", "112"),
    media=2,
    claims={"outbox.json": 3},
)
PICTURE = bytes((1, 0x55, 0x12, 0x20)) + sha256(JPEG).digest()
SHOWN = {
    "$type": "app.bsky.feed.post",
    "text": "Snow, seen from school",
    "createdAt": "2026-11-20T08:00:00Z",
    "embed": {
        "$type": "app.bsky.embed.images",
        "images": [{"alt": "snow", "image": {"$type": "blob", "ref": PICTURE, "mimeType": "image/jpeg", "size": 15}}],
    },
}
FOLLOW = {"$type": "app.bsky.graph.follow", "subject": "did:plc:city", "createdAt": "2026-11-20T08:00:00Z"}
BLUESKY = Export(
    name="bluesky-repository",
    platform="bluesky",
    files={
        "repo.car": repository(
            Owner(), {"app.bsky.feed.post/3lmxjz0000001": SHOWN, "app.bsky.graph.follow/3lmxjz0000002": FOLLOW}
        ).car(),
        f"blobs/{libipld.encode_cid(PICTURE)}": JPEG,
    },
    kinds={"post": 1, "event": 2},
    texts=("Snow, seen from school",),
    items=("at://did:plc:maplegrove/app.bsky.feed.post/3lmxjz0000001",),
    media=1,
)
