"""What Facebook, Instagram and Threads tell by webhook: changes to feeds and comments, and messages. Pure.

A change is an event with the id of what it is about as its parent. Sources: developers.facebook.com, "Webhooks for
Pages", "Messenger Platform: Webhook events", "Instagram Platform: Webhooks", "Threads API: Webhooks".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from archiver.parsing.shapes import address, find_id, find_text, many, member, objects
from archiver.parsing.text import find_address, unique
from archiver.platforms.graph import find_moment
from archiver.platforms.notifying import Named, Webhook, by_challenge, json_in, signed_with, whose_in
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archiver.parsing.shapes import Object

PATHS = (("entry", "changes"), ("entry", "messaging"), ("entry", "standby"), ("values",))
TYPES = {
    "add": "Create",
    "edit": "Update",
    "edited": "Update",
    "update": "Update",
    "hide": "Update",
    "unhide": "Update",
    "remove": "Delete",
    "delete": "Delete",
}
LIKES = frozenset({"like", "reaction"})
WITHOUT_VERB = {"comments": "Create", "live_comments": "Create", "replies": "Create", "publish": "Create"}
COMMENTED = frozenset({"comments", "live_comments", "replies"})
CHANGE = frozenset({"field", "value", "verb", "id", "time"})
MADE_OF = frozenset({"sender", "recipient", "timestamp"})
SHAPES = {"reaction": "Like", "read": "Read"}
ROLES: Mapping[str, Literal["image", "video", "audio", "document"]] = {
    "image": "image",
    "video": "video",
    "audio": "audio",
}


def find_event(value: Object) -> Normalised | None:
    """Return what a webhook tells by a value, or ``None`` where the value is none of a webhook's."""
    if isinstance(value.get("field"), str) and value.keys() <= CHANGE:
        return _change(value)
    if isinstance(value.get("recipient"), dict) and value.keys() & {"sender", "timestamp"}:
        return _messaging(value)
    return None


def _change(whole: Object) -> Normalised:
    named, value = whole["field"], whole.get("value")
    about, verb = find_text(value, "item") or named, find_text(value, "verb") or find_text(whole, "verb")
    within = (find_id(member(value, name), "id") for name in ("media", "root_post"))
    thread = find_id(value, "post_id") or next(filter(None, within), None) or find_id(value, "root_post")
    target = find_id(value, "comment_id", "id", "photo_id", "video_id", "album_id", "open_graph_story_id")
    kind = TYPES.get(verb or "", WITHOUT_VERB.get(named, TYPES.get(named, "Activity")))
    if about in LIKES:
        kind = "Undo" if kind == "Delete" else "Like"
    told = next((text for name in ("message", "text", "review_text") if (text := find_text(value, name))), None)
    created = member(value, "created_time") or member(value, "timestamp")
    return Normalised(
        kind="event",
        type=kind,
        item="",
        title=" ".join(filter(None, (about, verb))),
        text=told,
        author=_who(value),
        created=find_moment(created),
        created_text=str(created) if isinstance(created, str | int) else None,
        thread=thread,
        parent=target or thread,
        attachments=tuple(_shown(value)),
        links=unique((address(value, "link"), address(value, "permalink"))),
        flags=("hidden",) if verb == "hide" else (),
    )


def _who(value: Any) -> Author | None:  # noqa: ANN401 - any JSON
    whose = member(value, "from")
    number = find_id(whose, "id") or find_id(value, "sender_id", "user_id", "reviewer_id")
    name = find_text(whose, "name") or find_text(value, "sender_name") or find_text(value, "reviewer_name")
    handle = find_text(whose, "username") or find_text(value, "username")
    return Author(id=number, name=name, handle=handle) if number or name or handle else None


def _shown(value: Any) -> Iterator[Attachment]:  # noqa: ANN401 - any JSON
    for found in (*many(member(value, "photo")), *many(member(value, "photos"))):
        if url := find_address(found, base=""):
            yield Attachment(url=url, role="image")
    if url := address(value, "video"):
        yield Attachment(url=url, role="video")


def _messaging(value: Object) -> Normalised:
    message = member(value, "message")
    number = find_id(message, "mid")
    sender = find_id(value.get("sender"), "id", "user_ref")
    gone = member(message, "is_deleted") is True
    named = next((name for name in value if name not in MADE_OF), "event")
    answered = member(message, "reply_to") if number else member(value, named)
    return Normalised(
        kind="message" if number and not gone else "event",
        type="Delete" if gone else "Note" if number else SHAPES.get(named, "Activity"),
        item="" if gone else number or "",
        title=None if number else named,
        text=find_text(message, "text") or find_text(value, named, "emoji") or find_text(value, named, "title"),
        author=Author(id=sender) if sender else None,
        created=find_moment(value.get("timestamp")),
        created_text=find_id(value, "timestamp"),
        parent=number if gone else find_id(answered, "mid"),
        attachments=tuple(
            Attachment(url=url, role=ROLES.get(str(one.get("type")), "document"))
            for one in objects(message, "attachments")
            if (url := address(one, "payload", "url"))
        ),
        mentions=unique((find_id(value["recipient"], "id"),)),
    )


def _told_of(body: bytes) -> Iterator[Named]:
    """Yield what the changes in a call are about: posts, and comments with what they are below."""
    for whose, change in _parts(body):
        value, event = change.get("value"), find_event(change)
        if event is None or event.parent is None or event.type in ("Like", "Undo"):
            continue
        below = event.thread if event.parent != event.thread else None
        is_comment = find_id(value, "comment_id") or find_text(change, "field") in COMMENTED
        yield Named(event.parent, "comment" if is_comment else "post", below or "", whose)


def _told_about(body: bytes) -> Iterator[str]:
    """Yield whom each part of a call is about."""
    return (whose for whose, _ in _parts(body))


def _parts(body: bytes) -> Iterator[tuple[str, Object]]:
    """Yield the changes in a call, each with whom it is about.

    An entry is about the page or account that its ``id`` names: of Instagram, what a profile has as ``user_id``
    ("Webhooks: Getting Started", Event notifications; "Instagram API with Instagram Login: Get Started", Fields).
    """
    call = json_in(body)
    for entry in objects(call, "entry"):
        for change in objects(entry, "changes") if "changes" in entry else (entry,):
            yield whose_in(entry, "id"), change
    single = member(call, "values")  # Threads' document shows one change where others have a list of them
    for change in (single,) if isinstance(single, dict) else objects(call, "values"):
        yield _whose_at_threads(call, change), change


def _whose_at_threads(call: Object, change: Object) -> str:
    """Return whom a change is about ("Threads API: Webhooks", Webhook Topics, Notification Formats).

    Of a mention ``target_id`` is who was mentioned, and of everything else the post. What was published or deleted was
    so by the account, and what is answered to is the account's.
    """
    value = change.get("value")
    match change.get("field"):
        case "mentions":
            return whose_in(call, "target_id")
        case "publish" | "delete":
            return at_handle(whose_in(value, "username"))
        case "replies":
            return at_handle(whose_in(member(value, "root_post"), "username"))
        case _:
            return ""


def at_handle(handle: str) -> str:
    """Return a handle as another thing than an id; nothing for none."""
    return f"@{handle.lower()}" if handle else ""


WEBHOOK = Webhook(greeted=by_challenge, signed=signed_with("x-hub-signature-256"), named=_told_of, about=_told_about)
"""How all three call (developers.facebook.com, "Webhooks: Getting Started"): signed with the app's secret."""
