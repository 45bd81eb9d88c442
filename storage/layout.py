"""The only file that spells keys (FORMAT section 2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEDGER = "ledger/"
CHECKPOINTS = "checkpoints/"
COSIGNATURES = "cosignatures/"
TIMESTAMPS = "timestamps/"
PARTITIONS = "partitions/"
EXCHANGES = "exchanges/"
PRODUCTIONS = "productions/"
PROBES = "probes/"
INDEX = "index/"

ATTESTING = (CHECKPOINTS, COSIGNATURES, TIMESTAMPS)
"""What no entry names, since each proves itself: checkpoints and who vouches for them."""

RECORD = (LEDGER, *ATTESTING)
"""What is locked long."""

COSIGNATURE = re.compile(rf"{COSIGNATURES}([0-9]{{20}})/([a-z0-9-]+)\.note", re.ASCII)
STAMP = re.compile(rf"{TIMESTAMPS}([0-9]{{20}})/([a-z0-9-]+)(?:\.([1-9][0-9]{{0,5}}))?\.tsr", re.ASCII)

PRODUCTION = re.compile(rf"{PRODUCTIONS}([a-z0-9_-]+)\.pdf", re.ASCII)

INDEXED = re.compile(rf"{INDEX}([a-z0-9-]+)/([a-z0-9-]+\.parquet)\.(0|[1-9a-f][0-9a-f]{{0,7}})", re.ASCII)
INDEX_STATED = re.compile(rf"{INDEX}([a-z0-9-]+)/statement\.note", re.ASCII)

UNFIT = re.compile("[^a-z0-9]+", re.ASCII)
UNSCHEDULED = "unscheduled"
LONGEST_SERIES = 100


def entry(index: int) -> str:
    """Return the key of a ledger entry: 20 digits, contiguous from 0."""
    return f"{LEDGER}{index:020d}.entry"


def entry_index(key: str) -> int | None:
    """Return the index of the ledger entry at ``key``, or ``None`` where no entry belongs."""
    digits = key.removeprefix(LEDGER).removesuffix(".entry")
    index = int(digits) if digits.isascii() and digits.isdigit() else 0
    return index if key == entry(index) else None


def checkpoint(size: int) -> str:
    """Return the key of the checkpoint over the first ``size`` entries."""
    return f"{CHECKPOINTS}{size:020d}.note"


def checkpoint_size(key: str) -> int | None:
    """Return the size of the ledger under the checkpoint at ``key``, or ``None`` where no checkpoint belongs."""
    digits = key.removeprefix(CHECKPOINTS).removesuffix(".note")
    size = int(digits) if digits.isascii() and digits.isdigit() else 0
    return size if key == checkpoint(size) else None


def cosignatures(size: int) -> str:
    """Return the prefix of the cosignatures of the checkpoint over the first ``size`` entries."""
    return f"{COSIGNATURES}{size:020d}/"


def cosignature(size: int, witness: str) -> str:
    """Return the key of the cosignature by ``witness``, a name in the ledger (FORMAT 5.3)."""
    return f"{cosignatures(size)}{witness}.note"


def cosignature_of(key: str) -> tuple[int, str] | None:
    """Return size and witness of the cosignature at ``key``, or ``None`` where none belongs."""
    match = COSIGNATURE.fullmatch(key)
    return (int(match[1]), match[2]) if match else None


def timestamps(size: int) -> str:
    """Return the prefix of the time stamps on the checkpoint over the first ``size`` entries."""
    return f"{TIMESTAMPS}{size:020d}/"


def timestamp(size: int, authority: str, number: int = 0) -> str:
    """Return the key of a time stamp (FORMAT 5.4): the first one of ``authority``, or its renewal ``number``."""
    return f"{timestamps(size)}{authority}{f'.{number}' if number else ''}.tsr"


def timestamp_of(key: str) -> tuple[int, str, int] | None:
    """Return size, authority and number of the time stamp at ``key``, or ``None`` where none belongs."""
    match = STAMP.fullmatch(key)
    return (int(match[1]), match[2], int(match[3] or 0)) if match else None


def root(digest: str) -> str:
    """Return the key of an authority's certificate, by the 64 hexadecimal digits of its SHA-256 (FORMAT 5.4)."""
    return f"{TIMESTAMPS}roots/{digest}.der"


def published(size: int) -> str:
    """Return the name under which the checkpoint over the first ``size`` entries is published."""
    return f"{size:020d}.note"


def partition(*, account: str, series: str, period: str, name: str) -> str:
    """Return the key of a partition; ``name`` is unique in the archive."""
    return f"{PARTITIONS}{account}/{series}/{period}/{name}.parquet"


def account(key: str) -> str:
    """Return the account in the key of a partition or WARC file."""
    return key.split("/")[1]


def plan_of(key: str) -> str | None:
    """Return the plan that wrote what lies at a key in the place of a partition or WARC file, or ``None``."""
    name = key.rpartition("/")[2].removesuffix(".parquet").removesuffix(".leaves").removesuffix(".warc.gz")
    return name.partition(".")[2] or None


def period(key: str) -> str:
    """Return the month in the key of a partition."""
    return key.split("/")[3]


def series_segment(names: Sequence[str]) -> str:
    """Return the segment of a key for records of these series, or of none."""
    spelled = "--".join(UNFIT.sub("-", name.lower()).strip("-") for name in names)
    return spelled[:LONGEST_SERIES].strip("-") or UNSCHEDULED


def exchanges(*, account: str, capture: str) -> str:
    """Return the key of the WARC file of a capture."""
    return f"{EXCHANGES}{account}/{capture}.warc.gz"


def production(name: str) -> str:
    """Return the key of a production's document."""
    return f"{PRODUCTIONS}{name}.pdf"


def transfer(name: str) -> str:
    """Return the key of the list of records that an archives received; it is of what was handed over, too."""
    return f"{PRODUCTIONS}{name}.jsonl"


def surviving(key: str, plan: str) -> str:
    """Return the key of what a plan of destruction leaves of the partition or WARC file that an act names."""
    folder, _, name = key.rpartition("/")
    stem, _, suffixes = name.partition(".")
    return f"{folder}/{stem}.{plan}.{suffixes}"


def leaves(key: str, plan: str) -> str:
    """Return the key of the ids of all rows that there were in the partition that an act names."""
    return f"{surviving(key, plan).removesuffix('.parquet')}.leaves"


def production_of(key: str) -> str | None:
    """Return the production whose document lies at a key, or ``None`` where none belongs."""
    match = PRODUCTION.fullmatch(key)
    return match[1] if match else None


def planned(plan: str) -> str:
    """Return the key of the list of records that a plan would destroy."""
    return f"{PRODUCTIONS}{plan}.records.jsonl"


def disposition_certificate(plan: str) -> str:
    """Return the key of the certificate that a plan was carried out."""
    return f"{PRODUCTIONS}{plan}.certificate.pdf"


def matter(name: str) -> str:
    """Return the key of what people wrote when they opened a matter; it lies beside what is handed over for it."""
    return f"{PRODUCTIONS}{name}.matter.json"


def matter_closed(name: str) -> str:
    """Return the key of what people wrote when they closed a matter."""
    return f"{PRODUCTIONS}{name}.closed.json"


def probe(*, run: str, name: str) -> str:
    """Return the key of an object that ``doctor`` tries a bucket with; ``run`` is random: no key comes twice."""
    return f"{PROBES}{run}/{name}"


def index(part: str, file: str, piece: int) -> str:
    """Return the key of a piece of a file of a part of the index, counted from 0; it is no evidence (FORMAT 2.9)."""
    return f"{INDEX}{part}/{file}.{piece:x}"


def index_statement(part: str) -> str:
    """Return the key of what is signed of a part of the index."""
    return f"{INDEX}{part}/statement.note"


def index_of(key: str) -> tuple[str, str, int] | None:
    """Return of which part of the index, and of which of its files, which piece lies at a key, or ``None`` for none."""
    match = INDEXED.fullmatch(key)
    return (match[1], match[2], int(match[3], 16)) if match else None


def index_stated(key: str) -> str | None:
    """Return the part of the index whose statement lies at a key, or ``None`` where none belongs."""
    match = INDEX_STATED.fullmatch(key)
    return match[1] if match else None
