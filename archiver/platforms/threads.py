"""Threads: what its API returns, and what it is asked for. Pure.

Sources: developers.facebook.com, Threads API reference: Profile, Media, Reply Management; "Text Attachments".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import msgspec

from archiver.parsing.shapes import address, find_id, find_text, member
from archiver.parsing.text import unique
from archiver.platforms.authorisation import Given, Renewal
from archiver.platforms.graph import all_in, find_moment, handle_of, node, own_profile, stands_for_own
from archiver.platforms.graph_events import WEBHOOK, at_handle, find_event
from archiver.platforms.graph_reading import dialect, listed, reading, single
from archiver.platforms.notifying import by_identity
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Question
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archiver.parsing.shapes import Object
    from archiver.platforms.dialect import Context
    from archiver.platforms.reading import Led, Site

SHOWN = "id,media_type,media_url,thumbnail_url,gif_url"
BOTH = (
    f"{SHOWN},media_product_type,permalink,username,text,timestamp,shortcode,children{{{SHOWN},alt_text}},is_quote_post,"
    "quoted_post,reposted_post,has_replies,reply_audience,topic_tag,alt_text,link_attachment_url,poll_attachment,"
    "location_id"
)
PROFILE_FIELDS = "id,username,name,threads_profile_picture_url,threads_biography,is_verified"
# What goes beyond a post's text is shown with posts alone, and by no list of replies.
POST_FIELDS = f"{BOTH},owner,text_attachment,text_entities,is_spoiler_media"
REPLY_FIELDS = f"{BOTH},root_post,replied_to,is_reply,is_reply_owned_by_me,hide_status"
HIDDEN = frozenset({"HIDDEN", "COVERED", "BLOCKED", "RESTRICTED"})
MEDIA = frozenset({"media_type", "text", "permalink", "shortcode", "root_post", "replied_to", "location_id"})
PROFILE = frozenset({"threads_biography", "threads_profile_picture_url", "name"})
OPTIONS = ("option_a", "option_b", "option_c", "option_d")
VOLATILE = (
    *(f"{shown}{name}" for shown in ("", "children.data.") for name in ("media_url", "thumbnail_url", "gif_url")),
    *(f"poll_attachment.{option}_votes_percentage" for option in OPTIONS),
    *("poll_attachment.total_votes", "has_replies", "threads_profile_picture_url?"),
)


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object of the API or of a webhook says, told by its members alone."""
    event = find_event(value)
    if event is not None:
        return event
    if find_id(value, "id") is None:
        return None
    if value.keys() & MEDIA:
        return _post(value)
    return _profile(value) if value.keys() & PROFILE else None


def _post(value: Object) -> Normalised:
    parent = find_id(member(value, "replied_to"), "id")
    options = [text for name in OPTIONS if (text := find_text(value, "poll_attachment", name))]
    shared, attached = value.get("media_type") == "REPOST_FACADE", member(value, "text_attachment")
    handle = find_text(value, "username")
    number = find_id(member(value, "owner"), "id")
    return Normalised(
        kind="reply" if parent or value.get("is_reply") is True else "post",
        type="Announce" if shared else "Question" if options else "Note",
        item=find_id(value, "id") or "",
        url=address(value, "permalink"),
        text="\n".join(filter(None, (find_text(value, "text"), find_text(attached, "plaintext"), *options))) or None,
        author=Author(id=number, handle=handle, url=_page(handle)) if number or handle else None,
        created=find_moment(value.get("timestamp")),
        created_text=find_text(value, "timestamp"),
        thread=find_id(member(value, "root_post"), "id"),
        parent=parent,
        attachments=tuple(_attachments(value)),
        tags=unique((find_text(value, "topic_tag"),)),
        links=unique(
            (
                *(address(whole, "link_attachment_url") for whole in (value, attached)),
                *(address(value, name, "permalink") for name in ("quoted_post", "reposted_post")),
            )
        ),
        flags=("hidden",) if find_text(value, "hide_status") in HIDDEN else (),
    )


def _attachments(value: Object) -> Iterator[Attachment]:
    for shown in list(all_in(value, "children")) or [value]:
        url = address(shown, "media_url") or address(shown, "gif_url")
        role: Literal["video", "audio", "image"] = "image"
        if shown.get("media_type") in ("VIDEO", "AUDIO"):
            role = "video" if shown["media_type"] == "VIDEO" else "audio"
        if url:
            yield Attachment(url=url, role=role, alt=find_text(shown, "alt_text"))


def _profile(value: Object) -> Normalised:
    handle, picture = find_text(value, "username"), address(value, "threads_profile_picture_url")
    return Normalised(
        kind="profile",
        type="Profile",
        item=find_id(value, "id") or "",
        url=_page(handle),
        title=find_text(value, "name"),
        text=find_text(value, "threads_biography"),
        author=Author(id=find_id(value, "id"), name=find_text(value, "name"), handle=handle, url=_page(handle)),
        attachments=(Attachment(url=picture, role="image"),) if picture else (),
    )


def _page(handle: str | None) -> str | None:
    return f"https://www.threads.com/@{handle}" if handle else None


def _start(site: Site) -> Iterable[Question]:
    yield Question("profile", node(site, "me", fields=PROFILE_FIELDS), about=handle_of(site))


def _of_profile(led: Led) -> Iterable[Question]:
    account = led.view.item
    yield Question("threads", node(led.site, account, "threads", fields=POST_FIELDS, limit="100"))
    yield Question("own_replies", node(led.site, account, "replies", fields=REPLY_FIELDS, limit="100"))


def _of_post(led: Led) -> Iterable[Question]:
    yield _below(led, "conversation")


def _of_reply(led: Led) -> Iterable[Question]:
    """What is answered to an own reply in somebody else's thread, and to that."""
    yield _below(led, "replies")


def _below(led: Led, edge: str) -> Question:
    url = node(led.site, led.view.item, edge, fields=REPLY_FIELDS, reverse="true", limit="100")
    return Question(edge, url, led.view.item, empty=led.value.get("has_replies") is not True)


def _as_reply(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(
        view, kind="reply", thread=view.thread or question.about, parent=view.parent or question.about
    )


def _names(site: Site) -> tuple[str, ...]:
    """Return by what calls name the account: by its handle, and where it is mentioned by its id."""
    return unique((at_handle(handle_of(site)), *by_identity(site)))


READING = reading(
    "threads/1",
    api="https://graph.threads.com",
    start=_start,
    endpoints={
        "profile": single("the profile", leads=_of_profile),
        "threads": listed("the posts", "newest", leads=_of_post),
        "own_replies": listed("the account's replies", "newest", leads=_of_reply),
        "conversation": listed("the conversation below a post", "newest", seen_as=_as_reply),
        "replies": listed("the replies to a reply", "newest", seen_as=_as_reply, leads=_of_reply),
    },
    fields={"post": POST_FIELDS, "reply": REPLY_FIELDS},
    stands_for=stands_for_own,
    identity=own_profile,
)
PLATFORM = Platform(
    name="threads",
    title="Threads",
    dialect=dialect(view_of, VOLATILE),
    reading=READING,
    webhook=replace(WEBHOOK, names=_names),
    authorisation=Given(
        steps=(
            "At developers.facebook.com, create an app with the use case 'Access the Threads API'.",
            "Give it threads_basic and threads_read_replies, and add the account as a tester; accept in its settings.",
            "Generate its token with the User Token Generator in the use case's settings, and copy it.",
            "The token ends after 60 days. Where it is kept in a file or a keyring, Holdfast exchanges it in time.",
        ),
        renewal=Renewal(path="/refresh_access_token", grant="th_refresh_token", days=60),
    ),
)
