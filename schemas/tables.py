"""The Arrow schema of a partition (FORMAT section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from schemas.record import RecordVersion

_FIELDS: list[pa.Field[Any]] = [
    pa.field("record", pa.binary(32), nullable=False),
    pa.field("salt", pa.binary(32), nullable=False),
    pa.field("native", pa.large_binary(), nullable=False),
    pa.field("normalised", pa.large_binary(), nullable=False),
    pa.field("provenance", pa.large_binary(), nullable=False),
    pa.field("native_sha256", pa.binary(32), nullable=False),
    pa.field("item", pa.string(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("url", pa.string()),
    pa.field("title", pa.string()),
    pa.field("text", pa.string()),
    pa.field("author", pa.string()),
    pa.field("thread", pa.string()),
    pa.field("parent", pa.string()),
    pa.field("created", pa.timestamp("us", tz="UTC")),
    pa.field("captured", pa.timestamp("us", tz="UTC"), nullable=False),
]
PARTITION = pa.schema(_FIELDS)
PARTITION_FORMATS: dict[RecordVersion, str] = {1: "holdfast-partition/v1", 2: "holdfast-partition/v2"}
"""What a partition says of itself, by the version of the records in it: all else is alike."""
EVIDENCE_COLUMNS = ("record", "salt", "native", "normalised", "provenance")
