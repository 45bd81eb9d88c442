"""Steps against a real S3 server, a Ceph on this machine: bytes put, entries appended by many, a round of accounts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archiver import registry, rounds
from bench.measure import Row, seconds
from manifests.console import system_clock
from manifests.ledger import Ledger
from schemas.account import Account
from schemas.settings import BucketPlace
from storage.objects import Content
from storage.places import open_store
from tests.lanes import s3, sessions
from tests.manifests.archives import archive_in
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from manifests.archive import Archive
    from storage.s3.store import S3Store

LANE = "ceph20"
MEGABYTES = 256
WRITERS = 16
APPENDS = 8
ACCOUNTS = 200
ITEM = "<item><guid>{0}</guid><title>News {0}</title></item>"
FEED = f'<rss version="2.0"><channel><title>feed</title>{ITEM}</channel></rss>'


@contextmanager
def bucket() -> Iterator[BucketPlace | None]:
    """A new bucket with locks, and this process's credentials for it; ``None`` where the server is not installed."""
    if s3.missing(LANE):
        print(f"  left out: {s3.missing(LANE)}", file=sys.stderr)
        yield None
        return
    with sessions.session():
        lane = s3.lane(LANE)
        os.environ.update(lane.environment())
        yield BucketPlace(bucket=lane.bucket(), endpoint=lane.endpoint)


def put(folder: Path) -> list[Row]:
    """A large file into a bucket: hashed, written once, locked; beside the AWS command's copy of it, not locked."""
    program = shutil.which("aws")
    with bucket() as place:
        if place is None:
            return []
        if program is None:
            print("  left out: there is no aws command", file=sys.stderr)
            return []
        file = folder / "exchanges.warc.gz"
        with file.open("wb") as stream:
            for _ in range(MEGABYTES):
                stream.write(os.urandom(1_000_000))
        store = open_store(place, home=folder, now=system_clock)
        names = iter(range(100))

        def ours() -> None:
            store.put_new(f"exchanges/bench/{next(names)}.warc.gz", Content.of_file(file))

        def theirs() -> None:
            target = f"s3://{place.bucket}/plain/{next(names)}"
            command = [program, "s3", "cp", "--quiet", "--endpoint-url", str(place.endpoint), str(file), target]
            subprocess.run(command, check=True, env={**os.environ, "AWS_DEFAULT_REGION": place.region})

        taken = seconds(ours)
        return [
            Row(
                f"bucket: {MEGABYTES} MB put, locked",
                "MB/s",
                MEGABYTES / taken,
                MEGABYTES / seconds(theirs),
                "aws s3 cp",
            )
        ]


def writers(folder: Path) -> list[Row]:
    """Entries appended by sixteen writers at once, beside one alone."""
    with bucket() as place:
        if place is None:
            return []
        archive = archive_in(folder / "home", place)

        def writer() -> Archive:
            store = open_store(place, home=folder, now=system_clock)
            own = replace(archive, store=store, ledger=Ledger(store))
            own.ledger.refresh()
            return own

        def append(own: Archive) -> None:
            for _ in range(APPENDS):
                name = f"w-{os.urandom(8).hex()}"
                registry.register(own, Account(name=name, platform="feed", url=f"https://{name}.example/", title=name))

        first, others = writer(), [writer() for _ in range(WRITERS)]
        alone = seconds(lambda: append(first), times=1)
        with ThreadPoolExecutor(WRITERS) as pool:
            together = seconds(lambda: list(pool.map(append, others)), times=1)
        return [
            Row(f"bucket: {WRITERS} writers", "entries/s", WRITERS * APPENDS / together, APPENDS / alone, "one writer")
        ]


def accounts(folder: Path) -> list[Row]:
    """A round over 200 accounts into a bucket, beside the same into a folder."""
    answer = Answer(headers={"Content-Type": "application/rss+xml"}, body=FEED.format("x").encode())
    with bucket() as place, serving({f"/{number}.xml": answer for number in range(ACCOUNTS)}) as server:
        if place is None:
            return []

        def registered(archive: Archive) -> Archive:
            for number in range(ACCOUNTS):
                url = server.url(f"/{number}.xml")
                account = Account(name=f"f{number}", platform="feed", url=url, title="f", private_network=True)
                registry.register(archive, account)
            return archive

        def taken(archive: Archive) -> float:
            chosen = list(archive.ledger.history.accounts.values())
            return seconds(
                lambda: list(rounds.capture_all(archive, chosen, rounds.system_chance(), environment={})), times=1
            )

        beside = taken(registered(archive_in(folder / "folder")))
        archive = registered(archive_in(folder / "home", place))
        before, calls = archive.ledger.head.size, counted(archive.store)
        ours = taken(archive)
        entries = archive.ledger.head.size - before
        print(
            f"  {ACCOUNTS} accounts: {entries} entries, {len(calls) / ACCOUNTS:.1f} requests an account",
            file=sys.stderr,
        )
        return [Row(f"bucket: a round over {ACCOUNTS}", "accounts/s", ACCOUNTS / ours, ACCOUNTS / beside, "a folder")]


def counted(store: Any) -> list[str]:
    """Return a list that grows by every request that a bucket's store makes."""
    bucket_store: S3Store = store
    calls: list[str] = []
    call = bucket_store.bucket.call

    def counting(operation: str, **parameters: Any) -> Any:
        calls.append(operation)
        return call(operation, **parameters)

    bucket_store.bucket.call = counting  # type: ignore[method-assign]
    return calls
