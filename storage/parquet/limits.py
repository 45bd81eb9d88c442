"""What a partition may be: its format's name, its sizes, and the error about a file that is none."""

from __future__ import annotations

from schemas.errors import IntegrityError

MIB = 1 << 20

MARK = "holdfast"

ROWS = 1_000
GROUP_BYTES = 16 * MIB  # of evidence; a larger record has a row group to itself
LARGEST_RECORD = 128 * MIB
LARGEST_GROUP = 512 * MIB  # before compression
LARGEST_FOOTER = 8 * MIB  # some thousand row groups


class PartitionMalformedError(IntegrityError):
    """A file is no partition that can be read: no Parquet, cut off, damaged, of another schema, or beyond limits."""

    code = "PARTITION_MALFORMED"


def malformed(fault: str, why: str) -> PartitionMalformedError:
    """Return the error about a partition; ``fault`` is one word for machines, ``why`` says it to people."""
    return PartitionMalformedError(
        f"A partition cannot be read: {why}.",
        do="Keep it and run 'holdfast verify'; restore it from a second copy.",
        fault=fault,
    )
