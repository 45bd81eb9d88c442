"""A record that is destroyed goes from the repositories, too, in which its account signed it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from manifests.audit import audit
from schemas.instant import Instant
from schemas.record import Provenance
from storage.objects import read
from storage.warc import payload_of
from tests.ediscovery.disposition.offices import Office, stored_in, traces
from tests.manifests.archives import START, Clock
from tests.platforms.simulators.bluesky import Bluesky
from tests.schedules import rules_text, schedule_text
from tests.servers import running

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULE = schedule_text("""
[[series]]
item = "POSTS"
title = "Posts"
disposal = "destroy"
trigger = "created"
period = {days = 30}
""")
RULES = rules_text("""
[[rule]]
series = ["ours/POSTS"]
match = { kinds = ["post", "reply"] }
""")


def test_a_record_that_is_destroyed_is_in_no_repository_that_was_kept(tmp_path: Path):
    clock = Clock(START)
    simulator = Bluesky(clock)
    with running(simulator):
        office = Office.founded(tmp_path / "home", now=clock, schedule=SCHEDULE, rules=RULES)
        office.register("town", simulator.account_url, platform="bluesky")
        file = tmp_path / "home" / "holdfast.toml"
        where = f'[platform.bluesky]\napi = "{simulator.api}"\ndirectory = "{simulator.directory}"\n'
        file.write_text(f"{file.read_text()}\n[capture]\nrecheck = [[0, 0]]\n{where}")
        office = office.again()
        old = simulator.item_of(simulator.posts[simulator.post("Snow day, quokka")])
        office.capture("town")
        clock.at = Instant.from_text("2026-04-10T08:00:00.000000Z")
        simulator.post("Ice day, numbat")
        office.capture("town")
    clock.at = Instant.from_text("2026-04-16T08:00:00.000000Z")
    sought = {name: name.encode() for name in ("quokka", "numbat")}
    before = traces(stored_in(office.archive.store), sought)
    assert len([key for key, name in before if name == "quokka" and "exchanges/" in key]) == 2

    office.destroy(as_of=date(2026, 4, 15))

    left = traces(stored_in(office.archive.store), sought)
    assert {name for _, name in left} == {"numbat"}
    assert audit(office.archive.store, now=clock()).sound
    kept = [Provenance.from_bytes(one.provenance) for one in office.records().values() if b"numbat" in one.native]
    assert [one.claim for one in kept] == [4]
    assert old not in [msgspec.json.decode(one.normalised)["item"] for one in office.records().values()]
    # What survives is still where its proof says, below a tree of which no byte changed.
    (_, car) = kept[0].vouched
    (key,) = (key for key, name in left if name == "numbat" and "exchanges/" in key)
    path = tmp_path / "exchanges.warc.gz"
    path.write_bytes(read(office.archive.store, key))
    with path.open("rb") as stream:
        payload = payload_of(stream, car, limit=1 << 20)
    assert b"numbat" in payload
    assert b"quokka" not in payload
