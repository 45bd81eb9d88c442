"""SmugMug's API v2 as its documentation has it (api.smugmug.com/api/v2/doc, 2026), for one account with one album."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.oauth1 import SigningSimulator
from tests.platforms.simulator import STATUS, RefusedError, Route
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Asked, Post, Why

ALBUM = "SJT3DX"


def spelled(instant: Instant) -> str:
    return f"{str(instant)[:19]}+00:00"


class SmugMug(SigningSimulator):
    """An account that is read by its owner, or with a key."""

    name = "smugmug"
    version = "v2"
    key_parameter = "APIKey"
    newest_first = False  # an album is in the order that its owner chose
    cannot: ClassVar[Mapping[str, str]] = {
        "reply-to-reply": "nobody answers to a comment",
        "like": "it counts no likes",
        "hide": "what is hidden is there for its owner, and for nobody else",
    }

    def routes(self) -> Sequence[Route]:
        below, always = "/api/v2", {"_verbosity": "1"}
        paged = {**always, "count": r"[1-9]\d?|100", "start": r"[1-9]\d*"}
        album = f"{below}/album/{{album}}"
        return (
            Route("other", f"{below}/user/maple!albums", self._albums, paged),
            Route("profile", f"{below}/user/{{user}}", self._user, always),
            Route("other", f"{below}/node/{{node}}!children", self._nobody, paged),
            Route("posts", f"{album}!images", self._images, paged),
            Route("other", f"{album}!comments", self._nobody, paged),
            Route("item", f"{album}/image/{{image}}", self._image, always),
            Route("replies", f"{below}/image/{{image}}!comments", self._comments, paged),
            Route("item", f"{below}/comment/{{comment}}", self._comment, always),
        )

    def refusal(self, why: Why, said: str) -> Answer:
        told = {"Code": STATUS[why], "Message": f"{why} {said}"}
        return Answer(STATUS[why], {"Content-Type": "application/json"}, self.encoded(told))

    # How things are spelled.

    def item_of(self, post: Post) -> str:
        return f"comment:{post.id}" if post.parent else f"{ALBUM}/{post.id}-0"

    def rendered(self, post: Post) -> dict[str, Any]:
        if post.parent:
            return {
                "Uri": f"/api/v2/comment/{post.id}",
                "Name": "Citizen",
                "Comment": post.text,
                "Date": spelled(post.made),
                "Rating": 0,
            }
        picture = {"ArchivedUri": post.image, "ThumbnailUrl": f"{post.image}?thumbnail"} if post.image else {}
        return {
            "Uri": f"/api/v2/album/{ALBUM}/image/{post.id}-0",
            "ImageKey": post.id,
            "FileName": f"{post.id}.jpg",
            "Title": post.text,
            "Caption": "Séance du conseil",
            "KeywordArray": ["board"],
            "Date": spelled(post.made),
            "LastUpdated": spelled(post.edited or post.made),
            "IsVideo": False,
            "Hidden": False,
            **picture,
        }

    # What is answered.

    def _told(self, name: str, value: Any, **more: Any) -> Answer:
        return self.answered({"Response": {"Locator": name, name: value, **more}, "Code": 200, "Message": "Ok"})

    def _user(self, asked: Asked) -> Answer:
        if asked.part["user"] != "maple":
            raise RefusedError("missing", asked.part["user"])
        user = {"Uri": "/api/v2/user/maple", "NickName": "maple", "Name": "Maple Grove"}
        return self._told("User", {**user, "WebUri": self.url("/maple"), "Uris": {"Node": "/api/v2/node/RooT"}})

    def _albums(self, _: Asked) -> Answer:
        changed = max((post.edited or post.made for post in self.posts.values()), default=self.clock.at)
        album = {
            "Uri": f"/api/v2/album/{ALBUM}",
            "AlbumKey": ALBUM,
            "Name": "Meetings",
            "ImageCount": len(self.posts),
            "ImagesLastUpdated": spelled(changed),
            "Privacy": "Public",
        }
        return self._told("Album", [album], Pages={"Total": 1, "Start": 1, "Count": 1})

    def _listed(self, name: str, asked: Asked, posts: Sequence[Post]) -> Answer:
        limit, start = min(asked.number("count", 10), self.page_size), asked.number("start", 1)
        found, more = self.page(posts, limit=limit, start=start - 1)
        pages: dict[str, Any] = {"Total": len(posts), "Start": start, "Count": len(found), "RequestedCount": limit}
        if more:
            path = asked.url.partition("?")[0]
            pages["NextPage"] = f"{path}?_verbosity=1&start={start + limit}&count={limit}"
        return self._told(name, [self.rendered(post) for post in found], Pages=pages)

    def _nobody(self, asked: Asked) -> Answer:
        return self._told("Comment", [], Pages={"Total": 0, "Start": 1, "Count": 0})

    def _images(self, asked: Asked) -> Answer:
        if asked.part["album"] != ALBUM:
            raise RefusedError("missing", asked.part["album"])
        return self._listed("AlbumImage", asked, self.own())

    def _image(self, asked: Asked) -> Answer:
        return self._told("AlbumImage", self.rendered(self.found(asked.part["image"].removesuffix("-0"))))

    def _comments(self, asked: Asked) -> Answer:
        return self._listed("Comment", asked, self.below(self.found(asked.part["image"].removesuffix("-0")).id))

    def _comment(self, asked: Asked) -> Answer:
        return self._told("Comment", self.rendered(self.found(asked.part["comment"])))


SIMULATOR = SmugMug
