"""The days on which the law of a jurisdiction has no business done, each with the clause that says so. Pure.

Lists that programs share have what is observed; a deadline is counted by what a statute says (docs/adr/0033).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

MONDAY, TUESDAY, THURSDAY, SATURDAY, SUNDAY = 0, 1, 3, 5, 6
WEEK = 7

Moved: TypeAlias = Literal["never", "from-sunday", "from-weekend"]
"""Whether a holiday on a Sunday is kept on the Monday after it, and one on a Saturday on the Friday before it."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same day each year."""

    month: int
    day: int

    def in_year(self, year: int) -> date:
        """Return it in a year."""
        return date(year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class Nth:
    """The ``n``-th of a weekday in a month, the last one if ``n`` is -1; ``plus`` days later."""

    n: int
    weekday: int
    month: int
    plus: int = 0

    def in_year(self, year: int) -> date:
        """Return it in a year."""
        if self.n < 0:
            # Every month that a rule needs the last weekday of ends before December does.
            last = date(year, self.month + 1, 1) - timedelta(days=1)
            return last - timedelta(days=(last.weekday() - self.weekday) % WEEK)
        first = date(year, self.month, 1)
        offset = (self.weekday - first.weekday()) % WEEK + WEEK * (self.n - 1)
        return first + timedelta(days=offset + self.plus)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A holiday and the clause that names it."""

    name: str
    rule: Fixed | Nth
    clause: str


@dataclass(frozen=True, slots=True)
class Holidays:
    """The holidays of a jurisdiction, and what becomes of those that fall on a weekend, by the clause ``moved_by``."""

    days: tuple[Holiday, ...]
    moved: Moved
    moved_by: str = ""

    def in_year(self, year: int) -> Iterator[tuple[date, Holiday]]:
        """Yield the holidays that are kept for those of a year; of New Year's that may be the day before it."""
        for one in self.days:
            day = one.rule.in_year(year)
            if day.weekday() == SUNDAY and self.moved != "never":
                day += timedelta(days=1)
            elif day.weekday() == SATURDAY and self.moved == "from-weekend":
                day -= timedelta(days=1)
            yield day, one

    def find(self, day: date) -> Holiday | None:
        """Return the holiday that is kept on a day, or ``None``."""
        years = (day.year, day.year + 1) if (day.month, day.day) == (12, 31) else (day.year,)
        return next((one for year in years for kept, one in self.in_year(year) if kept == day), None)


def _named(clause: str, *days: tuple[str, Fixed | Nth]) -> tuple[Holiday, ...]:
    return tuple(Holiday(name, rule, clause) for name, rule in days)


NEW_YEAR = ("New Year's Day", Fixed(1, 1))
KING = ("Martin Luther King, Jr., Day", Nth(3, MONDAY, 1))
WASHINGTON = ("Washington's Birthday", Nth(3, MONDAY, 2))
MEMORIAL = ("Memorial Day", Nth(-1, MONDAY, 5))
JUNETEENTH = ("Juneteenth", Fixed(6, 19))
INDEPENDENCE = ("Independence Day", Fixed(7, 4))
LABOR = ("Labor Day", Nth(1, MONDAY, 9))
COLUMBUS = ("Columbus Day", Nth(2, MONDAY, 10))
VETERANS = ("Veterans Day", Fixed(11, 11))
THANKSGIVING = ("Thanksgiving Day", Nth(4, THURSDAY, 11))
CHRISTMAS = ("Christmas Day", Fixed(12, 25))

FEDERAL = Holidays(
    _named(
        "5 U.S.C. 6103(a)",
        NEW_YEAR,
        KING,
        WASHINGTON,
        MEMORIAL,
        JUNETEENTH,
        INDEPENDENCE,
        LABOR,
        COLUMBUS,
        VETERANS,
        THANKSGIVING,
        CHRISTMAS,
    ),
    "from-weekend",
    "5 U.S.C. 6103(b)(1); Executive Order 11582, section 3(a)",
)
TEXAS = Holidays(
    (
        *_named(
            "Tex. Gov't Code 662.003(a)",
            NEW_YEAR,
            KING,
            ("Presidents' Day", Nth(3, MONDAY, 2)),
            MEMORIAL,
            INDEPENDENCE,
            LABOR,
            VETERANS,
            THANKSGIVING,
            CHRISTMAS,
        ),
        *_named(
            "Tex. Gov't Code 662.003(b)",
            ("Confederate Heroes Day", Fixed(1, 19)),
            ("Texas Independence Day", Fixed(3, 2)),
            ("San Jacinto Day", Fixed(4, 21)),
            ("Emancipation Day in Texas", Fixed(6, 19)),
            ("Lyndon Baines Johnson Day", Fixed(8, 27)),
            ("the Friday after Thanksgiving Day", Nth(4, THURSDAY, 11, plus=1)),
            ("the 24th day of December", Fixed(12, 24)),
            ("the 26th day of December", Fixed(12, 26)),
        ),
    ),
    # Whether the Friday or Monday beside a weekend is kept is for the governmental body to say (552.0031(e)).
    "never",
)
MASSACHUSETTS = Holidays(
    _named(
        "G.L. c. 4, § 7, cl. 18th",
        NEW_YEAR,
        KING,
        WASHINGTON,
        ("Patriots' Day", Nth(3, MONDAY, 4)),
        MEMORIAL,
        JUNETEENTH,
        INDEPENDENCE,
        LABOR,
        COLUMBUS,
        VETERANS,
        THANKSGIVING,
        CHRISTMAS,
    ),
    "from-sunday",
    "G.L. c. 4, § 7, cl. 18th",
)
NEW_YORK = Holidays(
    # Flag Day, the second Sunday in June, is never moved, and no business day is lost by it.
    _named(
        "N.Y. General Construction Law § 24",
        NEW_YEAR,
        KING,
        ("Lincoln's Birthday", Fixed(2, 12)),
        WASHINGTON,
        MEMORIAL,
        JUNETEENTH,
        INDEPENDENCE,
        LABOR,
        COLUMBUS,
        ("Election Day", Nth(1, MONDAY, 11, plus=1)),
        VETERANS,
        THANKSGIVING,
        CHRISTMAS,
    ),
    "from-sunday",
    "N.Y. General Construction Law § 24",
)
