"""The platforms that tests capture from, real servers on this machine, and the browser that shows their pages.

Each function returns the facts of one, running: started here, or by another worker of this session before. The
calling test is skipped, with the reason, where it is not installed. All tests of a session share a server: each makes
accounts or pages of its own there, and counts on no other being absent.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.lanes import sessions
from tests.lanes.starting import INSTALLED, free_ports, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Mastodon:
    """A server of Mastodon's API; ``token`` is its first account's, more are made through the API.

    It has no pages, and differs from Mastodon where a status is asked for by its id, which it gives to everybody,
    however few it is for; and in its stream, where an edit is ``status_update``.
    """

    url: str
    token: str


@dataclass(frozen=True)
class Bluesky:
    """A PDS where anybody makes an account whose handle ends in ``.test``, and the directory that has their DIDs.

    There is no view of the whole network behind it: methods of ``app.bsky`` answer that no service is configured.
    """

    url: str
    directory: str


@dataclass(frozen=True)
class WordPress:
    """A site with its administrator, and the application password by which its API knows him.

    As WordPress is set up: somebody's first comment waits for approval, and a later one is shown at once.
    """

    url: str
    user: str
    password: str


@dataclass(frozen=True)
class MediaWiki:
    """A wiki with its administrator, where everybody may edit. Its APIs are at ``/api.php`` and ``/rest.php``."""

    url: str
    user: str
    password: str


def mastodon() -> Mastodon:
    _require("mastodon", INSTALLED / "mastodon/bin/mastodon_mock")
    return Mastodon(**sessions.shared("mastodon", _start_mastodon))


def bluesky() -> Bluesky:
    _require("bluesky", INSTALLED / "bluesky/npm/stamp")
    return Bluesky(**sessions.shared("bluesky", _start_bluesky))


def wordpress() -> WordPress:
    _require("wordpress", INSTALLED / "wordpress/usr/share/wordpress", "php", "mariadb-install-db")
    return WordPress(**sessions.shared("wordpress", _start_wordpress))


def mediawiki() -> MediaWiki:
    _require("mediawiki", INSTALLED / "mediawiki/usr/share/mediawiki", "php")
    return MediaWiki(**sessions.shared("mediawiki", _start_mediawiki))


def chromium() -> str:
    """Return the path of the system's Chromium."""
    _require("chromium", None, "chromium")
    path = shutil.which("chromium")
    assert path is not None
    return path


def _require(lane: str, installed: Path | None, *programs: str) -> None:
    absent = [program for program in programs if shutil.which(program) is None]
    if absent or not (installed is None or installed.exists()):
        reason = f" (no {', '.join(absent)})" if absent else ""
        pytest.skip(f"the lane {lane} is not installed here{reason}: ./run lane {lane}")


def _start_mastodon(place: Path) -> Mapping[str, str]:
    (port,) = free_ports(1)
    run("mastodon.sh", place, port, MASTODON=str(INSTALLED / "mastodon/bin/mastodon_mock"))
    return {"url": f"http://127.0.0.1:{port}", "token": "mock_token"}


def _start_bluesky(place: Path) -> Mapping[str, str]:
    port, directory = free_ports(2)
    run("bluesky.sh", place, port, directory, BLUESKY=str(INSTALLED / "bluesky"))
    # By this name, since that is where its accounts' DID documents say that it is.
    return {"url": f"http://localhost:{port}", "directory": f"http://127.0.0.1:{directory}"}


def _start_wordpress(place: Path) -> Mapping[str, str]:
    (port,) = free_ports(1)
    run("wordpress.sh", place, port, WORDPRESS=str(INSTALLED / "wordpress"), ADMIN_PASSWORD=secrets.token_hex(16))
    password = (place / "application-password").read_text()
    return {"url": f"http://127.0.0.1:{port}", "user": "admin", "password": password}


def _start_mediawiki(place: Path) -> Mapping[str, str]:
    (port,) = free_ports(1)
    password = secrets.token_hex(16)
    run("mediawiki.sh", place, port, MEDIAWIKI=str(INSTALLED / "mediawiki"), ADMIN_PASSWORD=password)
    return {"url": f"http://127.0.0.1:{port}", "user": "Admin", "password": password}
