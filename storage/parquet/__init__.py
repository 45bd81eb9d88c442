"""Partitions as Parquet files: the only door to pyarrow (FORMAT section 3).

It writes records and returns what is in a file, without judging it: whether the evidence makes the record's id, and
the search columns follow from the evidence, is for the audit to say.

What a file may ask of its reader is limited before anything is decoded: 8 MiB for the footer, 1,000 rows and 512 MiB
a row group, counted by the headers of its pages, which must be plainly encoded.
"""

from storage.parquet.columns import Cell, Row, Summary, columns_of, derived
from storage.parquet.limits import PartitionMalformedError
from storage.parquet.opening import Source, UnknownFormatError
from storage.parquet.read import Group, read_columns, read_groups, read_rows, read_summaries, read_tables
from storage.parquet.surviving import Survivors, SurvivorsDifferError, check_survivors, gone_from, survivors
from storage.parquet.table import Plain, write_table
from storage.parquet.write import PartitionTooLargeError, write_partition

__all__ = [
    "Cell",
    "Group",
    "PartitionMalformedError",
    "PartitionTooLargeError",
    "Plain",
    "Row",
    "Source",
    "Summary",
    "Survivors",
    "SurvivorsDifferError",
    "UnknownFormatError",
    "check_survivors",
    "columns_of",
    "derived",
    "gone_from",
    "read_columns",
    "read_groups",
    "read_rows",
    "read_summaries",
    "read_tables",
    "survivors",
    "write_partition",
    "write_table",
]
