"""Large content goes to a bucket in parts: in bounded memory, continued after a death, safe among racing writers."""

from __future__ import annotations

import io
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import msgspec
import pytest

from schemas.digest import Digest
from storage.objects import Content, KeyTakenError, ObjectAlteredError, StoreUnavailableError
from storage.s3.parts import MIB, PART, WHOLE, in_parts
from tests.storage.contract import noise
from tests.storage.s3_proxy import Hold, Lose, Say, once, proxy, refusal
from tests.storage.s3_stores import bucket_on, in_turn, patience

ROOT = Path(__file__).parents[2]
SIZE = 2 * PART + 5
PARTS = {1, 2, 3}


@pytest.fixture
def bucket(s3_lane, monkeypatch):
    with bucket_on(s3_lane, monkeypatch) as bucket:
        yield bucket


@pytest.fixture(scope="module")
def content():
    return noise(SIZE)


def pending(bucket):
    return [found["UploadId"] for found in bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", ())]


def sent(server):
    return sorted(request.part for request in server.seen if request.operation == "upload_part")


def test_a_sender_that_is_killed_is_continued_by_the_next_one(bucket, content):
    def after_two(request):
        return Hold() if request.part > 2 else None

    with proxy(bucket.lane, after_two) as server:
        place = msgspec.json.encode(bucket.place(endpoint=server.endpoint, authority=None)).decode()
        sender = subprocess.Popen([sys.executable, "-m", "tests.storage.s3_writing", place, "a", str(SIZE)], cwd=ROOT)
        server.wait_until(lambda: {1, 2} <= {request.part for request in server.answered})
        server.wait_until(lambda: any(request.part == 3 for request in server.seen))
        sender.kill()
        sender.wait()
    assert not bucket.store().exists("a")

    with proxy(bucket.lane) as server:
        stored = bucket.through(server.endpoint).put_new("a", content)

    assert sent(server) == [3]
    assert server.count("create_multipart_upload") == 0
    assert bucket.store().find("a") == stored
    assert stored.sha256 == content.sha256
    assert pending(bucket) == []


def test_after_an_outage_the_same_writer_goes_on_where_it_stopped(bucket, content):
    down = {"now": True}

    def broken(request):
        return Lose(before=True) if down["now"] and request.part > 1 else None

    with proxy(bucket.lane, broken) as server:
        store = bucket.through(server.endpoint)
        with pytest.raises(StoreUnavailableError):
            store.put_new("a", content)
        down["now"] = False
        before = len(server.seen)
        stored = store.put_new("a", content)
        assert sorted(request.part for request in server.seen[before:] if request.part) == [2, 3]
        assert server.count("create_multipart_upload") == 1

    assert bucket.store().find("a") == stored


def test_an_upload_of_other_content_is_left_alone(bucket, content):
    upload = bucket.client.create_multipart_upload(Bucket=bucket.name, Key="a")["UploadId"]
    empty = bucket.client.create_multipart_upload(Bucket=bucket.name, Key="a")["UploadId"]
    longer = bucket.client.create_multipart_upload(Bucket=bucket.name, Key="a/longer")["UploadId"]
    bucket.client.upload_part(Bucket=bucket.name, Key="a", UploadId=upload, PartNumber=1, Body=bytes(PART))

    stored = bucket.store().put_new("a", content)

    assert stored.sha256 == content.sha256
    assert set(pending(bucket)) == {upload, empty, longer}


def test_a_part_that_another_writer_replaces_is_never_part_of_the_object(bucket, content):
    """Whoever finds our pending upload may send other bytes to it: then it is not completed, and we begin anew."""

    def meddle(request):
        if request.operation == "complete_multipart_upload" and server.count("complete_multipart_upload") == 1:
            bucket.client.upload_part(
                Bucket=bucket.name, Key="a", UploadId=request.query["uploadId"], PartNumber=2, Body=bytes(PART)
            )

    with proxy(bucket.lane, meddle) as server:
        stored = bucket.through(server.endpoint).put_new("a", content)
        assert server.count("create_multipart_upload") == 2

    assert bucket.store().find("a") == stored
    assert stored.sha256 == content.sha256


def test_an_upload_that_somebody_ends_is_begun_again(bucket, content):
    def end(request):
        if request.operation == "complete_multipart_upload" and server.count("complete_multipart_upload") == 1:
            bucket.client.abort_multipart_upload(Bucket=bucket.name, Key="a", UploadId=request.query["uploadId"])

    with proxy(bucket.lane, end) as server:
        stored = bucket.through(server.endpoint).put_new("a", content)

    assert bucket.store().find("a") == stored


def test_a_completion_whose_answer_is_lost_is_found_by_looking(bucket, content):
    with proxy(bucket.lane, once("complete_multipart_upload", Lose())) as server:
        stored = bucket.through(server.endpoint).put_new("a", content)
        assert server.count("complete_multipart_upload") == 1

    assert bucket.count("a") == 1
    assert stored.lock is not None
    assert bucket.store().find("a") == stored


def test_a_completion_that_says_success_and_then_failure_is_not_believed(bucket, content):
    """S3 may answer 200 and write an error into the body (CompleteMultipartUpload, AWS)."""
    failed = refusal(200, "InternalError")
    with proxy(bucket.lane, once("complete_multipart_upload", failed)) as server:
        stored = bucket.through(server.endpoint).put_new("a", content)
        assert server.count("complete_multipart_upload") == 2

    assert bucket.store().find("a") == stored


def test_a_death_between_completing_and_locking_is_mended_by_putting_it_again(bucket, content):
    with proxy(bucket.lane, once("put_object_retention", *[Lose(before=True)] * 2)) as server:
        store = bucket.through(server.endpoint, waiting=patience(attempts=2))
        with pytest.raises(StoreUnavailableError):
            store.put_new("a", content)
    assert bucket.store().guard_of("a").lock is None

    stored = bucket.store().put_new("a", content)

    assert bucket.count("a") == 1
    assert bucket.store().guard_of("a").lock == stored.lock is not None


def test_writers_that_race_with_the_same_content_share_one_object(bucket, content):
    stores, start = in_turn(*(bucket.store() for _ in range(3))), Barrier(3)

    def race(_):
        store = stores()
        start.wait()
        return store.put_new("a", content)

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(race, range(3)))

    found = bucket.store().find("a")
    assert {(stored.version, stored.sha256) for stored in outcomes} == {(found.version, content.sha256)}
    assert all(stored.lock is not None for stored in outcomes)


def test_of_writers_that_race_with_other_contents_exactly_one_wins(bucket):
    contents = [noise(WHOLE + 1 + racer, seed=racer) for racer in range(3)]
    stores, start = in_turn(*(bucket.store() for _ in range(3))), Barrier(3)

    def race(content):
        store = stores()
        start.wait()
        try:
            return store.put_new("a", content)
        except KeyTakenError:
            return None

    with ThreadPoolExecutor(3) as pool:
        won = [stored for stored in pool.map(race, contents) if stored is not None]

    assert [(stored.version, stored.sha256) for stored in won] == [
        (found.version, found.sha256) for found in [bucket.store().find("a")]
    ]
    assert pending(bucket) == []


def test_content_that_lies_is_sent_and_leaves_nothing(bucket, content):
    lie = Content(content.open, content.size, Digest.of(b"other"))
    with proxy(bucket.lane) as server:
        with pytest.raises(ObjectAlteredError):
            bucket.through(server.endpoint).put_new("a", lie)
        assert server.count("complete_multipart_upload") == 0
    assert not bucket.store().exists("a")
    assert pending(bucket) == []


def test_content_that_changes_between_looking_for_what_arrived_and_sending_leaves_nothing(bucket, content):
    first = next(body for _, body in in_parts("a", content))
    upload = bucket.client.create_multipart_upload(Bucket=bucket.name, Key="a")["UploadId"]
    bucket.client.upload_part(Bucket=bucket.name, Key="a", UploadId=upload, PartNumber=1, Body=first)
    openings = iter([content.open, lambda: io.BytesIO(bytes(SIZE))])
    changing = Content(lambda: next(openings)(), content.size, content.sha256)  # noqa: PLW0108 -- the next at each call

    with pytest.raises(ObjectAlteredError):
        bucket.store().put_new("a", changing)

    assert not bucket.store().exists("a")
    assert pending(bucket) == []


def test_without_the_right_to_look_for_uploads_it_begins_its_own(bucket, content):
    with proxy(bucket.lane, once("list_multipart_uploads", refusal(403, "AccessDenied"))) as server:
        assert bucket.through(server.endpoint).put_new("a", content).sha256 == content.sha256


def test_a_part_that_is_refused_for_load_is_sent_again(bucket, content):
    with proxy(bucket.lane, once("upload_part", refusal(503, "SlowDown"), Say(502, b"<html>"), Lose())) as server:
        stored = bucket.through(server.endpoint).put_new("a", content)
        assert server.count("upload_part") == len(PARTS) + 3
    assert bucket.store().find("a") == stored


@pytest.mark.long
def test_300_megabytes_go_through_a_few_parts_of_memory(bucket):
    content = noise(300 * 1_000_000)
    store = bucket.store()
    store.exists("a")  # boto3 loads what it knows about S3

    tracemalloc.start()
    try:
        stored = store.put_new("a", content)
        _, put = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        assert store.find("a") == stored
        _, found = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert put < 6 * PART
    assert found < 16 * MIB
