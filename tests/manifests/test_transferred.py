"""What an archives received, as the ledger says it: the rules of the act, and the audit of its list."""

from __future__ import annotations

import msgspec
import pytest

from manifests.acts import ActRefusedError
from manifests.audit import audit
from manifests.history import History
from schemas.canonical import NotCanonicalError
from schemas.digest import Digest
from schemas.errors import IntegrityError
from schemas.ledger import RecordsTransferred, acts_from_lines, lines_of
from schemas.merkle import root_of
from schemas.transfers import lines_of as list_lines
from storage import layout
from storage.objects import Content
from tests.manifests.archives import Writer

NAME = "0123456789ab"
IDS = [Digest.of(str(number).encode()) for number in range(1_500)]


def transferred(writer, *, ids=IDS, content=None, name=NAME, **changes):
    """An act whose list is stored."""
    content = b"".join(list_lines(ids)) if content is None else content
    listed = writer.store.put_new(layout.transfer(name), Content.of(content))
    act = RecordsTransferred(
        transfer=name,
        receiver="State Archives",
        records=len(ids),
        records_root=root_of(ids),
        package=Digest.of(b"package"),
        receipt=Digest.of(b"receipt"),
        listed=listed,
    )
    return msgspec.structs.replace(act, **changes)


@pytest.fixture
def writer():
    return Writer()


@pytest.fixture
def ledger(writer):
    return writer.create()


def found(writer):
    report = audit(writer.store, now=writer.clock())
    return {(finding.code, finding.key) for finding in report.findings}


def test_an_act_is_read_back_from_its_line(writer):
    act = transferred(writer)
    assert acts_from_lines(lines_of((act,))) == (act,)


def test_the_audit_reads_the_list_with_everything_else(writer, ledger):
    writer.append(ledger, transferred(writer))
    report = audit(writer.store, now=writer.clock())
    assert (report.sound, report.objects) == (True, 1)
    assert report.steps[3].checked == 1


@pytest.mark.parametrize(
    "changes", [{"records": 1}, {"records_root": Digest.of(b"other")}, {"ids": IDS[:-1], "records": len(IDS)}]
)
def test_the_audit_names_a_list_of_other_records(writer, ledger, changes):
    writer.append(ledger, transferred(writer, **changes))
    assert found(writer) == {("ROOT_DIFFERS", layout.transfer(NAME))}


@pytest.mark.parametrize("content", [b"", b"no list\n", b"x" * 1_000_000])
def test_the_audit_names_what_is_no_list(writer, ledger, content):
    writer.append(ledger, transferred(writer, content=content))
    ((code, key),) = found(writer)
    assert (code in {"NOT_CANONICAL", "ROOT_DIFFERS"}, key) == (True, layout.transfer(NAME))


def test_the_audit_names_a_list_that_was_exchanged_or_is_gone(writer, ledger):
    writer.append(ledger, transferred(writer))
    objects = writer.store._objects
    key = layout.transfer(NAME)
    objects[key] = b"".join(list_lines(IDS[1:]))
    assert found(writer) == {("OBJECT_ALTERED", key)}
    del objects[key]
    assert found(writer) == {("OBJECT_MISSING", key)}


def test_a_transfer_is_confirmed_once_and_holds_something(writer, ledger):
    writer.append(ledger, transferred(writer))
    for act in (transferred(writer), transferred(writer, name="ffffffffffff", ids=[])):
        with pytest.raises(ActRefusedError):
            writer.append(ledger, act)
    assert ledger.head.size == 2


@pytest.mark.parametrize("changes", [{"transfer": "../../away"}, {"transfer": "A" * 12}, {"receiver": ""}])
def test_a_name_that_is_none_is_not_read(writer, changes):
    with pytest.raises((NotCanonicalError, IntegrityError)):
        acts_from_lines(lines_of((transferred(writer, **changes),)))


def test_a_history_that_was_kept_remembers_it(writer, ledger):
    act = transferred(writer)
    writer.append(ledger, act)
    kept = History.restored(ledger.history.standing(), ledger.history.registers)
    assert kept.transferred == {NAME: act}
    assert [named.stored for named in kept.objects()] == [act.listed]
