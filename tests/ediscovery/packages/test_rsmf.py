"""Conversations in RSMF: who wrote what when, in files that keep the published rules and are always the same bytes."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from email import message_from_bytes, policy
from typing import TYPE_CHECKING
from zipfile import ZipFile

import msgspec
import pytest

from ediscovery.packages.rsmf import MOST_EVENTS, conversations
from schemas.instant import Instant
from schemas.record import Attachment, Author
from tests.ediscovery.packages.handed import Handed, handed_over
from tests.ediscovery.productions import Item

if TYPE_CHECKING:
    from ediscovery.packages.fields import HandedOver

ANA = Author(id="7", name="Ana Díaz, parent", handle="@ana", url="https://social.example/@ana")
BEN = Author(handle="@ben")
SCHOOL = Author(name="Maple Grove USD", handle="@maplegroveusd")


def read(content: bytes) -> tuple[dict[str, str], str, dict]:
    """The headers, the text and the manifest of a file, after what Relativity asks of every one."""
    mail = message_from_bytes(content, policy=policy.default)
    assert content.startswith(b"X-RSMF-Version: 2.0.0\r\n")
    assert {"From", "Date"} <= set(mail.keys())
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached["Content-Transfer-Encoding"]) == ("rsmf.zip", "base64")
    with ZipFile(io.BytesIO(attached.get_payload(decode=True))) as archive:
        assert archive.namelist() == ["rsmf_manifest.json"]
        manifest = json.loads(archive.read("rsmf_manifest.json"))
    keep_rules(manifest)
    return dict(mail.items()), mail.get_body().get_payload(decode=True).decode(), manifest


def keep_rules(manifest: dict) -> None:
    """What the published schema (2.0.0) demands of the members that are written, and what their descriptions do."""
    assert manifest.keys() <= {"version", "participants", "conversations", "events", "eventcollectionid"}
    people = {one["id"] for one in manifest["participants"]}
    assert len(people) == len(manifest["participants"])
    for one in manifest["participants"]:
        assert one.keys() <= {"id", "display", "email", "avatar", "account_id", "custom"}
    for one in manifest["conversations"]:
        assert (
            {"id", "platform", "participants"} <= one.keys() <= {"id", "platform", "participants", "display", "custom"}
        )
        assert one["platform"]
        assert set(one["participants"]) <= people
    places = {one["id"] for one in manifest["conversations"]}
    events = {one["id"] for one in manifest["events"]}
    assert len(events) == len(manifest["events"])
    known_people, known_events = people | {None}, events | {None}
    allowed = {"id", "type", "parent", "body", "participant", "conversation", "timestamp", "custom"}
    for one in manifest["events"]:
        assert {"type"} <= one.keys() <= allowed
        assert one["type"] == "message"
        assert one["conversation"] in places
        assert one.get("participant") in known_people
        assert one.get("parent") in known_events
        assert one.get("parent") != one["id"]
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", one.get("timestamp", "2026-01-01T00:00:00.000000Z")
        )
    for one in (*manifest["participants"], *manifest["conversations"], *manifest["events"]):
        for custom in one.get("custom", ()):
            assert custom.keys() == {"name", "value"}
            assert custom["name"]
            assert custom["value"]
    texts = json.dumps(manifest, ensure_ascii=False)
    assert "null" not in texts.replace('"null"', "")


@pytest.fixture(scope="module")
def handed() -> Handed:
    """A thread with an edited comment, a message, a lone post and what is no part of conversations."""
    thread = {"thread": "urn:item:1", "parent": "urn:item:1"}
    return handed_over(
        Item("The bus leaves at 7:15.\x00", title="Snow day \U0001f328", author=SCHOOL),
        Item("Which bus? \u05e9\u05dc\u05d5\u05dd", kind="comment", author=ANA, more=thread),
        Item("The 7.", kind="reply", author=BEN, more=thread | {"parent": "urn:item:2"}),
        Item("Who?", kind="comment", author=None, more=thread | {"parent": "urn:elsewhere"}),
        Item(
            "Call me.",
            kind="message",
            author=ANA,
            more={"attachments": (Attachment(url="https://a.example/a.jpg", role="image"),)},
        ),
        Item("A post that nobody answered.", title="Alone"),
        Item("About us", kind="profile"),
    )


@pytest.fixture(scope="module")
def files(handed: Handed) -> dict[str, bytes]:
    return {one.name: one.content for one in conversations(handed.manifest, handed.records)}


def test_threads_of_several_items_and_messages_are_conversations(handed: Handed, files: dict[str, bytes]):
    assert list(files) == [f"{handed.records[number].number}.rsmf" for number in (0, 4)]


def test_a_conversation_says_who_wrote_what_when_and_in_answer_to_what(handed: Handed, files: dict[str, bytes]):
    headers, text, manifest = read(files[f"{handed.records[0].number}.rsmf"])
    post, comment, reply, stray = (record.number for record in handed.records[:4])
    assert [(one.get("participant"), one["id"], one.get("parent"), one["body"]) for one in manifest["events"]] == [
        ("P1", post, None, "The bus leaves at 7:15.[U+0000]"),
        ("P2", comment, post, "Which bus? \u05e9\u05dc\u05d5\u05dd"),
        ("P3", reply, comment, "The 7."),
        (None, stray, None, "Who?"),
    ]
    assert manifest["events"][0]["timestamp"] == "2026-03-09T12:06:00.000000Z"
    custom = {one["name"]: one["value"] for one in manifest["events"][3]["custom"]}
    assert custom["Answers"] == "urn:elsewhere"
    assert custom["Bates"] == str(handed.records[3].listed.bates)
    assert custom["Record"] == str(handed.records[3].listed.record)
    assert [(one["id"], one["display"], one.get("account_id")) for one in manifest["participants"]] == [
        ("P1", "Maple Grove USD", "@maplegroveusd"),
        ("P2", "Ana Díaz, parent", "7"),
        ("P3", "@ben", "@ben"),
    ]
    assert not any("email" in one for one in manifest["participants"])
    (conversation,) = manifest["conversations"]
    assert (conversation["platform"], conversation["display"]) == ("mastodon", "Snow day \U0001f328")
    assert conversation["participants"] == ["P1", "P2", "P3"]
    assert headers["X-RSMF-EventCount"] == "4"
    assert headers["X-RSMF-BeginDate"] == "2026-03-09T12:06:00.000000Z"
    assert headers["X-RSMF-EndDate"] == "2026-03-09T12:09:00.000000Z"
    assert headers["X-RSMF-Application"] == "mastodon"
    assert headers["X-RSMF-Participants"] == "Maple Grove USD, Ana Díaz parent, @ben"
    assert headers["X-RSMF-EventCollectionID"] == manifest["eventcollectionid"] == f"0b7e4c1d-{post}"
    assert headers["Subject"] == "Snow day \U0001f328"
    assert headers["Date"] == "Sat, 14 Mar 2026 15:30:00 +0000"
    assert text.startswith(
        "Snow day \U0001f328\n\nMaple Grove USD\n2026-03-09T12:06:00.000000Z\nThe bus leaves at 7:15.[U+0000]\n\n"
    )
    assert "\n\n2026-03-09T12:09:00.000000Z\nWho?\n\n" in text


def test_a_message_names_its_media_and_attaches_none(handed: Handed, files: dict[str, bytes]):
    _, _, manifest = read(files[f"{handed.records[4].number}.rsmf"])
    assert [one["body"] for one in manifest["events"]] == ["Call me.\n\n[image: a.jpg]"]


def changed(record: HandedOver, number: int = 0, *, platform: str = "mastodon", **said) -> HandedOver:
    """The same record with other facts, on another page."""
    bates = record.listed.bates
    first = bates.first + number
    return dataclasses.replace(
        record,
        listed=msgspec.structs.replace(record.listed, bates=msgspec.structs.replace(bates, first=first, last=first)),
        view=msgspec.structs.replace(record.view, **said),
        provenance=msgspec.structs.replace(record.provenance, platform=platform),
    )


def test_every_version_is_an_event_and_what_has_no_date_stands_where_it_was_captured(handed: Handed):
    post, comment = handed.records[:2]
    edited = changed(comment, 100, edited=Instant.from_text("2026-03-10T00:00:00.000000Z"), text="Which bus now?")
    undated = changed(comment, 200, item="urn:item:9", created=None, text="No date.")
    answer = changed(comment, 300, item="urn:item:10", parent="urn:item:2", text="The 7.")
    itself = changed(comment, 400, item="urn:item:11", parent="urn:item:11", text="Round and round.")
    (file,) = conversations(handed.manifest, [edited, undated, post, itself, answer, comment])
    _, _, manifest = read(file.content)
    assert [one["body"] for one in manifest["events"]] == [
        *(
            "The bus leaves at 7:15.[U+0000]",
            comment.view.text,
            "Which bus now?",
            "The 7.",
            "Round and round.",
            "No date.",
        )
    ]
    assert [one.get("parent") for one in manifest["events"]] == [
        *(None, post.number, post.number, comment.number, None, post.number)
    ]
    assert "timestamp" not in manifest["events"][-1]


def test_handles_are_addresses_on_mail_alone(handed: Handed):
    message = handed.records[4]
    handles = {"a@b.example": "a@b.example", "@a@b.example": None, "undisclosed": None}
    for handle, email in handles.items():
        mail = changed(message, platform="email", author=Author(handle=handle))
        (file,) = conversations(handed.manifest, [mail])
        _, _, manifest = read(file.content)
        assert manifest["participants"][0].get("email") == email
    fediverse = changed(message, author=Author(handle="a@b.example"))
    (file,) = conversations(handed.manifest, [fediverse])
    assert "email" not in read(file.content)[2]["participants"][0]


def test_a_thread_of_more_events_than_a_file_has_is_in_several(handed: Handed):
    comment = handed.records[1]
    many = [
        changed(comment, number, item=f"i{number}", parent=f"i{number - 1}", thread="t", text=str(number))
        for number in range(MOST_EVENTS + 2)
    ]
    first, second = conversations(handed.manifest, many)
    (told, _, begun), (_, _, rest) = read(first.content), read(second.content)
    assert (len(begun["events"]), len(rest["events"])) == (MOST_EVENTS, 2)
    assert told["X-RSMF-EventCount"] == str(MOST_EVENTS)
    assert begun["eventcollectionid"] == rest["eventcollectionid"]
    assert [first.name, second.name] == [f"{many[0].number}.rsmf", f"{many[MOST_EVENTS].number}.rsmf"]
    # What it answers is in the other file, so nothing here is its parent.
    assert [one.get("parent") for one in rest["events"]] == [None, rest["events"][0]["id"]]


def test_threads_of_two_accounts_are_two_conversations(handed: Handed):
    post, comment = handed.records[:2]
    other = dataclasses.replace(comment, listed=msgspec.structs.replace(comment.listed, account="other"))
    assert list(conversations(handed.manifest, [post, other])) == []


def test_the_same_records_give_the_same_bytes(handed: Handed, files: dict[str, bytes]):
    assert {one.name: one.content for one in conversations(handed.manifest, list(handed.records))} == files
