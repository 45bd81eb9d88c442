"""An archive that reads accounts on real servers: what each look gave, and what must hold of the whole store."""

from __future__ import annotations

import base64
import gzip
import io
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from archiver import registry
from archiver.fetch.failures import HostUnreachableError
from archiver.fetch.masking import spellings
from archiver.rounds import capture_all, system_chance
from manifests.archive import open_archive
from manifests.audit import audit
from manifests.console import system_clock
from schemas.account import Account
from schemas.record import Normalised, Provenance
from storage.objects import read
from tests.manifests.archives import archive_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.fetch.addresses import Address
    from archiver.rounds import Captures
    from manifests.archive import Archive
    from schemas.ledger import Captured

SETTINGS = """
[capture]
recheck = [[0, 0]]
attempts = 1
"""


@dataclass(frozen=True)
class Kept:
    """One record: its native bytes, what was made of them, and how they came."""

    native: bytes
    view: Normalised
    provenance: Provenance


@dataclass
class Office:
    """An archive; every look is at everything. ``secrets`` are what must be nowhere in the store."""

    archive: Archive
    secrets: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, home: Path, *, settings: str = "", tokens: dict[str, str] | None = None) -> Office:
        """Make an archive; ``tokens`` are those of accounts, by name."""
        archive_in(home)
        variables = {name: f"TOKEN_OF_{name.upper()}" for name in tokens or {}}
        access = "".join(f'[access.{name}]\ntoken_variable = "{variable}"\n' for name, variable in variables.items())
        file = home / "holdfast.toml"
        file.write_text(file.read_text() + SETTINGS + access + settings)
        archive = open_archive(home, now=system_clock, actor="test")
        environment = {variables[name]: token for name, token in (tokens or {}).items()}
        secrets = [part for token in environment.values() for part in (token, *token.split(":")[1:])]
        coded = [base64.b64encode(secret.encode()).decode() for secret in secrets]
        return cls(archive, [*secrets, *coded, *(secret.replace(" ", "") for secret in secrets)], environment)

    def register(self, name: str, platform: str, url: str) -> None:
        account = Account(name=name, platform=platform, url=url, title=name, private_network=True)
        registry.register(self.archive, account)

    def capture(self, name: str, *, failing: bool = False) -> list[Kept]:
        """Look at an account once; return what was new. Unless it is ``failing``, everything could be read."""
        account = self.archive.ledger.history.accounts[name]
        (done,) = capture_all(
            self.archive, [account], system_chance(), environment=self.environment, resolve=only_loopback
        )
        assert done.error is None
        assert done.act is not None
        assert bool(done.failures) is failing, done.failures
        self.last: Captures = done
        return list(self._records(done.act))

    def _records(self, act: Captured) -> Iterator[Kept]:
        for partition in act.partitions:
            table = pq.read_table(io.BytesIO(read(self.archive.store, partition.stored.key)))
            rows = (table[name].to_pylist() for name in ("native", "normalised", "provenance"))
            for native, view, provenance in zip(*rows, strict=True):
                yield Kept(native, Normalised.from_bytes(view), Provenance.from_bytes(provenance))

    def judged(self) -> None:
        """The audit is sound, and no secret is in any object, however it is packed."""
        report = audit(self.archive.store, now=self.archive.now())
        assert (report.sound, report.findings) == (True, ())
        assert self.secrets
        for key in self.archive.store.keys(""):
            content = read(self.archive.store, key)
            opened = [content, *_unpacked(key, content)]
            for spelled in {needle for secret in self.secrets for needle in spellings(secret)}:
                assert not any(spelled in one for one in opened), key


def _unpacked(key: str, content: bytes) -> Iterator[bytes]:
    if content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
    elif content.startswith(b"PAR1"):
        table = pq.read_table(io.BytesIO(content))
        for column in table.columns:
            for value in column.to_pylist():
                yield value if isinstance(value, bytes) else str(value).encode()


def only_loopback(host: str, _: int) -> tuple[Address, ...]:
    """The resolver of these tests: no other host has an address."""
    if host in ("127.0.0.1", "localhost"):
        return (ipaddress.ip_address("127.0.0.1"),)
    raise HostUnreachableError(f"The host {host} has no address.", do="Stay at home.", host=host)


def by_item(records: list[Kept]) -> dict[str, Kept]:
    """The records of one look, by item."""
    found = {one.view.item: one for one in records}
    assert len(found) == len(records)
    return found
