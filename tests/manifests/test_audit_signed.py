"""A signed audit report: what its readers can rely on, and what they are told of a forged one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.audit import audit
from manifests.audit.signed import AUDIT_FORMAT, NotAReportError, ReportRefusedError, read_statement, sign_statement
from manifests.audit.words import report_lines, statement_lines
from manifests.notes import NoteUnsignedError, SignedNote
from manifests.signing import SigningKey
from schemas.errors import ArchiveError
from schemas.findings import AuditStatement, Beyond, Finding
from tests.manifests.archives import START
from tests.manifests.sealing import Archivist

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.findings import Report

KEY = SigningKey.generate("auditor@county")


@pytest.fixture(scope="module")
def statement(tmp_path_factory: pytest.TempPathFactory) -> AuditStatement:
    """What an auditor says of a small archive."""
    report = audit(archive_in(tmp_path_factory.mktemp("archive")).store, now=START)
    return AuditStatement(
        format=AUDIT_FORMAT,
        auditor="auditor@county",
        software="test/1",
        store="archive",
        begun=START,
        ended=START.plus(seconds=2),
        sound=report.sound,
        report=report,
    )


def archive_in(folder: Path) -> Archivist:
    made = Archivist(folder)
    made.seal("one")
    made.ledger.checkpoint(made.writer.checkpoint_key)
    return made


def faulty(report: Report) -> Report:
    """A report whose first step found a fault."""
    first, *others = report.steps
    return msgspec.structs.replace(report, steps=(msgspec.structs.replace(first, verdict="faulty"), *others))


def test_a_report_is_read_as_it_was_signed_and_carries_the_newest_checkpoint(statement: AuditStatement):
    read, signer = read_statement(sign_statement(statement, KEY), [KEY.verifier])
    assert read == statement
    assert signer == KEY.verifier
    assert statement.report.checkpoint is not None
    assert SignedNote.from_bytes(statement.report.checkpoint.encode()).text.split("\n")[1] == "3"


def test_a_report_by_somebody_else_is_refused(statement: AuditStatement):
    stranger = SigningKey.generate("auditor@county")
    with pytest.raises(NoteUnsignedError):
        read_statement(sign_statement(statement, stranger), [KEY.verifier])


def test_a_file_that_is_no_report_is_said_to_be_none():
    for content in (b"", b"{}", b"maple-grove\n3\n", AUDIT_FORMAT.encode()):
        with pytest.raises(NotAReportError):
            read_statement(content, [KEY.verifier])


@given(st.data())
def test_one_changed_byte_anywhere_is_noticed(statement: AuditStatement, data: st.DataObject):
    content = bytearray(sign_statement(statement, KEY))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ArchiveError):
        read_statement(bytes(content), [KEY.verifier])


@pytest.mark.parametrize(
    "change",
    [
        lambda one: msgspec.structs.replace(one, sound=False),
        lambda one: msgspec.structs.replace(one, report=faulty(one.report)),
        lambda one: msgspec.structs.replace(one, format="holdfast-audit/v2"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused_though_it_is_signed(statement: AuditStatement, change):
    with pytest.raises(ReportRefusedError):
        read_statement(sign_statement(change(statement), KEY), [KEY.verifier])


def test_a_report_under_another_archives_name_is_refused(statement: AuditStatement):
    text = f"{AUDIT_FORMAT}\nelsewhere/1\n{statement.to_bytes().decode()}\n"
    with pytest.raises(ReportRefusedError):
        read_statement(SignedNote.sign(text, KEY).to_bytes(), [KEY.verifier])


def test_the_words_name_every_step_finding_and_number_and_nothing_acts_on_a_terminal(statement: AuditStatement):
    hostile = Finding(code="FILE_FOREIGN", severity="notice", key="\x1b[2Jname", what="A file\nof two lines.")
    report = msgspec.structs.replace(
        statement.report, findings=(hostile,), beyond=(Beyond(code="FILE_FOREIGN", severity="notice", count=7),)
    )
    lines = list(report_lines(report))
    assert all(line.isprintable() for line in lines)
    text = "\n".join(lines)
    assert all(step.title in text for step in report.steps)
    assert "[U+001B][2Jname" in text
    assert "7 more" in text
    assert "auditor@county" in "\n".join(statement_lines(statement))
