"""What ``doctor`` says of a place: numbered steps, and what ails it: a code, what it means and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.canonical import Canonical
from schemas.findings import Finding, Step
from storage.objects import StoreUnsuitableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemas.errors import ArchiveError
    from schemas.findings import Severity, Verdict


class Ailment(Finding, frozen=True):
    """A promise that a place does not keep (``fault``), or what its owner should know; ``do`` mends it."""

    do: str


class Examination(Canonical, frozen=True):
    """The result of examining a place. What cannot be examined because of a fault makes no place sound."""

    place: str
    steps: tuple[Step, ...]
    findings: tuple[Ailment, ...]

    @property
    def sound(self) -> bool:
        """Whether the place keeps every promise."""
        return all(step.verdict != "faulty" for step in self.steps)


@dataclass(frozen=True, slots=True)
class Looked:
    """What one step found: how many things were tried, what ails, and a word for the report.

    A step that tried nothing is not checked, and ``note`` says why.
    """

    tried: int
    ailments: tuple[Ailment, ...] = ()
    note: str | None = None

    @property
    def faulty(self) -> bool:
        """Whether a promise is broken."""
        return any(ailment.severity == "fault" for ailment in self.ailments)


def ailment_of(error: ArchiveError, *, key: str, severity: Severity = "fault") -> Ailment:
    """Return what ails according to an error: its code, what happened, what to do."""
    return Ailment(code=error.code, severity=severity, key=key, what=error.what, do=error.do)


def examined(
    place: str, titles: tuple[str, ...], looks: Iterator[Looked], tell: Callable[[str, int, int], None]
) -> Examination:
    """Return the examination that ``looks`` make, one a step; steps after the last one are not checked.

    ``tell`` is told the step, how many are done and how many there are.
    """
    steps: list[Step] = []
    findings: list[Ailment] = []
    for number, title in enumerate(titles, start=1):
        tell(title.partition(":")[0], number - 1, len(titles))
        looked = next(looks, Looked(0, note="because of the fault above"))
        verdict: Verdict = "faulty" if looked.faulty else "sound" if looked.tried else "not checked"
        steps.append(
            Step(
                number=number, title=title, checked=looked.tried, verdict=verdict, note=looked.note or _notices(looked)
            )
        )
        findings += looked.ailments
    return Examination(place=place, steps=tuple(steps), findings=tuple(findings))


def _notices(looked: Looked) -> str | None:
    count = sum(ailment.severity == "notice" for ailment in looked.ailments)
    return f"{count} notice{'' if count == 1 else 's'} below" if count else None


def refuse_faulty(examination: Examination) -> None:
    """Accept a place that keeps every promise, or refuse it.

    Raises:
        StoreUnsuitableError: it breaks one; the error names the first, and the fact ``promise`` its code.
    """
    for ailment in examination.findings:
        if ailment.severity == "fault":
            raise StoreUnsuitableError(
                f"No archive is made in {examination.place}: {ailment.what}",
                do=f"{ailment.do} 'holdfast doctor' shows everything that was tried.",
                promise=ailment.code,
                key=ailment.key,
            )
