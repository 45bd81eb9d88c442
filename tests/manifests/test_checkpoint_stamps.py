"""Time stamps on checkpoints: how they bound the entries' clock, are renewed, and are judged by others."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pytest
from cryptography import x509

from manifests.chain import ClockBehindError
from manifests.checkpoints import renewing
from manifests.checkpoints.stored import attested, claims_of, stamps_of, text_at
from manifests.proofs.vouching import Trust, vouch
from manifests.timestamps import renewal
from manifests.timestamps.stamp import request, settle
from schemas.digest import Digest
from schemas.ledger import LocksRenewed
from storage.objects import Content
from tests import openssl, tsa
from tests.manifests.checkpointing import DAY, START, Office, nonce


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path / "home")


def codes(report) -> list[tuple[str, str]]:
    return [(finding.code, finding.key) for finding in report.findings]


def renew(office):
    return renewing.renew(office.open(), nonce=nonce)


def stamp_key(number: int = 0, *, size: int = 2, authority: str = "alpha") -> str:
    return f"timestamps/{size:020d}/{authority}{f'.{number}' if number else ''}.tsr"


def test_a_stamp_that_is_kept_is_one_to_openssl_by_the_root_that_is_kept(office, tmp_path) -> None:
    with office.stamping("alpha") as server:
        office.make()
        assert server.queries
    (root,) = office.objects("timestamps/roots")
    assert root.name == f"{Digest.of(root.read_bytes())}.der"
    kept = x509.load_der_x509_certificate(root.read_bytes())
    authority = replace(tsa.make_authority(since=START), root=kept)
    (stamp,) = stamps_of(office.open().store, 2, "alpha")
    digest = renewal.covered(text_at(office.open().ledger, 2))
    assert openssl.accepts(tmp_path, stamp, digest, authority, at=START)
    assert not openssl.accepts(tmp_path, stamp, Digest.of(b"another"), authority, at=START)


def test_a_writer_whose_clock_went_back_is_refused_and_within_the_tolerance_recorded(office) -> None:
    office.grow("first")
    office.now.at = START.plus(seconds=-299)
    office.grow("second")
    entry = office.open().ledger.entry(2)
    assert (entry.at, entry.clock) == (START, START.plus(seconds=-299))
    office.now.at = START.plus(seconds=-301)
    with pytest.raises(ClockBehindError):
        office.grow("third")


def test_a_writer_whose_clock_went_ahead_is_recorded_and_no_authority_confirms_it(office) -> None:
    with office.stamping("alpha") as alpha:
        office.make()
        office.grow("honest")
        office.now.later(days=1)
        office.grow("ahead")  # by a clock that is a day ahead
        honest = tsa.make_authority("Alpha", since=START.plus(seconds=-DAY))
        alpha.answer = lambda query: tsa.Answer(tsa.stamp(query, honest, at=START))
        office.trusted("alpha", honest, alpha.url)
        (lack,) = office.make().lacking
    assert lack.error.code == "STAMP_BEFORE_ENTRY"
    assert str(START) in lack.error.what
    assert str(office.now()) in lack.error.what


def test_an_authority_whose_clock_is_minutes_off_is_still_heard(office) -> None:
    office.grow("blog")
    with office.stamping("alpha", late=298), office.stamping("ahead", late=-298):
        assert office.make().lacking == ()
    with office.stamping("behind", late=302), office.stamping("ahead", late=-302):
        lacking = {lack.name: lack.error.code for lack in office.make().lacking if lack.name != "alpha"}
    assert lacking == {"behind": "STAMP_BEFORE_ENTRY", "ahead": "TIMESTAMP_AHEAD"}


def test_a_stamp_from_before_its_last_entry_is_a_fault(office) -> None:
    with office.stamping("alpha"):
        office.make()
        archive = office.open()
        office.now.later(days=2)
        office.grow("later")
    early = tsa.make_authority("Alpha", since=START.plus(seconds=-DAY))
    office.trusted("alpha", early, "http://127.0.0.1:1/")
    office.make()  # names the root, and cannot be stamped
    text = text_at(office.open().ledger, 4)
    query = request(renewal.covered(text), nonce=nonce())
    archive.store.put_new(stamp_key(size=4), Content.of(settle(tsa.stamp(query, early, at=START))))
    assert ("STAMP_BEFORE_ENTRY", stamp_key(size=4)) in codes(office.audit())
    assert not office.audit().sound


def test_a_stamp_is_renewed_before_its_certificates_end_and_outlives_them(office) -> None:
    with office.stamping("alpha", days=100), office.stamping("beta", days=4000):
        office.make()
        assert renew(office).due == ()
        office.now.later(days=50)  # 49 days are left
        assert codes(office.audit()) == [("TIMESTAMP_ENDING", stamp_key())]
        (lack,) = renew(office).lacking
        assert lack.error.code == "TIMESTAMP_NOT_LONGER"  # it still stamps with the certificate that ends
    with office.stamping("alpha", days=4000):
        assert {lack.error.code for lack in renew(office).lacking} == {"TIMESTAMP_UNTRUSTED"}
        office.make()  # names the new root
        done = renew(office)
        assert (done.due, done.lacking, done.ended) == ((stamp_key(),), (), ())
        assert renew(office).due == ()
    assert stamp_key(1) in office.keys("timestamps")
    office.now.later(days=1000)
    report = office.audit()
    assert report.sound
    assert [code for code, _ in codes(report)] == ["STAMPS_MISSING"]  # beta had no new one on the newest checkpoint
    archive = office.open()
    judged = vouch(attested(archive.ledger, 2), claims_of(archive.ledger, 2), Trust(at=office.now()))
    assert judged.ended == ()
    assert {name: stamp.at for name, stamp in judged.stamps.items()} == {"alpha": START, "beta": START}


def test_a_stamp_that_was_not_renewed_ends_and_the_others_stand(office) -> None:
    with office.stamping("alpha", days=30), office.stamping("beta", days=4000):
        office.make()
        office.now.later(days=31)
        assert codes(office.audit()) == [("TIMESTAMP_ENDED", stamp_key())]
        assert office.audit().sound
        done = renew(office)
        assert (done.due, done.ended) == ((), (stamp_key(),))
        made = office.make()
    assert made.size == 2
    assert made.vouched.ended == ("alpha",)
    assert [chain.authority for chain in made.claims.stamps] == ["beta"]
    assert "The time stamp by alpha can no longer be verified: its certificates ended." in made.statements()


def test_what_others_said_is_named_when_it_is_changed_and_nothing_else_is(office) -> None:
    with office.neighbours():
        office.make()
        office.watched("extra")  # names the next policy, so that the tampered checkpoint is not the newest
        office.make()
    before = codes(office.audit())
    for path in office.objects("cosignatures", "timestamps"):
        key, content = path.relative_to(office.home / "archive").as_posix(), path.read_bytes()
        path.chmod(0o644)
        for position in sorted({0, 5, len(content) // 3, len(content) // 2, len(content) - 3, len(content) - 1}):
            path.write_bytes(content[:position] + bytes((content[position] ^ 1,)) + content[position + 1 :])
            report = office.audit()
            assert not report.sound, (key, position)
            assert {one for _, one in codes(report)} - {one for _, one in before} == {key}, (key, position)
        path.write_bytes(content + b"\n")
        assert key in {one for _, one in codes(office.audit())}
        path.write_bytes(content)
    assert codes(office.audit()) == before


def test_what_is_put_there_or_taken_away_is_named(office) -> None:
    with ExitStack() as stack:
        stack.enter_context(office.neighbours())
        office.make()
        size = 2
        archive = office.home / "archive"
        (cosigned,) = office.objects(f"cosignatures/{size:020d}")
        moved = {
            f"cosignatures/{size:020d}/school.note": "COSIGNATURE_MISPLACED",
            f"cosignatures/{size:020d}/mallory.note": "WITNESS_UNNAMED",
            f"cosignatures/{size + 5:020d}/county.note": "ENTRIES_MISSING",
        }
        for key, code in moved.items():
            assert_named(office, key, cosigned.read_bytes(), code)
        stamp = (archive / stamp_key(size=size)).read_bytes()
        for key, code in {
            stamp_key(size=size, authority="mallory"): "AUTHORITY_UNNAMED",
            stamp_key(size=size + 5): "ENTRIES_MISSING",
            stamp_key(1, size=size): "TIMESTAMP_IMPRINT",
        }.items():
            assert_named(office, key, stamp, code)
        (archive / stamp_key(2, size=size)).write_bytes(stamp)
        assert ("STAMP_MISSING", stamp_key(1, size=size)) in codes(office.audit())
        (archive / stamp_key(2, size=size)).unlink()
        root = office.objects("timestamps/roots")[0]
        content = root.read_bytes()
        root.unlink()
        assert ("OBJECT_MISSING", root.relative_to(archive).as_posix()) in codes(office.audit())
        root.write_bytes(content)
        (note,) = office.objects("checkpoints")
        note.rename(office.home / "aside")
        assert codes(office.audit()) == [("CHECKPOINT_MISSING", f"checkpoints/{size:020d}.note")]


def assert_named(office, key: str, content: bytes, code: str) -> None:
    path = office.home / "archive" / key
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    assert (code, key) in codes(office.audit())
    path.unlink()
    if not list(path.parent.iterdir()):
        path.parent.rmdir()


def test_a_ledger_whose_end_was_cut_off_is_told_by_what_others_said_of_it(office) -> None:
    office.grow("blog")
    with office.neighbours():
        office.make()
    last = office.objects("ledger")[-1]
    last.unlink()
    office.forget()
    faults = {key: code for code, key in codes(office.audit())}
    assert faults[f"cosignatures/{3:020d}/county.note"] == "ENTRIES_MISSING"
    assert faults[stamp_key(size=3)] == "ENTRIES_MISSING"


def test_a_lock_act_does_not_change_who_is_named(office) -> None:
    with office.neighbours():
        office.make()
    archive = office.open()
    until = office.now().plus(seconds=DAY)
    archive.append(lambda history: (LocksRenewed(size=history.size, until=until, objects=0),))
    assert archive.ledger.history.attestors_at(3) == archive.ledger.history.attestors_at(2)
