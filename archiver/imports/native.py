"""Native JSON, as a platform's API answers it, in files of any size: read by the platform's dialect. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.imports import json_lines
from archiver.imports.format import Counted, File, Format, Unpacked, ending
from archiver.imports.refusals import Refused, refusals
from archiver.parsing.json_objects import Located
from archiver.parsing.json_slices import Decoded, JsonMalformedError, decode
from archiver.parsing.json_streams import Broken, pieces
from archiver.parsing.shapes import find_text, objects
from archiver.platforms.known import find_platform
from archiver.platforms.objects import Item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.imports.format import Asked, Found
    from archiver.parsing.json_slices import Buffer
    from archiver.platforms.dialect import Dialect

COLLECTOR = "import/1"
WHOLE = 32 << 20
"""How large a file may be to be read at once; in a larger one every element or line is read by itself."""

RECORDED, MARKED = b'"http_interactions"', 256
"""What a file begins with, within so many bytes, that holds recorded answers."""

NAMES = r".*\.(?:json|jsonl|ndjson)"


def read(content: Buffer, asked: Asked) -> Iterator[Found]:
    """Yield every object of a file of native JSON, and what is refused of it.

    Raises:
        ImportRefusedError: the file is empty or not in UTF-8, or the platform has no dialect.
    """
    platform = find_platform(asked.account.platform)
    if platform is None or len(content) <= WHOLE:
        yield from _answers(content[:], asked.account.platform) or json_lines.read(content[:], asked.account.platform)
    elif content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        yield from _elements(content, platform.dialect)
    else:
        yield from json_lines.in_a_row(content, platform.dialect)


def _answers(content: bytes, platform: str) -> list[Found]:
    """Return what recorded answers hold (a cassette of betamax): each body is a text in JSON, and is unpacked."""
    if RECORDED not in content[:MARKED]:
        return []
    try:
        cassette = decode(content).value
    except JsonMalformedError:
        return []
    found: list[Found] = []
    others = 0
    for number, one in enumerate(objects(cassette, "http_interactions"), start=1):
        body = find_text(one, "response", "body", "string")
        if body is None or not body.lstrip().startswith(("{", "[")):
            others += 1
            continue
        spelled = body.encode("utf-8", "replace")
        parts = list(json_lines.read(spelled, platform))
        items = tuple(part for part in parts if isinstance(part, Item))
        found.append(Unpacked(f"answer-{number}.json", "application/json", spelled, items))
        found.extend(part for part in parts if isinstance(part, Refused))
    return [*found, Counted("answers kept in it, not in JSON", others)] if found and others else found


def _elements(content: Buffer, dialect: Dialect) -> Iterator[Found]:
    refused = refusals(content)
    for piece in pieces(content):
        if isinstance(piece, Broken):
            yield refused(piece.offset, piece.length, piece.why)
        else:
            native = content[piece.offset : piece.offset + piece.length]
            decoded = Decoded(piece.value, piece.readable, replaced=piece.readable != native)
            yield from json_lines.records(content, Located.whole(decoded, shift=piece.offset), dialect)


FILE = File(ending(NAMES), "native JSON", read)


def format_of(platform: str) -> Format:
    """Return the format of native JSON for the accounts of a platform."""
    return Format(
        collector=COLLECTOR,
        title="native JSON",
        platforms=(platform,),
        mark=ending(r"(?!)"),
        files=(FILE,),
    )
