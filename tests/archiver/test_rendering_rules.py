"""Rules of rendering that need no browser: what is asked for a page, what its bytes say, and what is no page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.browser.chromium import Chromium, check_confined, executable_of
from archiver.browser.failures import BrowserMissingError, BrowserUnconfinedError
from archiver.browser.page import Frame
from archiver.browser.rules import Paused, allows, refusal, sent
from archiver.browser.rules import given as given_to
from archiver.collectors.rendered.native import native_of, read_native, substance_of
from archiver.collectors.rendered.walls import find_wall
from archiver.substance import substance
from schemas.digest import Digest

HERE = "https://grove.example/"
TEXT = "The board meets on the second Tuesday of each month in the hall. " * 20


def asked(method: str = "GET", url: str = HERE, *, kind: str = "Fetch", origin: str | None = None) -> Paused:
    headers = {"Origin": origin} if origin else {}
    return Paused("1", "frame", kind, method, url, headers, b"{}")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_changes_nothing_is_asked(method: str) -> None:
    assert refusal(asked(method), invited=()) is None


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "MKCOL", ""])
def test_what_may_change_something_is_not_asked(method: str) -> None:
    assert refusal(asked(method, origin="https://grove.example"), invited=(HERE,))


@pytest.mark.parametrize(
    ("url", "origin", "done"),
    [
        ("https://grove.example/api", "https://grove.example", True),
        ("https://grove.example:443/api", "https://grove.example", True),
        ("http://grove.example/api", "https://grove.example", False),
        ("https://grove.example:8443/api", "https://grove.example", False),
        ("https://grove.example.evil.example/api", "https://grove.example", False),
        ("https://grove.example@evil.example/api", "https://grove.example", False),
        ("https://api.example/read", "https://grove.example", False),
        ("https://grove.example/api", "null", False),
        ("https://grove.example/api", None, False),
    ],
)
def test_a_post_goes_to_the_pages_own_origin_alone(url: str, origin: str | None, done: bool) -> None:
    assert (refusal(asked("POST", url, origin=origin), invited=()) is None) is done


def test_a_post_elsewhere_needs_an_invitation_for_that_very_address() -> None:
    post = asked("POST", "https://api.example/read", origin="https://grove.example")

    assert refusal(post, invited={"https://api.example/read"}) is None
    assert refusal(post, invited={"https://api.example/"}) is not None
    assert allows(204, [("Access-Control-Allow-Origin", "*")])
    assert not allows(204, [("Allow", "POST")])
    assert not allows(403, [("access-control-allow-origin", "*")])


@pytest.mark.parametrize("kind", ["Document", "Ping", "Other", "Image"])
def test_forms_and_beacons_are_not_sent(kind: str) -> None:
    assert refusal(asked("POST", kind=kind, origin="https://grove.example"), invited=(HERE,))


def test_a_post_whose_body_is_not_known_is_not_sent() -> None:
    post = Paused("1", "frame", "Fetch", "POST", HERE, {"Origin": "https://grove.example"}, None)
    assert refusal(post, invited=())


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://grove.example/", "chrome://settings", "ws://grove.example"]
)
def test_what_is_no_address_of_the_web_is_not_asked(url: str) -> None:
    assert refusal(asked(url=url), invited=())


def test_an_answer_is_asked_for_whole_and_given_as_it_is_held() -> None:
    kept = sent({"Range": "bytes=0-", "If-None-Match": '"1"', "Accept-Encoding": "br", "Cookie": "a=b", "X-Own": "1"})
    assert kept == {"Cookie": "a=b", "X-Own": "1"}
    answer = [
        ("Content-Encoding", "gzip"),
        ("Content-Length", "9"),
        ("X\tY", "1"),
        ("Set-Cookie", "a=b\x00"),
        ("ETag", "1"),
    ]
    assert list(given_to(answer)) == [("Set-Cookie", "a=b "), ("ETag", "1")]


def page(body: str, *, frames: tuple[Frame, ...] = (), pictures: tuple[Digest, ...] = (), url: str = HERE) -> bytes:
    return native_of(
        url, f"<!doctype html><html><head><title>T</title></head><body>{body}</body></html>", frames, pictures
    )


def test_a_page_says_its_document_its_frames_and_its_shadows() -> None:
    shadow = (
        "<x-h><template shadowrootmode='open'><p>shade</p><template><i>never</i></template></template></x-h><p>after"
    )
    frame = Frame("https://frame.example/", "<p>framed</p><a href=/there>x</a>")
    shown = read_native(page(f"<noscript>Use JavaScript</noscript><a href=/here>a</a>{shadow}", frames=(frame,)))

    assert shown.text == "a\nshade\nafter\nframed\nx"
    assert shown.links == ("https://grove.example/here", "https://frame.example/there")
    assert shown.url == HERE


@given(st.text(max_size=60), st.text(max_size=60), st.lists(st.binary(max_size=5), max_size=3))
def test_whatever_a_page_holds_its_end_is_read_as_it_was_written(body: str, frame: str, pictures: list[bytes]) -> None:
    digests = tuple(map(Digest.of, pictures))
    native = page(body, frames=(Frame("https://frame.example/", frame),), pictures=digests)
    shown = read_native(native)

    assert shown.url == HERE
    assert shown.pictures == tuple(sorted({str(one) for one in digests}))
    assert len(shown.frames) == 1
    assert native.count(b"-->") == 1 or "-->" in body


def test_a_page_cannot_write_its_own_end() -> None:
    false = page("inner", url="https://false.example/").decode()
    shown = read_native(page(false))

    assert shown.url == HERE
    assert "inner" in shown.text


@given(st.binary(max_size=300))
def test_any_bytes_are_read(content: bytes) -> None:
    read_native(content)
    read_native(b"x\n<!-- holdfast-rendered/1 " + content + b" -->\n")
    substance("rendered", content)


def test_noise_makes_no_version_and_what_is_seen_does() -> None:
    red, blue = Digest.of(b"red"), Digest.of(b"blue")
    first = page("<p class=a1>News</p><a href=/x>x</a><script nonce=1>now(1)</script>", pictures=(red,))

    same = page("<p class=b2 data-t=9>News</p><a href=/x>x</a><script nonce=2>now(2)</script>", pictures=(red, red))
    assert substance_of(first) == substance_of(same)
    for other in (
        page("<p>News!</p><a href=/x>x</a>", pictures=(red,)),
        page("<p>News</p><a href=/y>x</a>", pictures=(red,)),
        page("<p>News</p><a href=/x>x</a>", pictures=(blue,)),
        page("<p>News</p><a href=/x>x</a>", pictures=(red,), frames=(Frame(HERE, "more"),)),
    ):
        assert substance_of(first) != substance_of(other)


def test_a_link_that_google_marks_anew_each_time_is_the_same_link() -> None:
    def linked(mark: str) -> bytes:
        return substance_of(
            page(f"<a href='https://www.google.com/url?q=https://a.example/&ust={mark}&usg={mark}'>a</a>")
        )

    assert linked("1") == linked("2")


@pytest.mark.parametrize(
    ("native", "spoke", "wall"),
    [
        (page("<h1>Sign in</h1><input type=email><input type='password'>"), False, True),
        (page(f"<p>{TEXT}</p><input type=password>"), False, False),
        (page("<p>Please verify you are human.</p>"), False, True),
        (page(f"<p>{TEXT} Access denied is a song.</p>"), False, False),
        (page("<p>Sign in</p>", url="https://accounts.google.com/signin"), False, True),
        (page(f"<p>{TEXT}</p>", url="https://consent.google.com/m?continue=x"), False, True),
        (page(f"<p>{TEXT}</p>", url="https://www.grove.example/"), False, False),
        (page(""), False, True),
        (page("", pictures=(Digest.of(b"poster"),)), False, False),
        (page("", pictures=(Digest.of(b"spinner"),)), True, True),
        (page("<p>Closed today.</p>"), True, False),
    ],
)
def test_what_stands_in_front_of_a_page_is_told_from_a_page(native: bytes, spoke: bool, wall: bool) -> None:
    assert (find_wall(HERE, native, read_native(native), spoke=spoke) is not None) is wall


def test_without_chromium_it_is_said_what_to_do(tmp_path) -> None:
    with pytest.raises(BrowserMissingError) as refused:
        executable_of(Chromium(), path=str(tmp_path))
    assert "apt-get install chromium" in refused.value.do
    with pytest.raises(BrowserMissingError, match="no browser at /nowhere/chromium"):
        executable_of(Chromium(executable="/nowhere/chromium"))


def test_root_renders_only_where_somebody_said_so() -> None:
    with pytest.raises(BrowserUnconfinedError, match="own this machine"):
        check_confined(Chromium(), user=0)
    check_confined(Chromium(), user=1000)
    check_confined(Chromium(sandbox=False), user=0)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "part", ["<noscript ", "<template ", "</template ", "<input ", "</noscript ", "<template shadowrootmode "]
)
def test_a_document_of_beginnings_alone_is_read_in_time(part: str) -> None:
    native = page(f"<p>Seen</p><!-- {part * 50_000} -->")
    shown = read_native(native)
    assert "Seen" in shown.text
    assert find_wall(HERE, native, shown, spoke=False) is None


def test_what_templates_hold_is_not_seen_whatever_their_attributes_say() -> None:
    shown = read_native(page("<template x-if='a < b' title='shadowrootmode'><p>held</p></template><p>seen</p>"))
    assert shown.text == "seen"
