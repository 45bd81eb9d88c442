"""What doctor says of what answers when it is no server, or one that is far away, or out of its time."""

from __future__ import annotations

import pytest

from schemas.instant import Instant
from schemas.settings import BucketPlace
from storage.s3.probes import TITLES
from storage.s3.probes_of_contact import is_exposed, seconds_ahead
from tests.servers import Answer, serving
from tests.storage.examining import codes, examine

XML = b'<?xml version="1.0" encoding="UTF-8"?>'
HTML = Answer(200, {"Content-Type": "text/html"}, b"<html><body><h1>Welcome to the console</h1></body></html>")


def refusing(status: int, code: str, more: bytes = b"") -> Answer:
    body = XML + b"<Error><Code>" + code.encode() + b"</Code><Message>no</Message>" + more + b"</Error>"
    return Answer(status, {"Content-Type": "application/xml"}, body)


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (HTML, "STORE_ENDPOINT", "does not speak S3"),
        (Answer(502, {"Content-Type": "text/html"}, b"<html>Bad gateway"), "STORE_UNAVAILABLE", "did not do"),
        (refusing(400, "ExpiredToken"), "STORE_CREDENTIALS", "ExpiredToken"),
        (refusing(403, "RequestTimeTooSkewed"), "STORE_CLOCK", "clocks"),
        (refusing(400, "AuthorizationHeaderMalformed", b"<Region>eu-south-2</Region>"), "BUCKET_REGION", "eu-south-2"),
        (refusing(403, "AccessDenied"), "STORE_ACCESS_REFUSED", "may not"),
    ],
)
def test_bad_answers_are_named_and_nothing_else_is_tried(answer, code, words, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with serving({"/records": answer}) as server:
        examination = examine(BucketPlace(bucket="records", endpoint=server.url("")))

        assert len({request.path for request in server.requests}) == 1  # boto3 asks again where it is sent elsewhere
    assert codes(examination) == [code]
    assert words in examination.findings[0].what
    assert [step.verdict for step in examination.steps] == ["faulty", *["not checked"] * (len(TITLES) - 1)]


def test_an_endpoint_that_is_not_encrypted_is_not_even_asked():
    examination = examine(BucketPlace(bucket="records", endpoint="http://192.0.2.1:9000"))

    assert codes(examination) == ["ENDPOINT_EXPOSED"]
    assert examination.findings[0].do.startswith("Give store.endpoint with https://")


def test_no_credentials_at_all_are_named(monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent/config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")

    examination = examine(BucketPlace(bucket="records", endpoint="http://127.0.0.1:1"))

    assert codes(examination) == ["STORE_CREDENTIALS"]


@pytest.mark.parametrize(
    ("endpoint", "exposed"),
    [
        ("https://s3.example.org", False),
        ("http://s3.example.org", True),
        ("http://localhost:9000", False),
        ("http://127.0.0.2:9000", False),
        ("http://[::1]:9000", False),
        ("http://10.0.0.7", True),
        ("HTTP://EXAMPLE.ORG", True),
        ("http://localhost.example.org", True),
    ],
)
def test_only_encryption_or_this_machine_itself_keeps_what_is_sent_from_others(endpoint, exposed):
    assert is_exposed(endpoint) is exposed


def test_the_servers_time_is_read_from_its_date_and_may_be_missing():
    began = Instant.from_text("2026-01-01T00:00:00.000000Z")
    dated = {"ResponseMetadata": {"HTTPHeaders": {"date": "Thu, 01 Jan 2026 00:05:00 GMT"}}}

    assert seconds_ahead(dated, began=began, ended=began.plus(seconds=1)) == 300
    for answer in ({}, {"ResponseMetadata": {"HTTPHeaders": {"date": "yesterday"}}}):
        assert seconds_ahead(answer, began=began, ended=began) is None
