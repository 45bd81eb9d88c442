"""Bodies that break off, stall, never end or explode: kept as far as they came, in bounded memory and time."""

from __future__ import annotations

import gzip
import hashlib
import random
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from archiver.fetch.recording import Limits
from schemas.digest import Digest
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from pathlib import Path

from tests.archiver.recordings import LIMITS, TOKEN, recording


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_body_that_breaks_off_is_kept_as_far_as_it_came(gzipped: bool, tmp_path: Path) -> None:
    text = "".join(f"{number}\n" for number in range(20_000)).encode()
    whole = gzip.compress(text) if gzipped else text
    headers = {"Content-Encoding": "gzip"} if gzipped else {}
    cut = Answer(headers=headers, body=whole[:30_000], short=len(whole) - 30_000)
    with serving({"/": cut}) as server, recording(tmp_path) as rec:
        response = rec.get(server.url())
        assert response.truncated == "disconnect"
        assert response.payload
        assert text.startswith(response.payload)
        assert rec.payload(response) == response.payload
        assert rec.records("response") == [(server.url(), 200, "disconnect")]


def test_a_body_that_stalls_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    stalling = Answer(body=b"x" * 100, short=100, hang="after")
    with serving({"/": stalling}) as server, recording(tmp_path, limits=replace(LIMITS, read=0.1)) as rec:
        response = rec.get(server.url())
        assert (response.payload, response.truncated) == (b"x" * 100, "time")
        assert rec.records("response")[0][2] == "time"


def test_a_body_that_takes_too_long_in_all_is_cut(tmp_path: Path) -> None:
    ticks = iter(range(1_000_000))
    endless = {"/": Answer(body=bytes(1 << 16), times=0)}
    with (
        serving(endless) as server,
        recording(tmp_path, clock=lambda: next(ticks), limits=replace(LIMITS, total=5)) as rec,
    ):
        response = rec.get(server.url(), keep_payload=False)
        assert response.truncated == "time"
        assert 0 < response.size < LIMITS.max_body


@pytest.mark.parametrize("chunked", [False, True])
def test_an_endless_body_is_cut_in_flat_memory(chunked: bool, tmp_path: Path) -> None:
    limit = 20 << 20
    limits = replace(LIMITS, max_body=limit)
    endless = {"/": Answer(body=bytes(1 << 20), times=0, chunked=chunked), "/warm": Answer()}
    with serving(endless) as server, recording(tmp_path, limits=limits, secrets=(TOKEN,)) as rec:
        rec.get(server.url("/warm"))
        tracemalloc.start()
        response = rec.get(server.url(), keep_payload=False)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (response.size, response.truncated) == (limit, "length")
        assert peak < 5 << 20
        assert rec.records("response")[1] == (server.url(), 200, "length")


def test_a_gzip_bomb_fills_neither_memory_nor_time(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(64 << 20))
    answer = Answer(headers={"Content-Encoding": "gzip", "Content-Type": "text/html"}, body=bomb)
    with serving({"/": answer}) as server, recording(tmp_path) as rec:
        response = rec.get(server.url())
        assert (len(response.payload), response.truncated) == (LIMITS.max_payload, "length")
        assert rec.records("response") == [(server.url(), 200, None)]


def test_of_a_gzip_bomb_that_may_hold_a_secret_only_what_was_looked_at_is_recorded(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(64 << 20) + TOKEN.encode())
    answer = Answer(headers={"Content-Encoding": "gzip", "Content-Type": "text/html"}, body=bomb)
    with serving({"/": answer}) as server, recording(tmp_path, secrets=(TOKEN,)) as rec:
        response = rec.get(server.url())
        assert rec.payload(response) == response.payload == bytes(LIMITS.max_payload)
        assert rec.records("response") == [(server.url(), 200, "length")]


@pytest.mark.long
def test_two_gigabytes_are_recorded_whole_in_flat_memory(tmp_path: Path) -> None:
    piece, times = random.Random(2).randbytes(1 << 20), 2047
    film = {"/": Answer(body=piece, times=times, headers={"Content-Type": "video/mp4"}), "/warm": Answer()}
    expected = hashlib.sha256()
    for _ in range(times):
        expected.update(piece)
    limits = Limits(max_payload=1 << 20)
    with serving(film) as server, recording(tmp_path, limits=limits, secrets=(TOKEN,)) as rec:
        rec.get(server.url("/warm"))
        tracemalloc.start()
        response = rec.get(server.url(), keep_payload=False)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (response.size, response.truncated) == (times << 20, None)
        assert response.sha256 == Digest(expected.digest())
        assert peak < 5 << 20
