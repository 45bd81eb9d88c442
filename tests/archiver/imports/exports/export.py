"""What an export is to the tests, and how its makers spell what is in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

JPEG = b"\xff\xd8\xff\xe0 a picture"
FILM = b"\x00\x00\x00\x18ftyp a film"


@dataclass(frozen=True)
class Export:
    """An export: into an account of which platform, its files, how many items of each kind, texts that must be found.

    ``media`` is how many attachments have their bytes; ``claims`` what the export says of its files; ``unpacked`` what
    its files hold in another form.
    """

    name: str
    platform: str
    files: dict[str, bytes]
    kinds: dict[str, int]
    texts: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    media: int = 0
    claims: dict[str, int] = field(default_factory=dict)
    unpacked: tuple[bytes, ...] = ()


def spelled(value: object) -> bytes:
    """JSON, indented as exports are."""
    return json.dumps(value, indent=2).encode()


def scrambled(text: str) -> str:
    """Text as Meta spells it."""
    return text.encode().decode("latin-1")


def script(name: str, value: object) -> bytes:
    """A file of X's archive."""
    return f"window.YTD.{name}.part0 = ".encode() + spelled(value)
