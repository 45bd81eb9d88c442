"""Pages that take more than they should get: time, requests, bytes, height, and the browser itself."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from archiver.browser.failures import BrowserFailedError
from tests.archiver.rendered.looks import MARKS, Look, size_of
from tests.archiver.scripted_site import SCRIPT, html, picture
from tests.servers import Answer, serving

pytestmark = MARKS


def test_a_page_that_never_stops_loading_is_taken_when_its_time_is_up(tmp_path: Path) -> None:
    script = """<p>Agenda</p><img src=/hangs.png><script>
    setInterval(() => fetch('/poll'), 100);
    setInterval(() => document.body.insertAdjacentHTML('beforeend', '<p style=height:500px>'), 20);
    </script>"""
    answers = {"/": html(script), "/poll": Answer(body=b"."), "/hangs.png": Answer(hang="before")}
    with serving(answers) as server:
        look = Look(server.url("/"), tmp_path, seconds=4)
        view = look.view(server.url("/"))

        assert (view.text or "").startswith("Agenda")
        assert "unsettled" in view.flags


def test_a_page_whose_script_never_ends_is_a_failure_and_the_next_is_read(tmp_path: Path) -> None:
    stuck = "<p>Stuck</p><script>onload = () => setTimeout(() => { for (;;) {} }, 50)</script>"
    with (
        serving(
            {
                "/": html("<p>Start</p><a href=/stuck>s</a><a href=/after>a</a>"),
                "/stuck": html(stuck),
                "/after": html("<p>After</p>"),
            }
        ) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("archiver.browser.visiting.TAKING", 2.0)
        look = Look(server.url("/"), tmp_path, seconds=2, max_pages=5)

        assert look.view(server.url("/after")).text == "After"
        assert any("PAGE_UNRENDERED" in failure for failure in look.found.failures)


def test_a_page_without_end_is_cut_and_says_so(tmp_path: Path) -> None:
    endless = """<div id=d></div><script>
    const more = () => { d.insertAdjacentHTML('beforeend', '<p style=height:400px>line</p>'); };
    for (let n = 0; n < 5; n++) more();
    addEventListener('scroll', () => { for (let n = 0; n < 5; n++) more(); });
    </script>"""
    with serving({"/": html(endless)}) as server:
        look = Look(server.url("/"), tmp_path, seconds=30, height=8_000)
        view = look.view(server.url("/"))

        assert size_of(look.payload(view.attachments[0].exchange or "")) == (1280, 8_000)
        assert "picture-cut" in view.flags


def test_a_page_gets_no_more_than_its_bounds(tmp_path: Path) -> None:
    many = "<p>Many</p>" + "".join(f"<img src=/p.png?{number}>" for number in range(60))
    with serving({"/": html(many), "/p.png": picture(9, 9, 9)}) as server:
        look = Look(server.url("/"), tmp_path, requests=20)

        assert len(server.requests) == 20
        assert any("more than 20 things" in failure for failure in look.found.failures)


def test_bytes_are_bounded_too(tmp_path: Path) -> None:
    many = "<p>Many</p>" + "".join(f"<script src=/s.js?{number}></script>" for number in range(30))
    script = Answer(headers=SCRIPT, body=b"//" + bytes(1 << 20).replace(b"\0", b" "))
    with serving({"/": html(many), "/s.js": script}) as server:
        look = Look(server.url("/"), tmp_path, octets=2 << 20)

        assert any("larger than" in failure for failure in look.found.failures)
        assert len(server.requests) < 15


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def browsers_below(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        for child in children_of(waiting.pop()):
            waiting.append(child)
            try:
                command = (Path("/proc") / str(child) / "cmdline").read_bytes()
            except OSError:
                continue
            if b"--remote-debugging-pipe" in command and b"--type=" not in command:
                found.append(child)
    return found


def test_a_browser_that_is_killed_in_the_middle_ends_the_look_by_name(tmp_path: Path) -> None:
    killed: list[int] = []
    with serving({"/": html("<p>Start</p><img src=/p.png>"), "/p.png": picture(1, 1, 1)}) as server:
        answer = server.answer

        def answering(request):
            if request.path == "/p.png":
                for browser in browsers_below(os.getpid()):
                    killed.append(browser)
                    os.kill(browser, signal.SIGKILL)
            return answer(request)

        server.answer = answering  # type: ignore[method-assign]
        with pytest.raises(BrowserFailedError):
            Look(server.url("/"), tmp_path)
    assert killed
    assert not browsers_below(os.getpid())
