"""Native bytes overwritten in WARC files, beside replacing them in the decoded payloads."""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING

from bench.archives import RECORDS, tweets
from bench.measure import Row, seconds
from manifests.console import system_clock
from storage.warc import Answer, Exchange, Request, WarcWriter, overwrite

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

TIMES = 5
EVERY = 20
MEGABYTE = 1 << 20


def overwriting(folder: Path) -> list[Row]:
    """A feed of posts that was captured again and again, one post in twenty gone; and runs of one byte."""
    posts = tweets(RECORDS).splitlines()
    answers = [b"\n".join(posts[number:]) for number in range(TIMES)]
    run = b"a" * MEGABYTE
    return [
        _row(folder, f"{len(posts[::EVERY]):,} of {RECORDS:,} posts", answers, posts[::EVERY]),
        _row(folder, "1 MiB of one byte in 2", [2 * run + b"b"], [run]),
    ]


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
