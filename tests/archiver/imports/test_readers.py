"""Every reader over any bytes: exact slices or refusals within them, no crash, no expansion, no waiting."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.imports.format import Asked, Counted, Unpacked
from archiver.imports.known import FORMATS, format_of, importable
from archiver.imports.refusals import Refused
from archiver.platforms.objects import Item
from schemas.account import Account
from schemas.errors import InputError
from schemas.record import Normalised
from tests.archiver.imports.exports.every import EXPORTS

if TYPE_CHECKING:
    from archiver.imports.format import Format

ACCOUNT = Account(name="a", platform="x", url="https://x.example/", title="a")


def found_in(one: Format, path: str, content: bytes) -> tuple[list[Item], list[Refused]]:
    """What the reader of a file finds; each item and refusal lies in it."""
    items: list[Item] = []
    refused: list[Refused] = []
    account = Account(name="a", platform=next(iter(one.platforms), "x"), url="https://x.example/", title="a")
    for _, gather in one.gather:
        gather(content)
    try:
        for found in one.find_file(path).read(content, Asked(path, account)):
            if isinstance(found, Item):
                items.append(found)
                Normalised.from_bytes(found.normalised.to_bytes())
            elif isinstance(found, Refused):
                refused.append(found)
            if isinstance(found, Item | Refused):
                assert found.offset >= 0
                assert found.length >= 0
                assert found.offset + found.length <= len(content)
            assert not isinstance(found, Unpacked) or found.content
    except InputError:
        pass  # the file is refused whole
    return items, refused


READ = [
    (format_of(list(export.files), export.platform), path, content)
    for export in EXPORTS
    for path, content in export.files.items()
    if format_of(list(export.files), export.platform).find_file(path)
]


@pytest.mark.parametrize(
    ("one", "path", "content"), READ, ids=lambda value: value[-30:] if isinstance(value, str) else ""
)
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_a_file_that_was_changed_anywhere_is_read_or_refused(one: Format, path: str, content: bytes, data) -> None:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed)))
        gone = data.draw(st.integers(0, 9))
        changed[at : at + gone] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b'"', b"{", b"[", b"<", b"&x;", b"\x00"])
        )
    found_in(one, path, bytes(changed))


@pytest.mark.parametrize(
    ("one", "path", "content"), READ, ids=lambda value: value[-30:] if isinstance(value, str) else ""
)
@given(noise=st.binary(max_size=80), cut=st.integers(0, 3_000))
@settings(max_examples=12, deadline=None)
def test_any_bytes_and_any_beginning_of_a_file_are_read_or_refused(
    one: Format, path: str, content: bytes, noise: bytes, cut: int
) -> None:
    found_in(one, path, noise)
    found_in(one, path, content[:cut])


SPELLED = [(one, path, content) for one, path, content in READ if path.endswith((".js", ".json", ".jsonl"))]
ODD = st.sampled_from([None, True, 0, -1, 10**18, 1.5, "", "x", "\ud800", "http://[::1", [], [5], [[]], {}, {"a": 1}])


def opened(value: object, way: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place in JSON, as the way that leads there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for key, one in inner for place in opened(one, (*way, key)))]


def replaced(value: Any, way: tuple[Any, ...], by: object) -> object:
    """JSON with something else in one place of it."""
    if not way:
        return by
    changed = value.copy()
    changed[way[0]] = replaced(value[way[0]], way[1:], by)
    return changed


@pytest.mark.parametrize(
    ("one", "path", "content"), SPELLED, ids=lambda value: value[-30:] if isinstance(value, str) else ""
)
@given(data=st.data(), odd=ODD)
@settings(max_examples=10, deadline=None)
def test_any_value_in_any_place_of_json_is_read_or_refused(
    one: Format, path: str, content: bytes, data, odd: object
) -> None:
    start = min(place for mark in (b"[", b"{") if (place := content.find(mark)) >= 0)
    value, _ = json.JSONDecoder().raw_decode(content[start:].decode())
    way = data.draw(st.sampled_from(opened(value)))
    found_in(one, path, content[:start] + json.dumps(replaced(value, way, odd)).encode())


@pytest.mark.parametrize("media", [5, "https://x.example/a.jpg", {"a": 1}, None, [5]])
def test_media_of_a_message_that_are_no_list_are_no_reason_to_stop(media: object) -> None:
    message = {"messageCreate": {"id": "5", "text": "Open?", "mediaUrls": media}}
    conversation = {"dmConversation": {"conversationId": "1", "messages": [message]}}
    one = next(one for one in FORMATS if one.collector == "x-archive/1")
    items, refused = found_in(one, "data/direct-messages.js", b"x = " + json.dumps([conversation]).encode())

    assert ([item.normalised.text for item in items], refused) == (["Open?"], [])


def test_rows_before_the_names_of_columns_are_counted() -> None:
    one = next(one for one in FORMATS if one.collector == "linkedin-export/1")
    content = b"Notes:\nNot all columns are filled\n\nDate,Link,Message\n2024-01-01 00:00:00,,one\n"
    found = list(one.find_file("Comments.csv").read(content, Asked("Comments.csv", ACCOUNT)))

    assert [part for part in found if isinstance(part, Counted)] == [Counted("rows before the names of the columns", 2)]


XML = [(one, path) for one, path, _ in READ if path.endswith((".xml", ".atom"))]
LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
ITEM = b"<item>&b;</item><entry>&b;</entry><revision>&b;</revision>"


@pytest.mark.parametrize(("one", "path"), XML, ids=lambda value: value[-30:] if isinstance(value, str) else "")
@pytest.mark.parametrize("prolog", [LAUGHS, OUTSIDE, b"<!DOCTYPE html>"])
def test_a_document_type_is_refused_and_nothing_is_expanded(one: Format, path: str, prolog: bytes) -> None:
    items, refused = found_in(one, path, b"<?xml version='1.0'?>" + prolog + b"<r>" + ITEM + b"</r>")

    assert items == []
    assert "document type" in refused[0].error.what


@pytest.mark.parametrize(("one", "path"), XML, ids=lambda value: value[-30:] if isinstance(value, str) else "")
@pytest.mark.parametrize(
    "hostile",
    [
        b"<r>" * 200_000,
        b"<item>" * 200_000,
        b"<item " + b"".join(b"a%d='1' " % number for number in range(200_000)) + b"/>",
        b"<item a='" + b"x" * 9_999_999,
        b"<r>" + b"".join(b"<a%d>t</a%d>" % (number, number) for number in range(100_000)) + b"</r>",
    ],
    ids=["deep", "deep-items", "attributes", "token", "names"],
)
def test_xml_that_is_made_to_be_slow_is_read_in_time(one: Format, path: str, hostile: bytes) -> None:
    started = time.perf_counter()
    found_in(one, path, hostile)

    assert time.perf_counter() - started < 10


def test_what_stands_before_the_place_where_xml_breaks_is_found() -> None:
    one = next(one for one in FORMATS if one.collector == "wordpress-export/1")
    item = b"<item><title>A</title></item>"
    items, refused = found_in(one, "a.xml", b"<r>" + item * 3 + b"<item><b></item></r>")

    assert len(items) == 3
    assert refused[0].offset == 3 + 3 * len(item)


def test_a_quotation_that_never_closes_costs_its_own_line() -> None:
    one = next(one for one in FORMATS if one.collector == "linkedin-export/1")
    content = b'Date,Link,Message\n2024-01-01 00:00:00,,one\n2024-01-02 00:00:00,,"two\n2024-01-03 00:00:00,,three\n'
    items, refused = found_in(one, "Comments.csv", content)

    assert [item.normalised.text for item in items] == ["one", "three"]
    assert [part.error.facts["line"] for part in refused] == [3]


@pytest.mark.parametrize(
    ("content", "text", "flags"),
    [
        ("\ufeffDate,Link,Message\n2024-01-01 00:00:00,,für".encode(), "für", ()),
        ("Date,Link,Message\r2024-01-01 00:00:00,,für\r".encode("cp1252"), "für", ("replaced-characters",)),
        (b"Date,Link,Message\n2024-01-01 00:00:00,,one,more", "one", ("ill-formed",)),
    ],
)
def test_tables_in_other_encodings_are_read_and_say_so(content: bytes, text: str, flags: tuple[str, ...]) -> None:
    one = next(one for one in FORMATS if one.collector == "linkedin-export/1")
    (item,), refused = found_in(one, "Comments.csv", content)

    assert (item.normalised.text, item.normalised.flags, refused) == (text, flags, [])


def test_a_table_in_utf_16_is_refused_by_name() -> None:
    one = next(one for one in FORMATS if one.collector == "linkedin-export/1")
    items, (refused,) = found_in(one, "Comments.csv", "Date,Link,Message\n".encode("utf-16"))

    assert items == []
    assert "UTF-16" in refused.error.what


def test_every_format_is_told_from_the_others_by_its_mark() -> None:
    for export in EXPORTS:
        if export.name == "native-json":
            continue
        named = format_of(list(export.files), export.platform).collector
        marked = [one.collector for one in FORMATS if any(one.mark.search(path) for path in export.files)]
        assert marked == [named], export.name
    assert len({one.collector for one in FORMATS}) == len(FORMATS)
    assert set(importable()) >= {name for one in FORMATS for name in one.platforms}
