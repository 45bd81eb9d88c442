"""What the demonstration's blog says: a school district's posts over some months, and its citizens' comments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; ``answers`` is the number of the comment that it replies to."""

    number: int
    author: str
    when: datetime
    text: str
    answers: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A post with one picture, drawn in ``colour``."""

    slug: str
    title: str
    author: str
    when: datetime
    paragraphs: tuple[str, ...]
    colour: tuple[int, int, int]
    comments: tuple[Comment, ...] = ()


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


POSTS = (
    Post(
        "welcome",
        "Welcome to the district blog",
        "Office of Communications",
        at(1, 5, 15),
        (
            "This is the official blog of Maple Grove Unified School District. Comments are public records.",
            "Find us also on <a href='/about'>our website</a>.",
        ),
        (60, 110, 180),
    ),
    Post(
        "snow-day-january-14",
        "Schools closed Wednesday, January 14",
        "Office of the Superintendent",
        at(1, 13, 22, 30),
        (
            "All schools are closed on Wednesday because of snow. Meals can be fetched at Lincoln Elementary.",
            "The budget hearing moves to Thursday at 6 p.m.",
        ),
        (150, 190, 230),
        (
            Comment(1, "Dana Whitfield", at(1, 13, 22, 41), "Thank you for telling us the evening before! ❄️☃️"),
            Comment(2, "José Ibáñez", at(1, 13, 23, 2), "¿Habrá clases por internet mañana?"),
            Comment(3, "Office of Communications", at(1, 14, 6, 15), "No, José: it is a full snow day.", answers=2),
            Comment(4, "José Ibáñez", at(1, 14, 6, 40), "¡Gracias!", answers=3),
        ),
    ),
    Post(
        "budget-hearing",
        "Budget hearing: 4.2 million for roofs and buses",
        "Office of Finance",
        at(2, 3, 17),
        (
            "The board hears the public on the 2026–27 budget. It foresees 4.2 million dollars for roofs and buses.",
            "Written statements may be sent until February 20.",
        ),
        (40, 140, 90),
        (
            Comment(5, "R. Okafor", at(2, 3, 18, 5), "Where can the full budget be read?"),
            Comment(6, "Office of Finance", at(2, 4, 13, 0), "On the board's page, under Documents.", answers=5),
            Comment(7, "Taxpayer77", at(2, 4, 20, 31), "Too much for buses, not enough for teachers."),
            Comment(8, "王小明", at(2, 5, 1, 12), "请问预算听证会有中文翻译吗？"),  # noqa: RUF001 - Chinese punctuation
        ),
    ),
    Post(
        "bus-routes",
        "New bus routes from March 2",
        "Transportation",
        at(2, 19, 14),
        (
            "Route 7 no longer stops at Elm Street. Route 12 begins twenty minutes earlier.",
            "Questions: call the transportation desk.",
        ),
        (220, 170, 40),
        (
            Comment(9, "Mia L.", at(2, 19, 16, 3), "Route 7 was the only stop for the whole of Elm Street."),
            Comment(10, "نور حداد", at(2, 20, 9, 44), "هل ما زالت الحافلة ١٢ تمر بشارع المكتبة؟"),
        ),
    ),
    Post(
        "science-fair",
        "Science fair: forty projects and a volcano",
        "Grove Middle School",
        at(3, 12, 19),
        ("Forty projects, three volcanoes, one very loud drone. The winners go to the state fair in April.",),
        (190, 70, 60),
        (Comment(11, "Proud grandpa", at(3, 12, 21, 20), "The volcano was the best! 🌋👏"),),
    ),
    Post(
        "board-meeting-april",
        "Board meeting of April 8: agenda",
        "Board Clerk",
        at(4, 2, 16),
        ("On the agenda: the attendance policy, the contract for roofs, and the calendar of 2026–27.",),
        (110, 90, 160),
        (
            Comment(12, "R. Okafor", at(4, 3, 8, 9), "Will the contract be public before the vote?"),
            Comment(13, "Board Clerk", at(4, 3, 15, 30), "Yes, it is attached to the agenda.", answers=12),
        ),
    ),
    Post(
        "graduation",
        "Graduation on May 29",
        "Grove High School",
        at(5, 11, 15),
        ("Graduation is on May 29 at 7 p.m. on the football field; in the gym if it rains.",),
        (30, 60, 120),
    ),
    Post(
        "summer-reading",
        "Summer reading begins",
        "District Library",
        at(6, 8, 14),
        ("Read five books, get a sixth. Lists for every grade are in all branches.",),
        (200, 120, 60),
        (Comment(14, "Dana Whitfield", at(6, 8, 18, 0), "Is there a list in Spanish too?"),),
    ),
)

ABOUT = (
    "Maple Grove Unified School District, official site. This site is maintained by the Office of Communications. "
    "Content and comments are public records and are archived."
)
