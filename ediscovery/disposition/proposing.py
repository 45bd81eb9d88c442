"""A plan put before people: in a folder of its own, the list to be read and the decision to be signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.commands import searchable_whole
from ediscovery.disposition import planning
from ediscovery.disposition.lists import read_list
from ediscovery.retention.eligible import eligible
from ediscovery.retention.in_force import InForce
from ediscovery.retention.listing import due_rows
from manifests.archive import SOFTWARE
from manifests.decisions.files import propose
from schemas.decisions import Disposition
from schemas.errors import UnavailableError
from storage import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import date
    from pathlib import Path

    from ediscovery.disposition.planning import Planned
    from ediscovery.retention.listing import Row
    from ediscovery.search import Search
    from manifests.archive import Archive
    from manifests.decisions.decided import Decided

DECISION = "decision.json"
PAGES, TABLE = "records.pdf", "records.csv"


class PlanFolderError(UnavailableError):
    """The papers of a plan cannot be written where they are to be."""

    code = "PLAN_FOLDER"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A plan and where it lies to be read and approved."""

    planned: Planned
    decided: Decided
    folder: Path

    @property
    def decision(self) -> Path:
        """The file that others sign."""
        return self.folder / DECISION


def put_forward(
    archive: Archive,
    *,
    name: str,
    as_of: date,
    only: Collection[str] = (),
    most: int = planning.MOST_RECORDS,
    days: int,
    to: Path,
    tell: Callable[[str, int, int], None],
) -> Proposed:
    """Plan (``planning.plan``), and put what is to be read and signed into a new folder in ``to``, for so many days.

    Raises:
        PlanFolderError: the folder cannot be written.
        CarriedFileError: the decision cannot.
        As ``planning.plan``.
    """
    _writable(to)
    planned = planning.plan(archive, name=name, as_of=as_of, only=only, most=most, tell=tell)
    folder = to / name
    _writable(folder)
    _write_papers(archive, planned, folder, tell)
    what = Disposition(plan=name, digest=planned.digest, records=planned.act.records, as_of=as_of)
    # The decision comes last: who finds it finds what is to be read, too.
    return Proposed(planned, propose(archive, what, days=days, to=folder / DECISION), folder)


def _write_papers(archive: Archive, planned: Planned, folder: Path, tell: Callable[[str, int, int], None]) -> None:
    # WeasyPrint is slow to import, and no other command of retention needs it.
    from ediscovery.disposition.papers.review import review_of  # noqa: PLC0415
    from ediscovery.disposition.papers.writing import write_review  # noqa: PLC0415

    in_force, act, settings = InForce.of(archive.ledger), planned.act, archive.settings
    proposed = archive.ledger.history.plans[act.plan]
    review = review_of(
        act,
        in_force,
        organisation=settings.archive.organisation,
        origin=archive.ledger.origin,
        timezone=settings.archive.timezone,
        planner=proposed.planner,
        made_at=proposed.at,
        software=SOFTWARE,
        paper=settings.production.paper,
    )
    going = {record.hex for line in read_list(archive.store, act) for record in line.records}
    accounts = {layout.account(line.partition) for line in read_list(archive.store, act)}

    def rows(opened: Search) -> Iterator[Row]:
        batches = eligible(archive, opened, in_force, as_of=act.as_of, shown=True, accounts=accounts)
        return (row for row in due_rows(batches) if row.record in going)

    with searchable_whole(archive, own=True) as opened:
        for name in (PAGES, TABLE):
            write_review(
                folder / name, review, lambda: rows(opened), progress=lambda done, total: tell("pages", done, total)
            )


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlanFolderError(
            f"{folder} cannot be made: {error.strerror}.", do="Name a folder that can be written."
        ) from error
