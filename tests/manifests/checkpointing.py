"""An archive with neighbours: witnesses and authorities that serve for real, and a clock that is set by hand."""

from __future__ import annotations

import itertools
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from manifests.archive import SETTINGS_FILE, create_archive, open_archive
from manifests.audit import audit
from manifests.checkpoints import making
from manifests.console import system_clock
from manifests.witness.witness import create_witness
from schemas.instant import Instant
from tests import tsa
from tests.manifests import witnessing
from tests.manifests.archives import registered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from manifests.archive import Archive
    from manifests.checkpoints.making import Made
    from manifests.witness.witness import Witness

START = Instant.from_text("2026-03-01T08:00:00.000000Z")
DAY = 86_400
COUNT = itertools.count(1)


def nonce() -> int:
    return next(COUNT)


@dataclass
class Now:
    """A clock that stands until it is set."""

    at: Instant = START

    def __call__(self) -> Instant:
        return self.at

    def later(self, *, days: float = 0, seconds: float = 0) -> Instant:
        self.at = self.at.plus(seconds=days * DAY + seconds)
        return self.at


@dataclass
class Office:
    """An archive, its clock, and what its settings say of others, section by section."""

    home: Path
    now: Callable[[], Instant] = field(default_factory=Now)
    sections: dict[str, dict[str, object]] = field(default_factory=dict)

    def open(self) -> Archive:
        """The archive as the settings are now; made at the first time."""
        path = self.home / SETTINGS_FILE
        if not path.exists():
            create_archive(
                self.home,
                organisation="Maple Grove USD",
                timezone="UTC",
                bates_prefix="MG",
                tag="0a",
                now=self.now,
                actor="clerk",
            )
        first = path.with_suffix(".first")
        if not first.exists():
            first.write_text(path.read_text())
        path.write_text(first.read_text() + toml(self.sections))
        return open_archive(self.home, now=self.now, actor="clerk")

    def grow(self, name: str = "blog") -> None:
        """One entry more."""
        self.open().append(lambda _history: (registered(name),))

    def make(self, *, name: bool = True) -> Made:
        return making.make(self.open(), nonce=nonce, name=name)

    def audit(self):
        return audit(self.open().store, now=self.now())

    def checkpoint(self, **settings: object) -> None:
        self.sections["checkpoint"] = {**self.sections.get("checkpoint", {}), **settings}

    def forget(self) -> None:
        """Lose what this machine knows of the ledger, as another machine never knew it."""
        for path in self.home.glob("state/ledger.db*"):
            path.unlink()

    def objects(self, *prefixes: str) -> list[Path]:
        root = self.home / "archive"
        return sorted(path for prefix in prefixes or ("",) for path in (root / prefix).rglob("*") if path.is_file())

    def keys(self, *prefixes: str) -> list[str]:
        return [path.relative_to(self.home / "archive").as_posix() for path in self.objects(*prefixes)]

    def watched(self, name: str, *, url: str | None = None) -> Witness:
        """A new witness that watches this archive, under ``name`` in its settings."""
        witness = create_witness(self.home.parent / name, name=f"{name}.example", now=self.now)
        witness.trust(self.open().ledger.history.verifiers("checkpoint")[0])
        self.sections[f"witness.{name}"] = {"key": witness.cosigner.to_text(), **({"url": url} if url else {})}
        return witness

    @contextmanager
    def witnessed(self, name: str) -> Iterator[witnessing.Served]:
        """A new witness that watches this archive and serves."""
        with witnessing.serving(self.watched(name)) as served:
            self.sections[f"witness.{name}"]["url"] = served.url
            yield served

    def trusted(self, name: str, authority: tsa.Authority, url: str) -> None:
        """An authority in the settings, by its root."""
        roots = self.home / f"{name}.pem"
        roots.parent.mkdir(exist_ok=True, parents=True)
        roots.write_bytes(tsa.pem(authority.root))
        self.sections[f"authority.{name}"] = {"url": url, "roots": roots.name}

    @contextmanager
    def stamping(
        self, name: str, *, days: int = 365, conduct: tsa.Conduct = "honest", late: float = 0
    ) -> Iterator[tsa.Server]:
        """An authority whose certificate begins a day ago; its clock is ``late`` seconds behind."""
        authority = tsa.make_authority(name.title(), since=self.now().plus(seconds=-DAY), days=days)

        def answer(query: bytes) -> tsa.Answer:
            return tsa.Answer(tsa.stamp(query, authority, at=self.now().plus(seconds=-late), conduct=conduct))

        with tsa.serving(answer) as server:
            self.trusted(name, authority, server.url)
            yield server

    @contextmanager
    def neighbours(self) -> Iterator[tuple[witnessing.Served, tsa.Server, tsa.Server]]:
        """Two witnesses, one of which is asked by file, and two authorities."""
        with ExitStack() as stack:
            self.watched("school")
            served = stack.enter_context(self.witnessed("county"))
            one, other = (stack.enter_context(self.stamping(name)) for name in ("alpha", "beta"))
            self.checkpoint(needed=2)
            yield served, one, other


def toml(sections: dict[str, dict[str, object]]) -> str:
    def spelled(value: object) -> str:
        return str(value) if isinstance(value, int | float) else repr(value)

    return "".join(
        f"\n[{name}]\n" + "".join(f"{setting} = {spelled(value)}\n" for setting, value in held.items())
        for name, held in sections.items()
    )


def make_here(home: str) -> None:
    """What the killed child does, by the system's clock."""
    making.make(open_archive(Path(home), now=system_clock, actor="child"), nonce=nonce, name=True)
