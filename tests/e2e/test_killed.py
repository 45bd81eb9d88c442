"""SIGKILL at every durable step of making an archive, capturing, changing keys: all is there, once, and sound."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from archiver import registry
from archiver.held import held_of
from manifests import keys
from manifests.audit import audit
from manifests.ceremony.files import save_proposal
from manifests.ceremony.proposals import Changes, propose, signed
from manifests.console import system_clock
from manifests.signing import SigningKey
from manifests.statements import StatementRefusedError
from schemas.account import Account
from tests.e2e import killed
from tests.killing import Death, deaths
from tests.manifests.archives import captures_of
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from pathlib import Path

FEED = b"<rss version='2.0'><channel><title>t</title><item><guid>1</guid><title>one</title></item></channel></rss>"


def test_a_creation_killed_at_any_step_is_continued(tmp_path: Path):
    def home(death: Death) -> str:
        return str(tmp_path / f"{death.moment}-{death.step}")

    for death in deaths("tests.e2e.killed:create", lambda death: {"home": home(death)}):
        archive = killed.opened(home(death))
        assert audit(archive.store, now=archive.now()).sound, death
        assert archive.ledger.head.size == 1, death
        shutil.rmtree(home(death))


def test_a_change_of_keys_killed_at_any_step_is_done_by_doing_it_again(tmp_path: Path):
    made = killed.opened(str(tmp_path / "template"))
    roots = [SigningKey.generate(name) for name in ("alice", "bob")]
    keys.write_new(tmp_path / "bob.pem", roots[1], passphrase=b"x")
    changes = Changes(roots=tuple(root.verifier for root in roots), needed=2)
    first = signed(propose(made.ledger.history.keys, changes, size=1), roots[0])

    def arguments(death: Death) -> dict[str, str]:
        place = tmp_path / f"{death.moment}-{death.step}"
        shutil.copytree(made.home, place)
        save_proposal(place / "keys-1.json", first, new=True)
        return arguments_of(place, tmp_path)

    for death in deaths("tests.e2e.killed:change_keys", arguments):
        again = arguments_of(tmp_path / f"{death.moment}-{death.step}", tmp_path)
        with suppress(StatementRefusedError):  # adopted already
            killed.change_keys(**again)
        archive = killed.opened(again["home"])
        assert archive.ledger.head.size == 2, death
        assert archive.ledger.history.keys.statement.statement.version == 1, death
        assert audit(archive.store, now=archive.now()).sound, death
        shutil.rmtree(again["home"])


def arguments_of(home: Path, folder: Path) -> dict[str, str]:
    """What the killed child was given."""
    return {"home": str(home), "proposal": str(home / "keys-1.json"), "root_key": str(folder / "bob.pem")}


def test_a_capture_killed_at_any_step_loses_nothing_and_doubles_nothing(tmp_path: Path):
    with serving({"/feed.xml": Answer(headers={"Content-Type": "application/rss+xml"}, body=FEED)}) as server:
        template = killed.opened(str(tmp_path / "template"))
        url = server.url("/feed.xml")
        registry.register(template, Account(name="feed", platform="feed", url=url, title="t", private_network=True))

        def arguments(death: Death) -> dict[str, str]:
            place = tmp_path / f"{death.moment}-{death.step}"
            shutil.copytree(template.home, place)
            return {"home": str(place)}

        for death in deaths("tests.e2e.killed:capture", arguments):
            home = tmp_path / f"{death.moment}-{death.step}"
            # What is there now is sound, though a capture may wait in the spool;
            report = audit(killed.opened(str(home)).store, now=system_clock())
            assert report.sound, (death, report.findings)
            # and the next run finds everything, exactly once.
            killed.capture(str(home))
            archive = killed.opened(str(home))
            report = audit(archive.store, now=archive.now())
            assert report.sound, (death, report.findings)
            assert not [path for path in archive.spool.iterdir() if not path.name.startswith(".new-")], death
            assert posts(archive) == ["1"], death
            captures = captures_of(archive.ledger)
            assert len(captures) in (1, 2), (death, captures)
            shutil.rmtree(home)


def posts(archive) -> list[str]:
    """The items of kind post that the partitions hold, one a record."""
    held = held_of(archive, "feed")
    return [item for item, versions in held.versions.items() for one in versions if one.kind == "post"]
