"""X's archive ("Download an archive of your data"), with the layout since 2019 and that of Twitter before it. Pure.

Each file is a script that assigns a value to a name. Posts have the shape of the API v1.1, without their author.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from archiver.imports.format import Claim, Format, ending, file
from archiver.imports.refusals import refusals
from archiver.parsing.dates import find_instant
from archiver.parsing.json_objects import Located
from archiver.parsing.json_slices import Decoded
from archiver.parsing.json_streams import Broken, find_member, pieces
from archiver.parsing.shapes import address, find_id, find_text, many, member, objects
from archiver.parsing.text import counts_of, find_address, unique
from archiver.platforms import x
from archiver.platforms.objects import item_at, item_of
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archiver.imports.format import Asked, Found, Reader
    from archiver.parsing.json_slices import Buffer
    from archiver.parsing.json_streams import Piece
    from archiver.parsing.shapes import Object

ASSIGNED = re.compile(rb"[^=\[{\"]{0,200}=")
"""A name and the sign behind it: what stands before the value."""

OLD_DATE = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) \+0000")


def _start(content: Buffer) -> int:
    found = ASSIGNED.match(content)
    return found.end() if found else 0


def _inner(name: str, view: Callable[[Object, Asked], Normalised | None]) -> Reader:
    """Return the reader of an array of objects that each hold what ``view`` reads under ``name``."""

    def read(content: Buffer, asked: Asked) -> Iterator[Found]:
        refused = refusals(content)
        for piece in pieces(content, start=_start(content)):
            if isinstance(piece, Broken):
                yield refused(piece.offset, piece.length, piece.why)
                continue
            value = member(piece.value, name)
            place = find_member(piece, name)
            if isinstance(value, dict) and place is not None:
                readable = piece.readable[place[0] - piece.offset :][: place[1]]
                yield item_at(content, *place, view(value, asked), readable=readable)
            else:
                said = view(piece.value, asked) if isinstance(piece.value, dict) else None
                yield item_at(content, piece.offset, piece.length, said, readable=piece.readable)

    return read


def _post(value: Object, asked: Asked) -> Normalised | None:
    said = x.view_of(value, {})
    if said is None or said.kind not in ("post", "reply"):
        return said
    author = said.author if said.author and said.author.handle else asked.owner
    handle = author.handle if author and author.handle else "i"
    old = OLD_DATE.fullmatch(said.created_text or "")
    created = said.created or (find_instant(f"{old[1]}T{old[2]}Z") if old else None)
    return msgspec.structs.replace(
        said, author=author, created=created, url=f"https://x.com/{handle}/status/{said.item}"
    )


def _deleted(value: Object, asked: Asked) -> Normalised | None:
    said = _post(value, asked)
    return said and msgspec.structs.replace(said, flags=(*said.flags, "deleted-by-owner"))


def _note(value: Object, asked: Asked) -> Normalised | None:
    number = find_id(value, "noteTweetId")
    if number is None:
        return None
    created_text = find_text(value, "createdAt")
    core = member(value, "core")
    return Normalised(
        kind="post",
        type="Note",
        item=f"note:{number}",
        text=find_text(core, "text"),
        author=asked.owner,
        created=find_instant(created_text),
        created_text=created_text,
        edited=find_instant(find_text(value, "updatedAt")),
        tags=unique(find_text(tag, "text") for tag in objects(core, "hashtags")),
        mentions=unique(find_text(one, "screenName") for one in objects(core, "mentions")),
        links=unique(address(one, "expandedUrl") for one in objects(core, "urls")),
    )


def _conversations(content: Buffer, _: Asked) -> Iterator[Found]:
    refused = refusals(content)
    for piece in pieces(content, start=_start(content)):
        if isinstance(piece, Broken):
            yield refused(piece.offset, piece.length, piece.why)
            continue
        conversation = find_id(member(piece.value, "dmConversation"), "conversationId")
        messages = list(_located(content, piece).at(("dmConversation", "messages")))
        if conversation is None or not isinstance(member(piece.value, "dmConversation", "messages"), list):
            yield item_at(content, piece.offset, piece.length, None, readable=piece.readable)
        for message in messages:
            yield item_of(content, message, _message(message.value, conversation))


def _located(content: Buffer, piece: Piece) -> Located:
    native = content[piece.offset : piece.offset + piece.length]
    return Located.whole(Decoded(piece.value, piece.readable, replaced=native != piece.readable), shift=piece.offset)


def _message(value: object, conversation: str | None) -> Normalised | None:
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((named, said),) = value.items()
    number = find_id(said, "id")
    if number is None:
        return None
    created_text = find_text(said, "createdAt")
    is_message = named in ("messageCreate", "welcomeMessageCreate")
    links = unique(address(one, "expanded") for one in objects(said, "urls"))
    urls = unique(find_address(one, base="") for one in many(member(said, "mediaUrls")))
    sender = find_id(said, "senderId", "initiatingUserId", "userId")
    recipient = find_id(said, "recipientId")
    return Normalised(
        kind="message" if is_message else "event",
        type="Note" if is_message else named,
        item=f"message:{number}",
        text=find_text(said, "text") or find_text(said, "name"),
        author=Author(id=sender) if sender else None,
        created=find_instant(created_text),
        created_text=created_text,
        thread=conversation,
        attachments=tuple(Attachment(url=url, role="image") for url in urls),
        mentions=unique((recipient,)),
        links=links,
    )


def _listed(prefix: str, named: str) -> Callable[[Object, Asked], Normalised | None]:
    def view(value: Object, _: Asked) -> Normalised | None:
        number = find_id(value, "accountId", "tweetId")
        if number is None:
            return None
        url = address(value, "userLink") or address(value, "expandedUrl")
        return Normalised(
            kind="event",
            type=named,
            item=f"{prefix}:{number}",
            url=url,
            text=find_text(value, "fullText"),
            links=unique((url,)),
        )

    return view


def _profile(value: Object, asked: Asked) -> Normalised | None:
    described = member(value, "description")
    pictures = unique((address(value, "avatarMediaUrl"), address(value, "headerMediaUrl")))
    owner = asked.owner or Author()
    return Normalised(
        kind="profile",
        type="Person",
        item=f"user:{owner.id or owner.handle or 'owner'}",
        url=f"https://x.com/{owner.handle}" if owner.handle else None,
        title=owner.name,
        text="\n".join(part for name in ("bio", "location") if (part := find_text(described, name))) or None,
        author=asked.owner,
        attachments=tuple(Attachment(url=url, role="image") for url in pictures),
        links=unique((find_address(find_text(described, "website"), base=""),)),
    )


def _account(value: Object, _: Asked) -> Normalised | None:
    number = find_id(value, "accountId", "id")
    handle = find_text(value, "username") or find_text(value, "screen_name")
    if number is None:
        return None
    created_text = find_text(value, "createdAt") or find_text(value, "created_at")
    return Normalised(
        kind="profile",
        type="Person",
        item=f"account:{number}",
        url=f"https://x.com/{handle}" if handle else None,
        title=find_text(value, "accountDisplayName") or find_text(value, "full_name"),
        text=find_text(value, "bio"),
        author=Author(id=number, handle=handle),
        created=find_instant(created_text),
        created_text=created_text,
    )


def _manifest(content: Buffer, _: Asked) -> Iterator[Found]:
    """Yield what the archive says that each of its files holds, and the manifest itself."""
    refused = refusals(content)
    for piece in pieces(content, start=_start(content)):
        if isinstance(piece, Broken):
            yield refused(piece.offset, piece.length, piece.why)
            continue
        kinds = member(piece.value, "dataTypes")
        for kind, said in kinds.items() if isinstance(kinds, dict) else ():
            for one in objects(said, "files"):
                name, count = find_text(one, "fileName"), counts_of([("count", one.get("count"))]).get("count")
                if name and count is not None and kind in COUNTED:
                    yield Claim(count, name)


def _index(content: Buffer, _: Asked) -> Iterator[Found]:
    """Yield what the older archive says that each month holds."""
    refused = refusals(content)
    for piece in pieces(content, start=_start(content)):
        if isinstance(piece, Broken):
            yield refused(piece.offset, piece.length, piece.why)
            continue
        name = find_text(piece.value, "file_name")
        count = counts_of([("count", member(piece.value, "tweet_count"))]).get("count")
        if name and count is not None:
            yield Claim(count, name)


COUNTED = frozenset(
    {
        "tweets",
        "tweet",
        "deletedTweets",
        "noteTweet",
        "communityTweet",
        "follower",
        "following",
        "like",
        "profile",
        "account",
    }
)
"""What the manifest counts in items, as we do; it counts conversations where we count messages."""


def _gathered(content: Buffer) -> Mapping[str, str]:
    start = _start(content)
    for piece in pieces(content, start=start):
        if isinstance(piece, Broken) or not isinstance(piece.value, dict):
            continue
        said = member(piece.value, "account") or member(piece.value, "userInfo") or piece.value
        found = {
            "id": find_id(said, "accountId", "id"),
            "handle": find_text(said, "username") or find_text(said, "userName") or find_text(said, "screen_name"),
            "name": find_text(said, "accountDisplayName")
            or find_text(said, "displayName")
            or find_text(said, "full_name"),
        }
        return {key: text for key, text in found.items() if text}
    return {}


def _owner(about: Mapping[str, str]) -> Author | None:
    if not about:
        return None
    handle = about.get("handle")
    return Author(
        id=about.get("id"),
        handle=handle,
        name=about.get("name"),
        url=f"https://x.com/{handle}" if handle else None,
    )


def _file_of(view: Normalised, attachment: Attachment) -> str | None:
    """Return what a medium is called in the archive: the number of its post or message, and its own name."""
    name = urlsplit(attachment.url).path.rpartition("/")[2]
    number = view.item.rpartition(":")[2]
    return f"{number}-{name}" if name else None


ABOUT = r"data/(?:account|manifest)\.js|data/js/user_details\.js|account\.js|manifest\.js"

FORMAT = Format(
    collector="x-archive/1",
    title="an archive of X",
    platforms=("x",),
    mark=ending(
        r"data/(?:manifest|tweets?|account)\.js|data/js/(?:tweet_index|user_details)\.js|data/js/tweets/\d{4}_\d\d\.js"
    ),
    files=(
        file(r"manifest\.js", "what the archive says of itself", _manifest),
        file(r"data/js/tweet_index\.js", "what the archive says of itself", _index),
        file(r"data/js/tweets/\d{4}_\d\d\.js", "posts", _inner("tweet", _post)),
        file(r"(?:tweets?|community-tweet)(?:-part\d+)?\.js", "posts", _inner("tweet", _post)),
        file(r"deleted-tweets?(?:-part\d+)?\.js", "deleted posts", _inner("tweet", _deleted)),
        file(r"note-tweet(?:-part\d+)?\.js", "long posts", _inner("noteTweet", _note)),
        file(r"direct-messages?(?:-group)?(?:-part\d+)?\.js", "messages", _conversations),
        file(r"follower(?:-part\d+)?\.js", "followers", _inner("follower", _listed("follower", "Follow"))),
        file(r"following(?:-part\d+)?\.js", "followed", _inner("following", _listed("following", "Follow"))),
        file(r"likes?(?:-part\d+)?\.js", "likes", _inner("like", _listed("like", "Like"))),
        file(r"profile\.js", "the profile", _inner("profile", _profile)),
        file(r"account\.js", "the account", _inner("account", _account)),
        file(r"data/js/user_details\.js", "the account", _inner("account", _account)),
    ),
    gather=((ending(ABOUT), _gathered),),
    owner=_owner,
    file_of=_file_of,
)
