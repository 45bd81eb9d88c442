"""What is read of records in an archive's partitions, as SQL. Pure: nothing is run here.

Every value is a parameter. ``$paths`` is left to the caller: the files to look into. ``records(paths)`` must yield the
columns of ``schemas.tables`` and ``account``, ``key`` and ``file_row_number``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.sql import Statement, Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SNIPPET = 300  # characters of a text that are shown


def described(records: Sequence[str]) -> Statement:
    """Return the statement that yields what is shown of records, whose ids are given in hexadecimal, besides dates."""
    values = Values()
    named = values.add(list(records))
    sql = f"""
SELECT record, author, title, left(text, {SNIPPET}), url, file_row_number FROM records($paths)
WHERE record IN (SELECT unhex(name) FROM (SELECT unnest({named}) AS name))"""  # noqa: S608 - values are parameters
    return Statement(sql, values.named)


def views(records: Sequence[str]) -> Statement:
    """Return the statement that yields the derived views of records, whose ids are given in hexadecimal."""
    values = Values()
    sql = f"""
SELECT record, normalised FROM records($paths)
WHERE record IN (SELECT unhex(name) FROM (SELECT unnest({values.add(list(records))}) AS name))"""  # noqa: S608
    return Statement(sql, values.named)


def at_addresses(addresses: Iterable[str]) -> Statement:
    """Return the statement that yields the records about items at one of these addresses, or named by one."""
    values = Values()
    named = f"(SELECT unnest({values.add(sorted(set(addresses)))}))"
    sql = f"SELECT record FROM records($paths) WHERE url IN {named} OR item IN {named}"  # noqa: S608
    return Statement(sql, values.named)
