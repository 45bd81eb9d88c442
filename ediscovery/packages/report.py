"""What checking a package found: of its files, of what the ledger says of it, and of the production in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.production.report import ProductionReport
from ediscovery.production.steps import is_sound
from manifests.reporting import finding_line, printable, step_line, vouching_lines
from schemas.canonical import Canonical
from schemas.digest import Digest
from schemas.findings import Finding, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

DERIVED = 4
"""The step that makes derived files anew: only the version that wrote them can."""


class PackageReport(Canonical, frozen=True):
    """The result of checking one package. ``package`` is SHA-256 of its ``tagmanifest-sha256.txt``.

    ``vouched`` is who vouches for the checkpoint under which the archive sealed it, in words; ``production`` is the
    check of the signed document in it, absent where there is none that can be read.
    """

    package: Digest
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    production: ProductionReport | None = None
    verifier: str | None = None
    vouched: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    roots: tuple[Digest, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is at fault, in the package and in the production."""
        own = is_sound(self.steps, open_steps=frozenset({DERIVED}))
        return own and self.production is not None and self.production.sound

    def to_json(self) -> dict[str, object]:
        """Return the report as plain JSON values."""
        production = self.production.to_json() if self.production else None
        return self.to_plain() | {"sound": self.sound, "production": production}

    def to_text(self) -> str:
        """Return the report for people, one fact a line."""
        own = "\n".join(printable(line) for line in self._lines())
        return f"{own}\n\n{self.production.to_text()}" if self.production else own

    def _lines(self) -> Iterator[str]:
        yield f"Package {self.package}: {'sound' if self.sound else 'NOT SOUND'}"
        yield from vouching_lines(
            verifier=self.verifier, vouched=self.vouched, witnesses=self.witnesses, roots=self.roots
        )
        yield from map(step_line, self.steps)
        yield from map(finding_line, self.findings)
