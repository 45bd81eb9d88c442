"""Native bytes overwritten in WARC files, beside replacing them in the decoded payloads."""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING

from bench.archives import RECORDS, tweets
from bench.measure import Row, seconds
from manifests.console import system_clock
from storage.warc import (
    SIGHTED,
    Answer,
    Exchange,
    Request,
    WarcWriter,
    overwrite,
    read_sightings,
    spell_sighting,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

TIMES = 5
EVERY = 20
MEGABYTE = 1 << 20
PAGE, LOOKS = 40, 100


def overwriting(folder: Path) -> list[Row]:
    """A feed of posts that was captured again and again, one post in twenty gone; and runs of one byte."""
    posts = tweets(RECORDS).splitlines()
    answers = [b"\n".join(posts[number:]) for number in range(TIMES)]
    run = b"a" * MEGABYTE
    return [
        _row(folder, f"{len(posts[::EVERY]):,} of {RECORDS:,} posts", answers, posts[::EVERY]),
        _row(folder, "1 MiB of one byte in 2", [2 * run + b"b"], [run]),
        _sighted(folder, posts[:PAGE]),
    ]


def _sighted(folder: Path, posts: Sequence[bytes]) -> Row:
    """A page of posts at a hundred looks, a file each, with other counts each time; one post goes."""
    paths = [folder / f"look-{look}.warc.gz" for look in range(LOOKS)]
    for look, path in enumerate(paths):
        shown = [
            post.replace(b'{"', b'{"favourites":%d,"' % (look * 40 + number), 1) for number, post in enumerate(posts)
        ]
        payload = b"[" + b",".join(shown) + b"]"
        places = list(itertools.accumulate((len(post) + 1 for post in shown), initial=1))
        with WarcWriter(path, software="bench", operator="bench", salt=bytes(32), now=system_clock) as writer:
            about = writer.exchange(_exchange(look, payload))
            lines = (
                (SIGHTED, spell_sighting(at, len(post), str(number)))
                for number, (at, post) in enumerate(zip(places, shown, strict=False))
            )
            writer.note(at=system_clock(), fields=lines, about=about)

    def ours() -> None:
        for path in paths:
            with path.open("rb") as source, (folder / "left").open("wb") as target:
                gone: dict[str, list[tuple[int, int]]] = {}
                for one in read_sightings(source):
                    if one.item == "7":
                        gone.setdefault(one.exchange, []).append((one.offset, one.length))
                        gone.setdefault(one.note, []).append(one.named)
                told = overwrite(source, target, natives=[posts[:1]], gone=gone, turn="bench")
            assert len(told.changed) == 2

    def theirs() -> None:
        for path in paths:
            with path.open("rb") as source, (folder / "left").open("wb") as target:
                told = overwrite(source, target, natives=[posts[:1]], turn="bench")
            assert not told.changed

    return Row(
        f"overwrite: {PAGE} posts, sighted",
        "looks/s",
        LOOKS / seconds(ours, times=2),
        LOOKS / seconds(theirs, times=2),
        "looking for natives, of which there are none",
    )


def _row(folder: Path, name: str, payloads: Sequence[bytes], natives: Collection[bytes]) -> Row:
    path = folder / f"{len(payloads)}.warc.gz"
    with WarcWriter(path, software="bench", operator="bench", salt=bytes(32), now=system_clock) as writer:
        for number, payload in enumerate(payloads):
            writer.exchange(_exchange(number, payload))
    megabytes = sum(map(len, payloads)) / 1e6
    names = itertools.count()

    def ours() -> None:
        with path.open("rb") as source, (folder / f"{path.name}-{next(names)}").open("wb") as target:
            told = overwrite(source, target, natives=[natives], turn="bench")
        assert len(told.changed) == len(payloads)

    def theirs() -> None:
        for payload in payloads:
            rest = payload
            for native in natives:
                rest = rest.replace(native, b"*" * len(native))
            assert rest != payload

    return Row(
        f"overwrite: {name}",
        "MB/s",
        megabytes / seconds(ours, times=2),
        megabytes / seconds(theirs, times=2),
        "bytes.replace in the payloads, decoded already",
    )


def _exchange(number: int, body: bytes) -> Exchange:
    return Exchange(
        uri=f"https://x.example/{number}",
        at=system_clock(),
        ip=None,
        request=Request("GET", "/", ()),
        answer=Answer(200, "OK", (("Content-Type", "application/json"),), io.BytesIO(body)),
    )
