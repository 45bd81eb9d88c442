"""SIGKILL at every durable step of creating an archive and of a capture: afterwards all is there, once, and sound."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from archiver import registry
from archiver.held import held_of
from manifests.audit import audit
from manifests.console import system_clock
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
