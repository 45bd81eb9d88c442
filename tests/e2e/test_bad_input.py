"""What goes wrong outside: each case gets a clear error of the right family, a recorded poll, and loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from tests.e2e.holdfast import Holdfast
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from pathlib import Path

FAST = "\n[capture]\nattempts = 2\nlongest_wait_seconds = 1\nread_seconds = 2\ntotal_seconds = 4\nmax_megabytes = 3\n"
XML = {"Content-Type": "application/rss+xml"}
FEED = b"<rss version='2.0'><channel><title>t</title><item><guid>1</guid><title>one</title></item></channel></rss>"
BOMB = (
    b"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(12))
    + b"]><rss version='2.0'><channel><item><guid>1</guid><title>&m;</title></item></channel></rss>"
)


@pytest.fixture
def office(tmp_path: Path) -> Holdfast:
    """A new archive that does not wait long."""
    made = Holdfast(tmp_path / "home").init()
    with (made.home / "holdfast.toml").open("a", encoding="utf-8") as settings:
        settings.write(FAST)
    return made


def failed(office: Holdfast, url: str, *, code: str, status: int) -> dict:
    """Capture an address that must fail so, and return the poll that the ledger keeps."""
    answer = office.run("capture", url, "--allow-private-network", "--json")
    (result,) = answer.json["captures"]
    assert result["error"]["code"] == code
    assert result["error"]["do"]
    assert answer.status == status
    poll = office.json("log", "--limit", "1")["entries"][0]["acts"][0]["poll"]
    assert poll["outcome"] == "failed"
    assert poll["code"] == code
    assert office.run("verify").status == 0
    return poll


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        (Answer(status=404), "NOT_FOUND", 2),
        (Answer(status=410), "NOT_FOUND", 2),
        (Answer(status=401), "ACCESS_REFUSED", 3),
        (Answer(status=403), "ACCESS_REFUSED", 3),
        (Answer(status=429, headers={"Retry-After": "3600"}), "RATE_LIMITED", 5),
        (Answer(status=500), "SERVER_FAILED", 5),
        (Answer(status=503), "SERVER_FAILED", 5),
        (
            Answer(headers={"Content-Type": "text/html"}, body=b"<html><body>Please log in</body></html>"),
            "NOT_A_FEED",
            2,
        ),
        (Answer(headers={"Content-Type": "application/zip"}, body=b"PK\x03\x04"), "NOT_A_FEED", 2),
        (Answer(headers=XML, body=b""), "NOT_A_FEED", 2),
    ],
)
def test_an_answer_that_is_no_feed_is_a_failed_poll(office: Holdfast, answer: Answer, code: str, status: int):
    with serving({"/feed.xml": answer}) as server:
        poll = failed(office, server.url("/feed.xml"), code=code, status=status)
    assert poll["requests"] >= 1


def test_an_unreachable_host_is_a_failed_poll(office: Holdfast):
    with serving({}) as server:
        url = server.url("/feed.xml")
    failed(office, url, code="HOST_UNREACHABLE", status=5)


def test_a_private_address_is_refused_unless_the_account_allows_it(office: Holdfast):
    with serving({"/feed.xml": Answer(headers=XML, body=FEED)}) as server:
        answer = office.run("capture", server.url("/feed.xml"), "--json")
        (result,) = answer.json["captures"]
        assert result["error"]["code"] == "ADDRESS_FORBIDDEN"
        assert "--allow-private-network" in result["error"]["do"]
        assert answer.status == 3
        assert not server.requests
        # What the error advises works.
        assert office.capture(server.url("/feed.xml"), "--allow-private-network")["new"] == 1


def test_a_redirect_into_the_cloud_metadata_service_is_refused_even_then(office: Holdfast):
    location = {"Location": "http://169.254.169.254/latest/meta-data/"}
    with serving({"/feed.xml": Answer(status=302, headers=location)}) as server:
        failed(office, server.url("/feed.xml"), code="ADDRESS_FORBIDDEN", status=3)


def test_a_cut_off_feed_is_kept_and_flagged(office: Holdfast):
    with serving({"/feed.xml": Answer(headers=XML, body=FEED, short=4000)}) as server:
        result = office.run("capture", server.url("/feed.xml"), "--allow-private-network", "--json").json["captures"][0]
    assert result["act"]["poll"]["outcome"] in ("partial", "failed")
    assert result["act"]["exchanges"]
    assert office.run("verify").status == 0


def test_a_feed_larger_than_the_limit_is_kept_up_to_there(office: Holdfast):
    big = b"<rss version='2.0'><channel><item><guid>1</guid><title>" + b"x" * 4_000_000
    with serving({"/feed.xml": Answer(headers=XML, body=big)}) as server:
        result = office.run("capture", server.url("/feed.xml"), "--allow-private-network", "--json").json["captures"][0]
    assert result["act"]["poll"]["outcome"] in ("partial", "failed")
    assert result["act"]["exchanges"]
    assert office.run("verify").status == 0


def test_an_entity_bomb_is_archived_as_it_is_and_takes_no_time(office: Holdfast):
    with serving({"/feed.xml": Answer(headers=XML, body=BOMB)}) as server:
        act = office.capture(server.url("/feed.xml"), "--allow-private-network")
    assert act["partitions"]
    assert office.run("verify").status == 0


def test_a_full_disk_keeps_what_was_captured_and_seals_it_later(office: Holdfast):
    with BlogSite() as site:
        office.register(site.feed, "blog")
        store = office.home / "archive"
        (store / "exchanges").write_text("a file where a folder must be: nothing can be written there")
        answer = office.run("capture", "blog", "--json")
        assert answer.status != 0
        assert office.json("status")["waiting"]
        (store / "exchanges").unlink()
    recovered = office.run("capture", "blog")
    assert "Sealed what an earlier run left" in recovered.err
    assert not office.json("status")["waiting"]
    assert office.json("search", "volcano", "--type", "post")["hits"]
    assert office.run("verify").status == 0


def test_an_unknown_account_names_those_there_are(office: Holdfast):
    office.register("https://blog.example/feed.xml", "blog")
    answer = office.run("capture", "blgo")
    assert answer.status == 2
    assert "blog" in answer.err


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example/feed",
        "feed.xml://",
        "https://",
        "https://user:password@x.example/feed",
        "https://x.example/feed?access_token=abcdef0123456789",
    ],
)
def test_an_address_that_must_not_stand_in_the_ledger_is_refused(office: Holdfast, url: str):
    answer = office.run("account", "register", url, "--name", "x")
    assert answer.status == 2
    assert "abcdef0123456789" not in answer.err + answer.out
    assert office.json("status")["entries"] == 1


def test_a_secret_in_an_address_comes_from_the_environment_and_reaches_no_object(office: Holdfast):
    secret = "s3cr3t-t0ken-for-the-feed"
    echo = FEED.replace(b"one", f"one {secret}".encode())
    with serving({f"/feed.xml?token={secret}": Answer(headers=XML, body=echo)}) as server:
        office.register(server.url("/feed.xml") + "?token=${FEED_TOKEN}", "blog")
        assert office.run("capture", "blog").status == 2
        answer = office.run("capture", "blog", "--json", FEED_TOKEN=secret)
        assert answer.status == 0, answer.out
    assert secret not in answer.out + answer.err
    import gzip  # noqa: PLC0415

    for path in [*office.objects(), *(p for p in (office.home / "state").rglob("*") if p.is_file())]:
        content = path.read_bytes()
        plain = gzip.decompress(content) if path.suffix == ".gz" else content
        assert secret.encode() not in plain, path
    assert secret not in str(office.json("search", "one"))
    assert office.run("verify").status == 0


def test_a_settings_file_that_is_broken_stops_everything_with_its_place(office: Holdfast):
    with (office.home / "holdfast.toml").open("a", encoding="utf-8") as settings:
        settings.write("attempts = 'three'\n[")
    for command in ("status", "capture", "log"):
        answer = office.run(command)
        assert answer.status == 2
        assert "holdfast.toml" in answer.err


def test_a_missing_key_stops_capture_but_not_search_or_verification(office: Holdfast):
    with BlogSite() as site:
        office.capture(site.feed, "--allow-private-network")
        (office.home / "keys" / "entry.pem").unlink()
        assert office.run("capture").status == 2
    assert office.json("search", "volcano")["hits"]
    assert office.run("verify").status == 0


def test_no_archive_means_a_clear_error_everywhere(tmp_path: Path):
    for command in (("capture",), ("search", "x"), ("log",), ("status",), ("verify",)):
        answer = Holdfast(tmp_path / "nowhere").run(*command)
        assert answer.status == 2, command
        assert "holdfast init" in answer.err, command


def test_an_error_is_json_when_json_was_asked_for(tmp_path: Path):
    answer = Holdfast(tmp_path).run("status", "--json")
    assert answer.json["error"]["code"] == "ARCHIVE_MISSING"


def test_a_production_of_nothing_in_particular_is_refused_and_so_is_one_without_hits(office: Holdfast, tmp_path: Path):
    with BlogSite() as site:
        office.capture(site.feed, "--allow-private-network")
    entries = office.json("status")["entries"]
    for words, code in ((), "QUERY_EMPTY"), (("zebra",), "PRODUCTION_EMPTY"):
        answer = office.run("produce", *words, "--matter", "M", "--out", str(tmp_path / "out.pdf"), "--json")
        assert answer.json["error"]["code"] == code
        assert answer.status == 2
    assert not (tmp_path / "out.pdf").exists()
    assert office.json("status")["entries"] == entries


def test_an_existing_file_is_never_overwritten(office: Holdfast, tmp_path: Path):
    target = tmp_path / "out.pdf"
    target.write_text("precious")
    answer = office.run("produce", "x", "--matter", "M", "--out", str(target))
    assert answer.status == 2
    assert target.read_text() == "precious"


@pytest.mark.parametrize("content", [b"", b"not a pdf", b"%PDF-1.7 but no more"])
def test_a_file_that_is_no_production_is_refused(office: Holdfast, tmp_path: Path, content: bytes):
    path = tmp_path / "some.pdf"
    path.write_bytes(content)
    answer = office.run("verify", str(path))
    assert answer.status in (2, 7)
    assert "→" in answer.err
