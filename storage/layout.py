"""The only file that spells keys (FORMAT section 2)."""

from __future__ import annotations

LEDGER = "ledger/"
CHECKPOINTS = "checkpoints/"
PARTITIONS = "partitions/"
EXCHANGES = "exchanges/"
PRODUCTIONS = "productions/"
PROBES = "probes/"


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


def partition(*, account: str, series: str, period: str, name: str) -> str:
    """Return the key of a partition; ``name`` is unique in the archive."""
    return f"{PARTITIONS}{account}/{series}/{period}/{name}.parquet"


def exchanges(*, account: str, capture: str) -> str:
    """Return the key of the WARC file of a capture."""
    return f"{EXCHANGES}{account}/{capture}.warc.gz"


def production(name: str) -> str:
    """Return the key of a production's document."""
    return f"{PRODUCTIONS}{name}.pdf"


def probe(*, run: str, name: str) -> str:
    """Return the key of an object that ``doctor`` tries a bucket with; ``run`` is random: no key comes twice."""
    return f"{PROBES}{run}/{name}"
