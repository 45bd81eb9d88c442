"""What checking a package found: numbered steps, findings, and who vouches for what the records are proved under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.console import plural
from manifests.reporting import beyond_line, finding_line, printable, step_line, vouching_lines
from schemas.canonical import Canonical, Natural
from schemas.digest import Digest
from schemas.findings import Beyond, Finding, Step

if TYPE_CHECKING:
    from collections.abc import Iterator


class TransferReport(Canonical, frozen=True):
    """The result of checking a package; ``package`` is the SHA-256 of its tag manifest.

    ``verifier``, ``witnesses`` and ``roots`` (certificates of time stamps, by SHA-256) are what the package says of
    itself, to be compared with what their owners publish.
    """

    package: Digest
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    beyond: tuple[Beyond, ...] = ()
    transfer: str | None = None
    organisation: str | None = None
    records: Natural = 0
    verifier: str | None = None
    vouched: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    roots: tuple[Digest, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether everything was checked and nothing is at fault."""
        return all(step.verdict == "sound" for step in self.steps)

    def to_json(self) -> dict[str, object]:
        """Return the report as plain JSON values."""
        return self.to_plain() | {"sound": self.sound}

    def lines(self) -> Iterator[str]:
        """Yield the report for people; no line can act on a terminal, whatever the package says."""
        return map(printable, self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"Transfer {self.transfer or 'unknown'}: {'sound' if self.sound else 'NOT SOUND'}"
        if self.organisation:
            yield f"  {plural(self.records, 'record')} of {self.organisation}"
        yield from vouching_lines(
            verifier=self.verifier, vouched=self.vouched, witnesses=self.witnesses, roots=self.roots
        )
        yield from map(step_line, self.steps)
        yield from map(finding_line, self.findings)
        yield from map(beyond_line, self.beyond)
