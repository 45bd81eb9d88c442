"""Google Takeout's "YouTube and YouTube Music": comments, live chats, posts, videos, playlists, history. Pure.

Folders, files and columns are called by the language of the account. Tables whose columns are not known by name are
kept row by row, and said to be unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.imports.format import Format, ending, file
from archiver.imports.refusals import refusals
from archiver.imports.tables import Table
from archiver.parsing.dates import find_instant
from archiver.parsing.json_slices import JsonMalformedError, decode
from archiver.parsing.json_streams import Broken, pieces
from archiver.parsing.shapes import address, find_text, objects
from archiver.parsing.text import unique
from archiver.platforms.objects import item_at
from schemas.digest import Digest
from schemas.record import Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.imports.format import Asked, Found
    from archiver.parsing.json_slices import Buffer
    from archiver.parsing.shapes import Object

FOLDER = r"(?:youtube[^/]*|[^/]*youtube music[^/]*)/(?:[^/]+/)*"


def segments(text: str) -> str:
    """Return what a cell says whose text is JSON: objects with ``text``, in an array, or parted by commas."""
    stripped = text.strip()
    if not stripped.startswith(("{", "[")):
        return stripped
    try:
        value = decode((stripped if stripped.startswith("[") else f"[{stripped}]").encode("utf-8", "replace")).value
    except JsonMalformedError:
        return stripped
    found = [find_text(one, "text") for one in value if isinstance(one, dict)]
    return "".join(one for one in found if one) or stripped


COMMENTS = Table(
    kind="comment",
    type="Note",
    prefix="comment:",
    item=("comment id",),
    text=("comment text",),
    created=("comment create timestamp",),
    parent=("parent comment id",),
    thread=("video id", "post id"),
    answers=True,
    clean=segments,
)
CHATS = Table(
    kind="comment",
    type="Note",
    item=("live chat id",),
    text=("live chat text",),
    created=("live chat create timestamp",),
    thread=("video id",),
    clean=segments,
)
POSTS = Table(
    kind="post",
    type="Note",
    item=("post id",),
    text=("post text",),
    created=("post create timestamp",),
    clean=segments,
)
VIDEOS = Table(
    kind="post",
    type="Video",
    item=("video id",),
    title=("video title (original)",),
    text=("video description (original)",),
    created=("video publish timestamp", "video create timestamp"),
)
PLAYLISTS = Table(
    kind="event",
    type="Collection",
    prefix="playlist:",
    item=("playlist id",),
    title=("playlist title (original)",),
    text=("playlist description (original)",),
    created=("playlist create timestamp",),
)
IN_PLAYLIST = Table(
    kind="event", type="Add", prefix="in-playlist:", text=("video id",), created=("playlist video creation timestamp",)
)
SUBSCRIPTIONS = Table(
    kind="event",
    type="Follow",
    prefix="subscription:",
    item=("channel id",),
    url=("channel url",),
    title=("channel title",),
)
CHANNELS = Table(
    kind="profile",
    type="Person",
    prefix="channel:",
    item=("channel id",),
    title=("channel title (original)",),
    text=("channel country",),
)
TABLES = (COMMENTS, CHATS, POSTS, IN_PLAYLIST, PLAYLISTS, SUBSCRIPTIONS, VIDEOS, CHANNELS)


def _table(content: Buffer, asked: Asked) -> Iterator[Found]:
    """Yield the rows of a table that is told by its columns, whatever its file is called."""
    head = content[:4096].decode("utf-8-sig", "replace").splitlines()[:1]
    names = tuple(cell.strip().strip('"').lower() for cell in head[0].split(",")) if head else ()
    table = next((one for one in TABLES if one.knows(names)), COMMENTS)
    yield from table.reader()(content, asked)


def _history(content: Buffer, asked: Asked) -> Iterator[Found]:
    refused = refusals(content)
    for piece in pieces(content):
        if isinstance(piece, Broken):
            yield refused(piece.offset, piece.length, piece.why)
        else:
            said = _watched(piece.value, asked) if isinstance(piece.value, dict) else None
            yield item_at(content, piece.offset, piece.length, said, readable=piece.readable)


def _watched(value: Object, asked: Asked) -> Normalised | None:
    title, created_text = find_text(value, "title"), find_text(value, "time")
    if title is None or created_text is None:
        return None
    url = address(value, "titleUrl")
    shown = next(objects(value, "subtitles"), None)
    key = Digest.of("\0".join((created_text, url or "", title)).encode("utf-8", "replace")).hex[:32]
    return Normalised(
        kind="event",
        type="View",
        item=f"history:{key}",
        url=url,
        title=title,
        text=find_text(shown, "name"),
        author=asked.owner,
        created=find_instant(created_text),
        created_text=created_text,
        links=unique((url, address(shown, "url"))),
    )


FORMAT = Format(
    collector="youtube-takeout/2",
    title="Google Takeout of YouTube",
    platforms=("youtube",),
    mark=ending(rf"{FOLDER}(?:comments|live chats|subscriptions|watch-history|videos)\.(?:csv|json|html)"),
    files=(
        file(rf"{FOLDER}[^/]*\.csv", "a table", _table),
        file(
            rf"{FOLDER}[^/]*(?:history|verlauf|geschiedenis|historique|historial|cronologia)[^/]*\.json",
            "history",
            _history,
        ),
    ),
)
