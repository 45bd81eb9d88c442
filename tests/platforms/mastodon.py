"""What people do on Mastodon, through its API: post, reply, edit, delete, upload, follow, write to each other."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from tests.lanes.platforms import Mastodon


def join(server: Mastodon, name: str = "citizen") -> Person:
    """Make an account, whose user name begins with ``name``, and be it."""
    user = f"{name}_{secrets.token_hex(4)}"
    form = {"username": user, "email": f"{user}@maple-grove.example", "password": secrets.token_hex(8)}
    answer = requests.post(f"{server.url}/api/v1/accounts", data=form | {"agreement": "true"}, timeout=60)
    answer.raise_for_status()
    return Person(server.url, answer.json()["access_token"])


class Person:
    """Somebody with an account; ``account`` is it, as the API gives it, and every answer likewise."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self.account = self._call("GET", "v1/accounts/verify_credentials")

    def post(self, text: str, **more: Any) -> dict[str, Any]:
        """``more``: spoiler_text, visibility, media_ids, language … (Mastodon API, POST /api/v1/statuses)."""
        return self._call("POST", "v1/statuses", json={"status": text, **more})

    def reply(self, to: str, text: str) -> dict[str, Any]:
        return self.post(text, in_reply_to_id=to)

    def message(self, other: Person, text: str) -> dict[str, Any]:
        """A message that only the two see."""
        return self.post(f"@{other.account['username']} {text}", visibility="direct")

    def edit(self, status: str, text: str) -> dict[str, Any]:
        return self._call("PUT", f"v1/statuses/{status}", json={"status": text})

    def delete(self, status: str) -> None:
        self._call("DELETE", f"v1/statuses/{status}")

    def upload(self, picture: bytes, description: str) -> dict[str, Any]:
        """An attachment, whose id goes into a post's ``media_ids``."""
        return self._call(
            "POST", "v2/media", files={"file": ("picture.png", picture, "image/png")}, data={"description": description}
        )

    def follow(self, other: Person) -> None:
        self._call("POST", f"v1/accounts/{other.account['id']}/follow")

    def boost(self, status: str) -> dict[str, Any]:
        return self._call("POST", f"v1/statuses/{status}/reblog")

    def describe_oneself(self, note: str) -> None:
        self.account = self._call("PATCH", "v1/accounts/update_credentials", data={"note": note})

    def _call(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.request(method, f"{self.url}/api/{path}", headers=headers, timeout=60, **more)
        answer.raise_for_status()
        return answer.json()
