"""What checking a production found: steps, findings, the signature's facts, and what each record proved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.production.facts import SignatureFacts, signature_lines
from ediscovery.production.steps import is_sound
from manifests.reporting import finding_line, printable, step_line, vouching_lines
from schemas.canonical import Canonical
from schemas.digest import Digest
from schemas.findings import Finding, Step

if TYPE_CHECKING:
    from collections.abc import Iterator


class RecordVerdict(Canonical, frozen=True):
    """What was found of one record: what it proved, in plain words, or the code and words of what is wrong."""

    record: Digest
    bates: str
    proved: tuple[str, ...] = ()
    code: str | None = None
    what: str | None = None


class ProductionReport(Canonical, frozen=True):
    """The result of checking one production. ``octets`` is the size of the file that was checked, in bytes.

    ``volume`` says which part of what was found it is, if it is one. ``vouched`` is who vouches for its checkpoint, in
    words. ``witnesses`` are the keys that its cosignatures were
    verified with, ``roots`` the SHA-256 of the certificates that its time stamps were verified with: both are what the
    production says, to be compared with what their owners publish.
    """

    octets: int
    sha256: Digest
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    production: str | None = None
    organisation: str | None = None
    matter: str | None = None
    bates: str | None = None
    volume: str | None = None
    verifier: str | None = None
    signature: SignatureFacts | None = None
    vouched: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    roots: tuple[Digest, ...] = ()
    records: tuple[RecordVerdict, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is at fault and nothing was left unchecked but whom to trust."""
        return is_sound(self.steps)

    def to_json(self) -> dict[str, object]:
        """Return the report as plain JSON values."""
        return self.to_plain() | {"sound": self.sound}

    def to_text(self) -> str:
        """Return the report for people, one fact a line."""
        return "\n".join(printable(line) for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"Production {self.production or 'unknown'}: {'sound' if self.sound else 'NOT SOUND'}"
        for name, value in (
            ("Matter", self.matter),
            ("From", self.organisation),
            ("Bates", self.bates),
            ("Volume", self.volume),
        ):
            if value:
                yield f"  {name:8}{value}"
        if self.signature:
            yield from signature_lines(self.signature)
        yield from vouching_lines(
            verifier=self.verifier, vouched=self.vouched, witnesses=self.witnesses, roots=self.roots
        )
        yield from map(step_line, self.steps)
        yield from map(finding_line, self.findings)
        proved = sum(1 for record in self.records if record.code is None)
        if self.records:
            yield f"{proved} of {len(self.records)} records proved themselves:"
        for record in self.records:
            yield f"  {record.bates} {'proved' if record.code is None else f'NOT PROVED, {record.code}'}"
            yield from (f"    {statement}" for statement in (record.proved if record.code is None else (record.what,)))
