"""What a site's staff does through WordPress's API, and what citizens do through the form below a post."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests

if TYPE_CHECKING:
    from tests.lanes.platforms import WordPress


class Staff:
    """The site's administrator; every answer is as the API gives it."""

    def __init__(self, site: WordPress) -> None:
        self.url = site.url
        self._login = (site.user, site.password)

    def post(self, title: str, content: str, *, kind: str = "posts", **more: Any) -> dict[str, Any]:
        """Publish a post, or with ``kind="pages"`` a page. ``more``: excerpt, featured_media, date …"""
        return self._call("POST", kind, json={"title": title, "content": content, "status": "publish", **more})

    def edit(self, number: int, *, kind: str = "posts", **members: Any) -> dict[str, Any]:
        return self._call("POST", f"{kind}/{number}", json=members)

    def delete(self, number: int, *, kind: str = "posts", force: bool = False) -> None:
        """Put it into the trash, or with ``force`` delete it for good, as only can be done with media."""
        self._call("DELETE", f"{kind}/{number}", params={"force": str(force).lower()})

    def upload(self, picture: bytes, alt: str) -> dict[str, Any]:
        """A picture in the library, with its ``source_url``."""
        return self._call(
            "POST", "media", files={"file": ("picture.png", picture, "image/png")}, data={"alt_text": alt}
        )

    def comment(self, post: int, content: str, *, parent: int = 0) -> dict[str, Any]:
        return self._call("POST", "comments", json={"post": post, "content": content, "parent": parent})

    def approve(self, comment: int) -> None:
        self.edit(comment, kind="comments", status="approved")

    def held(self, post: int) -> list[dict[str, Any]]:
        """The comments below a post that wait for approval."""
        return self._call("GET", "comments", params={"post": post, "status": "hold"})

    def _call(self, method: str, path: str, **more: Any) -> Any:
        address = f"{self.url}/wp-json/wp/v2/{path}"
        answer = requests.request(method, address, auth=self._login, timeout=60, **more)
        answer.raise_for_status()
        return answer.json()


@dataclass(frozen=True)
class Comment:
    """A citizen's comment as the form answered it: where it stands, and whether it waits for approval."""

    number: int
    held: bool


def comment(site: WordPress, post: int, author: str, content: str, *, parent: int = 0) -> Comment:
    """Send the form below a post as somebody without an account."""
    form = {
        "comment_post_ID": str(post),
        "comment_parent": str(parent),
        "author": author,
        "email": f"{author.lower().replace(' ', '.')}@citizens.example",
        "comment": content,
    }
    answer = requests.post(f"{site.url}/wp-comments-post.php", data=form, allow_redirects=False, timeout=60)
    answer.raise_for_status()
    there = urlsplit(answer.headers["Location"])
    return Comment(int(there.fragment.removeprefix("comment-")), held="unapproved" in parse_qs(there.query))
