"""``holdfast listen`` beside a server of Mastodon's API: what goes is in the ledger seconds later."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.e2e.holdfast import ROOT, Holdfast
from tests.platforms.mastodon import join

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lanes.platforms import Mastodon

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
