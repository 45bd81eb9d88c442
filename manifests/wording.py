"""What the ledger says, act by act, in plain words."""

from __future__ import annotations

from datetime import UTC, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from manifests.console import local, plural
from manifests.decisions.decided import Decided
from manifests.statements import read_statement
from schemas.decisions import Disposition, HoldRelease
from schemas.ledger import (
    AccountRegistered,
    Act,
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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.holds import Scope
    from schemas.instant import Instant
    from schemas.ledger import Act, Attempt


ATTEMPTS: dict[Attempt, str] = {
    "adopt": "adopting a schedule or classification",
    "place-hold": "placing a hold",
    "amend-hold": "amending the hold",
    "release-hold": "releasing the hold",
    "destroy": "carrying out the plan",
    "stop": "stopping the plan",
    "open-matter": "opening a matter",
    "close-matter": "closing the matter",
}


def describe(act: Act, zone: tzinfo = UTC) -> str:  # noqa: C901, PLR0911, PLR0912 - a sentence for each act
    """Return an act in plain words; ``zone`` is where its reader is."""
    match act:
        case ArchiveCreated():
            return f"archive {act.origin} created for {act.organisation}"
        case AccountRegistered():
            return f"account {act.account.name} registered ({act.account.platform}, {act.account.url})"
        case Captured():
            found = ", ".join(
                words
                for number, words in (
                    (act.new, f"{act.new} new"),
                    (act.edited, f"{act.edited} edited"),
                    (act.absent, f"{act.absent} gone"),
                )
                if number
            )
            reason = f" ({act.poll.code}: {act.poll.reason})" if act.poll.code else ""
            return f"{act.poll.account} {act.poll.outcome}: {found or 'nothing new'}{reason}"
        case BatesAssigned():
            return f"numbers {act.bates} given to production {act.production}"
        case Produced():
            matter = f", in the matter {act.matter}" if act.matter is not None else ""
            return f"production {act.production} handed over: {plural(act.records, 'record')}, {act.bates}{matter}"
        case HoldPlaced():
            return f"hold {act.hold} placed on {scope_in_words(act.scope, zone)}: {act.reason}"
        case HoldAmended():
            return f"hold {act.hold} covers {scope_in_words(act.scope, zone)}, too: {act.reason}"
        case HoldReleased():
            return f"hold {act.hold} released{_decided(act.decision)}"
        case ScheduleAdopted():
            return f"schedule {act.schedule.name} adopted: {act.schedule.title}, edition {act.schedule.edition}"
        case ClassificationAdopted():
            return f"classification adopted: {act.classification.title}"
        case RecordsClassified():
            return f"{plural(len(act.records), 'record')} said to be of {', '.join(act.series)}: {act.reason}"
        case EventDeclared():
            about = ", ".join((*act.accounts, *(record.hex[:12] for record in act.records)))
            return f"{act.trigger} said to be on {act.on} for {about}: {act.reason}"
        case DispositionPlanned():
            return f"plan {act.plan} proposed: to destroy {plural(act.records, 'record')} due on {act.as_of}"
        case DispositionBegun():
            return f"plan {act.plan} begun{_decided(act.decision)}"
        case ObjectsCondemned():
            if act.complete and not act.replaced and not act.strays:
                return f"plan {act.plan}: everything is condemned"
            about = act.account or "productions"
            return f"plan {act.plan}: {plural(len(act.replaced) + len(act.strays), 'object')} of {about} condemned"
        case DeletionBegun():
            return f"plan {act.plan}: deleting {plural(len(act.keys), 'object')} from here on"
        case ObjectsDestroyed():
            return f"plan {act.plan}: {plural(len(act.keys), 'object')} destroyed in {', '.join(act.places)}"
        case DispositionStopped():
            return f"plan {act.plan} stopped: {act.reason}"
        case DispositionCertified():
            return (
                f"plan {act.plan} certified: {plural(act.records, 'record')} destroyed, "
                f"{plural(act.objects, 'object')} gone everywhere"
            )
        case LocksRenewed():
            return f"locks of {plural(act.objects, 'object')} renewed until {act.until}"
        case KeysChanged():
            return f"key statement {read_statement(act.statement).statement.version} adopted: other keys from here on"
        case AttestorsNamed():
            return _attestors(act)
        case RecordsTransferred():
            return f"transfer {act.transfer} of {plural(act.records, 'record')} received by {act.receiver}"
        case MatterOpened():
            law = f" under {act.jurisdiction}" if act.jurisdiction else ""
            held = f"with the hold {act.hold}" if act.hold else "without a hold"
            return f"matter {act.matter} opened: a {act.kind}{law}, received on {act.received}, {held}"
        case MatterStepped(until=None):
            return f"matter {act.matter}: {act.step} done on {act.on}"
        case MatterStepped():
            return f"matter {act.matter}: {act.step} due on {act.until}, as of {act.on}"
        case MatterClosed():
            return f"matter {act.matter} closed: {act.outcome.replace('-', ' ')}, on {act.on}"
        case AttemptRefused():
            return f"{ATTEMPTS[act.attempted]}{f' {act.about}' if act.about else ''} was refused: {act.code}"


def _attestors(act: AttestorsNamed) -> str:
    witnesses = ", ".join(witness.name for witness in act.witnesses) or "none"
    authorities = ", ".join(authority.name for authority in act.authorities) or "none"
    of_all = f" ({act.needed} of {len(act.witnesses)} needed)" if act.witnesses else ""
    return f"vouching for checkpoints from here on: witnesses {witnesses}{of_all}; time stamp authorities {authorities}"


def _decided(note: str) -> str:
    decided = Decided.from_text(note)
    approvers = " and ".join(signature.name.rpartition("/")[2] for signature in decided.note.signatures)
    match decided.decision.what:
        case HoldRelease(reason=reason):
            return f": {reason} (proposed by {decided.decision.proposer}, approved by {approvers})"
        case Disposition():
            return f" (proposed by {decided.decision.proposer}, approved by {approvers})"


def scope_in_words(scope: Scope, zone: tzinfo = UTC) -> str:
    """Return what a hold covers; where days of ``zone`` begin and end with it, they are named as days."""
    return ", ".join(_parts_of(scope, zone)) or "everything"


def _parts_of(scope: Scope, zone: tzinfo) -> Iterator[str]:
    if scope.accounts:
        yield ", ".join(scope.accounts)
    if scope.custodians:
        yield f"accounts of {', '.join(scope.custodians)}"
    if scope.since:
        yield f"from {_day(scope.since, zone) or local(scope.since, zone)}"
    if scope.until:
        last = _day(scope.until, zone, before=True)
        yield f"up to {last}" if last else f"before {local(scope.until, zone)}"
    if scope.query:
        yield f"what {scope.query!r} finds"
    if scope.records:
        yield plural(len(scope.records), "record")


def _day(instant: Instant, zone: tzinfo, *, before: bool = False) -> str | None:
    """Return the day of ``zone`` that begins at an instant, or the one before it; ``None``: none begins then."""
    moment = instant.to_datetime().astimezone(zone)
    return str(moment.date() - timedelta(days=int(before))) if moment.time() == time() else None
