"""Vimeo: what its API returns, and in which order it is asked (developer.vimeo.com/api/reference, version 3.4). Pure.

Videos keep their bare id; whatever else there is, is prefixed by what it is, and named by its place
(``comment:7/12``: comment 12 on video 7). Answers hold the members that are asked for, and no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import msgspec

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.parsing.dates import find_instant
from archiver.parsing.shapes import Object, address, find_text, member, objects
from archiver.parsing.text import counts_of, unique
from archiver.platforms.authorisation import Given
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.paging import by_address
from archiver.platforms.platform import Platform
from archiver.platforms.quotas import by_headers
from archiver.platforms.reading import Endpoint, Question, Reading
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from archiver.platforms.reading import Led, Site
    from schemas.record import Kind

OF_USER = "uri,name,link,bio,short_bio,location,websites,created_time,account,pictures"
OF_VIDEO = (
    "uri,type,name,description,link,duration,width,height,language,created_time,modified_time,release_time,license,"
    "content_rating,privacy,pictures,tags,categories,status,stats,download,user.uri,user.name,user.link,"
    "metadata.connections.comments.total,metadata.connections.texttracks.total"
)
OF_COMMENT = "uri,type,text,created_on,resource_key,user.uri,user.name,user.link,metadata.connections.replies.total"
OF_TRACK = "uri,type,name,language,active,link,link_expires_time"
OF_SHOWCASE = "uri,name,description,link,created_time,modified_time,privacy,pictures,user.uri,user.name,user.link"
COUNTS = ("comments", "replies", "likes", "videos", "followers")


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object says; its ``uri`` tells which it is."""
    match (find_text(value, "uri") or "").strip("/").split("/"):
        case ["videos", video, "comments", comment]:
            return _comment(value, video, comment)
        case ["videos", video, "texttracks", track]:
            return _track(value, video, track)
        case ["videos", video]:
            return _video(value, video.partition(":")[0])
        case ["users", _, "albums", album] | ["albums", album]:
            return _told(value, kind="event", type="Collection", item=f"showcase:{album}")
        case ["users", user]:
            return _user(value, user)
        case _:
            return None


def list_view(value: Object) -> Normalised | None:
    """Return what an envelope says of itself."""
    if not isinstance(value.get("paging"), dict) or not isinstance(value.get("data"), list):
        return None
    return Normalised(kind="list", type="Collection", item="", counts=counts_of([("items", value.get("total"))]))


def _told(value: Object, **more: Any) -> Normalised:  # noqa: ANN401 - what a view has
    created, edited = find_text(value, "created_time"), find_text(value, "modified_time")
    counted = member(value, "metadata", "connections")
    view = find_text(value, "privacy", "view")
    usual: dict[str, Any] = {
        "url": address(value, "link"),
        "title": find_text(value, "name"),
        "text": find_text(value, "description"),
        "author": _author(member(value, "user")),
        "created": find_instant(created),
        "created_text": created,
        "edited": find_instant(edited) if edited != created else None,
        "attachments": tuple(_pictures(value)),
        "counts": counts_of(
            (
                *((name, member(counted, name, "total")) for name in COUNTS),
                ("views", member(value, "stats", "plays")),
            )
        ),
        "flags": () if view in (None, "anybody") else (f"status-{view}",),
    }
    return Normalised(**(usual | more))


def _video(value: Object, identifier: str) -> Normalised:
    named = [find_text(tag, "name") or find_text(tag, "tag") for tag in objects(value, "tags")]
    return _told(
        value,
        kind="post",
        type="Video",
        item=identifier,
        lang=find_text(value, "language"),
        attachments=(*_file(value), *_pictures(value)),
        tags=unique((*named, *(find_text(one, "name") for one in objects(value, "categories")))),
    )


def _user(value: Object, identifier: str) -> Normalised:
    texts = (find_text(value, "bio"), find_text(value, "short_bio"), find_text(value, "location"))
    return _told(
        value,
        kind="profile",
        type="Person",
        item=f"user:{identifier}",
        text="\n".join(unique(texts)) or None,
        author=_author(value),
        links=unique(address(one, "link") for one in objects(value, "websites")),
    )


def _comment(value: Object, video: str, comment: str) -> Normalised:
    created = find_text(value, "created_on")
    return _told(
        value,
        kind="comment",
        type="Note",
        item=f"comment:{video}/{comment}",
        text=find_text(value, "text"),
        created=find_instant(created),
        created_text=created,
        thread=video,
        parent=video,
    )


def _track(value: Object, video: str, track: str) -> Normalised:
    link = address(value, "link")
    return _told(
        value,
        kind="media",
        type="Document",
        item=f"track:{video}/{track}",
        url=None,
        lang=find_text(value, "language"),
        attachments=(Attachment(url=link, role="document"),) if link else (),
        thread=video,
        parent=video,
    )


def _author(user: object) -> Author | None:
    identifier = (find_text(user, "uri") or "").rpartition("/")[2]
    if not identifier:
        return None
    return Author(id=identifier, name=find_text(user, "name"), url=address(user, "link"))


def _file(value: Object) -> Iterator[Attachment]:
    """Yield the file that was uploaded, or the largest that was made of it, where the token may see them."""
    files = [one for one in objects(value, "download") if address(one, "link")]
    best = max(files, key=lambda one: (one.get("quality") == "source", *_size(one)), default=None)
    if best is not None:
        yield Attachment(url=address(best, "link") or "", role="video", media_type=find_text(best, "type"))


def _pictures(value: Object) -> Iterator[Attachment]:
    """Yield the largest thumbnail; the others are the same picture."""
    sizes = [one for one in objects(value, "pictures", "sizes") if address(one, "link")]
    best = max(sizes, key=_size, default=None)
    if best is not None:
        yield Attachment(url=address(best, "link") or "", role="image")


def _size(value: Object) -> tuple[int, int]:
    width, height = value.get("width"), value.get("height")
    return (width if isinstance(width, int) else 0, height if isinstance(height, int) else 0)


# Counts, what people call themselves today, and addresses: those of files are signed anew for each answer, and where a
# thing is shown follows from its ``uri``.
VOLATILE = (
    *(
        "link",
        "stats",
        "metadata",
        "download",
        "link_expires_time",
        "hls_link",
        "hls_link_expires_time",
        "play",
        "files",
    ),
    *("user.name", "user.link", "user.pictures", "last_user_action_event_date"),
)


def _start(site: Site) -> Iterable[Question]:
    named = urlsplit(site.account.url).path.strip("/").split("/")[0]
    below = f"/users/{quote(named)}" if named else "/me"
    yield Question("user", f"{site.api}{below}?fields={OF_USER}")


def _of_user(led: Led) -> Iterable[Question]:
    below = f"/users/{quote(led.view.item.removeprefix('user:'))}"
    yield Question("videos", _list(led.site, f"{below}/videos", OF_VIDEO, sort="date", direction="desc"))
    yield Question("showcases", _list(led.site, f"{below}/albums", OF_SHOWCASE))
    yield Question("followers", _list(led.site, f"{below}/followers", OF_USER), seldom=True)


def _of_video(led: Led) -> Iterable[Question]:
    item = led.view.item
    below = f"/videos/{quote(item)}"
    url = _list(led.site, f"{below}/comments", OF_COMMENT, direction="desc")
    yield Question("comments", url, about=item, empty=not led.view.counts.get("comments"))
    tracks = member(led.value, "metadata", "connections", "texttracks", "total")
    yield Question("tracks", _list(led.site, f"{below}/texttracks", OF_TRACK), about=item, empty=not tracks)


def _of_comment(led: Led) -> Iterable[Question]:
    video, _, comment = led.view.item.removeprefix("comment:").partition("/")
    url = _list(led.site, f"/videos/{quote(video)}/comments/{quote(comment)}/replies", OF_COMMENT)
    yield Question("replies", url, about=led.view.item, empty=not led.view.counts.get("replies"))


def _list(site: Site, path: str, fields: str, **parameters: str) -> str:
    more = "".join(f"&{name}={value}" for name, value in parameters.items())
    return f"{site.api}{path}?per_page=100{more}&fields={fields}"


def _as_reply(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, kind="reply", parent=question.about)


def _look_up(site: Site, item: str, _: Kind) -> str | None:
    prefix, colon, numbers = item.rpartition(":")
    match (prefix, numbers.split("/")) if colon else ("video", [item]):
        case ("video", [video]):
            path, fields = f"/videos/{quote(video)}", OF_VIDEO
        case ("comment", [video, comment]):
            path, fields = f"/videos/{quote(video)}/comments/{quote(comment)}", OF_COMMENT
        case ("track", [video, track]):
            path, fields = f"/videos/{quote(video)}/texttracks/{quote(track)}", OF_TRACK
        case ("showcase", [album]):
            path, fields = f"/albums/{quote(album)}", OF_SHOWCASE
        case _:
            return None
    return f"{site.api}{path}?fields={fields}"


def _listed(title: str, **more: Any) -> Endpoint:  # noqa: ANN401 - what an endpoint has
    return Endpoint(title=title, items=(("data",),), demands="data", next=by_address("paging", "next"), **more)


READING = Reading(
    collector="vimeo/1",
    api="https://api.vimeo.com",
    versioned=True,
    endpoints={
        "user": Endpoint(title="the profile", demands="uri", leads=_of_user),
        "videos": _listed("the videos", order="newest", leads=_of_video),
        "comments": _listed("the comments", order="newest", leads=_of_comment),
        "replies": _listed("the replies", order="whole", seen_as=_as_reply),
        "tracks": _listed("the subtitles", order="whole"),
        "showcases": _listed("the showcases", order="whole"),
        "followers": _listed("the followers", order="whole"),
    },
    start=_start,
    access=lambda site: Access(origins=frozenset({origin_of(site.api)}), needed=True),
    headers=lambda site: {"Accept": f"application/vnd.vimeo.*+json;version={site.version}"},
    look_up=_look_up,
    quota=by_headers("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", reset_is="instant"),
)
PLATFORM = Platform(
    name="vimeo",
    title="Vimeo",
    dialect=Dialect(view=view_of, paths=(("data",),), context=lambda _: {}, list_view=list_view, volatile=VOLATILE),
    reading=READING,
    authorisation=Given(
        steps=(
            "Sign in to vimeo.com as the account that is to be read, and open developer.vimeo.com/apps.",
            "Create an app, and open it. Under Authentication → Generate an access token choose Authenticated (you).",
            "Choose the scopes Public and Private, and Video Files where your plan has it: then files are kept, too.",
            "Generate the token, and copy it: it is shown once.",
        )
    ),
)
