"""What all segments together say of items: which documents are versions of one, which is its latest, what became of it.

It is said for the documents whose item has several records; any other is its item's only version, and not missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.engine import Engine
from ediscovery.index import segments
from ediscovery.sql import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# An item is missed when its last word is an absence, unless a version was captured after it.
ITEMS = """
several AS MATERIALIZED (
    SELECT name FROM names GROUP BY name HAVING count(*) > 1
),
own AS MATERIALIZED (
    SELECT doc, account, kind, item, captured, record, verdict
    FROM docs SEMI JOIN (SELECT doc FROM names SEMI JOIN several USING (name)) USING (doc)
),
last AS MATERIALIZED (
    SELECT account, kind, item, count(*) AS versions,
        max({'at': captured, 'record': record, 'doc': doc, 'verdict': verdict}) AS record
    FROM own GROUP BY ALL
)
SELECT own.doc, last.record.doc AS latest,
    rank() OVER (PARTITION BY account, kind, item ORDER BY captured, own.record)::INTEGER AS version,
    last.versions::INTEGER AS versions,
    CASE WHEN gone.record.at >= last.record.at THEN gone.record.verdict END AS verdict
FROM own JOIN last USING (account, kind, item)
LEFT JOIN (SELECT account, item, record FROM last WHERE kind = 'absence') AS gone USING (account, item)
WHERE kind <> 'absence'
"""
"""The statement of the rows of ``segments.ITEMS``, over ``docs`` and ``names`` (``segments.DOCS``, ``NAMES``)."""


def gather(folders: Sequence[Path], target: Path, *, threads: int, memory_limit: int, spill: Path) -> None:
    """Write what all segments in these folders say of items to the file ``target``.

    Raises:
        SearchTooLargeError: neither memory nor the folder ``spill`` are enough.
        SearchFailedError: a segment cannot be read.
    """
    files = {name: [str(folder / f"{name}.parquet") for folder in folders] for name in ("docs", "names")}
    tables = ",".join(f"{name} AS (FROM read_parquet({listed(f'${name}')}))" for name in files)
    with Engine(
        [folder / f"{name}.parquet" for name in files for folder in folders],
        threads=threads,
        memory_limit=memory_limit,
        spill=spill,
    ) as engine:
        segments.write_items(target, engine.batches(f"WITH {tables}, {ITEMS} ORDER BY own.doc", files))
