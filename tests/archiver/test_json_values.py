"""Any JSON, however it is strung together or broken: exact slices, or a refusal by name, in linear time."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.imports.json_lines import read
from archiver.imports.refusals import ImportRefusedError
from archiver.parsing.json_slices import elements, find_extent, members
from schemas.digest import Digest
from tests.corpora import corpus

if TYPE_CHECKING:
    from schemas.account import Platform

from tests.archiver.json_lines import natives, read_all, view_of, wholes

LINE = b'{"id":"1","text":"a"}'


@pytest.mark.parametrize(
    "content",
    [
        LINE,
        b"\xef\xbb\xbf" + LINE,
        b"\r\n \t" + LINE + b"\r\n",
        LINE + b"\n" + LINE,
        LINE + b"\r\n\r\n" + LINE + b"\r\n",
        LINE + LINE,
        LINE + b" " + LINE,
        b"[" + LINE + b" ,\n" + LINE + b"]",
        b"[" + LINE + b"]\n[" + LINE + b"]",
        b'{\n "id": "1",\n "text": "a"\n}\n{\n "id": "1",\n "text": "a"\n}\n',
    ],
)
def test_values_are_found_however_they_are_strung_together(content: bytes) -> None:
    items, refused = read_all(content)

    assert refused == []
    assert len(items) == max(1, content.count(b"text"))
    assert {item.normalised.item for item in items} == {"1"}
    assert all(native.startswith(b"{") and native.endswith(b"}") for native in natives(content, items))


def test_what_stands_around_a_bad_line_is_kept_and_the_line_refused_by_name() -> None:
    content = LINE + b'\n{"id":"2","te\n{"id": "3", "text": "c"}\n\n{"id":"4"'
    items, refused = read_all(content)

    assert [item.normalised.item for item in items] == ["1", "3"]
    assert [(one.error.facts["line"], one.error.facts["offset"]) for one in refused] == [(2, 22), (5, 62)]
    assert [content[one.offset : one.offset + one.length] for one in refused] == [b'{"id":"2","te', b'{"id":"4"']
    assert {one.error.code for one in refused} == {"IMPORT_REFUSED"}
    assert "Line 2 (byte 22)" in refused[0].error.what


@pytest.mark.parametrize("content", [b"", b" \n", b"\xef\xbb\xbf", '{"a": 1}'.encode("utf-16")])
def test_a_file_without_a_record_is_refused(content: bytes) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        read_all(content)

    assert (caught.value.code, caught.value.family) == ("IMPORT_REFUSED", "input")


def test_a_platform_without_an_importer_is_refused() -> None:
    with pytest.raises(ImportRefusedError):
        read_all(LINE, "feed")


@pytest.mark.parametrize("value", [{}, {"foo": 1}, 7, "text", None, True, {"id": 1, "id2": [1]}])
@pytest.mark.parametrize("platform", ["x", "mastodon", "activitypub"])
def test_what_has_an_unknown_shape_is_kept_all_the_same(value: object, platform: Platform) -> None:
    view = view_of([value], platform)

    assert (view.kind, view.type, view.flags) == ("event", "Object", ("unrecognised",))
    assert view.item == f"sha256:{Digest.of(json.dumps(value).encode())}"


def test_an_envelope_that_says_a_thing_twice_is_kept_whole() -> None:
    items, _ = read_all('{"data":[{"id":"1","text":"a"}],"data":[{"id":"2","text":"b"}]}')

    assert [item.normalised.flags for item in items] == [("unrecognised",)]


def test_lone_surrogates_are_replaced_in_the_view_and_stay_in_the_native() -> None:
    content = rb'[{"id":"1","text":"a\ud800b \ud83d\ude00 \\ud800"},{"id":"2","text":"whole"}]'
    items, _ = read_all(content)

    assert items[0].normalised.text == "a\ufffdb 😀 \\ud800"
    assert [item.normalised.flags for item in items] == [("replaced-characters",), ()]
    assert natives(content, items) == [
        rb'{"id":"1","text":"a\ud800b \ud83d\ude00 \\ud800"}',
        b'{"id":"2","text":"whole"}',
    ]


def test_control_characters_and_nul_are_text() -> None:
    assert view_of({"id": "1", "text": "a\x00b\x1b"}, "x").text == "a\x00b\x1b"


@pytest.mark.parametrize("file", ["y_", "n_", "i_"])
def test_the_json_test_suite_is_judged_as_it_asks(file: str) -> None:
    files = sorted(corpus("conformance", "json", "nst+JSONTestSuite").rglob(f"{file}*.json"))
    judged = {}
    for path in files:
        try:
            _, refused = read_all(path.read_bytes())
        except ImportRefusedError:
            judged[path.name] = True
        else:
            judged[path.name] = bool(refused)

    assert len(files) > 20
    if file != "i_":
        # Two arrays in a row are no JSON, but they are a file of JSON values in a row: here, of none.
        wrong = {name for name, is_refused in judged.items() if is_refused == (file == "y_")}
        assert wrong <= {"n_structure_double_array.json", "y_structure_lonely_empty_array.json"}


@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * 500_000,
        b'{"a":' * 200_000,
        b'{"a":\n' * 100_000,
        b'["x",\n' * 100_000,
        b'["\n' * 100_000,
        b'"\\' * 300_000,
    ],
)
def test_bombs_are_refused_in_linear_time(bomb: bytes) -> None:
    started = time.process_time()
    items, refused = read_all(bomb)

    assert (items, len(refused)) == ([], 1)
    assert time.process_time() - started < 10


NAMES = """
id type text content data users items object actor url account name tag created_at sender orderedItems entities media
attachment published includes reblog poll options acct user media_key @context
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(NAMES.split()) | st.text(max_size=4),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(st.lists(JSON, min_size=1, max_size=5), st.sampled_from(["x", "mastodon", "activitypub"]), st.booleans())
def test_any_json_is_kept_with_its_exact_bytes(values: list[Any], platform: Platform, ascii_only: bool) -> None:
    spelled = [json.dumps(value, ensure_ascii=ascii_only).encode() for value in values]
    content = b"[ " + b" ,\n".join(spelled) + b"]"
    items, refused = read_all(content, platform)

    assert not refused
    kept = wholes(content, items)
    assert all(native in kept for native in spelled)


@given(st.binary(max_size=200), st.sampled_from(["x", "mastodon", "activitypub"]))
def test_no_bytes_crash_an_import(content: bytes, platform: Platform) -> None:
    try:
        found = list(read(content, platform))
    except ImportRefusedError:
        return
    assert all(one.offset + one.length <= len(content) for one in found)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5), st.lists(JSON, max_size=5))
def test_members_and_elements_lie_where_they_say(fields: dict[str, Any], values: list[Any]) -> None:
    spelled, array = json.dumps(fields, indent=1).encode(), json.dumps(values).encode()
    places = members(b"  " + spelled, (2, len(spelled)))

    assert places is not None
    assert {name: json.loads(spelled[at - 2 : at - 2 + size]) for name, (at, size) in places.items()} == fields
    assert [json.loads(array[at : at + size]) for at, size in elements(array, (0, len(array)))] == values
    assert find_extent(spelled + b"}]", 0) == len(spelled)
