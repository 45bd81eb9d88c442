"""An audit's report in plain words, for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.console import plural, size_in_words
from manifests.reporting import beyond_line, printable, step_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.findings import AuditStatement, Report


def report_lines(report: Report) -> Iterator[str]:
    """Yield the report, one fact a line; nothing in it can act on a terminal."""
    return map(printable, _lines(report))


def statement_lines(statement: AuditStatement) -> Iterator[str]:
    """Yield a signed statement, one fact a line."""
    yield printable(f"Audited by {statement.auditor} with {statement.software}")
    yield printable(f"  from {statement.begun} to {statement.ended}, in {statement.store}")
    yield from report_lines(statement.report)


def _lines(report: Report) -> Iterator[str]:
    yield f"Archive {report.origin or '(unknown)'}"
    yield (
        f"  {plural(report.size, 'ledger entry', 'ledger entries')}, {plural(report.records, 'record')}, "
        f"{plural(report.objects, 'object')}, {size_in_words(report.octets)} read"
    )
    yield f"  ledger root {report.root}"
    if report.guarded is not None:
        yield f"  {guarded_in_words(report)}"
    yield ""
    yield from map(step_line, report.steps)
    yield ""
    for finding in report.findings:
        yield f"  {finding.severity.upper()} {finding.code} {finding.key}"
        yield f"      {finding.what}"
    for beyond in report.beyond:
        yield f"  {beyond_line(beyond)}"
    for unread in report.unread:
        yield f"  {unread}"
    yield verdict(report)


def verdict(report: Report) -> str:
    """Return the report's verdict in one sentence."""
    if not report.sound:
        return "NOT SOUND."
    if not report.unread:
        return "Sound: everything that the ledger names is there, unchanged, and in order."
    return "Sound, as far as it was checked."


def guarded_in_words(report: Report) -> str:
    """Return how the live store guards the objects, in one line; the report is of a store that has locks."""
    guarded = report.guarded
    if guarded is None:
        return "not asked for: see step 10"
    locked = guarded.compliance + guarded.governance
    end = f", the first lock ends at {guarded.first_end}" if guarded.first_end else ""
    return (
        f"{locked:,} of {plural(guarded.objects, 'object')} locked ({guarded.compliance:,} compliance, "
        f"{guarded.governance:,} governance), {guarded.held:,} under legal hold{end}"
    )
