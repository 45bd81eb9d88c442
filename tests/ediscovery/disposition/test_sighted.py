"""Items that an API showed again with other counts: what goes goes from answers that made no record, too."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from typing import TYPE_CHECKING

import pytest

from archiver import rounds
from archiver.collectors.api.walk import Walk
from ediscovery.disposition.papers.checking import read_certificate
from ediscovery.evidence import prove_all, read_rows
from ediscovery.production.signed import SignedPdf
from manifests.audit import audit
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.making import make
from manifests.ledger import Ledger
from manifests.proofs import record
from manifests.proofs.vouching import Trust
from manifests.replication import copy_archive
from schemas.instant import Instant
from storage import layout, warc
from storage.directory import DirectoryStore
from storage.objects import read
from tests.ediscovery.disposition.offices import Office, files_in, needles, silent, stored_in, traces
from tests.ediscovery.disposition.towns import Town, town
from tests.judges import judged
from tests.schedules import rules_text, schedule_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.contract import Response
    from archiver.platforms.objects import Item


CREATED = schedule_text("""
[[series]]
item = "POSTS"
title = "Posts"
disposal = "destroy"
trigger = "created"
period = {days = 30}
""")
CAPTURED = CREATED.replace('"created"', '"captured"')
RULES = rules_text("""
[[rule]]
series = ["ours/POSTS"]
match = { kinds = ["post", "reply"] }
""")
NEEDLE = "quokka"
WORDS = f'Zugluft "{NEEDLE}" im \\ Überlandbus'
DAY = 86_400


class Clock:
    """A clock that stands until it is set forward, and ticks when it is read."""

    def __init__(self, day: str) -> None:
        self._at = Instant.from_text(f"{day}T09:00:00.000000Z")

    def __call__(self) -> Instant:
        self._at = self._at.plus(seconds=1)
        return self._at

    def pass_days(self, days: int) -> None:
        self._at = self._at.plus(seconds=days * DAY)


@pytest.fixture
def place() -> Iterator[Town]:
    with town() as made:
        yield made


def capture(office: Office, place: Town) -> str:
    """Look at the account once more, with other counts; return the capture's name."""
    place.turn()
    return office.capture("town").poll.capture


def founded(home: Path, place: Town, clock: Clock, *, schedule: str = CREATED) -> Office:
    office = Office.founded(home, now=clock, schedule=schedule, rules=RULES)
    office.register("town", place.url, platform="mastodon")
    return office


def showing(office: Office, home: Path, text: str) -> set[str]:
    """What of the store, the copies and the home's state holds a text, in whatever spelling."""
    spelled = {
        "plain": text.encode(),
        "escaped": json.dumps(text)[1:-1].encode(),
        "half escaped": json.dumps(text, ensure_ascii=False)[1:-1].encode(),
    }
    stores = (office.archive.store, *(copy.store for copy in office.copies.values()))
    found = {key for store in stores for key, _ in traces(stored_in(store), spelled)}
    return found | {key for key, _ in traces(files_in(home), spelled)}


def sightings(office: Office) -> list[warc.Sighting]:
    """Everything that the WARC files that stand note of items."""
    history = office.archive.ledger.history
    standing = [
        (named if (gone := history.replacements.find(named.key)) is None else gone.now)
        for _, act in history.captures("town")
        for named in act.exchanges
    ]
    return [
        one
        for stored in standing
        if stored is not None
        for one in warc.read_sightings(io.BytesIO(read(office.archive.store, stored.key)))
    ]


def test_what_no_record_has_goes_with_the_record(place: Town, tmp_path: Path):
    clock = Clock("2026-10-01")
    office = founded(tmp_path / "home", place, clock)
    vault = DirectoryStore(tmp_path / "vault", pinned=False)
    office.copies["vault"] = Ledger(vault, origin=office.archive.ledger.origin)
    place.publish(101, WORDS, created="2026-09-20", replies_count=1)
    place.replies["101"] = [place.post(102, f"A reply, {NEEDLE}", created="2026-09-21", in_reply_to_id="101")]
    place.publish(103, "Road works on Elm Street", created="2026-10-01", replies_count=1)
    # Our own post stands above a reply of ours, in an answer about that one.
    place.replies["103"], place.before["103"] = [], [place.listed["101"]]
    place.publish(104, f"Deleted soon, {NEEDLE}", created="2026-09-22")
    place.publish(105, f"Taken off the list, {NEEDLE}", created="2026-09-22")
    for _ in range(3):
        capture(office, place)
        clock.pass_days(1)
    # One is edited, one deleted; one leaves the list and answers still, which makes no record.
    place.publish(101, f"{WORDS}, corrected", created="2026-09-20", replies_count=1, edited_at="2026-10-04T08:00:00Z")
    del place.listed["104"]
    place.unlisted["105"] = place.listed.pop("105")
    for _ in range(3):
        capture(office, place)
        clock.pass_days(1)
    clock.pass_days(20)
    capture(office, place)
    copy_archive(office.archive.ledger, office.copies["vault"], tell=silent)
    before = office.records()
    assert len([key for key in showing(office, tmp_path / "home", NEEDLE) if "exchanges/" in key]) >= 2 * 7
    assert {"101", "102", "103", "104", "105"} <= {one.item for one in sightings(office)}

    planned = office.plan(as_of=date(2026, 10, 26))
    office.begin(planned)
    done = office.go_on()
    gone = before.keys() - office.records().keys()
    assert {json.loads(before[one].normalised)["item"] for one in gone} >= {"101", "102", "104", "105"}
    assert len(gone) == planned.act.records
    assert showing(office, tmp_path / "home", NEEDLE) == set()
    for one in gone:
        if len(before[one].native) >= warc.SHORTEST:  # an answer of 404 says too little to be looked for
            assert not traces(stored_in(office.archive.store), needles(before[one]))
            assert not traces(stored_in(vault), needles(before[one]))
    # Nothing names them any more, where they were sighted; what stays is as it was, and where it was.
    assert {"101", "102", "104", "105"}.isdisjoint(one.item for one in sightings(office))
    assert "103" in {one.item for one in sightings(office)}
    assert all(before[one] == left for one, left in office.records().items())
    check(office, tmp_path)
    assert done.certificate is not None
    handed = SignedPdf.read(read(office.archive.store, done.certificate.key), at=clock())
    assert read_certificate(handed).exceptions == ()
    copy_archive(office.archive.ledger, office.copies["vault"], tell=silent)
    assert audit(vault, now=clock(), copy=True).sound


def check(office: Office, folder: Path) -> None:
    """What is left is sound, proves itself, and passes readers that are not ours."""
    archive = office.archive
    report = audit(archive.store, now=archive.now())
    assert report.sound, report.findings
    sealed = [
        one
        for left in archive.ledger.history.places("town")
        if left.stored is not None
        for one in read_rows(archive, left, range(left.rows))
    ]
    checkpoint = make(archive, nonce=system_nonce, name=False)
    trust = Trust(at=archive.now(), verifier=archive.ledger.history.verifiers("checkpoint")[0])
    proved = [
        record.check(proof, one.record.native, trust)
        for one, proof in prove_all(archive, sealed, checkpoint.note, checkpoint.claims)
    ]
    assert {one.record for one in proved} == office.records().keys()
    for key in filter(layout.plan_of, archive.store.keys("exchanges/")):
        (folder / "one.warc.gz").write_bytes(read(archive.store, key))
        assert judged(folder / "one.warc.gz")


def texts(office: Office, name: str) -> list[str]:
    """What the posts say in a capture's exchanges, as far as they can still be read."""
    history = office.archive.ledger.history
    act = next(act for _, act in history.captures("town") if act.poll.capture == name)
    (named,) = act.exchanges
    standing = history.replacements.find(named.key)
    stored = named if standing is None else standing.now
    assert stored is not None
    return [
        one.decode()
        for one in re.findall(rb"<p>(?:First|Second|Third) [a-z]+</p>", b"".join(bodies(office, stored.key)))
    ]


def bodies(office: Office, key: str) -> Iterator[bytes]:
    """The payloads in a WARC file, decoded."""
    for one in warc.read_warc(io.BytesIO(read(office.archive.store, key))):
        yield one.payload(limit=1 << 20)


def test_an_older_version_goes_from_answers_that_showed_it_and_a_newer_one_stays_in_those_that_showed_it(
    place: Town, tmp_path: Path
):
    clock = Clock("2026-10-01")
    office = founded(tmp_path / "home", place, clock, schedule=CAPTURED)
    place.publish(1, "First words", created="2026-10-01")
    captured = []
    for words in ("First", "First", "Second", "Second", "First", "First"):
        if words == "Second":
            clock.pass_days(10)
        place.publish(1, f"{words} words", created="2026-10-01")
        captured.append(capture(office, place))
    assert [texts(office, name) for name in captured] == [
        [f"<p>{words} words</p>"] for words in ("First", "First", "Second", "Second", "First", "First")
    ]
    clock.pass_days(30)
    office.destroy(as_of=date(2026, 11, 5))
    left = [texts(office, name) for name in captured]
    # The first version is gone with its later sighting; in the capture that sealed the second, that one stays.
    assert left == [[], [], *([f"<p>{words} words</p>"] for words in ("Second", "Second", "First", "First"))]
    assert {one.item for one in sightings(office)} >= {"1"}
    check(office, tmp_path)
    office.destroy("p2", as_of=date(2026, 11, 15))
    assert [texts(office, name) for name in captured][:4] == [[], [], [], []]
    assert audit(office.archive.store, now=clock()).sound


def fail(office: Office, place: Town, monkeypatch: pytest.MonkeyPatch) -> str:
    """Look at the account with a collector that fails on what it reads; return the capture's name."""
    place.turn()
    with monkeypatch.context() as broken:
        keep = Walk._keep

        def keeping(walk: Walk, response: Response, item: Item) -> bool:
            return keep(walk, response, item) if item.normalised.kind == "profile" else bool(1 / 0)

        broken.setattr(Walk, "_keep", keeping)
        account = office.archive.ledger.history.accounts["town"]
        (done,) = rounds.capture_all(office.archive, [account], rounds.system_chance(), environment={})
    assert done.act is not None
    assert (done.act.poll.outcome, done.act.poll.code) == ("failed", "COLLECTOR_DEFECT")
    return done.act.poll.capture


def test_a_capture_that_failed_is_looked_into_whatever_it_may_have_shown(
    place: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    clock = Clock("2026-10-01")
    office = founded(tmp_path / "home", place, clock, schedule=CAPTURED)
    capture(office, place)
    place.publish(1, "First words", created="2026-10-01")
    cut = fail(office, place, monkeypatch)
    assert texts(office, cut) == ["<p>First words</p>"]
    clock.pass_days(1)
    capture(office, place)
    place.publish(1, "Second words", created="2026-10-01")
    clock.pass_days(20)
    capture(office, place)
    clock.pass_days(20)
    office.destroy(as_of=date(2026, 11, 5))
    assert texts(office, cut) == []
    check(office, tmp_path)
