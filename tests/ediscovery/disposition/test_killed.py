"""A plan that is killed at any step: what is to stay is there, what is to go is there or on its way, and it goes on."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from manifests.archive import open_archive
from manifests.audit import audit
from manifests.console import system_clock
from tests.ediscovery.disposition.offices import Office, files_in, needles, traces
from tests.ediscovery.disposition.towns import town
from tests.killing import Death, Moment, deaths

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.digest import Digest
    from schemas.record import Record


SAID = "What a citizen answered"
AFTER: tuple[Moment, ...] = ("after",)
SHARES = 6


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, dict[Digest, Record]]:
    """An office with one post and a reply that was shown again with other counts, whose plan is begun; what it had."""
    with town() as place:
        office = Office.founded(tmp_path_factory.mktemp("office") / "home")
        office.register("town", place.url, platform="mastodon")
        place.publish(1, "Road works", created="2026-03-01", replies_count=1)
        place.replies["1"] = [place.post(2, SAID, created="2026-03-02", in_reply_to_id="1")]
        for _ in range(2):
            place.turn()
            office.capture("town")
    before = office.records()
    office.begin(office.plan())
    return office, before


@pytest.mark.parametrize("share", range(1, SHARES + 1))
def test_a_plan_may_be_killed_at_every_step(begun: tuple[Office, dict[Digest, Record]], tmp_path: Path, share: int):
    office, before = begun
    staying = {one for one, record in before.items() if b'"kind":"comment"' not in record.normalised}
    staying -= {one for one, record in before.items() if b'"kind":"reply"' in record.normalised}
    assert 0 < len(staying) < len(before)

    def home_of(death: Death) -> Path:
        return tmp_path / f"{death.moment}-{death.step}"

    def attempt(death: Death) -> dict[str, str]:
        shutil.copytree(office.archive.home, home_of(death))
        return {"home": str(home_of(death)), "plan": "p1"}

    # Just before a step is just after the one before it, and before the first nothing has happened.
    for death in deaths("tests.ediscovery.disposition.killed:execute", attempt, moments=AFTER, share=(share, SHARES)):
        home = home_of(death)
        left = replace(office, archive=open_archive(home, now=system_clock, actor="clerk@office"))
        assert staying <= left.records().keys(), death
        report = audit(left.archive.store, now=system_clock())
        assert report.sound, (death, report.findings)
        left.go_on()
        assert left.records().keys() == staying, death
        assert not list(left.archive.ledger.history.replacements.doomed("p1")), death
        for one in before.keys() - staying:
            assert not traces(files_in(home), needles(before[one])), death
        assert not traces(files_in(home), {"said": SAID.encode()}), death
        assert audit(left.archive.store, now=system_clock()).sound, death
        shutil.rmtree(home)
