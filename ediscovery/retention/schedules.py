"""The schedules in force together, and what a series' name means among them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import msgspec

from ediscovery.retention.reckoning import Calendar
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from schemas.retention import Schedule, Series, SeriesName


class SeriesUnknownError(InputError):
    """A series is named that no schedule in force has."""

    code = "SERIES_UNKNOWN"


class SeriesCycleError(InputError):
    """Series name each other in a circle, so that none says how long."""

    code = "SERIES_CYCLE"


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A series where it stands: under its full name, with its terms, and with the calendar that these belong to.

    Where it is the same as another, terms, combination and calendar are those of the other; the rest is its own.
    """

    name: SeriesName
    series: Series
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Schedules:
    """The series of all schedules in force by their full names, each with the schedule that it stands in."""

    by_name: Mapping[SeriesName, tuple[Schedule, Series]]

    @classmethod
    def of(cls, schedules: Iterable[Schedule]) -> Self:
        """Return the schedules that are in force after these were adopted, in this order."""
        editions = {schedule.name: schedule for schedule in schedules}
        return cls(
            {f"{name}/{one.item}": (edition, one) for name, edition in editions.items() for one in edition.series}
        )

    def __iter__(self) -> Iterator[SeriesName]:
        """Yield the full name of every series."""
        return iter(self.by_name)

    def find(self, name: SeriesName) -> tuple[Schedule, Series]:
        """Return the series of that name as it was written, and the schedule that it stands in.

        Raises:
            SeriesUnknownError: there is none.
        """
        if (found := self.by_name.get(name)) is None:
            raise SeriesUnknownError(
                f"No schedule in force has a series {name}.",
                do="Name a series of a schedule that is adopted, or adopt that schedule first.",
                series=name,
            )
        return found

    def resolve(self, name: SeriesName) -> Scheduled:
        """Return the series of that name with the terms and the calendar that it has, through every ``same_as``.

        What is the same as something that is kept for ever has no terms, and is itself.

        Raises:
            SeriesUnknownError: it, or one that it is the same as, does not exist.
            SeriesCycleError: it is the same as itself.
        """
        path = [self.find(one) for one in follow(name, lambda one: self.find(one)[1].same_as)]
        (_, series), (source_schedule, source) = path[0], path[-1]
        kept = any(one.disposal == "keep" for _, one in path)
        return Scheduled(
            name,
            msgspec.structs.replace(series, terms=() if kept else source.terms, combine=source.combine),
            Calendar.of(source_schedule),
        )


def follow(start: SeriesName, link: Callable[[SeriesName], SeriesName | None]) -> tuple[SeriesName, ...]:
    """Return the names that ``link`` leads through, from ``start`` to the one that leads nowhere.

    Raises:
        SeriesCycleError: it leads in a circle.
    """
    path = {start: None}
    while (name := link(next(reversed(path)))) is not None:
        if name in path:
            raise SeriesCycleError(
                f"Series name each other in a circle: {' → '.join((*path, name))}.",
                do="Give one of them terms of its own.",
                series=start,
            )
        path[name] = None
    return tuple(path)
