"""An audit's report, signed by whoever audited: a signed note over a statement (FORMAT 8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.notes import SignedNote
from schemas.errors import InputError, IntegrityError
from schemas.findings import AuditStatement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from manifests.signing import Signer, Verifier

AUDIT_FORMAT = "holdfast-audit/v1"
STATEMENT_NAME = "audit.json"
"""What a signed statement is called where it is attached to the PDF of a report."""
AUDIT_LIMIT = 16 << 20
AUDIT_LINES = 4


class NotAReportError(InputError):
    """A file is not a signed audit report."""

    code = "NOT_A_REPORT"


class ReportRefusedError(IntegrityError):
    """A signed audit report contradicts itself."""

    code = "REPORT_REFUSED"


def sign_statement(statement: AuditStatement, key: Signer) -> bytes:
    """Return the statement as a signed note."""
    text = f"{AUDIT_FORMAT}\n{statement.report.origin}\n{statement.to_bytes().decode()}\n"
    return SignedNote.sign(text, key).to_bytes()


def read_statement(content: bytes, verifiers: Iterable[Verifier]) -> tuple[AuditStatement, Verifier]:
    """Return the statement in a signed note of at most 16 MiB, and which of the keys signed it.

    Raises:
        NotAReportError: it is something else.
        NoteUnsignedError, SignatureRefusedError: none of the keys signed it.
        NotCanonicalError, ReportRefusedError: it is not what a report can be.
    """
    if not content.startswith(f"{AUDIT_FORMAT}\n".encode()):
        raise NotAReportError("This is no signed audit report.", do="Give the file that '--report FILE.json' wrote.")
    note = SignedNote.from_bytes(content, limit=AUDIT_LIMIT)
    lines = note.text.split("\n")
    (verifier, *_) = note.verify(verifiers)
    if len(lines) != AUDIT_LINES:
        raise _refused("its lines are not those of a report")
    statement = AuditStatement.from_bytes(lines[2].encode())
    if statement.format != AUDIT_FORMAT or statement.report.origin != lines[1]:
        raise _refused("it names two formats or two archives")
    if statement.sound != statement.report.sound:
        raise _refused("its verdict does not follow from its steps")
    return statement, verifier


def _refused(why: str) -> ReportRefusedError:
    return ReportRefusedError(f"The audit report is refused: {why}.", do="Do not rely on it; ask its auditor.")
