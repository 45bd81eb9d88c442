"""What people do on Bluesky, through their PDS's API: post, reply, edit, delete, upload, follow, like."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from tests.lanes.platforms import Bluesky

POST = "app.bsky.feed.post"
PROFILE = "app.bsky.actor.profile"


def join(server: Bluesky, name: str = "citizen") -> Person:
    """Make an account, whose handle begins with ``name``, and be it."""
    handle = f"{name}-{secrets.token_hex(4)}.test"
    account = {"handle": handle, "email": f"{handle}@maple-grove.example", "password": secrets.token_hex(8)}
    method = f"{server.url}/xrpc/com.atproto.server.createAccount"
    answer = requests.post(method, json=account, timeout=60)
    answer.raise_for_status()
    return Person(server.url, account["password"], answer.json())


class Person:
    """Somebody with an account. A record that was made is ``{"uri": …, "cid": …}``, as the API gives it."""

    def __init__(self, url: str, password: str, session: dict[str, Any]) -> None:
        self.url = url
        self.did: str = session["did"]
        self.handle: str = session["handle"]
        self.password = password
        self.token: str = session["accessJwt"]

    def post(self, text: str, **more: Any) -> dict[str, str]:
        """``more``: reply, embed, facets, langs … (lexicon app.bsky.feed.post)."""
        return self._create(POST, text=text, **more)

    def reply(self, parent: dict[str, str], text: str, *, root: dict[str, str] | None = None) -> dict[str, str]:
        """``root`` is the thread's first post, where ``parent`` is not."""
        return self.post(text, reply={"root": _pointer(root or parent), "parent": _pointer(parent)})

    def show(self, picture: bytes, alt: str, text: str) -> dict[str, str]:
        """Post a picture."""
        images = [{"image": self.upload(picture), "alt": alt}]
        return self.post(text, embed={"$type": "app.bsky.embed.images", "images": images})

    def upload(self, picture: bytes) -> dict[str, Any]:
        """A blob, as records name it; it is kept from when a record names it."""
        headers = {"Content-Type": "image/png"}
        return self._call("com.atproto.repo.uploadBlob", data=picture, headers=headers)["blob"]

    def edit(self, record: dict[str, str], text: str) -> dict[str, str]:
        """Put another text at a post's address. Bluesky's app offers no such thing; its API does."""
        _, _, _, collection, key = record["uri"].split("/")
        return self._put(collection, key, {"$type": collection, "text": text, "createdAt": _now()})

    def describe_oneself(self, name: str, description: str) -> dict[str, str]:
        return self._put(PROFILE, "self", {"$type": PROFILE, "displayName": name, "description": description})

    def delete(self, record: dict[str, str]) -> None:
        _, _, _, collection, key = record["uri"].split("/")
        self._call("com.atproto.repo.deleteRecord", json={"repo": self.did, "collection": collection, "rkey": key})

    def follow(self, other: Person) -> dict[str, str]:
        return self._create("app.bsky.graph.follow", subject=other.did)

    def like(self, record: dict[str, str]) -> dict[str, str]:
        return self._create("app.bsky.feed.like", subject=_pointer(record))

    def _create(self, collection: str, **members: Any) -> dict[str, str]:
        record = {"$type": collection, "createdAt": _now(), **members}
        return self._call(
            "com.atproto.repo.createRecord", json={"repo": self.did, "collection": collection, "record": record}
        )

    def _put(self, collection: str, key: str, record: dict[str, Any]) -> dict[str, str]:
        place = {"repo": self.did, "collection": collection, "rkey": key}
        return self._call("com.atproto.repo.putRecord", json={**place, "record": record})

    def _call(self, method: str, *, headers: dict[str, str] | None = None, **more: Any) -> Any:
        answer = requests.post(
            f"{self.url}/xrpc/{method}",
            headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
            timeout=60,
            **more,
        )
        answer.raise_for_status()
        return answer.json()


def _pointer(record: dict[str, str]) -> dict[str, str]:
    return {"uri": record["uri"], "cid": record["cid"]}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
