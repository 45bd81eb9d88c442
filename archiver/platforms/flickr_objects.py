"""Flickr: how the objects of its API read (flickr.com/services/api), in the JSON that is no JSONP. Pure.

A photo keeps its bare id; whatever else there is, is prefixed (``comment:``, ``user:``, ``album:``). Lists spell a text
as it is, single answers as an object with ``_content``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.parsing.dates import instant_of_millis
from archiver.parsing.markup import read_fragment
from archiver.parsing.shapes import Object, address, find_id, find_text, member, objects
from archiver.parsing.text import counts_of, unique
from archiver.platforms.dialect import Context, Dialect
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from typing import Any

    from schemas.instant import Instant

SITE = "https://www.flickr.com"
SIZES = ("o", "6k", "5k", "4k", "3k", "k", "h", "l", "c", "z", "m", "n", "s", "q", "t", "sq")
"""The suffixes of a photo's addresses in lists, the original first and then the largest."""


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object says, told by its members alone."""
    if "canblog" in value or ("size" in value and "candownload" in value):
        return _sizes(value)
    if "nsid" in value and "photosurl" in value:
        return _person(value)
    if find_id(value, "id") is None:
        return _contact(value) if "nsid" in value and "username" in value else None
    if "datecreate" in value and "authorname" in value:
        return _comment(value)
    if "primary" in value and "secret" in value:
        return _album(value)
    if "secret" in value and "server" in value:
        return _photo(value)
    return _contact(value) if "username" in value else None


def list_view(value: Object) -> Normalised | None:
    """Return what an envelope says of itself."""
    if value.get("stat") not in ("ok", "fail"):
        return None
    name = next((name for name in value if name not in ("stat", "code", "message")), None)
    return Normalised(kind="list", type="Collection", item="", title=name or find_text(value, "message"))


def _photo(value: Object) -> Normalised:
    identifier, owner = find_id(value, "id") or "", member(value, "owner")
    number = find_id(owner, "nsid") if isinstance(owner, dict) else find_text(value, "owner")
    alias = find_text(owner, "path_alias") or find_text(value, "pathalias")
    body = read_fragment(_text(value, "description") or "")
    posted = find_id(value, "dateupload") or find_id(member(value, "dates"), "posted")
    is_video = value.get("media") == "video"
    named = [find_text(tag, "raw") for tag in objects(value, "tags", "tag")]
    return Normalised(
        kind="post",
        type="Video" if is_video else "Image",
        item=identifier,
        url=f"{SITE}/photos/{alias or number}/{identifier}/" if alias or number else None,
        title=_text(value, "title"),
        text=body.text or None,
        author=Author(
            id=number,
            name=find_text(owner, "realname") or find_text(owner, "username") or find_text(value, "ownername"),
            handle=alias,
            url=f"{SITE}/people/{number}/",
        )
        if number
        else None,
        created=_seconds(posted),
        created_text=posted,
        attachments=tuple(Attachment(url=url, role="image") for url in [_largest(value)] if url is not None),
        tags=unique((*named, *(find_text(value, "tags") or "").split())),
        links=unique(body.links),
        counts=counts_of(
            (
                ("views", value.get("views")),
                ("comments", member(value, "comments", "_content")),
            )
        ),
        flags=() if _is_public(value) else ("status-private",),
    )


def _largest(value: Object) -> str | None:
    return next((url for size in SIZES if (url := address(value, f"url_{size}"))), None)


def _is_public(value: Object) -> bool:
    public = member(value, "visibility", "ispublic") if "visibility" in value else value.get("ispublic", 1)
    return str(public) != "0"


def _sizes(value: Object) -> Normalised:
    """Return the files of a photo or a video: a video's own file is named nowhere else."""
    sizes = list(objects(value, "size"))
    videos = [one for one in sizes if one.get("media") == "video" and address(one, "source")]
    photos = [one for one in sizes if one.get("media") != "video" and address(one, "source")]
    original = next((one for one in videos if one.get("label") == "Video Original"), None)
    best = original or max(videos or photos, key=_area, default=None)
    url = address(best, "source")
    page = address(best, "url")
    return Normalised(
        kind="media",
        type="Video" if videos else "Image",
        item="",
        url=page,
        attachments=(Attachment(url=url, role="video" if videos else "image"),) if url else (),
    )


def _area(size: Object) -> int:
    return _number(size.get("width")) * _number(size.get("height"))


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 - pixels


def _comment(value: Object) -> Normalised:
    body = read_fragment(find_text(value, "_content") or "")
    identifier, made = find_id(value, "id") or "", find_id(value, "datecreate")
    photo = identifier.split("-")[1] if identifier.count("-") == 2 else None  # noqa: PLR2004 - owner, photo, comment
    who = find_text(value, "author")
    return Normalised(
        kind="comment",
        type="Note",
        item=f"comment:{identifier}",
        url=address(value, "permalink"),
        text=body.text or None,
        author=Author(
            id=who,
            name=find_text(value, "realname") or find_text(value, "authorname"),
            handle=find_text(value, "path_alias"),
            url=f"{SITE}/people/{who}/" if who else None,
        ),
        created=_seconds(made),
        created_text=made,
        thread=photo,
        parent=photo,
        links=unique(body.links),
    )


def _album(value: Object) -> Normalised:
    made = find_id(value, "date_create")
    return Normalised(
        kind="event",
        type="Collection",
        item=album_of(find_text(value, "owner") or "", find_id(value, "id") or ""),
        title=_text(value, "title"),
        text=read_fragment(_text(value, "description") or "").text or None,
        created=_seconds(made),
        created_text=made,
        edited=_seconds(find_id(value, "date_update")),
        counts=counts_of((("photos", value.get("photos")), ("videos", value.get("videos")))),
    )


def album_of(owner: str, number: str) -> str:
    """Return the id of an album: by its owner and its number, as Flickr finds it, where the owner is known."""
    return f"album:{owner}/{number}" if owner else f"album:{number}"


def _person(value: Object) -> Normalised:
    identifier, body = find_id(value, "nsid"), read_fragment(_text(value, "description") or "")
    name = _text(value, "realname") or _text(value, "username")
    url = address(value, "profileurl", "_content") or address(value, "profileurl")
    return Normalised(
        kind="profile",
        type="Person",
        item=f"user:{identifier}",
        url=url,
        title=name,
        text="\n".join(unique((body.text, _text(value, "location")))) or None,
        author=Author(id=identifier, name=name, handle=find_text(value, "path_alias"), url=url),
        links=unique(body.links),
        counts=counts_of([("photos", member(value, "photos", "count", "_content"))]),
    )


def _contact(value: Object) -> Normalised:
    """Return somebody whom an account knows, or who is behind a name: no more than that."""
    identifier = find_id(value, "nsid", "id")
    name = _text(value, "realname") or _text(value, "username")
    who = Author(id=identifier, name=name, handle=find_text(value, "path_alias"), url=f"{SITE}/people/{identifier}/")
    return Normalised(kind="event", type="Follow", item=f"contact:{identifier}", title=name, author=who)


def _text(value: Any, name: str) -> str | None:  # noqa: ANN401 - any JSON
    return find_text(value, name) or find_text(value, name, "_content")


def _seconds(text: str | None) -> Instant | None:
    """Return the instant of seconds since 1970."""
    return instant_of_millis(f"{text}000") if text else None


# Counts; what the reader did; what people call themselves today; when anything, be it a comment, was changed last.
VOLATILE = (
    *("views", "lastupdate", "count_views", "count_comments", "photos", "videos", "isfavorite", "comments"),
    *("dates.lastupdate", "owner.username", "owner.realname", "owner.location", "owner.iconserver", "owner.iconfarm"),
    *("ownername", "realname", "username", "iconserver", "iconfarm", "authorname", "path_alias", "author_is_deleted"),
    *("can_comment", "needs_interstitial", "visibility_can_see_set", "mobileurl"),
)
PATHS = (
    *(("photo",), ("person",), ("user",), ("sizes",)),
    *(("photos", "photo"), ("photoset", "photo"), ("photosets", "photoset")),
    *(("comments", "comment"), ("contacts", "contact")),
)
DIALECT = Dialect(view=view_of, paths=PATHS, context=lambda _: {}, list_view=list_view, volatile=VOLATILE)
