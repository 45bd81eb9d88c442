"""The spool: what is in it survives, what is whole is told from what was cut short, and nobody takes a live capture."""

from __future__ import annotations

import fcntl
from typing import IO, TYPE_CHECKING

import msgspec
import pytest

from archiver import spool
from archiver.contract import Seen
from archiver.spool import Plan, SpoolDamagedError, Spooled, SpoolUnwritableError
from schemas.capture import Observation, Poll
from schemas.instant import Instant
from schemas.record import Normalised, Slice

if TYPE_CHECKING:
    from pathlib import Path

NOON = Instant.from_text("2026-03-02T12:00:00.000000Z")
PLAN = Plan(capture="c1", account="blog", method="feed", collector="feed/1", planned=NOON, started=NOON, cursor={})
POLL = Poll(
    capture="c1", account="blog", method="feed", collector="feed/1", planned=NOON, started=NOON, ended=NOON,
    outcome="captured", sanity="plausible",
)  # fmt: skip


def seen(native: bytes) -> Seen:
    """One item."""
    view = Normalised(kind="post", type="Note", item="1")
    source = Slice(exchange="urn:uuid:1", uri="https://x.example/", offset=0, length=len(native))
    return Seen(native, Observation(normalised=view, source=source, observed=NOON))


def abandoned(root: Path) -> list[str]:
    """The captures that nobody works on."""
    with spool.abandoned(root) as captures:
        return [one.plan().capture for one in captures]


def test_what_was_seen_comes_back_byte_for_byte(tmp_path: Path):
    natives = [b"", b"\x00\xff" * 1000, b"x" * (1 << 20)]
    with spool.begin(tmp_path, PLAN) as spooled:
        spooled.finish(POLL, [seen(native) for native in natives])
    again = Spooled(tmp_path / "c1")
    assert [one.native for one in again.seen()] == natives
    assert again.find_poll() == POLL
    assert again.plan() == PLAN


def test_a_live_capture_is_nobody_elses(tmp_path: Path):
    with spool.begin(tmp_path, PLAN):
        assert abandoned(tmp_path) == []
    assert abandoned(tmp_path) == ["c1"]


@pytest.mark.parametrize("moment", ["before it is opened", "before it is locked"])
def test_a_capture_that_another_process_seals_meanwhile_is_left_to_it(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
):
    for name in ("c1", "c2"):
        with spool.begin(tmp_path, msgspec.structs.replace(PLAN, capture=name)):
            pass
    if moment == "before it is locked":
        lock = fcntl.flock

        def locked(stream: IO[bytes], how: int) -> None:
            if Spooled(tmp_path / "c2").folder.exists():
                Spooled(tmp_path / "c2").discard()
            lock(stream, how)

        monkeypatch.setattr(fcntl, "flock", locked)
        assert abandoned(tmp_path) == ["c1"]
        return
    with spool.abandoned(tmp_path) as captures:
        assert next(captures).plan().capture == "c1"
        Spooled(tmp_path / "c2").discard()
        assert list(captures) == []


def test_an_interrupted_capture_has_no_poll(tmp_path: Path):
    with spool.begin(tmp_path, PLAN) as spooled:
        pass
    assert spooled.find_poll() is None
    assert list(spooled.seen()) == []


def test_a_claimed_capture_is_not_claimed_twice(tmp_path: Path):
    with spool.begin(tmp_path, PLAN):
        pass
    with spool.abandoned(tmp_path) as first:
        assert [one.plan().capture for one in first] == ["c1"]
        assert abandoned(tmp_path) == []


def test_a_discarded_capture_is_gone(tmp_path: Path):
    with spool.begin(tmp_path, PLAN) as spooled:
        spooled.finish(POLL, [])
        spooled.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [3, 20, 200])
def test_a_cut_off_file_is_refused_and_never_read_short(tmp_path: Path, kept: int):
    with spool.begin(tmp_path, PLAN) as spooled:
        spooled.finish(POLL, [seen(b"x" * 1000)])
    path = tmp_path / "c1" / "items"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(SpoolDamagedError):
        list(spooled.seen())


def test_a_spool_that_cannot_be_written_says_so(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SpoolUnwritableError), spool.begin(tmp_path / "file", PLAN):
        pass
