"""What people are told who are asked to approve a plan of destruction: facts of the plan and its series. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.disposition.papers.comparing import cited_schedule
from ediscovery.retention.wording import COMBINES, term_in_words
from schemas.digest import Digest
from schemas.errors import ConflictError

if TYPE_CHECKING:
    from ediscovery.production.document import Paper
    from ediscovery.retention.in_force import InForce
    from schemas.certificate import CitedSchedule
    from schemas.disposition import PlannedSeries
    from schemas.instant import Instant
    from schemas.ledger import DispositionPlanned
    from schemas.retention import SeriesName


class ReviewStaleError(ConflictError):
    """A plan rests on a schedule that is not in force any more."""

    code = "REVIEW_STALE"


@dataclass(frozen=True, slots=True)
class ReviewedSeries:
    """Series whose records are planned together; ``kept`` says of each in words how long, in the same order."""

    planned: PlannedSeries
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that the cover of a list for review says.

    ``planner`` proposed the plan at ``made_at``. ``timezone`` is the IANA zone in which days and times are shown.
    """

    organisation: str
    origin: str
    timezone: str
    planned: DispositionPlanned
    planner: str
    made_at: Instant
    series: tuple[ReviewedSeries, ...]
    schedules: tuple[CitedSchedule, ...]
    software: str
    paper: Paper = "Letter"

    @property
    def digest(self) -> Digest:
        """The SHA-256 of the act that proposes the plan: what people approve."""
        return Digest.of(self.planned.to_bytes())


def review_of(
    planned: DispositionPlanned,
    in_force: InForce,
    *,
    organisation: str,
    origin: str,
    timezone: str,
    planner: str,
    made_at: Instant,
    software: str,
    paper: Paper = "Letter",
) -> Review:
    """Return what people are told of a plan by the schedules that are in force.

    Raises:
        ReviewStaleError: the plan cites another edition of one of them.
        SeriesUnknownError, SeriesCycleError: a series of the plan does not exist any more.
    """
    cited: dict[str, CitedSchedule] = {}
    for one in planned.series:
        for name, entry in zip(one.series, one.cited, strict=True):
            schedule, _ = in_force.schedules.find(name)
            if in_force.adopted[schedule.name].entry != entry:
                raise ReviewStaleError(
                    f"The schedule {schedule.name} was adopted anew after the plan {planned.plan} was made.",
                    do="Plan again: other records may be due now.",
                )
            cited[schedule.name] = cited_schedule(schedule, entry)
    return Review(
        organisation=organisation,
        origin=origin,
        timezone=timezone,
        planned=planned,
        planner=planner,
        made_at=made_at,
        series=tuple(
            ReviewedSeries(one, tuple(_kept(name, in_force) for name in one.series)) for one in planned.series
        ),
        schedules=tuple(cited.values()),
        software=software,
        paper=paper,
    )


def _kept(name: SeriesName, in_force: InForce) -> str:
    series = in_force.schedules.resolve(name).series
    terms = "; ".join(term_in_words(term) for term in series.terms)
    return f"{terms}; {COMBINES[series.combine]}" if len(series.terms) > 1 else terms
