"""Canonical JSON: the published vectors, and structures that are read from one spelling only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import NotCanonicalError
from schemas.digest import Digest, DigestMalformedError
from schemas.errors import ArchiveError
from schemas.instant import Instant, InstantMalformedError
from schemas.record import Author, Normalised
from schemas.stored import StoredObject
from tests.corpora import corpus

if TYPE_CHECKING:
    from collections.abc import Iterator

STORED = StoredObject(key="ledger/x", sha256=Digest.of(b"x"), size=1)


def test_the_published_jcs_vectors_come_out_byte_for_byte() -> None:
    folder = corpus("conformance", "jcs", "cyberphone+json-canonicalization")
    inputs = sorted((folder / "input").glob("*.json"))
    assert (len(inputs), sum(path.is_file() for path in folder.rglob("*"))) == (4, 12)
    for path in inputs:
        spelled = rfc8785.dumps(json.loads(path.read_text(encoding="utf-8")))
        assert spelled == (folder / "output" / path.name).read_bytes().strip()
        assert spelled.hex() == "".join((folder / "outhex" / path.with_suffix(".txt").name).read_text().split())


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON value, keys too."""
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from texts_in(one)
        case dict():
            yield from value
            yield from texts_in(list(value.values()))


def test_every_text_of_the_published_vectors_is_spelled_by_a_structure_as_it_is_published() -> None:
    folder = corpus("conformance", "jcs", "cyberphone+json-canonicalization")
    seen = 0
    for path in sorted((folder / "input").glob("*.json")):
        published = (folder / "output" / path.name).read_bytes()
        for text in texts_in(json.loads(path.read_text(encoding="utf-8"))):
            spelled = Author(name=text).to_bytes()
            assert spelled.removeprefix(b'{"name":').removesuffix(b"}") in published
            seen += 1
    assert seen == 31


@pytest.mark.parametrize(
    "content",
    [
        STORED.to_bytes() + b" ",
        STORED.to_bytes().replace(b'"size":1', b'"size": 1'),
        STORED.to_bytes().replace(b'"size":1', b'"size":1,"size":1'),
        STORED.to_bytes().replace(b'"size":1', b'"size":1.0'),
        STORED.to_bytes().replace(b'"size":1', b'"size":"1"'),
        STORED.to_bytes().replace(b'"size":1', b'"size":1,"version":null'),
        STORED.to_bytes().replace(b'"size":1', b'"size":1,"zzz":1'),
        STORED.to_bytes().replace(b"ledger/x", b"ledger\\/x"),
        STORED.to_bytes().replace(STORED.sha256.hex.encode(), STORED.sha256.hex.upper().encode()),
        b"",
        b"[]",
        b"\xff",
        b'{"a":' * 100_000,
    ],
)
def test_only_the_canonical_spelling_of_a_structure_is_read(content) -> None:
    with pytest.raises(ArchiveError):
        StoredObject.from_bytes(content)


@given(st.builds(Author, id=st.text(), name=st.none() | st.text(), handle=st.text(), url=st.text()))
def test_a_structure_is_spelled_as_rfc_8785_says(author: Author) -> None:
    assert author.to_bytes() == rfc8785.dumps(author.to_plain())
    assert Author.from_bytes(author.to_bytes()) == author


@given(
    st.dictionaries(st.text(st.characters(min_codepoint=32, max_codepoint=126)), st.integers(0, 2**53 - 1)),
    st.lists(st.text()).map(tuple),
    st.text(),
)
def test_maps_lists_and_numbers_are_spelled_as_rfc_8785_says(counts, tags, text) -> None:
    view = Normalised(kind="post", type="Note", item=text, counts=counts, tags=tags)
    assert view.to_bytes() == rfc8785.dumps(view.to_plain())
    assert Normalised.from_bytes(view.to_bytes()) == view


@pytest.mark.parametrize("counts", [{"é": 1}, {"like": -1}, {"like": 2**53}])
def test_keys_and_numbers_that_readers_disagree_on_are_refused(counts) -> None:
    content = rfc8785.dumps({"counts": {}, "item": "1", "kind": "post", "type": "Note"}).replace(
        b'"counts":{}', b'"counts":' + json.dumps(counts, ensure_ascii=False).encode()
    )
    with pytest.raises(NotCanonicalError):
        Normalised.from_bytes(content)


def test_a_structure_with_a_lone_surrogate_has_no_spelling() -> None:
    with pytest.raises(NotCanonicalError):
        Normalised(kind="post", type="Note", item="\ud800").to_bytes()


def test_a_structure_survives_its_spelling() -> None:
    assert StoredObject.from_bytes(STORED.to_bytes()) == STORED


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_an_instant_survives_its_spelling(micros) -> None:
    assert Instant.from_text(str(Instant(micros))) == Instant(micros)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T09:30:00Z",
        "2026-02-30T09:30:00.000000Z",
        "2026-01-31 09:30:00.000000Z",
        "٢026-01-31T09:30:00.000000Z",
        "",
    ],
)
def test_an_instant_has_one_spelling(text) -> None:
    with pytest.raises(InstantMalformedError):
        Instant.from_text(text)


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999), st.integers(1, 10**9))
def test_spelled_instants_sort_as_the_instants_do(micros, later) -> None:
    first, second = Instant(micros - later if micros > 0 else micros), Instant(micros if micros > 0 else micros + later)
    assert (str(first) < str(second)) == (first < second)


def test_a_digest_of_another_length_cannot_be_made() -> None:
    with pytest.raises(DigestMalformedError):
        Digest(b"short")
