"""Items that another archive kept, in the form that docs/IMPORTS.md defines: JSON lines, files, and a manifest. Pure.

For whoever leaves another vendor: each line is an item with what that vendor knows of it and what it kept of the
platform's own (``native``). The line as it stands is the record's native. The manifest says how many there are.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from archiver.imports.format import LOCAL, Claim, Counted, Format, Hashed, ending, file
from archiver.imports.refusals import ImportRefusedError, refusals
from archiver.parsing.dates import find_instant
from archiver.parsing.json_slices import BOM, JsonMalformedError, decode
from archiver.parsing.shapes import address, find_id, find_text, many, member, objects, role_of
from archiver.parsing.text import find_address, unique
from archiver.platforms.objects import UNRECOGNISED, item_at
from schemas.record import KINDS, Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.imports.format import Asked, Found
    from archiver.parsing.json_slices import Buffer
    from schemas.record import Kind

NAME = "holdfast-items/1"
LONGEST_LINE = 16 << 20
LARGEST_MANIFEST = 16 << 20
MOST_ACCOUNTS = 50
"""How many accounts of a file are counted by their names."""

SHA256 = re.compile(r"[0-9a-fA-F]{64}")
TYPES: dict[str, str] = {"profile": "Person", "page": "Page", "media": "Document", "list": "Collection"}
STATED: dict[str, Kind] = {kind: kind for kind in KINDS if kind != "absence"}


def _read(content: Buffer, asked: Asked) -> Iterator[Found]:
    refused, accounts = refusals(content), Counter[str]()
    for start, end in _lines(content):
        if end - start > LONGEST_LINE:
            yield refused(start, end - start, f"the line is larger than {LONGEST_LINE >> 20} MiB")
            continue
        try:
            value = decode(content[start:end]).value
        except JsonMalformedError as error:
            yield refused(start, end - start, str(error.facts["reason"]))
            continue
        if why := _find_fault(value, asked.account.platform):
            yield refused(start, end - start, why)
            continue
        name = find_text(value, "account") or ""
        accounts[name if name in accounts or len(accounts) < MOST_ACCOUNTS else "others"] += bool(name)
        yield item_at(content, start, end - start, _view(value))
    yield from (Counted(f"items of {name[:100]}", number) for name, number in accounts.items() if number)


def _lines(content: Buffer) -> Iterator[tuple[int, int]]:
    """Yield where lines that are not empty begin and end, without the white space around them."""
    start = len(BOM) if content[: len(BOM)] == BOM else 0
    while start < len(content):
        found = content.find(b"\n", start)
        end = found if found >= 0 else len(content)
        line = content[start : min(end, start + LONGEST_LINE)]
        if stripped := line.strip():
            first = start + len(line) - len(line.lstrip())
            yield first, end if end - start > LONGEST_LINE else first + len(stripped)
        start = end + 1


def _find_fault(value: Any, platform: str) -> str | None:  # noqa: ANN401 - any JSON
    """Return in words why a line is no item of an account on ``platform``, or ``None`` when it is one."""
    if not isinstance(value, dict):
        return "it is no object"
    if not find_id(value, "id"):
        return "it has no id"
    stated = find_text(value, "platform")
    return f"it is of the platform {stated[:60]!r}" if stated and stated.lower() != platform else None


def _view(value: dict[str, Any]) -> Normalised:
    kind = STATED.get(find_text(value, "kind") or "")
    created = find_text(value, "created")
    return Normalised(
        kind=kind or "event",
        type=TYPES.get(kind or "", "Note" if kind else "Object"),
        item=find_id(value, "id") or "",
        url=address(value, "url"),
        title=find_text(value, "title"),
        text=find_text(value, "text"),
        lang=find_text(value, "lang"),
        author=_author(member(value, "author")),
        created=find_instant(created),
        created_text=created,
        edited=find_instant(find_text(value, "edited")),
        parent=find_id(value, "parent"),
        thread=find_id(value, "thread"),
        attachments=tuple(one for stated in objects(value, "attachments") if (one := _attachment(stated))),
        tags=unique(one for one in many(member(value, "tags")) if isinstance(one, str)),
        links=unique(find_address(one, base="") for one in many(member(value, "links"))),
        flags=() if kind else (UNRECOGNISED,),
    )


def _author(value: Any) -> Author | None:  # noqa: ANN401 - any JSON
    if isinstance(value, str) and value:
        return Author(handle=value)
    if not isinstance(value, dict):
        return None
    return Author(
        id=find_id(value, "id"),
        name=find_text(value, "name"),
        handle=find_text(value, "handle"),
        url=address(value, "url"),
    )


def _attachment(value: dict[str, Any]) -> Attachment | None:
    name, url, media_type = find_text(value, "file"), address(value, "url"), find_text(value, "type")
    if not name and not url:
        return None
    return Attachment(
        url=f"{LOCAL}{quote(name, errors='replace')}" if name else url or "",
        role=role_of(media_type),
        media_type=media_type,
        alt=find_text(value, "alt"),
    )


def _manifest(content: Buffer, _: Asked) -> Iterator[Found]:
    try:
        value = decode(content[:LARGEST_MANIFEST]).value
    except JsonMalformedError as error:
        raise _no_manifest(f"is not JSON: {error.facts['reason']}") from error
    if find_text(value, "format") != NAME:
        raise _no_manifest(f"does not say that it is {NAME!r}")
    for one in objects(value, "files"):
        path, count, size = find_text(one, "path"), member(one, "count"), member(one, "bytes")
        digest = find_text(one, "sha256") or ""
        if path:
            if _is_number(count):
                yield Claim(count, path)
            yield Hashed(path, digest.lower() if SHA256.fullmatch(digest) else None, size if _is_number(size) else None)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53


def _no_manifest(why: str) -> ImportRefusedError:
    return ImportRefusedError(f"The manifest {why}.", do="Have it written as docs/IMPORTS.md says.", line=1, offset=0)


FORMAT = Format(
    collector="items/1",
    title="an archive of another vendor",
    platforms=(),
    mark=ending(r"items-manifest\.json|(?:[^/]*[.-])?items\.jsonl"),
    files=(
        file(r"items-manifest\.json", "the manifest", _manifest),
        file(r"(?:[^/]*[.-])?items\.jsonl", "items", _read),
    ),
)
