"""``holdfast listen`` beside servers of Mastodon's API and of Bluesky: what goes is in the ledger seconds later."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from tests.e2e.holdfast import ROOT, Holdfast
from tests.platforms import bluesky as bluesky_people
from tests.platforms.mastodon import join

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lanes.platforms import Bluesky, Mastodon

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]


@contextmanager
def listening(holdfast: Holdfast) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-u", "-m", "cli", "--home", str(holdfast.home), "listen"]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **holdfast.environment}, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_with(process: subprocess.Popen[str], text: str) -> str:
    """The next line that says this; the test's own timeout ends what never comes."""
    assert process.stderr is not None
    return next(line for line in process.stderr if text in line)


def natives_of(holdfast: Holdfast, kind: str) -> list[bytes]:
    """The native bytes of all records of a kind, in the order in which they were seen."""
    found = []
    for path in holdfast.objects():
        if path.suffix == ".parquet":
            rows = pq.read_table(path, columns=["kind", "captured", "native"]).to_pylist()
            found += [(row["captured"], row["native"]) for row in rows if row["kind"] == kind]
    return [native for _, native in sorted(found)]


def test_what_is_deleted_while_somebody_listens_is_known_to_be_gone_at_once(mastodon: Mastodon, tmp_path: Path):
    maple = join(mastodon, "maple")
    first = maple.post("The board meets on Monday.")
    holdfast = Holdfast(tmp_path / "home", {"MAPLE": maple.token}).init()
    address = f"{mastodon.url}/@{maple.account['username']}"
    registered = ("account", "register", address, "--platform", "mastodon", "--name", "maple")
    assert holdfast.run(*registered, "--allow-private-network").status == 0
    with (holdfast.home / "holdfast.toml").open("a") as settings:
        settings.write('\n[access.maple]\ntoken_variable = "MAPLE"\n\n[listen]\nwait_seconds = 0\n')
    assert holdfast.json("capture", "maple")["captures"][0]["act"]["new"] >= 1
    with listening(holdfast) as process:
        assert "streams of maple" in line_with(process, "Listening to")
        second = maple.post("The meeting is moved to Tuesday.")
        line_with(process, "new, 0 edited, 0 gone")
        maple.delete(first["id"])
        line_with(process, " 1 gone")
        maple.edit(second["id"], "The meeting is moved to Wednesday.")
        line_with(process, " 1 edited")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert holdfast.run("verify").status == 0


def test_what_happened_on_a_bluesky_server_while_nobody_listened_is_told_when_somebody_does_again(
    bluesky: Bluesky, tmp_path: Path
):
    town, other = (bluesky_people.join(bluesky, name) for name in ("town", "other"))
    first = town.post("The board meets on Monday.")
    holdfast = Holdfast(tmp_path / "home").init()
    holdfast.register(f"https://bsky.app/profile/{town.handle}", "town", "--platform", "bluesky")
    with (holdfast.home / "holdfast.toml").open("a") as settings:
        settings.write(
            f'\n[platform.bluesky]\napi = "{bluesky.url}"\ndirectory = "{bluesky.directory}"\n'
            f'stream = "{bluesky.url.replace("http", "ws", 1)}/xrpc/com.atproto.sync.subscribeRepos"\n'
            "[listen]\nwait_seconds = 0\n"
        )
    holdfast.run("capture", "town")  # which says that no view of the network is there
    with listening(holdfast) as process:
        assert "streams of town" in line_with(process, "Listening to")
        line_with(process, " 0 new, 0 edited, 0 gone")
        other.post("What somebody else writes on the same server.")
        second = town.post("The meeting is moved to Tuesday.")
        line_with(process, "new, 0 edited, 0 gone")
        town.edit(first, "The board meets on Tuesday.")
        line_with(process, " 1 edited")
        town.delete(second)
        line_with(process, " 1 gone")
        process.kill()
        process.wait(60)
    passing = town.post("Posted and taken back while nobody listened.")
    town.delete(passing)
    with listening(holdfast) as process:
        for _ in range(2):  # what was made, and what was deleted
            line_with(process, "✓ town: ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    path = passing["uri"].partition(f"{town.did}/")[2].encode()
    told = [native for native in natives_of(holdfast, "event") if path in native]
    assert [b"create" in native for native in told] == [True, False]
    assert holdfast.run("verify").status == 0
