"""What a record says in plain words: all of it, and nothing that breaks a text file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ediscovery.packages.texts import legible, one_line, text_of
from schemas.instant import Instant
from schemas.record import Absence, Attachment, Normalised


def view(**said) -> Normalised:
    return Normalised(**{"kind": "post", "type": "Note", "item": "1"} | said)


def test_a_record_says_its_title_its_text_and_its_media_by_name_and_description():
    post = view(
        title="Snow day",
        text="No school.\r\n\u0627\u0644\u0645\u062f\u0631\u0633\u0629 ❄️",
        attachments=(
            Attachment(url="https://a.example/m/bus%20stop.jpg?w=640#x", role="image", alt="A yellow bus\nin the snow"),
            Attachment(url="https://a.example/talk.mp3", role="audio"),
            Attachment(url="data:image/png;base64,AAAA/BBBB", role="image", alt="A dot"),
            Attachment(url="https://a.example/style.css"),
            Attachment(url="https://a.example/logo.svg", alt="The crest"),
            Attachment(url="https://[", role="document"),
        ),
    )
    assert text_of(post) == (
        "Snow day\n\nNo school.\n\u0627\u0644\u0645\u062f\u0631\u0633\u0629 ❄️\n\n"
        "[image: bus stop.jpg] A yellow bus\nin the snow\n"
        "[audio: talk.mp3]\n"
        "[image] A dot\n"
        "[resource: logo.svg] The crest\n"
        "[document: []\n"
    )


def test_an_absence_says_between_when_and_a_list_says_what_it_showed():
    absence = Absence(
        verdict="deleted",
        last_seen=Instant.from_text("2026-03-01T08:00:00.000000Z"),
        first_missing=Instant.from_text("2026-03-02T08:00:00.000000Z"),
        reads=("urn:uuid:1",),
        reason="Two look-ups answered 404.",
    )
    assert text_of(view(kind="absence", type="Tombstone", absence=absence)) == (
        "Gone: deleted\n"
        "Last seen: 2026-03-01T08:00:00.000000Z\n"
        "First missing: 2026-03-02T08:00:00.000000Z\n"
        "Two look-ups answered 404.\n"
    )
    assert text_of(view(kind="list", type="OrderedCollection", listed=("b", "a"))) == "b\na\n"


def test_a_record_without_words_gives_an_empty_text():
    assert text_of(view(title="", text="")) == ""


def test_what_breaks_text_files_is_named():
    assert legible("a\x00b\x14\x0bc\x7f\x9f\td") == "a[U+0000]b[U+0014][U+000B]c[U+007F][U+009F]\td"
    assert legible("1\r\n2\r3\x854\u20285\u20296\n\r7") == "1\n2\n3\n4\n5\n6\n\n7"


def test_one_line_is_one_line_with_single_spaces():
    assert one_line(" Snow\r\n\t day\x00 ❄️\u202e ") == "Snow day[U+0000] ❄️\u202e"


@given(st.text())
def test_every_program_sees_the_same_lines(text: str):
    shown = legible(text)
    assert shown.splitlines() == shown.removesuffix("\n").split("\n") * bool(shown)
    assert legible(shown) == shown


@given(st.text(st.characters(exclude_categories=["Cc", "Zl", "Zp"])))
def test_text_without_control_characters_stays_as_it_is(text: str):
    assert legible(text) == text
