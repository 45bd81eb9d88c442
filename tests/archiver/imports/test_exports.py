"""Every export through the whole spine, however it is packed: what is in it is found, once, byte for byte."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archiver import importing, registry, rounds
from archiver.import_reports import lines_of, report_writer
from archiver.imports.known import FORMATS
from archiver.imports.native import COLLECTOR as NATIVE
from archiver.platforms.known import find_platform
from archiver.reconciling import rows_of
from ediscovery.evidence import places
from manifests.archive import create_archive
from manifests.audit import audit
from manifests.console import system_clock
from schemas.account import Account
from schemas.errors import InputError
from schemas.exports import EXPORTS as OWN_EXPORTS
from schemas.record import Normalised, Provenance
from storage import parquet, warc
from storage.objects import read_stored
from tests.archiver.imports.exports.every import EXPORTS
from tests.archiver.imports.exports.export import FILM, JPEG, Export
from tests.archiver.imports.exports.others import VENDOR
from tests.archiver.imports.exports.x import X_ARCHIVE

if TYPE_CHECKING:
    from manifests.archive import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return create_archive(
        tmp_path / "home", organisation="X", timezone="UTC", bates_prefix="X", tag="0", now=system_clock, actor="test"
    )


def registered(archive: Archive, platform: str) -> Account:
    """An account on a platform."""
    account = Account(name="account", platform=platform, url="https://x.example/", title="account")
    return registry.register(archive, account)


def packed(files: dict[str, bytes], folder: Path, kind: str) -> Path:
    """An export's files, below a folder of another name, as a folder, a ZIP or a tar."""
    files = {f"export-2026/{name}": body for name, body in files.items()}
    path = folder / f"export.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, body in files.items():
                file.writestr(name, body)
    elif kind == "tgz":
        with tarfile.open(path, "w:gz") as file:
            for name, body in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(body)
                file.addfile(entry, io.BytesIO(body))
    else:
        for name, body in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(body)
    return path


def held(archive: Archive) -> list[tuple[bytes, Normalised, Provenance]]:
    """Every record, from evidence."""
    return [
        (
            row.record.native,
            Normalised.from_bytes(row.record.normalised),
            Provenance.from_bytes(row.record.provenance),
        )
        for place in places(archive, ["account"])
        for row in parquet.read_rows(io.BytesIO(read_stored(archive.store, place.partition.stored)))
    ]


def payloads(archive: Archive, capture: str) -> dict[str, bytes]:
    """What a capture's WARC file holds, by the ids of its records."""
    found: dict[str, bytes] = {}
    for act in (act for _, act in archive.ledger.history.sealed("account") if act.poll.capture == capture):
        for stored in act.exchanges:
            with archive.store.open(stored.key) as stream:
                found |= {
                    one.id: one.payload(limit=1 << 26) for one in warc.read_warc(stream) if one.type == "resource"
                }
    return found


@pytest.mark.parametrize("kind", ["zip", "tgz", "folder"])
@pytest.mark.parametrize("export", EXPORTS, ids=lambda one: one.name)
def test_what_an_export_holds_is_found_once_and_byte_for_byte(
    archive: Archive, tmp_path: Path, export: Export, kind: str
) -> None:
    account, chance = registered(archive, export.platform), rounds.system_chance()
    path = packed(export.files, tmp_path, kind)
    result = importing.import_all(archive, account, [path], chance)

    assert (dict(result.report.found), dict(result.report.new)) == (export.kinds, export.kinds)
    assert dict(result.report.refusals) == {}
    records = held(archive)
    assert Counter(view.kind for _, view, _ in records) == Counter(export.kinds)
    assert {view.text for _, view, _ in records} >= set(export.texts)
    assert {view.item for _, view, _ in records} >= set(export.items)
    # Every file is in the WARC file, every native is a slice of one, and every picture that was there is found.
    kept = payloads(archive, result.act.poll.capture)
    stored = (*export.files.values(), *export.unpacked)
    assert Counter(kept.values()) == Counter(stored)
    for native, _, provenance in records:
        source = provenance.source
        assert native == kept[source.exchange][source.offset : source.offset + source.length]
    shown = [one for _, view, _ in records for one in view.attachments if one.exchange]
    assert len(shown) == export.media
    assert all(kept[one.exchange] in stored and one.sha256 and one.size for one in shown)
    claims = {one.path.removeprefix("export-2026/").partition("/export-2026/")[2] or one.path: one.claimed
              for one in result.report.files if one.claimed is not None}  # fmt: skip
    assert {path.removeprefix("export-2026/"): count for path, count in claims.items()} == export.claims
    assert {one.path.removeprefix("export-2026/") for one in result.report.files} >= set(export.files) - {""}
    # Twice makes nothing new.
    again = importing.import_all(archive, account, [path], chance)
    assert (dict(again.report.found), again.new) == (export.kinds, 0)
    assert len(held(archive)) == len(records)
    assert audit(archive.store, now=archive.now()).sound


@pytest.mark.parametrize(
    "export", [one for one in EXPORTS if one.name not in ("native-json", "vendor")], ids=lambda one: one.name
)
def test_an_export_of_another_platform_is_refused_and_nothing_is_committed(
    archive: Archive, tmp_path: Path, export: Export
) -> None:
    account = registered(archive, "reddit" if export.platform == "x" else "x")
    before = len(archive.ledger.history.sealing)
    with pytest.raises(InputError) as caught:
        importing.import_all(archive, account, [packed(export.files, tmp_path, "zip")], rounds.system_chance())

    assert caught.value.code == "IMPORT_MISMATCHED"
    assert len(archive.ledger.history.sealing) == before
    assert list(archive.spool.iterdir()) == []


def test_the_parts_of_one_export_are_one_import_and_find_each_others_media(archive: Archive, tmp_path: Path) -> None:
    data = {name: body for name, body in X_ARCHIVE.files.items() if not name.endswith(".jpg")}
    media = {name: body for name, body in X_ARCHIVE.files.items() if name.endswith(".jpg")}
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    parts = [packed(data, tmp_path / "one", "zip"), packed(media, tmp_path / "two", "zip")]
    result = importing.import_all(archive, registered(archive, "x"), parts, rounds.system_chance())

    assert [part.name for part in result.report.parts] == ["export.zip", "2-export.zip"]
    (shown,) = [one for _, view, _ in held(archive) for one in view.attachments if one.exchange]
    assert payloads(archive, result.act.poll.capture)[shown.exchange] == JPEG


def test_what_the_export_says_of_itself_is_compared_with_what_it_holds(archive: Archive, tmp_path: Path) -> None:
    result = importing.import_all(
        archive, registered(archive, "x"), [packed(X_ARCHIVE.files, tmp_path, "zip")], rounds.system_chance()
    )
    differing = [(one.path, one.claimed, sum(one.found.values())) for one in result.report.files if one.differs]

    assert differing == [("export-2026/data/tweets-part1.js", 2, 1)]
    assert result.report.claimed == 4


def test_two_exports_with_manifests_are_each_compared_with_their_own_files(archive: Archive, tmp_path: Path) -> None:
    other = {**VENDOR.files, "media/snow.jpg": b"another picture"}
    manifest = json.loads(VENDOR.files["items-manifest.json"])
    for one in manifest["files"]:
        one["sha256"], one["bytes"] = sha256(other[one["path"]]).hexdigest(), len(other[one["path"]])
    other["items-manifest.json"] = json.dumps(manifest).encode()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    parts = [packed(VENDOR.files, tmp_path / "one", "zip"), packed(other, tmp_path / "two", "zip")]
    result = importing.import_all(archive, registered(archive, "x"), parts, rounds.system_chance())

    assert dict(result.report.refusals) == {}
    assert not [one for one in result.report.files if one.differs]


def test_names_that_are_no_text_are_reported_in_every_form(archive: Archive, tmp_path: Path) -> None:
    folder = packed(X_ARCHIVE.files, tmp_path, "folder")
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.zip"))
    for path in (odd, folder / odd.name):
        path.write_bytes(b"PK\x03\x04 cut off")
    with tarfile.open(tmp_path / "\udcfe.tar", "w") as file:
        file.addfile(tarfile.TarInfo("../\udcff"))
    parts = [folder, odd, tmp_path / "\udcfe.tar"]
    report = importing.import_all(archive, registered(archive, "x"), parts, rounds.system_chance()).report

    assert set(report.refusals) == {"IMPORT_NAME_UNSAFE", "IMPORT_DAMAGED"}
    for name in ("report.csv", "report.json"):
        report_writer(tmp_path / name)(report)
        assert "\ufffd" in (tmp_path / name).read_text(encoding="utf-8")
    for line in (*lines_of(report), json.dumps(report.to_plain(), ensure_ascii=False)):
        line.encode()


def test_a_part_that_the_export_names_and_that_is_missing_is_told(archive: Archive, tmp_path: Path) -> None:
    files = {name: body for name, body in X_ARCHIVE.files.items() if "part1" not in name}
    result = importing.import_all(
        archive, registered(archive, "x"), [packed(files, tmp_path, "zip")], rounds.system_chance()
    )

    assert dict(result.report.refusals) == {"IMPORT_UNREADABLE": 1}
    assert result.act.poll.outcome == "partial"


def test_what_is_damaged_is_refused_by_name_and_the_rest_is_imported(archive: Archive, tmp_path: Path) -> None:
    files = dict(X_ARCHIVE.files)
    files["data/follower.js"] = files["data/follower.js"][:-30]
    files["data/tweets.js"] = b"window.YTD.tweets.part0 = [ {}, nonsense ]"
    result = importing.import_all(
        archive, registered(archive, "x"), [packed(files, tmp_path, "zip")], rounds.system_chance()
    )
    refused = {one.path.rpartition("/")[2]: one.parts for one in result.report.files if one.refusals}

    assert set(refused) == {"follower.js", "tweets.js"}
    assert refused["tweets.js"][0].offset == 32
    assert result.report.found["post"] == 3
    counts = result.act.poll.counts
    assert (counts["refused"], counts["IMPORT_REFUSED"], counts["found"]) == (2, 2, result.read)
    assert result.act.poll.outcome == "partial"


def test_nothing_of_what_was_handed_over_is_in_the_ledger_but_numbers(archive: Archive, tmp_path: Path) -> None:
    files = {**EXPORTS[0].files, "messages/inbox/jane_doe_7/message_1.json": b"{broken"}
    importing.import_all(
        archive, registered(archive, "facebook"), [packed(files, tmp_path, "zip")], rounds.system_chance()
    )
    entries = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*.entry"))

    for personal in (b"jane", b"export.zip", b"Buses", b"snow.jpg"):
        assert personal not in entries
    assert b'"counts"' in entries


def test_the_report_has_a_row_for_every_file_and_every_refusal(archive: Archive, tmp_path: Path) -> None:
    files = {**X_ARCHIVE.files, "data/like.js": b"window.YTD.like.part0 = [ {"}
    result = importing.import_all(
        archive, registered(archive, "x"), [packed(files, tmp_path, "zip")], rounds.system_chance()
    )
    rows = list(rows_of(result.report))

    assert {str(row[1]).removeprefix("export-2026/") for row in rows} == set(files)
    assert [row[9:12] for row in rows if row[2] == "refused" and row[9]] == [("IMPORT_REFUSED", 1, 26)]
    assert json.loads(json.dumps(result.report.to_plain()))["totals"]["claimed"] == 4


def test_media_that_are_not_there_are_said_to_be_missing(archive: Archive, tmp_path: Path) -> None:
    files = {name: body for name, body in EXPORTS[3].files.items() if body != FILM}
    importing.import_all(
        archive, registered(archive, "instagram"), [packed(files, tmp_path, "zip")], rounds.system_chance()
    )
    (missing,) = [one for _, view, _ in held(archive) for one in view.attachments if not one.exchange]

    assert missing.url.endswith("two.mp4")
    assert missing.failure


def test_recorded_answers_are_unpacked_and_their_items_lie_in_what_was_unpacked(
    archive: Archive, tmp_path: Path
) -> None:
    body = '{"data":[{"id":"1","text":"one \\u00fc"}]}'
    path = tmp_path / "cassette.json"
    path.write_text(
        json.dumps({"http_interactions": [{"response": {"body": {"string": body}}}, {"response": {"body": {}}}]})
    )
    result = importing.import_all(archive, registered(archive, "x"), [path], rounds.system_chance())
    kept = payloads(archive, result.act.poll.capture)

    assert dict(result.report.new) == {"list": 1, "post": 1}
    assert sorted(kept.values()) == sorted([path.read_bytes(), body.encode()])
    for native, _, provenance in held(archive):
        source = provenance.source
        assert native == kept[source.exchange][source.offset : source.offset + source.length]
    assert audit(archive.store, now=archive.now()).sound


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_an_export_in_what_was_handed_over_is_kept_and_the_report_says_that_it_was_not_read(
    archive: Archive, tmp_path: Path, kind: str
) -> None:
    inner = packed(EXPORTS[0].files, tmp_path, kind).read_bytes()
    path = packed({**X_ARCHIVE.files, "second.bin": inner}, tmp_path, "folder")
    report = importing.import_all(archive, registered(archive, "x"), [path], rounds.system_chance()).report

    assert [(one.path, one.fate) for one in report.files if one.said] == [("export-2026/second.bin", "kept")]
    assert "Import it by itself" in "\n".join(lines_of(report))


def test_recorded_answers_that_are_no_json_are_counted(archive: Archive, tmp_path: Path) -> None:
    bodies = [{"string": '{"data":[{"id":"1","text":"one"}]}'}, {"string": "<html>"}, {"base64_string": "AA=="}]
    path = tmp_path / "cassette.json"
    path.write_text(json.dumps({"http_interactions": [{"response": {"body": body}} for body in bodies]}))
    report = importing.import_all(archive, registered(archive, "x"), [path], rounds.system_chance()).report

    assert [dict(one.counted) for one in report.files] == [{"answers kept in it, not in JSON": 2}]


@pytest.mark.parametrize(
    ("export", "value"),
    [
        ("blogger-takeout", {"kind": "blogger#post", "id": "2", "blog": {"id": "1"}}),
        ("blogger-takeout", {"kind": "blogger#page", "id": "4", "blog": {"id": "1"}}),
        ("blogger-takeout", {"kind": "blogger#comment", "id": "3", "post": {"id": "2"}, "blog": {"id": "1"}}),
        ("youtube-takeout", {"kind": "youtube#comment", "id": "Ugx2", "snippet": {"parentId": "Ugx1"}}),
        ("youtube-takeout", {"kind": "youtube#video", "id": "vid1", "snippet": {"title": "Spring concert"}}),
        ("wordpress", {"id": 7, "post": 5, "parent": 0, "content": {"rendered": "Thanks"}, "author_name": "A"}),
        ("x-archive", {"id_str": "1300000000000000001", "full_text": "Snow day"}),
    ],
    ids=lambda one: one if isinstance(one, str) else str(one.get("kind", "")),
)
def test_an_item_of_an_export_goes_by_the_id_that_the_platforms_api_gives_it(
    archive: Archive, tmp_path: Path, export: str, value: dict[str, object]
) -> None:
    (one,) = [one for one in EXPORTS if one.name == export]
    view = find_platform(one.platform).dialect.view(value, {})
    importing.import_all(
        archive, registered(archive, one.platform), [packed(one.files, tmp_path, "zip")], rounds.system_chance()
    )
    same = [found for _, found, _ in held(archive) if found.item == view.item]

    assert [found.kind for found in same] == [view.kind]
    assert view.parent in (None, same[0].parent)


def test_posts_go_by_their_address_where_the_account_is_captured_over_activitypub(
    archive: Archive, tmp_path: Path
) -> None:
    (export,) = [one for one in EXPORTS if one.name == "mastodon-archive"]
    path = packed(export.files, tmp_path, "zip")
    importing.import_all(archive, registered(archive, "activitypub"), [path], rounds.system_chance())

    posts = [view.item for _, view, _ in held(archive) if view.kind in ("post", "message")]
    assert posts
    assert all(item.startswith("https://") for item in posts)


def test_an_import_of_many_items_takes_little_memory(tmp_path: Path) -> None:
    many(tmp_path, items=30_000, most=120)


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_an_import_of_a_million_items_takes_little_memory(tmp_path: Path) -> None:
    many(tmp_path, items=1_000_000, most=300)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_a_zip_of_two_gigabytes_takes_little_memory(tmp_path: Path) -> None:
    many(tmp_path, items=100, most=120, film=2_100_000_000)


def many(folder: Path, *, items: int, most: int, film: int = 0) -> None:
    """Import so many posts and a film of so many bytes in a process of its own, which may grow by ``most`` MB."""
    with zipfile.ZipFile(folder / "export.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        with file.open("data/tweets.js", "w", force_zip64=True) as stream:
            stream.write(b"window.YTD.tweets.part0 = [")
            for number in range(items):
                stream.write(b"," if number else b"")
                created = f"Wed Sep {1 + number % 28:02} 12:00:00 +0000 {2007 + number % 17}"
                post = {"id_str": str(10**18 + number), "full_text": f"{number} " * 40, "created_at": created}
                stream.write(json.dumps({"tweet": post}).encode())
            stream.write(b"]")
        if film:
            with file.open(zipfile.ZipInfo("data/tweets_media/1-film.mp4"), "w", force_zip64=True) as stream:
                block = os.urandom(1 << 20)
                for _ in range(film >> 20):
                    stream.write(block)
    grown = subprocess.run(
        [sys.executable, "-c", MEASURED, folder], capture_output=True, text=True, check=True, cwd=ROOT
    )
    found, new, megabytes = map(int, grown.stdout.split())
    assert (found, new) == (items, items)
    assert megabytes < most


ROOT = Path(__file__).parents[3]
MEASURED = """
import re, sys
from pathlib import Path
from archiver import importing, registry, rounds
from archiver.imports.native import COLLECTOR as NATIVE
from archiver.imports.known import FORMATS
from manifests.archive import create_archive
from manifests.console import system_clock
from schemas.account import Account
folder = Path(sys.argv[1])
archive = create_archive(
    folder / "home", organisation="X", timezone="UTC", bates_prefix="X", tag="0", now=system_clock, actor="test"
)
account = registry.register(archive, Account(name="x", platform="x", url="https://x.example/", title="x"))
def most():  # not getrusage: what the process took that started this one counts there, too
    return int(re.search("VmHWM: *\\t *([0-9]+) kB", Path("/proc/self/status").read_text())[1])
before = most()
made = importing.import_all(archive, account, [folder / "export.zip"], rounds.system_chance())
print(made.read, made.new, (most() - before) // 1024)
"""


def test_every_format_is_known_to_be_a_platforms_own_export_or_not_to_be_one() -> None:
    others = {"bookmarks", "items", "mail", "web-archive"}
    assert {one.collector.partition("/")[0] for one in FORMATS} == {*OWN_EXPORTS} | others
    assert NATIVE.partition("/")[0] not in OWN_EXPORTS
