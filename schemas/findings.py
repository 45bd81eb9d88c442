"""What an audit says: numbered steps, and findings with a code, the object concerned, and words."""

from __future__ import annotations

from typing import Literal, TypeAlias

from schemas.canonical import Canonical, Natural

Severity: TypeAlias = Literal["fault", "notice"]
Verdict: TypeAlias = Literal["sound", "faulty", "not checked"]


class Finding(Canonical, frozen=True):
    """One thing that is not as it should be (``fault``), or that a reader should know (``notice``)."""

    code: str
    severity: Severity
    key: str
    what: str


class Step(Canonical, frozen=True):
    """One numbered step of an audit: what was checked, how many of them, and with which result."""

    number: Natural
    title: str
    checked: Natural
    verdict: Verdict
    note: str | None = None


class Report(Canonical, frozen=True):
    """The result of auditing an archive. ``size`` counts ledger entries, ``octets`` the bytes that were read."""

    origin: str
    size: Natural
    root: str
    records: Natural
    objects: Natural
    octets: Natural
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is at fault. What cannot be checked because of a fault makes no archive sound."""
        return all(step.verdict != "faulty" for step in self.steps)
