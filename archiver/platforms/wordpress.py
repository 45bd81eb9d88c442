"""WordPress: what its REST API returns, and in which order it is asked (developer.wordpress.org/rest-api, wp/v2). Pure.

Posts, pages and media are numbered together and keep their bare id; what is numbered apart is prefixed (``comment:``).
A revision is ``post@revision``. What lies in the trash is ``post@trash``, an item of its own, so that its post ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.parsing.dates import find_instant
from archiver.parsing.markup import read_fragment, shown_in
from archiver.parsing.shapes import Object, address, find_id, find_text, role_of
from archiver.parsing.text import counts_of, unique
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.paging import by_total
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Answer, Endpoint, Question, Reading, by_status
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from archiver.contract import Standing
    from archiver.parsing.markup import Fragment
    from archiver.platforms.reading import Led, Site
    from schemas.instant import Instant
    from schemas.record import Kind

SITE = ("name", "description", "url", "home", "gmt_offset", "timezone_string", "site_logo", "site_icon")
SHOWN = frozenset({"publish", "inherit", "approved"})
TRASH = "@trash"


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object of the API says, told by its members alone."""
    if "home" in value and "name" in value and "url" in value:
        return _site(value)
    if find_id(value, "id") is None:
        return None
    if "author_name" in value and "post" in value:
        return _comment(value)
    if "media_type" in value and "source_url" in value:
        return _media(value)
    if "taxonomy" in value:
        return _term(value)
    if "slug" in value and "name" in value and "description" in value:
        return _person(value)
    if "title" in value and "content" in value:
        return _post(value) if "type" in value else _revision(value)
    return None


def _site(value: Object) -> Normalised:
    return Normalised(
        kind="profile",
        type="Organization",
        item="site",
        url=address(value, "home") or address(value, "url"),
        title=_plain(find_text(value, "name")),
        text=_plain(find_text(value, "description")),
    )


def _post(value: Object) -> Normalised:
    body = _body(value)
    is_page = value.get("type") == "page"
    parent = find_id(value, "parent")
    return msgspec.structs.replace(
        _written(value, body),
        kind="page" if is_page else "post",
        type="Page" if is_page else "Article",
        item=find_id(value, "id") or "",
        url=address(value, "link"),
        parent=None if parent in (None, "0") else parent,
        attachments=shown_in(body),
        flags=_flags(value),
    )


def _revision(value: Object) -> Normalised:
    parent = find_id(value, "parent") or ""
    return msgspec.structs.replace(
        _written(value, _body(value)),
        item=f"{parent}@{find_id(value, 'id')}",
        thread=parent or None,
        flags=("earlier-version",),
    )


def _written(value: Object, body: Fragment) -> Normalised:
    author = find_id(value, "author")
    made, changed = find_text(value, "date_gmt"), find_text(value, "modified_gmt")
    return Normalised(
        kind="post",
        type="Article",
        item="",
        title=_plain(find_text(value, "title", "rendered") or find_text(value, "title", "raw")),
        text="\n".join(filter(None, (body.text, _plain(find_text(value, "caption", "rendered"))))) or None,
        author=None if author in (None, "0") else Author(id=author),
        created=_instant(made),
        created_text=made,
        edited=_instant(changed) if changed != made else None,
        links=body.links,
    )


def _comment(value: Object) -> Normalised:
    body = _body(value)
    post, parent = find_id(value, "post"), find_id(value, "parent")
    author, made = find_id(value, "author"), find_text(value, "date_gmt")
    is_reply = parent not in (None, "0")
    return Normalised(
        kind="reply" if is_reply else "comment",
        type="Note",
        item=f"comment:{find_id(value, 'id')}",
        url=address(value, "link"),
        text=body.text or None,
        author=Author(
            id=None if author == "0" else author,
            name=_plain(find_text(value, "author_name")),
            url=address(value, "author_url"),
        ),
        created=_instant(made),
        created_text=made,
        thread=post,
        parent=f"comment:{parent}" if is_reply else post,
        attachments=shown_in(body),
        links=body.links,
        flags=_flags(value),
    )


def _media(value: Object) -> Normalised:
    body = read_fragment(find_text(value, "description", "rendered") or "")
    role = role_of(find_text(value, "mime_type"))
    post = find_id(value, "post")
    url = _original(value)
    shown = Attachment(
        url=url or "", role=role, media_type=find_text(value, "mime_type"), alt=find_text(value, "alt_text")
    )
    return msgspec.structs.replace(
        _written(value, body),
        kind="media",
        type=role.capitalize(),
        item=find_id(value, "id") or "",
        url=address(value, "link"),
        parent=None if post in (None, "0") else post,
        attachments=(shown,) if url else (),
        flags=_flags(value),
    )


def _original(value: Object) -> str | None:
    """Return where the file lies as it was uploaded: large pictures are shown in a smaller copy (since 5.3)."""
    url, name = address(value, "source_url"), find_text(value, "media_details", "original_image")
    return urljoin(url, quote(name)) if url and name and "/" not in name else url


def _term(value: Object) -> Normalised:
    taxonomy = find_text(value, "taxonomy")
    return Normalised(
        kind="event",
        type="Object",
        item=f"{'tag' if taxonomy == 'post_tag' else taxonomy}:{find_id(value, 'id')}",
        url=address(value, "link"),
        title=_plain(find_text(value, "name")),
        text=_plain(find_text(value, "description")),
        counts=counts_of([("posts", value.get("count"))]),
    )


def _person(value: Object) -> Normalised:
    name, number = _plain(find_text(value, "name")), find_id(value, "id")
    return Normalised(
        kind="profile",
        type="Person",
        item=f"user:{number}",
        url=address(value, "link"),
        title=name,
        text=_plain(find_text(value, "description")),
        author=Author(id=number, name=name, handle=find_text(value, "slug"), url=address(value, "link")),
        links=unique((address(value, "url"),)),
    )


def _body(value: Object) -> Fragment:
    content = find_text(value, "content", "rendered") or find_text(value, "content", "raw") or ""
    return read_fragment(content, base=address(value, "link") or "")


def _flags(value: Object) -> tuple[str, ...]:
    """Return what a reader must know: that something was not, or not yet, shown to everybody."""
    status = find_text(value, "status")
    return () if status is None or status in SHOWN else (f"status-{status}",)


def _plain(markup: str | None) -> str | None:
    return read_fragment(markup or "").text or None


def _instant(text: str | None) -> Instant | None:
    return find_instant(f"{text}Z") if text else None  # a date_gmt is in UTC, and does not say so


VOLATILE = (
    "count",
    # How many revisions there are, and which is the last: they are items of their own.
    *("_links.version-history", "_links.predecessor-version"),
    # Pictures of people as they are today.
    *("author_avatar_urls", "avatar_urls"),
)


def _below(site: Site) -> str:
    return f"{site.api}{urlsplit(site.account.url).path.rstrip('/')}/wp-json"


def _list(site: Site, name: str, **more: str) -> str:
    parameters = "".join(f"&{key}={value}" for key, value in more.items())
    # By number, so that nothing that is edited changes its place while pages are read.
    return f"{_below(site)}/wp/v2/{name}?per_page=100&orderby=id&order=desc{parameters}"


def _start(site: Site) -> Iterable[Question]:
    yield Question("site", f"{_below(site)}/?_fields={','.join(SITE)}")
    for name in ("posts", "pages", "comments", "media"):
        yield Question(name, _list(site, name))
    if site.authorised:
        yield Question("held", _list(site, "comments", status="hold"))
        yield Question("spam", _list(site, "comments", status="spam"))
        for name in ("posts", "pages", "comments"):
            yield Question(f"trashed-{name}", _list(site, name, status="trash"))
    yield Question("categories", _list(site, "categories"), seldom=True)
    yield Question("tags", _list(site, "tags"), seldom=True)
    yield Question("people", _list(site, "users"), seldom=True)


def _of_post(led: Led) -> Iterable[Question]:
    if led.site.authorised:
        collection = "pages" if led.view.kind == "page" else "posts"
        url = f"{_below(led.site)}/wp/v2/{collection}/{quote(led.view.item)}/revisions?per_page=100"
        yield Question("revisions", url, about=led.view.item, changed=True)


def _as_trashed(view: Normalised, _: Question) -> Normalised:
    return msgspec.structs.replace(view, item=f"{view.item}{TRASH}", thread=view.thread or view.item)


def _as_of_its_kind(view: Normalised, question: Question) -> Normalised:
    is_page = "/wp/v2/pages/" in urlsplit(question.url).path
    return msgspec.structs.replace(view, kind="page", type="Page") if is_page else view


def _look_up(site: Site, item: str, kind: Kind) -> str | None:
    prefix, colon, number = item.removesuffix(TRASH).rpartition(":")
    number, _, revision = number.partition("@")
    collections = {"comment": "comments", "category": "categories", "tag": "tags", "user": "users"}
    by_kind = {"post": "posts", "page": "pages", "media": "media"}
    collection = collections.get(prefix) if colon else by_kind.get(kind)
    if collection is None:
        return None
    below = f"/revisions/{quote(revision)}" if revision else ""
    return f"{_below(site)}/wp/v2/{collection}/{quote(number)}{below}"


def _standing(answer: Answer) -> Standing:
    """Return what an item's own address says: what waits in the trash is gone, what is no longer public is withheld.

    To the public both answer 401 or 403 with ``rest_…`` as the reason; another reason is about the credentials.
    """
    status, code = find_text(answer.value, "status"), find_text(answer.value, "code")
    if answer.status in range(200, 300) and status is not None and status not in SHOWN:
        return "gone" if status == "trash" else "withheld"
    if answer.status in (401, 403):
        return "withheld" if (code or "").startswith("rest_") else "unknown"
    return by_status(answer)


def _listed(title: str, *, order: Literal["whole", "newest"] = "newest", **more: Any) -> Endpoint:  # noqa: ANN401
    return Endpoint(title=title, order=order, next=by_total("X-WP-Total"), **more)


READING = Reading(
    collector="wordpress/1",
    endpoints={
        "site": Endpoint(title="the site", demands="name"),
        "posts": _listed("the posts", leads=_of_post),
        "pages": _listed("the pages", leads=_of_post),
        "comments": _listed("the comments"),
        "media": _listed("the media"),
        "held": _listed("the comments that wait for review", order="whole"),
        "spam": _listed("the comments that were taken for spam"),
        "trashed-posts": _listed("the posts in the trash", order="whole", seen_as=_as_trashed),
        "trashed-pages": _listed("the pages in the trash", order="whole", seen_as=_as_trashed),
        "trashed-comments": _listed("the comments in the trash", order="whole", seen_as=_as_trashed),
        "categories": _listed("the categories", order="whole"),
        "tags": _listed("the tags", order="whole"),
        "people": _listed("the people", order="whole"),
        "revisions": Endpoint(title="the earlier versions", next=by_total("X-WP-Total"), seen_as=_as_of_its_kind),
    },
    start=_start,
    access=lambda site: Access(way="basic", origins=frozenset({origin_of(site.api)})),
    look_up=_look_up,
    standing=_standing,
)
PLATFORM = Platform(
    name="wordpress",
    title="WordPress",
    dialect=Dialect(view=view_of, paths=(), context=lambda _: {}, list_view=lambda _: None, volatile=VOLATILE),
    reading=READING,
)
