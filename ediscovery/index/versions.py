"""What all segments together say of items: which documents are versions of one, which is its latest, what became of it.

It is said for the documents whose item has several records, and for those that are no items of their own: absences, and
lists of what a feed showed. Any other document is its item's only version, and not missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.index import segments
from ediscovery.index.files import Files, engine_over, parameters, remove_damaged, tables

if TYPE_CHECKING:
    from pathlib import Path

    from ediscovery.engine import Means

BESIDE = ("absence", "list")
"""Kinds of records that are no items of their own."""

# An item is missed when its last word is an absence, unless a version was captured after it.
STATEMENT = f"""
several AS MATERIALIZED (
    SELECT name FROM names GROUP BY name HAVING count(*) > 1
),
beside AS MATERIALIZED (
    SELECT doc FROM docs WHERE kind IN {BESIDE}
),
own AS MATERIALIZED (
    SELECT doc, account, kind, item, captured, record, verdict
    FROM docs SEMI JOIN (SELECT doc FROM names SEMI JOIN several USING (name) UNION FROM beside) USING (doc)
),
last AS MATERIALIZED (
    SELECT account, kind, item, count(*) AS versions,
        max({{'at': captured, 'record': record, 'doc': doc, 'verdict': verdict}}) AS record
    FROM own GROUP BY ALL
)
SELECT own.doc, last.record.doc AS latest,
    rank() OVER (PARTITION BY account, kind, item ORDER BY captured, own.record)::INTEGER AS version,
    last.versions::INTEGER AS versions,
    CASE WHEN gone.record.at >= last.record.at THEN gone.record.verdict END AS verdict,
    CASE WHEN kind IN {BESIDE} THEN kind END AS beside
FROM own JOIN last USING (account, kind, item)
LEFT JOIN (SELECT account, item, record FROM last WHERE kind = 'absence') AS gone USING (account, item)
"""
"""The statement of the rows of ``segments.ITEMS``, over ``docs`` and ``names`` (``segments.DOCS``, ``NAMES``)."""


def gather(files: Files, target: Path, *, means: Means) -> None:
    """Write what all segments say of items to the file ``target``.

    Raises:
        SearchTooLargeError: neither memory nor the folder to spill into are enough.
        IndexDamagedError: a segment cannot be read; it is removed.
    """
    sql = f"WITH {', '.join((*tables(files, STATEMENT), STATEMENT))} ORDER BY own.doc"
    # DuckDB reads what is damaged without noticing, and what is written of it would look whole.
    remove_damaged(files, among=("docs", "names"))
    with engine_over(files, means) as engine:
        segments.write_items(target, engine.batches(sql, parameters(files, sql)), over=files.segments)
