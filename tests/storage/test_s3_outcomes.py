"""After a write nobody knows the outcome of, the bucket store looks, and never writes blindly."""

from __future__ import annotations

import pytest

from storage.objects import Content, KeyTakenError, StoreUnavailableError, WriteOutcomeUnknownError
from storage.s3.refusals import KeyContestedError
from tests.storage.s3_proxy import Lose, Say, once, proxy, refusal
from tests.storage.s3_stores import bucket_on

OURS = Content.of(b"ours")


@pytest.fixture
def bucket(s3_lane, monkeypatch):
    with bucket_on(s3_lane, monkeypatch) as bucket:
        yield bucket


@pytest.mark.parametrize("fault", [Lose(), Lose(before=True)], ids=["done", "not done"])
def test_a_write_whose_answer_is_lost_is_one_object(bucket, fault):
    with proxy(bucket.lane, once("put_object", fault)) as server:
        stored = bucket.through(server.endpoint).put_new("a", OURS)
        operations = [request.operation for request in server.seen]

    assert bucket.count("a") == 1
    assert bucket.store().find("a") == stored
    assert operations[:3] == ["list_object_versions", "put_object", "list_object_versions"]


@pytest.mark.parametrize(
    "fault",
    [refusal(500, "InternalError"), refusal(503, "SlowDown"), Say(502, b"<html>Bad gateway</html>"), Say(504, b"")],
    ids=["500", "503", "502 of a proxy", "504 of a proxy"],
)
def test_a_write_that_the_server_refuses_is_made_again_after_a_look(bucket, fault):
    with proxy(bucket.lane, once("put_object", fault)) as server:
        stored = bucket.through(server.endpoint).put_new("a", OURS)
        operations = [request.operation for request in server.seen]
    assert bucket.store().find("a") == stored
    look = "list_object_versions"
    assert operations == [look, "put_object", look, "put_object", look]


def test_after_a_lost_answer_other_bytes_at_the_key_are_a_conflict(bucket):
    def overtaken(request):
        if request.operation != "put_object":
            return None
        bucket.put("a", b"theirs")
        return Lose(before=True)

    with proxy(bucket.lane, overtaken) as server:
        store = bucket.through(server.endpoint)
        with pytest.raises(KeyTakenError):
            store.put_new("a", OURS)
        assert server.count("put_object") == 1


def test_when_nobody_can_look_after_a_lost_answer_the_outcome_is_unknown(bucket):
    def gone_after_the_write(request):
        return Lose() if request.operation == "put_object" or server.count("put_object") else None

    with proxy(bucket.lane, gone_after_the_write) as server:
        store = bucket.through(server.endpoint)
        with pytest.raises(WriteOutcomeUnknownError) as unknown:
            store.put_new("a", OURS)
        assert server.count("put_object") == 1

    assert unknown.value.facts == {"key": "a"}
    assert bucket.store().put_new("a", OURS) == bucket.store().find("a")
    assert bucket.count("a") == 1


def test_when_the_credentials_expire_after_a_lost_answer_the_outcome_is_unknown(bucket):
    def expired_after_the_write(request):
        if request.operation == "put_object":
            return Lose()
        return refusal(400, "ExpiredToken") if server.count("put_object") else None

    with proxy(bucket.lane, expired_after_the_write) as server:
        store = bucket.through(server.endpoint)
        with pytest.raises(WriteOutcomeUnknownError):
            store.put_new("a", OURS)
    assert bucket.count("a") == 1


def test_a_write_that_certainly_never_happens_is_unavailable(bucket):
    with proxy(bucket.lane, once("put_object", *[refusal(503, "SlowDown")] * 5)) as server:
        store = bucket.through(server.endpoint)
        with pytest.raises(StoreUnavailableError):
            store.put_new("a", OURS)
        assert server.count("put_object") == 5
    assert bucket.count("a") == 0


@pytest.mark.parametrize("fault", [refusal(412, "PreconditionFailed"), refusal(409, "ConditionalRequestConflict")])
def test_a_condition_that_fails_at_an_empty_key_is_tried_again_and_then_a_conflict(bucket, fault):
    with proxy(bucket.lane, once("put_object", fault)) as server:
        assert bucket.through(server.endpoint).put_new("a", OURS) == bucket.store().find("a")
    with proxy(bucket.lane, once("put_object", *[fault] * 5)) as server:
        store = bucket.through(server.endpoint)
        with pytest.raises(KeyContestedError):
            store.put_new("b", OURS)


def test_a_loser_that_looks_first_leaves_no_version(bucket):
    stored = bucket.store().put_new("a", OURS)
    for _ in range(3):
        with pytest.raises(KeyTakenError):
            bucket.store().put_new("a", Content.of(b"theirs"))
    assert [version.version for version in bucket.store().versions("")] == [stored.version]


def test_a_loser_that_wrote_at_the_same_time_yields_to_the_oldest(bucket):
    """Where a server ignores ``If-None-Match`` the loser's version stays behind, newer and locked."""

    def overtaken(request):
        if request.operation == "put_object" and server.count("put_object") == 1:
            bucket.put("a", b"theirs")

    with proxy(bucket.lane, overtaken) as server:
        store = bucket.through(server.endpoint)
        with pytest.raises(KeyTakenError):
            store.put_new("a", OURS)
        assert server.count("put_object") == 1

    assert bucket.count("a") == (2 if bucket.lane.name == "ceph16" else 1)
    with bucket.store().open("a") as stream:
        assert stream.read() == b"theirs"


def test_two_that_wrote_the_same_at_the_same_time_have_the_oldest(bucket):
    def overtaken(request):
        if request.operation == "put_object" and server.count("put_object") == 1:
            bucket.put("a", b"ours")

    with proxy(bucket.lane, overtaken) as server:
        stored = bucket.through(server.endpoint).put_new("a", OURS)

    assert stored == bucket.store().find("a")
    assert stored.lock is not None
