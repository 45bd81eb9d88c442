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
from ediscovery.production.handed_over import standing
from ediscovery.retention.eligible import eligible
from ediscovery.retention.in_force import InForce
from ediscovery.transfer.receiving import transferred
from manifests.dispositions.rules import PlanOvertakenError, refuse_newly_held
from schemas.disposition import Replaced
from schemas.ledger import (
    AccountRegistered,
    AttemptRefused,
    AttestorsNamed,
    BatesAssigned,
    Captured,
    DeletionBegun,
    DispositionBegun,
    DispositionCertified,
    DispositionPlanned,
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
    RecordsTransferred,
)
from storage import layout, parquet
from storage.objects import Content, read_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from manifests.archive import Archive
    from manifests.history import History, Place
    from schemas.digest import Digest
    from schemas.ledger import Act, Produced

LARGEST_ACT = 256 << 10
"""How many bytes an act takes at most; an entry may have four times as many."""


STRAYS_TOGETHER = 1_000


class NoLongerDueError(PlanOvertakenError):
    """A record of a plan is not due any more, or not there."""

    code = "NO_LONGER_DUE"


HARMLESS = (
    AccountRegistered,
    AttemptRefused,
    AttestorsNamed,
    BatesAssigned,
    DeletionBegun,
    DispositionBegun,
    DispositionCertified,
    DispositionPlanned,
    HoldAmended,
    HoldPlaced,
    HoldReleased,
    KeysChanged,
    LocksRenewed,
    MatterClosed,
    MatterOpened,
    MatterStepped,
    ObjectsDestroyed,
    RecordsTransferred,
)
"""Acts after which a record is due as it was before; of holds the rules of the acts themselves ask."""


@dataclass(slots=True)
class Condemning:
    """A plan whose objects are being condemned, in the archive, under the plan's name.

    ``_reckoned`` is the size of the ledger from which it was reckoned last that what goes may go.
    """

    archive: Archive
    plan: DispositionPlanned
    tell: Callable[[str, int, int], None]
    _reckoned: int = 0

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
        accounts = self._accounts()
        for done, (account, planned) in enumerate(accounts.items()):
            self.tell("accounts", done, len(accounts))
            self._partitions(account, planned)
            going = Going.of(archive, account, planned, plan.plan)
            self._append(account, surviving_exchanges(archive, account, going, plan.plan, self.tell))
            self._strays(account, strays_of(archive, account))
        if plan.productions:
            self._reckon_productions()
            self._append(None, self._productions(), again=self._reckon_productions)
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

    def _partitions(self, account: str, planned: Mapping[str, frozenset[Digest]]) -> None:
        if any(key not in self._keys(account) for key in planned):
            raise _not_due("A partition of the plan is not in the ledger.")
        left = self._left(account, planned)
        if not left:
            return
        if len(left) == len(planned):
            self._demand_due(account, planned)
        else:
            # Cut short in the middle of an account: what the plan itself condemned would be missed in a reckoning.
            self._reckoned = self._first_act(account) + 1
        replaced = (self._partition(place, planned[place.partition.stored.key]) for place in left)
        self._append(account, replaced, again=lambda: self._again(account, planned))

    def _again(self, account: str, planned: Mapping[str, frozenset[Digest]]) -> None:
        """Reckon again, as long as nothing of an account is condemned.

        Raises:
            NoLongerDueError: a record is not due, or that cannot be reckoned any more.
        """
        if len(self._left(account, planned)) < len(planned):
            raise _not_due(f"Something was said that may keep records of {account} after the first were condemned.")
        self._demand_due(account, planned)

    def _first_act(self, account: str) -> int:
        """Return the entry in which the plan condemned the first object of an account."""
        history = self.archive.ledger.history
        rows = history.registers.replacements("plan", self.plan.plan, size=history.size)
        return next(row.entry for row in rows if row.replaced.key.startswith(f"{layout.PARTITIONS}{account}/"))

    def _keys(self, account: str) -> frozenset[str]:
        return frozenset(place.partition.stored.key for place in self.archive.ledger.history.places(account))

    def _left(self, account: str, planned: Mapping[str, frozenset[Digest]]) -> list[Place]:
        """Return the partitions of the plan that it has not condemned yet."""
        history = self.archive.ledger.history
        return [
            place
            for place in history.places(account)
            if place.partition.stored.key in planned
            and history.replacements.before(place.partition.stored, self.plan.plan) is None
        ]

    def _demand_due(self, account: str, planned: Mapping[str, frozenset[Digest]]) -> None:
        """Check, with all that the ledger says now, that every record that is left may go and is under no hold.

        Raises:
            NoLongerDueError: one is not.
        """
        archive = self.archive
        archive.ledger.refresh()
        self._reckoned = archive.ledger.head.size
        left = {one.raw for place in self._left(account, planned) for one in planned[place.partition.stored.key]}
        in_force = InForce.of(archive.ledger)
        self._demand_productions_due(in_force)
        without = tuple(archive.ledger.history.produced[name] for name in self.plan.productions)
        with searchable_whole(archive, (account,), own=True) as opened:
            judged = eligible(archive, opened, in_force, as_of=self.plan.as_of, accounts=(account,))
            lasting = left - may_go(judged, transferred=frozenset(transferred(archive)))
        lasting |= self._produced(without) & left
        if lasting:
            raise _not_due(f"Record {min(lasting).hex()} is not due any more, or under a hold, or was produced.")

    def _demand_productions_due(self, in_force: InForce) -> None:
        """Check that every production of the plan that it has not condemned yet may go.

        Raises:
            NoLongerDueError: one may not, or another plan has it.
        """
        history = self.archive.ledger.history
        own = {
            name
            for name in self.plan.productions
            if history.replacements.before(history.produced[name].document, self.plan.plan) is not None
        }
        going = {act.production for act in produced.due(self.archive, in_force, as_of=self.plan.as_of)}
        if not set(self.plan.productions) - own <= going:
            raise _not_due("A production of the plan is not due any more, or gone with another plan.")

    def _produced(self, without: tuple[Produced, ...]) -> set[bytes]:
        if not any(act not in without for act in standing(self.archive)):
            return set()
        with searchable_whole(self.archive, own=True) as opened:
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

    def _reckon_productions(self) -> None:
        self.archive.ledger.refresh()
        self._reckoned = self.archive.ledger.head.size
        self._demand_productions_due(InForce.of(self.archive.ledger))

    def _strays(self, account: str | None, found: Iterator[str]) -> None:
        strays = tuple(found)
        for start in range(0, len(strays), STRAYS_TOGETHER):
            act = ObjectsCondemned(plan=self.plan.plan, account=account, strays=strays[start : start + STRAYS_TOGETHER])
            self._commit(act)

    def _append(
        self, account: str | None, replaced: Iterable[Replaced], *, again: Callable[[], None] | None = None
    ) -> None:
        """Condemn objects, in as few acts as hold them; ``again`` is as for ``_commit``."""
        waiting: list[Replaced] = []
        octets = 0
        for one in replaced:
            waiting.append(one)
            octets += len(one.to_bytes())
            if octets >= LARGEST_ACT:
                self._commit(ObjectsCondemned(plan=self.plan.plan, account=account, replaced=tuple(waiting)), again)
                waiting, octets = [], 0
        if waiting:
            self._commit(ObjectsCondemned(plan=self.plan.plan, account=account, replaced=tuple(waiting)), again)

    def _commit(self, act: ObjectsCondemned, again: Callable[[], None] | None = None) -> None:
        """Append an act; where something came in meanwhile after which less may be due, it is reckoned ``again``."""

        def build(history: History) -> tuple[ObjectsCondemned, ...]:
            if again and self._overtaken(history.size, act.account):
                return ()
            self._reckoned = history.size
            return (act,)

        while self.archive.append(build) is None:
            assert again is not None  # noqa: S101 - else the act would have been appended
            again()

    def _overtaken(self, size: int, account: str | None) -> bool:
        """Whether an entry since the last reckoning may keep something that is to be condemned."""
        acts = (act for index in range(self._reckoned, size) for act in self.archive.ledger.entry(index).acts)
        return any(self._matters(act, account) for act in acts)

    def _matters(self, act: Act, account: str | None) -> bool:
        match act:
            case Captured():
                # From an account's first act on, a capture is compared with what is left (the rule of ``base``).
                return act.poll.account == account and not self._begun(account)
            case ObjectsCondemned():
                return act.plan != self.plan.plan and act.account == account
            case _:
                return not isinstance(act, HARMLESS)

    def _begun(self, account: str) -> bool:
        entry = self.archive.ledger.history.condemned.get(account, -1)
        acts = self.archive.ledger.entry(entry).acts if entry >= 0 else ()
        return any(isinstance(act, ObjectsCondemned) and act.plan == self.plan.plan for act in acts)


def _not_due(what: str) -> NoLongerDueError:
    return NoLongerDueError(
        what, do="Nothing further of this plan is destroyed. Plan again: what is due then is in the new plan."
    )
