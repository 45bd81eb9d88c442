"""What checking a package found: numbered steps, findings, and who vouches for what the records are proved under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.console import plural, step_line
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
        for line in self._lines():
            yield "".join(letter if letter.isprintable() else f"[U+{ord(letter):04X}]" for letter in line)

    def _lines(self) -> Iterator[str]:
        yield f"Transfer {self.transfer or 'unknown'}: {'sound' if self.sound else 'NOT SOUND'}"
        if self.organisation:
            yield f"  {plural(self.records, 'record')} of {self.organisation}"
        if self.verifier:
            yield f"  Archive key, to be compared with the one that its owner publishes: {self.verifier}"
        yield from (f"  {words}" for words in self.vouched)
        yield from (f"  A witness, to be compared likewise: {key}" for key in self.witnesses)
        yield from (f"  A certificate of time stamps, to be compared likewise: {root}" for root in self.roots)
        yield from (step_line(step) for step in self.steps)
        for finding in self.findings:
            yield f"{finding.severity.upper()} {finding.code} {finding.key}: {finding.what}"
        for beyond in self.beyond:
            yield f"{beyond.severity.upper()} {beyond.code}: {beyond.count:,} more"
