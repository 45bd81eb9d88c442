"""What is found of what is to be redacted, and what is not."""

from __future__ import annotations

from itertools import pairwise
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediscovery.redaction.matching import EMAILS, PHONES, spans, words

FOUND = (
    ("Anna", "ask ANNA, please", "ANNA"),
    ("Anna", "Anna's bus", "Anna"),
    ("Anna Bell", "Anna\n  Bell", "Anna\n  Bell"),
    ("Zoë", normalize("NFD", "with Zoë today"), normalize("NFD", "Zoë")),
    (normalize("NFD", "Zoë"), "with Zoë today", "Zoë"),
    ("C++ club", "the c++ club meets", "c++ club"),
    ("张伟", "老师张伟说", "张伟"),
    ("@anna_b", "see @anna_b there", "@anna_b"),
    ("O'Neil", "Mr. O'NEIL said", "O'NEIL"),
    ("555-0100", "ring 555-0100!", "555-0100"),
    ("Anna Bell", "#AnnaBell", "AnnaBell"),
    ("Anna Bell", "/news/anna-bell-wins", "anna-bell"),
    ("Anna Bell", "Anna_Bell_2024.jpg", "Anna_Bell"),
    ("Anna Bell", "x/anna%20bell.jpg", "anna%20bell"),
    ("O'Brien", "Mr O’Brien", "O’Brien"),
    ("Anna-Bell", "Anna\u2011Bell", "Anna\u2011Bell"),
    ("Anna", "An\u00adn\u200ba here", "An\u00adn\u200ba"),
    ("Jürgen", "x/J%C3%BCrgen.jpg", "J%C3%BCrgen"),
    ("李明", "李明 came", "李明"),
)
NOT_FOUND = (("Anna", "Savannah and Annabel"), ("Ann", "Anna"), ("555", "5551234"), ("bell", "doorbell"))
NUMBERS = (
    *("555-123-4567", "(555) 123-4567", "555.123.4567", "1-555-123-4567", "+1 555 123 4567", "+49 30 1234567"),
    *("+44 20 7946 0958", "555\u00a0123\u00a04567", "(555)-123-4567", "555–123–4567", "555 1234567", "555/123-4567"),
    *("555 - 123 - 4567", "555-123-4567x12", "555-123-4567 ext. 3", "+49 (0)30 123456"),
)
NO_NUMBERS = (
    "115630211049270731",
    "2026-03-09T12:05:00.000000Z",
    "https://x.example/5551234567",
    "12-34-5678",
    "1.234.567",
)


@pytest.mark.parametrize(("sought", "text", "found"), FOUND)
def test_words_are_found_whole_however_they_are_spelled(sought: str, text: str, found: str) -> None:
    (span,), by = spans(text, [(7, words(sought))], words=True)
    assert by == {7}
    assert (text[span.start : span.end], span.by) == (found, 7)


@pytest.mark.parametrize(("sought", "text"), NOT_FOUND)
def test_parts_of_other_words_are_not_found(sought: str, text: str) -> None:
    assert spans(text, [(0, words(sought))], words=True) == ([], set())


@pytest.mark.parametrize("number", NUMBERS)
def test_telephone_numbers_are_found_as_people_write_them(number: str) -> None:
    text = f"Call {number}, now."
    for reading in (True, False):
        (span,), _ = spans(text, [(0, PHONES)], words=reading)
        assert text[span.start : span.end] == number


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_ids_dates_and_addresses_are_no_telephone_numbers(text: str) -> None:
    assert spans(text, [(0, PHONES)], words=False) == ([], set())


def test_ten_digits_are_a_number_where_people_write_and_an_id_elsewhere() -> None:
    assert len(spans("Call 5551234567.", [(0, PHONES)], words=True)[0]) == 1
    assert spans("5551234567", [(0, PHONES)], words=False) == ([], set())
    assert spans("tel:5551234567", [(0, PHONES)], words=False)[1] == {0}


@pytest.mark.parametrize("address", ["ana@school.example", "a.b+c@x.co.uk", "ana(at)school.example"])
def test_addresses_of_mail_are_found(address: str) -> None:
    text = f"<{address}>; or not"
    (span,), _ = spans(text, [(0, EMAILS)], words=True)
    assert text[span.start : span.end] == address


LONG = ("a" * 500_000, "a." * 250_000, "x" * 64 + "@" * 500_000, "+1 " * 150_000, "5 " * 250_000, "(at" * 150_000)


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:3])
def test_long_texts_are_searched_to_their_end(text: str) -> None:
    """Where the time grew as the square of the length, this would not come to its end."""
    found, _ = spans(text, [(0, EMAILS), (2, words("Anna Bell"))], words=True)
    assert found == []
    spans(text, [(1, PHONES)], words=True)


@given(st.lists(st.sampled_from(["Anna", "Anna Bell", "Bell", "555-123-4567", "x ", " and "]), max_size=8))
def test_what_overlaps_is_one_and_all_is_in_order(pieces: list[str]) -> None:
    text = " ".join(pieces)
    found, _ = spans(text, [(0, words("Anna")), (1, words("Anna Bell")), (2, words("Bell")), (3, PHONES)], words=True)
    assert all(one.end <= two.start for one, two in pairwise(found))
    uncovered = list(text)
    for one in found:
        uncovered[one.start : one.end] = "#" * (one.end - one.start)
    assert not any(secret in "".join(uncovered) for secret in ("Anna", "Bell", "4567"))
