"""The audit, measured beside sha256sum over the same files: of many short texts, and of few large media."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from archiver import importing, registry, rounds, spool
from archiver.contract import Seen
from archiver.imports.json_lines import read
from archiver.planning import plan_of
from archiver.platforms.objects import Item
from archiver.sealing import seal
from bench.archives import SEED, archive_in, tweets
from bench.measure import Row, seconds
from manifests.audit import Workers, audit
from manifests.console import system_clock
from schemas.account import Account
from schemas.capture import Observation
from schemas.record import Slice
from storage.directory import DirectoryStore
from storage.warc import Answer, Exchange, Request, WarcWriter

if TYPE_CHECKING:
    from manifests.archive import Archive

CAPTURES = 8
POSTS = 12_500
FEW_POSTS = 100
MEDIA = 24
CORES = 2
LIMIT_MB = 300
PAUSE = 0.02


def texts(folder: Path, captures: int = CAPTURES) -> Archive:
    """Posts of some 300 characters, each account's in one capture."""
    archive = archive_in(folder / "home")
    source = folder / "tweets.jsonl"
    source.write_bytes(tweets(POSTS))
    for number in range(captures):
        account = Account(name=f"x{number}", platform="x", url=f"https://x{number}.example/", title="x")
        registry.register(archive, account)
        importing.import_file(archive, account, source, rounds.system_chance())
    return archive


def media(folder: Path) -> Archive:
    """Captures of a hundred posts and two dozen pictures of 1 to 4 MiB, which no compression makes smaller."""
    archive = archive_in(folder / "home")
    chance = random.Random(SEED)
    account = archive.ledger.history.accounts["x"]
    content = tweets(FEW_POSTS)
    items = [one for one in read(content, "x") if isinstance(one, Item)]
    for number in range(CAPTURES):
        plan = plan_of(archive, account, rounds.system_chance(), method="api", collector="bench")
        with spool.begin(archive.spool, plan) as spooled:
            with WarcWriter(
                spooled.warc, software="bench", operator="bench", salt=os.urandom(32), now=system_clock
            ) as writer:
                uri = f"https://x.example/{number}"
                name = writer.exchange(_exchange(uri, content))
                for picture in range(MEDIA):
                    writer.exchange(_exchange(f"{uri}/{picture}.jpg", chance.randbytes(chance.randint(1, 4) << 20)))
            poll = plan.poll(ended=system_clock(), outcome="captured", sanity="plausible")
            spooled.finish(poll, (_seen(content, one, name, uri, plan) for one in items))
            seal(archive, (spooled,), rounds.system_chance())
    return archive


def _exchange(uri: str, body: bytes) -> Exchange:
    return Exchange(
        uri=uri,
        at=system_clock(),
        ip=None,
        request=Request("GET", "/", ()),
        answer=Answer(200, "OK", (), io.BytesIO(body)),
    )


def _seen(content: bytes, item: Item, exchange: str, uri: str, plan: spool.Plan) -> Seen:
    source = Slice(exchange=exchange, uri=uri, offset=item.offset, length=item.length)
    native = content[item.offset : item.offset + item.length]
    return Seen(native, Observation(normalised=item.normalised, source=source, observed=plan.started))


def verify(folder: Path) -> list[Row]:
    """Full audits, beside sha256sum over the same files in as many processes as there are cores."""
    rows = []
    for name, made in (("short texts", texts), ("media", media)):
        place = folder / name.replace(" ", "-")
        place.mkdir()
        root = made(place).home / "archive"
        rows.append(_beside_sha256sum(name, root))
    return rows


def _beside_sha256sum(name: str, root: Path) -> Row:
    files = sorted((path for path in root.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    workers = Workers(CORES, partial(DirectoryStore, root))

    def ours() -> None:
        report = audit(DirectoryStore(root), now=system_clock(), workers=workers)
        assert report.sound
        print(f"  verify: {name}: {megabytes:,.0f} MB, {report.records:,} records", file=sys.stderr)

    def theirs() -> None:
        halves = [[str(path) for path in files[core::CORES]] for core in range(CORES)]
        running = [subprocess.Popen(["sha256sum", *half], stdout=subprocess.DEVNULL) for half in halves]
        assert not any(one.wait() for one in running)

    return Row(f"verify: {name}", "MB/s", megabytes / seconds(ours), megabytes / seconds(theirs), "sha256sum, 2 cores")


def memory(folder: Path) -> list[Row]:
    """The memory that the command takes for an archive, and for one four times as large."""
    rows = []
    for captures in (2, 8):
        place = folder / str(captures)
        place.mkdir()
        home = texts(place, captures).home
        peak = _peak(subprocess.Popen([sys.executable, "-m", "cli", "--home", str(home), "verify"], stdout=-3)) / 1e6
        rows.append(Row(f"verify: memory, {captures * POSTS:,} records", "MB", peak, LIMIT_MB, "the limit", less=True))
    return rows


def _peak(running: subprocess.Popen[bytes]) -> int:
    """The most bytes that a process and its children had together, pages that they share counted once."""
    peak = 0
    while running.poll() is None:
        peak = max(peak, _held(running.pid))
        time.sleep(PAUSE)
    assert running.returncode == 0
    return peak


def _held(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    own = next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
    return own * 1024 + sum(_held(int(child)) for child in children)
