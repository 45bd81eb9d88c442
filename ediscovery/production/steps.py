"""The numbered steps of a check of what was handed over, and what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schemas.findings import Finding, Step, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TRUST = 4
"""The step that asks whether the certificate leads to a root that was given."""
MOST_FINDINGS = 1000


class Judged(NamedTuple):
    """One step of a check: how many were checked, and what was found of them."""

    title: str
    checked: int
    findings: Sequence[Finding]
    note: str | None = None


def steps_of(judged: Iterable[Judged]) -> tuple[Step, ...]:
    """Return the numbered steps of a report."""
    return tuple(
        Step(number=number, title=one.title, checked=one.checked, verdict=_verdict(one), note=one.note)
        for number, one in enumerate(judged, 1)
    )


def findings_of(judged: Iterable[Judged]) -> tuple[Finding, ...]:
    """Return the findings of a report, the first thousand."""
    return tuple(finding for one in judged for finding in one.findings)[:MOST_FINDINGS]


def is_sound(steps: Iterable[Step], *, open_steps: frozenset[int] = frozenset({TRUST})) -> bool:
    """Return whether nothing is at fault, and nothing left unchecked but ``open_steps``: by default whom to trust."""
    return all(
        step.verdict == "sound" or (step.verdict == "not checked" and step.number in open_steps) for step in steps
    )


def _verdict(one: Judged) -> Verdict:
    if any(finding.severity == "fault" for finding in one.findings):
        return "faulty"
    return "sound" if one.checked else "not checked"
