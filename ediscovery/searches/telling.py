"""Telling what saved searches find anew: every record once, none left out, also where the program is ended in between.

What is about to be told is written down first, and that it was told right after. If the program ends between the two,
nobody knows whether it was told: it is told again, under the same number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.index.kept import FOUND, ORDER
from ediscovery.index.reading import found_of
from ediscovery.searches.saved import number_of
from ediscovery.views.listing import SHORT_ID
from manifests.console import local, plural
from manifests.mailing import send_mail
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ediscovery.index.reading import Found
    from ediscovery.search import Hit, Search
    from ediscovery.searches.keeping import Shelf
    from ediscovery.searches.saved import SavedSearch
    from manifests.archive import Archive
    from schemas.digest import Digest
    from schemas.query import Query

SHOWN = 20
"""Hits that an alert shows; it counts all, and names the record of each."""


class MailUnsetError(InputError):
    """People are to be told by mail, and it is not set up."""

    code = "MAIL_UNSET"


@dataclass(frozen=True, slots=True)
class Alert:
    """New hits of a search: their ``records``, and the oldest of those that are there.

    ``again`` says that they may have been told before, under the same number.
    """

    search: SavedSearch
    number: str
    records: frozenset[Digest]
    hits: tuple[Hit, ...]
    again: bool


def found_now(opened: Search, query: Query) -> dict[Digest, Found]:
    """Return what a query finds, the oldest first. Raises what ``Search.hits`` raises."""
    with opened.kept(query) as kept:
        if kept is None:
            return {}
        rows = kept.rows(lambda _: f"SELECT {FOUND} FROM seen ORDER BY {ORDER}")  # noqa: S608 - names of ours
        return {one.record: one for one in map(found_of, rows)}


def alerts(shelf: Shelf, search: SavedSearch, opened: Search, query: Query, *, origin: str) -> Iterator[Alert]:
    """Yield what is to be told of a search: what was begun to be told before, and what is new.

    What is new is written down first. When an alert was told, ``Shelf.end`` is to be called.

    Raises what ``Search.hits`` raises.
    """
    found = found_now(opened, query)
    begun = shelf.telling(search.name)
    new = frozenset(found.keys() - shelf.told(search.name).union(*begun.values()))
    if new:
        shelf.begin(search.name, number_of(origin, search.name, new), new)
    for number, records in (*begun.items(), *(((number_of(origin, search.name, new), new),) if new else ())):
        first = [one for record, one in found.items() if record in records][:SHOWN]
        yield Alert(search, number, records, tuple(opened.described(first)), again=number in begun)


def send(archive: Archive, alert: Alert, environment: Mapping[str, str]) -> None:
    """Tell people of an alert by mail, which says nothing of what records say.

    Raises:
        MailUnsetError: mail is not set up.
        MailPasswordError, MailUnsentError: it was not sent.
    """
    settings = archive.settings
    if settings.mail is None:
        raise mail_unset()
    send_mail(
        settings.mail,
        alert.search.mail,
        subject=f"{settings.archive.organisation}: {_counted(alert)} of the saved search {alert.search.name}",
        text="\n".join(_letter(archive, alert)),
        at=archive.now(),
        environment=environment,
        number=alert.number,
    )


def mail_unset() -> MailUnsetError:
    """Return the error that nobody can be told by mail."""
    return MailUnsetError("People are to be told by mail, and it is not set up.", do="Set [mail] in holdfast.toml.")


def _counted(alert: Alert) -> str:
    return plural(len(alert.records), "new hit")


def _letter(archive: Archive, alert: Alert) -> Iterator[str]:
    zone = archive.settings.zone
    yield f"The saved search {alert.search.name} of the archive {archive.ledger.origin} has {_counted(alert)}."
    yield ""
    for hit in alert.hits:
        yield f"{hit.record.hex[:SHORT_ID]}  {local(hit.date, zone)}  {hit.kind:<8} {hit.account}"
    if len(alert.records) > len(alert.hits):
        yield f"and {len(alert.records) - len(alert.hits):,} that are not named here"
    yield ""
    yield f"To read one:         holdfast show {alert.hits[0].record.hex[:SHORT_ID] if alert.hits else 'ID'}"
    yield f"To search once more: holdfast searches run {alert.search.name}"
    yield ""
    yield f"This is alert {alert.number}."
    if alert.again:
        yield "It may have been sent before, under this number: what was noted of it was lost, or not all got it."
