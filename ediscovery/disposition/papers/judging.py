"""Whether a certificate of disposition agrees with itself and with the acts that it carries (FORMAT 6.7.2). Pure.

That the acts are in the ledger is asked elsewhere (``checking``).
"""

from __future__ import annotations

from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING

from manifests.dispositions.plans import Plan
from manifests.dispositions.rules import comes, demand_approved
from manifests.keyring import KeyPeriod, KeyRing
from manifests.notes import Checkpoint, SignedNote
from manifests.statements import uses_of
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.decisions.decided import Approver
    from schemas.certificate import Certificate
    from schemas.ledger import Heading, ObjectsCondemned

CONTRADICTS = "DISPOSITION_CONTRADICTS"


def approvers_of(certificate: Certificate, begun: Heading) -> tuple[Approver, ...]:
    """Return who approved the plan, judged as the ledger judges it, with the keys that the certificate names.

    Raises:
        DecisionRefusedError: too few people did, the wrong ones, or for another plan.
        IntegrityError: a signature does not fit.
    """
    planned = certificate.planned
    plan = Plan(act=planned.act, planner=planned.actor, planned=planned.index, at=planned.at)
    keys = KeyRing(certificate.origin, (KeyPeriod(0, uses_of(certificate.approvers)),))
    return demand_approved(plan, certificate.begun.act, begun, keys=keys, origin=certificate.origin)


def contradictions(certificate: Certificate, begun: Heading) -> Iterator[Finding]:
    """Yield what in a certificate does not agree; ``begun`` heads the entry from which on the plan is carried out."""
    for why in (*_of_plan(certificate), *_of_objects(certificate), *_of_order(certificate), *_of_holds(certificate)):
        yield fault(CONTRADICTS, why)
    try:
        approvers_of(certificate, begun)
    except ArchiveError as error:
        yield fault(error.code, error.what)


def checkpoint_of(certificate: Certificate) -> Checkpoint:
    """Return the checkpoint that a certificate carries; who signed it is not asked here.

    Raises:
        NoteMalformedError: it is none.
    """
    return Checkpoint.from_text(SignedNote.from_bytes(certificate.checkpoint.encode()).text)


def fault(code: str, what: str) -> Finding:
    """Return a fault of a certificate."""
    return Finding(code=code, severity="fault", key="certificate", what=what)


def _of_plan(certificate: Certificate) -> Iterator[str]:
    act = certificate.planned.act
    if {one.act.plan for one in certificate.acts} != {certificate.plan}:
        yield "It carries acts of another plan."
    if certificate.digest != Digest.of(act.to_bytes()):
        yield "The plan has another digest."
    if sum(series.records for series in act.series) != act.records:
        yield "The series do not add up to the records."
    cited = [pair for one in act.series for pair in zip_longest(one.series, one.cited, fillvalue="")]
    named = [(one.name, one.entry) for one in certificate.schedules]
    if len(set(named)) < len(named) or set(named) != {(str(name).partition("/")[0], entry) for name, entry in cited}:
        yield "It cites other schedules than the plan."
    if checkpoint_of(certificate).origin != certificate.origin:
        yield "Its checkpoint is another archive's."


def _of_objects(certificate: Certificate) -> Iterator[str]:
    named = [(key, each.index) for each in certificate.condemned for key in _condemned(each.act)]
    condemned = dict(named)
    destroyed = [(key, each.index) for each in certificate.destroyed for key in each.act.keys]
    if len(condemned) < len(named) or sorted(condemned) != sorted(key for key, _ in destroyed):
        yield "What was condemned is not what was destroyed."
    elif any(entry <= condemned[key] for key, entry in destroyed):
        yield "An object was destroyed before it was condemned."
    if [one.act.complete for one in certificate.condemned] != [False] * (len(certificate.condemned) - 1) + [True]:
        yield "The acts that condemn do not end with the one that is complete."
    if sorted((one.key, one.entry) for one in certificate.objects) != sorted(destroyed):
        yield "It lists other objects than those that were destroyed."
    places = [one.place for one in certificate.places]
    if len(set(places)) < len(places) or not all(set(each.act.places) <= set(places) for each in certificate.destroyed):
        yield "Not every place in which objects were destroyed was asked for them at the end."


def _condemned(act: ObjectsCondemned) -> Iterator[str]:
    yield from (one.was for one in act.replaced)
    yield from act.strays


def _of_order(certificate: Certificate) -> Iterator[str]:
    begun, made = certificate.begun, certificate.made_at
    last = max((one.at for one in certificate.destroyed), default=made)
    first = [certificate.planned.index, begun.index]
    orders = [[*first, *(one.index for one in acts)] for acts in (certificate.condemned, certificate.destroyed)]
    if not certificate.destroyed or any(one >= other for order in orders for one, other in pairwise(order)):
        yield "Its acts do not follow on each other."
    if last > made or any(not last <= one.at <= made for one in certificate.places):
        yield "A place was asked before the last object was destroyed, or after the certificate was made."
    if any(not begun.at <= one.at <= made for one in certificate.cleared):
        yield "Something was cleared before the plan began, or after the certificate was made."
    if any(one.at < comes(certificate.planned.act.as_of) for one in certificate.condemned):
        yield "Objects were condemned before the day for which they were due had begun everywhere."


def _of_holds(certificate: Certificate) -> Iterator[str]:
    holds, act = certificate.holds, certificate.planned.act
    condemned = max((one.index for one in certificate.condemned), default=certificate.begun.index)
    if holds.size != act.size or not condemned < holds.until <= checkpoint_of(certificate).size:
        yield "Holds were looked at for another ledger, or not until the last object was condemned."
    if not certificate.begun.at <= holds.checked <= certificate.made_at:
        yield "Holds were looked at before the plan began, or after the certificate was made."
