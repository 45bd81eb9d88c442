"""What exports of Facebook and Instagram have in common: their text, their keys, their conversations. Pure.

Text is UTF-8 whose bytes were taken for Latin-1 and escaped one by one. Nothing has an id, so an item is known by what
it says: its time, its text, its files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from archiver.imports.format import LOCAL
from archiver.imports.refusals import refusals
from archiver.parsing.dates import instant_of_millis
from archiver.parsing.json_objects import Located
from archiver.parsing.json_slices import Decoded
from archiver.parsing.json_streams import Broken, pieces
from archiver.parsing.shapes import find_text, member, objects
from archiver.parsing.text import find_address, unique
from archiver.platforms.objects import item_at, item_of
from schemas.digest import Digest
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from archiver.imports.format import Asked, Found, Reader
    from archiver.parsing.json_slices import Buffer
    from archiver.parsing.shapes import Object
    from schemas.instant import Instant
    from schemas.record import Kind

    View = Callable[[Object, Asked], Normalised | None]

OPENING = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*+\[")
FILM = re.compile(r"\.(?:mp4|mov|webm|avi|m4v|3gp)$", re.IGNORECASE)
SOUND = re.compile(r"\.(?:mp3|aac|wav|ogg|m4a)$", re.IGNORECASE)
PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|heic|bmp|srt)$", re.IGNORECASE)
IN_MESSAGES = ("photos", "videos", "audio_files", "files", "gifs")


def unscrambled(text: str | None) -> str | None:
    """Return text whose UTF-8 bytes were taken for Latin-1 as it was meant; other text as it is."""
    if text is None or text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def text_at(value: Any, *names: str) -> str | None:  # noqa: ANN401 - any JSON
    """Return the text at the end of a path, as it was meant."""
    return unscrambled(find_text(value, *names))


def instant_at(value: Any, *names: str) -> tuple[Instant | None, str | None]:  # noqa: ANN401 - any JSON
    """Return the instant at the end of a path, and how it is spelled; seconds, or milliseconds in ``…_ms``."""
    found = member(value, *names)
    if isinstance(found, bool) or not isinstance(found, int) or found <= 0:
        return None, None
    millis = found if names[-1].endswith("_ms") else found * 1000
    return instant_of_millis(millis), str(found)


def key_of(prefix: str, created: str | None, texts: Iterable[str | None], attachments: Iterable[Attachment]) -> str:
    """Return what an item is known by: its time, texts and files (by their last name: folders change their names)."""
    parts = [created or "", *(text or "" for text in texts), *(one.url.rpartition("/")[2] for one in attachments)]
    return f"{prefix}:{Digest.of(chr(0).join(parts).encode('utf-8', 'replace')).hex[:32]}"


def attachment_of(media: Any) -> Attachment | None:  # noqa: ANN401 - any JSON
    """Return a file of the export, or an address beyond it, as an attachment."""
    uri = text_at(media, "uri")
    if not uri:
        return None
    role = "video" if FILM.search(uri) else "audio" if SOUND.search(uri) else "image" if PICTURE.search(uri) else None
    url = find_address(uri, base="") or f"{LOCAL}{uri.lstrip('/')}"
    return Attachment(
        url=url,
        role=role or "document",  # type: ignore[arg-type] # told above
        alt=text_at(media, "description") or text_at(media, "title"),
    )


def attachments_of(found: Iterable[Any]) -> tuple[Attachment, ...]:
    """Return the files of several media, each once."""
    return tuple({one.url: one for media in found if (one := attachment_of(media))}.values())


def listed(view: View) -> Reader:
    """Return the reader of a file that is an array, or an object with arrays, of what ``view`` reads."""

    def read(content: Buffer, asked: Asked) -> Iterator[Found]:
        refused = refusals(content)
        found = pieces(content) if OPENING.match(content) else pieces(content, "*")
        for piece in found:
            if isinstance(piece, Broken):
                yield refused(piece.offset, piece.length, piece.why)
            else:
                said = view(piece.value, asked) if isinstance(piece.value, dict) else None
                yield item_at(content, piece.offset, piece.length, said, readable=piece.readable)

    return read


def single(view: View) -> Reader:
    """Return the reader of a file that is one object which ``view`` reads."""

    def read(content: Buffer, asked: Asked) -> Iterator[Found]:
        refused = refusals(content)
        for piece in pieces(content):
            if isinstance(piece, Broken):
                yield refused(piece.offset, piece.length, piece.why)
            else:
                said = view(piece.value, asked) if isinstance(piece.value, dict) else None
                yield item_at(content, piece.offset, piece.length, said, readable=piece.readable)

    return read


def read_conversation(content: Buffer, asked: Asked) -> Iterator[Found]:
    """Yield the messages of one part of a conversation (``messages/inbox/…/message_1.json``)."""
    refused = refusals(content)
    for piece in pieces(content):
        if isinstance(piece, Broken):
            yield refused(piece.offset, piece.length, piece.why)
            continue
        native = content[piece.offset : piece.offset + piece.length]
        whole = Located.whole(
            Decoded(piece.value, piece.readable, replaced=native != piece.readable), shift=piece.offset
        )
        thread = text_at(piece.value, "thread_path") or asked.path.rpartition("/")[0]
        title = text_at(piece.value, "title")
        names = unique(text_at(one, "name") for one in objects(piece.value, "participants"))
        found = 0
        for message in whole.at(("messages",)):
            found += 1
            said = message.value if isinstance(message.value, dict) else {}
            yield item_of(content, message, _message(said, thread=thread, title=title, names=names))
        if not found and not isinstance(member(piece.value, "messages"), list):
            yield refused(piece.offset, piece.length, "there is no conversation in it")


def _message(value: Object, *, thread: str, title: str | None, names: tuple[str, ...]) -> Normalised:
    created, created_text = instant_at(value, "timestamp_ms")
    sender = text_at(value, "sender_name")
    media = [one for name in IN_MESSAGES for one in objects(value, name)]
    sticker = member(value, "sticker")
    attachments = attachments_of([*media, sticker] if isinstance(sticker, dict) else media)
    text = "\n".join(part for part in (text_at(value, "content"), text_at(value, "share", "share_text")) if part)
    return Normalised(
        kind="message",
        type="Note",
        item=key_of("message", created_text, (thread.rpartition("/")[2], sender, text), attachments),
        title=title,
        text=text or None,
        author=Author(name=sender) if sender else None,
        created=created,
        created_text=created_text,
        thread=thread,
        attachments=attachments,
        mentions=tuple(name for name in names if name != sender),
        links=unique((find_address(text_at(value, "share", "link"), base=""),)),
    )


def first_texts(*found: str | None) -> str | None:
    """Return the texts that are there, each once, one below the other."""
    return "\n".join(unique(found)) or None


def kind_of(path: str, kinds: Iterable[tuple[str, Kind]], default: Kind) -> Kind:
    """Return the kind whose name occurs in the last part of a path."""
    name = path.rpartition("/")[2].lower()
    return next((kind for word, kind in kinds if word in name), default)
