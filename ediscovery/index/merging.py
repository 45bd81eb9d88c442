"""From segments to the one over all their records: the same bytes as if it were built from their partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.index import segments
from ediscovery.index.files import Files, engine_over, parameters, remove_damaged, tables

if TYPE_CHECKING:
    from pathlib import Path

    from ediscovery.engine import Means

NUMBERS = """
CREATE TABLE numbers AS WITH {docs}
SELECT doc, row_number() OVER (ORDER BY date, captured, record) - 1 + $first AS number FROM docs
"""
DOCS = "SELECT * EXCLUDE (number) REPLACE (number AS doc) FROM docs JOIN numbers USING (doc) ORDER BY number"
NAMES = "SELECT name, number AS doc FROM names JOIN numbers USING (doc) ORDER BY name, number"
POSTINGS = "SELECT term, number AS doc, places FROM postings JOIN numbers USING (doc) ORDER BY term, number"


def merge(files: Files, folder: Path, *, first: int, means: Means) -> None:
    """Write the segment over the records of the segments in ``files`` to ``folder`` (``building.build``).

    Raises:
        SearchTooLargeError: neither memory nor the folder to spill into are enough.
        IndexDamagedError: a segment cannot be read; it is removed.
    """
    # DuckDB reads what is damaged without noticing, and what is written of it would look whole.
    remove_damaged(files)
    with engine_over(files, means) as engine:
        numbers = NUMBERS.format(docs=", ".join(tables(files, "docs")))
        engine.run(numbers, {"first": first, **parameters(files, numbers)})
        for name, write, rows in (
            ("docs", segments.write_docs, DOCS),
            ("names", segments.write_names, NAMES),
            ("postings", segments.write_postings, POSTINGS),
        ):
            sql = f"WITH {', '.join(tables(files, rows))} {rows}"
            write(folder / f"{name}.parquet", engine.batches(sql, parameters(files, sql)))
