"""A hold is in force when the ledger says so, whether or not the store could be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from storage import layout
from storage.objects import Content
from tests.e2e.holdfast import Holdfast
from tests.lanes.s3 import lane
from tests.manifests.archives import archive_in, captured, registered
from tests.storage.buckets import place_of
from tests.storage.s3_proxy import proxy, refusal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.server
def test_a_hold_that_the_store_was_too_busy_to_mirror_is_placed_and_mirrored_by_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    server = lane("ministack")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    archive = archive_in(tmp_path, place_of(server, server.bucket()))
    archive.append(lambda _: (registered(),))
    stored = archive.store.put_new(layout.exchanges(account="blog", capture="c"), Content.of(b"exchange"))
    act = msgspec.structs.replace(captured("c", at=archive.now()), exchanges=(stored,))
    archive.append(lambda _: (act,))
    holdfast, settings = Holdfast(tmp_path, server.environment()), tmp_path / "holdfast.toml"
    text = settings.read_text()

    with proxy(server, lambda seen: refusal(503, "SlowDown") if "legal-hold" in seen.query else None) as busy:
        settings.write_text(text.replace(server.endpoint, busy.endpoint))
        placed = holdfast.run("hold", "place", "case", "--account", "blog", "--reason", "Doe v. District")
    settings.write_text(text)

    assert placed.status == 0, placed.err
    assert "Hold case covers 1 account. Not every flag was set" in placed.out
    assert not archive.store.guard_of(stored.key).hold  # type: ignore[attr-defined]
    assert holdfast.json("locks", "renew", "--only", "holds")["held"] == 1
    assert archive.store.guard_of(stored.key).hold  # type: ignore[attr-defined]
