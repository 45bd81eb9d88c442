"""From what is due to a plan in the ledger: the list of its records, its series, and who must approve."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ediscovery.commands import searchable_whole
from ediscovery.disposition import produced
from ediscovery.disposition.choosing import choose
from ediscovery.disposition.lists import write_list
from ediscovery.evidence import by_stored_key
from ediscovery.retention.eligible import eligible
from ediscovery.retention.in_force import InForce
from ediscovery.transfer.receiving import transferred
from manifests.dispositions.rules import PlanOvertakenError
from manifests.workspaces import workspace
from schemas.digest import Digest
from schemas.disposition import PlannedSeries
from schemas.errors import InputError
from schemas.ledger import DispositionPlanned
from storage import layout
from storage.objects import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import date

    from ediscovery.disposition.choosing import Group
    from ediscovery.search import Search
    from manifests.archive import Archive
    from manifests.history import History
    from schemas.disposition import PlannedRecords
    from schemas.ledger import Produced

MOST_RECORDS = 1_000_000
"""How many records a plan takes at most; what is left is for the next. It bounds the memory (``choosing``)."""


class NothingDueError(InputError):
    """Nothing is due that may be destroyed."""

    code = "NOTHING_DUE"


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan as it is in the ledger, and how many records stay that are due but were produced."""

    act: DispositionPlanned
    produced: int

    @property
    def digest(self) -> Digest:
        """What is approved: the SHA-256 of the act."""
        return Digest.of(self.act.to_bytes())


@dataclass(slots=True)
class _Tally:
    """How many records were chosen of each group, and how many stay because they were produced."""

    chosen: Counter[Group] = field(default_factory=Counter)
    produced: int = 0


def plan(
    archive: Archive,
    *,
    name: str,
    as_of: date,
    only: Collection[str] = (),
    most: int = MOST_RECORDS,
    tell: Callable[[str, int, int], None],
) -> Planned:
    """Propose that what is due on a day and under no hold be destroyed, at most so many records, or ``only`` of series.

    ``name`` is random and unique. Nothing is destroyed by that.

    Raises:
        NothingDueError: there is nothing.
        PlanOvertakenError: a hold was placed meanwhile; plan again.
        SeriesUnknownError, SeriesCycleError: something belongs to a series that no schedule in force has.
        UnavailableError: it could not be stored; it may be tried again.
    """
    archive.ledger.refresh()
    size = archive.ledger.head.size
    in_force = InForce.of(archive.ledger)
    going = produced.due(archive, in_force, as_of=as_of)
    if only and in_force.classification and not set(only) & set(in_force.classification.productions):
        going = ()
    tally = _Tally()
    with (
        workspace(archive.home) as folder,
        searchable_whole(archive, own=True) as opened,
        (folder / "records").open("w+b") as file,
    ):
        lines = _lines(archive, opened, in_force, going, tally, as_of=as_of, only=only, most=most, tell=tell)
        tree = write_list(file, lines)
        file.flush()
        os.fsync(file.fileno())
        if not tree.size and not going:
            raise NothingDueError(
                f"Nothing that may be destroyed is due on {as_of}, under no hold, and in no production that is kept.",
                do="See 'holdfast retention status'.",
            )
        listed = archive.store.put_new(layout.planned(name), Content.of_file(folder / "records"))
    series = tuple(_series(tally.chosen, in_force))
    approvals = [in_force.schedules.resolve(one).series.approval for group in series for one in group.series]
    approvals += [
        in_force.schedules.resolve(one).series.approval
        for one in (in_force.classification.productions if going and in_force.classification else ())
    ]
    act = DispositionPlanned(
        plan=name,
        size=size,
        as_of=as_of,
        records=tree.size,
        records_root=tree.root,
        listed=listed,
        series=series,
        productions=tuple(one.production for one in going),
        roles=tuple(sorted({role for one in approvals for role in one.roles})),
        wait_days=max((one.wait_days for one in approvals), default=0),
        permissions=tuple(sorted({one.external for one in approvals if one.external})),
    )

    def build(history: History) -> tuple[DispositionPlanned]:
        if history.held_at > size:
            raise PlanOvertakenError("A hold was placed while the plan was made.", do="Plan again.")
        return (act,)

    archive.append(build)
    return Planned(act, tally.produced)


def _lines(
    archive: Archive,
    opened: Search,
    in_force: InForce,
    going: tuple[Produced, ...],
    tally: _Tally,
    *,
    as_of: date,
    only: Collection[str],
    most: int,
    tell: Callable[[str, int, int], None],
) -> Iterator[PlannedRecords]:
    needed, sent = produced.needed(archive, opened, without=going), frozenset(transferred(archive))
    accounts = sorted(archive.ledger.history.accounts)
    for done, account in enumerate(accounts):
        tell("accounts", done, len(accounts))
        if most > 0:
            chosen = choose(
                eligible(archive, opened, in_force, as_of=as_of, accounts=(account,)),
                by_stored_key(archive, (account,)),
                transferred=sent,
                produced=needed,
                only=only,
                most=most,
            )
            most -= len(chosen)
            tally.produced += chosen.produced
            tally.chosen += chosen.counted()
            yield from chosen.lines()


def _series(chosen: Counter[Group], in_force: InForce) -> Iterator[PlannedSeries]:
    for names, disposal in sorted({(names, disposal) for names, disposal, _ in chosen}):
        resolved = [in_force.schedules.resolve(name) for name in names]
        months = {month: count for (*of, month), count in chosen.items() if of == [names, disposal]}
        yield PlannedSeries(
            series=names,
            titles=tuple(one.series.title for one in resolved),
            cited=tuple(in_force.adopted[in_force.schedules.find(name)[0].name].entry for name in names),
            disposal=disposal,
            records=sum(months.values()),
            first=min(months),
            last=max(months),
        )
