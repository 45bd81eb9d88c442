"""Offices that destroy: an archive of a real site, people who approve, and what is left looked for byte by byte."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import shutil
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from archiver import rounds
from ediscovery.disposition import carrying_out, planning
from ediscovery.evidence import places, stored_at
from ediscovery.retention.reading import read as read_schedule
from manifests.archive import open_archive
from manifests.ceremony.proposals import Changes, propose, signed
from manifests.checkpoints.commands import system_nonce
from manifests.console import system_clock
from manifests.decisions.decided import DAY, Decided
from manifests.signing import SigningKey
from schemas.account import Account
from schemas.decisions import Decision, Disposition, HoldRelease
from schemas.ledger import (
    AccountRegistered,
    ClassificationAdopted,
    HoldPlaced,
    HoldReleased,
    Key,
    KeysChanged,
    ScheduleAdopted,
)
from storage import parquet
from storage.objects import read, read_stored
from tests.manifests.archives import archive_in
from tests.schedules import rules_text, schedule_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from ediscovery.disposition.carrying_out import GoneOn
    from ediscovery.disposition.planning import Planned
    from manifests.archive import Archive
    from manifests.ledger import Ledger
    from schemas.digest import Digest
    from schemas.instant import Instant
    from schemas.ledger import Act, Captured
    from schemas.record import Record
    from schemas.settings import Place
    from storage.objects import ObjectStore

SCHEDULE = schedule_text("""
[[series]]
item = "COMMENTS"
title = "Comments of the public"
disposal = "destroy"
trigger = "created"
period = {days = 30}

[[series]]
item = "POSTS"
title = "Posts"
disposal = "destroy"
trigger = "captured"
period = {years = 2}
""")
RULES = rules_text("""
[[rule]]
series = ["ours/COMMENTS"]
match = { kinds = ["comment", "reply"] }

[[rule]]
series = ["ours/POSTS"]
match = { platforms = ["feed"] }
""")
AS_OF = date(2026, 11, 1)
"""A day on which the site's comments are due, and its posts are not."""


def silent(_step: str, _done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass
class Office:
    """An archive and two people who approve; ``copies`` are its second copies."""

    archive: Archive
    jane: SigningKey
    omar: SigningKey
    root: SigningKey
    copies: dict[str, Ledger] = field(default_factory=dict)

    @classmethod
    def founded(
        cls,
        home: Path,
        *,
        place: Place | None = None,
        now: Callable[[], Instant] = system_clock,
        schedule: str = SCHEDULE,
        rules: str = RULES,
    ) -> Office:
        """Make an archive, appoint people, adopt the schedule."""
        archive = archive_in(home, place, now=now, actor="clerk@office")
        origin = archive.ledger.origin
        jane = SigningKey.generate(f"{origin}/records-officer/jane")
        omar = SigningKey.generate(f"{origin}/legal-reviewer/omar")
        office = cls(archive, jane, omar, SigningKey.generate("root"))
        office.change_keys(Changes(roots=(office.root.verifier,), needed=1))
        office.appoint(jane, omar)
        for text, act in ((schedule, ScheduleAdopted), (rules, ClassificationAdopted)):
            said: Any = read_schedule(text, name="test")
            office.append(act(said))
        return office

    def again(self, *, now: Callable[[], Instant] | None = None) -> Office:
        """The same archive as another process sees it."""
        archive = open_archive(self.archive.home, now=now or self.archive.now, actor="clerk@office")
        return Office(archive, self.jane, self.omar, self.root, self.copies)

    def copied(self, home: Path) -> Office:
        """An archive of its own that is as this one was: founding and capturing are dear."""
        shutil.copytree(self.archive.home, home)
        archive = open_archive(home, now=self.archive.now, actor="clerk@office")
        return Office(archive, self.jane, self.omar, self.root)

    def change_keys(self, changes: Changes) -> None:
        """Adopt a key statement."""
        ledger = self.archive.ledger
        proposed = signed(propose(ledger.history.keys, changes, size=ledger.head.size), self.root)
        self.append(KeysChanged(statement=proposed.new.note.to_bytes().decode()))

    def appoint(self, *people: SigningKey) -> None:
        """Put people's keys in force."""
        roles: dict[str, Any] = {key.name: key.name.split("/")[-2] for key in people}
        keys = (Key(purpose=roles[key.name], verifier=key.verifier.to_text()) for key in people)
        self.change_keys(Changes(added=tuple(keys)))

    def release(self, hold: str) -> None:
        """Release a hold, as two people approve."""
        now = self.archive.now()
        what = HoldRelease(hold=hold, reason="Dismissed")
        decision = Decision(what=what, proposer="clerk", proposed=now, expires=now.plus(seconds=DAY))
        decided = Decided.proposed(self.archive.ledger.origin, decision).signed(self.jane).signed(self.omar)
        self.append(HoldReleased(hold=hold, decision=decided.note.to_bytes().decode()))

    def append(self, *acts: Act) -> None:
        """Commit acts."""
        self.archive.append(lambda _history: acts)

    def register(self, name: str, url: str, *, platform: str = "feed") -> None:
        """Register an account on loopback."""
        account = Account(name=name, platform=platform, url=url, title=name, private_network=True)
        self.append(AccountRegistered(account=account))

    def capture(self, name: str = "blog") -> Captured:
        """Capture an account, which must succeed."""
        account = self.archive.ledger.history.accounts[name]
        (done,) = rounds.capture_all(self.archive, [account], rounds.system_chance(), environment={})
        assert done.error is None, done.error
        assert done.act is not None
        return done.act

    def hold(self, name: str = "case") -> None:
        """Place a hold on everything."""
        self.append(HoldPlaced(hold=name, reason="Doe v. District"))

    def plan(self, name: str = "p1", *, as_of: date = AS_OF, only: tuple[str, ...] = ()) -> Planned:
        """Propose a plan."""
        return planning.plan(self.archive, name=name, as_of=as_of, only=only, tell=silent)

    def decided(self, planned: Planned, *people: SigningKey, **changes: Any) -> Decided:
        """A decision about a plan, approved by both, or by these people."""
        act = planned.act
        plain = {"plan": act.plan, "digest": planned.digest, "records": act.records, "as_of": act.as_of}
        now = self.archive.now()
        times = {"proposer": "clerk@office", "proposed": now, "expires": now.plus(seconds=DAY)}
        times |= {name: changes.pop(name) for name in tuple(changes) if name in times}
        decided = Decided.proposed(self.archive.ledger.origin, Decision(what=Disposition(**(plain | changes)), **times))
        for key in people or (self.jane, self.omar):
            decided = decided.signed(key)
        return decided

    def begin(self, planned: Planned) -> str:
        """Have a plan approved and begun."""
        return carrying_out.begin(self.archive, self.decided(planned), permission="")

    def go_on(self, name: str = "p1") -> GoneOn:
        """Carry a plan out as far as it goes."""
        return carrying_out.go_on(self.archive, name, self.copies, nonce=system_nonce, tell=silent)

    def destroy(self, name: str = "p1", **given: Any) -> Planned:
        """Plan, approve and carry out."""
        planned = self.plan(name, **given)
        self.begin(planned)
        self.go_on(name)
        return planned

    def records(self) -> dict[Digest, Record]:
        """Every record that can be read."""
        return {
            row.id: row.record
            for place in places(self.archive)
            for row in parquet.read_rows(io.BytesIO(read_stored(self.archive.store, stored_at(place))))
        }


def comments(office: Office) -> set[Digest]:
    """The records of comments."""
    return {
        one
        for one, record in office.records().items()
        if b'"kind":"comment"' in record.normalised or b'"kind":"reply"' in record.normalised
    }


def needles(record: Record) -> dict[str, bytes]:
    """What must not be left of a record: its parts, and what would confirm a guess at them."""
    found = {"salt": record.salt, "native": record.native, "view": record.normalised, "provenance": record.provenance}
    digest = hashlib.sha256(record.native)
    found |= {
        "digest": digest.digest(),
        "hexadecimal digest": digest.hexdigest().encode(),
        "base32 digest": base64.b32encode(digest.digest()),
        "base32 SHA-1": base64.b32encode(hashlib.sha1(record.native, usedforsecurity=False).digest()),
    }
    return {name: what for name, what in found.items() if what}


def traces(contents: Iterable[tuple[str, bytes]], sought: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """Where something occurs in files, however they are packed: the file, and what was found."""
    return {
        (key, name)
        for key, content in contents
        for layer in unpacked(content)
        for name, what in sought.items()
        if what in layer
    }


def unpacked(content: bytes) -> Iterator[bytes]:
    """The bytes of a file as they are, and what is packed in them: gzip members, bodies in WARC, Parquet values."""
    yield content
    if content.startswith(b"\x1f\x8b"):
        plain = gzip.decompress(content)
        yield plain
        for packed in (b"\x1f\x8b\x08", b"\x78\x9c", b"\x78\xda", b"\x78\x01"):
            at = plain.find(packed)
            while at >= 0:
                with suppress(zlib.error):  # by chance it looks like packed bytes
                    yield zlib.decompressobj(47).decompress(plain[at:])
                at = plain.find(packed, at + 1)
    if content.startswith(b"PAR1"):
        table = pq.read_table(io.BytesIO(content))
        for column in table.columns:
            for value in column.to_pylist():
                yield value if isinstance(value, bytes) else str(value).encode()


def stored_in(store: ObjectStore) -> Iterator[tuple[str, bytes]]:
    """Every object of a store."""
    return ((key, read(store, key)) for key in store.keys(""))


def files_in(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file in a home."""
    return ((str(path.relative_to(home)), path.read_bytes()) for path in home.rglob("*") if path.is_file())
