"""Load files: a reader that was tried on files of others reads in ours what the records say."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediscovery.packages import concordance, opticon
from ediscovery.packages.fields import COLUMNS, fields_of
from ediscovery.sheets import FORMULAS, MARK
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.record import Absence, Attachment, Author
from tests.ediscovery.packages.handed import Handed, handed_over
from tests.ediscovery.packages.readers import read_dat, read_opt
from tests.ediscovery.productions import Item

HOSTILE = (
    *("\u00fe", "\u00ae", "\x14", "\x00", '"', "'", ";", ",", "\r\n", "\r", "\n", "\t", "\u2028", "\x85", "\x1e"),
    *("=1+1", "+1", "-1", "@x", "\uff1d", "\u202e", "\u05e9\u05dc", "\u2066", "\U0001f469\u200d\U0001f680", "\ufeff"),
)
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]))).map("".join)
CELLS = TEXTS | st.lists(TEXTS, max_size=3).map(tuple)
ROWS = st.lists(
    st.lists(CELLS, max_size=4).map(lambda cells: (*cells, *[""] * (len(COLUMNS) - len(cells)))), max_size=3
)

LINE_ENDS = ("\r\n", "\r", "\x85", "\u2028", "\u2029")


def said(cell) -> str:
    """What is left of a cell in every load file, as the documentation has it."""
    if isinstance(cell, tuple):
        cell = ";".join(value.replace(";", "\uff1b") for value in cell)
    for end in LINE_ENDS:
        cell = cell.replace(end, "\n")
    return "".join(
        f"[U+{ord(one):04X}]" if (ord(one) < 32 and one not in "\t\n") or 127 <= ord(one) < 160 else one for one in cell
    )


@given(ROWS)
def test_a_reader_of_dat_gets_back_what_was_written(rows):
    written = concordance.dat(rows)
    assert written.content.startswith(b"\xef\xbb\xbf")
    header, *read = read_dat(written.content)
    assert header == list(COLUMNS)
    assert read == [[said(cell).replace("\u00fe", "\u00de").replace("\u00ae", "(R)") for cell in row] for row in rows]
    # Whoever splits at any end of a line that there is splits at the ends of rows alone.
    assert len(written.content.decode().splitlines()) == len(rows) + 1


@given(ROWS)
def test_a_reader_of_csv_gets_back_what_was_written_and_no_formula(rows):
    written = concordance.csv(rows)
    assert written.content.startswith(b"\xef\xbb\xbf")
    header, *read = csv.reader(io.StringIO(written.content.decode("utf-8-sig"), newline=""))
    assert header == list(COLUMNS)
    assert [[cell.removeprefix(MARK) for cell in row] for row in read] == [[said(cell) for cell in row] for row in rows]
    assert not any(cell.startswith(FORMULAS) for row in read for cell in row)


@given(ROWS)
def test_what_is_replaced_is_counted(rows):
    texts = ["".join(cell) for row in rows for cell in row]
    lists = [value for row in rows for cell in row if isinstance(cell, tuple) for value in cell]
    for written in (concordance.dat(rows), concordance.csv(rows)):
        assert written.replaced.get(";", 0) == sum(value.count(";") for value in lists)
        for control in ("\x14", "\x00", "\x1e"):
            assert written.replaced.get(control, 0) == sum(text.count(control) for text in texts)
        assert all(written.replaced.values())
    assert concordance.dat(rows).replaced.get("\u00fe", 0) == sum(text.count("\u00fe") for text in texts)
    assert concordance.dat(rows).replaced.get("\u00ae", 0) == sum(text.count("\u00ae") for text in texts)
    assert not {"\u00fe", "\u00ae"} & concordance.csv(rows).replaced.keys()


@pytest.fixture(scope="module")
def handed() -> Handed:
    """A post, a comment on it that says everything there is to say, and an absence."""
    absence = Absence(
        verdict="hidden",
        last_seen=Instant.from_text("2026-03-01T08:00:00.000000Z"),
        first_missing=Instant.from_text("2026-03-02T08:00:00.000000Z"),
        reads=("urn:uuid:1",),
        reason="Two look-ups answered 403.",
    )
    return handed_over(
        Item("The bus leaves at 7:15."),
        Item(
            "=Thank you\u00ae, \u00fe\u00f3ra!" + "\nThe bus leaves at 7:15." * 100,
            title="Re: the bus",
            kind="comment",
            author=Author(id="7", name="\u00de\u00f3ra", handle="@thora"),
            more={
                "parent": "urn:item:1",
                "thread": "urn:item:1",
                "created_text": "Mon Mar 9",
                "edited": Instant.from_text("2026-03-09T13:00:00.000000Z"),
                "tags": ("bus", "a;b"),
                "mentions": ("@maplegroveusd",),
                "links": ("https://a.example/?x=1;y=2",),
                "attachments": (Attachment(url="https://a.example/bus.jpg", role="image", alt="A bus"),),
                "counts": {"likes": 3, "answers": 0},
                "flags": ("truncated",),
            },
        ),
        Item(None, kind="absence", author=None, more={"absence": absence}),
        first_number=40,
    )


def test_the_row_of_a_record_says_what_production_json_and_its_proof_say(handed: Handed):
    row = dict(zip(COLUMNS, fields_of(handed.records[1]), strict=True))
    listed = handed.manifest.records[1]
    first, last = (listed.bates.spell(number) for number in (listed.bates.first, listed.bates.last))
    assert first.startswith("MGUSD00000")
    assert first < last
    assert row == {
        "BEGBATES": first,
        "ENDBATES": last,
        "BEGATTACH": first,
        "ENDATTACH": last,
        "PAGECOUNT": str(listed.bates.pages),
        "PLATFORM": "mastodon",
        "ACCOUNT_ID": "blog",
        "RECTYPE": "comment",
        "NATIVE_ID": "urn:item:2",
        "PARENT_ID": "urn:item:1",
        "THREAD_ID": "urn:item:1",
        "AUTHOR_ID": "7",
        "AUTHOR_HANDLE": "@thora",
        "AUTHOR_NAME": "\u00de\u00f3ra",
        "TITLE": "Re: the bus",
        "DATE_CREATED": "2026-03-09T12:07:00.000000Z",
        "DATE_CREATED_TEXT": "Mon Mar 9",
        "DATE_EDITED": "2026-03-09T13:00:00.000000Z",
        "DATE_CAPTURED": "2026-03-09T13:07:00.000000Z",
        "DATE_SEALED": "2026-03-01T08:00:03.000000Z",
        "ABSENCE": "",
        "DATE_LAST_SEEN": "",
        "DATE_FIRST_MISSING": "",
        "URL": "https://social.example/@maplegroveusd/2",
        "HASHTAGS": ("bus", "a;b"),
        "MENTIONS": ("@maplegroveusd",),
        "LINKS": ("https://a.example/?x=1;y=2",),
        "MEDIA": ("https://a.example/bus.jpg",),
        "COUNTS_JSON": '{"answers":0,"likes":3}',
        "FLAGS": ("truncated",),
        "METHOD": "api",
        "PREVIOUS": "",
        "SHA256": str(listed.native_sha256),
        "NATIVE_SIZE": str(listed.native_size),
        "NATIVE_TYPE": "application/json",
        "WARC_RECORD_ID": "urn:uuid:6b5e6b0e-6c86-4b8c-9a53-1d0a9f2f7f10",
        "LOG_INDEX": "2",
        "LEAF_HASH": str(listed.record),
        "REDACTED": "",
        "NATIVEPATH": f"NATIVES\\{first}-native.json",
        "TEXTPATH": f"TEXT\\{first}.txt",
        "PROOFPATH": f"PROOFS\\{first}-proof.json",
    }


def test_what_a_record_does_not_say_is_empty_and_an_absence_has_two_dates(handed: Handed):
    row = dict(zip(COLUMNS, fields_of(handed.records[2]), strict=True))
    assert {row[name] for name in ("AUTHOR_ID", "AUTHOR_HANDLE", "AUTHOR_NAME", "TITLE", "COUNTS_JSON")} == {""}
    assert {row[name] for name in ("HASHTAGS", "MENTIONS", "LINKS", "MEDIA", "FLAGS")} == {()}
    assert [row[name] for name in ("ABSENCE", "DATE_LAST_SEEN", "DATE_FIRST_MISSING")] == [
        *("hidden", "2026-03-01T08:00:00.000000Z", "2026-03-02T08:00:00.000000Z")
    ]


def test_the_load_files_of_a_production_are_read_and_their_paths_lead_to_its_files(handed: Handed):
    rows = [fields_of(record) for record in handed.records]
    written = concordance.dat(rows)
    header, *read = read_dat(written.content)
    (_, comment, _) = (dict(zip(header, row, strict=True)) for row in read)
    assert comment["AUTHOR_NAME"] == "\u00de\u00f3ra"
    assert comment["HASHTAGS"] == "bus;a\uff1bb"
    assert written.replaced == {";": 2}
    listed = {f"NATIVES\\{one.native}" for one in handed.manifest.records}
    assert {row[header.index("NATIVEPATH")] for row in read} == listed
    assert [Digest.from_hex(row[header.index("LEAF_HASH")]) for row in read] == [
        one.record for one in handed.manifest.records
    ]


def test_the_images_of_a_production_are_a_document_for_each_row(handed: Handed):
    bates = handed.manifest.bates
    images = {page: "jpg" if page % 2 else "tif" for page in range(bates.first, bates.last + 1)}
    documents = read_opt(opticon.opt(handed.manifest, images, volume="VOL001"))
    header, *rows = read_dat(concordance.dat(map(fields_of, handed.records)).content)
    told = [[row[header.index(name)] for name in ("BEGBATES", "ENDBATES", "PAGECOUNT")] for row in rows]
    assert [[pages[0].key, pages[-1].key, str(len(pages))] for pages in documents] == told
    for page in (page for pages in documents for page in pages):
        kind = images[int(page.key.removeprefix("MGUSD"))]
        assert (page.volume, page.path) == ("VOL001", f"IMAGES\\{page.key}.{kind}")


def test_the_same_records_give_the_same_bytes(handed: Handed):
    again = [fields_of(record) for record in handed.records]
    assert concordance.dat(again) == concordance.dat(map(fields_of, handed.records))
    assert concordance.csv(again) == concordance.csv(map(fields_of, handed.records))
