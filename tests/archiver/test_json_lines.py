"""Native JSON on disk: exact slices, ids with every digit, envelopes, and what is refused, against real responses."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.imports.json_lines import ImportRefusedError, Item, Refused, read
from archiver.parsing.json_slices import elements, find_extent, members
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.record import Attachment, Author, Normalised
from tests.cassettes import bodies
from tests.corpora import corpus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.account import Platform

FOLDERS: tuple[tuple[str, Platform], ...] = (("x-api-v1.1", "x"), ("x-api-v2", "x"), ("activitypub", "activitypub"))


LISTS = ("data", "statuses", "items", "orderedItems")


def read_all(content: bytes | str, platform: Platform = "x") -> tuple[list[Item], list[Refused]]:
    """Read everything; each item's native bytes are JSON, and its view is canonical."""
    octets = content.encode() if isinstance(content, str) else content
    items, refused = [], []
    for found in read(octets, platform):
        assert 0 <= found.offset <= found.offset + found.length <= len(octets)
        if isinstance(found, Refused):
            refused.append(found)
            continue
        items.append(found)
        assert Normalised.from_bytes(found.normalised.to_bytes()) == found.normalised
        json.loads(octets[found.offset : found.offset + found.length])
    return items, refused


def view_of(value: Any, platform: Platform) -> Normalised:
    items, refused = read_all(json.dumps(value), platform)
    assert (len(items), refused) == (1, [])
    return items[0].normalised


def natives(content: bytes, items: list[Item]) -> list[bytes]:
    return [content[item.offset : item.offset + item.length] for item in items]


def objects_of(folder: str) -> Iterator[tuple[Path, bytes, list[Any]]]:
    """Every file that plain Python can parse, and its top-level records: what is listed, or what stands alone."""
    for file in sorted(corpus("social", folder).rglob("*.json*")):
        content = file.read_bytes()
        values: list[Any] = []
        if file.suffix == ".jsonl":
            for line in filter(None, content.split(b"\n")):
                try:
                    values.append(json.loads(line))
                except ValueError:
                    values.append(None)
        else:
            try:
                value = json.loads(content)
            except ValueError:
                continue
            fields = value if isinstance(value, dict) else {}
            listed = next((fields[name] for name in LISTS if isinstance(fields.get(name), list)), None)
            values = listed if listed is not None else value if isinstance(value, list) else [value]
        yield file, content, values


@pytest.mark.parametrize(("folder", "platform"), FOLDERS)
def test_every_object_of_the_corpus_is_a_record_with_its_exact_bytes(folder: str, platform: Platform) -> None:
    expected = json.loads(corpus("EXPECTED.json").read_bytes())["social_top_level"][folder]
    total = 0
    for file, content, values in objects_of(folder):
        items, _ = read_all(content, platform)
        kept = [json.loads(native) for native in natives(content, items)]
        total += len(values)
        for value in values:
            assert value is None or value in kept, file

    assert total == expected["top_level_records"]


def test_the_envelope_of_a_response_comes_before_what_it_contains() -> None:
    content = (
        b'{"data":[{"id":"1","text":"a","author_id":"9"}],'
        b'"includes":{"users":[{"id":"9","username":"district","name":"D"}]},"meta":{}}'
    )
    items, _ = read_all(content)

    assert [(item.normalised.kind, item.normalised.item) for item in items] == [
        ("list", f"sha256:{Digest.of(content)}"),
        ("post", "1"),
        ("profile", "user:9"),
    ]
    assert items[0].normalised.listed == ("1", "user:9")
    assert items[1].normalised.author == Author(id="9", name="D", handle="district", url="https://x.com/district")
    assert natives(content, items)[1:] == [
        b'{"id":"1","text":"a","author_id":"9"}',
        b'{"id":"9","username":"district","name":"D"}',
    ]


def test_ids_beyond_two_to_the_53_keep_every_digit() -> None:
    ids = (2**53 + 1, 1826373737373737373, 2**64 + 1)
    items, _ = read_all("\n".join(json.dumps({"id": number, "text": "x"}) for number in ids))

    assert [item.normalised.item for item in items] == [str(number) for number in ids]


def test_a_post_of_the_first_api_is_read_with_its_whole_text() -> None:
    file = corpus("social", "x-api-v1.1", "twitterdev+tweet-updates").rglob("compatibilityplus_classic_13994.json")
    value = json.loads(next(file).read_bytes())
    view = view_of(value, "x")

    assert view.item == value["id_str"]
    assert view.created == Instant.from_datetime(datetime.strptime(value["created_at"], "%a %b %d %H:%M:%S %z %Y"))
    assert view.author is not None
    assert view.author.handle == value["user"]["screen_name"]
    assert view.created_text == value["created_at"]


def test_a_post_of_the_second_api_says_what_it_says() -> None:
    view = view_of(
        {
            "id": "20",
            "text": "Tom &amp; Ann https://t.co/x",
            "created_at": "2026-03-02T08:00:00.000Z",
            "conversation_id": "10",
            "referenced_tweets": [{"type": "replied_to", "id": "11"}],
            "author": {"id": "9", "username": "district"},
            "entities": {
                "hashtags": [{"tag": "snow"}],
                "cashtags": [{"tag": "GOV"}],
                "mentions": [{"username": "ann"}],
                "urls": [{"url": "https://t.co/x", "expanded_url": "https://site.example/long"}],
            },
            "attachments": {
                "media": [{"media_key": "3_1", "type": "photo", "url": "https://m.example/p.jpg", "alt_text": "Snow"}]
            },
            "public_metrics": {"like_count": 3, "reply_count": 2**60},
            "lang": "en",
        },
        "x",
    )

    assert view == Normalised(
        kind="reply",
        type="Note",
        item="20",
        url="https://x.com/district/status/20",
        text="Tom & Ann https://t.co/x",
        lang="en",
        author=Author(id="9", handle="district", url="https://x.com/district"),
        created=Instant.from_text("2026-03-02T08:00:00.000000Z"),
        created_text="2026-03-02T08:00:00.000Z",
        thread="10",
        parent="11",
        attachments=(Attachment(url="https://m.example/p.jpg", role="image", alt="Snow"),),
        tags=("snow", "$GOV"),
        mentions=("ann",),
        links=("https://site.example/long",),
        counts={"like": 3},
    )


def test_direct_messages_of_every_age_are_messages() -> None:
    folder = corpus("social", "x-api-v1.1", "sferik+twitter-ruby")
    names = ("direct_message.json", "direct_messages.json", "direct_message_event.json", "direct_message_events.json")
    for name in names:
        items, _ = read_all(next(folder.rglob(name)).read_bytes())
        messages = [item.normalised for item in items if item.normalised.kind == "message"]

        assert messages, name
        assert all(view.text and view.created and view.thread and view.author for view in messages), name


def test_every_response_of_mastodon_is_read() -> None:
    count = 0
    kinds = set()
    for file in sorted(corpus("social", "mastodon-api").rglob("*.yaml")):
        for body in bodies(file):
            count += 1
            value = json.loads(body)
            items, refused = read_all(body, "mastodon")
            kept = [json.loads(native) for native in natives(body, items)]
            assert not refused
            assert all(part in kept for part in (value if isinstance(value, list) else [value])), file
            for item, native in zip(items, kept, strict=True):
                view = item.normalised
                kinds.add((view.kind, view.type))
                if view.kind in ("post", "reply", "message"):
                    assert (view.item, view.url) == (native["id"], native["url"] or native["uri"])
                    assert view.author is not None
                    assert view.author.handle == native["account"]["acct"]
                    assert view.created is not None

    assert count == 91
    assert {
        ("post", "Note"),
        ("reply", "Note"),
        ("profile", "Person"),
        ("media", "Image"),
        ("list", "Collection"),
    } <= kinds


def test_the_context_of_a_status_is_a_list_of_its_thread() -> None:
    status = {"id": "2", "content": "<p>Hi <b>you</b></p><p>there</p>", "account": {"id": "1", "acct": "a"}}
    reply = {**status, "id": "3", "in_reply_to_id": "2", "visibility": "direct"}
    items, _ = read_all(json.dumps({"ancestors": [status], "descendants": [reply]}), "mastodon")

    assert items[0].normalised.listed == ("2", "3")
    assert (items[1].normalised.kind, items[1].normalised.text) == ("post", "Hi you\nthere")
    assert (items[2].normalised.kind, items[2].normalised.parent) == ("message", "2")


def test_an_outbox_is_a_list_of_its_activities() -> None:
    note = {
        "type": "Note",
        "id": "https://s.example/n/1",
        "content": "<p>Hello <a href='https://s.example/tags/x'>#x</a></p>",
        "published": "2026-03-02T08:00:00Z",
        "inReplyTo": "https://s.example/n/0",
        "attributedTo": "https://s.example/u",
        "tag": [{"type": "Hashtag", "name": "#x"}, {"type": "Mention", "name": "@a@b"}],
        "attachment": [{"type": "Document", "mediaType": "image/png", "url": "https://s.example/p.png", "name": "P"}],
    }
    outbox = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "OrderedCollection",
        "id": "https://s.example/outbox",
        "totalItems": 2,
        "orderedItems": [
            {"type": "Create", "id": "https://s.example/a/1", "actor": "https://s.example/u", "object": note},
            {
                "type": "Announce",
                "id": "https://s.example/a/2",
                "actor": "https://s.example/u",
                "object": "https://t.example/9",
            },
            {
                "type": "Delete",
                "id": "https://s.example/a/3",
                "actor": "https://s.example/u",
                "object": "https://s.example/n/7",
            },
        ],
    }
    items, _ = read_all(json.dumps(outbox), "activitypub")
    views = [item.normalised for item in items]

    assert [(view.kind, view.type, view.item) for view in views] == [
        ("list", "OrderedCollection", "https://s.example/outbox"),
        ("reply", "Note", "https://s.example/n/1"),
        ("post", "Announce", "https://s.example/a/2"),
        ("event", "Delete", "https://s.example/a/3"),
    ]
    assert views[0].listed == tuple(view.item for view in views[1:])
    assert (views[1].text, views[1].tags, views[1].mentions) == ("Hello #x", ("x",), ("@a@b",))
    assert views[1].attachments == (
        Attachment(url="https://s.example/p.png", role="image", media_type="image/png", alt="P"),
    )
    assert views[1].parent == "https://s.example/n/0"
    assert views[2].links == ("https://t.example/9",)


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
    kept = natives(content, items)
    assert [native for native in kept if native in spelled][: len(spelled)]
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
