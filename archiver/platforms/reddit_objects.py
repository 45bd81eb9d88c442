"""Reddit: how the things of its API read (reddit.com/dev/api, github.com/reddit-archive/reddit/wiki/JSON). Pure.

A thing is ``{"kind": "t3", "data": {…}}``; it goes by its fullname (``t3_…`` for posts, ``t1_…`` for comments). What
its author deleted or moderators removed stays there as a thing that says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from archiver.parsing.dates import instant_of_millis
from archiver.parsing.shapes import Object, address, find_id, find_text, member, objects, texts
from archiver.parsing.text import counts_of, unique
from archiver.platforms.dialect import Context, Dialect
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.instant import Instant

SITE = "https://www.reddit.com"
DELETED, REMOVED = "[deleted]", "[removed]"
BY_REDDIT = re.compile(r"\[ removed by reddit\b.{0,300}\]", re.IGNORECASE | re.DOTALL)
"""What stands in the place of what Reddit itself removed; after it, on account of what."""
OF_AUTHOR = frozenset({"deleted", "author"})
"""Who removed a post (``removed_by_category``), where that was its author."""
LATEST = 2**40
COUNTS = (
    *("score", "ups", "downs", "upvote_ratio", "num_comments", "num_crossposts", "num_duplicates", "view_count"),
    *("gilded", "gildings", "all_awardings", "total_awards_received", "awarders", "top_awarded_type"),
    *("controversiality", "score_hidden", "hide_score", "subreddit_subscribers"),
)
OF_READER = (
    *("likes", "saved", "hidden", "visited", "clicked", "previous_visits", "send_replies", "can_gild", "can_mod_post"),
    *("author_is_blocked", "is_crosspostable", "unrepliable_reason", "user_reports", "mod_reports", "num_reports"),
    *("report_reasons", "user_reports_dismissed", "mod_reports_dismissed", "associated_award", "ignore_reports"),
)
OF_AUTHOR_TODAY = (
    *("author_premium", "author_patreon_flair", "author_cakeday", "author_flair_text", "author_flair_type"),
    *("author_flair_css_class", "author_flair_richtext", "author_flair_template_id", "author_flair_text_color"),
    *("author_flair_background_color",),
)
OF_PLACE = (
    *("replies", "depth", "collapsed", "collapsed_reason", "collapsed_reason_code"),
    *("collapsed_because_crowd_control", "rtjson", "preview", "thumbnail", "thumbnail_height", "thumbnail_width"),
    *("wls", "pwls", "whitelist_status", "parent_whitelist_status", "brand_safe", "no_follow"),
    *("poll_data.total_vote_count", "poll_data.options.vote_count", "poll_data.user_selection"),
)
OF_PROFILE = (
    *("link_karma", "comment_karma", "total_karma", "awardee_karma", "awarder_karma", "is_friend", "has_subscribed"),
    *("subscribers", "active_user_count", "accounts_active", "accounts_active_is_fuzzed", "subreddit.subscribers"),
    *(f"{above}{name}?" for above in ("", "subreddit.") for name in ("icon_img", "banner_img")),
)
OF_THING = (*COUNTS, *OF_READER, *OF_AUTHOR_TODAY, *OF_PLACE)
VOLATILE = (
    *(f"data.{name}" for name in (*OF_THING, *OF_PROFILE)),
    *(f"data.crosspost_parent_list.{name}" for name in OF_THING),
)


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what a thing says; its ``kind`` tells which it is."""
    told = value.get("data")
    if not isinstance(told, dict):
        return None
    match value.get("kind"):
        case "t1" if find_id(told, "id"):
            return _comment(told)
        case "t3" if find_id(told, "id"):
            return _post(told)
        case "t2" | "t5" if find_id(told, "name", "id"):
            return _profile(told, user=value["kind"] == "t2")
        case "more":
            return _more(told)
        case "wikipage":
            return _wiki(told)
        case _:
            return None


def list_view(value: Object) -> Normalised | None:
    """Return what a listing, or an answer of things, says of itself."""
    is_listing = value.get("kind") == "Listing" and isinstance(member(value, "data", "children"), list)
    if not is_listing and not isinstance(member(value, "json", "data", "things"), list):
        return None
    return Normalised(kind="list", type="Collection", item="")


def mark_of(told: Any) -> Literal["deleted", "removed"] | None:  # noqa: ANN401 - any JSON
    """Return what is said to have become of a post or comment: by its author, or by who moderates.

    Somebody may write ``[deleted]``; then there is an author.
    """
    category = find_text(told, "removed_by_category")
    text = find_text(told, "body") or find_text(told, "selftext")
    anonymous = find_text(told, "author") in (None, DELETED)
    if category in OF_AUTHOR or (anonymous and text == DELETED):
        return "deleted"
    by_others = anonymous and text is not None and (text == REMOVED or BY_REDDIT.fullmatch(text) is not None)
    removed = category or by_others or member(told, "removed") is True
    return "removed" if removed or find_text(told, "banned_by") else None


def _post(told: Object) -> Normalised:
    options = [text for option in objects(told, "poll_data", "options") if (text := find_text(option, "text"))]
    shared = find_text(told, "crosspost_parent")
    attachments = tuple(_media(told))
    linked = address(told, "url_overridden_by_dest") or address(told, "url")
    return Normalised(
        kind="post",
        type="Announce" if shared else "Question" if options else "Note" if told.get("is_self") is True else "Article",
        item=f"t3_{find_id(told, 'id')}",
        url=_page(told),
        title=find_text(told, "title"),
        text="\n".join((find_text(told, "selftext") or "", *options)).strip() or None,
        author=_author(told),
        created=_instant(told.get("created_utc")),
        created_text=_spelled(told.get("created_utc")),
        edited=_instant(told.get("edited")),
        attachments=attachments,
        tags=unique((find_text(told, "subreddit"), find_text(told, "link_flair_text"))),
        links=unique((linked if told.get("is_self") is not True else None,)),
        counts=counts_of([("score", told.get("score")), ("comments", told.get("num_comments"))]),
        flags=_flags(told),
    )


def _comment(told: Object) -> Normalised:
    parent, thread = find_text(told, "parent_id"), find_text(told, "link_id")
    holds = isinstance(told.get("replies"), dict)
    return Normalised(
        kind="reply" if (parent or "").startswith("t1_") else "comment",
        type="Note",
        item=f"t1_{find_id(told, 'id')}",
        url=_page(told),
        text=find_text(told, "body"),
        author=_author(told),
        created=_instant(told.get("created_utc")),
        created_text=_spelled(told.get("created_utc")),
        edited=_instant(told.get("edited")),
        thread=thread,
        parent=parent or thread,
        tags=unique((find_text(told, "subreddit"),)),
        counts=counts_of([("score", told.get("score"))]),
        flags=(*_flags(told), *(("replies-within",) if holds else ())),
    )


def _media(told: Object) -> Iterator[Attachment]:
    """Yield pictures and films, the best that is told first; a film's sound is told nowhere."""
    shown = member(told, "media_metadata")
    ordered = [find_id(one, "media_id") for one in objects(told, "gallery_data", "items")]
    files = shown if isinstance(shown, dict) else {}
    for name in dict.fromkeys((*filter(None, ordered), *files)):
        best = member(files.get(name), "s")
        url = address(best, "u") or address(best, "gif") or address(best, "mp4")
        if url:
            yield Attachment(url=url, role="image")
    film = member(told, "media", "reddit_video") or member(told, "secure_media", "reddit_video")
    if url := address(film, "fallback_url"):
        yield Attachment(url=url, role="video")
    if told.get("post_hint") == "image" and (url := address(told, "url_overridden_by_dest") or address(told, "url")):
        yield Attachment(url=url, role="image")


def _profile(told: Object, *, user: bool) -> Normalised:
    page = told if not user else member(told, "subreddit")
    handle = find_text(told, "name") if user else find_text(told, "display_name")
    url = f"{SITE}/{'user' if user else 'r'}/{handle}" if handle else None
    pictures = unique(address(one, name) for one in (told, page) for name in ("icon_img", "banner_img"))
    title = find_text(page, "title") or handle
    return Normalised(
        kind="profile",
        type="Person" if user else "Group",
        item=f"t2_{find_id(told, 'id') or handle}" if user else find_id(told, "name") or "",
        url=url,
        title=title,
        text="\n".join(unique((find_text(page, "public_description"), find_text(page, "description")))) or None,
        author=Author(id=find_id(told, "id"), name=title, handle=handle, url=url),
        created=_instant(told.get("created_utc")),
        created_text=_spelled(told.get("created_utc")),
        attachments=tuple(Attachment(url=one, role="image") for one in pictures),
        counts=counts_of([("members", told.get("subscribers"))]),
    )


def _more(told: Object) -> Normalised:
    parent = find_text(told, "parent_id")
    return Normalised(
        kind="list",
        type="Collection",
        item=f"more:{parent or find_id(told, 'name')}",
        title="replies that are not shown here",
        parent=parent,
        listed=unique(f"t1_{one}" for one in texts(told, "children")),
        counts=counts_of([("replies", told.get("count"))]),
    )


def _wiki(told: Object) -> Normalised:
    return Normalised(
        kind="page",
        type="Article",
        item="",
        text=find_text(told, "content_md"),
        author=_author({"author": find_text(told, "revision_by", "data", "name")}),
        edited=_instant(told.get("revision_date")),
    )


def _flags(told: Object) -> tuple[str, ...]:
    mark = mark_of(told)
    return (mark,) if mark else ()


def _author(told: Object) -> Author | None:
    name = find_text(told, "author")
    if name is None or name == DELETED:
        return None
    return Author(id=find_id(told, "author_fullname"), handle=name, url=f"{SITE}/user/{name}")


def _page(told: Object) -> str | None:
    path = find_text(told, "permalink") or ""
    return f"{SITE}{path}" if path.startswith("/") else None


def _instant(seconds: Any) -> Instant | None:  # noqa: ANN401 - any JSON; false where there was no edit
    usable = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds < LATEST
    return instant_of_millis(int(seconds * 1000)) if usable else None


def _spelled(seconds: Any) -> str | None:  # noqa: ANN401 - any JSON
    return str(seconds) if _instant(seconds) is not None else None


DIALECT = Dialect(
    view=view_of,
    paths=(("data", "children"), ("json", "data", "things")),
    context=lambda _: {},
    list_view=list_view,
    volatile=VOLATILE,
)
