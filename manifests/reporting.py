"""The lines that reports on checks have in common: for people, and safe on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.digest import Digest
    from schemas.findings import Beyond, Finding, Step

MARKS = {"sound": "✓", "faulty": "✗", "not checked": "–"}


def printable(line: str) -> str:
    """Return a line that cannot act on a terminal, whatever was checked says."""
    return "".join(letter if letter.isprintable() else f"[U+{ord(letter):04X}]" for letter in line)


def step_line(step: Step) -> str:
    """Return one step: ``✓ 1. Title: 6 checked, sound``."""
    note = f" ({step.note})" if step.note else ""
    return f"  {MARKS[step.verdict]} {step.number}. {step.title}: {step.checked:,} checked, {step.verdict}{note}"


def finding_line(finding: Finding) -> str:
    """Return one finding: ``FAULT CODE where: what``."""
    return f"{finding.severity.upper()} {finding.code} {finding.key}: {finding.what}"


def beyond_line(beyond: Beyond) -> str:
    """Return how many findings of a code are not listed: ``FAULT CODE: 3 more, which are not listed``."""
    return f"{beyond.severity.upper()} {beyond.code}: {beyond.count:,} more, which are not listed"


def vouching_lines(
    *, verifier: str | None, vouched: Sequence[str], witnesses: Sequence[str], roots: Sequence[Digest]
) -> Iterator[str]:
    """Yield who vouches for the checkpoint of what was handed over, and what its reader has to compare.

    ``verifier`` is the archive's key, ``vouched`` says in words who vouches; ``witnesses`` are keys, and ``roots`` the
    SHA-256 of certificates of time stamps, as what was handed over names them.
    """
    if verifier:
        yield f"  Archive key, to be compared with the one that its owner publishes: {verifier}"
    yield from (f"  {words}" for words in vouched)
    if witnesses:
        yield "  It names these keys of witnesses; compare them with what the witnesses publish:"
        yield from (f"    {key}" for key in witnesses)
    if roots:
        yield "  The time stamps rest on these certificates, by SHA-256; compare them with the authorities' own:"
        yield from (f"    {root}" for root in roots)
