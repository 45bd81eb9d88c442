"""Which records of an account holds cover, as a condition in SQL: what ``holding`` says of one record. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from ediscovery.sql import Values
    from schemas.holds import Scope


@dataclass(frozen=True, slots=True)
class Covering:
    """A condition over ``gathering.SUBJECTS``, called ``s``, and the tables that it looks into."""

    condition: str
    tables: tuple[str, ...]


def covering(scopes: Sequence[Scope], found: Callable[[str], Collection[str]], values: Values) -> Covering:
    """Return the condition that at least one of the scopes, all of which are about one account, covers a record.

    ``found`` returns the identifiers of that account's items which a search, as it was typed, finds.
    """
    tables = []
    conditions = []
    for number, scope in enumerate(scopes):
        if scope.query is not None:
            named = values.add(sorted(found(scope.query)))
            tables.append(f"found{number} AS MATERIALIZED (SELECT unnest({named}) AS item)")
        # What covers the record that an absence is about, or a late medium, covers these.
        for record, item, date in (("s.record", "s.item", "s.own"), ("s.about", "s.whose", "s.date")):
            parts = list(_parts(scope, values, number=number, record=record, item=item, date=date))
            conditions.append(f"({' AND '.join(parts)})" if parts else "true")
    return Covering(" OR ".join(conditions) or "false", tuple(tables))


def _parts(scope: Scope, values: Values, *, number: int, record: str, item: str, date: str) -> Iterator[str]:
    if scope.since is not None:
        yield f"{date} >= {values.add(scope.since.micros)}"
    if scope.until is not None:
        yield f"{date} < {values.add(scope.until.micros)}"
    if scope.records:
        named = values.add([one.hex for one in scope.records])
        yield f"{record} IN (SELECT unhex(name) FROM (SELECT unnest({named}) AS name))"  # noqa: S608 - a parameter
    if scope.query is not None:
        yield f"{item} IN (SELECT item FROM found{number})"  # noqa: S608 - a number of ours
