"""SIGKILL at every durable step of making a checkpoint: run again, nothing is doubled, nothing is half."""

from __future__ import annotations

import re
import shutil

from manifests.console import system_clock
from manifests.notes import SignedNote
from tests.killing import deaths
from tests.manifests.checkpointing import Office, make_here


def test_a_checkpoint_that_is_killed_at_any_step_is_finished_by_the_next_run(tmp_path) -> None:
    office = Office(tmp_path / "home", system_clock)
    with office.stamping("alpha"):
        office.watched("county")  # by file: who remembers would take one copy for the fork of another
        office.checkpoint(publish=["site"])
        (office.home / "site").mkdir()
        office.open()

        def arguments(death):
            place = tmp_path / f"{death.moment}-{death.step}"
            shutil.copytree(office.home, place)
            return {"home": str(place)}

        steps = []
        for death in deaths("tests.manifests.checkpointing:make_here", arguments):
            left = Office(tmp_path / f"{death.moment}-{death.step}", system_clock, office.sections)
            assert left.audit().sound, death
            make_here(str(left.home))
            report = left.audit()
            assert report.sound, (death, report.findings)
            archive = left.open()
            assert [index for index, _ in archive.ledger.history.attestors] == [1], death
            keys = left.keys("checkpoints", "timestamps")
            assert [re.sub(r"[0-9a-f]{64}", "…", key) for key in keys] == [
                f"checkpoints/{2:020d}.note",
                f"timestamps/{2:020d}/alpha.tsr",
                "timestamps/roots/….der",
            ], death
            published = [path for path in (left.home / "site").iterdir() if not path.name.startswith(".")]
            assert [path.name for path in published] == [f"{2:020d}.note"], death
            assert SignedNote.from_bytes(published[0].read_bytes()).text.startswith(archive.ledger.origin), death
            shutil.rmtree(left.home)
            steps.append(death)
    assert len(steps) > 20
