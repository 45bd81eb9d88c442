"""An archives' receipt: recorded once, for a whole package of this archive, and never a word of it in the ledger."""

from __future__ import annotations

import shutil

import pytest

from ediscovery.bags import names
from ediscovery.bags.reading import NotAPackageError
from ediscovery.transfer import naming
from ediscovery.transfer.choosing import TransferEmptyError
from ediscovery.transfer.manifest import commitment_to, read_transfer
from ediscovery.transfer.receiving import (
    PackageOfAnotherError,
    PackageUnsoundError,
    ReceiptUnreadableError,
    receive,
    transferred,
)
from manifests.acts import ActRefusedError
from manifests.archive import open_archive
from manifests.console import system_clock
from manifests.ledger import Ledger
from manifests.wording import describe
from schemas.digest import Digest
from schemas.merkle import root_of
from storage import layout
from storage.objects import ObjectAlteredError, read
from tests.ediscovery.bags import rewrite
from tests.ediscovery.transfer.packages import HOSTILE, MADE, chosen, office, packed, part

LETTER = b"We have received your records. Jane Archivist"


@pytest.fixture
def archive(tmp_path):
    return office(tmp_path / "home")


@pytest.fixture
def package(archive, tmp_path):
    packed(archive, tmp_path / "package")
    return tmp_path / "package"


@pytest.fixture
def letter(tmp_path):
    path = tmp_path / "letter.eml"
    path.write_bytes(LETTER)
    return path


def received(archive, package, letter, *, receiver="State Archives"):
    return receive(archive, package, letter, receiver=receiver, tell=lambda *_: None)


def test_a_receipt_is_in_the_ledger_and_its_records_are_known(archive, package, letter):
    act = received(archive, package, letter)
    transfer = read_transfer((package / naming.TRANSFER).read_bytes())
    again = open_archive(archive.home, now=system_clock, actor="test")
    assert again.ledger.history.transferred == {transfer.transfer: act}
    ids = list(transferred(again))
    assert set(ids) == {version.record.id for version in MADE if version.text in HOSTILE or version.item == "other"}
    assert (len(ids), root_of(ids)) == (act.records, act.records_root) == (transfer.records, transfer.records_root)
    assert act.package == Digest.of((package / names.LAST).read_bytes())
    assert describe(act) == f"transfer {transfer.transfer} of 9 records received by State Archives"


def test_what_an_archives_received_does_not_go_again(archive, package, letter):
    assert len(chosen(archive, "us/A", "us/B")) == 10
    received(archive, package, letter)
    assert len(chosen(archive, "us/A", "us/B")) == 1
    with pytest.raises(TransferEmptyError):
        chosen(archive, "us/A")


def test_nothing_that_stays_confirms_a_guess_at_the_receipt(archive, package, letter):
    act = received(archive, package, letter)
    entry = archive.ledger.entry_bytes(archive.ledger.head.size - 1)
    for digest in (Digest.of(LETTER).hex, "Jane", "wiki"):
        assert digest.encode() not in entry
    salt = read_transfer((package / naming.TRANSFER).read_bytes()).salt
    assert commitment_to([LETTER], salt=salt) == commitment_to([LETTER[:9], LETTER[9:]], salt=salt) == act.receipt
    assert salt.encode() not in entry
    assert commitment_to([LETTER + b"."], salt=salt) != act.receipt


def test_a_receipt_is_recorded_once(archive, package, letter):
    received(archive, package, letter)
    size = archive.ledger.head.size
    with pytest.raises(ActRefusedError):
        received(archive, package, letter)
    assert archive.ledger.head.size == size


def test_a_run_that_was_cut_short_before_the_entry_is_done_again(archive, package, letter, tmp_path):
    shutil.copytree(archive.home, tmp_path / "copy")
    act = received(archive, package, letter)
    content = read(archive.store, act.listed.key)
    # At this point a killed run has left its list in the copy, and no entry.
    left = tmp_path / "copy" / "archive" / act.listed.key
    left.parent.mkdir(parents=True)
    left.write_bytes(content)
    again = open_archive(tmp_path / "copy", now=system_clock, actor="test")
    assert received(again, package, letter) == act


def test_a_package_that_was_altered_gets_no_receipt(archive, package, letter):
    rewrite(package / part(0, "native.xml"), lambda content: content + b" ")
    with pytest.raises(PackageUnsoundError):
        received(archive, package, letter)
    (package / names.LAST).unlink()
    with pytest.raises(NotAPackageError):
        received(archive, package, letter)
    assert not archive.ledger.history.transferred
    assert not list(archive.store.keys(layout.PRODUCTIONS))


def test_a_package_of_another_archive_or_another_history_gets_no_receipt(archive, package, letter, tmp_path):
    other = office(tmp_path / "other")
    with pytest.raises(PackageOfAnotherError):
        received(other, package, letter)
    assert not other.ledger.history.transferred


@pytest.mark.parametrize("content", [b"", None])
def test_a_receipt_that_is_empty_or_missing_is_refused(archive, package, tmp_path, content):
    path = tmp_path / "none.pdf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReceiptUnreadableError):
        received(archive, package, path)
    assert not archive.ledger.history.transferred


def test_a_list_that_was_altered_is_not_read(archive, package, letter):
    act = received(archive, package, letter)
    path = archive.home / "archive" / act.listed.key
    path.chmod(0o644)
    rewrite(path, lambda content: content.replace(b"0", b"1", 1))
    with pytest.raises(ObjectAlteredError):
        list(transferred(archive))


def test_every_reader_of_the_ledger_knows_it(archive, package, letter):
    act = received(archive, package, letter)
    reader = Ledger(archive.store)
    reader.refresh()
    assert reader.history.transferred[act.transfer] == act
    assert act.listed in {named.stored for named in reader.history.objects()}
