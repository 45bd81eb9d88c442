"""Blogger: what its API returns, and in which order it is asked (developers.google.com/blogger/docs/3.0). Pure.

A post is known by its blog's number and its own (``7/12``), for Blogger finds it by both; what is no post is prefixed
(``page:7/3``, ``comment:7/12/5``, ``blog:7``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archiver.parsing.dates import find_instant
from archiver.parsing.markup import read_fragment, shown_in
from archiver.parsing.shapes import Object, address, find_id, find_text, member, texts
from archiver.parsing.text import counts_of, unique
from archiver.platforms import google
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Endpoint, Question, Reading, by_status
from schemas.record import Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from archiver.contract import Standing
    from archiver.platforms.reading import Answer, Led, Site
    from schemas.record import Kind

READ_ONLY = "https://www.googleapis.com/auth/blogger.readonly"
SHOWN = frozenset({"live"})
TRASHED = frozenset({"soft_trashed", "trashed"})
OF_BLOG = "kind,id,name,description,published,url,selfLink,locale"
"""What is asked of a blog: the rest changes with each post."""


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what a resource says; its ``kind`` tells which it is."""
    identifier = find_id(value, "id")
    if identifier is None:
        return None
    match value.get("kind"):
        case "blogger#post":
            replies = counts_of([("replies", member(value, "replies", "totalItems"))])
            item = _below("", value, "blog", identifier)
            return _written(value, kind="post", type="Article", item=item, counts=replies)
        case "blogger#page":
            return _written(value, kind="page", type="Page", item=_below("page:", value, "blog", identifier))
        case "blogger#comment":
            return _comment(value, identifier)
        case "blogger#blog":
            return _blog(value, identifier)
        case "blogger#user":
            who = Author(id=identifier, name=find_text(value, "displayName"), url=address(value, "url"))
            about = find_text(value, "about")
            return Normalised(
                kind="profile", type="Person", item=f"user:{identifier}", title=who.name, text=about, author=who
            )
        case _:
            return None


def list_view(value: Object) -> Normalised | None:
    """Return what an envelope says of itself."""
    kind = str(value.get("kind", ""))
    if not (kind.startswith("blogger#") and kind.endswith("List")):
        return None
    return Normalised(kind="list", type="Collection", item="", title=kind.removeprefix("blogger#"))


def _written(value: Object, **more: Any) -> Normalised:  # noqa: ANN401 - what a view has
    body = read_fragment(find_text(value, "content") or "")
    created, edited = find_text(value, "published"), find_text(value, "updated")
    title = find_text(value, "title")
    return Normalised(
        url=address(value, "url"),
        title=title,
        text=body.text or None,
        author=_author(value),
        created=find_instant(created),
        created_text=created,
        edited=find_instant(edited) if edited != created else None,
        attachments=shown_in(body),
        tags=unique(texts(value, "labels")),
        links=unique(body.links),
        flags=_flags(value),
        **more,
    )


def _comment(value: Object, identifier: str) -> Normalised:
    post, above = find_id(member(value, "post"), "id"), find_id(member(value, "inReplyTo"), "id")
    below = _below("", value, "blog", post) if post else None
    return _written(
        value,
        kind="reply" if above else "comment",
        type="Note",
        item=f"comment:{below}/{identifier}" if below else f"comment:{identifier}",
        thread=below,
        parent=f"comment:{below}/{above}" if above and below else below,
    )


def _blog(value: Object, identifier: str) -> Normalised:
    created, name = find_text(value, "published"), find_text(value, "name")
    return Normalised(
        kind="profile",
        type="Organization",
        item=f"blog:{identifier}",
        url=address(value, "url"),
        title=name,
        text=read_fragment(find_text(value, "description") or "").text or None,
        lang=find_text(value, "locale", "language"),
        author=Author(id=identifier, name=name, url=address(value, "url")),
        created=find_instant(created),
        created_text=created,
    )


def _author(value: Object) -> Author | None:
    who = member(value, "author")
    if not isinstance(who, dict):
        return None
    return Author(id=find_id(who, "id"), name=find_text(who, "displayName"), url=address(who, "url"))


def _below(prefix: str, value: Object, above: str, identifier: str) -> str:
    number = find_id(member(value, above), "id")
    return f"{prefix}{number}/{identifier}" if number else f"{prefix}{identifier}"


def _flags(value: Object) -> tuple[str, ...]:
    """Return what a reader must know: that something is not, or not yet, shown to everybody."""
    status = (find_text(value, "status") or "live").lower()
    return () if status in SHOWN else (f"status-{status}",)


# Counts, the digest of everything with them, and how people call and show themselves today.
VOLATILE = ("etag", "replies", "author.displayName", "author.image", "author.url")


def _start(site: Site) -> Iterable[Question]:
    parts = urlsplit(site.account.url)
    blog = f"{parts.scheme}://{parts.netloc}/"
    yield Question("blog", google.address(site, "blogs/byurl", url=blog, fields=OF_BLOG, **_view(site)))


def _of_blog(led: Led) -> Iterable[Question]:
    site, below = led.site, f"blogs/{led.view.item.removeprefix('blog:')}"
    more = {"fetchImages": "true", "orderBy": "published"}
    more |= _view(site)
    yield Question("posts", _list(site, f"{below}/posts", **more, status="live"))
    yield Question("pages", _list(site, f"{below}/pages", status="live", **_view(site)))
    if site.authorised:
        for status in ("draft", "scheduled"):
            yield Question(f"{status}-posts", _list(site, f"{below}/posts", **more, status=status))
        yield Question("draft-pages", _list(site, f"{below}/pages", status="draft", **_view(site)))
        # Blogger lists all comments of a blog to its owner alone: what is new below old posts is seen at every look.
        for status in ("live", "pending", "spam"):
            yield Question(f"{status}-comments", _list(site, f"{below}/comments", status=status))


def _of_post(led: Led) -> Iterable[Question]:
    blog, _, post = led.view.item.partition("/")
    url = _list(led.site, f"blogs/{blog}/posts/{post}/comments", status="live", **_view(led.site))
    yield Question("comments", url, about=led.view.item, empty=not led.view.counts.get("replies"))


def _list(site: Site, path: str, **parameters: str) -> str:
    # Titles and texts are left out unless they are asked for.
    return google.address(site, path, maxResults="100", fetchBodies="true", **parameters)


def _view(site: Site) -> dict[str, str]:
    return {"view": "ADMIN"} if site.authorised else {}


def _look_up(site: Site, item: str, _: Kind) -> str | None:
    prefix, colon, numbers = item.rpartition(":")
    named = numbers.split("/")
    match (prefix, named) if colon else ("post", named):
        case ("post", [blog, post]):
            return google.address(site, f"blogs/{blog}/posts/{post}", fetchImages="true", **_view(site))
        case ("page", [blog, page]):
            path = f"blogs/{blog}/pages/{page}"
        case ("comment", [blog, post, comment]):
            path = f"blogs/{blog}/posts/{post}/comments/{comment}"
        case _:
            return None
    return google.address(site, path, **_view(site))


def _standing(answer: Answer) -> Standing:
    """Return what an item's own address says: to the owner it answers also in the trash, or as a draft."""
    status = google.status_of(answer)
    if answer.status in range(200, 300):
        told = (find_text(answer.value, "status") or "live").lower()
        return "present" if told in SHOWN else "gone" if told in TRASHED else "withheld"
    return "unknown" if status in (401, 403) or status != answer.status else by_status(answer)


def _listed(title: str, **more: Any) -> Endpoint:  # noqa: ANN401 - what an endpoint has
    return Endpoint(title=title, items=(("items",),), demands="kind", next=google.by_page_token, **more)


READING = Reading(
    collector="blogger/1",
    api="https://www.googleapis.com/blogger",
    versioned=True,
    endpoints={
        "blog": Endpoint(title="the blog", demands="id", leads=_of_blog),
        "posts": _listed("the posts", order="newest", leads=_of_post),
        "pages": _listed("the pages", order="whole"),
        "comments": _listed("the comments", order="whole"),
        "draft-posts": _listed("the drafts", order="whole"),
        "scheduled-posts": _listed("the posts that are to appear later", order="whole"),
        "draft-pages": _listed("the drafts of pages", order="whole"),
        "live-comments": _listed("the newest comments", order="passing"),
        "pending-comments": _listed("the comments that wait for review", order="whole"),
        "spam-comments": _listed("the comments that were taken for spam", order="whole"),
    },
    start=_start,
    access=google.access_to,
    look_up=_look_up,
    standing=_standing,
    stands_for=google.status_of,
)
PLATFORM = Platform(
    name="blogger",
    title="Blogger",
    dialect=Dialect(view=view_of, paths=(("items",),), context=lambda _: {}, list_view=list_view, volatile=VOLATILE),
    reading=READING,
    authorisation=google.authorised_for(READ_ONLY, api="Blogger API v3", sign_in="an administrator of the blog"),
)
