"""A plan put before people: in a folder of its own, the list to be read and the decision to be signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.disposition import planning
from manifests.decisions.files import propose
from schemas.decisions import Disposition
from schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date
    from pathlib import Path

    from ediscovery.disposition.planning import Planned
    from manifests.archive import Archive
    from manifests.decisions.decided import Decided

DECISION = "decision.json"


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
    what = Disposition(plan=name, digest=planned.digest, records=planned.act.records, as_of=as_of)
    _writable(folder)
    # The decision comes last: who finds it finds what is to be read, too.
    return Proposed(planned, propose(archive, what, days=days, to=folder / DECISION), folder)


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlanFolderError(
            f"{folder} cannot be made: {error.strerror}.", do="Name a folder that can be written."
        ) from error
