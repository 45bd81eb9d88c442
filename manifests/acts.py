"""The rules of acts (FORMAT 4.8): what may follow on what the ledger says. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from manifests.decisions.decided import Decided, refused
from manifests.dispositions.rules import check_disposing
from manifests.matters import check_matter, demand_matter, refuse_needed
from manifests.witness.cosignatures import Cosigner, Policy
from schemas.decisions import HoldRelease
from schemas.errors import ConflictError, InputError
from schemas.ledger import (
    FORMAT,
    AccountRegistered,
    ArchiveCreated,
    AttemptRefused,
    AttestorsNamed,
    BatesAssigned,
    Captured,
    ClassificationAdopted,
    DeletionBegun,
    DispositionBegun,
    DispositionCertified,
    DispositionPlanned,
    DispositionStopped,
    Entry,
    EventDeclared,
    HoldAmended,
    HoldPlaced,
    HoldReleased,
    KeysChanged,
    LocksRenewed,
    MatterClosed,
    MatterOpened,
    MatterStepped,
    ObjectsCondemned,
    ObjectsDestroyed,
    Produced,
    RecordsClassified,
    RecordsTransferred,
    ScheduleAdopted,
)
from schemas.roles import ROLES

if TYPE_CHECKING:
    from manifests.history import History
    from schemas.digest import Digest
    from schemas.holds import Scope
    from schemas.ledger import Act

ERROR_CODE = re.compile("[A-Z][A-Z0-9_]{0,63}", re.ASCII)
TO_RELEASE = 2
"""How many people must approve that a hold is released."""


class ActRefusedError(ConflictError):
    """An act does not fit what the ledger says already."""

    code = "ACT_REFUSED"


class FormatUnknownError(InputError):
    """The archive is written in a format that this version does not know."""

    code = "FORMAT_UNKNOWN"


def _act_refused(why: str, do: str) -> ActRefusedError:
    return ActRefusedError(why, do=do)


def check_acts(history: History, entry: Entry) -> None:
    """Check an entry's acts against what the ledger says, and against each other.

    Raises:
        ActRefusedError: one does not fit.
        StatementRefusedError, StatementUnsignedError: a key statement may not be adopted.
        DecisionRefusedError: what people must approve was not approved.
        PlanRefusedError: records may not be destroyed so.
        MatterRefusedError: a matter does not go on so, or one that is open needs a hold.
        FormatUnknownError: the archive is of a later format.
    """
    if not entry.acts:
        raise _act_refused("An entry needs at least one act.", "Report this.")
    if len(entry.acts) > 1 and not all(isinstance(act, Captured) for act in entry.acts):
        raise _act_refused("Only captures share an entry.", "Commit one act after the other.")
    if (entry.index == 0) is not isinstance(entry.acts[0], ArchiveCreated):
        raise _act_refused("A ledger begins with the creation of its archive, which is created once.", "Report this.")
    captured: set[str] = set()
    for act in entry.acts:
        _check(history, entry, act, others=captured)
        if isinstance(act, Captured):
            captured |= {act.poll.capture, act.poll.account}


def _check(history: History, entry: Entry, act: Act, *, others: set[str]) -> None:  # noqa: C901, PLR0912 - a case for each act
    match act:
        case ArchiveCreated():
            _check_created(act)
        case AccountRegistered():
            _check_registered(history, act)
        case Captured():
            _check_captured(history, act, entry, others=others)
        case BatesAssigned():
            _check_bates(history, act)
        case Produced():
            _check_produced(history, act, entry.index)
        case HoldPlaced():
            _check_placed(history, act)
        case HoldAmended():
            _check_held(history, act.hold)
            _check_scope(history, act.scope)
        case HoldReleased():
            _check_released(history, act, entry)
        case ScheduleAdopted():
            if len({series.item for series in act.schedule.series}) < len(act.schedule.series):
                raise _act_refused("A schedule has two series of one item number.", "Correct the schedule.")
        case ClassificationAdopted():
            pass
        case RecordsClassified():
            _check_known(history, (), act.records)
        case EventDeclared():
            _check_known(history, act.accounts, act.records)
        case (
            DispositionPlanned()
            | DispositionBegun()
            | ObjectsCondemned()
            | DeletionBegun()
            | ObjectsDestroyed()
            | DispositionStopped()
            | DispositionCertified()
        ):
            check_disposing(history, entry, act)
        case LocksRenewed():
            if act.size > entry.index or act.until < entry.at:
                raise _act_refused("Locks are renewed for what is in the ledger, into the future.", "Report this.")
        case KeysChanged():
            history.keys.adopting(act.statement, index=entry.index)
        case AttestorsNamed():
            _check_attestors(history, act)
        case RecordsTransferred():
            _check_transferred(history, act)
        case MatterOpened() | MatterStepped() | MatterClosed():
            check_matter(history, entry, act)
        case AttemptRefused():
            if not ERROR_CODE.fullmatch(act.code) or not (act.about is None or known(history, act.about)):
                raise _act_refused("A refusal has no code, or is about nothing that there is.", "Report this.")


def known(history: History, name: str) -> bool:
    """Return whether there is or was a plan, a hold or a matter of that name."""
    return any(name in names for names in (history.plans, history.holds, history.released, history.matters))


def _check_registered(history: History, act: AccountRegistered) -> None:
    if act.account.name in history.accounts:
        raise _act_refused(f"An account named {act.account.name!r} is registered already.", "Choose another name.")


def _check_created(act: ArchiveCreated) -> None:
    if act.format != FORMAT:
        raise FormatUnknownError(
            f"The archive is of format {act.format[:40]!r}; this version knows {FORMAT!r}.",
            do="Update Holdfast; nothing was changed.",
        )
    if any(key.purpose in ROLES for key in act.keys):
        raise _act_refused("People's keys come by key statements, which root keys sign.", "Hold the ceremony.")


def _check_captured(history: History, act: Captured, entry: Entry, *, others: set[str]) -> None:
    poll, account = act.poll, history.accounts.get(act.poll.account)
    if account is None:
        raise _act_refused(f"No account {poll.account!r} is registered.", "Register it first.")
    if poll.capture in others or history.find_capture(poll.capture) is not None:
        raise _act_refused(f"The capture {poll.capture} is in the ledger already.", "Nothing is to be done.")
    if poll.account in others:
        raise _act_refused(f"The entry carries two captures of {poll.account!r}.", "Commit one after the other.")
    before = history.last_capture.get(poll.account)
    if act.base != (before[0] if before else None):
        raise _act_refused(
            f"Another capture of {poll.account!r} was sealed meanwhile, or some of its records were destroyed.",
            "Compare with what is there and seal again.",
        )
    if not poll.started <= poll.ended:
        raise _act_refused(f"The capture {poll.capture} ended before it started.", "Correct the clock.")
    if any(partition.account != poll.account for partition in act.partitions):
        raise _act_refused(f"The capture {poll.capture} carries another account's records.", "Report this.")
    if act.base is not None and act.base >= entry.index:
        raise _act_refused(f"The capture {poll.capture} builds on a later one.", "Report this.")


def _check_bates(history: History, act: BatesAssigned) -> None:
    due = history.bates_next.get(act.bates.prefix, 1)
    if act.bates.first != due:
        raise _act_refused(
            f"The next number under {act.bates.prefix!r} is {due}, not {act.bates.first}.", "Number the pages again."
        )
    if act.production in history.bates:
        raise _act_refused(f"The production {act.production} has its numbers already.", "Start a new production.")


def _check_produced(history: History, act: Produced, index: int) -> None:
    if history.bates.get(act.production) != act.bates:
        raise _act_refused(f"The production {act.production} was not given these numbers.", "Number it first.")
    if act.production in history.produced:
        raise _act_refused(f"The production {act.production} is sealed already.", "Start a new production.")
    if not 0 < act.ledger_size <= index:
        raise _act_refused(f"The production {act.production} is proved at a later ledger.", "Report this.")
    if act.matter is not None:
        demand_matter(history, act.matter)
    if any(entry >= act.ledger_size for entry in history.condemned.values()) or history.replacements.is_out(
        act.document.key
    ):
        raise _act_refused(
            f"Records were condemned while the production {act.production} was made.",
            "Make it again: it may show some.",
        )


def _check_placed(history: History, act: HoldPlaced) -> None:
    if act.hold in history.holds or act.hold in history.released:
        raise _act_refused(f"There is or was a hold named {act.hold!r}.", "Choose another name.")
    _check_scope(history, act.scope)


def _check_scope(history: History, scope: Scope) -> None:
    unknown = [name for name in scope.accounts if name not in history.accounts]
    if unknown:
        raise _act_refused(f"No account {unknown[0]!r} is registered.", "Name registered accounts.")
    owners = {owner for account in history.accounts.values() for owner in account.custodians}
    strangers = [name for name in scope.custodians if name not in owners]
    if strangers:
        raise _act_refused(f"No account has the custodian {strangers[0]!r}.", "Name custodians as they are registered.")
    if scope.since is not None and scope.until is not None and not scope.since < scope.until:
        raise _act_refused("The hold would end before it begins, and cover nothing.", "Exchange the two dates.")


def _check_held(history: History, hold: str) -> None:
    if hold not in history.holds:
        raise _act_refused(f"There is no hold {hold!r} in force.", "See 'holdfast hold list'.")


def _check_released(history: History, act: HoldReleased, entry: Entry) -> None:
    _check_held(history, act.hold)
    refuse_needed(history, act.hold)
    decided = Decided.from_text(act.decision)
    what = decided.decision.what
    if not isinstance(what, HoldRelease) or what.hold != act.hold:
        raise refused(f"it is not about the hold {act.hold!r}", "Give the file of that hold's release.")
    origin = history.created.origin if history.created else ""
    decided.demand(history.keys, origin=origin, people=TO_RELEASE, index=entry.index, at=entry.at)


def _check_known(history: History, accounts: tuple[str, ...], records: tuple[Digest, ...]) -> None:
    if not accounts and not records:
        raise _act_refused("It is not said what this is about.", "Name records, or accounts.")
    unknown = [name for name in accounts if name not in history.accounts]
    if unknown:
        raise _act_refused(f"No account {unknown[0]!r} is registered.", "Name registered accounts.")


def _check_attestors(history: History, act: AttestorsNamed) -> None:
    try:
        Policy(act.needed, tuple(Cosigner.from_text(witness.key) for witness in act.witnesses))
    except InputError as error:
        raise _act_refused(error.what, error.do) from error
    for named in (act.witnesses, act.authorities):
        names = [one.name for one in named]
        if names != sorted(set(names)):
            raise _act_refused(
                "Witnesses and authorities are named once each, in the order of their names.", "Report this."
            )
    for authority in act.authorities:
        if not authority.roots or len(set(authority.roots)) < len(authority.roots):
            raise _act_refused(f"The authority {authority.name!r} has no roots, or one twice.", "Report this.")
    if act == history.attestors_at(history.size):
        raise _act_refused("The ledger names these witnesses and authorities already.", "Nothing is to be done.")


def _check_transferred(history: History, act: RecordsTransferred) -> None:
    if act.transfer in history.transferred:
        raise _act_refused(f"The receipt for the transfer {act.transfer} is in the ledger.", "Nothing is to be done.")
    if not act.records:
        raise _act_refused(f"The transfer {act.transfer} holds no record.", "Report this.")
