"""The program on a website that scripts make: captured, edited, produced, audited; and where it ends."""

from __future__ import annotations

import gzip
import json
import os
import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archiver.browser.chromium import NAMES
from storage.warc import read_warc
from tests.archiver.scripted_site import NEWS, html, site
from tests.e2e.holdfast import ROOT, Holdfast
from tests.judges import judged
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from tests.servers import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
SPOOL = "--user-data-dir={}/state/spool/"
SECRET = "s3same-0pen-w1de"


def office_in(folder: Path, *, sandbox: bool = False, **settings: object) -> Holdfast:
    made = Holdfast(folder / "home").init()
    told = {"browser_sandbox": sandbox, "page_seconds": 20, **settings}
    lines = (f"{name} = {json.dumps(value)}" for name, value in told.items())
    with (made.home / "holdfast.toml").open("a") as stream:
        stream.write("\n[capture]\n" + "\n".join(lines) + "\n")
    return made


def counts(act: dict[str, int]) -> tuple[int, int, int]:
    return act.get("new", 0), act.get("edited", 0), act.get("absent", 0)


def warcs(office: Holdfast) -> list[Path]:
    return sorted((office.home / "archive").rglob("*.warc.gz"), key=lambda path: path.stat().st_mtime_ns)


@needs_chromium
def test_a_site_that_scripts_make_is_captured_edited_found_produced_and_audited(tmp_path: Path) -> None:
    office = office_in(tmp_path)
    with serving(site(nonce="one")) as server:
        office.register(server.url("/"), "site", "--platform", "rendered")
        act = office.capture("site")
        assert counts(act) == (2, 0, 0)
        assert (act["poll"]["outcome"], act["poll"]["sanity"]) == ("captured", "plausible")

        server.write(site(nonce="two"))
        act = office.capture("site")
        assert counts(act) == (0, 0, 0)

        server.write(site(news=[*NEWS, {"title": "Volcano drill", "text": "On Friday, bring sandwiches."}]))
        act = office.capture("site")
        assert counts(act) == (0, 1, 0)

        found = office.json("search", "volcano")
        assert [one["kind"] for one in found["hits"]] == ["page"]
        produced = office.run("produce", "volcano", "--matter", "M", "--out", str(tmp_path / "out.pdf"))
        assert produced.status == 0, produced.err
        assert office.run("verify", str(tmp_path / "out.pdf")).status == 0
        assert office.run("verify").status == 0
    for path in warcs(office):
        judged(path)


@needs_chromium
def test_no_secret_of_an_account_is_in_anything_that_is_kept_or_told(tmp_path: Path) -> None:
    office = office_in(tmp_path)
    script = "<script>document.title = location.search</script>"
    echo = f"<p>Council of {SECRET}</p><a href='/next?token={SECRET}'>n</a>{script}"
    answers = {
        "/": html(echo, **{"X-Echo": SECRET, "Set-Cookie": f"t={SECRET}"}),
        "/next": html(f"<p>Next {SECRET}</p>"),
    }
    with serving(answers) as server:
        office.json("account", "register", server.url("/?token=${SITE_TOKEN}"), "--name", "site", "--platform",
                    "rendered", "--allow-private-network")  # fmt: skip
        answer = office.run("capture", "site", "--json", SITE_TOKEN=SECRET)

        assert answer.status == 0, answer.out + answer.err
        assert server.requests[0].path == f"/?token={SECRET}"
    assert SECRET not in answer.out + answer.err
    for path in (path for path in office.home.rglob("*") if path.is_file()):
        content = path.read_bytes()
        plain = gzip.decompress(content) if path.name.endswith(".warc.gz") else content
        assert SECRET.encode() not in plain, path
    assert office.run("verify").status == 0


@needs_chromium
def test_a_capture_that_is_killed_leaves_no_browser_and_its_exchanges(tmp_path: Path) -> None:
    office = office_in(tmp_path)
    with serving({"/": html("<p>Start</p><img src=/hangs.png>"), "/hangs.png": Answer(hang="before")}) as server:
        office.register(server.url("/"), "site", "--platform", "rendered")
        command = [
            sys.executable,
            "-m",
            "cli",
            "--home",
            str(office.home),
            "--actor",
            "clerk@office",
            "capture",
            "site",
        ]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            asked_for(server, "/hangs.png")
            assert browsers_of(office)
            running.kill()
        gone(office)
        server.write({"/": html("<p>Start</p>")})
        result = office.json("capture", "site")

        assert result["captures"][0]["act"]["new"] == 1
        (first, *_) = warcs(office)
        with first.open("rb") as stream:
            assert [record.uri for record in read_warc(stream) if record.type == "response"] == [server.url("/")]
    assert not list((office.home / "state" / "spool").iterdir())
    assert office.run("verify").status == 0


def test_without_chromium_or_without_its_sandbox_it_is_said_what_to_do(tmp_path: Path) -> None:
    office = office_in(tmp_path, browser="/nowhere/chromium")
    office.register("http://127.0.0.1:9/", "site", "--platform", "rendered")
    answer = office.run("capture", "site")

    assert answer.status == 2
    assert "BROWSER_MISSING" in answer.out + answer.err
    assert "apt-get install chromium" in answer.out + answer.err
    if os.geteuid() == 0:
        careful = office_in(tmp_path / "careful", sandbox=True)
        careful.register("http://127.0.0.1:9/", "site", "--platform", "rendered")
        answer = careful.run("capture", "site")
        assert answer.status == 3
        assert "BROWSER_UNCONFINED" in answer.out + answer.err
        assert "browser_sandbox = false" in answer.out + answer.err


def asked_for(server: Server, path: str) -> None:
    """Return when somebody asked for ``path``."""
    with server.came:
        assert server.came.wait_for(lambda: any(one.path == path for one in server.requests), timeout=120)


def browsers_of(office: Holdfast) -> list[int]:
    """The processes of browsers whose profile is the archive's."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if SPOOL.format(office.home).encode() in command.read_bytes():
                found.append(int(command.parent.name))
        except OSError:
            continue
    return found


def gone(office: Holdfast) -> None:
    """Return when none of the archive's browsers is left; fails when one stays."""
    for browser in browsers_of(office):
        try:
            descriptor = os.pidfd_open(browser)
        except ProcessLookupError:
            continue
        signalled = select_on(descriptor)
        assert signalled, browser
    assert not browsers_of(office)


def select_on(descriptor: int) -> bool:
    """Wait for the end of a process."""
    try:
        return bool(select.select([descriptor], [], [], 60)[0])
    finally:
        os.close(descriptor)
