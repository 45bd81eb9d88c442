"""What a bucket store says when settings, credentials, the network or the server are not what they should be."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from schemas.instant import Instant
from schemas.settings import BucketPlace, SettingsError
from storage.objects import Content, ObjectMissingError, StoreUnavailableError, StoreUnsuitableError
from storage.places import open_store
from storage.s3.parts import Part
from storage.s3.refusals import (
    BucketMissingError,
    BucketRegionError,
    StoreAccessRefusedError,
    StoreCertificateError,
    StoreClockError,
    StoreCredentialsError,
    StoreEndpointError,
    StoreRefusedError,
)
from storage.s3.store import S3Store
from tests.servers import Answer, serving
from tests.storage.s3_proxy import Say, proxy, refusal
from tests.storage.s3_stores import HOME, Waits, bucket_on, patience

ROOT = Path(__file__).parents[2]
SECRET = "nobody-may-ever-read-this"
XHTML = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head/><body><p>Log in</p></body></html>'


@pytest.fixture
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


def store_of(endpoint, *, waiting=None, **settings):
    place = BucketPlace(bucket="the-bucket", endpoint=endpoint, **settings)
    return S3Store(place, home=HOME, now=lambda: Instant(0), patience=waiting or patience())


def look(store):
    return store.exists("a")


def put(store):
    return store.put_new("a", Content.of(b"ours"))


REFUSALS = [
    (refusal(404, "NoSuchBucket"), BucketMissingError, "the-bucket"),
    (refusal(403, "InvalidAccessKeyId"), StoreCredentialsError, "InvalidAccessKeyId"),
    (refusal(403, "SignatureDoesNotMatch"), StoreCredentialsError, "SignatureDoesNotMatch"),
    (refusal(400, "ExpiredToken"), StoreCredentialsError, "expired"),
    (refusal(400, "InvalidToken"), StoreCredentialsError, "token"),
    (refusal(403, "AccessDenied"), StoreAccessRefusedError, "'list object versions'"),
    (refusal(403, "RequestTimeTooSkewed"), StoreClockError, "clocks"),
    (refusal(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1"), BucketRegionError, "eu-west-1"),
    (refusal(400, "IllegalLocationConstraintException"), BucketRegionError, "another region"),
    (
        refusal(400, "AuthorizationHeaderMalformed", more="<Region>eu-central-1</Region>"),
        BucketRegionError,
        "'eu-central-1'",
    ),
    (refusal(400, "AuthorizationHeaderMalformed"), StoreCredentialsError, "access key"),
    (refusal(501, "NotImplemented"), StoreUnsuitableError, "NotImplemented"),
    (refusal(400, "KeyTooLongError"), StoreRefusedError, "KeyTooLongError"),
    (refusal(403, "InvalidObjectState"), StoreRefusedError, "storage class"),
    (Say(200, b"<html><p>Welcome to the console"), StoreEndpointError, "does not speak S3"),
    (Say(200, XHTML), StoreEndpointError, "does not speak S3"),
    (Say(200, b""), StoreEndpointError, "does not speak S3"),
    (Say(404, b"<html><p>not here"), StoreEndpointError, "does not speak S3"),
    (Say(404, XHTML), StoreEndpointError, "does not speak S3"),
    (Say(405, b""), StoreEndpointError, "does not speak S3"),
    (Say(200, b"hello", {"Content-Type": "text/plain"}), StoreEndpointError, "does not speak S3"),
    (Say(502, b"<html>Bad gateway</html>"), StoreUnavailableError, "502"),
    (refusal(200, "InternalError"), StoreUnavailableError, "InternalError"),
    (refusal(500, "InternalError"), StoreUnavailableError, "500 InternalError"),
    (refusal(429, "TooManyRequests"), StoreUnavailableError, "TooManyRequests"),
]


@pytest.mark.parametrize(("answer", "error", "words"), REFUSALS, ids=lambda value: str(getattr(value, "code", "")))
@pytest.mark.parametrize("act", [look, put])
def test_what_the_server_refuses_is_said_in_our_words_and_without_secrets(credentials, answer, error, words, act):
    with proxy(None, lambda _: answer) as server, pytest.raises(error) as refused:
        act(store_of(server.endpoint))
    assert words in str(refused.value)
    told = "".join(traceback.format_exception(refused.value)) + repr(refused.value.to_json())
    assert SECRET not in told


def test_only_what_may_pass_is_tried_again(credentials):
    for answer, error, _ in REFUSALS:
        with proxy(None, lambda _, answer=answer: answer) as server:
            with pytest.raises(error):
                look(store_of(server.endpoint))
            # boto3 itself follows AWS once to the bucket's region.
            expected = {StoreUnavailableError: {5}, BucketRegionError: {1, 2}}.get(error, {1})
            assert server.count("list_object_versions") in expected, answer


def test_waits_double_and_come_to_an_end(credentials):
    waits = Waits()
    with proxy(None, lambda _: refusal(503, "SlowDown")) as server, pytest.raises(StoreUnavailableError):
        look(store_of(server.endpoint, waiting=patience(attempts=7, waits=waits)))
    assert waits.seconds == [0.5, 1, 2, 4, 8, 8]


def test_where_nobody_listens_the_store_is_unavailable_and_nothing_was_written(credentials):
    with socket.create_server(("127.0.0.1", 0)) as door:
        endpoint = f"http://127.0.0.1:{door.getsockname()[1]}"
    for act in (look, put):
        with pytest.raises(StoreUnavailableError, match="does not answer"):
            act(store_of(endpoint))


def test_a_name_that_is_unknown_is_unavailable(credentials):
    with pytest.raises(StoreUnavailableError, match="does not answer"):
        look(store_of("http://store.invalid"))


def test_a_server_that_says_nothing_s3_knows_is_unavailable(credentials):
    site = {"/the-bucket": Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n")}
    with serving(site) as server, pytest.raises(StoreUnavailableError, match="broke"):
        look(store_of(server.url().rstrip("/")))


@pytest.mark.parametrize("endpoint", ["", "nonsense", "https://", "s3.example.com", "http://[::1"])
def test_an_endpoint_that_is_no_address_is_refused(credentials, endpoint):
    with pytest.raises(StoreEndpointError):
        look(store_of(endpoint))


def test_without_credentials_it_says_so(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StoreCredentialsError, match=r"NoCredentialsError.*store\.profile"):
        look(store_of("http://127.0.0.1:9"))
    with pytest.raises(StoreCredentialsError, match="ProfileNotFound"):
        look(store_of("http://127.0.0.1:9", profile="records"))


@pytest.fixture
def certificate(tmp_path):
    """A certificate of our own for the loopback address; its file is its authority too."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"]
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1", *files], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    return tmp_path / "certificate.pem", context


def test_a_certificate_of_an_unknown_authority_is_refused_and_the_named_one_trusted(credentials, certificate):
    path, context = certificate
    with serving({"/the-bucket": Answer(404, body=b"<html>")}, tls=context) as server:
        endpoint = server.url().rstrip("/")
        for act in (look, put):
            with pytest.raises(StoreCertificateError, match=r"store\.authority"):
                act(store_of(endpoint))
        with pytest.raises(StoreEndpointError):
            look(store_of(endpoint, authority=str(path)))


def test_an_authority_that_cannot_be_read_is_refused(credentials, tmp_path):
    (tmp_path / "empty.pem").write_bytes(b"")
    for name in ("none.pem", "empty.pem", "."):
        with pytest.raises(SettingsError, match=r"store\.authority"):
            look(store_of("https://127.0.0.1:9", authority=str(tmp_path / name)))


def test_what_describes_a_store_holds_no_secrets(credentials):
    store = store_of("https://127.0.0.1:9")
    with pytest.raises(StoreUnavailableError):
        look(store)
    assert SECRET not in repr(store) + repr(store.bucket) + repr(vars(store)) + repr(vars(store.bucket))


def test_a_listing_in_circles_is_refused(credentials):
    page = b"<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker></ListVersionsResult>"
    with proxy(None, lambda _: Say(200, page)) as server, pytest.raises(StoreRefusedError, match="circles"):
        look(store_of(server.endpoint))


def test_a_store_is_opened_without_a_look_at_anything():
    place = BucketPlace(bucket="b", endpoint="http://127.0.0.1:9", authority="none.pem", profile="none")
    assert isinstance(open_store(place, home=HOME, now=lambda: Instant(0)), S3Store)


def test_whoever_has_no_bucket_does_not_wait_for_boto3():
    code = "import sys, storage.places; sys.exit('boto3' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


# Real servers.


@pytest.fixture
def bucket(s3_lane, monkeypatch):
    with bucket_on(s3_lane, monkeypatch) as bucket:
        yield bucket


def test_a_wrong_secret_is_refused_by_a_real_server(bucket, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    for act in (look, put):
        with pytest.raises(StoreCredentialsError) as refused:
            act(bucket.store())
        assert SECRET not in "".join(traceback.format_exception(refused.value))


def test_an_unknown_access_key_is_refused_by_a_real_server(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    with pytest.raises(StoreCredentialsError):
        look(bucket.store())


def test_a_user_without_rights_is_told_which_right_is_missing(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bucket.lane.other_access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bucket.lane.other_secret_key)
    with pytest.raises(StoreAccessRefusedError, match="'list object versions'"):
        look(bucket.store())


def test_a_bucket_that_is_not_there_is_named(bucket):
    for act in (look, put, lambda store: list(store.keys("")), lambda store: store.open("a", version="v")):
        with pytest.raises(BucketMissingError, match="no-such-bucket-here"):
            act(bucket.store(bucket="no-such-bucket-here"))


def test_a_real_server_over_http_where_it_speaks_https_is_no_mystery(bucket):
    if bucket.lane.authority is None:
        pytest.skip("this lane speaks http")
    store = bucket.through(bucket.lane.endpoint.replace("https:", "http:"))
    with pytest.raises((StoreEndpointError, StoreUnavailableError)):
        look(store)
    with pytest.raises(StoreCertificateError):
        look(bucket.store(authority=None))


def test_bytes_that_change_on_the_way_are_refused_by_the_server(bucket):
    raw = bucket.store().bucket
    with pytest.raises(StoreUnavailableError, match="BadDigest"):
        raw.call("put_object", Key="a", Body=b"forged", **Part.of(1, b"ours").checksums)
    with pytest.raises(ObjectMissingError):
        bucket.store().open("a")
