"""The conformance suite of ``storage.objects.ObjectStore``: its promises as tests, each named by its number.

A store joins by subclassing ``ObjectStoreContract`` with a fixture ``store``; one whose handles may be several (other
processes, other machines) overrides ``other`` too. Every test keeps to keys under an area of its own, so that the
suite also runs against stores that never forget.
"""

from __future__ import annotations

import hashlib
import io
import random
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.digest import Digest
from schemas.stored import StoredObject
from storage import keys
from storage.objects import (
    CHUNK,
    Content,
    KeyMalformedError,
    KeyTakenError,
    ObjectAlteredError,
    ObjectMissingError,
    read,
    read_stored,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.objects import ObjectStore

MIB = 1 << 20
RACERS = 16

# Every example keeps to an area of its own, so that it may share its store with others; and what is given has nothing
# of the store in it, so that an example found with one store may be replayed with another.
with_fixtures = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors, HealthCheck.too_slow],
)

segments = st.text("abz09._-", min_size=1, max_size=6).filter(keys.is_segment)
names = st.lists(segments, min_size=1, max_size=4).map("/".join)

MALFORMED = [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "a/./b",
    "a/../b",
    "../a",
    "A",
    "a b",
    "a\n",
    "a\x00b",
    "a\\b",
    "a%2fb",
    "a+b",
    "ä",
    "a\u0301",
    "\uff11",
    "\ud800",
    "a:b",
    "~",
    "a" * 513,
    "a" * 256,
    "/".join(["a"] * 257),
]


class Lying(io.RawIOBase):
    """An endless stream of one letter, to be more than anybody said."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


def noise(size: int, *, seed: int = 0) -> Content:
    """Return content of ``size`` bytes that is made while it is read."""

    def stream() -> BinaryIO:
        return io.BufferedReader(Noise(size, seed))

    hasher = hashlib.sha256()
    with stream() as source:
        while chunk := source.read(CHUNK):
            hasher.update(chunk)
    return Content(stream, size, Digest(hasher.digest()))


class Noise(io.RawIOBase):
    def __init__(self, size: int, seed: int) -> None:
        self._rest = size
        self._random = random.Random(seed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        size = min(len(buffer), self._rest)
        buffer[:size] = self._random.randbytes(size)
        self._rest -= size
        return size


def prefix_free(found: list[str]) -> list[str]:
    """Return the keys of which none is the folder of another: a directory cannot hold both."""
    kept = sorted(set(found))
    return [one for one in kept if not any(other.startswith(f"{one}/") for other in kept)]


class StoreContract:
    """Which store is held to promises: subclasses say."""

    @pytest.fixture
    def store(self) -> ObjectStore:
        raise NotImplementedError

    @pytest.fixture
    def other(self, store: ObjectStore) -> Callable[[], ObjectStore]:
        """Give another handle on the same objects."""
        return lambda: store

    @pytest.fixture
    def area(self) -> str:
        return f"test-{uuid.uuid4().hex}"


class ObjectStoreContract(StoreContract):
    """The promises of ``ObjectStore``."""

    # 1. All or nothing, never over something else; the same bytes again are no conflict.

    @pytest.mark.parametrize("content", [b"", b"\x00", b"bytes", bytes(range(256)) * 8192], ids=len)
    def test_1_what_is_put_is_what_is_read(self, store: ObjectStore, area: str, content: bytes) -> None:
        stored = store.put_new(f"{area}/a", Content.of(content))
        assert (stored.key, stored.sha256, stored.size) == (f"{area}/a", Digest.of(content), len(content))
        assert read(store, stored.key) == content
        assert read_stored(store, stored) == content
        assert store.exists(stored.key)

    def test_1_large_content_is_streamed_and_comes_back_whole(self, store: ObjectStore, area: str) -> None:
        content = noise(40 * MIB + 7)
        stored = store.put_new(f"{area}/large", content)
        assert stored.size == content.size
        assert store.find(stored.key) == stored
        with store.open(stored.key, version=stored.version) as stream:
            assert Digest.of_chunks(iter(lambda: stream.read(CHUNK), b"")) == content.sha256

    def test_1_a_part_of_an_object_is_read_by_itself(self, store: ObjectStore, area: str) -> None:
        content = bytes(range(256)) * 8192
        stored = store.put_new(f"{area}/a", Content.of(content))
        for start, end in ((0, 1), (0, MIB), (MIB - 7, MIB + 7), (len(content) - 9, len(content)), (5, len(content))):
            assert store.read_part(stored.key, start, end, version=stored.version) == content[start:end]
        assert store.read_part(stored.key, len(content) - 9, len(content) + MIB) == content[-9:]
        assert store.read_part(stored.key, len(content), len(content) + 1) == b""

    def test_1_other_bytes_are_refused_and_the_first_stay(self, store: ObjectStore, area: str) -> None:
        first = store.put_new(f"{area}/a", Content.of(b"first"))
        for second in (b"other", b"first and more", b""):
            with pytest.raises(KeyTakenError):
                store.put_new(f"{area}/a", Content.of(second))
        assert read_stored(store, first) == b"first"
        assert list(store.keys(area)) == [f"{area}/a"]

    def test_1_the_same_bytes_again_return_the_object_that_is_there(self, store: ObjectStore, area: str) -> None:
        first = store.put_new(f"{area}/a", Content.of(b"bytes"))
        again = store.put_new(f"{area}/a", Content.of(b"bytes"))
        assert again == first

    @pytest.mark.parametrize(
        "lie",
        [
            Content(lambda: io.BytesIO(b"short"), 6, Digest.of(b"short ")),
            Content(lambda: io.BytesIO(b"too long"), 7, Digest.of(b"too lon")),
            Content(lambda: io.BytesIO(b"other"), 5, Digest.of(b"bytes")),
            Content(lambda: io.BytesIO(b"bytes"), 4, Digest.of(b"bytes")),
            Content(lambda: io.BytesIO(b""), 1, Digest.of(b"")),
            Content(lambda: io.BufferedReader(Lying()), 3 * MIB, Digest.of(b"x" * 3 * MIB)),
        ],
        ids=["shorter", "longer", "other bytes", "wrong size", "empty", "endless"],
    )
    def test_1_content_that_lies_leaves_nothing(self, store: ObjectStore, area: str, lie: Content) -> None:
        with pytest.raises(ObjectAlteredError):
            store.put_new(f"{area}/a", lie)
        assert not store.exists(f"{area}/a")
        assert store.find(f"{area}/a") is None
        assert list(store.keys(area)) == []
        store.put_new(f"{area}/a", Content.of(b"the truth"))

    def test_1_a_source_that_fails_half_way_leaves_nothing(self, store: ObjectStore, area: str) -> None:
        class Breaking(Lying):
            def readinto(self, buffer: bytearray) -> int:
                raise RuntimeError("the source broke")

        with pytest.raises(RuntimeError, match="the source broke"):
            store.put_new(f"{area}/a", Content(lambda: io.BufferedReader(Breaking()), 5, Digest.of(b"bytes")))
        assert not store.exists(f"{area}/a")

    # 2. One winner.

    def test_2_of_writers_that_race_exactly_one_wins(self, other: Callable[[], ObjectStore], area: str) -> None:
        for turn in range(8):
            start = Barrier(RACERS)

            def race(racer: int, turn: int = turn, start: Barrier = start) -> StoredObject | None:
                store, content = other(), Content.of(f"racer {racer}".encode() * 999)
                start.wait()
                try:
                    return store.put_new(f"{area}/{turn}", content)
                except KeyTakenError:
                    return None

            with ThreadPoolExecutor(RACERS) as pool:
                outcomes = list(pool.map(race, range(RACERS)))
            winners = [racer for racer, outcome in enumerate(outcomes) if outcome is not None]
            assert len(winners) == 1
            assert outcomes[winners[0]] == other().find(f"{area}/{turn}")
            assert read(other(), f"{area}/{turn}") == f"racer {winners[0]}".encode() * 999

    def test_2_writers_that_race_with_the_same_bytes_all_succeed(
        self, other: Callable[[], ObjectStore], area: str
    ) -> None:
        start = Barrier(RACERS)

        def race(_: int) -> StoredObject:
            store = other()
            start.wait()
            return store.put_new(f"{area}/deep/a", Content.of(b"the same"))

        with ThreadPoolExecutor(RACERS) as pool:
            outcomes = list(pool.map(race, range(RACERS)))
        assert set(map(str, outcomes)) == {str(other().find(f"{area}/deep/a"))}

    # 3. Durable; what a suite can see of it is that every handle has it.

    def test_3_every_handle_has_what_one_has_put(
        self, store: ObjectStore, other: Callable[[], ObjectStore], area: str
    ) -> None:
        stored = store.put_new(f"{area}/a/b/c", Content.of(b"bytes"))
        assert other().find(stored.key) == stored
        assert read_stored(other(), stored) == b"bytes"
        assert list(other().keys(area)) == [stored.key]

    # 4. Whole or not at all.

    def test_4_a_reader_during_a_write_sees_nothing_or_everything(
        self, store: ObjectStore, other: Callable[[], ObjectStore], area: str
    ) -> None:
        seen: list[bool] = []
        content = noise(5 * MIB)

        class Watched(Noise):
            def readinto(self, buffer: bytearray) -> int:
                reader = other()
                seen.append(reader.exists(f"{area}/a") or reader.find(f"{area}/a") is not None)
                seen.extend(True for _ in reader.keys(area))
                return super().readinto(buffer)

        stored = store.put_new(
            f"{area}/a",
            Content(lambda: io.BufferedReader(Watched(content.size, 0), MIB), content.size, content.sha256),
        )
        assert seen
        assert not any(seen)
        assert store.find(f"{area}/a") == stored

    def test_4_two_readers_of_one_object_do_not_disturb_each_other(self, store: ObjectStore, area: str) -> None:
        store.put_new(f"{area}/a", Content.of(b"0123456789"))
        with store.open(f"{area}/a") as one, store.open(f"{area}/a") as two:
            assert one.read(5) == b"01234"
            assert two.read() == b"0123456789"
            assert one.read() == b"56789"

    # 5. Order, prefixes, and listing after a key.

    @with_fixtures
    @given(found=st.lists(names, max_size=12), data=st.data())
    def test_5_keys_come_in_the_order_of_code_points_after_a_key_and_under_a_prefix(
        self, store: ObjectStore, found: list[str], data: st.DataObject
    ) -> None:
        area = f"test-{uuid.uuid4().hex}"
        held = [f"{area}/{name}" for name in prefix_free(found)]
        for key in random.Random(0).sample(held, len(held)):
            store.put_new(key, Content.of(key.encode()))
        assert list(store.keys(f"{area}/")) == sorted(held)
        prefix = f"{area}/" + data.draw(st.one_of(st.just(""), names, st.sampled_from(found or [""])))
        prefix = prefix[: data.draw(st.integers(len(area) + 1, len(prefix)))]
        after = data.draw(st.one_of(st.just(""), names.map(f"{area}/".__add__), st.sampled_from(held or [""])))
        assert list(store.keys(prefix, after=after)) == sorted(
            key for key in held if key.startswith(prefix) and key > after
        )

    def test_5_a_folder_sorts_by_its_whole_key(self, store: ObjectStore, area: str) -> None:
        held = [f"{area}/{name}" for name in ("a-b/x", "a.b", "a/x", "a/y/z", "a0", "a_/b", "b")]
        for key in reversed(held):
            store.put_new(key, Content.of(b""))
        assert held == sorted(held)
        assert list(store.keys(f"{area}/")) == held
        for at in range(len(held)):
            assert list(store.keys(f"{area}/", after=held[at])) == held[at + 1 :]

    def test_5_a_prefix_is_text_and_need_not_end_at_a_slash(self, store: ObjectStore, area: str) -> None:
        for name in ("led", "ledge/a", "ledger/a", "ledger/b", "ledgers/a"):
            store.put_new(f"{area}/{name}", Content.of(b""))
        assert list(store.keys(f"{area}/ledger")) == [f"{area}/{n}" for n in ("ledger/a", "ledger/b", "ledgers/a")]
        assert list(store.keys(f"{area}/ledger/")) == [f"{area}/{n}" for n in ("ledger/a", "ledger/b")]
        assert list(store.keys(f"{area}/ledger/b")) == [f"{area}/ledger/b"]
        assert list(store.keys(f"{area}/ledger/c")) == []

    @pytest.mark.parametrize("prefix", ["/", "..", "../", "./", "A", "a//", "\x00", "ä", "~", "+incoming/", "a/../"])
    def test_5_a_prefix_that_no_key_has_finds_nothing(self, store: ObjectStore, area: str, prefix: str) -> None:
        store.put_new(f"{area}/a", Content.of(b""))
        assert list(store.keys(prefix)) == []

    # 6. Keys.

    @pytest.mark.parametrize("key", MALFORMED, ids=ascii)
    def test_6_a_malformed_key_is_refused_by_every_call(self, store: ObjectStore, key: str) -> None:
        for call in (lambda: store.put_new(key, Content.of(b"")), lambda: store.open(key)):
            with pytest.raises(KeyMalformedError):
                call()
        with pytest.raises(KeyMalformedError):
            store.find(key)
        with pytest.raises(KeyMalformedError):
            store.exists(key)
        with pytest.raises(KeyMalformedError):
            store.read_part(key, 0, 1)

    @with_fixtures
    @given(key=st.text(max_size=20))
    def test_6_a_key_is_accepted_exactly_if_the_rule_says_so(self, store: ObjectStore, key: str) -> None:
        whole = re.fullmatch(r"[a-z0-9._-]+(/[a-z0-9._-]+)*", key, re.ASCII)
        if whole and not {".", ".."} & set(key.split("/")):
            assert not store.exists(f"test-{uuid.uuid4().hex}/{key}")
        else:
            with pytest.raises(KeyMalformedError):
                store.exists(key)

    def test_6_the_longest_key_and_every_letter_of_keys_work(self, store: ObjectStore, area: str) -> None:
        longest = f"{area}/{'s' * 255}/{'t' * 200}/"
        longest += "u" * (512 - len(longest))
        for key in (
            longest,
            f"{area}/abcdefghijklmnopqrstuvwxyz0123456789._-",
            f"{area}/...",
            f"{area}/.a",
            f"{area}/-",
        ):
            assert store.find(store.put_new(key, Content.of(key.encode())).key) is not None
            assert read(store, key) == key.encode()

    # What is not there.

    def test_nothing_is_found_where_nothing_is(self, store: ObjectStore, area: str) -> None:
        store.put_new(f"{area}/folder/a", Content.of(b""))
        for key in (f"{area}/b", f"{area}/folder", f"{area}/folder/a.b", f"{area}/none/of/these"):
            assert store.find(key) is None
            assert not store.exists(key)
            with pytest.raises(ObjectMissingError):
                store.open(key)
            with pytest.raises(ObjectMissingError):
                store.read_part(key, 0, 1)

    def test_a_version_that_never_was_is_missing(self, store: ObjectStore, area: str) -> None:
        store.put_new(f"{area}/a", Content.of(b""))
        with pytest.raises(ObjectMissingError):
            store.open(f"{area}/a", version="never")
        with pytest.raises(ObjectMissingError):
            store.read_part(f"{area}/a", 0, 1, version="never")

    def test_an_object_is_refused_as_another(self, store: ObjectStore, area: str) -> None:
        stored = store.put_new(f"{area}/a", Content.of(b"bytes"))
        for size, content in ((5, b"other"), (4, b"byte")):
            claimed = StoredObject(key=stored.key, sha256=Digest.of(content), size=size, version=stored.version)
            with pytest.raises(ObjectAlteredError):
                read_stored(store, claimed)
