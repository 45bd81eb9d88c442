"""A slow second reading of the statutes: holidays as they word them, days counted one by one in a list."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
DAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}

# 5 U.S.C. 6103(a), Gov't Code 662.003(a) and (b), G.L. c. 4, § 7, cl. 18th, General Construction Law § 24.
SHARED = """january 1
third monday in january
third monday in february
last monday in may
july 4
first monday in september
november 11
fourth thursday in november
december 25"""
STATUTES = {
    "us-foia": f"{SHARED}\njune 19\nsecond monday in october",
    "tx-pia": f"""{SHARED}
january 19
march 2
april 21
june 19
august 27
the day after fourth thursday in november
december 24
december 26""",
    "ma-prl": f"{SHARED}\njune 19\nsecond monday in october\nthird monday in april",
    "ny-foil": f"{SHARED}\njune 19\nsecond monday in october\nfebruary 12\nthe day after first monday in november",
}
STATUTES["ma-prl-agency"] = STATUTES["ma-prl"]
SUNDAY_TO_MONDAY = {"us-foia", "ma-prl", "ma-prl-agency", "ny-foil"}
SATURDAY_TO_FRIDAY = {"us-foia"}

# What runs from receipt: business days of each step.
FROM_RECEIPT = {
    "us-foia": {"determine": 20},
    "tx-pia": {"answer": 10, "ask-ruling": 10, "send-arguments": 15},
    "ma-prl": {"respond": 10, "petition": 20, "produce": 25},
    "ma-prl-agency": {"respond": 10, "petition": 20, "produce": 15},
    "ny-foil": {"answer": 5},
}


def worded(words: str, year: int) -> date:
    """The day that the words name in a year."""
    if words.startswith("the day after "):
        return worded(words.removeprefix("the day after "), year) + timedelta(days=1)
    fixed = re.fullmatch(r"(\w+) (\d+)", words)
    if fixed:
        return date(year, MONTHS[fixed[1]], int(fixed[2]))
    ordinal, weekday, month = re.fullmatch(r"(\w+) (\w+) in (\w+)", words).groups()
    weeks = calendar.monthcalendar(year, MONTHS[month])
    return date(year, MONTHS[month], [week[DAYS[weekday]] for week in weeks if week[DAYS[weekday]]][ORDINALS[ordinal]])


def holidays(law: str, year: int) -> set[date]:
    """The days on which the holidays of a year are kept."""
    found = set()
    for words in STATUTES[law].splitlines():
        day = worded(words, year)
        if calendar.day_name[day.weekday()] == "Sunday" and law in SUNDAY_TO_MONDAY:
            day = date.fromordinal(day.toordinal() + 1)
        if calendar.day_name[day.weekday()] == "Saturday" and law in SATURDAY_TO_FRIDAY:
            day = date.fromordinal(day.toordinal() - 1)
        found.add(day)
    return found


def business_days(law: str, start: date, closed: set[date]) -> list[date]:
    """The business days of the 140 days from a day on."""
    off = closed.union(*(holidays(law, year) for year in range(start.year - 1, start.year + 3)))
    days = (date.fromordinal(start.toordinal() + number) for number in range(140))
    return [day for day in days if calendar.day_name[day.weekday()] not in ("Saturday", "Sunday") and day not in off]


def due(law: str, received: date, count: int, closed: set[date]) -> date:
    """The last day for what is due so many business days after receipt."""
    if law.startswith("ma-prl"):  # 950 CMR 32.06(2)(e)
        received = business_days(law, received, closed)[0]
    return [day for day in business_days(law, received, closed) if day > received][count - 1]
