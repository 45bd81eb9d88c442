"""PDF/A-3a and PDF/UA-1: what an independent checker says of every paper that the archive makes, signed or not."""

from __future__ import annotations

import io
import multiprocessing
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import page
import pikepdf
import pytest

from demo.picture import png
from ediscovery.audits import document as audits
from ediscovery.disposition.papers import writing
from ediscovery.production import presses
from ediscovery.production.document import ThreadLine
from ediscovery.production.pictures import Picture
from ediscovery.production.render import render
from ediscovery.production.thumbnails import thumbnail
from ediscovery.production.typesetting import OutsideContentError
from ediscovery.retention.in_force import InForce
from manifests.audit import audit
from manifests.audit.signed import AUDIT_FORMAT, sign_statement
from manifests.processes import ProcessLostError
from manifests.signing import SigningKey
from schemas.findings import AuditStatement
from schemas.record import Absence, Attachment
from tests.ediscovery.disposition.certificates import Destruction, printed
from tests.ediscovery.disposition.certificates import signer_of as office_signer
from tests.ediscovery.disposition.test_review import reviewed, row
from tests.ediscovery.productions import NOW, POSTED, Item, document_of, signer_of
from tests.ediscovery.test_render import pages_of
from tests.manifests.archives import START
from tests.manifests.sealing import Archivist

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ediscovery.production.document import ProductionDocument

GONE = Absence(verdict="deleted", last_seen=POSTED, first_missing=NOW, reads=("a", "b"), reason="404 twice")
VIDEO = Attachment(url="https://files.example/a/video.mp4", media_type="video/mp4", failure="larger than 1024 MB")
EVERYTHING = (
    Item("The bus leaves at 7:15.\n\nBring a coat.", title="Bus times (draft) \\ final", absence=GONE),
    Item(
        "校车会晚点。 スクールバスは遅れますか。\nהאם קו 9 יאחר\nهل ستتأخر الحافلة؟\n🚌 🙏🏽 👩‍👩‍👧‍👦 🏴‍☠️",  # noqa: RUF001 - Arabic
        kind="comment",
        thread=(
            ThreadLine("Ann 🚌", "Is it late? 校车"),
            ThreadLine("بشير", "هل ستتأخر الحافلة؟", depth=1, produced=True),
        ),
    ),
    Item("遅れます。", title="スクールバス", more={"lang": "ja", "attachments": (VIDEO,)}),
    Item("word " * 900, title="A long one", earlier=((None, "The bus is late."),), later=((None, "on time"),)),
    Item("a\x00b \u202egnp.exe\u202c \U00020000", native=b"\xff\x00", extension="bin", media_type='x/y; z="(é)"'),
)


SMALL = thumbnail(png((90, 140, 200)))
PHOTO = Attachment(url="https://files.example/a/bus.jpg", role="image", alt="A bus, “校车”")


def pictured(document: ProductionDocument) -> ProductionDocument:
    """The first record shows two pictures."""
    first, *others = document.items
    shown = (Picture(PHOTO, SMALL), Picture(msgspec.structs.replace(PHOTO, alt=None), SMALL))
    return replace(document, items=(replace(first, pictures=shown), *others))


def faults(pdf: bytes) -> set[str]:
    """The rules of both standards that a file breaks."""
    return {
        failure.rule_id
        for profile in (page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1)
        for failure in page.validate_pdf_bytes(pdf, profile=profile).failures
    }


@pytest.fixture(scope="module")
def unsigned() -> bytes:
    return render(pictured(document_of(*EVERYTHING)), first_number=1).pdf


@pytest.fixture(scope="module")
def structure(unsigned) -> Iterator[list[pikepdf.Dictionary]]:
    """Every element of the structure, in reading order."""

    def walk(element):
        yield element
        for kid in element.K:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                yield from walk(kid)

    with pikepdf.open(io.BytesIO(unsigned)) as opened:
        yield list(walk(opened.Root.StructTreeRoot.K[0]))


def test_a_production_conforms_before_and_after_it_is_signed(unsigned) -> None:
    signer, _ = signer_of()

    assert faults(unsigned) == set()
    assert faults(signer.sign(unsigned, reason="Production ⚖️", at=NOW)) == set()


def test_a_certificate_of_disposition_conforms() -> None:
    signer, _ = office_signer()

    assert faults(printed(Destruction().certificate(), signer)) == set()


def test_an_audit_report_conforms(tmp_path) -> None:
    made = Archivist(tmp_path)
    made.seal("one")
    made.ledger.checkpoint(made.writer.checkpoint_key)
    report = audit(made.store, now=START)
    statement = AuditStatement(AUDIT_FORMAT, "auditor@county", "test/1", "s", START, START, report.sound, report)
    key = SigningKey.generate("auditor@county")
    signer, _ = office_signer()

    pdf = audits.typeset(statement, sign_statement(statement, key), verifier=key.verifier, signer=signer)

    assert faults(pdf) == set()


def test_a_list_for_review_conforms_and_asks_for_no_signature(monkeypatch) -> None:
    monkeypatch.setattr(writing, "TOGETHER", 10)
    destruction = Destruction()
    review = reviewed(destruction.planned, InForce.of(destruction.ledger))
    rows = [row(n, title="スクール 🚌") for n in range(25)]

    pdf = writing.typeset(review, rows, printed=True, progress=lambda *_: None)

    assert faults(pdf) == set()
    assert b"/AcroForm" not in pdf


@pytest.mark.parametrize(
    ("spelled", "otherwise"),
    [
        (b"/AFRelationship ", b"/AFRelationshiq "),
        (b'pdfuaid:part="1"', b'pdfuaid:part="9"'),
        (b"/TU ", b"/TV "),
        (b"/Scope ", b"/Scopf "),
        (b"/OutputIntents ", b"/OutputIntentz "),
        (b"/Lang ", b"/Lank "),
        (b"/S /H2/", b"/S /H5/"),
    ],
)
def test_the_checker_notices_what_is_missing(unsigned, spelled, otherwise) -> None:
    assert spelled in unsigned

    assert faults(unsigned.replace(spelled, otherwise)) != set()


def test_headings_and_tables_are_what_they_look_like(structure) -> None:
    kinds = [str(element.S) for element in structure]

    assert kinds[0] == "/Document"
    assert kinds.count("/H1") == 5  # cover, certification, custody, index, checking
    assert {"/H2", "/H3", "/L", "/LI", "/Lbl", "/LBody", "/Link", "/P", "/Sect"} <= set(kinds)
    for element in structure:
        if element.S == "/TH":
            assert element.A.Scope in ("/Row", "/Column")


def test_a_picture_is_a_figure_with_words_in_its_place(structure) -> None:
    figures = [one for one in structure if one.S == "/Figure"]
    assert [str(one.Alt) for one in figures] == ["bus.jpg: A bus, “校车”", "bus.jpg"]
    assert all(len(one.K) == 1 for one in figures)


def test_a_text_over_several_pages_is_one_paragraph(structure) -> None:
    over = [
        {kid.Pg.objgen for kid in element.K if isinstance(kid, pikepdf.Dictionary) and kid.Type == "/MCR"}
        for element in structure
        if element.S == "/P"
    ]

    # The text, which goes on for a page more, and what each later version changed in it.
    assert [len(further) for further in over if further] == [1, 1, 1]


def test_a_text_bears_its_language(structure) -> None:
    assert [str(element.Lang) for element in structure if "/Lang" in element] == ["ja", "ja"]


def test_what_stands_in_margins_is_read_by_nobody(unsigned) -> None:
    with pikepdf.open(io.BytesIO(unsigned)) as opened:
        for sheet in opened.pages:
            content = sheet.Contents.read_bytes()
            # Organisation, matter (not on the first page), production, part (not on the first page), number.
            assert content.count(b"/Pagination") >= 2
            marks = [int(mark) for mark in re.findall(rb"/MCID (\d+)", content)]
            assert sorted(marks) == list(range(len(marks)))


def test_headings_of_a_table_that_are_repeated_are_read_once() -> None:
    pdf = render(document_of(*(Item(f"Post {number}") for number in range(30))), first_number=1).pdf

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        heads = [
            element
            for element in opened.objects
            if isinstance(element, pikepdf.Dictionary) and element.get("/S") == "/THead" and len(element.K[0].K) == 4
        ]

    assert faults(pdf) == set()
    # Accounts and custody, and both tables of the index, which go over several pages.
    assert len(heads) == 4


def test_the_outline_has_every_part_and_the_records_below_theirs(unsigned) -> None:
    with pikepdf.open(io.BytesIO(unsigned)) as opened, opened.open_outline() as outline:
        titles = [item.title for item in outline.root]
        (records,) = [item for item in outline.root if item.title == "Records"]

        assert titles[-3:] == ["Records", "Index of Records", "How to Check this Document"]
        assert next(item.title for item in records.children) == "Post: Bus times (draft) \\ final"
        assert len(records.children) == len(EVERYTHING)


def test_links_lead_to_the_records_and_say_so(unsigned) -> None:
    with pikepdf.open(io.BytesIO(unsigned)) as opened:
        places = pikepdf.NameTree(opened.Root.Names.Dests)
        links = [one for sheet in opened.pages for one in sheet.get("/Annots", ()) if one.Subtype == "/Link"]

        for link in links:
            assert str(link.Dest) in places
        assert {str(link.Contents) for link in links} >= {"Chain of custody", "MGUSD0000004"}
        record = opened.pages.index(pikepdf.Page(places["record-1"][0]))
        assert record == 3


def test_many_records_are_bound_of_several_gatherings_in_the_same_bytes_by_any_number_of_processes(monkeypatch) -> None:
    monkeypatch.setattr(presses, "WORTH_STARTING", 0)
    document = document_of(*(Item(f"Post {number} 🚌 スクール", title=f"Title {number}") for number in range(45)))

    several = render(document, first_number=9_990, processes=2)

    assert render(document, first_number=9_990).pdf == several.pdf
    assert faults(several.pdf) == set()
    texts = pages_of(several.pdf)
    assert len(texts) == several.pages
    for number, text in enumerate(texts, 9_990):
        assert text.endswith(several.bates.spell(number))
    for place, numbers in enumerate(several.records):
        shown = texts[numbers.first - 9_990]
        assert f"Title {place}" in shown
        assert shown.count(numbers.spell(numbers.first)) == 4  # above, at both attachments, and below
    with pikepdf.open(io.BytesIO(several.pdf)) as opened:
        places = pikepdf.NameTree(opened.Root.Names.Dests)
        for place, numbers in enumerate(several.records, 1):
            assert opened.pages.index(pikepdf.Page(places[f"record-{place}"][0])) == numbers.first - 9_990
        pictures = [
            one for one in opened.objects if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image"
        ]
        assert len(pictures) == 2  # one bus and its mask


def test_a_fault_in_one_batch_stops_all_processes(monkeypatch) -> None:
    monkeypatch.setattr(presses, "MOST_SECTIONS", 1)
    printing = presses.Presses("", at=NOW, processes=2)
    good, bad = ('<html lang="en"><title>x</title><p>x', '<html lang="en"><title>x</title><img src="file:///x">')

    with pytest.raises(OutsideContentError):
        list(printing.printed([good, bad, good, good, good], first=1, estimated=1_000))


def test_a_process_that_is_killed_is_told_of(monkeypatch) -> None:
    monkeypatch.setattr(presses, "MOST_SECTIONS", 1)
    printing = presses.Presses("", at=NOW, processes=2)
    printed = printing.printed(['<html lang="en"><title>x</title><p>x'] * 20, first=1, estimated=1_000)
    next(printed)

    for process in multiprocessing.active_children():
        process.kill()

    with pytest.raises(ProcessLostError):
        list(printed)
