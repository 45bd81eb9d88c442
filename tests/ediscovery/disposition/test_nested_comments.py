"""A comment that lies within the bytes of its post is gone when both are gone, and not before (FORMAT 3.9.2)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from manifests.audit import audit
from schemas.instant import Instant
from tests.ediscovery.disposition.offices import Office, stored_in, traces
from tests.manifests.archives import START, Clock
from tests.platforms.simulators.nextdoor import Nextdoor
from tests.schedules import rules_text, schedule_text
from tests.servers import running

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULE = schedule_text("""
[[series]]
item = "COMMENTS"
title = "Comments"
disposal = "destroy"
trigger = "created"
period = {days = 30}

[[series]]
item = "POSTS"
title = "Posts"
disposal = "destroy"
trigger = "created"
period = {days = 300}
""")
RULES = rules_text("""
[[rule]]
series = ["ours/COMMENTS"]
match = { kinds = ["comment", "reply"] }

[[rule]]
series = ["ours/POSTS"]
match = { kinds = ["post"] }
""")


def kinds(office: Office) -> set[str]:
    return {msgspec.json.decode(one.normalised)["kind"] for one in office.records().values()}


def test_a_comment_lies_in_the_bytes_of_its_post_as_long_as_that_is_kept_and_no_longer(tmp_path: Path):
    clock = Clock(START)
    simulator = Nextdoor(clock)
    with running(simulator):
        office = Office.founded(tmp_path / "home", now=clock, schedule=SCHEDULE, rules=RULES)
        office.register("town", simulator.account_url, platform="nextdoor")
        file = tmp_path / "home" / "holdfast.toml"
        (tmp_path / "home" / "token").write_text(simulator.tokens[-1])
        where = f'[platform.nextdoor]\napi = "{simulator.api}"\nversion = "v1"\n[access.town]\ntoken_file = "token"\n'
        file.write_text(f"{file.read_text()}\n[capture]\nrecheck = [[0, 0]]\n{where}")
        office = office.again()
        post = simulator.post("Snow day, quokka")
        simulator.reply(simulator.reply(post, "Why, numbat?"), "Because, wombat")
        office.capture("town")
    sought = {name: name.encode() for name in ("quokka", "numbat", "wombat")}
    assert kinds(office) == {"profile", "list", "post", "comment", "reply"}

    clock.at = Instant.from_text("2026-06-16T08:00:00.000000Z")
    office.destroy("comments", as_of=date(2026, 6, 15))
    assert kinds(office) == {"profile", "list", "post"}
    assert {name for _, name in traces(stored_in(office.archive.store), sought)} == sought.keys()
    assert audit(office.archive.store, now=clock()).sound

    clock.at = Instant.from_text("2027-06-16T08:00:00.000000Z")
    office.destroy("posts", as_of=date(2027, 6, 15))
    assert kinds(office) == {"profile", "list"}
    assert traces(stored_in(office.archive.store), sought) == set()
    assert audit(office.archive.store, now=clock()).sound
