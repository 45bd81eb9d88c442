"""What native bytes say, as far as a program that looks for words can read it: JSON, markup, mail, text. Pure.

A text that is spelled in another way (escaped, encoded, between tags) is yielded as it is spelled, and as it reads.
"""

from __future__ import annotations

import email
import email.errors
import email.policy
import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

TAGS = re.compile(r"<[^<>]*>")
SPELLED = re.compile(r"[<&%\\=]")
DECLARED = re.compile(rb"""(?:encoding|charset)=["']?([A-Za-z0-9_.:-]{1,40})""")
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
UNREADABLE = (LookupError, ValueError, TypeError, AttributeError, AssertionError, email.errors.MessageError)
DEEPEST = 4
"""How often JSON in a text of JSON is opened."""
MAIL = re.compile(rb"[!-9;-~]{1,80}:[ \t]")
"""How a message begins: with a header."""


def texts_in(value: Any, *, names: bool = True) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield every text in a JSON value, and numbers as they are spelled; ``names`` of members, too."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case list() as items:
                waiting += items
            case dict() as members:
                waiting += [*(members.keys() if names else ()), *members.values()]
            case bool() | None:
                pass
            case number:
                yield str(number)


def readings(native: bytes) -> Iterator[str]:
    """Yield what native bytes say."""
    text = _decoded(native)
    if MAIL.match(native):
        yield from _of_mail(native)
    yield from _of_text(text, DEEPEST)


def as_read(text: str) -> Iterator[str]:
    """Yield a text as it is spelled and, where it is spelled in another way, as it reads."""
    yield text
    if SPELLED.search(text):
        opened = html.unescape(unquote(text))
        yield opened
        yield html.unescape(TAGS.sub("", opened))
        yield html.unescape(TAGS.sub(" ", opened))


def _of_text(text: str, left: int) -> Iterator[str]:
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "[", '"') and left:
        for value in _json_in(text):
            for inner in texts_in(value):
                yield from _of_text(inner, left - 1)
            text = ""
    if text:
        yield from as_read(text)


def _json_in(text: str) -> Iterator[Any]:
    """Yield the value that a text spells, or that each of its lines does."""
    try:
        yield json.loads(text)
    except (ValueError, RecursionError):
        try:
            values = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            return
        yield from values


def _decoded(native: bytes) -> str:
    """Return bytes as text: by their mark, as UTF-8, by what they declare, or else each as the letter of its number."""
    marked = [name for mark, name in MARKS if native.startswith(mark)]
    declared = [one.decode() for one in DECLARED.findall(native[:1_000])]
    for name in (*marked, "utf-8", *declared):
        try:
            return native.decode(name)
        except (UnicodeError, LookupError):
            continue
    return native.decode("latin-1")


def _of_mail(native: bytes) -> Iterator[str]:
    """Yield the headers and the texts of a message; of what is attached its name."""
    message = email.message_from_bytes(native, policy=email.policy.default)
    for part in message.walk():
        yield from _of_part(part)


def _of_part(part: EmailMessage) -> Iterator[str]:
    try:
        yield from (str(value) for value in part.values())
        yield part.get_filename() or ""
        if part.get_content_maintype() == "text":
            yield from as_read(str(part.get_content()))
    except UNREADABLE:
        # The parser's own words for what it cannot read: it is searched as it is spelled, and not as it reads.
        return
