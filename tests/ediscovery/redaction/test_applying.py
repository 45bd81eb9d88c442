"""What rules hide is nowhere in what is handed over of a record, what stays is proved, and can be opened later."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediscovery.evidence import Sealed
from ediscovery.filled import TableUnreadableError
from ediscovery.redaction.applying import NotInPartsError, RedactedInSearchError, Redactor
from ediscovery.redaction.disclosing import NotItsPartsError, PartTellingError, PartUnknownError, disclosed
from ediscovery.redaction.rules import FIELDS, Rule, rules_of
from manifests.proofs.redacted import ProofPart, labelled, reasons, view_of
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.merkle import nodes_of
from schemas.parts import leaf_of
from schemas.record import Attachment, Author, Normalised, Provenance, Record, Slice

SECRET = "Quincy Zephyr"
MARK = "[redacted: FERPA]"
AT = Instant.from_text("2026-03-09T12:05:00.000000Z")
PLACES = {
    "title": {"title": f"About {SECRET}"},
    "text": {"text": f"First. Then {SECRET} came! Last."},
    "name": {"author": Author(name=SECRET, id="7")},
    "alt": {"attachments": (Attachment(url="https://x.example/1.jpg", role="image", alt=f"Photo of {SECRET}"),)},
    "tags": {"tags": ("bus", SECRET)},
    "mentions": {"mentions": (f"@{SECRET}",)},
    "url": {"url": f"https://x.example/{SECRET}"},
    "item": {"item": f"item of {SECRET}"},
    "thread": {"thread": f"{SECRET}:1"},
    "created_text": {"created_text": f"{SECRET}, Monday"},
}
PLAIN = Normalised(kind="post", type="Note", item="1", title="A title", text="One. Two!\nThree", created=AT, lang="en")


def sealed(view: Normalised, native: bytes = b"{}", *, uri: str = "https://x.example/api", version: int = 2) -> Sealed:
    provenance = Provenance(
        account="blog",
        platform="mastodon",
        capture="c1",
        captured=AT,
        method="api",
        collector="mastodon/1",
        claim=1,
        source=Slice(exchange="urn:uuid:1", uri=uri, offset=3, length=len(native)),
    )
    record = Record(bytes(range(32)), native, view.to_bytes(), provenance.to_bytes(), version)
    return Sealed(record.id, record, 0, nodes_of([record.id]), None)


def rule(what: str, value: str = "", reason: str = "FERPA", record: str | None = None) -> Rule:
    return Rule(2, what, value, reason, record)


def items(*several: Sealed) -> dict[Digest, tuple[str, str]]:
    return {one.id: (one.provenance.account, one.view.item) for one in several}


def parts_of(one: Sealed, *rules: Rule) -> tuple[ProofPart, ...] | None:
    return Redactor(rules, items(one), authors(one)).parts(one)


def authors(*several: Sealed) -> set[Author]:
    return {one.view.author for one in several if one.view.author}


def handed(parts: tuple[ProofPart, ...]) -> str:
    return msgspec.json.encode([part.to_plain() for part in parts]).decode()


@given(places=st.sets(st.sampled_from(sorted(PLACES)), min_size=1), in_native=st.booleans())
def test_words_are_hidden_wherever_they_stand_and_the_rest_is_proved(places: set[str], in_native: bool) -> None:
    view = msgspec.structs.replace(PLAIN, **{name: value for place in places for name, value in PLACES[place].items()})
    native = b'{"a":"Quincy\\u0020Zephyr"}' if in_native else b"{}"
    one = sealed(view, native)
    parts = parts_of(one, rule("words", SECRET.lower()))
    assert parts is not None
    assert "zephyr" not in handed(parts).lower()
    assert Digest(leaf_of([part.committed() for part in parts])) == one.id
    shown, _ = view_of(parts)
    assert "zephyr" not in shown.to_bytes().decode().lower()
    assert (shown.kind, shown.created, "redacted" in shown.flags) == ("post", AT, True)
    assert (shown.text == PLAIN.text) == ("text" not in places)
    # All that is hidden is opened later: it is the record as it was.
    every = {label for label, part in labelled(parts) if part.hidden}
    opened = disclosed(parts, one.record, every)
    assert not any(part.hidden for part in opened)
    again, provenance = view_of(opened)
    assert msgspec.structs.replace(again, flags=()) == view
    assert provenance == one.provenance


def test_digests_of_files_that_may_repeat_what_is_hidden_are_not_shown() -> None:
    page = Attachment(url="https://x.example/1", media_type="text/html", size=9, sha256=Digest.of(SECRET.encode()))
    picture = msgspec.structs.replace(page, media_type="image/png")
    for attachment, shown in ((page, False), (picture, True)):
        one = sealed(msgspec.structs.replace(PLAIN, text=f"{SECRET}. Two.", attachments=(attachment,)))
        parts = parts_of(one, rule("words", SECRET))
        assert parts is not None
        assert (Digest.of(SECRET.encode()).hex in handed(parts)) == shown
        if not shown:
            with pytest.raises(PartTellingError):
                disclosed(parts, one.record, {"attachments"})


def test_a_record_in_which_nothing_is_found_stays_whole() -> None:
    assert (
        parts_of(sealed(PLAIN), rule("words", "Zephyr"), rule("phones"), rule("emails"), rule("person", "Ana")) is None
    )


@pytest.mark.parametrize(
    "native", [b'{"x":["a",{"Zephyr":1}]}', b"<p>Zephyr</p>", b"<p>Ze&#112;hyr</p>", b"Ze<b>phyr</b>"]
)
def test_what_is_in_native_bytes_alone_keeps_these_from_being_handed_over(native: bytes) -> None:
    parts = parts_of(sealed(PLAIN, native), rule("words", "Zephyr"))
    assert parts is not None
    assert reasons(parts) == {"native": ("FERPA",)}
    assert view_of(parts)[0].text == PLAIN.text


def test_an_address_from_which_it_came_that_holds_the_words_redacts_it() -> None:
    parts = parts_of(sealed(PLAIN, uri="https://x.example/zephyr/posts"), rule("words", "Zephyr"))
    assert parts is not None
    assert "zephyr" not in handed(parts)


def test_sentences_around_words_stay_proved_and_a_mark_stands_in_place_of_them() -> None:
    view = msgspec.structs.replace(PLAIN, text="One. Ask Ana\nBell, or Bob! Three. Ana Bell")
    parts = parts_of(sealed(view), rule("words", "Ana Bell", "privacy"), rule("words", "Bob", "FERPA"))
    assert parts is not None
    said = [part for part in parts if part.name == "normalised.text"]
    assert [part.value for part in said] == ["One. ", None, None, "Three. ", None]
    assert [part.instead for part in said] == [
        None,
        "Ask [redacted: privacy]",
        ", or [redacted: FERPA]! ",
        None,
        "[redacted: privacy]",
    ]
    assert view_of(parts)[0].text == "One. Ask [redacted: privacy], or [redacted: FERPA]! Three. [redacted: privacy]"
    assert reasons(parts)["normalised.text"] == ("privacy",)


@pytest.mark.parametrize("field", sorted(FIELDS - {"item", "title", "text", "counts"}))
def test_a_field_is_hidden_whole(field: str) -> None:
    values = {
        **dict.fromkeys(("url", "lang", "created_text", "thread", "parent"), "x"),
        **dict.fromkeys(("tags", "mentions", "links"), ("x",)),
        "author": Author(name="Ana"),
        "created": AT,
        "edited": AT,
        "attachments": (Attachment(url="x"),),
    }
    parts = parts_of(sealed(msgspec.structs.replace(PLAIN, **{field: values[field]})), rule("field", field))
    assert parts is not None
    assert getattr(view_of(parts)[0], field) in (None, ())


@pytest.mark.parametrize(
    ("field", "left"), [("title", ("[redacted: FERPA]", PLAIN.text)), ("text", ("A title", "[redacted: FERPA]"))]
)
def test_words_are_hidden_as_a_whole_with_one_mark(field: str, left: tuple[str, str]) -> None:
    parts = parts_of(sealed(PLAIN), rule("field", field))
    assert parts is not None
    shown, _ = view_of(parts)
    assert (shown.title, shown.text) == left


def test_what_a_hidden_field_says_is_hidden_where_the_record_repeats_it() -> None:
    picture = Attachment(url="https://x.example/1.jpg", role="image", alt="Drawn for: a title")
    author = Author(name="Ana Bell", handle="ana9")
    view = msgspec.structs.replace(PLAIN, attachments=(picture,), author=author, text="One, by Ana Bell. Two!")
    parts = parts_of(sealed(view), rule("field", "title", "draft"), rule("field", "author"))
    assert parts is not None
    assert not any(words in handed(parts).lower() for words in ("a title", "ana bell", "ana9"))
    assert view_of(parts)[0].text == "One, by [redacted: FERPA]. Two!"


def test_a_person_is_hidden_by_every_name_that_an_author_of_that_name_has() -> None:
    author = Author(name="Ana Bell", handle="anabell9", id="77120", url="https://x.example/u/77120")
    written = sealed(msgspec.structs.replace(PLAIN, author=author, url="https://x.example/anabell9/1"))
    answer = sealed(msgspec.structs.replace(PLAIN, item="2", text="Thanks @anabell9!", mentions=("77120",)))
    redactor = Redactor([rule("person", "ana bell")], items(written, answer), authors(written))
    for one in (written, answer):
        parts = redactor.parts(one)
        assert parts is not None
        assert not any(name in handed(parts) for name in ("anabell9", "77120", "Ana Bell"))


def test_a_rule_about_one_record_is_about_all_versions_of_its_item_and_no_other() -> None:
    one, edited, other = (
        sealed(msgspec.structs.replace(PLAIN, item=item, lang=lang))
        for item, lang in (("1", "en"), ("1", "de"), ("2", "en"))
    )
    redactor = Redactor([rule("words", "Two", record=one.id.hex[:12])], items(one, other), ())
    assert [redactor.parts(each) is None for each in (one, edited, other)] == [False, False, True]


def test_a_rule_that_names_a_record_must_find_something_in_it() -> None:
    one = sealed(PLAIN)
    with pytest.raises(TableUnreadableError, match="and 0 such are produced"):
        Redactor([rule("words", "Two", record="0" * 12)], items(one), ())
    redactor = Redactor([rule("words", "Four", record=one.id.hex)], items(one), ())
    redactor.parts(one)
    with pytest.raises(TableUnreadableError, match="which is not in record"):
        redactor.demand_found([one.id])
    found = Redactor([rule("words", "Two"), rule("words", "Four")], items(one), ())
    found.parts(one)
    assert list(found.counts([one.id]).values()) == [1, 0]


def test_a_record_that_was_sealed_whole_is_withheld_and_not_redacted() -> None:
    one, other = sealed(PLAIN, version=1), sealed(PLAIN, b"other", version=1)
    redactor = Redactor([rule("words", "Two")], items(one, other), ())
    assert (redactor.parts(one), redactor.find_view(one)) == ((), None)
    redactor.parts(other)
    with pytest.raises(NotInPartsError, match=f"{one.id.hex[:12]}, {other.id.hex[:12]}"):
        redactor.demand_in_parts([one.id, other.id])


def test_only_what_is_hidden_is_opened() -> None:
    one = sealed(PLAIN)
    parts = parts_of(one, rule("words", "Two"))
    assert parts is not None
    for name in ("author", "lang", "text.1", "text.9", ""):
        with pytest.raises(PartUnknownError):
            disclosed(parts, one.record, [name])
    opened = disclosed(parts, one.record, ["text.2"])
    assert view_of(opened)[0].text == PLAIN.text
    assert [label for label, part in labelled(opened) if part.hidden] == ["native", "source"]


def test_a_guess_at_what_stays_hidden_is_confirmed_by_nothing_that_is_opened() -> None:
    one = sealed(PLAIN)
    parts = parts_of(one, rule("words", "Two"))
    assert parts is not None
    for name in ("native", "source"):
        with pytest.raises(PartTellingError):
            disclosed(parts, one.record, [name])
    assert not any(part.hidden for part in disclosed(parts, one.record, ["native", "source", "text"]))


def test_a_part_that_was_given_another_name_is_not_opened() -> None:
    one = sealed(msgspec.structs.replace(PLAIN, author=Author(name="Ana Bell"), url="https://x.example/ana-bell"))
    parts = parts_of(one, rule("words", "Ana Bell"))
    assert parts is not None
    swapped = {"normalised.author": "normalised.url", "normalised.url": "normalised.author"}
    renamed = tuple(msgspec.structs.replace(part, name=swapped.get(part.name, part.name)) for part in parts)
    for others in (renamed, parts[:-1], parts[::-1]):
        with pytest.raises(NotItsPartsError):
            disclosed(others, one.record, ["url"])


NATIVES = (
    b'{"c":"<p>Anna <b>Bell</b></p>"}',
    b'{"c":"Anna&nbsp;Bell"}',
    b'{"c":"{\\"name\\": \\"Anna Bell\\"}"}',
    b'{"a": 1}\n{"c": "Anna\\u0020Bell"}',
    b'{"a": NaN, "c": "Anna\\u0020Bell"}',
    b"<d>&lt;i&gt;Anna&lt;/i&gt; Bell</d>",
    '<?xml version="1.0" encoding="iso-8859-1"?><a>Anna\u00a0Bell</a>'.encode("latin-1"),
    "\ufeff<a>Anna Bell</a>".encode("utf-16"),
    b"Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\nQW5uYSBCZWxs\r\n",
    b"Subject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nAnna=20Bell\r\n",
    b"Subject: =?utf-8?b?QW5uYSBCZWxs?=\r\n\r\nx\r\n",
    b'{"link":"https://x.example/anna%20bell"}',
)


@pytest.mark.parametrize("native", NATIVES)
def test_natives_are_searched_as_they_read(native: bytes) -> None:
    parts = parts_of(sealed(PLAIN, native), rule("words", "Anna Bell"))
    assert parts is not None
    assert reasons(parts) == {"native": ("FERPA",)}


def test_late_media_are_redacted_with_the_item_that_shows_them() -> None:
    post = sealed(PLAIN)
    picture = Attachment(url="https://x.example/1.jpg", role="image", alt="Anna Bell smiling")
    late = sealed(
        Normalised(
            kind="media", type="Image", item="late:1:https://x.example/1.jpg", parent="1", attachments=(picture,)
        )
    )
    redactor = Redactor([rule("words", "Anna Bell", record=post.id.hex)], items(post), ())
    parts = redactor.parts(late)
    assert parts is not None
    assert "Anna" not in handed(parts)


def test_every_rule_that_finds_something_is_counted() -> None:
    one = sealed(PLAIN)
    rules = [rule("words", "One"), rule("words", "One. Two"), rule("field", "text"), rule("words", "One")]
    rules = [Rule(number, each.what, each.value, each.reason) for number, each in enumerate(rules)]
    redactor = Redactor(rules, items(one), ())
    redactor.parts(one)
    assert set(redactor.counts([one.id]).values()) == {1}


def test_hidden_fields_hide_their_sentences_and_not_the_names_of_members() -> None:
    author = Author(name="Ana Bell", handle="anabell", url="https://x.example/ana", id="7")
    view = msgspec.structs.replace(
        PLAIN, author=author, title="My name and url handle", text="A name. Two sentences here!"
    )
    parts = parts_of(sealed(view), rule("field", "author"))
    assert parts is not None
    assert view_of(parts)[0].title == view.title
    long = "Somebody was suspended today. More of it."
    told = parts_of(
        sealed(msgspec.structs.replace(PLAIN, title="Somebody was suspended today.", text=long)), rule("field", "text")
    )
    assert told is not None
    assert view_of(told)[0].title == MARK


def test_what_is_redacted_everywhere_stands_in_no_paper() -> None:
    one = sealed(PLAIN)
    redactor = Redactor([rule("words", "Anna Bell"), rule("words", "Two", record=one.id.hex)], items(one), ())
    redactor.demand_unsaid({"the search": "bus", "the matter": "Two requests"})
    with pytest.raises(RedactedInSearchError, match="the search"):
        redactor.demand_unsaid({"the search": '"anna bell"'})


def test_an_author_without_a_name_that_can_be_read_is_no_person() -> None:
    one = sealed(msgspec.structs.replace(PLAIN, author=Author(name="Ana", handle="@", id=" ")))
    assert parts_of(one, rule("person", "Ana")) is not None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("word", "x", "y", ""), "says 'word'"),
        (("words", "", "y", ""), "lacks a value"),
        (("phones", "x", "y", ""), "has a value"),
        (("words", "x", "", ""), "no reason"),
        (("words", "x", "y" * 41, ""), "no reason"),
        (("words", "x", "a\nb", ""), "no reason"),
        (("words", "...", "y", ""), "without a letter"),
        (("field", "kind", "y", ""), "names no field"),
        (("words", "x", "y", "12"), "no record's id"),
        (("words", "x", "y", "anna bell 12"), "no record's id"),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_row(row: tuple[str, ...], words: str) -> None:
    with pytest.raises(TableUnreadableError, match=f"row 7 .*{words}"):
        rules_of([(7, dict(zip(("what", "value", "reason", "record"), row, strict=True)))])
