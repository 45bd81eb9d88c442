"""What the law of a jurisdiction asks of whoever gets a records request, and by when, each with its clause. Data.

Help for a person who knows the law, and no advice. Each calendar says what it leaves to that person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from ediscovery.matters.holidays import FEDERAL, MASSACHUSETTS, NEW_YORK, TEXAS

if TYPE_CHECKING:
    from ediscovery.matters.holidays import Holidays

Unit: TypeAlias = Literal["business", "calendar"]
RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Deadline:
    """What is to be done ``count`` days after the first of ``after`` that happened, all of which are steps.

    It is settled when ``step`` or one of ``settled_by`` was taken; by these alone where it is ``settled_otherwise``:
    more may run from them. By ``may_move`` law lets it be set later. What is a ``right``, to ask or to appeal, lapses
    and is never overdue.
    """

    step: str
    words: str
    count: int
    clause: str
    unit: Unit = "business"
    after: tuple[str, ...] = (RECEIVED,)
    settled_by: tuple[str, ...] = ()
    settled_otherwise: bool = False
    may_move: str = ""
    right: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """A step that has no deadline itself, and from which others may run."""

    step: str
    words: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The deadlines of a jurisdiction, and its business days.

    With ``moved_receipt``, a clause, what is received on another day than a business day counts as received on the
    next one.
    """

    name: str
    title: str
    holidays: Holidays
    business_day: str
    deadlines: tuple[Deadline, ...]
    happens: tuple[Event, ...] = ()
    left_to_you: tuple[str, ...] = ()
    moved_receipt: str = ""

    @property
    def steps(self) -> tuple[str, ...]:
        """Every step that can be said to be taken, once, in its order."""
        named = [one.step for one in self.deadlines if not one.settled_otherwise]
        return tuple(dict.fromkeys([*named, *(one.step for one in self.happens)]))


CLARIFIED = ("clarified", RECEIVED)
TEXAS_PIA = Calendar(
    name="tx-pia",
    title="Texas Public Information Act (Gov't Code ch. 552)",
    holidays=TEXAS,
    business_day="Tex. Gov't Code 552.0031(a)",
    deadlines=(
        Deadline(
            step="answer",
            words="produce, or certify that more time is needed and name a day; or tell the requestor that there is "
            "nothing, or that a previous determination lets it be withheld",
            count=10,
            after=CLARIFIED,
            clause="Tex. Gov't Code 552.221(a), (d), (f), (g)",
            may_move="to the day that you certified (552.221(d))",
        ),
        Deadline(
            step="ask-ruling",
            words="to withhold anything: ask the attorney general and state the exceptions, and tell the requestor; "
            "else it is presumed public (552.302)",
            count=10,
            after=CLARIFIED,
            clause="Tex. Gov't Code 552.301(b), (d)",
        ),
        Deadline(
            step="send-arguments",
            words="to withhold anything: send the attorney general arguments, the request, and the information or "
            "samples of it",
            count=15,
            after=CLARIFIED,
            clause="Tex. Gov't Code 552.301(e)",
        ),
        Deadline(
            step="send-more",
            words="send the attorney general what was asked for in addition",
            count=7,
            unit="calendar",
            after=("asked-for-more",),
            clause="Tex. Gov't Code 552.303(d)",
        ),
    ),
    happens=(
        Event(
            "clarified",
            "the requestor clarified or narrowed the request, as you asked in good faith (552.222(b)): days are "
            "counted anew (City of Dallas v. Abbott, 304 S.W.3d 380 (Tex. 2010))",
        ),
        Event("asked-for-more", "the attorney general asked for more (552.303(c))"),
    ),
    left_to_you=(
        (
            "Optional holidays that your officer for public information observes (552.0031(c), 662.003(c)), Fridays "
            "and Mondays beside a holiday on a weekend that you observe (552.0031(e)), and up to 10 days a year that "
            "the board or chief officer designated (552.0031(f)) are no business days: put them into holdfast.toml."
        ),
        (
            "What came by mail, on a day that you cannot show, was received on the third business day after the "
            "postmark (552.301(a-1)): open the matter with that day."
        ),
    ),
)


def _massachusetts(name: str, title: str, *, produce: int, more: int) -> Calendar:
    return Calendar(
        name=name,
        title=f"Massachusetts Public Records Law (G.L. c. 66), {title}",
        holidays=MASSACHUSETTS,
        business_day="950 CMR 32.02",
        moved_receipt="950 CMR 32.06(2)(e)",
        deadlines=(
            Deadline(
                step="respond",
                words="give access, or respond in writing; else no fee may be asked (950 CMR 32.06(2)(c))",
                count=10,
                clause="G.L. c. 66, § 10(a), (b); 950 CMR 32.06(2)(b)",
            ),
            Deadline(
                step="petition",
                words="if more time is needed: petition the supervisor of records",
                count=20,
                clause="G.L. c. 66, § 10(c); 950 CMR 32.06(4)",
                right=True,
            ),
            Deadline(
                step="produce",
                words="produce what you said you would",
                count=produce,
                clause="G.L. c. 66, § 10(b)(vi)",
                may_move=f"as the supervisor grants, once, by {more} business days at most (§ 10(c)), or as the "
                "requester agrees",
            ),
        ),
        left_to_you=(
            (
                "Weekdays on which the office was closed unexpectedly (950 CMR 32.02), and in Suffolk County 17 March "
                "and 17 June if yours is closed: put them into holdfast.toml."
            ),
        ),
    )


MASSACHUSETTS_PRL = _massachusetts("ma-prl", "municipalities and school districts", produce=25, more=30)
MASSACHUSETTS_PRL_AGENCY = _massachusetts("ma-prl-agency", "agencies of the Commonwealth", produce=15, more=20)
NEW_YORK_FOIL = Calendar(
    name="ny-foil",
    title="New York Freedom of Information Law (Public Officers Law art. 6)",
    holidays=NEW_YORK,
    business_day="N.Y. General Construction Law §§ 24, 25-a",
    deadlines=(
        Deadline(
            step="answer",
            words="make available, deny in writing, or acknowledge in writing with an approximate date",
            count=5,
            settled_by=("acknowledged", "denied", "grant"),
            settled_otherwise=True,
            clause="N.Y. Public Officers Law § 89(3)(a)",
        ),
        Deadline(
            step="grant",
            words="grant in whole or in part, or state in writing the reason for the delay and a date certain",
            count=20,
            after=("acknowledged",),
            settled_by=("denied",),
            clause="N.Y. Public Officers Law § 89(3)(a)",
            may_move="to the date certain that you stated (§ 89(3)(a))",
        ),
        Deadline(
            step="appealed",
            words="the requester may appeal",
            count=30,
            unit="calendar",
            after=("denied",),
            clause="N.Y. Public Officers Law § 89(4)(a)",
            right=True,
        ),
        Deadline(
            step="decide-appeal",
            words="explain the denial in writing to who appealed, or give access",
            count=10,
            after=("appealed",),
            clause="N.Y. Public Officers Law § 89(4)(a)",
        ),
    ),
    happens=(
        Event("acknowledged", "you acknowledged the request in writing, with an approximate date"),
        Event("denied", "you denied the request in writing"),
    ),
    left_to_you=(
        (
            "Days that the President or the Governor appoints (General Construction Law § 24), and days on which your "
            "office is closed by its own rules: put them into holdfast.toml."
        ),
    ),
)
FEDERAL_FOIA = Calendar(
    name="us-foia",
    title="Freedom of Information Act (5 U.S.C. 552)",
    holidays=FEDERAL,
    business_day="5 U.S.C. 552(a)(6)(A)(i)",
    deadlines=(
        Deadline(
            step="decide-expedition",
            words="decide whether to expedite, and tell the requester",
            count=10,
            unit="calendar",
            after=("asked-to-expedite",),
            clause="5 U.S.C. 552(a)(6)(E)(ii)(I)",
        ),
        Deadline(
            step="determine",
            words="determine whether to comply, and tell the requester; if not, or not wholly, say 'denied'",
            count=20,
            settled_by=("denied",),
            clause="5 U.S.C. 552(a)(6)(A)(i)",
            may_move="by 10 working days at most, by written notice of unusual circumstances, or as arranged with the "
            "requester (552(a)(6)(B))",
        ),
        Deadline(
            step="appealed",
            words="the requester may appeal, for 90 days at least",
            count=90,
            unit="calendar",
            after=("denied",),
            clause="5 U.S.C. 552(a)(6)(A)(i)(III)(aa)",
            right=True,
        ),
        Deadline(
            step="decide-appeal",
            words="decide the appeal",
            count=20,
            after=("appealed",),
            clause="5 U.S.C. 552(a)(6)(A)(ii)",
            may_move="by what is left of the 10 working days (552(a)(6)(B))",
        ),
    ),
    happens=(
        Event("asked-to-expedite", "the requester asked for expedited processing"),
        Event("denied", "you made an adverse determination, in whole or in part"),
    ),
    left_to_you=(
        (
            "The days run from receipt by the right component, and from the tenth day after any component received the "
            "request at the latest (552(a)(6)(A)): open the matter with that day."
        ),
        (
            "While you await information that you asked for, once, or about fees, they stand still "
            "(552(a)(6)(A)(ii)(I), (II)): set the day with 'holdfast matter due'."
        ),
        "Inauguration Day (5 U.S.C. 6103(c)) and days on which the office was closed: put them into holdfast.toml.",
    ),
)
CALENDARS = {
    one.name: one for one in (TEXAS_PIA, MASSACHUSETTS_PRL, MASSACHUSETTS_PRL_AGENCY, NEW_YORK_FOIL, FEDERAL_FOIA)
}
