"""From a query to SQL over the archive's partitions. Pure: it makes text and parameters and runs nothing.

What a query means:

* Words are looked for in a record's title, text, author, attachments' alternative texts and tags. AND, OR and NOT look
  at all of them; a phrase stays within one.
* A version of an item matches when all filters and the term let it through. The item is then found once, whichever of
  its versions matched: words that were edited out stay findable. Shown is its latest version (the last captured, and of
  those captured at one instant the one with the greatest record id), and which version matched, the newest that did.
  With ``versions`` every matching version is a hit by itself.
* An item is named by account, kind and identifier.
* A record of kind ``absence`` is no hit; it marks its item as gone until a later version is captured. A ``list`` (what
  a feed showed) is a hit only when that kind is asked for.
* Dates are compared with the item's own, or where it has none, with the instant of its capture.
* An author is named by words of the name, in order, in any case.

Every value is a parameter. ``$paths`` is left to the caller: the files to look into. ``records(paths)`` must yield the
columns of ``schemas.tables`` and ``account``, ``key`` and ``file_row_number``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.terms import Values, condition
from schemas.errors import InputError
from schemas.query import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ediscovery.terms import Parameter
    from schemas.query import Query

SNIPPET = 300  # characters of a text that are shown
NO_HITS = ("absence", "list")

# chr(31) is ediscovery.patterns.FIELD_END. NUL parts words as a space does, and nfc_normalize would stop at it (DuckDB
# 1.5.5). The derived view is parsed only where it holds what is looked for.
SEARCHED = """
searched AS (
    SELECT *, nfc_normalize(replace(author, chr(0), ' ')) AS writer,
        nfc_normalize(replace(concat_ws(chr(31), title, text, author,
            CASE WHEN contains(view, '"alt":') OR contains(view, '"tags":[') THEN concat_ws(chr(31),
                array_to_string(json_extract_string(view, '$.attachments[*].alt'), chr(31)),
                array_to_string(json_extract_string(view, '$.tags[*]'), chr(31))) END), chr(0), ' ')) AS words
    FROM (SELECT *, decode(normalised) AS view FROM records($paths))
)"""

MATCHING_VERSIONS = "SELECT account, kind, item, record AS matched, record AS shown FROM searched WHERE {condition}"
MATCHING_ITEMS = """
    SELECT account, kind, item, max({{'at': captured, 'record': record}}).record AS matched, NULL::BLOB AS shown
    FROM searched WHERE {condition} GROUP BY ALL"""

# Three passes over the files: what matches, all that is known about these items, and the rows to show.
STATEMENT = """
WITH {searched},
matching AS MATERIALIZED ({matching}),
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
COUNT = "WITH {searched} SELECT count({counted}) FROM searched WHERE {condition}"
BY_DATE = "coalesce(r.created, r.captured), r.captured, r.record"
BY_CAPTURE = "r.captured, r.record"


class KindNotSearchableError(InputError):
    """Absences are asked for as if they were items."""

    code = "KIND_NOT_SEARCHABLE"


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and the values of its parameters, ``$paths`` excepted."""

    sql: str
    parameters: Mapping[str, Parameter]


def hits(query: Query, *, limit: int | None = None) -> Statement:
    """Return the statement that yields a query's hits by date; one row a hit.

    Raises:
        NothingToSearchError: a term or the author holds nothing to search for.
        TermTooLongError: a phrase has more than some hundred words.
        KindNotSearchableError: absences are asked for.
    """
    values = Values()
    return _statement(_condition(query, values), values, versions=query.versions, limit=limit)


def count(query: Query) -> Statement:
    """Return the statement that yields the number of a query's hits. Raises what ``hits`` raises."""
    values = Values()
    counted = "*" if query.versions else "DISTINCT (account, kind, item)"
    sql = COUNT.format(searched=SEARCHED, counted=counted, condition=_condition(query, values))
    return Statement(sql, values.named)


def items(query: Query, values: Values) -> str:
    """Return the SELECT over ``SEARCHED`` that yields the identifiers of the items of a query's hits, each once.

    Raises what ``hits`` raises.
    """
    return f"SELECT DISTINCT item FROM searched WHERE {_condition(query, values)}"  # noqa: S608 - values are parameters


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
    condition = f"(url IN {named} OR item IN {named}) AND {_kinds((), values)}"
    return _statement(condition, values, versions=True, order=BY_CAPTURE)


def thread(account: str, name: str) -> Statement:
    """Return the statement that yields the latest versions of a thread's items, the item it is named after included."""
    values = Values()
    named = values.add(name)
    condition = f"account = {values.add(account)} AND (thread = {named} OR item = {named}) AND {_kinds((), values)}"
    return _statement(condition, values, versions=False)


def _statement(
    condition: str, values: Values, *, versions: bool, limit: int | None = None, order: str = BY_DATE
) -> Statement:
    matching = (MATCHING_VERSIONS if versions else MATCHING_ITEMS).format(condition=condition)
    sql = STATEMENT.format(searched=SEARCHED, matching=matching, snippet=SNIPPET, order=order)
    if limit is not None:
        sql += f"LIMIT {values.add(limit)}"
    return Statement(sql, values.named)


def _condition(query: Query, values: Values) -> str:
    parts = [_kinds(sorted(query.kinds), values)]
    if query.accounts:
        parts.append(f"list_contains({values.add(sorted(query.accounts))}, account)")
    if query.start is not None:
        parts.append(f"epoch_us(coalesce(created, captured)) >= {values.add(query.start.micros)}")
    if query.end is not None:
        parts.append(f"epoch_us(coalesce(created, captured)) < {values.add(query.end.micros)}")
    if query.author is not None:
        parts.append(f"coalesce({condition(Word(query.author), 'writer', values)}, false)")
    if query.term is not None:
        parts.append(condition(query.term, "words", values))
    return " AND ".join(parts)


def _kinds(kinds: Iterable[str], values: Values) -> str:
    asked = list(kinds)
    if "absence" in asked:
        raise KindNotSearchableError(
            "An absence is a mark on an item and no item.", do="Search for the items; those that went away are marked."
        )
    if asked:
        return f"list_contains({values.add(asked)}, kind)"
    return f"NOT list_contains({values.add(list(NO_HITS))}, kind)"
