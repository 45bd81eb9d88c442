"""From what is asked about records and items to SQL over an archive's partitions. Pure: nothing is run here.

An item is named by account, kind and identifier. Its latest version is the last captured, and of those captured at one
instant the one with the greatest record id. A record of kind ``absence`` marks its item as gone until a later version
is captured; a ``list`` is what a feed showed.

Every value is a parameter. ``$paths`` is left to the caller: the files to look into. ``records(paths)`` must yield the
columns of ``schemas.tables`` and ``account``, ``key`` and ``file_row_number``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.sql import Statement, Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SNIPPET = 300  # characters of a text that are shown
NO_HITS = ("absence", "list")

MATCHING_VERSIONS = (
    "SELECT account, kind, item, record AS matched, record AS shown FROM records($paths) WHERE {condition}"
)
MATCHING_ITEMS = """
    SELECT account, kind, item, max({{'at': captured, 'record': record}}).record AS matched, NULL::BLOB AS shown
    FROM records($paths) WHERE {condition} GROUP BY ALL"""

# Three passes over the files: what matches, all that is known about these items, and the rows to show.
STATEMENT = """
WITH matching AS MATERIALIZED ({matching}),
about AS MATERIALIZED (
    SELECT account, kind, item, count(*) AS versions, max({{'at': captured, 'record': record, 'verdict':
        CASE WHEN kind = 'absence' THEN json_extract_string(decode(normalised), '$.absence.verdict') END}}) AS last
    FROM records($paths) SEMI JOIN matching USING (account, item) GROUP BY ALL
),
found AS MATERIALIZED (
    SELECT coalesce(matching.shown, about.last.record) AS shown, matching.matched, about.versions,
        CASE WHEN gone.last.at >= about.last.at THEN gone.last.verdict END AS verdict
    FROM matching JOIN about USING (account, kind, item)
    LEFT JOIN about AS gone
        ON gone.kind = 'absence' AND gone.account = matching.account AND gone.item = matching.item
)
SELECT r.record, found.matched, r.account, r.item, r.kind, epoch_us(r.created), epoch_us(r.captured), r.author, r.title,
    left(r.text, {snippet}), r.url, r.key, r.file_row_number, found.versions, found.verdict
FROM records($paths) AS r JOIN found ON r.record = found.shown
ORDER BY {order}
"""
BY_DATE = "coalesce(r.created, r.captured), r.captured, r.record"
BY_CAPTURE = "r.captured, r.record"


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


def records_named(prefix: str, *, limit: int) -> Statement:
    """Return the statement that yields the records whose id starts with ``prefix`` (lower-case hexadecimal)."""
    values = Values()
    condition = f"starts_with(lower(hex(record)), {values.add(prefix)})"
    return _statement(condition, values, versions=True, limit=limit)


def versions(account: str, item: str) -> Statement:
    """Return the statement that yields all records about an item, also of its absences, in the order of capture."""
    values = Values()
    condition = f"account = {values.add(account)} AND item = {values.add(item)}"
    return _statement(condition, values, versions=True, order=BY_CAPTURE)


def at_addresses(addresses: Iterable[str]) -> Statement:
    """Return the statement that yields every version of items at one of these addresses, or named by one."""
    values = Values()
    named = f"(SELECT unnest({values.add(sorted(set(addresses)))}))"
    condition = f"(url IN {named} OR item IN {named}) AND {_hits(values)}"
    return _statement(condition, values, versions=True, order=BY_CAPTURE)


def thread(account: str, name: str) -> Statement:
    """Return the statement that yields the latest versions of a thread's items, the item it is named after included."""
    values = Values()
    named = values.add(name)
    condition = f"account = {values.add(account)} AND (thread = {named} OR item = {named}) AND {_hits(values)}"
    return _statement(condition, values, versions=False)


def _statement(
    condition: str, values: Values, *, versions: bool, limit: int | None = None, order: str = BY_DATE
) -> Statement:
    matching = (MATCHING_VERSIONS if versions else MATCHING_ITEMS).format(condition=condition)
    sql = STATEMENT.format(matching=matching, snippet=SNIPPET, order=order)
    if limit is not None:
        sql += f"LIMIT {values.add(limit)}"
    return Statement(sql, values.named)


def _hits(values: Values) -> str:
    return f"NOT list_contains({values.add(list(NO_HITS))}, kind)"
