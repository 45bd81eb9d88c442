"""Transfer and destruction: what is left proves as before, and what an archives has may go, and nothing else."""

from __future__ import annotations

import pypdfium2
import pytest

from demo.content import POSTS
from demo.site import BlogSite
from ediscovery.disposition.condemning import NoLongerDueError
from ediscovery.disposition.planning import NothingDueError
from ediscovery.transfer import naming
from ediscovery.transfer.making import TransferOvertakenError, pack
from ediscovery.transfer.premis import read_objects
from ediscovery.transfer.receiving import receive
from manifests.audit import audit
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.making import make
from schemas.ledger import RecordsClassified
from storage import layout
from storage.objects import read
from tests.ediscovery.disposition.offices import AS_OF, SCHEDULE, Office
from tests.ediscovery.transfer.packages import chosen, inspected, order, packed

COMMENTS, POSTED = "ours/COMMENTS", "ours/POSTS"
TRANSFERRED = SCHEDULE.replace('disposal = "destroy"', 'disposal = "transfer"', 1).replace(
    'trigger = "captured"\nperiod = {years = 2}', 'trigger = "created"\nperiod = {days = 30}'
)
"""Comments go to an archives; posts are destroyed."""


@pytest.fixture
def one(tmp_path):
    """An office with a post and its comments; half of these were said to go the way of posts, after their capture."""
    post = next(post for post in POSTS if post.comments)
    with BlogSite((post,)) as site:
        office = Office.founded(tmp_path / "home", schedule=TRANSFERRED)
        office.register("blog", site.feed)
        office.capture()
    spam = tuple(sorted(comments(office))[::2])
    office.append(RecordsClassified(records=spam, series=(POSTED,), reason="Spam"))
    return office


@pytest.fixture
def letter(tmp_path):
    path = tmp_path / "letter.eml"
    path.write_bytes(b"We have them.")
    return path


def comments(office):
    return of_kind(office, b"comment") | of_kind(office, b"reply")


def of_kind(office, kind):
    return {one for one, record in office.records().items() if b'"kind":"%s"' % kind in record.normalised}


def receipt(office, package, letter):
    return receive(office.archive, package, letter, receiver="State Archives", tell=lambda *_: None)


def test_what_is_for_transfer_stays_until_an_archives_has_it_and_goes_with_a_certificate(one, tmp_path, letter):
    one.destroy("p1")
    left, going = set(one.records()), comments(one)
    assert going
    assert not of_kind(one, b"post")
    with pytest.raises(NothingDueError):
        one.plan("p2")

    said = packed(one.archive, tmp_path / "package", COMMENTS, as_of=AS_OF)
    assert said.transfer.records == len(going)
    with pytest.raises(NothingDueError):
        one.plan("p3")

    receipt(one, tmp_path / "package", letter)
    planned = one.destroy("p4")
    assert [(series.series, series.disposal) for series in planned.act.series] == [((COMMENTS,), "transfer")]
    assert planned.act.records == len(going)
    assert set(one.records()) == left - going
    history = one.archive.ledger.history
    assert history.plans["p4"].certified is not None
    with pypdfium2.PdfDocument(read(one.archive.store, layout.disposition_certificate("p4"))) as pdf:
        text = " ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in pdf)
    assert "An archives had confirmed that it has them." in text
    report = audit(one.archive.store, now=one.archive.now())
    assert report.sound, report.findings


def test_records_that_survived_a_destruction_in_their_partition_are_packed_and_proved(one, tmp_path):
    before = comments(one)
    one.destroy("p1")
    going = comments(one)
    assert 0 < len(going) < len(before)
    assert any(place.leaves and place.rows for place in one.archive.ledger.history.places("blog"))
    packed(one.archive, tmp_path / "package", COMMENTS, as_of=AS_OF)
    report = inspected(tmp_path / "package")
    assert report.sound, report.findings
    assert {listed.record for listed in read_objects(tmp_path / "package" / naming.PREMIS)} == going


def test_each_part_of_a_plan_says_why_its_records_may_go(one, tmp_path, letter):
    packed(one.archive, tmp_path / "package", COMMENTS, as_of=AS_OF)
    receipt(one, tmp_path / "package", letter)
    found = {series.series: series.disposal for series in one.plan("p1").act.series}
    assert found == {(COMMENTS,): "transfer", (POSTED,): "destroy"}


def test_a_record_that_is_to_be_transferred_after_all_stops_the_plan_that_would_destroy_it(one):
    before = set(one.records())
    post = min(of_kind(one, b"post"))
    one.begin(one.plan("p1"))
    one.append(RecordsClassified(records=(post,), series=(COMMENTS,), reason="Board"))
    with pytest.raises(NoLongerDueError):
        one.go_on("p1")
    assert set(one.records()) == before


def test_a_package_of_records_whose_partition_is_replaced_meanwhile_is_not_made(one, tmp_path):
    goes = chosen(one.archive, COMMENTS, as_of=AS_OF)
    one.destroy("p1")
    checkpoint = make(one.archive, nonce=system_nonce, name=False)
    with pytest.raises(TransferOvertakenError):
        pack(one.archive, goes, order(COMMENTS, as_of=AS_OF), checkpoint, tmp_path / "package", tell=lambda *_: None)
    assert not (tmp_path / "package").exists()
