"""Real data through the whole spine: every feed, every platform's objects, every naughty string; byte for byte."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import msgspec
import pytest

from archiver import importing, registry, rounds
from archiver.fetch.failures import HostUnreachableError
from archiver.imports.json_lines import read
from archiver.imports.refusals import ImportRefusedError
from archiver.platforms.known import find_platform
from archiver.platforms.objects import Item
from ediscovery.commands import searchable
from ediscovery.evidence import places
from ediscovery.language.parsing import parse
from ediscovery.production import making
from ediscovery.production.certificate import signer_of
from ediscovery.production.checking import check
from ediscovery.production.signed import SignedPdf
from manifests.archive import create_archive
from manifests.audit import audit
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.making import make
from manifests.console import system_clock
from manifests.proofs.vouching import Trust, vouch
from schemas.account import Account
from schemas.query import Query
from schemas.record import Normalised, Provenance
from schemas.settings import CaptureSettings
from storage import parquet, warc
from storage.objects import read_stored
from tests.cassettes import bodies, recorded
from tests.corpora import ROOT, corpus
from tests.ediscovery.productions import check_record
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.archive import Archive
    from schemas.ledger import Captured
    from schemas.record import Record

PLATFORMS = {
    "x-api-v2": "x",
    "x-api-v1.1": "x",
    "mastodon-api": "mastodon",
    "activitypub": "activitypub",
    "facebook-graph": "facebook",
    "youtube": "youtube",
    "reddit": "reddit",
}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """A new archive that asks once."""
    made = create_archive(
        tmp_path, organisation="X", timezone="UTC", bates_prefix="X", tag="0", now=system_clock, actor="test"
    )
    once = msgspec.structs.replace(made.settings, capture=CaptureSettings(attempts=1))
    return replace(made, settings=once)


def only_here(host: str, port: int) -> tuple[IPv4Address, ...]:
    """A name service that knows this machine alone: what the feeds link to is never asked for."""
    if host != "127.0.0.1":
        raise HostUnreachableError(f"{host} is not asked for by tests.", do="Nothing.")
    return (IPv4Address(host),)


def records(archive: Archive, account: str) -> list[tuple[Record, Normalised, Provenance]]:
    """Every record of an account, from evidence."""
    return [
        (row.record, Normalised.from_bytes(row.record.normalised), Provenance.from_bytes(row.record.provenance))
        for place in places(archive, [account])
        for row in parquet.read_rows(io.BytesIO(read_stored(archive.store, place.partition.stored)))
    ]


def register(archive: Archive, name: str, platform: str = "feed", url: str = "https://x.example/") -> Account:
    """Register an account on loopback."""
    return registry.register(archive, Account(name=name, platform=platform, url=url, title=name, private_network=True))


def feeds() -> list[Path]:
    """Every feed of the corpora."""
    folder = corpus("feeds")
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in (".xml", ".json", ".rss", ".atom")]
    return [path for path in paths if "docs/examples" not in path.as_posix()]


PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_feed_of_the_corpora_is_captured_as_it_is_and_with_its_items(archive: Archive, part: int):
    expected = json.loads(corpus("EXPECTED.json").read_text())["feeds"]
    paths = feeds()
    assert len(paths) >= 1_100
    paths = paths[part::PARTS]
    site = {f"/{number}": Answer(headers={"Content-Type": "application/xml"}, body=path.read_bytes())
            for number, path in enumerate(paths)}  # fmt: skip
    chance, refused = rounds.system_chance(), []
    with serving(site) as server:
        for number, path in enumerate(paths):
            account = register(archive, f"feed-{number}", url=server.url(f"/{number}"))
            (result,) = rounds.capture_all(archive, [account], chance, environment={}, resolve=only_here)
            if result.error is not None:
                # Not a feed at all, by feedparser's and by our reading; its bytes are in the WARC all the same.
                assert result.error.code == "NOT_A_FEED", (path, result.error)
                assert result.act.exchanges, path
                refused.append(path.relative_to(ROOT).as_posix())
                continue
            held = records(archive, account.name)
            (head,) = [record.native for record, view, _ in held if view.kind == "list" and not view.thread]
            assert path.read_bytes().startswith(head), path
            assert path.read_bytes() in payloads(archive, result.act), path
            named = expected.get(path.relative_to(ROOT).as_posix())
            if named is not None:
                posts = [view for _, view, _ in held if view.kind != "list"]
                assert len(posts) == named["entries"], path
    assert all(expected.get(name, {"entries": 0})["entries"] == 0 for name in refused), refused
    report = audit(archive.store, now=archive.now())
    assert report.sound, report.findings[:5]


def payloads(archive: Archive, act: Captured) -> list[bytes]:
    """The answers that a capture recorded."""
    found: list[bytes] = []
    for stored in act.exchanges:
        with archive.store.open(stored.key) as stream:
            found += [one.payload(limit=1 << 26) for one in warc.read_warc(stream) if one.type == "response"]
    return found


def files_of(folder: str, scratch: Path) -> list[Path]:
    """The JSON files of a platform's corpus; the bodies of recorded answers are written out first."""
    found = sorted(corpus("social", folder).rglob("*"))
    answers = [body for path in found if path.suffix in (".yaml", ".yml") for body in bodies(path)]
    if folder == "reddit":
        answers, found = [body for path in found if path.suffix == ".json" for body in recorded(path)], []
    for number, body in enumerate(answers):
        (scratch / f"body-{number}.json").write_bytes(body)
    return [path for path in found if path.suffix in (".json", ".jsonl")] + sorted(scratch.glob("body-*.json"))


@pytest.mark.parametrize("folder", PLATFORMS)
def test_every_object_of_a_platform_is_stored_byte_for_byte_and_only_once(
    archive: Archive, tmp_path: Path, folder: str
):
    paths = files_of(folder, tmp_path)
    assert len(paths) >= 80
    account, chance = register(archive, "account", PLATFORMS[folder]), rounds.system_chance()
    contents: dict[str, bytes] = {}
    refused: list[str] = []
    for path in paths:
        try:
            result = importing.import_file(archive, account, path, chance)
        except ImportRefusedError:
            refused.append(path.name)
            continue
        contents[result.act.poll.capture] = path.read_bytes()
    assert len(refused) <= 6, refused
    held = records(archive, "account")
    stored = {record.native for record, _, _ in held}
    for content in contents.values():
        for one in read(content, PLATFORMS[folder]):
            if isinstance(one, Item):
                assert content[one.offset : one.offset + one.length] in stored
    for record, _, provenance in held:
        content = contents[provenance.capture]
        source = provenance.source
        assert record.native == content[source.offset : source.offset + source.length]
    # Twice makes nothing new.
    before = len(held)
    for path in paths:
        try:
            assert importing.import_file(archive, account, path, chance).new == 0, path
        except ImportRefusedError:
            continue
    assert len(records(archive, "account")) == before
    assert audit(archive.store, now=archive.now()).sound


WHOLE = {
    **PLATFORMS,
    "bluesky": "bluesky",
    "facebook-graph": "facebook",
    "reddit": "reddit",
    "us-congress-accounts": "x",
    "x-graphql": "x",
    "youtube": "youtube",
}
"""The platform of every folder of the corpus; what no dialect reads is refused by name."""

NOT_JSON = {"bluesky": 45, "facebook-graph": 60, "mastodon-api": 91, "us-congress-accounts": 3}
"""How many of a folder's records are in files that are no JSON: they are kept as they are."""


@pytest.mark.parametrize("folder", WHOLE)
def test_every_folder_of_a_platform_is_imported_whole_or_refused_by_name(archive: Archive, folder: str):
    source = corpus("social", folder)
    expected = json.loads(corpus("EXPECTED.json").read_text())["social_top_level"]
    assert set(expected) == set(WHOLE)
    account, chance = register(archive, "account", WHOLE[folder]), rounds.system_chance()
    if find_platform(account.platform) is None:
        with pytest.raises(ImportRefusedError):
            importing.import_all(archive, account, [source], chance)
        return
    result = importing.import_all(archive, account, [source], chance)
    files = {one.path: one for one in result.report.files}
    assert set(files) == {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert {one.fate for path, one in files.items() if path.endswith((".json", ".jsonl"))} <= {"imported", "refused"}
    refused = [path for path, one in files.items() if one.fate == "refused" and not path.endswith(".car")]
    assert (
        len(refused) <= expected[folder]["unparseable_json"] + 1
    )  # one stops where JSON does, one is no JSON for long
    records_there = expected[folder]["top_level_records"] - NOT_JSON.get(folder, 0)
    assert result.read >= records_there
    assert len(records(archive, "account")) == result.new
    assert importing.import_all(archive, account, [source], chance).new == 0
    assert audit(archive.store, now=archive.now()).sound


ARCHIVES = (
    *("commoncrawl", "iipc", "misc", "resiliparse", "social-api"),
    *("ukwa-cc0", "validation-suite", "wacz", "webrecorder"),
)


@pytest.mark.parametrize("folder", ARCHIVES)
def test_every_folder_of_web_archives_is_imported_whole_or_refused_by_name(archive: Archive, folder: str):
    source = corpus("warc", folder)
    assert {one.name for one in source.parent.iterdir()} == set(ARCHIVES)
    expected = json.loads(corpus("EXPECTED.json").read_text())["warc_files"]
    result = importing.import_all(archive, register(archive, "account", "website"), [source], rounds.system_chance())
    files = {one.path: one for one in result.report.files}
    assert set(files) == {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    for path, one in files.items():
        there = expected.get(f"warc/{folder}/{path}")
        if one.fate == "kept":
            assert there is None, path
        elif one.refusals:
            assert all(part.offset is not None for part in one.parts), path
        elif there is not None:
            counted = sum(number for what, number in one.counted.items() if what.endswith(" records"))
            assert counted == sum(number for kind, number in there["records"].items() if kind != "body_error"), path
    assert len(records(archive, "account")) == result.new
    assert audit(archive.store, now=archive.now()).sound


@pytest.mark.parametrize(("folder", "platform"), [("web-pages", "website"), ("feeds", "feed")])
def test_what_no_format_reads_is_refused_by_name_and_nothing_is_committed(archive: Archive, folder: str, platform: str):
    with pytest.raises(ImportRefusedError, match=f"an account on {platform} is read"):
        importing.import_all(archive, register(archive, "account", platform), [corpus(folder)], rounds.system_chance())
    assert records(archive, "account") == []


def test_identifiers_beyond_two_to_the_53_stay_exact(archive: Archive, tmp_path: Path):
    number = 2**53 + 1
    path = tmp_path / "tweets.json"
    path.write_text(json.dumps({"id": number, "text": "large", "id_str": str(number), "user": {"id": number + 2}}))
    importing.import_file(archive, register(archive, "x", "x"), path, rounds.system_chance())
    (found,) = [one for one in records(archive, "x") if one[1].kind == "post"]
    assert found[1].item == str(number)
    assert str(number).encode() in found[0].native


def test_naughty_strings_survive_capture_search_and_production(archive: Archive):
    (source,) = corpus("conformance", "text").rglob("blns.json")
    strings = [text for text in json.loads(source.read_text(encoding="utf-8")) if text.strip()]
    items = [
        {"id": str(number), "content_text": text, "title": f"naughty {number}"} for number, text in enumerate(strings)
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "naughty", "items": items}
    body = json.dumps(feed, ensure_ascii=False).encode()
    with serving({"/feed.json": Answer(headers={"Content-Type": "application/feed+json"}, body=body)}) as server:
        account = register(archive, "naughty", url=server.url("/feed.json"))
        list(rounds.capture_all(archive, [account], rounds.system_chance(), environment={}, resolve=only_here))
    held = {view.item: record for record, view, _ in records(archive, "naughty") if view.kind != "list"}
    assert len(held) == len(strings)
    for number, text in enumerate(strings):
        assert json.loads(held[str(number)].native)["content_text"] == text
    query = Query(term=parse("naughty", UTC))
    with searchable(archive) as opened:
        hits = tuple(opened.hits(query))
        assert len(hits) == len(strings)
        order = making.Order("0123", "Naughty strings", "", "naughty", "everything", "NS")
        made = making.produce(
            archive, opened, hits[:120], order, signer_of(archive), make(archive, nonce=system_nonce, name=False)
        )
    report = check(
        SignedPdf.read(made.pdf, at=system_clock()),
        check_record=check_record,
        check_checkpoint=lambda note, claims: vouch(note, claims, Trust(at=system_clock())),
    )
    assert report.sound, report.findings[:5]
    assert len(report.records) == 120
    assert audit(archive.store, now=archive.now()).sound


def test_the_warc_files_of_a_capture_are_read_by_an_independent_reader(archive: Archive, tmp_path: Path):
    from demo.site import BlogSite  # noqa: PLC0415
    from tests.judges import judged  # noqa: PLC0415

    with BlogSite() as site:
        account = register(archive, "blog", url=site.feed)
        (result,) = rounds.capture_all(archive, [account], rounds.system_chance(), environment={}, resolve=only_here)
        act = result.act
    (stored,) = act.exchanges
    path = tmp_path / "copy.warc.gz"
    path.write_bytes(read_stored(archive.store, stored))
    judged(path)
    with path.open("rb") as stream:
        kinds = [record.type for record in warc.read_warc(stream)]
    assert kinds.count("response") + kinds.count("revisit") == act.poll.requests
