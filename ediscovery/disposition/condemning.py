"""What survives is written first; then acts condemn what goes: partitions, then exchanges, productions, strays.

Everything that an act names is durable before the act is. What is written has one name and the same bytes however often
it is done, so a run that was killed is simply run again.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.commands import searchable_whole
from ediscovery.disposition import produced
from ediscovery.disposition.choosing import may_go
from ediscovery.disposition.exchanges import Going, surviving_exchanges
from ediscovery.disposition.lists import by_partition, read_list
from ediscovery.disposition.strays import strays_of, unfinished_productions
from ediscovery.evidence import stored_at
from ediscovery.retention.eligible import eligible
from ediscovery.retention.in_force import InForce
from ediscovery.transfer.receiving import transferred
from manifests.dispositions.rules import PlanOvertakenError, refuse_newly_held
from schemas.disposition import Replaced
from schemas.ledger import ObjectsCondemned
from storage import layout, parquet
from storage.objects import Content, read_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from manifests.archive import Archive
    from manifests.history import History, Place
    from schemas.digest import Digest
    from schemas.ledger import DispositionPlanned, Produced

LARGEST_ACT = 256 << 10
"""How many bytes an act takes at most; an entry may have four times as many."""


STRAYS_TOGETHER = 1_000


class NoLongerDueError(PlanOvertakenError):
    """A record of a plan is not due any more, or not there."""

    code = "NO_LONGER_DUE"


@dataclass(frozen=True, slots=True)
class Condemning:
    """A plan whose objects are being condemned, in the archive, under the plan's name."""

    archive: Archive
    plan: DispositionPlanned
    tell: Callable[[str, int, int], None]

    def condemn(self) -> None:
        """Condemn everything that holds records of the plan, and say that it is complete.

        Raises:
            PlanOvertakenError: a hold was placed since the plan was made, or a record is not due any more; what was not
                condemned yet stays.
            IntegrityError: an object is not what was stored; nothing of it is condemned.
            UnavailableError: not everything is condemned; it may be tried again.
        """
        archive, plan = self.archive, self.plan
        self._refuse_held(archive.ledger.history)
        accounts, sent = self._accounts(), frozenset(transferred(archive))
        for done, (account, planned) in enumerate(accounts.items()):
            self.tell("accounts", done, len(accounts))
            self._partitions(account, planned, sent)
            going = Going.of(archive, account, planned, plan.plan)
            self._append(account, surviving_exchanges(archive, account, going, plan.plan, self.tell))
            self._strays(account, strays_of(archive, account))
        self._append(None, self._productions())
        self._strays(None, unfinished_productions(archive))
        act = ObjectsCondemned(plan=plan.plan, complete=True)
        archive.append(lambda history: () if history.plans[plan.plan].complete is not None else (act,))

    def _refuse_held(self, history: History) -> None:
        refuse_newly_held(history, history.plans[self.plan.plan])

    def _accounts(self) -> dict[str, dict[str, frozenset[Digest]]]:
        """Return the planned records by account and partition; the whole list is proved by that."""
        found: dict[str, dict[str, frozenset[Digest]]] = {}
        for key, records in by_partition(read_list(self.archive.store, self.plan)):
            found.setdefault(layout.account(key), {})[key] = records
        return found

    def _partitions(self, account: str, planned: Mapping[str, frozenset[Digest]], sent: frozenset[Digest]) -> None:
        history = self.archive.ledger.history
        places = [place for place in history.places(account) if place.partition.stored.key in planned]
        left = [
            place for place in places if history.replacements.before(place.partition.stored, self.plan.plan) is None
        ]
        if len(places) < len(planned):
            raise _not_due("A partition of the plan is not in the ledger.")
        if left:
            keys = [place.partition.stored.key for place in left]
            self._demand_due(account, {record.raw for key in keys for record in planned[key]}, sent)
            self._append(account, (self._partition(place, planned[place.partition.stored.key]) for place in left))

    def _demand_due(self, account: str, planned: set[bytes], sent: frozenset[Digest]) -> None:
        """Check, with all that the ledger says now, that every record may go and is under no hold.

        Raises:
            NoLongerDueError: one is not.
        """
        archive = self.archive
        in_force = InForce.of(archive.ledger)
        going = produced.due(archive, in_force, as_of=self.plan.as_of)
        if not set(self.plan.productions) <= {act.production for act in going}:
            raise _not_due("A production of the plan is not due any more.")
        without = tuple(archive.ledger.history.produced[name] for name in self.plan.productions)
        with searchable_whole(archive, (account,)) as opened:
            judged = eligible(archive, opened, in_force, as_of=self.plan.as_of, accounts=(account,))
            lasting = planned - may_go(judged, transferred=sent)
        lasting |= self._produced(without) & planned
        if lasting:
            raise _not_due(f"Record {min(lasting).hex()} is not due any more, or under a hold, or was produced.")

    def _produced(self, without: tuple[Produced, ...]) -> set[bytes]:
        if not any(act not in without for act in produced.standing(self.archive)):
            return set()
        with searchable_whole(self.archive) as opened:
            return {record.raw for record in produced.needed(self.archive, opened, without=without)}

    def _partition(self, place: Place, records: frozenset[Digest]) -> Replaced:
        store, plan, stored = self.archive.store, self.plan.plan, stored_at(place)
        key = place.partition.stored.key
        left = parquet.survivors(io.BytesIO(read_stored(store, stored)), records)
        now = store.put_new(layout.surviving(key, plan), Content.of(left.content)) if left.content else None
        leaves = store.put_new(layout.leaves(key, plan), Content.of(left.leaves)) if place.leaves is None else None
        return Replaced(key=key, was=stored.key, now=now, leaves=leaves, rows=left.rows)

    def _productions(self) -> Iterator[Replaced]:
        history = self.archive.ledger.history
        for name in self.plan.productions:
            document = history.produced[name].document
            if history.replacements.find(document.key) is None:
                yield Replaced(key=document.key, was=document.key)

    def _strays(self, account: str | None, found: Iterator[str]) -> None:
        strays = tuple(found)
        for start in range(0, len(strays), STRAYS_TOGETHER):
            act = ObjectsCondemned(plan=self.plan.plan, account=account, strays=strays[start : start + STRAYS_TOGETHER])
            self._commit(act)

    def _append(self, account: str | None, replaced: Iterable[Replaced]) -> None:
        """Condemn objects, in as few acts as hold them."""
        waiting: list[Replaced] = []
        octets = 0
        for one in replaced:
            waiting.append(one)
            octets += len(one.to_bytes())
            if octets >= LARGEST_ACT:
                self._commit(ObjectsCondemned(plan=self.plan.plan, account=account, replaced=tuple(waiting)))
                waiting, octets = [], 0
        if waiting:
            self._commit(ObjectsCondemned(plan=self.plan.plan, account=account, replaced=tuple(waiting)))

    def _commit(self, act: ObjectsCondemned) -> None:
        self.archive.append(lambda _history: (act,))


def _not_due(what: str) -> NoLongerDueError:
    return NoLongerDueError(
        what, do="Nothing further of this plan is destroyed. Plan again: what is due then is in the new plan."
    )
