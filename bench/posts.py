"""What is searched: partitions of so many posts, as captures would seal them, and their texts in the order of date.

``python -m bench.posts FOLDER`` makes both in a folder, where ``./run bench search`` finds them again.
"""

from __future__ import annotations

import json
import os
import random
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ediscovery.folding import spaced
from ediscovery.partitions import Source
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.record import Absence, Author, Normalised, Provenance, Record, Slice
from storage import layout
from storage.parquet import write_partition

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = int(os.environ.get("HOLDFAST_BENCH_RECORDS", "100000"))
TEXTS = os.environ.get("HOLDFAST_BENCH_TEXTS")

SEED = 20261121
ACCOUNTS = ("city", "library", "parks", "police", "schools")
AUTHORS = 200
ENTRIES = 3_000
SMALLEST, LARGEST = 200, 20_000  # records of a partition
FIRST_DAY = datetime(2015, 1, 1, tzinfo=UTC)
DAYS = 4_015
DAY = 86_400_000_000  # microseconds
CAPTURED = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
EVERY = 900_000_000  # microseconds from a capture to the next
PRIME = 1_000_000_007  # a step that goes through texts in no order, each once
GENERATED = 50_000
OF, ABSENT, VERSIONS = 100, (13,), (7, 27, 47, 67, 87)
"""Which of a hundred records are absences, and which later versions of an item of an earlier capture."""
BACK = 20  # captures of an account, at most, since that one

IN_ORDER = """
COPY (
    SELECT record, (epoch_us(coalesce(created, captured))) AS date, author, text
    FROM read_parquet($paths, hive_partitioning = false) WHERE kind <> 'absence' ORDER BY date, captured, record
) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000)
"""


@dataclass(frozen=True, slots=True)
class Posts:
    """Partitions in the order of ledger entries, an entry each, and what is told of them."""

    sources: tuple[Source, ...]
    texts: Path
    told: dict[str, object]


def posts_in(folder: Path, records: int = RECORDS, *, size: int | None = None) -> Posts:
    """Return the posts in a folder; what lacks is made. ``size`` is that of all partitions, which vary otherwise."""
    about = folder / "posts.json"
    if not about.exists():
        folder.mkdir(parents=True, exist_ok=True)
        about.write_text(json.dumps(_make(folder, records, size)))
    told = json.loads(about.read_text())
    sources = tuple(_source(folder, entry) for entry in range(told["entries"]))
    return Posts(sources, folder / "texts.parquet", told)


def folded(text: str) -> tuple[str, str]:
    """Return the words of a text without their signs, and those that have one, as another engine takes them."""
    words = spaced(text)
    if "#" not in words and "@" not in words:
        return words, ""
    parted = words.split(" ")
    signed = " ".join(word for word in parted if word[0] in "#@")
    return " ".join(word[1:] if word[0] in "#@" else word for word in parted), signed


def _source(folder: Path, entry: int) -> Source:
    account = ACCOUNTS[entry % len(ACCOUNTS)]
    key = layout.partition(account=account, series="posts", period="2026-01", name=f"{entry:032x}")
    return Source(_file(folder, entry), key, account, entry, rows=pq.read_metadata(_file(folder, entry)).num_rows)


def _file(folder: Path, entry: int) -> Path:
    return folder / "partitions" / f"{entry:05}.parquet"


def _make(folder: Path, records: int, size: int | None) -> dict[str, object]:
    (folder / "partitions").mkdir(exist_ok=True)
    sizes = _sizes(records) if size is None else [size] * (records // size)
    _texts()  # the processes are copies of this one
    written = 0
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as workers:
        for number, rows in enumerate(workers.map(_write, repeat(folder), repeat(sizes), range(len(sizes)))):
            written += rows
            if number % 100 == 99:
                print(f"    {written:,} of {records:,} records written", file=sys.stderr, flush=True)
    texts = folder / "texts.parquet"
    with duckdb.connect() as making:
        making.execute(f"SET memory_limit = '3GB'; SET temp_directory = '{folder / 'spill'}'")
        paths = [str(_file(folder, entry)) for entry in range(len(sizes))]
        making.execute(IN_ORDER.format(path=texts), {"paths": paths})
        found = making.execute("SELECT count(*), sum(strlen(text)) FROM read_parquet($path)", {"path": str(texts)})
        posts, octets = found.fetchone()
    return {"records": written, "entries": len(sizes), "posts": posts, "bytes": int(octets), "texts": _texts()[0]}


def _sizes(records: int) -> list[int]:
    """Return how many records each partition has: some thousand of them, most small and a few large."""
    chance, sizes, left = random.Random(SEED), [], records
    mean = max(records / ENTRIES - SMALLEST, 50)
    while left > 0:
        size = min(SMALLEST + int(chance.expovariate(1 / mean)), LARGEST, left)
        size = left if left - size < SMALLEST else size
        sizes.append(size)
        left -= size
    return sizes


@cache
def _texts() -> tuple[str, pa.ChunkedArray]:
    """Return where the texts come from, and the texts."""
    if TEXTS:
        column = pq.read_table(TEXTS, columns=["text"]).column("text")
        return f"{len(column):,} texts of {Path(TEXTS).name}", column
    return f"{GENERATED:,} generated texts", pa.chunked_array([list(_generated())])


def _generated() -> Iterator[str]:
    """Yield posts of words as rare as those of a language, some with a tag, a pictograph, or in Chinese characters."""
    chance = random.Random(SEED)
    syllables = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
    vocabulary = ["".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(20_000)]
    weights = [1 / (rank + 2) for rank in range(len(vocabulary))]
    characters = [chr(code) for code in range(0x4E00, 0x4E00 + 400)]
    for _ in range(GENERATED):
        if chance.random() < 0.1:
            yield "".join(chance.choices(characters, weights[:400], k=chance.randint(10, 80)))
            continue
        text = " ".join(chance.choices(vocabulary, weights, k=chance.randint(8, 90)))
        text += f" #{chance.choice(vocabulary[:50])}" if chance.random() < 0.02 else ""
        yield text + (f" {chr(0x1F600 + chance.randrange(60))}" if chance.random() < 0.001 else "")


def _write(folder: Path, sizes: list[int], entry: int) -> int:
    path = _file(folder, entry)
    if not path.exists():
        start = sum(sizes[:entry])
        content, _ = write_partition(_record(sizes, entry, start, row) for row in range(sizes[entry]))
        path.with_suffix(".part").write_bytes(content)
        path.with_suffix(".part").rename(path)
    return sizes[entry]


def _record(sizes: list[int], entry: int, start: int, row: int) -> Record:
    account, captured = ACCOUNTS[entry % len(ACCOUNTS)], Instant(CAPTURED + entry * EVERY)
    chance = blake2b(f"{entry}-{row}".encode(), digest_size=32).digest()
    before = entry - len(ACCOUNTS) * (1 + chance[0] % BACK)
    item = f"{entry:x}-{row:x}"
    if before >= 0 and row % OF in (*VERSIONS, *ABSENT):
        seen = int.from_bytes(chance[:8]) % sizes[before]
        item = f"{before:x}-{seen - (seen % OF in (*VERSIONS, *ABSENT)):x}"
    if row % OF in ABSENT:
        view, native = _absence(item, captured), b""
    else:
        texts = _texts()[1]
        text = texts[(start + row) * PRIME % len(texts)].as_py()
        view, native = _post(item, text), msgspec.json.encode({"id": item, "content": text})
    provenance = Provenance(
        account=account,
        platform="mastodon",
        capture=f"{entry:032x}",
        captured=captured,
        method="api",
        collector="bench",
        claim=1,
        source=Slice(
            exchange=f"<urn:uuid:{entry:032x}>", uri=f"https://{account}.example/api", offset=row, length=len(native)
        ),
    )
    return Record(salt=chance, native=native, normalised=view.to_bytes(), provenance=provenance.to_bytes())


def _post(item: str, text: str) -> Normalised:
    chance = int.from_bytes(blake2b(item.encode(), digest_size=16, person=b"item").digest())
    created = int(FIRST_DAY.timestamp()) * 1_000_000 + chance % (DAYS * DAY)
    name = f"writer{chance // 7919 % AUTHORS}"
    return Normalised(
        kind="post" if item.endswith(("3", "7", "b")) else "comment",
        type="Note",
        item=item,
        url=f"https://x.example/{item}",
        text=text,
        author=Author(id=name, handle=name),
        created=Instant(created),
        thread=item[:-1] + "0",
        tags=tuple(dict.fromkeys(word[1:] for word in _signed(text) if word[0] == "#")),
    )


def _signed(text: str) -> list[str]:
    return folded(text)[1].split() if "#" in text or "\uff03" in text else []


def _absence(item: str, captured: Instant) -> Normalised:
    return Normalised(
        kind="absence",
        type="Tombstone",
        item=item,
        absence=Absence(
            verdict="deleted",
            last_seen=Instant(captured.micros - EVERY),
            first_missing=captured,
            reads=(Digest.of(item.encode()).hex,),
            reason="The item answers no longer.",
        ),
    )


if __name__ == "__main__":
    print(posts_in(Path(sys.argv[1])).told)
