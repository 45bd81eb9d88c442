"""One message of e-mail (RFC 5322, MIME) in its bytes: its headers, its text, its attachments, within bounds. Pure.

Python's parser is asked for no more than a bounded message: what nests, folds or repeats beyond anything real is not
read, and says so. Nothing that a message names is opened or fetched.
"""

from __future__ import annotations

import email.policy
import re
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from typing import TYPE_CHECKING

from archiver.parsing.markup import is_bomb, read_fragment
from archiver.parsing.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 64 << 20
MOST_LINES = 1_000_000
MOST_PARTS = 200
MOST_WORK = 50_000_000
"""How many lines times levels of nesting are looked at: each line is held against every boundary around it."""

LARGEST_HEAD = 256 << 10
MOST_DESCRIBING, LONGEST_DESCRIBING = 1 << 20, 4_000
"""How long all fields together, and one of them, may be that say what a part is: reading one takes its square."""

LONGEST_FIELD = 4_000
MOST_ADDRESSES = 500
LONGEST_TEXT = 4 << 20

NESTING = re.compile(rb"boundary\s*(?:\*\d*\*?)?\s*=|^content-type:\s*message/", re.IGNORECASE | re.MULTILINE)
END_OF_HEAD = re.compile(rb"\r?\n\r?\n|\r\r")
DESCRIBING = re.compile(rb"^content-[a-z-]{1,40}:[^\n]*+(?:\n[ \t][^\n]*+)*+", re.IGNORECASE | re.MULTILINE)
FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
"""The beginning of a header field (RFC 5322 section 2.2, and the white space of section 4.5)."""

ANGLED = re.compile(r"<([^<>\s]{1,1000})>")
OF_READING = (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError, AssertionError)
"""What Python's parser raises on messages that are none, besides what it notes as defects."""


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """One part that is not the text: its place among the parts, its name as stated, its type and its bytes."""

    number: int
    name: str | None
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """What a message says. ``sender`` and ``recipients`` are names and addresses; ids are without angle brackets.

    ``unread`` tells that more is in it than is read, ``defective`` that it breaks the rules of MIME.
    """

    id: str | None
    subject: str | None
    date: str | None
    sender: tuple[str, str] | None
    recipients: tuple[tuple[str, str], ...]
    answers: str | None
    thread: str | None
    text: str | None
    attachments: tuple[MailAttachment, ...]
    unread: bool = False
    defective: bool = False


def find_mail(content: bytes) -> Mail | None:
    """Return what a message says, or ``None`` where the bytes do not begin as one does."""
    if not FIELD.match(content):
        return None
    end = END_OF_HEAD.search(content, 0, LARGEST_HEAD)
    head_size = end.end() if end else min(len(content), LARGEST_HEAD)
    costly = (end is None and len(content) > LARGEST_HEAD) or _is_costly(content)
    message = None if costly else _parsed(content)
    if message is None:
        # Python's parser reads what a part is, however long that is said, also where nobody asks.
        costly, message = True, _parsed(DESCRIBING.sub(b"X-Not-Read:", content[:head_size]), head_only=True)
    if message is None:
        return None
    parts = () if costly else tuple(_parts(message))
    text, attachments = _text_and_attachments(parts)
    sender = next(iter(_addresses(message, "From", "Sender")), None)
    references = ANGLED.findall(_field(message, "References") or "")
    answers = ANGLED.search(_field(message, "In-Reply-To") or "")
    identity = ANGLED.search(_field(message, "Message-ID") or "")
    parent = answers[1] if answers else references[-1] if references else None
    return Mail(
        id=identity[1] if identity else None,
        subject=_field(message, "Subject"),
        date=_field(message, "Date"),
        sender=sender,
        recipients=tuple(_addresses(message, "To", "Cc", "Bcc")),
        answers=parent,
        thread=references[0] if references else parent,
        text=text,
        attachments=attachments,
        unread=costly,
        defective=any(part.defects for part in parts),
    )


def _is_costly(content: bytes) -> bool:
    """Return whether more is nested, repeated or described in a message than in anything real."""
    lines, nested = content.count(b"\n"), sum(1 for _ in NESTING.finditer(content))
    describing = [match.end() - match.start() for match in DESCRIBING.finditer(content)]
    return (
        len(content) > LARGEST
        or lines > MOST_LINES
        or nested > MOST_PARTS
        or lines * nested > MOST_WORK
        or sum(describing) > MOST_DESCRIBING
        or max(describing, default=0) > LONGEST_DESCRIBING
    )


def _parsed(content: bytes, *, head_only: bool = False) -> EmailMessage | None:
    try:
        return BytesParser(EmailMessage, policy=email.policy.default).parsebytes(content, headersonly=head_only)
    except OF_READING:
        return None


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the parts that hold something, in order; a message in a message is one part."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part, seen = waiting.pop(0), seen + 1
        # Of a part that is none of several it would be decoded here, by whatever character set it names.
        inner = part.get_payload() if part.is_multipart() else None
        if isinstance(inner, list) and part.get_content_maintype() == "multipart":
            waiting[:0] = [one for one in inner if isinstance(one, EmailMessage)]
        else:
            yield part


def _text_and_attachments(parts: tuple[EmailMessage, ...]) -> tuple[str | None, tuple[MailAttachment, ...]]:
    """Return the text: the first plain one, or else what HTML shows; and all other parts that hold something."""
    plain = next((one for one in parts if _is_text(one, "text/plain")), None)
    shown = plain if plain is not None else next((one for one in parts if _is_text(one, "text/html")), None)
    attached = []
    for number, part in enumerate(parts, start=1):
        # The other form of the text is in the message itself.
        if part is shown or (_is_text(part, "text/html") and plain is not None):
            continue
        content = _bytes(part)
        if content:
            attached.append(MailAttachment(number, _name(part), part.get_content_type(), content))
    return (_text(shown) if shown is not None else None), tuple(attached)


def _is_text(part: EmailMessage, media_type: str) -> bool:
    return part.get_content_type() == media_type and not _is_attached(part)


def _is_attached(part: EmailMessage) -> bool:
    try:
        return part.is_attachment()
    except OF_READING:
        return True


def _name(part: EmailMessage) -> str | None:
    try:
        name = part.get_filename()
    except OF_READING:
        return None
    return clean(name)[:255] if name else None


def _bytes(part: EmailMessage) -> bytes:
    try:
        if part.get_content_maintype() == "message":
            return b"".join(one.as_bytes() for one in part.iter_parts())
        payload = part.get_payload(decode=True)
    except (*OF_READING, KeyError):
        return b""
    return payload if isinstance(payload, bytes) else b""


def _text(part: EmailMessage) -> str | None:
    content = _bytes(part)[:LONGEST_TEXT]
    try:
        text = content.decode(part.get_content_charset() or "utf-8", "replace")
    except OF_READING:
        text = content.decode("utf-8", "replace")
    text = clean(text).replace("\r\n", "\n").replace("\0", "\ufffd")
    if part.get_content_type() == "text/html":
        text = read_fragment(text).text if not is_bomb(text) else ""
    return text.strip() or None


def _field(message: EmailMessage, name: str) -> str | None:
    """Return a header field's text, decoded; one that is longer than anything real as it stands, cut."""
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            raw = str(value)
            if len(raw) <= LONGEST_FIELD:
                try:
                    return " ".join(clean(str(message.policy.header_fetch_parse(key, raw))).split()) or None
                except OF_READING:
                    pass
            return " ".join(clean(raw[:LONGEST_FIELD]).split()) or None
    return None


def _addresses(message: EmailMessage, *names: str) -> Iterator[tuple[str, str]]:
    found = 0
    for name in names:
        stated = _field(message, name)
        try:
            stating = getaddresses([stated]) if stated else []
        except OF_READING:
            continue
        for shown, address in stating:
            if address and found < MOST_ADDRESSES:
                found += 1
                yield shown, address
