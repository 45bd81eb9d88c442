"""A key in a bucket belongs to its oldest version, whatever is written over it or deleted there."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.objects import (
    Content,
    KeyTakenError,
    ObjectMissingError,
    StoreUnsuitableError,
    Versions,
    read,
    read_stored,
)
from storage.s3.versions import KeyHiddenError, histories
from tests.storage.s3_stores import bucket_on, in_turn, patience

ROUNDS, RACERS = 40, 16


@pytest.fixture
def bucket(s3_lane, monkeypatch):
    with bucket_on(s3_lane, monkeypatch) as bucket:
        yield bucket


def test_a_version_put_over_ours_changes_nothing_for_readers_and_writers(bucket):
    store = bucket.store()
    stored = store.put_new("a/b", Content.of(b"ours"))

    newer = bucket.put("a/b", b"theirs")

    assert read(store, "a/b") == b"ours"
    assert store.find("a/b") == stored
    assert store.put_new("a/b", Content.of(b"ours")) == stored
    with pytest.raises(KeyTakenError):
        store.put_new("a/b", Content.of(b"theirs"))
    assert [(version.version, version.marker) for version in store.versions("a/")] == [
        (stored.version, False),
        (newer, False),
    ]


def test_a_delete_marker_hides_nothing_from_readers_and_stops_writers(bucket):
    store = bucket.store()
    stored = store.put_new("a/b", Content.of(b"ours"))

    marker = bucket.hide("a/b")

    assert store.exists("a/b")
    assert store.find("a/b") == stored
    assert read_stored(store, stored) == read(store, "a/b") == b"ours"
    assert list(store.keys("a/")) == ["a/b"]
    assert [(found.key, found.version, found.size, found.marker) for found in store.versions("")] == [
        ("a/b", stored.version, 4, False),
        ("a/b", marker, 0, True),
    ]
    for content in (b"ours", b"theirs"):
        with pytest.raises(KeyHiddenError) as refused:
            store.put_new("a/b", Content.of(content))
        assert refused.value.facts == {"key": "a/b", "version": marker}
    assert bucket.count("a/b") == 1


def test_nobody_owns_a_key_where_only_a_delete_marker_stands(bucket):
    store = bucket.store()
    marker = bucket.hide("a")

    with pytest.raises(KeyHiddenError):
        store.put_new("a", Content.of(b"ours"))

    assert bucket.count("a") == 0
    assert not store.exists("a")
    assert store.find("a") is None
    assert list(store.keys("")) == []
    with pytest.raises(ObjectMissingError):
        store.open("a", version=marker)


def test_a_copy_of_an_older_version_on_top_changes_nothing(bucket):
    store = bucket.store()
    stored = store.put_new("a", Content.of(b"ours"))
    bucket.put("a", b"theirs")

    source = {"Bucket": bucket.name, "Key": "a", "VersionId": stored.version}
    bucket.client.copy_object(Bucket=bucket.name, Key="a", CopySource=source, MetadataDirective="REPLACE")

    assert bucket.count("a") == 3
    assert store.find("a") == stored


def test_what_moves_up_when_ours_is_removed_is_not_taken_for_ours(bucket):
    store = bucket.store()
    stored = store.put_new("a", Content.of(b"ours"))
    newer = bucket.put("a", b"evil")

    bucket.remove("a", stored.version)

    with pytest.raises(ObjectMissingError):
        read_stored(store, stored)
    assert store.find("a").version == newer
    with pytest.raises(KeyTakenError):
        store.put_new("a", Content.of(b"ours"))


def test_a_restored_archive_reads_the_oldest_version_whatever_the_ledger_calls_it(bucket):
    stored = bucket.store().put_new("a", Content.of(b"ours"))
    bucket.put("a", b"theirs")
    restored = bucket.store(versions="oldest")

    with restored.open("a", version="its name in the bucket that burnt down") as stream:
        assert stream.read() == b"ours"
    assert restored.guard_of("a", version="another").lock == stored.lock
    with pytest.raises(ObjectMissingError):
        restored.open("b", version=stored.version)


def test_it_is_a_store_with_versions_and_no_version_is_named_by_nothing(bucket):
    store = bucket.store()
    store.put_new("a", Content.of(b"ours"))
    assert isinstance(store, Versions)
    with pytest.raises(ObjectMissingError):
        store.open("a", version="")


def test_names_that_are_no_keys_are_versions_and_no_keys(bucket):
    store = bucket.store()
    store.put_new("a/b", Content.of(b""))
    for name in ("a/B c", "a/ä+%2f", "a//b", "a/../b", "a/<&>"):
        bucket.put(name, b"")

    assert list(store.keys("a")) == ["a/b"]
    assert {version.key for version in store.versions("a/")} == {"a/b", "a/B c", "a/ä+%2f", "a//b", "a/../b", "a/<&>"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.sampled_from(["a", "a-", "a/b"]), st.booleans()), max_size=9))
def test_versions_and_markers_come_in_the_order_of_writing_wherever_pages_end(bucket, acts):
    area = f"{uuid.uuid4().hex}/"
    done = [
        (area + key, (bucket.hide(area + key) if marker else bucket.put(area + key, b"")), marker)
        for key, marker in acts
    ]
    written = [act for act in done if act[1] is not None]

    store = bucket.store()
    for page in (1, 2, 3, 1000):
        found = [
            (version.key, version.version, version.marker)
            for history in histories(store.bucket, area, patience=patience(), page=page)
            for version in history
        ]
        assert found == sorted(written, key=lambda act: act[0])


def test_writers_that_race_never_fork_a_key(bucket):
    store_of = in_turn(*(bucket.store() for _ in range(4)))
    with ThreadPoolExecutor(RACERS) as pool:
        for turn in range(ROUNDS):
            start = Barrier(RACERS)

            def race(racer, turn=turn, start=start):
                store = store_of()
                start.wait()
                try:
                    return store.put_new(f"race/{turn}", Content.of(b"%d" % racer))
                except KeyTakenError:
                    return None

            won = [stored for stored in pool.map(race, range(RACERS)) if stored is not None]
            assert won == [store_of().find(f"race/{turn}")]


def test_a_bucket_without_versions_is_refused(s3_lane, monkeypatch):
    with bucket_on(s3_lane, monkeypatch, lock=False, versioned=False) as bucket:
        store = bucket.store(lock="none")
        for content in (Content.of(b"ours"), Content.of(b"large " * 6_000_000)):
            for _ in range(2):  # the second time it is there
                with pytest.raises(StoreUnsuitableError, match="keeps no versions"):
                    store.put_new(f"a/{content.size}", content)


def test_a_bucket_without_object_lock_serves_a_store_without_locks_only(s3_lane, monkeypatch):
    with bucket_on(s3_lane, monkeypatch, lock=False) as bucket:
        unlocked = bucket.store(lock="none")
        stored = unlocked.put_new("a", Content.of(b"ours"))
        assert stored.lock is None
        assert unlocked.find("a") == stored
        with pytest.raises(StoreUnsuitableError, match="cannot do 'put object'"):
            bucket.store(lock="compliance").put_new("b", Content.of(b"ours"))
        assert not unlocked.exists("b")
