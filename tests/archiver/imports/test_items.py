"""What another vendor kept: compared with its manifest's claims, and refused line by line where it is not in form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver import importing, registry, rounds
from archiver.imports.format import Asked, Counted
from archiver.imports.known import format_of
from archiver.imports.refusals import Refused
from archiver.platforms.objects import Item
from manifests.archive import create_archive
from manifests.console import system_clock
from schemas.account import Account
from schemas.errors import InputError
from schemas.record import Normalised
from tests.archiver.imports.exports.others import KEPT_ELSEWHERE, VENDOR

if TYPE_CHECKING:
    from pathlib import Path

    from archiver.imports.format import Found

ACCOUNT = Account(name="a", platform="x", url="https://x.example/", title="a")


def read(path: str, content: bytes) -> list[Found]:
    """What the reader of a file finds."""
    return list(format_of([path], "x").find_file(path).read(content, Asked(path, ACCOUNT)))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"text":"no id"}', "it has no id"),
        (b"[1]", "it is no object"),
        (b'{"id":"1","platform":"facebook"}', "it is of the platform 'facebook'"),
        (b'{"id":"1"', "truncated"),
        (b"[" * 100_000, "recursion"),
    ],
)
def test_a_line_that_is_no_item_is_refused_at_its_place_and_the_others_are_read(line: bytes, why: str) -> None:
    good = b'{"id":"1","kind":"post"}'
    content = good + b"\n" + line + b"\n" + good
    found = read("items.jsonl", content)
    (refused,) = [one for one in found if isinstance(one, Refused)]

    assert sum(isinstance(one, Item) for one in found) == 2
    assert (refused.offset, refused.length, refused.error.facts["line"]) == (len(good) + 1, len(line), 2)
    assert why in refused.error.what


def test_the_accounts_in_a_file_are_counted_so_that_a_mix_is_seen() -> None:
    lines = [{"id": str(number), "account": "district" if number % 3 else "city"} for number in range(9)]
    found = read("items.jsonl", "\n".join(json.dumps(line) for line in lines).encode())

    assert {one.what: one.number for one in found if isinstance(one, Counted)} == {
        "items of district": 6,
        "items of city": 3,
    }


@given(
    value=st.dictionaries(
        st.sampled_from(sorted(KEPT_ELSEWHERE)),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "file", "url"]), inner),
            max_leaves=8,
        ),
    )
)
@settings(max_examples=100, deadline=None)
def test_any_values_in_an_items_fields_are_read_or_refused(value: dict[str, object]) -> None:
    (one, *_) = read("items.jsonl", json.dumps({"id": "1", **value}).encode())

    assert isinstance(one, Item | Refused)
    if isinstance(one, Item):
        Normalised.from_bytes(one.normalised.to_bytes())


@pytest.mark.parametrize("manifest", [b"", b"{", b"[]", b'{"format":"holdfast-items/2"}', b"[" * 100_000])
def test_a_manifest_that_is_none_is_refused(manifest: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read("items-manifest.json", manifest)

    assert caught.value.code == "IMPORT_REFUSED"


def test_what_a_manifest_claims_and_what_was_handed_over_are_compared(tmp_path: Path) -> None:
    archive = create_archive(
        tmp_path / "home", organisation="X", timezone="UTC", bates_prefix="X", tag="0", now=system_clock, actor="test"
    )
    folder = tmp_path / "handed-over"
    for name, body in VENDOR.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    manifest = json.loads(VENDOR.files["items-manifest.json"])
    manifest["files"] += [{"path": "more-items.jsonl", "count": 7}, {"path": "media/film.mp4", "sha256": "0" * 64}]
    manifest["files"][0]["count"] = 5
    (folder / "items-manifest.json").write_text(json.dumps(manifest))
    (folder / "media/snow.jpg").write_bytes(b"another picture")
    account = registry.register(archive, Account(name="account", platform="x", url="https://x.example/", title="a"))
    report = importing.import_all(archive, account, [folder], rounds.system_chance()).report
    files = {one.path: one for one in report.files}

    assert files["items.jsonl"].differs
    assert (report.claimed, report.found.total()) == (12, 3)
    assert dict(files["media/snow.jpg"].refusals) == {"IMPORT_DAMAGED": 1}
    assert set(files["more-items.jsonl"].refusals) == set(files["media/film.mp4"].refusals) == {"IMPORT_UNREADABLE"}
