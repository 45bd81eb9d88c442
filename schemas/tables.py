"""The Arrow schema of a partition, by version of the format (FORMAT section 3)."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

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
PARTITION_V1 = pa.schema(_FIELDS, metadata={"holdfast": "holdfast-partition/v1"})
EVIDENCE_COLUMNS = ("record", "salt", "native", "normalised", "provenance")
