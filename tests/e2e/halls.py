"""A city hall: an archive, officers who hold its root keys, and people who approve, as they type it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.holdfast import Answer, Holdfast

PASSPHRASE = "correct horse battery"
OFFICERS = ("alice", "bob", "carol")


@dataclass(frozen=True)
class Hall:
    """A city hall: its archive, and a drawer with each officer's root key."""

    office: Holdfast
    drawer: Path

    def run(self, *arguments: str, **given: Any) -> Answer:
        """Run ``holdfast keys …``."""
        return self.office.run("keys", *arguments, HOLDFAST_ROOT_PASSPHRASE=PASSPHRASE, **given)

    def json(self, *arguments: str) -> Any:
        """Run ``holdfast keys … --json``, which must succeed."""
        return self.office.json("keys", *arguments, HOLDFAST_ROOT_PASSPHRASE=PASSPHRASE)

    def file(self, name: str) -> str:
        """A file in the drawer."""
        return str(self.drawer / name)

    def root(self, name: str) -> str:
        """Make a root key, and return its public half."""
        return self.json("root", self.file(f"{name}.pem"), "--name", name)["verifier"]

    def propose(self, name: str, *changes: str) -> str:
        """Propose changes, and return the proposal's file."""
        return self.json("propose", "--to", self.file(name), *changes)["file"]

    def change(self, name: str, *changes: str, by: tuple[str, ...] = ("alice", "bob")) -> int:
        """Propose changes, have them signed, adopt them, and return the entry."""
        file = self.propose(name, *changes)
        for officer in by:
            self.json("sign", file, "--with", self.file(f"{officer}.pem"), "--yes")
        return self.json("adopt", file)["entry"]

    def keys(self, purpose: str) -> dict[str, dict[str, Any]]:
        """The keys that the archive ever had for a purpose."""
        return {key["verifier"]: key for key in self.json("list")["keys"] if key["purpose"] == purpose}

    def write(self, name: str) -> Answer:
        """Write something into the ledger."""
        return self.office.run("account", "register", f"https://{name}.example/feed.xml", "--name", name, "--json")

    def findings(self) -> set[tuple[str, str, str]]:
        """What the audit says of the archive, which must be sound."""
        report = self.office.json("verify")
        return {(one["severity"], one["code"], one["key"]) for one in report["findings"]}

    def hold_ceremony(self) -> Hall:
        """Make the officers' root keys, and put them in force: two of them decide."""
        self.drawer.mkdir()
        roots = [option for name in OFFICERS for option in ("--root", self.root(name) and self.file(f"{name}.pem.pub"))]
        self.change("keys-1.json", *roots, "--needed", "2")
        return self

    def appoint(self, **roles: str) -> Hall:
        """Make keys for people who approve, by their names, and put them in force."""
        origin, options = self.office.json("status")["origin"], []
        for name, role in roles.items():
            self.json("approver", self.file(f"{name}.pem"), "--role", role, "--name", name, "--origin", origin)
            options += ["--add", role, self.file(f"{name}.pem.pub")]
        self.change("appointed.json", *options)
        return self

    def approve(self, file: str, *people: str) -> None:
        """Have people approve a decision."""
        for name in people:
            self.office.json(
                "approve", file, "--with", self.file(f"{name}.pem"), "--yes", HOLDFAST_ROOT_PASSPHRASE=PASSPHRASE
            )

    def release(self, hold: str, *people: str) -> Answer:
        """Have a hold released that these people approve."""
        file = self.file(f"release-{hold}.json")
        self.office.json("hold", "propose-release", hold, "--reason", "Dismissed", "--to", file)
        self.approve(file, *people)
        return self.office.run("hold", "release", file, "--json")
