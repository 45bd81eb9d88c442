"""What is looked up by name: a record, an item, a thread. Statements of documents, over an index's tables; pure.

Every value is a parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.index.places import fact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ediscovery.sql import Values

ID_DIGITS = 64  # hexadecimal digits of a record's id


def records_from(prefix: str, values: Values) -> str:
    """Return the documents of records whose ids begin so, in hexadecimal digits."""
    first, last = (values.add(prefix.ljust(ID_DIGITS, digit)) for digit in "0f")
    return f"SELECT doc FROM docs WHERE record BETWEEN unhex({first}) AND unhex({last})"


def records(ids: Iterable[str], values: Values) -> str:
    """Return the documents of records with these ids, in hexadecimal digits."""
    return f"SELECT doc FROM docs WHERE record IN (SELECT unhex(unnest({values.add(sorted(ids))})))"


def item(account: str, name: str, values: Values) -> str:
    """Return the documents of all records about an item."""
    named = values.add(name)
    return f"""
        SELECT doc FROM docs SEMI JOIN (SELECT doc FROM names WHERE name = md5_number_lower({named})) USING (doc)
        WHERE account = {values.add(account)} AND item = {named}"""


def thread(account: str, name: str, values: Values) -> str:
    """Return the documents of all records of a thread, and of the item that it is named after."""
    named = values.add(name)
    return f"""
        SELECT DISTINCT doc FROM docs JOIN (
            SELECT doc, true AS told FROM postings WHERE term = {values.add(fact("thread", name))}
            UNION ALL SELECT doc, false FROM names WHERE name = md5_number_lower({named})
        ) USING (doc) WHERE account = {values.add(account)} AND (told OR item = {named})"""
