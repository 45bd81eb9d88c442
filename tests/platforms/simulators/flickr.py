"""Flickr's API as its documentation has it (flickr.com/services/api, 2026), for one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.oauth1 import SigningSimulator
from tests.platforms.simulator import RefusedError, Route
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from tests.platforms.simulator import Asked, Post, Why

OWNER = "23@N05"
NUMBER, SIZE, EXTRAS = r"[1-9]\d*", r"[1-9]\d{0,2}|1000", r"[a-z0-9_]+(,[a-z0-9_]+)*"
CODES: Mapping[Why, int] = {
    "no-such-path": 112,
    "bad-request": 97,
    "no-token": 100,
    "bad-token": 98,
    "expired": 98,
    "missing": 1,
    "withheld": 99,
    "failed": 105,
}


def seconds(instant: Instant) -> str:
    return str(instant.micros // 1_000_000)


class Flickr(SigningSimulator):
    """An account that is read by its owner, or with a key; every refusal has the status 200, but of too many."""

    name = "flickr"
    path_of_account = "/photos/maple/"
    one_list = False
    cannot: ClassVar[Mapping[str, str]] = {
        "reply-to-reply": "nobody answers to a comment",
        "hide": "what is private is there for its owner, and for nobody else",
    }

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.albums: list[str] = []
        """The numbers of albums; each shows all photos."""

    def routes(self) -> Sequence[Route]:
        def method(role: Any, name: str, answer: Any, needs: tuple[str, ...] = (), **parameters: str) -> Route:
            always = {"format": "json", "nojsoncallback": "1"}
            when = {"method": rf"flickr\.{name.replace('.', chr(92) + '.')}"}
            return Route(role, "/services/rest/", answer, {**always, **parameters}, ("method", "format", *needs), when)

        recent = {"min_date": NUMBER, "extras": EXTRAS}
        paged = {"page": NUMBER, "per_page": SIZE}
        comments = {"photo_id": NUMBER, "comment_id": r"[\d-]+"}  # Flickr lets parameters be that it does not know
        user = {"user_id": r"\d+@N\d+"}
        album = ("photoset_id", "user_id")
        return (
            method("profile", "urls.lookupUser", self._lookup, ("url",), url=r"https://www\.flickr\.com/photos/\w+/"),
            method("other", "people.getInfo", self._person, ("user_id",), **user),
            method("posts", "people.getPhotos", self._photos, ("user_id",), extras=EXTRAS, **user, **paged),
            method("other", "photos.recentlyUpdated", self._updated, ("min_date",), **recent, **paged),
            method("item", "photos.getInfo", self._photo, ("photo_id",), photo_id=NUMBER),
            method("replies", "photos.comments.getList", self._comments, ("photo_id",), **comments),
            method("other", "contacts.getList", self._contacts, **paged),
            method("other", "contacts.getPublicList", self._contacts, ("user_id",), **user, **paged),
            method("other", "photosets.getList", self._albums, ("user_id",), **user, **paged),
            method(
                "other", "photosets.getPhotos", self._album, album, photoset_id=NUMBER, extras=EXTRAS, **user, **paged
            ),
            method("other", "photosets.getInfo", self._album, album, photoset_id=NUMBER, **user),
        )

    def refusal(self, why: Why, said: str) -> Answer:
        if why == "limited":
            return Answer(429, {"Content-Type": "text/html"}, b"Too Many Requests")
        told = {"stat": "fail", "code": CODES[why], "message": f"{why} {said}"}
        return Answer(200, {"Content-Type": "application/json"}, self.encoded(told))

    # How things are spelled.

    def item_of(self, post: Post) -> str:
        return f"comment:{self._comment_id(post)}" if post.parent else post.id

    def _comment_id(self, post: Post) -> str:
        return f"23-{post.parent}-{post.id}"

    def rendered(self, post: Post) -> dict[str, Any]:
        if post.parent:
            return {
                "id": self._comment_id(post),
                "author": "42@N01",
                "author_is_deleted": 0,
                "authorname": f"Citizen {post.likes}",
                "datecreate": seconds(post.made),
                "permalink": f"https://www.flickr.com/photos/maple/{post.parent}/#comment{post.id}",
                "_content": post.text,
            }
        changed = max([post.edited or post.made, *(one.made for one in self.below(post.id))])
        sizes = {"url_sq": f"{post.image}?s", "url_l": post.image} if post.image else {}
        return {
            "id": post.id,
            "owner": OWNER,
            "secret": "b8",
            "server": "2107",
            "farm": 3,
            "title": post.text,
            "ispublic": 1,
            "isfriend": 0,
            "isfamily": 0,
            "description": {"_content": "Séance du conseil"},
            "dateupload": seconds(post.made),
            "lastupdate": seconds(changed),
            "ownername": "Maple Grove",
            "pathalias": "maple",
            "tags": "board meeting",
            "media": "photo",
            "views": str(post.likes),
            **sizes,
        }

    # What is answered.

    def _told(self, **value: Any) -> Answer:
        return self.answered({**value, "stat": "ok"})

    def _lookup(self, asked: Asked) -> Answer:
        if asked.query["url"] != "https://www.flickr.com/photos/maple/":
            raise RefusedError("missing", asked.query["url"])
        return self._told(user={"id": OWNER, "username": {"_content": "Maple Grove"}})

    def _person(self, asked: Asked) -> Answer:
        self._mine(asked)
        person = {
            "id": OWNER,
            "nsid": OWNER,
            "path_alias": "maple",
            "username": {"_content": "Maple Grove"},
            "description": {"_content": "<b>Schools</b>"},
            "photosurl": {"_content": "https://www.flickr.com/photos/maple/"},
            "profileurl": {"_content": "https://www.flickr.com/people/maple/"},
            "photos": {"count": {"_content": len(self.posts)}},
        }
        return self._told(person=person)

    def _mine(self, asked: Asked) -> None:
        if asked.query["user_id"] != OWNER:
            raise RefusedError("missing", asked.query["user_id"])

    def _listed(self, asked: Asked, posts: Sequence[Post], name: str = "photos") -> Answer:
        limit, page = min(asked.number("per_page", 100), self.page_size), asked.number("page", 1)
        found, _ = self.page(posts, limit=limit, start=(page - 1) * limit)
        pages = 1 if "emptied" in self.quirks else -(-len(posts) // limit)
        photos = [self.rendered(post) for post in found]
        told = {"page": page, "pages": pages, "perpage": limit, "total": str(len(posts)), "photo": photos}
        return self._told(**{name: told})

    def _photos(self, asked: Asked) -> Answer:
        self._mine(asked)
        return self._listed(asked, self.own())

    def _updated(self, asked: Asked) -> Answer:
        self.as_owner()
        since = asked.number("min_date", 0)
        changed = {post.id: int(self.rendered(post)["lastupdate"]) for post in self.own()}
        recent = [post for post in self.own() if changed[post.id] >= since]
        return self._listed(asked, sorted(recent, key=lambda post: -changed[post.id]))

    def _photo(self, asked: Asked) -> Answer:
        post = self.found(asked.query["photo_id"])
        return self._told(photo={"id": post.id, "secret": "b8", "server": "2107", "title": {"_content": post.text}})

    def _comments(self, asked: Asked) -> Answer:
        photo = self.found(asked.query["photo_id"]).id
        comments = [self.rendered(post) for post in self.below(photo)]
        return self._told(comments={"photo_id": photo, **({"comment": comments} if comments else {})})

    def _contacts(self, asked: Asked) -> Answer:
        if asked.query["method"].endswith("getList"):
            self.as_owner()
        return self._told(contacts={"page": 1, "pages": 1, "total": 0})

    def _albums(self, asked: Asked) -> Answer:
        self._mine(asked)
        sets = [
            {"id": album, "primary": "1", "secret": "b8", "server": "2107", "title": {"_content": "Meetings"}}
            for album in self.albums
        ]
        return self._told(photosets={"page": 1, "pages": 1, "total": len(sets), "photoset": sets})

    def _album(self, asked: Asked) -> Answer:
        self._mine(asked)
        if asked.query["photoset_id"] not in self.albums:
            raise RefusedError("missing", asked.query["photoset_id"])
        return self._listed(asked, self.own(), "photoset")


SIMULATOR = Flickr
