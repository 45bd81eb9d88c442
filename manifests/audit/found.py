"""What an audit finds, in bounded memory: of each code the first thousand findings, and beyond them their number."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from schemas.findings import Beyond, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.errors import ArchiveError
    from schemas.findings import Severity

LIMIT = 1_000


class Found:
    """Findings in the order in which they were made."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self.findings: list[Finding] = []
        self._counts: Counter[tuple[str, Severity]] = Counter()
        for finding in findings:
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """Add a finding; beyond the thousandth of its code it is counted only."""
        kind = (finding.code, finding.severity)
        self._counts[kind] += 1
        if self._counts[kind] <= LIMIT:
            self.findings.append(finding)

    def fault(self, code: str, key: str, what: str) -> None:
        """Add that the object at ``key`` is at fault."""
        self.add(Finding(code=code, severity="fault", key=key, what=what))

    def notice(self, code: str, key: str, what: str) -> None:
        """Add what a reader should know of ``key``."""
        self.add(Finding(code=code, severity="notice", key=key, what=what))

    def error(self, error: ArchiveError, key: str) -> None:
        """Add that reading the object at ``key`` raised ``error``."""
        self.fault(error.code, key, error.what)

    def take(self, other: Found) -> None:
        """Add everything that was found elsewhere."""
        for finding in other.findings:
            self.add(finding)
        for beyond in other.beyond:
            self._counts[beyond.code, beyond.severity] += beyond.count

    @property
    def faults(self) -> int:
        """How many findings are faults, also of those that were counted only."""
        return sum(count for (_, severity), count in self._counts.items() if severity == "fault")

    @property
    def beyond(self) -> tuple[Beyond, ...]:
        """How many findings of each code were counted only."""
        return tuple(
            Beyond(code=code, severity=severity, count=count - LIMIT)
            for (code, severity), count in sorted(self._counts.items())
            if count > LIMIT
        )
