"""Archives that grow capture by capture, of versions that tests describe, and questions to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ediscovery.answers.asking import Question, basis_of, receipt_of
from ediscovery.commands import query_of, searchable_whole
from schemas.account import Account
from schemas.ledger import AccountRegistered
from schemas.partition import Partition
from storage import layout
from storage.objects import Content
from storage.parquet import write_partition
from tests.manifests.archives import archive_in, captured

if TYPE_CHECKING:
    from pathlib import Path

    from ediscovery.answers.receipt import SearchReceipt
    from manifests.archive import Archive
    from tests.ediscovery.partitions import Version

NO_FILTERS: dict[str, Any] = {
    "start": None,
    "end": None,
    "kinds": (),
    "accounts": (),
    "author": None,
    "versions": False,
}


def founded(home: Path, *accounts: str) -> Archive:
    """An archive of these accounts."""
    archive = archive_in(home)
    for name in accounts:
        register(archive, name)
    return archive


def register(archive: Archive, name: str, *officials: str) -> None:
    """Register an account, or register it anew."""
    url = f"https://{name}.example/feed.xml"
    account = Account(name=name, platform="feed", url=url, title=name, officials=officials)
    archive.append(lambda _history: (AccountRegistered(account=account),))


def seal(archive: Archive, *versions: Version) -> int:
    """Seal versions of one account in an entry of their own; return how many entries there are then."""
    (account,) = {version.account for version in versions}
    content, root = write_partition([version.record for version in versions])
    name = f"{archive.ledger.head.size:032x}"
    key = layout.partition(account=account, series="unscheduled", period="2026-03", name=name)
    partition = Partition(
        account=account,
        series="unscheduled",
        period="2026-03",
        rows=len(versions),
        root=root,
        stored=archive.store.put_new(key, Content.of(content)),
    )
    last = archive.ledger.history.last_capture.get(account)
    act = replace(captured(name, account=account, base=last[0] if last else None), partitions=(partition,))
    archive.append(lambda _history: (act,))
    return archive.ledger.head.size


def ask(archive: Archive, *questions: str, size: int | None = None, **options: Any) -> list[SearchReceipt]:
    """The receipts of searches, over the whole ledger or its first entries."""
    end = archive.ledger.head.size if size is None else size
    with searchable_whole(archive, size=end) as opened:
        basis = basis_of(archive, opened, size=end)
        return [
            receipt_of(archive, opened, Question(query_of(archive, words, **{**NO_FILTERS, **options}), words), basis)
            for words in questions
        ]
