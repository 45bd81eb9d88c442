"""TikTok: what its Display API returns, and what it is asked for: the profile and public videos of an account. Pure.

Source: developers.tiktok.com, TikTok API v2: User Info, List Videos, Query Videos, Error Handling. The API describes
videos, and gives no film and no comments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.observe import PRESENT
from archiver.parsing.dates import instant_of_millis
from archiver.parsing.shapes import Object, address, find_id, find_text, member, objects
from archiver.parsing.text import counts_of
from archiver.platforms.authorisation import OAuth2
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.platform import Platform
from archiver.platforms.posting import with_body
from archiver.platforms.reading import Endpoint, Question, Reading
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archiver.contract import Standing
    from archiver.platforms.reading import Answer, Led, Site
    from schemas.record import Kind

USER_FIELDS = (
    "open_id,union_id,avatar_large_url,display_name,username,bio_description,profile_deep_link,is_verified,"
    "follower_count,following_count,likes_count,video_count"
)
VIDEO_FIELDS = (
    "id,create_time,cover_image_url,share_url,video_description,duration,height,width,title,like_count,comment_count,"
    "share_count,view_count"
)
COUNTS = ("like_count", "comment_count", "share_count", "view_count")
PROFILE_COUNTS = ("follower_count", "following_count", "likes_count", "video_count")
UNAUTHORISED, FORBIDDEN, TOO_MANY, FAILED = 401, 403, 429, 503
STATUSES = {
    "access_token_invalid": UNAUTHORISED,
    "scope_not_authorized": FORBIDDEN,
    "scope_permission_missed": FORBIDDEN,
    "rate_limit_exceeded": TOO_MANY,
    "internal_error": FAILED,
}
LIST, QUERY = "/video/list/", "/video/query/"
MOST = 20
VOLATILE = (
    *COUNTS,
    *PROFILE_COUNTS,
    "cover_image_url?",
    *(f"avatar_{size}?" for size in ("url", "large_url", "url_100")),
)


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object of the API says, told by its members alone."""
    if find_id(value, "id") and value.keys() & {"create_time", "share_url", "video_description", "cover_image_url"}:
        return _video(value)
    return _user(value) if find_text(value, "open_id") and "display_name" in value else None


def list_view(value: Object) -> Normalised | None:
    """Return what a page of videos, or the envelope of a user, says of itself."""
    told = member(value, "data")
    known = isinstance(member(told, "videos"), list) or isinstance(member(told, "user"), dict)
    return Normalised(kind="list", type="Collection", item="") if known else None


def _video(value: Object) -> Normalised:
    created = value.get("create_time")
    cover = address(value, "cover_image_url")
    seconds = created if isinstance(created, int) and not isinstance(created, bool) else None
    return Normalised(
        kind="post",
        type="Video",
        item=find_id(value, "id") or "",
        url=address(value, "share_url"),
        title=find_text(value, "title"),
        text=find_text(value, "video_description"),
        created=None if seconds is None else instant_of_millis(seconds * 1000),
        created_text=find_id(value, "create_time"),
        attachments=(Attachment(url=cover, role="image"),) if cover else (),
        counts=counts_of((name.removesuffix("_count"), value.get(name)) for name in COUNTS),
    )


def _user(value: Object) -> Normalised:
    handle, number = find_text(value, "username"), find_text(value, "open_id")
    picture = address(value, "avatar_large_url") or address(value, "avatar_url")
    url = f"https://www.tiktok.com/@{handle}" if handle else address(value, "profile_deep_link")
    return Normalised(
        kind="profile",
        type="Profile",
        item=f"user:{number}",
        url=url,
        title=find_text(value, "display_name"),
        text=find_text(value, "bio_description"),
        author=Author(id=number, name=find_text(value, "display_name"), handle=handle, url=url),
        attachments=(Attachment(url=picture, role="image"),) if picture else (),
        counts=counts_of((name.removesuffix("_count"), value.get(name)) for name in PROFILE_COUNTS),
    )


def _handle_of(site: Site) -> str:
    return urlsplit(site.account.url).path.strip("/").rpartition("/")[2].removeprefix("@")


def _videos(url: str, **body: Any) -> str:  # noqa: ANN401 - JSON
    return with_body(f"{url.partition('?')[0]}?{urlencode({'fields': VIDEO_FIELDS}, safe=',')}", body)


def _start(site: Site) -> Iterable[Question]:
    yield Question("user", f"{site.api}/{site.version}/user/info/?fields={USER_FIELDS}", about=_handle_of(site))


def _of_user(led: Led) -> Iterable[Question]:
    yield Question("videos", _videos(f"{led.site.api}/{led.site.version}{LIST}", max_count=MOST))


def _next(answer: Answer) -> str | None:
    """Return the next page's address: it goes on from a time, in milliseconds."""
    told, more = member(answer.value, "data", "cursor"), member(answer.value, "data", "has_more") is True
    if not more or not isinstance(told, int) or isinstance(told, bool):
        return None
    return _videos(answer.question.url, max_count=MOST, cursor=told)


def _look_up(site: Site, item: str, _: Kind) -> str | None:
    return _videos(f"{site.api}/{site.version}{QUERY}", filters={"video_ids": [item]}) if item.isdigit() else None


def _stands_for(answer: Answer) -> int:
    """Return the HTTP status that an answer's error stands for; another account's profile is no access to this one."""
    code, whose = find_text(answer.value, "error", "code"), find_text(answer.value, "data", "user", "username")
    wrong = answer.question.endpoint == "user" and whose is not None and whose.lower() != answer.question.about.lower()
    return FORBIDDEN if wrong else STATUSES.get(code or "", answer.status)


def _standing(answer: Answer) -> Standing:
    """Return what an answer about one video says: it is among the public ones of the account, or it is not."""
    videos = member(answer.value, "data", "videos")
    if _stands_for(answer) not in PRESENT or find_text(answer.value, "error", "code") != "ok":
        return "unknown"
    if not isinstance(videos, list):
        return "unknown"
    return "present" if any(objects(answer.value, "data", "videos")) else "gone"


def _refusal(answer: Answer) -> str | None:
    code = find_text(answer.value, "error", "code")
    return None if code in (None, "ok") else f"TikTok says {code}"


READING = Reading(
    collector="tiktok/1",
    api="https://open.tiktokapis.com",
    versioned=True,
    endpoints={
        "user": Endpoint(title="the profile", items=(("data", "user"),), demands="data", leads=_of_user),
        "videos": Endpoint(title="the videos", items=(("data", "videos"),), demands="data", order="newest", next=_next),
    },
    start=_start,
    access=lambda site: Access(origins=frozenset({origin_of(site.api)}), needed=True),
    look_up=_look_up,
    looked_up=("data", "videos"),
    standing=_standing,
    stands_for=_stands_for,
    refusal=_refusal,
    posts=frozenset({LIST, QUERY}),
)
PLATFORM = Platform(
    name="tiktok",
    title="TikTok",
    dialect=Dialect(
        view=view_of,
        paths=(("data", "videos"), ("data", "user")),
        context=lambda _: {},
        list_view=list_view,
        volatile=VOLATILE,
    ),
    reading=READING,
    authorisation=OAuth2(
        steps=(
            "At developers.tiktok.com, register as the body, and under Manage apps connect an app.",
            "Add the products Login Kit and Display API, with the scopes of docs/PLATFORMS.md. TikTok reviews it.",
            "In Login Kit, for desktop, enter {redirect} as a redirect URI.",
            "Copy the client key and the client secret. In the browser that opens next, sign in as the account.",
        ),
        authorise="https://www.tiktok.com/v2/auth/authorize/",
        token="https://open.tiktokapis.com/v2/oauth/token/",  # noqa: S106 - an address
        scopes=("user.info.basic", "user.info.profile", "user.info.stats", "video.list"),
        client_name="client_key",
        separator=",",
        challenge="hex",  # developers.tiktok.com/doc/login-kit-desktop, against RFC 7636
    ),
)
