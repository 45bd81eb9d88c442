"""The steps that are measured: each makes its own data in an empty folder and returns rows of the table."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
from html import escape
from typing import TYPE_CHECKING

import requests
import weasyprint

from archiver import importing, registry, rounds
from archiver.fetch.addresses import is_public_or_private
from archiver.fetch.transport import RecordingTransport
from bench import bucket
from bench.measure import Row, seconds
from demo.site import BlogSite
from ediscovery.commands import in_words, searchable
from ediscovery.language import parse
from ediscovery.production import making
from ediscovery.production.certificate import signer_of
from manifests.archive import Archive, create_archive
from manifests.audit import audit
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

SEED = 20261121
RECORDS = 20_000
WORDS = [
    "school",
    "district",
    "board",
    "budget",
    "hearing",
    "bus",
    "route",
    "snow",
    "closed",
    "open",
    "meeting",
    "agenda",
    "policy",
    "public",
    "comment",
    "teacher",
    "student",
    "library",
    "science",
    "fair",
    "graduation",
    "lunch",
    "menu",
    "road",
    "water",
    "council",
    "permit",
    "election",
    "park",
    "summer",
    "reading",
    "program",
    "parents",
    "roof",
    "transport",
    "contract",
    "vote",
    "minutes",
    "safety",
    "police",
    "fire",
    "county",
    "office",
    "records",
    "request",
    "deadline",
    "question",
    "answer",
    "thanks",
]


def text_of(chance: random.Random) -> str:
    """A post of a few sentences, one in a hundred with a rare word."""
    words = chance.choices(WORDS, k=chance.randint(8, 60))
    return " ".join([*words, "zebra"] if chance.random() < 0.01 else words)


def tweets(number: int) -> bytes:
    """Posts as X's API answers with them, one JSON object a line."""
    chance = random.Random(SEED)
    lines = (
        json.dumps(
            {
                "id": str(1_700_000_000_000_000_000 + index),
                "text": text_of(chance),
                "author_id": str(chance.randint(1, 500)),
                "conversation_id": str(1_700_000_000_000_000_000 + index - index % 10),
                "created_at": f"2026-{1 + index % 9:02d}-{1 + index % 28:02d}T12:00:00.000Z",
                "public_metrics": {"like_count": chance.randint(0, 99), "reply_count": 0},
                "edit_history_tweet_ids": [str(1_700_000_000_000_000_000 + index)],
            }
        )
        for index in range(number)
    )
    return "\n".join(lines).encode()


def archive_in(folder: Path) -> Archive:
    archive = create_archive(
        folder, organisation="Bench", timezone="UTC", bates_prefix="B", tag="0", now=system_clock, actor="bench"
    )
    registry.register(archive, Account(name="x", platform="x", url="https://x.example/", title="x"))
    return archive


def filled(folder: Path, number: int = RECORDS) -> Archive:
    """An archive with so many imported posts."""
    archive = archive_in(folder / "home")
    source = folder / "tweets.jsonl"
    source.write_bytes(tweets(number))
    importing.import_file(archive, archive.ledger.history.accounts["x"], source, rounds.system_chance())
    return archive


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
                WarcWriter(folder / f"{name}.warc.gz", software="bench", operator="bench", now=system_clock) as writer,
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

        return [Row("record: exchanges", "exchanges/s", number / seconds(ours), number / seconds(theirs), "requests")]


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


def verify(folder: Path) -> list[Row]:
    """The audit of an archive, beside sha256sum over the same bytes."""
    archive = filled(folder)
    paths = [str(path) for path in (archive.home / "archive").rglob("*") if path.is_file()]
    megabytes = sum(os.path.getsize(path) for path in paths) / 1e6  # noqa: PTH202
    ours = seconds(lambda: audit(archive.store, now=archive.now()))
    theirs = seconds(lambda: subprocess.run(["sha256sum", *paths], check=True, stdout=subprocess.DEVNULL))
    return [Row("verify: whole archive", "MB/s", megabytes / ours, megabytes / theirs, "sha256sum")]


def search(folder: Path) -> list[Row]:
    """Searches over imported posts, beside grep over the lines they came from."""
    archive = filled(folder)
    source = str(folder / "tweets.jsonl")
    rows = []
    with searchable(archive) as opened:
        for name, words, pattern in (
            ("rare word", "zebra", "zebra"),
            ("common word", "budget", "budget"),
            ("phrase", '"budget hearing"', "budget hearing"),
        ):
            query = Query(term=parse(words))

            def ours(query: Query = query) -> None:
                assert sum(1 for _ in opened.hits(query)) > 0

            def theirs(pattern: str = pattern) -> None:
                subprocess.run(["grep", "-ciw", pattern, source], check=True, stdout=subprocess.DEVNULL)

            rows.append(Row(f"search: {name}", "queries/s", 1 / seconds(ours), 1 / seconds(theirs), "grep -iw"))
    return rows


def produce(folder: Path) -> list[Row]:
    """A production of 60 posts, beside WeasyPrint alone on the same texts: no numbers, proofs, signature or ledger."""
    archive = filled(folder, 2_000)
    query = Query(term=parse("zebra OR snow"))
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
    "seal": seal,
    "verify": verify,
    "search": search,
    "produce": produce,
    "bucket-put": bucket.put,
    "bucket-writers": bucket.writers,
    "bucket-round": bucket.accounts,
}
