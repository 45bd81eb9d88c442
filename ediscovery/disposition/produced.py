"""Productions and destruction: what was handed over is kept as long as its series says, and with it all it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.evidence import read_hits
from ediscovery.production.handed_over import manifest_of, standing
from ediscovery.retention.reckoning import Facts, day_of, longest, reckon
from manifests.locking import accounts_of

if TYPE_CHECKING:
    from datetime import date

    from ediscovery.retention.in_force import InForce
    from ediscovery.search import Search
    from manifests.archive import Archive
    from schemas.digest import Digest
    from schemas.ledger import Produced


def due(archive: Archive, in_force: InForce, *, as_of: date) -> tuple[Produced, ...]:
    """Return the productions that may be destroyed on a day: their series says so, and no hold is on what they show.

    Raises:
        IntegrityError: one cannot be read.
    """
    classification = in_force.classification
    if classification is None or not classification.productions:
        return ()
    several = [in_force.schedules.resolve(name) for name in classification.productions]

    def is_due(act: Produced) -> bool:
        at = archive.ledger.history.produced_at[act.production]
        reckoned = []
        for one in several:
            day = day_of(at, one.calendar)
            reckoned.append(reckon(one.series, Facts(created=day, captured=day, last_activity=day), one.calendar))
        decided = longest(*reckoned)
        return decided.due is not None and decided.due <= as_of and decided.series.disposal == "destroy"

    held = {
        account
        for hold in archive.ledger.history.holds.values()
        for one in hold.covered
        for account in accounts_of(one.scope, archive.ledger.history)
    }
    found = tuple(act for act in standing(archive) if is_due(act))
    return tuple(act for act in found if not held & {one.account for one in manifest_of(archive, act).records})


def needed(archive: Archive, opened: Search, *, without: tuple[Produced, ...]) -> frozenset[Digest]:
    """Return the records that productions but ``without`` show: what was asked for, its versions, its thread.

    Raises:
        IntegrityError: a production cannot be read.
    """
    found: set[Digest] = set()
    for act in standing(archive):
        if act not in without:
            for one in manifest_of(archive, act).records:
                found |= _shown(archive, opened, one.record)
    return frozenset(found)


def _shown(archive: Archive, opened: Search, record: Digest) -> set[Digest]:
    hit = opened.find_record(record.hex)
    if hit is None:
        return {record}
    thread = read_hits(archive, (hit,))[record].view.thread or hit.item
    around = (hit, *opened.thread(hit.account, thread))
    return {version.record for one in around for version in opened.versions(one.account, one.item)}
