"""Which platforms are known: the built-in ones, and what an installed package adds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from archiver.imports.json_lines import read
from archiver.platforms.known import BUILT_IN, PlatformUnusableError, find_platform, platforms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ACME = """
from archiver.platforms.dialect import Dialect
from archiver.platforms.platform import Platform
from schemas.record import Normalised

def view(value, context):
    return Normalised(kind="post", type="Note", item=value["acme"]) if "acme" in value else None

PLATFORM = Platform(
    name="NAME", title="Acme",
    dialect=Dialect(view=view, paths=(), context=lambda _: {}, list_view=lambda _: None),
)
NONE = "no platform"
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Install a package that adds a platform by an entry point."""

    def install(point: str, *, name: str = "acme") -> None:
        (tmp_path / "acme_platform.py").write_text(ACME.replace("NAME", name))
        about = tmp_path / "acme-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[holdfast.platforms]\nacme = {point}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        platforms.cache_clear()

    yield install
    sys.modules.pop("acme_platform", None)
    monkeypatch.undo()
    platforms.cache_clear()


def test_the_names_of_the_built_in_platforms_are_their_own() -> None:
    assert len({platform.name for platform in BUILT_IN}) == len(BUILT_IN)
    assert list(platforms()) == sorted(platforms())


def test_an_installed_package_adds_a_platform(installed: Callable[..., None]) -> None:
    assert find_platform("acme") is None
    installed("acme_platform:PLATFORM")
    (item,) = read(b'{"acme": "7"}', "acme")
    assert item.normalised.item == "7"


@pytest.mark.parametrize(
    ("point", "name", "why"),
    [
        ("acme_platform:NONE", "acme", "is none"),
        ("acme_platform:MISSING", "acme", "cannot be loaded"),
        ("acme_elsewhere:PLATFORM", "acme", "cannot be loaded"),
        ("acme_platform:PLATFORM", "mastodon", "is called 'mastodon', as another one is"),
    ],
)
def test_a_package_that_adds_no_platform_of_its_own_is_refused_by_name(installed, point, name, why) -> None:
    installed(point, name=name)
    with pytest.raises(PlatformUnusableError, match=why):
        platforms()
