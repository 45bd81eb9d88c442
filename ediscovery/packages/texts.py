"""What a record says, in plain words, for a text file (``TEXT/<number>.txt``): UTF-8, lines end in LF. Pure.

It is made anew and compared byte by byte whenever a package is verified, also in years: nothing here may depend on what
is known of characters by then (``str.isprintable``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.record import Absence, Attachment, Normalised

# What programs take for the end of a line, besides LF.
LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# C0 but tab and LF, DEL, C1: what ends files, lines and fields in programs that read text.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BLANKS = re.compile("[ \t\n]+")


def text_of(view: Normalised) -> str:
    """Return what a record says: title, text, what became of an item that is gone, what a list shows, and its media.

    Of media it has the names and descriptions. A record without words gives an empty text.
    """
    parts = (
        view.title,
        view.text,
        _absence(view.absence) if view.absence else None,
        "\n".join(view.listed),
        "\n".join(_medium(one) for one in media_of(view)),
    )
    text = "\n\n".join(part for part in parts if part)
    return f"{legible(text)}\n" if text else ""


def legible(text: str) -> str:
    """Return a text in which every line ends in LF, and which has no other control characters than that and tabs.

    CR LF, CR, U+0085, U+2028 and U+2029 become LF. Others become what names them: ``[U+0000]``.
    """
    return CONTROLS.sub(lambda found: named(found[0]), LINE_ENDS.sub("\n", text))


def one_line(text: str) -> str:
    """Return a ``legible`` text in one line, with single spaces."""
    return BLANKS.sub(" ", legible(text)).strip(" ")


def named(character: str) -> str:
    """Return what stands for a character that cannot stand for itself: ``[U+0014]``."""
    return f"[U+{ord(character):04X}]"


def media_of(view: Normalised) -> Iterator[Attachment]:
    """Yield the attachments that a reader sees: media, and of what a page is made of only what is described."""
    return (one for one in view.attachments if one.role != "resource" or one.alt)


def _medium(attachment: Attachment) -> str:
    """Return ``[image: bus.jpg] A yellow bus``, of an attachment without a description only its name."""
    path = re.split("[?#]", attachment.url, maxsplit=1)[0]
    # What is spelled in its address has no name.
    name = "" if path.startswith("data:") else one_line(unquote(path.rstrip("/").rpartition("/")[2]))
    label = f"[{attachment.role}: {name}]" if name else f"[{attachment.role}]"
    return f"{label} {attachment.alt}" if attachment.alt else label


def _absence(absence: Absence) -> str:
    return "\n".join(
        (
            f"Gone: {absence.verdict}",
            f"Last seen: {absence.last_seen}",
            f"First missing: {absence.first_missing}",
            absence.reason,
        )
    )
