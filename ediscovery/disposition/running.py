"""Destruction unattended: what is approved is carried out, what is due is proposed. It decides nothing.

Plans wait in the folder of the settings, each in one of its own (``proposing``). Beside the decision that people sign
there they may put the permission of others, as a file of one line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ediscovery.disposition import carrying_out
from ediscovery.disposition.planning import NothingDueError
from ediscovery.disposition.proposing import DECISION, put_forward
from manifests.ceremony.carrying import read_carried_text
from manifests.console import local, plural
from manifests.decisions.files import load_decision
from manifests.mailing import send_mail
from schemas.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from ediscovery.disposition.carrying_out import GoneOn
    from ediscovery.disposition.proposing import Proposed
    from manifests.archive import Archive
    from manifests.ledger import Ledger

    Tell = Callable[[str, int, int], None]

PERMISSION = "permission.txt"
LONGEST_PERMISSION = 2_000
"""In bytes."""


@dataclass(slots=True)
class Ran:
    """What a run did: plans that were begun, that went on, the one that was proposed; and what it could not do.

    ``waiting`` are plans that are not begun, each with why.
    """

    begun: list[str] = field(default_factory=list)
    gone_on: list[GoneOn] = field(default_factory=list)
    proposed: Proposed | None = None
    waiting: dict[str, str] = field(default_factory=dict)
    failures: list[ArchiveError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Running:
    """One unattended run.

    ``name`` is what a plan is called that it proposes: random and unique. ``nonce`` is as for ``go_on``.
    """

    archive: Archive
    copies: Mapping[str, Ledger]
    environment: Mapping[str, str]
    name: str
    nonce: Callable[[], int]
    tell: Tell

    def run(self, *, today: date) -> Ran:
        """Begin what is approved, carry out what is begun, and propose what is due if nothing else is under way.

        What fails of one plan keeps no other from going on.
        """
        ran = Ran()
        for folder in self._proposed():
            self._begin(folder, ran)
        for plan in list(carrying_out.unfinished(self.archive)):
            try:
                ran.gone_on.append(
                    carrying_out.go_on(self.archive, plan.act.plan, self.copies, nonce=self.nonce, tell=self.tell)
                )
            except ArchiveError as error:
                ran.failures.append(error)
        if not ran.waiting and not any(True for _ in carrying_out.unfinished(self.archive)):
            self._propose(ran, today)
        return ran

    @property
    def folder(self) -> Path:
        """Where plans are put."""
        return self.archive.home / self.archive.settings.disposition.folder

    def _proposed(self) -> Iterator[Path]:
        """Yield the folders of plans that are proposed, with a decision in each."""
        plans = self.archive.ledger.history.plans
        for folder in sorted(self.folder.iterdir()) if self.folder.exists() else ():
            plan = plans.get(folder.name)
            if plan is not None and plan.state == "planned" and (folder / DECISION).exists():
                yield folder

    def _begin(self, folder: Path, ran: Ran) -> None:
        """Begin the plan of a folder if it is approved; one whose decision has expired is passed over."""
        try:
            decided = load_decision(folder / DECISION)
            if self.archive.now() <= decided.decision.expires:
                file = folder / PERMISSION
                permission = read_carried_text(file, LONGEST_PERMISSION) if file.exists() else ""
                ran.begun.append(carrying_out.begin(self.archive, decided, permission=permission))
        except ArchiveError as error:
            ran.waiting[folder.name] = error.what
            if error.family not in ("policy", "conflict"):
                ran.failures.append(error)  # it is not that somebody is still to approve it

    def _propose(self, ran: Ran, today: date) -> None:
        settings = self.archive.settings.disposition
        try:
            ran.proposed = put_forward(
                self.archive, name=self.name, as_of=today, days=settings.days, to=self.folder, tell=self.tell
            )
        except NothingDueError:
            return  # the ordinary day
        try:
            self._write_to_approvers(ran.proposed)
        except ArchiveError as error:
            ran.failures.append(error)  # the plan stands in its folder

    def _write_to_approvers(self, proposed: Proposed) -> None:
        mail, approvers = self.archive.settings.mail, self.archive.settings.disposition.approvers
        if mail is None or not approvers:
            return
        organisation = self.archive.settings.archive.organisation
        send_mail(
            mail,
            approvers,
            subject=f"{organisation}: {plural(proposed.planned.act.records, 'record')} to be destroyed, for approval",
            text="\n".join(self._letter(proposed)),
            at=self.archive.now(),
            environment=self.environment,
        )

    def _letter(self, proposed: Proposed) -> Iterator[str]:
        """Yield the lines of the letter; it says nothing of what records say."""
        act, decision = proposed.planned.act, proposed.decided.decision
        yield f"A plan of destruction waits for approval in the archive {self.archive.ledger.origin}."
        yield ""
        yield f"Plan      {act.plan}"
        yield f"Digest    {proposed.planned.digest.grouped}"
        yield f"Records   {act.records:,}, due on {act.as_of}"
        for one in act.series:
            yield f"          {one.records:,} of {', '.join(one.series)}: {'; '.join(one.titles)}"
        yield f"Approval  by {' and '.join(act.roles) or 'two people'}, until "
        yield f"          {local(decision.expires, self.archive.settings.zone)}"
        for permission in act.permissions:
            yield f"          with the permission of {permission}: say where it is in {PERMISSION} beside the decision"
        yield ""
        yield f"Read the list in {proposed.folder}, compare the digest, then:"
        yield f"  holdfast approve {proposed.decision} --with YOUR-KEY.pem"
        yield ""
        yield "Nothing is destroyed unless it is approved. Whoever thinks that something must be kept places a hold."
