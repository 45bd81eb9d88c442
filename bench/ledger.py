"""A long ledger: what a start, an entry more and a proof cost, beside those of a short one and beside hashing all."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from bench.measure import Row, seconds
from manifests import chain
from manifests.ledger import Ledger
from manifests.signing import SigningKey
from schemas.account import Account
from schemas.capture import Poll
from schemas.instant import Instant
from schemas.ledger import FORMAT, AccountRegistered, ArchiveCreated, Captured, Key
from schemas.merkle import inclusion_path, nodes_of, root_at, verify_inclusion
from storage import layout
from storage.memory import MemoryStore
from storage.objects import Content

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.ledger import Act, Entry

SHORT = 1_000
LONG = int(os.environ.get("HOLDFAST_BENCH_ENTRIES", "50000"))
ORIGIN = "bench/0"
START = Instant.from_text("2026-01-01T00:00:00.000000Z")


def length(folder: Path) -> list[Row]:
    """Ledgers of two lengths, in memory: only the local work is measured, which is what could grow."""
    short, long = _Grown(folder / "short.db", SHORT), _Grown(folder / "long.db", LONG)
    leaves = [long.ledger.history.registers.node(0, index) for index in range(LONG)]
    proved = iter(range(0, LONG, max(1, LONG // 400)))

    def prove() -> None:
        index = next(proved)
        root = root_at(long.ledger.history.registers.node, LONG)
        path = long.ledger.inclusion(index, size=LONG)
        verify_inclusion(leaf=leaves[index], index=index, size=LONG, path=path, root=root)

    def hash_all() -> None:
        inclusion_path(nodes_of(leaves), LONG // 3, size=LONG)

    name = f"{LONG:,} entries"
    return [
        Row(f"ledger: start, {name}", "starts/s", 1 / seconds(long.start), 1 / seconds(short.start), f"{SHORT:,}"),
        Row(f"ledger: append, {name}", "entries/s", *(1 / seconds(one.append) for one in (long, short)), f"{SHORT:,}"),
        Row(f"ledger: proof, {name}", "proofs/s", 1 / seconds(prove, times=50), 1 / seconds(hash_all), "hashing all"),
    ]


class _Grown:
    """A ledger of so many entries, and the registers of a machine that has read them."""

    def __init__(self, registers: Path, size: int) -> None:
        self.store, self.registers = MemoryStore(), registers
        self.key = SigningKey.generate(f"{ORIGIN}/entry")
        verifier = SigningKey.generate(ORIGIN).verifier.to_text()
        keys = (
            Key(purpose="entry", verifier=self.key.verifier.to_text()),
            Key(purpose="checkpoint", verifier=verifier),
        )
        self._write(size, keys)
        begun = time.perf_counter()
        self.ledger = self.start()
        print(f"    {size:,} entries read and accepted in {time.perf_counter() - begun:.1f} s", flush=True)

    def start(self) -> Ledger:
        ledger = Ledger(self.store, registers=self.registers)
        ledger.refresh()
        return ledger

    def append(self) -> None:
        acts = (self._look(self.ledger.head.size, self.ledger.head.size - 1),)
        self.ledger.append(lambda _history: acts, key=self.key, now=lambda: START, actor="bench", software="bench")

    def _write(self, size: int, keys: tuple[Key, ...]) -> None:
        """Write entries without judging them: they are judged when they are read."""
        head, account = chain.Head(), Account(name="a", platform="feed", url="https://a.example/", title="a")
        for index in range(size):
            act: Act = self._look(index, index - 1 if index > 2 else None)
            if index == 0:
                act = ArchiveCreated(format=FORMAT, origin=ORIGIN, organisation="Bench", keys=keys)
            if index == 1:
                act = AccountRegistered(account=account)
            entry = self._entry(head, act)
            content = chain.sign(ORIGIN, entry, self.key)
            self.store.put_new(layout.entry(index), Content.of(content))
            head = chain.Head.after(entry, chain.leaf_of(content))

    @staticmethod
    def _entry(head: chain.Head, act: Act) -> Entry:
        return chain.entry_after(head, acts=(act,), at=START, clock=START, actor="bench", software="bench")

    @staticmethod
    def _look(index: int, base: int | None) -> Captured:
        poll = Poll(
            capture=f"{index:032x}",
            account="a",
            method="feed",
            collector="feed/1",
            planned=START,
            started=START,
            ended=START,
            outcome="unchanged",
            sanity="plausible",
        )
        return Captured(poll=poll, base=base)
