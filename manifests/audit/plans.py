"""The lists of plans, read once, and what is gone held to them (FORMAT 4.13.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.audit.captures import Checked, Counted
from manifests.audit.found import Found
from manifests.audit.reading import hashed
from schemas.disposition import PlannedRecords
from schemas.errors import ArchiveError
from schemas.merkle import CompactRange
from storage.objects import ObjectAlteredError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.audit.destruction import NamedPlan
    from manifests.audit.reading import Hashed
    from manifests.audit.register import Register
    from schemas.ledger import DispositionPlanned
    from storage.objects import ObjectStore

LINE_LIMIT = 256 << 20
"""Bytes of a line: the ids of more records than a partition can hold."""


def read_plans(store: ObjectStore, register: Register) -> Checked:
    """Read the lists of the plans that are wanted into the register, and return what is right and wrong with them.

    Raises:
        UnavailableError: the store cannot be read.
    """
    checked = Checked()
    for plan in register.destruction.plans():
        key = plan.act.listed.key
        checked.counted += Counted(objects=1, octets=plan.act.listed.size)
        found, broken = Found(), None
        try:
            with hashed(store, plan.act.listed) as stream:
                try:
                    _read_list(stream, plan, register, found)
                except ArchiveError as error:
                    broken = error
                stream.check(plan.act.listed)
        except ArchiveError as error:
            checked.objects.error(error, key)
            continue
        if broken is not None:
            found.error(broken, key)
        checked.plans.take(found)
        if not found.findings:
            register.destruction.accept_list(plan.number)
    return checked


def _read_list(stream: Hashed, plan: NamedPlan, register: Register, found: Found) -> None:
    tree = CompactRange()
    for line in _lines(stream, plan.act):
        listed = PlannedRecords.from_bytes(line)
        if register.find_act(listed.partition) is None:
            what = f"This list has records of {listed.partition!r}, which no capture names."
            found.fault("PLAN_LIST_DIFFERS", plan.act.listed.key, what)
        register.destruction.add_listed(plan.number, listed.partition, listed.records)
        tree = tree.extend(listed.records)
    if (tree.size, tree.root) != (plan.act.records, plan.act.records_root):
        what = "The records in this list are not those that were proposed: their number or root is another."
        found.fault("PLAN_LIST_DIFFERS", plan.act.listed.key, what)


def _lines(stream: Hashed, act: DispositionPlanned) -> Iterator[bytes]:
    """Yield the lines of a list, each without the newline that ends it.

    Raises:
        ObjectAlteredError: the last one has none, or one is too long.
    """
    rest = b""
    while chunk := stream.read():
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
        if len(rest) > LINE_LIMIT:
            break
    if rest:
        raise ObjectAlteredError(
            f"The object {act.listed.key} is no list of lines.", do="Keep it and report it.", key=act.listed.key
        )


def judge_plans(register: Register) -> Found:
    """Return what is gone and was not planned, and what is certified as gone and is not, as far as that was read."""
    found, destruction = Found(), register.destruction
    for key, record in destruction.unplanned():
        what = f"Record {record} is gone from this partition, and no plan that replaced the partition lists it."
        found.fault("RECORD_UNPLANNED", key, what)
    for plan, key, record in destruction.not_gone():
        what = f"Record {record} is certified as destroyed by the plan {plan}, and this partition has not lost it."
        found.fault("RECORD_NOT_GONE", key, what)
    return found
