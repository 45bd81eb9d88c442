"""What an audit says: numbered steps, findings with a code, the object and words, and what was not checked."""

from __future__ import annotations

from typing import Literal, TypeAlias

from schemas.canonical import Canonical, Natural
from schemas.digest import Digest
from schemas.instant import Instant

Severity: TypeAlias = Literal["fault", "notice"]
Verdict: TypeAlias = Literal["sound", "faulty", "not checked"]
Mode: TypeAlias = Literal["full", "incremental", "sampled"]


class Finding(Canonical, frozen=True):
    """One thing that is not as it should be (``fault``), or that a reader should know (``notice``)."""

    code: str
    severity: Severity
    key: str
    what: str


class Beyond(Canonical, frozen=True):
    """How many findings of one code were counted and are not listed, because there were too many."""

    code: str
    severity: Severity
    count: Natural


class Step(Canonical, frozen=True):
    """One numbered step of an audit: what was checked, how many of them, and with which result."""

    number: Natural
    title: str
    checked: Natural
    verdict: Verdict
    note: str | None = None


class Kept(Canonical, frozen=True):
    """What an auditor keeps of a sound audit, to go on from: the ledger's size and root, and the checkpoint keys.

    ``at`` is when that audit began.
    """

    format: str
    origin: str
    size: Natural
    root: Digest
    keys: tuple[str, ...]
    at: Instant


class Sample(Canonical, frozen=True):
    """Which objects were read: ``objects`` of ``population``, chosen by ``seed`` (FORMAT 8.4).

    If more than ``tolerated`` in a million were at fault, one of them would have been among these with a probability
    of ``confidence`` in a million at least.
    """

    seed: str
    objects: Natural
    population: Natural
    tolerated: Natural
    confidence: Natural


class Resumed(Canonical, frozen=True):
    """How many objects were not read again, because an earlier run that was cut short had found them sound.

    ``since`` is when the first such run began.
    """

    objects: Natural
    octets: Natural
    since: Instant


class Guarded(Canonical, frozen=True):
    """How the live store guards the objects that the ledger names: how many are locked in which mode, and held."""

    objects: Natural
    compliance: Natural = 0
    governance: Natural = 0
    held: Natural = 0
    first_end: Instant | None = None


class Report(Canonical, frozen=True):
    """The result of auditing an archive.

    ``size`` counts ledger entries, ``objects`` those that the ledger names, ``read`` those of them that were read, and
    ``octets`` the bytes that were. ``checkpoint`` is the newest sound one in the store. ``unread`` says in words what
    was not checked, ``beyond`` how many findings are not listed.
    """

    mode: Mode
    origin: str
    size: Natural
    root: Digest
    keys: tuple[str, ...]
    records: Natural
    objects: Natural
    read: Natural
    octets: Natural
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    unread: tuple[str, ...] = ()
    beyond: tuple[Beyond, ...] = ()
    checkpoint: str | None = None
    since: Kept | None = None
    sample: Sample | None = None
    resumed: Resumed | None = None
    guarded: Guarded | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing is at fault. What cannot be checked because of a fault makes no archive sound."""
        return all(step.verdict != "faulty" for step in self.steps)


class AuditStatement(Canonical, frozen=True):
    """A report as its auditor signs it: who looked at which store, with which program, when.

    ``sound`` repeats what follows from the report's steps.
    """

    format: str
    auditor: str
    software: str
    store: str
    begun: Instant
    ended: Instant
    sound: bool
    report: Report
