"""The steps that are measured: each makes its own data in an empty folder and returns rows of the table."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from datetime import UTC
from html import escape
from typing import TYPE_CHECKING

import requests
import weasyprint

from archiver import importing, registry, rounds
from archiver.fetch.addresses import is_public_or_private
from archiver.fetch.transport import RecordingTransport
from bench import (
    audits,
    bucket,
    eligibility,
    ledger,
    overwriting,
    polling,
    printing,
    rendering,
    retention,
    searching,
)
from bench.archives import RECORDS, archive_in, filled, tweets
from bench.measure import Row, in_turn, seconds
from demo.site import BlogSite
from ediscovery.commands import in_words, searchable
from ediscovery.language.parsing import parse
from ediscovery.production import making
from ediscovery.production.certificate import signer_of
from manifests.archive import create_archive
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.making import make
from manifests.console import system_clock
from schemas.account import Account
from schemas.query import Query
from storage.directory import DirectoryStore
from storage.objects import Content
from storage.warc import WarcWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def store(folder: Path) -> list[Row]:
    """A large object put, beside a copy that is synced."""
    content, megabytes = os.urandom(64 << 20), 64 * 1.048576
    source = folder / "source"
    source.write_bytes(content)
    known = Content.of_file(source)
    names = iter(range(100))

    def copy() -> None:
        with (folder / f"copy-{next(names)}").open("wb") as target, source.open("rb") as stream:
            shutil.copyfileobj(stream, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())

    directory = DirectoryStore(folder / "store")
    ours = seconds(lambda: directory.put_new(f"object-{next(names)}", known))
    theirs = seconds(copy)
    return [Row("store: 64 MiB put", "MB/s", megabytes / ours, megabytes / theirs, "copy and fsync")]


def record(folder: Path) -> list[Row]:
    """Answers recorded into WARC, each durable before it is used, beside the same requests by requests alone."""
    number, names = 200, iter(range(100))
    with BlogSite() as site:

        def ours() -> None:
            name = next(names)
            scratch = folder / f"scratch-{name}"
            scratch.mkdir()
            with (
                WarcWriter(
                    folder / f"{name}.warc.gz",
                    software="bench",
                    operator="bench",
                    salt=os.urandom(32),
                    now=system_clock,
                ) as writer,
                RecordingTransport(
                    writer, user_agent="bench", folder=scratch, now=system_clock, addresses=is_public_or_private
                ) as transport,
            ):
                for count in range(number):
                    transport.get(f"{site.url}/posts/welcome?{count}")

        def theirs() -> None:
            with requests.Session() as session:
                for count in range(number):
                    session.get(f"{site.url}/posts/welcome?{count}", timeout=10)

        rows = []
        for name, clock in (("record: exchanges", time.perf_counter), ("record: processor", time.process_time)):
            taken, alone = in_turn(ours, theirs, clock=clock)
            rows.append(Row(name, "exchanges/s", number / taken, number / alone, "requests"))
        return rows


def capture(folder: Path) -> list[Row]:
    """A blog captured and sealed for the first time, beside fetching the same addresses by requests alone."""
    archives = iter(
        create_archive(
            folder / f"home-{number}",
            organisation="Bench",
            timezone="UTC",
            bates_prefix="B",
            tag="0",
            now=system_clock,
            actor="bench",
        )
        for number in range(3)
    )
    with BlogSite() as site:
        account = Account(name="blog", platform="feed", url=site.feed, title="blog", private_network=True)
        paths: list[str] = []

        def ours() -> None:
            archive = next(archives)
            registry.register(archive, account)
            before = len(site.requests)
            list(rounds.capture_all(archive, [account], rounds.system_chance(), environment={}))
            paths[:] = [path for path, _ in site.requests[before:]]

        taken = seconds(ours)

        def theirs() -> None:
            with requests.Session() as session:
                for path in paths:
                    session.get(f"{site.url}{path}", timeout=10)

        rate = len(paths) / seconds(theirs)
    return [Row("capture: a blog, sealed", "requests/s", len(paths) / taken, rate, "requests")]


def seal(folder: Path) -> list[Row]:
    """Posts imported and sealed, beside the same lines put into SQLite with their text indexed by nothing."""
    source = folder / "tweets.jsonl"
    source.write_bytes(tweets(RECORDS))
    archives = iter([archive_in(folder / f"home-{number}") for number in range(3)])

    def ours() -> None:
        archive = next(archives)
        importing.import_file(archive, archive.ledger.history.accounts["x"], source, rounds.system_chance())

    names = iter(range(100))

    def theirs() -> None:
        with sqlite3.connect(folder / f"db-{next(names)}") as database:
            database.execute("CREATE TABLE posts (id TEXT PRIMARY KEY, text TEXT, created TEXT, native BLOB)")
            rows = ((_one := json.loads(line), line) for line in source.read_bytes().splitlines())
            database.executemany(
                "INSERT INTO posts VALUES (?, ?, ?, ?)",
                ((one["id"], one["text"], one["created_at"], line) for one, line in rows),
            )
        database.close()

    return [
        Row("seal: posts imported", "records/s", RECORDS / seconds(ours), RECORDS / seconds(theirs), "SQLite insert")
    ]


def produce(folder: Path) -> list[Row]:
    """A production of 60 posts, beside WeasyPrint alone on the same texts: no numbers, proofs, signature or ledger."""
    archive = filled(folder, 2_000)
    query = Query(term=parse("zebra OR snow", UTC))
    laid_out = []

    def ours() -> None:
        with searchable(archive) as opened:
            hits = tuple(opened.hits(query, limit=60))
            order = making.Order(os.urandom(6).hex(), "Bench", "", "zebra OR snow", in_words(query), "B")
            checkpoint = make(archive, nonce=system_nonce, name=False)
            laid_out.append(making.produce(archive, opened, hits, order, signer_of(archive), checkpoint))

    taken = seconds(ours, times=2)
    made = laid_out[-1]
    plain = "".join(
        f"<section style='break-before: page'><h1>{item.record}</h1><p>{escape(item.normalised.text or '')}</p>"
        f"<pre style='white-space: pre-wrap'>{escape(item.native.decode())}</pre></section>"
        for item in made.document.items
    )
    pages: list[int] = []

    def theirs() -> None:
        document = weasyprint.HTML(string=plain).render()
        pages.append(len(document.pages))
        document.write_pdf()

    alone = pages_a_second(theirs, pages)
    return [Row("produce: signed PDF", "pages/s", made.rendered.pages / taken, alone, "WeasyPrint alone")]


def pages_a_second(run: Callable[[], None], pages: list[int]) -> float:
    """The rate of a run that notes how many pages it made."""
    taken = seconds(run, times=2)
    return pages[-1] / taken


STEPS: dict[str, Callable[[Path], list[Row]]] = {
    "store": store,
    "record": record,
    "capture": capture,
    "poll": polling.polling,
    "render": rendering.rendering,
    "seal": seal,
    "verify": audits.verify,
    "verify-memory": audits.memory,
    "search": searching.searching,
    "produce": produce,
    "print": printing.printing,
    "ledger": ledger.length,
    "retention": retention.reckoning,
    "retention-archive": eligibility.archive,
    "overwrite": overwriting.overwriting,
    "bucket-put": bucket.put,
    "bucket-writers": bucket.writers,
    "bucket-round": bucket.accounts,
}
