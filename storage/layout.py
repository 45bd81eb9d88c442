"""The only file that spells keys (FORMAT section 2)."""

from __future__ import annotations

LEDGER = "ledger/"
CHECKPOINTS = "checkpoints/"
PARTITIONS = "partitions/"
EXCHANGES = "exchanges/"
PRODUCTIONS = "productions/"


def entry(index: int) -> str:
    """Return the key of a ledger entry: 20 digits, contiguous from 0."""
    return f"{LEDGER}{index:020d}.note"


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
