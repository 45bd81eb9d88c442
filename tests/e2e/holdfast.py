"""The program as its user runs it: a process of its own, in a home of its own, its words and its exit status."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e import forked

if TYPE_CHECKING:
    from collections.abc import Mapping


ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 120.0


@dataclass(frozen=True)
class Answer:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Holdfast:
    """One archive's home; ``environment`` is what its user has set."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, typed: str | None = None, **environment: str) -> Answer:
        """Run a command to its end; ``typed`` is what its user types."""
        status, out, err = forked.run(
            ["--home", str(self.home), "--actor", "clerk@office", *arguments],
            environment={**os.environ, **self.environment, **environment},
            typed=typed,
            seconds=LONGEST_SECONDS,
        )
        return Answer(status, out, err)

    def json(self, *arguments: str, **environment: str) -> Any:
        """Run a command with ``--json`` that must succeed, and return what it printed."""
        answer = self.run(*arguments, "--json", **environment)
        assert answer.status == 0, answer.err or answer.out
        return answer.json

    def init(self, *arguments: str) -> Holdfast:
        """Make the archive."""
        whose = ("--organisation", "Maple Grove USD", "--timezone", "America/Chicago", "--bates-prefix", "MG")
        self.json("init", *whose, *arguments)
        return self

    def capture(self, *arguments: str) -> dict[str, Any]:
        """Capture one account that must succeed, and return the committed act."""
        (result,) = self.json("capture", *arguments)["captures"]
        assert result["error"] is None, result
        return result["act"]

    def register(self, url: str, name: str, *arguments: str) -> None:
        """Register an account on loopback."""
        self.json("account", "register", url, "--name", name, "--allow-private-network", *arguments)

    def adopt(self, text: str) -> Answer:
        """Adopt a schedule or a classification, from a file beside the home."""
        path = self.home.with_name("adopted.toml")
        path.write_text(text)
        return self.run("retention", "adopt", str(path), "--json")

    def objects(self) -> list[Path]:
        """Every object in the store."""
        return sorted(path for path in (self.home / "archive").rglob("*") if path.is_file())

    def key_of(self, path: Path) -> str:
        """The key of an object's file."""
        return path.relative_to(self.home / "archive").as_posix()
