"""Exchanges of which records are destroyed: what goes of them, what stays to the byte, and which are looked into."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

import msgspec
import pytest

from archiver import importing, rounds
from demo.content import POSTS
from demo.site import BlogSite
from ediscovery.disposition.papers.checking import read_certificate
from ediscovery.production.signed import SignedPdf
from manifests.audit import audit
from manifests.console import system_clock
from manifests.decisions.decided import DAY
from schemas.holds import Scope
from schemas.instant import Instant
from schemas.ledger import HoldPlaced
from storage.objects import read, read_stored
from storage.warc import read_warc
from tests.ediscovery.disposition.offices import AS_OF, RULES, SCHEDULE, Office, needles, stored_in, traces
from tests.schedules import rules_text, schedule_text
from tests.storage.overwritten import changed, occurrences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.content import Post
    from schemas.digest import Digest
    from schemas.record import Record

LIMIT = 1 << 26
TALKED = next(post for post in POSTS if post.slug == "budget-hearing")
SUMMER = Instant.from_text("2026-07-01T12:00:00.000000Z")
AUTUMN = Instant.from_text("2026-10-25T12:00:00.000000Z")
NOVEMBER = Instant.from_text("2026-11-03T12:00:00.000000Z")


class Site(BlogSite):
    """A blog with one post, whose comments may come with an error."""

    failing = False

    def __init__(self, posts: tuple[Post, ...] = (TALKED,)) -> None:
        super().__init__(posts)

    def _page(self, path: str) -> tuple[int, str, bytes]:
        status, kind, body = super()._page(path)
        return 403 if self.failing and path.endswith("comments.xml") else status, kind, body


@pytest.fixture
def site() -> Iterator[Site]:
    """A blog with one post and its comments."""
    with Site() as site:
        yield site


def payloads(office: Office) -> dict[str, bytes]:
    """The payload of every exchange that is left, by id."""
    archive = office.archive
    found = {}
    for _, act in archive.ledger.history.captures("blog"):
        for named in act.exchanges:
            standing = archive.ledger.history.replacements.find(named.key)
            stored = named if standing is None else standing.now
            if stored is not None:
                content = io.BytesIO(read_stored(archive.store, stored))
                found |= {one.id: one.payload(limit=LIMIT) for one in read_warc(content) if one.type == "response"}
    return found


def source(record: Record) -> tuple[str, int, int]:
    """Where a record's native bytes lie."""
    said = msgspec.json.decode(record.provenance)["source"]
    return said["exchange"], said["offset"], said["length"]


def shown(record: Record) -> set[str]:
    """The exchanges of the files that a record shows."""
    attachments = msgspec.json.decode(record.normalised).get("attachments", ())
    return {one["exchange"] for one in attachments if "exchange" in one}


def of_kind(records: dict[Digest, Record], *kinds: str) -> list[Record]:
    """The records of some kinds."""
    return [one for one in records.values() if msgspec.json.decode(one.normalised)["kind"] in kinds]


def test_an_exchange_of_which_every_record_goes_loses_all_of_its_payload(site: Site, tmp_path: Path):
    rules = RULES.replace('kinds = ["comment", "reply"]', 'kinds = ["comment", "reply", "list"]')
    series = '"created"\nperiod = {days = 30}', '"captured"\nperiod = {days = 30}'
    office = Office.founded(tmp_path / "home", rules=rules, schedule=SCHEDULE.replace(*series), now=lambda: SUMMER)
    office.register("blog", site.feed)
    office.capture()
    before, were = office.records(), payloads(office)
    later = office.again(now=lambda: NOVEMBER)
    later.destroy(as_of=AS_OF)
    left = later.records()
    staying = {source(record)[0] for record in left.values()}
    emptied = {source(record)[0] for record in before.values()} - staying
    after = payloads(later)
    assert emptied
    assert all(b"Comments on" in were[one] and after[one] == b"" for one in emptied)
    assert all(after[one] for one in staying)
    assert audit(later.archive.store, now=NOVEMBER).sound


def test_what_survives_keeps_every_byte_also_where_it_quotes_what_goes(site: Site, tmp_path: Path):
    office = Office.founded(tmp_path / "home")
    office.register("blog", site.feed)
    office.capture()
    quoted = min(of_kind(office.records(), "comment"), key=lambda record: len(record.native))
    site.edit(TALKED.slug, paragraphs=("As somebody wrote:", quoted.native.decode()))
    office.capture()
    before, were = office.records(), payloads(office)
    quoting = [one for one in of_kind(before, "post") if quoted.native in one.native]
    assert len(quoting) == 1
    office.destroy()
    left = office.records()
    assert not of_kind(left, "comment", "reply")
    after = payloads(office)
    for record in left.values():
        exchange, offset, length = source(record)
        assert after[exchange][offset : offset + length] == record.native
    # Beside what goes and what survives, in the same answers, nothing is touched either.
    gone = [before[one].native for one in before.keys() - left.keys()]
    for exchange in {source(record)[0] for record in left.values()}:
        assert changed(were[exchange], after[exchange]) <= occurrences(were[exchange], gone)
    # Elsewhere it is gone: in the capture that was before, and in the comments of this one. The page that the post
    # shows is the post's.
    holding = {one for one, payload in after.items() if quoted.native in payload}
    own = {source(record)[0] for record in quoting} | {name for record in quoting for name in shown(record)}
    assert {source(record)[0] for record in quoting} <= holding <= own
    assert audit(office.archive.store, now=office.archive.now()).sound


EVERYTHING = schedule_text("""
[[series]]
item = "ALL"
title = "Everything"
disposal = "destroy"
trigger = "captured"
period = {days = 30}
""")
ALL_OF_IT = rules_text("""
[[rule]]
series = ["ours/ALL"]
match = { platforms = ["feed"] }
""")


def test_an_exchange_from_before_all_that_survives_goes_whole(site: Site, tmp_path: Path):
    office = Office.founded(tmp_path / "home", schedule=EVERYTHING, rules=ALL_OF_IT, now=lambda: SUMMER)
    office.register("blog", site.feed)
    first = office.capture()
    autumn = office.again(now=lambda: AUTUMN)
    site.edit(TALKED.slug, title="Another title")
    second = autumn.capture()
    assert autumn.archive.ledger.history.places("blog")
    later = office.again(now=lambda: NOVEMBER)
    later.destroy(as_of=AS_OF)
    replacements, store = later.archive.ledger.history.replacements, later.archive.store
    for exchange in first.exchanges:
        standing = replacements.find(exchange.key)
        assert standing is not None
        assert standing.now is None
        assert not store.exists(exchange.key)
    keys = {key for key, _ in stored_in(store)}
    assert not [key for exchange in first.exchanges for key in keys if key.startswith(exchange.key)]
    for exchange in second.exchanges:
        standing = replacements.find(exchange.key)
        assert standing is None or standing.now is not None
    assert later.records()
    assert audit(store, now=NOVEMBER).sound


def test_what_a_capture_saw_that_was_cut_short_goes_though_it_became_a_record_much_later(site: Site, tmp_path: Path):
    office = Office.founded(tmp_path / "home")
    office.register("blog", site.feed)
    # First the comments come with an error: they are in an exchange, and are no records.
    site.failing = True
    first = office.capture()
    assert first.poll.outcome not in ("captured", "unchanged")
    assert not of_kind(office.records(), "comment", "reply")
    # Then nobody sees them,
    site.failing = False
    site.posts[TALKED.slug] = replace(TALKED, comments=())
    assert office.capture().poll.outcome in ("captured", "unchanged")
    # and then they are there.
    site.posts[TALKED.slug] = TALKED
    office.capture()
    gone = of_kind(office.records(), "comment", "reply")
    assert len(gone) == len(TALKED.comments)
    keys = {exchange.key for exchange in first.exchanges}
    told = [(key, content) for key, content in stored_in(office.archive.store) if key in keys]
    assert all(traces(told, {"native": record.native}) for record in gone)
    office.destroy()
    for record in gone:
        assert not traces(stored_in(office.archive.store), needles(record))
    assert audit(office.archive.store, now=office.archive.now()).sound


def handed_over(path: Path, **pages: str) -> Path:
    """A web archive that somebody made elsewhere, compressed as usual, with these pages."""
    with path.open("wb") as file:
        for name, words in pages.items():
            markup = f"<title>{name}</title><p>{words}</p>"
            block = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(markup)}\r\n\r\n{markup}"
            head = (
                "WARC/1.1\r\nWARC-Type: response\r\nWARC-Date: 2026-03-02T09:00:00Z\r\n"
                f"WARC-Record-ID: <urn:uuid:{uuid5(NAMESPACE_URL, name)}>\r\n"
                f"WARC-Target-URI: https://school.example/{name}\r\n"
                f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
            )
            file.write(gzip.compress(f"{head}{block}\r\n\r\n".encode()))
    return path


def test_a_certificate_names_the_compressed_file_of_an_import_that_may_hold_what_went(tmp_path: Path):
    pages = rules_text("""
[[rule]]
series = ["ours/COMMENTS"]
match = { kinds = ["page"] }
""")
    office = Office.founded(tmp_path / "home", rules=pages, schedule=SCHEDULE.replace('"created"', '"captured"'))
    office.register("old-site", "https://school.example/", platform="website")
    account = office.archive.ledger.history.accounts["old-site"]
    archived = handed_over(tmp_path / "old.warc.gz", lunch="Pizza on Fridays", snow="No school today")
    importing.import_all(office.archive, account, [archived], rounds.system_chance())
    kept = next(name for name, record in office.records().items() if b"snow" in record.native)
    office.append(HoldPlaced(hold="case", reason="Doe v. District", scope=Scope(records=(kept,))))

    later = office.again(now=lambda: system_clock().plus(seconds=90 * DAY))
    # Until noon of UTC it is not that day yet everywhere.
    later.begin(later.plan(as_of=later.archive.now().to_datetime().date() - timedelta(days=1)))
    stored = later.go_on().certificate

    assert stored is not None
    assert list(of_kind(later.records(), "page")) == [later.records()[kept]]
    certificate = read_certificate(SignedPdf.read(read(later.archive.store, stored.key), at=later.archive.now()))
    assert [words for words in certificate.exceptions if "could not be looked into" in words]
