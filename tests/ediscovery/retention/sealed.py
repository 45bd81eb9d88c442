"""Archives whose records are described and not captured: real partitions in a real store, named by a real ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ediscovery.commands import searchable_whole
from ediscovery.retention.eligible import TELLING, eligible
from ediscovery.retention.explaining import explain
from ediscovery.retention.in_force import InForce
from schemas.account import Account
from schemas.ledger import AccountRegistered
from schemas.partition import Partition
from schemas.retention import DISPOSALS
from storage import layout
from storage.objects import Content
from storage.parquet import write_partition
from tests.manifests.archives import archive_in, captured

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path
    from typing import Any

    from manifests.archive import Archive
    from schemas.ledger import Act
    from tests.ediscovery.partitions import Version

ROWS = 4  # in a partition: what belongs together lies apart


def account(name: str, *, officials: tuple[str, ...] = (), custodians: tuple[str, ...] = ()) -> Account:
    """An account of a feed."""
    url = f"https://{name}.example/feed.xml"
    return Account(name=name, platform="feed", url=url, title=name, officials=officials, custodians=custodians)


def sealed(
    home: Path, versions: Sequence[Version], *, accounts: Sequence[Account], acts: Sequence[Act] = (), rows: int = ROWS
) -> Archive:
    """An archive of these accounts with these records, in which acts were committed one after the other."""
    archive = archive_in(home)
    for one in accounts:
        archive.append(lambda _history, one=one: (AccountRegistered(account=one),))
        records = [version.record for version in dict.fromkeys(versions) if version.account == one.name]
        partitions = tuple(
            _partition(archive, one, records[start : start + rows], start) for start in range(0, len(records), rows)
        )
        act = replace(captured(f"c-{one.name}", account=one.name), partitions=partitions)
        archive.append(lambda _history, act=act: (act,))
    for act in acts:
        archive.append(lambda _history, act=act: (act,))
    return archive


def _partition(archive: Archive, one: Account, records: Sequence[Any], number: int) -> Partition:
    content, root = write_partition(records)
    place = {"account": one.name, "series": "unscheduled", "period": "2026-03"}
    key = layout.partition(**place, name=f"{number:032x}")
    stored = archive.store.put_new(key, Content.of(content))
    return Partition(
        account=one.name, series="unscheduled", period="2026-03", rows=len(records), root=root, stored=stored
    )


def judged(archive: Archive, as_of: date) -> dict[str, dict[str, Any]]:
    """What ``eligible`` says, by record; but not what is for a plan alone."""
    with searchable_whole(archive) as opened:
        batches = list(eligible(archive, opened, InForce.of(archive.ledger), as_of=as_of))
    rows = [row for batch in batches for row in batch.to_pylist()]
    found = {row["record"].hex(): {name: row[name] for name in row.keys() - TELLING} for row in rows}
    assert len(found) == len(rows)
    return found


def explained(archive: Archive, as_of: date, records: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What ``explain`` says of each record by itself, in the words of ``eligible``."""
    with searchable_whole(archive) as opened:
        in_force = InForce.of(archive.ledger)
        return {record: _explained(archive, opened, record, in_force, as_of) for record in records}


def _explained(archive, opened, record, in_force, as_of):
    hit = opened.find_record(record)
    one = explain(archive, opened, hit, in_force, as_of=as_of)
    longest = one.longest
    due = one.due
    why = (
        (one.last if due is None else "not-yet" if due > as_of else "held" if one.holds else "due")
        if longest
        else "unscheduled"
    )
    assert one.eligible == (why == "due")
    equal = [scheduled.series.disposal for scheduled, said in one.reckoned if said.last == longest.last]
    return {
        "record": hit.record.raw,
        "key": hit.key,
        "row": hit.row,
        "account": hit.account,
        "item": hit.item,
        "kind": hit.kind,
        "series": ", ".join(one.belonging.series) or None,
        "due": due,
        "held": bool(one.holds),
        "disposal": max(equal, key=DISPOSALS.index, default=None),
        "reason": why,
    }
