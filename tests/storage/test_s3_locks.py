"""What a bucket guards: locks from the moment of writing, never shorter or weaker, and legal holds."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from schemas.stored import Lock
from storage import layout
from storage.objects import Content, Guard, LockRefusedError, Locks, ObjectMissingError
from tests.storage.s3_proxy import proxy
from tests.storage.s3_stores import DAY, bucket_on

LARGE = Content.of(b"large " * 6_000_000)


@pytest.fixture
def bucket(s3_lane, monkeypatch):
    with bucket_on(s3_lane, monkeypatch) as bucket:
        yield bucket


def days_left(bucket, lock):
    return round((lock.until.micros - bucket.clock().micros) / 1_000_000 / DAY)


@pytest.mark.parametrize("content", [Content.of(b"small"), LARGE], ids=["whole", "in parts"])
def test_nobody_deletes_what_is_under_a_compliance_lock(bucket, content):
    store = bucket.store(lock="compliance", lease_days=30)

    stored = store.put_new("a/b", content)

    assert stored.lock.mode == "compliance"
    assert days_left(bucket, stored.lock) == 30
    assert stored.lock.until.micros % 1_000_000 == 0
    assert isinstance(store, Locks)
    assert store.guard_of("a/b", version=stored.version) == store.guard_of("a/b") == Guard(stored.lock, hold=False)
    with pytest.raises(ClientError, match="AccessDenied"):
        bucket.remove("a/b", stored.version)
    assert store.find("a/b") == stored


@pytest.mark.parametrize(
    "key",
    [
        layout.entry(7),
        layout.checkpoint(8),
        layout.cosignature(8, "county"),
        layout.timestamp(8, "alpha", 1),
        layout.root("00"),
    ],
)
def test_the_ledger_is_locked_for_years(bucket, key):
    stored = bucket.store(ledger_years=10).put_new(key, Content.of(b"entry"))
    assert stored.lock.mode == "governance"
    assert days_left(bucket, stored.lock) == 3653


def test_a_lock_is_extended_and_never_shortened(bucket):
    store = bucket.store(lease_days=30)
    stored = store.put_new("a", Content.of(b"ours"))

    assert store.retain("a", until=bucket.clock()) == stored.lock
    assert store.guard_of("a").lock == stored.lock
    until = bucket.clock().plus(seconds=40 * DAY)
    extended = store.retain("a", version=stored.version, until=until)

    assert extended.mode == "governance"
    assert until <= extended.until < until.plus(seconds=1)
    assert store.guard_of("a").lock == extended
    assert store.find("a").lock == extended
    assert store.retain("a", until=bucket.clock().plus(seconds=35 * DAY)) == extended


def test_of_two_that_lock_at_the_same_time_the_longer_lock_stands(bucket):
    store = bucket.store(lock="compliance", lease_days=30)
    stored = store.put_new("a", Content.of(b"ours"))
    longest = stored.lock.until.plus(seconds=9 * DAY)

    def overtaken(request):
        if request.operation == "put_object_retention":
            store.retain("a", until=longest)

    with proxy(bucket.lane, overtaken) as server:
        lock = bucket.through(server.endpoint, lock="compliance").retain("a", until=stored.lock.until.plus(seconds=DAY))

    assert lock == Lock("compliance", longest) == store.guard_of("a").lock


def test_a_compliance_lock_stays_one_when_the_settings_say_governance(bucket):
    bucket.store(lock="compliance", lease_days=30).put_new("a", Content.of(b"ours"))

    lock = bucket.store(lock="governance").retain("a", until=bucket.clock().plus(seconds=50 * DAY))

    assert lock.mode == "compliance"
    assert bucket.store().guard_of("a").lock == lock


def test_an_unlocked_version_is_locked_by_retaining_it_and_by_putting_it_again(bucket):
    unlocked, store = bucket.store(lock="none"), bucket.store()
    for key in ("a", "b"):
        assert unlocked.put_new(key, Content.of(b"ours")).lock is None
        assert store.guard_of(key) == Guard(None, hold=False)

    retained = store.retain("a", until=bucket.clock().plus(seconds=31 * DAY))
    again = store.put_new("b", Content.of(b"ours"))

    assert store.guard_of("a").lock == retained
    assert days_left(bucket, retained) == 31
    assert store.guard_of("b").lock == again.lock == store.find("b").lock
    assert days_left(bucket, again.lock) == 60


def test_a_legal_hold_keeps_what_no_lock_keeps_until_it_is_lifted(bucket):
    store = bucket.store(lock="none")
    stored = store.put_new("a", Content.of(b"ours"))

    for _ in range(2):
        store.hold("a", version=stored.version, on=True)
    assert store.guard_of("a") == Guard(None, hold=True)
    with pytest.raises(ClientError, match="AccessDenied"):
        bucket.remove("a", stored.version)
    for _ in range(2):
        store.hold("a", on=False)
    assert store.guard_of("a") == Guard(None, hold=False)

    bucket.remove("a", stored.version)
    assert not store.exists("a")


def test_a_lock_and_a_hold_are_told_apart(bucket):
    store = bucket.store()
    stored = store.put_new("a", Content.of(b"ours"))
    store.hold("a", on=True)
    assert store.guard_of("a") == Guard(stored.lock, hold=True)


def test_guards_are_those_of_the_version_that_is_named(bucket):
    store = bucket.store()
    stored = store.put_new("a", Content.of(b"ours"))
    newer = bucket.put("a", b"theirs")
    assert store.guard_of("a") == store.guard_of("a", version=stored.version) == Guard(stored.lock, hold=False)
    assert store.guard_of("a", version=newer) == Guard(None, hold=False)


def test_versions_that_never_were_cannot_be_guarded(bucket):
    store = bucket.store()
    store.put_new("a", Content.of(b"ours"))
    until = bucket.clock().plus(seconds=DAY)
    for key, version in (("a", "never"), ("a", ""), ("b", None), ("b", "never")):
        with pytest.raises(ObjectMissingError):
            store.guard_of(key, version=version)
        with pytest.raises(ObjectMissingError):
            store.retain(key, version=version, until=until)
        with pytest.raises(ObjectMissingError):
            store.hold(key, version=version, on=True)


def test_a_store_without_locks_refuses_to_lock(s3_lane, monkeypatch):
    with bucket_on(s3_lane, monkeypatch, lock=False) as bucket:
        store = bucket.store(lock="none")
        store.put_new("a", Content.of(b"ours"))
        until = bucket.clock().plus(seconds=DAY)
        assert store.guard_of("a") == Guard(None, hold=False)
        with pytest.raises(LockRefusedError, match=r"store\.lock = 'none'"):
            store.retain("a", until=until)
        with pytest.raises(LockRefusedError, match="does not lock a"):
            store.hold("a", on=True)
        with pytest.raises(LockRefusedError, match="does not lock a"):
            bucket.store().retain("a", until=until)


def test_a_mode_is_changed_only_when_the_lock_is_over(bucket):
    store = bucket.store(lock="governance", lease_days=30)
    stored = store.put_new("a", Content.of(b"ours"))

    strict = bucket.store(lock="compliance")
    held = strict.retain("a", until=stored.lock.until.plus(seconds=DAY))

    assert held == Lock("governance", stored.lock.until.plus(seconds=DAY))
