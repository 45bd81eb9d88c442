"""E-mail in files: mbox (RFC 4155) and single messages (RFC 5322), each message with its exact bytes. Pure.

A message begins after a line that starts with ``From `` and ends with a time, at the file's start or after an empty
line; quoted lines (``>From``) are left as they stand. Attachments are unpacked beside the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archiver.imports.format import Format, Unpacked, ending, file, inner
from archiver.imports.refusals import ImportRefusedError, refusals
from archiver.parsing.dates import find_instant
from archiver.parsing.mail_messages import LARGEST, find_mail
from archiver.parsing.shapes import role_of
from archiver.platforms.objects import item_at
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archiver.imports.format import Asked, Found
    from archiver.imports.refusals import Refused
    from archiver.parsing.json_slices import Buffer
    from archiver.parsing.mail_messages import Mail, MailAttachment

STARTS = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]{0,500}?\d\d:\d\d[^\r\n]{0,60}\r?\n")


def _mbox(content: Buffer, asked: Asked) -> Iterator[Found]:
    refused = refusals(content)
    start = STARTS.match(content)
    if start is None:
        raise ImportRefusedError(
            "The file does not begin as a mailbox does.",
            do="Export it as mbox, or as single messages.",
            line=1,
            offset=0,
        )
    begin = start.end()
    for following in STARTS.finditer(content, begin):
        yield from _message(content, begin, following.start(), asked, refused)
        begin = following.end()
    yield from _message(content, begin, len(content), asked, refused)


def _eml(content: Buffer, asked: Asked) -> Iterator[Found]:
    start = STARTS.match(content)
    yield from _message(content, start.end() if start else 0, len(content), asked, refusals(content), whole=True)


def _message(
    content: Buffer,
    start: int,
    end: int,
    asked: Asked,
    refused: Callable[[int, int, str], Refused],
    *,
    whole: bool = False,
) -> Iterator[Found]:
    """Yield one message, after its attachments; the empty line before the next one is not its own."""
    if not whole:
        end = _without_empty_line(content, start, end)
    if end - start > LARGEST:
        yield refused(start, end - start, f"the message is larger than {LARGEST >> 20} MiB")
        return
    native = content[start:end]
    mail = find_mail(native)
    if mail is None:
        yield refused(start, end - start, "it does not begin as a message does")
        return
    for one in mail.attachments:
        yield Unpacked(_name(start, one), one.media_type, one.content)
    yield item_at(content, start, end - start, _view(mail, start, asked))


def _without_empty_line(content: Buffer, start: int, end: int) -> int:
    for line_end in (b"\r\n", b"\n"):
        if content[max(start, end - 2 * len(line_end)) : end] == 2 * line_end:
            return end - len(line_end)
    return end


def _name(start: int, attachment: MailAttachment) -> str:
    return f"message-{start}-part-{attachment.number}"


def _view(mail: Mail, start: int, asked: Asked) -> Normalised:
    told = (("unread", mail.unread), ("ill-formed", mail.defective))
    name, address = mail.sender or (None, None)
    return Normalised(
        kind="message",
        type="Note",
        item=mail.id or "",
        title=mail.subject,
        text=mail.text,
        author=Author(name=name or None, handle=address) if mail.sender else None,
        created=find_instant(mail.date),
        created_text=mail.date,
        parent=mail.answers,
        thread=mail.thread,
        mentions=tuple(dict.fromkeys(address for _, address in mail.recipients)),
        attachments=tuple(
            Attachment(
                url=inner(asked.path, _name(start, one)),
                role=role_of(one.media_type),
                media_type=one.media_type,
                alt=one.name,
            )
            for one in mail.attachments
        ),
        flags=tuple(flag for flag, is_raised in told if is_raised),
    )


FORMAT = Format(
    collector="mail/1",
    title="e-mail",
    platforms=("email",),
    mark=ending(r"[^/]*\.(?:mbox|mbx|eml)"),
    files=(
        file(r"[^/]*\.eml", "a message", _eml),
        file(r"[^/]*\.(?:mbox|mbx)", "messages", _mbox),
    ),
)
