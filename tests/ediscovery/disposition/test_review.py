"""The list that people look through before they approve: complete or not written, readable, and never reckoned."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import msgspec
import pypdfium2
import pytest

from ediscovery.disposition.papers import writing
from ediscovery.disposition.papers.review import Review, ReviewStaleError, review_of
from ediscovery.disposition.papers.writing import ReviewIncompleteError, write_review
from ediscovery.retention.in_force import InForce
from ediscovery.retention.listing import COLUMNS, Row
from ediscovery.sheets import ListFormatError, OutputExistsError
from manifests.decisions.commands import in_words
from manifests.decisions.decided import Decided
from schemas.digest import Digest
from schemas.ledger import ScheduleAdopted
from tests.ediscovery.disposition.certificates import SCHEDULE, Destruction
from tests.manifests.archives import ORIGIN, START

FIRST, SECOND = "tx-gr/GR1000-26b", "tx-gr/GR1050-31"
HOSTILE = (
    "<script>alert('x')</script><img src=http://evil.example/x.png>",
    "\u202egnp.exe\u202c",
    "إعلان هام لأولياء الأمور",
    "学校将于周一关闭",
    "🎉 Graduation 🎓👩‍🎓🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "x" * 5000,
    "=HYPERLINK(1)",
    "e" + "\u0301" * 200,
    "",
)


def row(number: int, **changes) -> Row:
    made = {
        "record": Digest.of(b"%d" % number).hex,
        "account": "blog",
        "kind": "post",
        "item": f"urn:item:{number}",
        "date": START.plus(seconds=-86_400 * number),
        "title": f"Title {number}",
        "excerpt": "The bus leaves at 7:15.",
        "series": FIRST,
        "due": date(2026, 2, 1),
        "disposal": "destroy",
    }
    return Row(**made | changes)


@pytest.fixture(scope="module")
def destruction() -> Destruction:
    return Destruction()


@pytest.fixture(scope="module")
def review_for(destruction):
    """What people are told of a plan of so many records."""

    def review_for(records: int, **changes) -> Review:
        planned = msgspec.structs.replace(destruction.planned, records=records, **changes)
        return reviewed(planned, InForce.of(destruction.ledger))

    return review_for


def reviewed(planned, in_force) -> Review:
    return review_of(
        planned,
        in_force,
        organisation="Maple Grove USD",
        origin=ORIGIN,
        timezone="America/Chicago",
        planner="clerk@records",
        made_at=START,
        software="test/1",
    )


def pages_of(path) -> list[str]:
    """The text of each page."""
    with pypdfium2.PdfDocument(path) as pdf:
        return [" ".join(page.get_textpage().get_text_bounded().split()) for page in pdf]


def test_the_cover_says_what_would_go_and_what_is_asked_for(review_for, tmp_path) -> None:
    review = review_for(3, wait_days=10, productions=("0b7e4c1d",))
    assert write_review(tmp_path / "review.pdf", review, lambda: [row(n) for n in range(3)]) == 3

    text = " ".join(pages_of(tmp_path / "review.pdf"))

    for said in (
        review.digest.grouped,
        "cannot be undone",
        "3 records of this archive are proposed",
        "General correspondence",
        "2 years after its creation",
        "2016-01 – 2016-03",
        "13 TAC 7.125(a)(1)",
        "5th, revised 2016-04-17",
        str(review.schedules[0].digest)[:20],
        "a records officer and a legal reviewer",
        "At least 10 days",
        "Records Administrator of the State Library",
        "0b7e4c1d",
        "clerk@records",
        "the 1 page that follows",
    ):
        assert said in text, said


def test_the_cover_says_of_records_for_transfer_that_an_archives_has_them(destruction, review_for, tmp_path) -> None:
    first, *others = destruction.planned.series
    sent = (msgspec.structs.replace(first, disposal="transfer"), *others)
    write_review(tmp_path / "review.pdf", review_for(3, series=sent), lambda: [row(n) for n in range(3)])

    assert " ".join(pages_of(tmp_path / "review.pdf")).count("An archives has confirmed that it has them.") == 1


def test_the_digest_is_the_one_that_approving_shows(destruction, review_for) -> None:
    shown = in_words(Decided.from_text(destruction.decision()))

    assert f"  {review_for(destruction.planned.records).digest.grouped}" in shown


def test_records_stand_under_their_series_and_account_in_the_order_of_days(review_for, tmp_path) -> None:
    rows = [
        row(1, series=SECOND, account="wiki"),
        row(2, series=SECOND, account="blog"),
        row(3, series=FIRST),
        row(4, series=FIRST),
    ]
    write_review(tmp_path / "review.pdf", review_for(4), lambda: rows)

    text = pages_of(tmp_path / "review.pdf")[-1]

    expected = [f"{FIRST}: General", "Account blog", "Title 4", "Title 3", f"{SECOND}: Comments", "Account blog",
                "Title 2", "Account wiki", "Title 1", "List, page 1"]  # fmt: skip
    place = 0
    for words in expected:
        place = text.index(words, place)
    for one in rows:
        assert one.record[:12] in text


def test_no_heading_stands_alone_at_the_end_of_a_page(review_for, tmp_path) -> None:
    rows = [row(n, account=f"account-{n // 2:03d}", series=(FIRST, SECOND)[n // 80]) for n in range(160)]
    write_review(tmp_path / "review.pdf", review_for(160), lambda: rows)

    pages = pages_of(tmp_path / "review.pdf")[2:]

    assert len(pages) > 5
    head = r"(Account account-\d+|Title and beginning Due Id) Maple Grove USD Review before destruction"
    assert not [page for page in pages if re.search(head, page)]
    assert all("Maple Grove USD Review before destruction Plan 2026-spring" in page for page in pages)


def test_hostile_titles_are_shown_and_do_nothing(review_for, tmp_path) -> None:
    rows = [row(n, title=text, excerpt=text) for n, text in enumerate(HOSTILE)]
    write_review(tmp_path / "review.pdf", review_for(len(rows)), lambda: rows)

    text = " ".join(pages_of(tmp_path / "review.pdf"))

    assert "<script>alert('x')</script>" in text
    assert "[U+202E]gnp.exe[U+202C]" in text.replace("\u200b", "").replace(" ", "")
    assert "(no title and no text)" in text
    assert "学校将于周一关闭" in text
    assert "more marks]" in text
    assert "x" * 500 not in text


def test_the_table_has_every_record_and_no_formula(review_for, tmp_path) -> None:
    rows = [row(n, title=text) for n, text in enumerate(HOSTILE)]
    out = tmp_path / "review.csv"
    assert write_review(out, review_for(len(rows)), lambda: rows) == len(rows)

    with out.open(encoding="utf-8-sig", newline="") as file:
        head, *lines = csv.reader(file)

    assert tuple(head) == COLUMNS
    assert [line[0] for line in lines] == [one.record for one in rows]
    assert [line[5] for line in lines][6] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("name", ["review.pdf", "review.csv", "review.jsonl"])
@pytest.mark.parametrize("count", [0, 2, 4])
def test_a_list_that_is_not_that_of_the_plan_is_not_written(review_for, tmp_path, name, count) -> None:
    with pytest.raises(ReviewIncompleteError, match=f"{count} records, and the plan 2026-spring 3"):
        write_review(tmp_path / name, review_for(3), lambda: [row(n) for n in range(count)])

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_and_a_strange_name_is_refused(review_for, tmp_path) -> None:
    path = tmp_path / "review.pdf"
    path.write_bytes(b"mine")
    with pytest.raises(OutputExistsError):
        write_review(path, review_for(0), list)
    assert path.read_bytes() == b"mine"
    with pytest.raises(ListFormatError):
        write_review(tmp_path / "review.docx", review_for(0), list)


def test_what_is_too_long_to_be_printed_is_summed_up_and_never_read(review_for, tmp_path) -> None:
    def unread():
        raise AssertionError("rows were asked for")

    review = review_for(writing.MOST_PRINTED + 1)
    assert write_review(tmp_path / "review.pdf", review, unread) == 0

    text = " ".join(pages_of(tmp_path / "review.pdf"))
    assert "too many records to be printed" in text
    assert "10,001 records" in text


def test_what_began_on_an_earlier_sheet_is_continued(review_for, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(writing, "TOGETHER", 3)
    rows = [row(n) for n in range(5)]
    told = []
    write_review(tmp_path / "review.pdf", review_for(5), lambda: rows, progress=lambda *done: told.append(done))
    assert told == [(3, 5), (5, 5)]

    *_, first, second = pages_of(tmp_path / "review.pdf")

    assert "Account blog Date" in first
    assert "Account blog (continued)" in second
    assert ("List, page 1" in first, "List, page 2" in second) == (True, True)


def test_the_same_plan_and_rows_give_the_same_bytes(review_for) -> None:
    rows = [row(n) for n in range(3)]

    one, other = (
        writing.typeset(review_for(3), order, printed=True, progress=lambda *_: None) for order in (rows, rows[::-1])
    )

    assert one == other


@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_nothing_stands_outside_of_the_margins(review_for, paper) -> None:
    from dataclasses import replace  # noqa: PLC0415

    rows = [row(n, title=text * 3, excerpt=text) for n, text in enumerate(HOSTILE)]
    pdf = writing.typeset(replace(review_for(len(rows)), paper=paper), rows, printed=True, progress=lambda *_: None)

    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        for page in document:
            width, _ = page.get_size()
            text = page.get_textpage()
            right = max(text.get_charbox(place)[2] for place in range(text.count_chars()))
            assert right <= width - 50


def test_a_plan_by_an_older_edition_is_not_reviewed() -> None:
    destruction = Destruction()
    newer = msgspec.structs.replace(SCHEDULE, edition="6th")
    destruction.office.append(ScheduleAdopted(schedule=newer))

    with pytest.raises(ReviewStaleError, match="tx-gr was adopted anew"):
        reviewed(destruction.planned, InForce.of(destruction.ledger))
