"""Schedules and their files: one that stands for many, and schedules of every shape that hypothesis draws."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from schemas.retention import DISPOSALS, Approval, Period, Schedule, Series, Term

TEXT = """\
# What we keep, and how long.
[schedule]
name = "our-office"
title = "What our office keeps"
authority = "The board"
edition = "1"
zone = "America/Chicago"
effective = 2026-09-01
fiscal_year = "09-01"
adopted_by = "Resolution 2026-14"
adopted_on = 2026-08-20

[[series]]
item = "1.1"
title = "General correspondence"
disposal = "destroy"
trigger = "created"
period = { years = 2 }
cutoff = "fiscal-year-end"
combine = "max"
approval = { roles = ["records-officer"], external = "State archivist", wait_days = 10 }
citation = "13 TAC 7.125"
remarks = '''
The common case.'''
at_least = "tx-gr/GR1000-26b"

[[series.alternative]]
trigger = "event:case-closed"
period = { months = 6, days = 1 }

[[series]]
item = "1.2"
title = "Drafts"
disposal = "review"
same_as = "our-office/1.1"

[[series]]
item = "2"
title = "Minutes"
disposal = "keep"
"""

VISIBLE = st.characters(min_codepoint=0x20, max_codepoint=0x2FFFF, exclude_categories=("Cs", "Cc")) | st.sampled_from(
    "\n\t\"'\\#[]{}=,"
)
PROSE = st.text(VISIBLE, max_size=40)
WORDS = PROSE.filter(str.strip)
PERIODS = st.builds(Period, years=st.integers(0, 99), months=st.integers(0, 99), days=st.integers(0, 99))
TRIGGERS = st.sampled_from(
    ["created", "captured", "last-activity", "closed", "superseded", "subject-born", "event:x-1"]
)
TERMS = st.builds(
    Term,
    trigger=TRIGGERS,
    period=PERIODS.filter(lambda period: period != Period()),
    cutoff=st.sampled_from(["none", "month-end", "calendar-year-end", "fiscal-year-end"]),
)
APPROVALS = st.builds(
    Approval,
    roles=st.sampled_from([("records-officer",), ("legal-reviewer", "records-officer")]),
    external=st.none() | PROSE,
    wait_days=st.integers(0, 400),
)
ITEMS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ._()-]{0,20}", fullmatch=True)


@st.composite
def some_series(draw, item):
    disposal = draw(st.sampled_from(DISPOSALS))
    same = draw(st.none() | st.just("other/1")) if disposal != "keep" else None
    terms = () if same or disposal == "keep" else tuple(draw(st.lists(TERMS, min_size=1, max_size=3)))
    return Series(
        item=item,
        title=draw(WORDS),
        disposal=disposal,
        terms=terms,
        combine=draw(st.sampled_from(["max", "min"])),
        approval=draw(APPROVALS),
        citation=draw(PROSE),
        remarks=draw(PROSE),
        same_as=same,
        at_least=draw(st.none() | st.just("other/2")),
    )


@st.composite
def schedules(draw):
    """Schedules that make sense as a whole."""
    adopted = draw(st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)))
    items = draw(st.lists(ITEMS, min_size=1, max_size=5, unique=True))
    return Schedule(
        name=draw(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)),
        title=draw(WORDS),
        authority=draw(WORDS),
        edition=draw(WORDS),
        zone=draw(st.sampled_from(["America/Chicago", "UTC", "Asia/Kathmandu"])),
        effective=draw(st.dates(date(1900, 1, 1), date(2100, 1, 1))),
        series=tuple(draw(some_series(item)) for item in items),
        citation=draw(PROSE),
        fiscal_year=draw(st.sampled_from(["01-01", "02-29", "07-01", "10-01"])),
        adopted_by="" if adopted is None else draw(WORDS),
        adopted_on=adopted,
        example=draw(st.booleans()),
    )
