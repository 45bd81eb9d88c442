"""An Internet message (RFC 5322, MIME) of a text and one attached file, always spelled in the same way. Pure.

Python's own writer spells headers otherwise in another version, and compressors compress otherwise; these files are
made anew to be compared. So lines are folded here, and what is in the ZIP is not compressed.
"""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING
from zipfile import ZIP_STORED, ZipFile

from ediscovery.bags.entries import entry
from ediscovery.packages.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LINE = 76
AROUND = len("=?utf-8?b??=")
PLAIN = re.compile(r"[!-~]{1,40}(?: [!-~]{1,40})*", re.ASCII)
ATOMS = re.compile(r"[A-Za-z0-9]{1,40}(?: [A-Za-z0-9]{1,40})*", re.ASCII)
BOUNDARY = "=_parts_="
"""In no part: all of them are in base64, which has no underscore."""


def message(headers: Sequence[tuple[str, str]], *, text: str, name: str, attached: bytes) -> bytes:
    """Return a message with these headers in their order, a text, and a file attached under a name in ASCII.

    The values of headers are spelled (``unstructured``, ``group_of_nobody``).
    """
    lines = [
        *(f"{header}: {value}" for header, value in headers),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="{BOUNDARY}"',
        "",
        f"--{BOUNDARY}",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: base64",
        "",
        *_base64(text.encode()),
        f"--{BOUNDARY}",
        f'Content-Type: application/octet-stream; name="{name}"',
        f'Content-Disposition: attachment; filename="{name}"',
        "Content-Transfer-Encoding: base64",
        "",
        *_base64(attached),
        f"--{BOUNDARY}--",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def unstructured(value: str, *, after: str) -> str:
    """Return the value of the header ``after``, in lines; if it is not plain ASCII, in encoded words (RFC 2047)."""
    value = one_line(value)
    if value and (not PLAIN.fullmatch(value) or "=?" in value):
        return _encoded(value, after=after)
    lines = [""]
    for word in value.split(" "):
        room = LINE - len(lines[-1]) - 1 - (len(after) + 1 if len(lines) == 1 else 0)
        if lines[-1] and len(word) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".lstrip()
    return "\r\n ".join(lines)


def group_of_nobody(name: str, *, after: str) -> str:
    """Return the value of the header ``after`` that names who has no address (RFC 6854): a group without members."""
    name = one_line(name)
    return f"{name}:;" if ATOMS.fullmatch(name) else f"{_encoded(name, after=after)} :;"


def zipped(name: str, content: bytes) -> bytes:
    """Return a ZIP of one file, uncompressed, of no particular day."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_STORED) as archive:
        archive.writestr(entry(name), content)
    return file.getvalue()


def _encoded(value: str, *, after: str) -> str:
    """Return encoded words (RFC 2047), one a line; also beside the name of the header a line is not over ``LINE``."""
    most = (LINE - len(f"{after}:  :;") - AROUND) // 4 * 3
    words = (base64.b64encode(part.encode()).decode() for part in _parts(value, most))
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in words)


def _parts(value: str, most: int) -> Iterator[str]:
    """Yield a text in parts of at most so many bytes; no character is parted."""
    part, size = "", 0
    for character in value:
        more = len(character.encode())
        if size + more > most:
            yield part
            part, size = "", 0
        part, size = part + character, size + more
    yield part


def _base64(content: bytes) -> list[str]:
    return base64.encodebytes(content).decode().splitlines()
