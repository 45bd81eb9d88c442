"""Rendering: every page numbered, every text as it was captured, and nothing reached outside of the production."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from ediscovery.production.document import ProductionEmptyError
from ediscovery.production.render import render
from ediscovery.production.typesetting import OutsideContentError, Press
from ediscovery.production.visible import inline
from schemas.instant import Instant
from schemas.production import BatesError
from schemas.record import Absence, Attachment, Author
from tests.corpora import corpus
from tests.ediscovery.productions import Item, document_of

ROOT = Path(__file__).parents[2]
CONVERSATION = "校车会晚点。 スクールバスは遅れますか。"


def pages_of(pdf: bytes) -> list[str]:
    """The text of every page, as PDFium reads it."""
    document = pypdfium2.PdfDocument(pdf)
    texts = []
    for page in document:
        reader = page.get_textpage()
        texts.append(reader.get_text_range())
        reader.close()
        page.close()
    document.close()
    return texts


def poppler_text(pdf: bytes) -> str:
    """The whole text, as Poppler reads it: unlike PDFium it gives emoji back."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    return subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def solid(text: str) -> str:
    """Text without white space, in compatible form: where lines break is the page's business."""
    return "".join(unicodedata.normalize("NFKC", text.replace("\u200b", "").replace("\ufffe", "")).split())


@pytest.fixture(scope="module")
def rendered():
    items = (
        Item("The bus leaves at 7:15.\n\nBring a coat.", title="Bus times"),
        Item(CONVERSATION + "\nהאם קו 9 יאחר\n🚌 🙏🏽", kind="comment"),
        Item("word " * 900, title="A long one"),
    )
    return render(document_of(*items), first_number=9_998)


def test_every_page_bears_its_bates_number_once_in_the_footer(rendered) -> None:
    texts = pages_of(rendered.pdf)

    assert len(texts) == rendered.pages == rendered.bates.pages
    for number, text in enumerate(texts, rendered.bates.first):
        assert text.endswith(rendered.bates.spell(number))


def test_each_record_starts_on_a_page_of_its_own_and_the_index_says_which(rendered) -> None:
    texts = pages_of(rendered.pdf)

    assert [numbers.pages for numbers in rendered.records] == [1, 1, 2]
    for place, numbers in enumerate(rendered.records, 1):
        assert f"Record {place} of 3" in texts[numbers.first - rendered.bates.first]
    index = next(text for text in texts if "Index of Records" in text)
    for numbers in rendered.records:
        assert numbers.spell(numbers.first) in index
        assert numbers.spell(numbers.last) in index


def test_the_cover_names_the_whole_range_and_where_each_part_starts(rendered) -> None:
    cover, *rest = pages_of(rendered.pdf)

    assert rendered.bates.spell(rendered.bates.last) in cover
    for title, heading in (("Index of records", "Index of Records"), ("How to check", "How to Check")):
        place = next(number for number, text in enumerate(rest, rendered.bates.first + 1) if heading in text)
        line = next(line for line in cover.splitlines() if line.startswith(title))
        assert line.endswith(rendered.bates.spell(place))


def test_the_manifest_and_the_attachments_say_the_same(rendered) -> None:
    document = pypdfium2.PdfDocument(rendered.pdf)
    attached = {
        (one := document.get_attachment(place)).get_name(): bytes(one.get_data())
        for place in range(document.count_attachments())
    }
    document.close()

    manifest = json.loads(attached.pop("production.json"))
    assert manifest["bates"] == {"prefix": "MGUSD", "first": 9_998, "last": rendered.bates.last}
    assert {record["native"] for record in manifest["records"]} <= attached.keys()
    assert attached == {
        name: content
        for record, item in zip(rendered.manifest.records, document_of_same(), strict=True)
        for name, content in ((record.native, item), (record.proof, attached[record.proof]))
    }


def document_of_same() -> list[bytes]:
    """The native bytes of the fixture's items."""
    items = (
        Item("The bus leaves at 7:15.\n\nBring a coat.", title="Bus times"),
        Item(CONVERSATION + "\nהאם קו 9 יאחר\n🚌 🙏🏽", kind="comment"),
        Item("word " * 900, title="A long one"),
    )
    return [item.native for item in document_of(*items).items]


def test_emoji_chinese_japanese_and_hebrew_are_read_back(rendered) -> None:
    by_pdfium, by_poppler = solid("".join(pages_of(rendered.pdf))), solid(poppler_text(rendered.pdf))

    for words in (CONVERSATION, "האם", "יאחר"):
        assert solid(words) in by_pdfium, words
    for words in (CONVERSATION, "🚌", "🙏🏽"):
        assert solid(words) in by_poppler, words


def test_the_same_document_gives_the_same_bytes() -> None:
    document = document_of(Item("Snow day 🌨"))

    assert render(document, first_number=1).pdf == render(document, first_number=1).pdf


def test_what_cannot_be_seen_or_would_reorder_the_page_is_shown_as_a_marker() -> None:
    hostile = "a\x00b \u202egnp.exe\u202c \u2066x\u2069 zero\u200bwidth \ufeff \x1b[31m tag\U000e0041 \ue000"

    texts = solid("".join(pages_of(render(document_of(Item(hostile, native=b"{}")), first_number=1).pdf)))

    for mark in ("U+0000", "U+202E", "U+202C", "U+2066", "U+200B", "U+FEFF", "U+001B", "U+E0041", "U+E000"):
        assert f"[{mark}]" in texts
    assert "gnp.exe" in texts


def test_captured_markup_is_text() -> None:
    hostile = "<img src=file:///etc/passwd><script>alert(1)</script>{{ 7*7 }}<style>*{display:none}</style>&amp;"

    rendered = render(document_of(Item(hostile, title=hostile)), first_number=1)

    assert solid(hostile) in solid("".join(pages_of(rendered.pdf)))
    assert b"/URI" not in rendered.pdf


def test_a_page_that_asks_for_a_file_or_an_address_is_refused(tmp_path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"x")
    press = Press("")

    for address in (secret.as_uri(), "http://127.0.0.1:9/x.png", "data:image/png;base64,AAAA"):
        with pytest.raises(OutsideContentError):
            press.lay_out(f'<html lang="en"><title>x</title><img src="{address}" alt="x">')


def test_a_megabyte_of_text_is_printed_to_its_end() -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 23_000 + "ENDOFTEXT"

    rendered = render(document_of(Item(text)), first_number=1)

    assert "ENDOFTEXT" in "".join(pages_of(rendered.pdf)[-6:])
    assert rendered.pages > 200


def test_a_word_without_an_end_and_a_million_lines_do_not_stop_the_press() -> None:
    rendered = render(document_of(Item("x" * 60_000), Item("\n" * 1_000_000, native=b"{}")), first_number=1)

    assert "the whole text is in the attached native file" in " ".join("".join(pages_of(rendered.pdf)).split())


@pytest.mark.parametrize(
    "text", ["a\0" * 20_000, "漢" * 20_000, " " * 20_000, "x" + "\u0301" * 50_000, "abc\nאבג\n" * 500]
)
def test_text_that_is_made_to_be_slow_is_not(text) -> None:
    started = time.process_time()

    render(document_of(Item(text, native=b"{}")), first_number=1)

    assert time.process_time() - started < 20


def test_every_version_is_shown_with_what_changed_in_it() -> None:
    item = Item("The bus is late today.", earlier=((None, "The bus is late."),), later=((None, "The bus is on time."),))

    text = " ".join("".join(pages_of(render(document_of(item), first_number=1).pdf)).split())

    assert "Versions: this is 2 of 3" in text
    assert "on time." in text


def test_no_page_ends_between_what_tells_a_version_and_its_words() -> None:
    items = [Item("line\n" * lines, earlier=((None, "before"),), later=((None, "after"),)) for lines in range(24, 54)]

    pages = pages_of(render(document_of(*items), first_number=1).pdf)

    told = [re.search(r"Version 3, captured [^)]*\)\s*(\w+)", page) for page in pages]
    assert {found[1] for found in told if found} == {"line"}  # what is struck out comes first; a foot would be "Maple"
    assert sum(found is not None for found in told) == len(items)


def test_a_disappearance_is_an_interval_in_both_zones() -> None:
    absence = Absence(
        verdict="deleted",
        last_seen=Instant.from_text("2026-03-11T14:00:03.000000Z"),
        first_missing=Instant.from_text("2026-03-11T20:00:09.000000Z"),
        reads=("a", "b"),
        reason="Two direct look-ups answered 404.",
    )

    text = " ".join("".join(pages_of(render(document_of(Item("gone", absence=absence)), first_number=1).pdf)).split())

    assert "Last seen March 11, 2026, 9:00:03 AM CDT (2026-03-11 14:00:03 UTC)" in text
    assert "first missing March 11, 2026, 3:00:09 PM CDT (2026-03-11 20:00:09 UTC)" in text
    assert "is not known" in text


def test_an_attachment_that_was_not_captured_says_why() -> None:
    media = Attachment(url="https://files.example/a/video.mp4", media_type="video/mp4", failure="larger than 1024 MB")
    item = Item("look", more={"attachments": (media,)})

    text = " ".join("".join(pages_of(render(document_of(item), first_number=1).pdf)).split())

    assert "video.mp4" in text
    assert "not captured: larger than 1024 MB" in text


@pytest.mark.parametrize(("paper", "size"), [("Letter", (612, 792)), ("A4", (595, 842))])
def test_the_paper_is_the_one_that_was_asked_for(paper, size) -> None:
    pdf = render(document_of(Item("x"), paper=paper), first_number=1).pdf

    document = pypdfium2.PdfDocument(pdf)
    sizes = {tuple(round(side) for side in document.get_page_size(number)) for number in range(len(document))}
    document.close()
    assert sizes == {size}


def test_naughty_strings_are_read_back() -> None:
    strings = json.loads(
        corpus("conformance", "text", "minimaxir+big-list-of-naughty-strings", "blns.json").read_bytes()
    )
    # Marks that climb over other lines confuse the reader, not the page: those strings stand on pages of their own.
    shown = [f"<{place}>{text}</{place}>" for place, text in enumerate(strings) if readable(text)]
    others = [text for text in strings if not readable(text)]
    items = [*(Item("\n".join(shown[turn::8])) for turn in range(8)), Item("\n".join(others))]

    rendered = render(document_of(*items), first_number=1)

    text = solid(poppler_text(rendered.pdf))
    expected = [string for string in shown if not set(string) & set(rendered.without_glyph)]
    assert [string for string in expected if solid(string) not in text] == []
    assert len(expected) > 400


def test_a_character_that_no_font_has_is_named_on_the_page_and_reported() -> None:
    rendered = render(document_of(Item("seen, \U00020000 named", title="\U00020000")), first_number=1)

    assert rendered.without_glyph == ("\U00020000",)
    assert "seen,[U+20000]named" in solid("".join(pages_of(rendered.pdf)))


def readable(text: str) -> bool:
    """Whether a PDF reader gives a text back letter by letter: left to right, without marks, nothing invisible."""
    return all(
        unicodedata.bidirectional(letter) not in ("R", "AL", "AN", "NSM", "BN")
        and not unicodedata.combining(letter)
        and unicodedata.category(letter) not in ("Cc", "Cf", "Co", "Cn", "Mn", "Me", "Zl", "Zp")
        for letter in text.replace("\t", " ")
    )


def test_our_pages_make_the_typesetter_complain_of_nothing(caplog) -> None:
    caplog.set_level(logging.WARNING)

    render(document_of(Item("x", title="y", kind="comment")), first_number=1)

    assert [record.getMessage() for record in caplog.records] == []


def test_numbers_end_where_seven_digits_end() -> None:
    with pytest.raises(BatesError):
        render(document_of(Item("x")), first_number=9_999_999)


def test_a_production_of_nothing_is_refused() -> None:
    with pytest.raises(ProductionEmptyError):
        replace(document_of(Item("x")), items=())


def test_markup_of_every_character_is_escaped_once() -> None:
    assert inline("<a & 'b' \"c\">") == "&lt;a &amp; &#39;b&#39; &#34;c&#34;&gt;"


PROGRAM = """
from ediscovery.production.typesetting import Press
from schemas.errors import ArchiveError
try:
    Press("")
except ArchiveError as error:
    print(error.code, error.do)
"""


def press_elsewhere(environment: dict[str, str]) -> str:
    """What comes of starting a press in a process of its own, in another environment."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
    return run.stdout


def test_a_missing_font_is_named_with_the_packages_to_install(tmp_path) -> None:
    config = tmp_path / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>/usr/share/fonts/truetype/dejavu</dir><cachedir>{tmp_path}</cachedir></fontconfig>"
    )

    said = press_elsewhere({"FONTCONFIG_FILE": str(config)})

    assert said.startswith("FONT_MISSING")
    assert "fonts-noto-cjk" in said


def test_missing_libraries_are_an_error_of_ours_and_no_noise(tmp_path) -> None:
    package = tmp_path / "weasyprint"
    package.mkdir()
    package.joinpath("__init__.py").write_text("print('advice'); raise OSError('cannot load library libpango-1.0-0')")

    said = press_elsewhere({"PYTHONPATH": str(tmp_path)})

    assert said.startswith("PDF_LIBRARIES_MISSING")
    assert "libpango-1.0-0" in said


def test_records_are_found_by_who_wrote_them_and_when() -> None:
    wrote = [Author(name="zoe"), None, Author(name="Ana"), Author(name="Zoe", handle="z"), Author(name="Ana")]
    document = document_of(*(Item(f"Post {number}", author=author) for number, author in enumerate(wrote)))
    rendered = render(document, first_number=1)
    text = "\n".join(pages_of(rendered.pdf))
    listed = text[text.index("By Author and Date") :]
    firsts = [one.spell(one.first) for one in rendered.records]
    found = re.findall(r"MGUSD\d{7}", listed)[: len(firsts)]
    assert found == [firsts[number] for number in (2, 4, 0, 3, 1)]
