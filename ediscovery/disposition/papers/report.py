"""What checking a certificate of disposition found: steps, findings, who signed, and what it certifies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.production.facts import SignatureFacts, signature_lines
from ediscovery.production.steps import TRUST, is_sound
from manifests.console import plural
from manifests.reporting import finding_line, printable, step_line, vouching_lines
from schemas.canonical import Canonical, Natural
from schemas.digest import Digest
from schemas.findings import Finding, Step
from schemas.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator

LEDGER = 9
"""The step that asks the archive's own ledger."""


class Certified(Canonical, frozen=True):
    """What a certificate says, in short; ``first`` and ``last`` are months, ``approved_by`` people with their roles."""

    organisation: str
    origin: str
    plan: str
    digest: Digest
    records: Natural
    objects: Natural
    series: tuple[str, ...]
    first: str
    last: str
    made_at: Instant
    approved_by: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()


class CertificateReport(Canonical, frozen=True):
    """The result of checking one certificate. ``octets`` is the size of the file that was checked, in bytes.

    The rest is as in the report on a production.
    """

    octets: int
    sha256: Digest
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    certified: Certified | None = None
    verifier: str | None = None
    signature: SignatureFacts | None = None
    vouched: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    roots: tuple[Digest, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is at fault, and nothing was left unchecked but whom to trust and a ledger not at hand."""
        return is_sound(self.steps, open_steps=frozenset({TRUST, LEDGER}))

    def to_json(self) -> dict[str, object]:
        """Return the report as plain JSON values."""
        return self.to_plain() | {"sound": self.sound}

    def to_text(self) -> str:
        """Return the report for people, one fact a line."""
        return "\n".join(printable(line) for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"Certificate of disposition: {'sound' if self.sound else 'NOT SOUND'}"
        if self.certified:
            yield from _certified_lines(self.certified)
        if self.signature:
            yield from signature_lines(self.signature)
        yield from vouching_lines(
            verifier=self.verifier, vouched=self.vouched, witnesses=self.witnesses, roots=self.roots
        )
        yield from map(step_line, self.steps)
        yield from map(finding_line, self.findings)


def _certified_lines(certified: Certified) -> Iterator[str]:
    yield f"  From    {certified.organisation}, archive {certified.origin}"
    yield f"  Plan    {certified.plan}, digest {certified.digest.grouped}"
    yield (
        f"  Of      {plural(certified.records, 'record')} of {certified.first} to {certified.last}, in "
        f"{plural(certified.objects, 'object')}; certified at {certified.made_at}"
    )
    yield from (f"          {series}" for series in certified.series)
    if certified.approved_by:
        yield f"  By      {', '.join(certified.approved_by)}"
    yield from (f"  Except  {words}" for words in certified.exceptions)
