"""WARC files that nobody here wrote, overwritten: whatever they hold, what is sought is gone and the rest stays."""

from __future__ import annotations

import hashlib
import io
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from storage.warc import WarcDamagedError, WarcUnsupportedError, overwrite, read_warc
from tests.corpora import ROOT, corpus
from tests.storage.overwritten import changed, occurrences

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 8 << 20
DIGESTS = ("warc-block-digest", "warc-payload-digest")
DEPENDING = (*DIGESTS, "content-length", "warc-x-overwritten")
EXPECTED = json.loads((ROOT / "EXPECTED.json").read_text())["warc_files"] if ROOT.exists() else {}


def payloads(content: bytes) -> list[tuple[str, str, bytes]]:
    return [(one.id, one.type, one.payload(limit=1 << 26)) for one in read_warc(io.BytesIO(content))]


@dataclass(frozen=True)
class Heading:
    """What a record says of itself; ``fields`` without those that depend on its bytes."""

    id: str
    fields: tuple[tuple[str, str], ...]
    status: int | None
    head: bytes
    digests: tuple[str | None, ...]


def headings(content: bytes) -> list[Heading]:
    return [
        Heading(
            one.id,
            tuple(pair for pair in one.headers if pair[0].lower() not in DEPENDING),
            one.status,
            one.head,
            tuple(value for name, value in one.headers if name.lower() in DIGESTS),
        )
        for one in read_warc(io.BytesIO(content))
        if one.type != "warcinfo"  # which has the file's salt
    ]


def readable(path: Path) -> list[tuple[str, str, bytes]]:
    if path.stat().st_size > LARGEST:
        pytest.skip(f"{path.name} is large")
    try:
        return payloads(path.read_bytes())
    except (WarcDamagedError, WarcUnsupportedError) as error:
        with path.open("rb") as source, pytest.raises(type(error)):
            overwrite(source, target := io.BytesIO(), natives=[[b"anything"]], turn="plan 1")
        assert target.getvalue() == b""
        return []


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_of_the_corpora_loses_what_is_sought_and_nothing_else(name: str) -> None:
    path = corpus(*name.split("/"))
    before = readable(path)
    # Given slices of its own payloads, some of which others hold too,
    chance = random.Random(name)
    held = [body for _, kind, body in before if kind in {"response", "resource"} and len(body) > 50]
    natives = [
        body[at : at + chance.randint(20, 900)] for body in held[::3] for at in [chance.randrange(len(body) - 20)]
    ]

    # when they are overwritten,
    target = io.BytesIO()
    with path.open("rb") as source:
        if not before:
            return
        told = overwrite(source, target, natives=[natives], turn="plan 1")

    # then they are nowhere, records and lengths are the same, and so is every byte beside them.
    after = payloads(target.getvalue())
    assert [(one, kind, len(body)) for one, kind, body in after] == [
        (one, kind, len(body)) for one, kind, body in before
    ]
    still = {one for one, _, body in after if any(native in body for native in natives)}
    assert still <= set(told.quoting)
    assert not still - {one for one, kind, _ in after if kind == "warcinfo"}
    for (one, _, body), (_, _, was) in zip(after, before, strict=True):
        if one not in told.changed:
            assert hashlib.sha256(body).digest() == hashlib.sha256(was).digest()
        else:
            assert changed(was, body) <= occurrences(was, natives), one
    for one, was in zip(headings(target.getvalue()), headings(path.read_bytes()), strict=True):
        if one.id not in told.changed:
            assert one == was
        else:
            assert one.fields == was.fields
            assert one.status == was.status
    if not natives:
        assert target.getvalue() == path.read_bytes()
