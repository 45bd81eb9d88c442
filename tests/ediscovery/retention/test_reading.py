"""Schedules are read as they are written, and what is wrong with one is named with file and line."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ediscovery.retention.places import ScheduleError, places
from ediscovery.retention.reading import LARGEST, read, read_classification, read_schedule, text_of
from ediscovery.retention.writing import write_schedule
from schemas.retention import Approval, Match, Period, Rule, Term
from tests.ediscovery.retention.schedule_files import TEXT, schedules

RULES = """\
[classification]
title = "Ours"

[[rule]]
match = { kinds = ["comment"], classes = ["public"] }
series = ["our-office/1.1"]
remarks = "Citizens."

[[rule]]
match = {}
series = ["our-office/2"]
"""


def refusal(text, *, reading=read_schedule):
    with pytest.raises(ScheduleError) as caught:
        reading(text, name="ours.toml")
    return caught.value


def line_with(text, words):
    """The number of the only line that holds these words."""
    numbers = [number for number, line in enumerate(text.splitlines(), 1) if words in line]
    assert len(numbers) == 1, words
    return numbers[0]


def test_a_schedule_is_read_with_every_field_that_it_has():
    schedule = read_schedule(TEXT, name="ours.toml")
    assert (schedule.name, schedule.effective, schedule.fiscal_year) == ("our-office", date(2026, 9, 1), "09-01")
    first, second, third = schedule.series
    assert first.terms == (
        Term(trigger="created", period=Period(years=2), cutoff="fiscal-year-end"),
        Term(trigger="event:case-closed", period=Period(months=6, days=1)),
    )
    assert first.approval == Approval(roles=("records-officer",), external="State archivist", wait_days=10)
    assert first.remarks == "The common case."
    assert (second.terms, second.same_as) == ((), "our-office/1.1")
    assert (third.disposal, third.terms) == ("keep", ())


def test_a_classification_is_read_in_the_order_of_its_rules():
    found = read_classification(RULES, name="rules.toml")
    assert found.rules == (
        Rule(match=Match(kinds=("comment",), classes=("public",)), series=("our-office/1.1",), remarks="Citizens."),
        Rule(match=Match(), series=("our-office/2",)),
    )
    assert read(RULES, name="rules.toml") == found
    assert read(TEXT, name="ours.toml") == read_schedule(TEXT, name="ours.toml")


@given(schedules())
def test_a_schedule_that_was_written_is_read_back_the_same(schedule):
    assert read_schedule(write_schedule(schedule), name="x") == schedule


def test_a_file_from_windows_is_read_with_its_mark_and_line_ends():
    content = b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()
    assert read_schedule(text_of(content, name="x"), name="x").name == "our-office"
    broken = text_of(content.replace(b"years = 2", b"years = 'two'"), name="x")
    assert refusal(broken).facts["line"] == line_with(TEXT, "years = 2")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('name = "our-office"', 'name = "Our Office"', "small letters"),
        ('title = "Minutes"', 'title = " "', "empty"),
        ('zone = "America/Chicago"', 'zone = "Texas"', "IANA"),
        ('zone = "America/Chicago"', 'zone = "../../etc/passwd"', "IANA"),
        ("effective = 2026-09-01", 'effective = "2026-09-01"', "a day without quotes"),
        ("effective = 2026-09-01", "effective = 2026-09-01T00:00:00Z", "a day without quotes"),
        ("effective = 2026-09-01", "effective = 0206-09-01", "1800"),
        ('fiscal_year = "09-01"', 'fiscal_year = "02-30"', "no month has a day"),
        ('fiscal_year = "09-01"', 'fiscal_year = "9/1"', "as in fiscal_year"),
        ("adopted_on = 2026-08-20", "adopted_on = 20260820", "adopted_on = 2026-09-01"),
        ('item = "2"', 'item = "1.1"', "line 14 already"),
        ('item = "2"', "item = 2", "between quotes"),
        ('disposal = "review"', 'disposal = "shred"', '"destroy"'),
        ('trigger = "created"', 'trigger = "creation"', '"created"'),
        ('trigger = "event:case-closed"', 'trigger = "event:Case Closed"', "event:case-closed"),
        ("{ years = 2 }", '{ years = "two" }', "whole numbers"),
        ("{ years = 2 }", "{ years = -2 }", "whole numbers"),
        ("{ years = 2 }", "{ years = 2.5 }", "whole numbers"),
        ("{ years = 2 }", "{ yaers = 2 }", "'years'"),
        ("{ years = 2 }", "{ years = 999 }", 'disposal = "keep"'),
        ("{ years = 2 }", "2", "period = { years = 2 }"),
        ('cutoff = "fiscal-year-end"', 'cutoff = "year-end"', "calendar-year-end"),
        ('combine = "max"', 'combine = "longest"', "whichever is later"),
        ('roles = ["records-officer"]', 'roles = ["officer"]', "legal-reviewer"),
        ('roles = ["records-officer"]', "roles = []", "nobody must approve"),
        ('roles = ["records-officer"]', 'roles = ["records-officer", "records-officer"]', "somebody twice"),
        ("wait_days = 10", "wait_days = true", "wait_days = 10"),
        ('same_as = "our-office/1.1"', 'same_as = "our-office/9"', "no series '9'"),
        ('same_as = "our-office/1.1"', 'same_as = "our-office/1.2"', "circle"),
        ('same_as = "our-office/1.1"', 'same_as = "1.1"', "the schedule and the item number"),
        ('at_least = "tx-gr/GR1000-26b"', 'at_least = "our-office/3"', "no series '3'"),
        ('disposal = "keep"', 'disposal = "keep"\nsame_as = "our-office/1.1"', "for ever"),
        ('title = "Minutes"', "title = Minutes", "between quotes"),
        ('title = "Minutes"', 'title = "a\\u0000b"', "U+0000"),
        ('title = "Minutes"', 'titel = "Minutes"', "'title'"),
        ('title = "Minutes"', "title = " + "[" * 40, "nested"),
        ('title = "Minutes"', "title.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r = 1", "nested"),
        ('title = "Minutes"', "title = " + "9" * 5000, "TOML"),
    ],
)
def test_a_wrong_value_is_refused_with_the_line_of_its_key_and_what_to_write(before, after, words):
    said = refusal(TEXT.replace(before, after, 1))
    line = line_with(TEXT, before) if TEXT.count(before) == 1 else None
    assert line is None or after.startswith("title = 9") or said.facts["line"] == line, str(said)
    assert said.facts["file"] == "ours.toml"
    assert str(said).startswith(f"ours.toml, line {said.facts['line']}: ")
    assert words in str(said)


@pytest.mark.parametrize(
    ("key", "do"),
    [
        ("permanent = true", 'disposal = "keep"'),
        ('action = "destroy"', "disposal"),
        ("vital = false", "What may stand here"),
        ("terms = []", "What may stand here"),
    ],
)
def test_a_key_that_other_programs_know_is_refused_with_what_it_is_called_here(key, do):
    said = refusal(TEXT + key + "\n")
    assert said.facts["line"] == len(TEXT.splitlines()) + 1
    assert do in said.do


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no table [schedule]"),
        ("schedule = 1", "no table [schedule]"),
        ('[schedule]\nname = "x"\n', "'title' is missing"),
        (TEXT[: TEXT.index("[[series]]")], "no series"),
        (TEXT.replace("[[series]]", "[series]"), "TOML"),
        (TEXT.replace("[[series.alternative]]", "[series.alternative]"), "[[series.alternative]]"),
        (TEXT + "[[rule]]\n", "'rule' is not known"),
        (TEXT + "[[series]]\n[[series.alternative]]\ntrigger = 'created'\n", "missing"),
        (TEXT.replace('same_as = "our-office/1.1"', ""), "does not say how long"),
        (TEXT.replace("period = { years = 2 }\ncutoff", "#"), "keep nothing"),
        (TEXT.replace('trigger = "created"\n', ""), "'trigger' is missing"),
        (TEXT.replace('adopted_by = "Resolution 2026-14"\n', ""), "by what it was adopted"),
    ],
)
def test_a_schedule_that_lacks_something_says_what(text, words):
    assert words in str(refusal(text))


@pytest.mark.parametrize("trigger", ["created", "captured", "last-activity"])
def test_a_period_of_nothing_from_what_every_record_has_is_refused(trigger):
    text = TEXT.replace('trigger = "event:case-closed"\nperiod = { months = 6, days = 1 }', f'trigger = "{trigger}"')
    said = refusal(text)
    assert "keep nothing" in said.what
    assert said.facts["line"] == line_with(TEXT, "event:case-closed")


def test_a_circle_of_several_series_is_named_with_all_its_lines():
    text = TEXT.replace('disposal = "keep"', 'disposal = "review"\nsame_as = "our-office/1.2"').replace(
        'same_as = "our-office/1.1"', 'same_as = "our-office/2"'
    )
    said = refusal(text)
    first, second = line_with(text, "our-office/2"), line_with(text, 'as = "our-office/1.2"')
    assert f"lines {first}, {second}" in said.what


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('series = ["our-office/2"]', "series = []", "no series"),
        ('series = ["our-office/2"]', 'series = "our-office/2"', "a list"),
        ('kinds = ["comment"]', 'kinds = ["comments"]', "kinds = "),
        ("match = {}", "matches = {}", "'match'"),
        ('title = "Ours"', "title = ''", "empty"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line(before, after, words):
    said = refusal(RULES.replace(before, after), reading=read_classification)
    assert said.facts["line"] == line_with(RULES, before)
    assert words in str(said)


def test_a_classification_without_rules_is_refused():
    assert "no rule" in str(refusal('[classification]\ntitle = "Ours"\n', reading=read_classification))


def test_what_is_too_large_or_no_text_is_refused_before_it_is_read():
    with pytest.raises(ScheduleError, match="larger than 8 MB"):
        text_of(b"#" * (LARGEST + 1), name="x")
    with pytest.raises(ScheduleError, match=r"x, line 2: .* not UTF-8"):
        text_of(b"a = 1\n\xff", name="x")


@given(schedules(), st.data())
def test_whichever_value_is_broken_its_own_line_is_named(schedule, data):
    text = write_schedule(schedule)
    page = places(text, name="x")
    lines = text.splitlines()
    number = data.draw(st.sampled_from([n for n, line in enumerate(lines, 1) if " = " in line]))
    key = lines[number - 1].split(" = ")[0]
    value = data.draw(st.sampled_from(["true", "-1", "1.5", '"\\u0000"', "[[]]", "{ x = 1 }", "0001-01-01", '""']))
    if (key, value) in {("example", "true"), ("citation", '""'), ("remarks", '""'), ("adopted_by", '""')}:
        return
    lines[number - 1] = f"{key} = {value}"
    assert number in page.lines.values()
    assert refusal("\n".join(lines)).facts["line"] == number


FRAGMENTS = st.sampled_from(
    [
        *TEXT.splitlines(keepends=True),
        "[",
        "]",
        "{",
        "}",
        '"',
        "'''",
        '"""',
        "\\",
        "=",
        ".",
        ",",
        "#",
        "\n",
        "a",
        "1",
        "\x00",
    ]
)


@given(st.text() | st.lists(FRAGMENTS).map("".join))
@example("a." * 50)
@example('a = """\\')
@example("\ud800 = 1")
@example(TEXT.replace("Minutes", "\ud800"))
def test_no_text_whatever_ends_in_anything_but_a_schedule_or_a_refusal(text):
    for reading in (read_schedule, read_classification, read):
        try:
            reading(text, name="x")
        except ScheduleError as error:
            assert 1 <= error.facts["line"] <= text.count("\n") + 1  # noqa: PT017 - either is right


@given(st.binary())
def test_no_bytes_whatever_end_in_anything_but_a_text_or_a_refusal(content):
    try:
        text_of(content, name="x")
    except ScheduleError as error:
        assert error.facts["file"] == "x"  # noqa: PT017 - either is right


@given(st.lists(FRAGMENTS).map("".join))
def test_the_line_of_every_key_is_known_in_all_that_is_toml(text):
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    try:
        page = places(text, name="x")
    except ScheduleError:
        return
    waiting = [((), plain)]
    while waiting:
        path, value = waiting.pop()
        assert not path or path in page.lines
        steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        waiting += [((*path, step), one) for step, one in steps]
