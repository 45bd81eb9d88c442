"""What is to be entered on a platform, and what is not, as a person is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from archiver import registry
from archiver.platforms.notifying import word_for
from archiver.receiving.commands import NothingToHearError, listen, webhook
from manifests.console import Console
from schemas.account import Account
from schemas.errors import ArchiveError
from tests.manifests.archives import archive_in

if TYPE_CHECKING:
    from pathlib import Path

KEY = "secret-of-the-app"


def told(home: Path, name: str) -> str:
    done = CliRunner().invoke(webhook, [name], obj=Console(home, "clerk@office"), env={"KEY": KEY})
    if isinstance(done.exception, ArchiveError):
        raise done.exception
    assert done.exit_code == 0, done.output
    assert KEY not in done.output
    return done.stdout


def test_a_person_is_told_what_to_enter_and_where_nothing_is_to_be_entered(tmp_path: Path):
    archive = archive_in(tmp_path)
    for name, platform, url in (
        ("page", "facebook", "https://www.facebook.com/maple"),
        ("channel", "youtube", "https://www.youtube.com/channel/UCmaple"),
        ("site", "wordpress", "https://maple.example"),
        ("other", "facebook", "https://www.facebook.com/other"),
        ("numbered", "facebook", "https://www.facebook.com/profile.php?id=61"),
        ("gallery", "instagram", "https://www.instagram.com/maple/"),
        ("thread", "threads", "https://www.threads.com/@Maple"),
    ):
        registry.register(archive, Account(name=name, platform=platform, url=url, title=name))
    settings = tmp_path / "holdfast.toml"
    written = settings.read_text() + '\n[platform.youtube]\nversion = "v3"\n[platform.facebook]\nversion = "v26.0"\n'
    called = ("page", "channel", "nobody", "numbered", "gallery", "thread")
    hooks = "".join(f'[webhook.{name}]\ntoken_variable = "KEY"\n' for name in called)
    settings.write_text(written + hooks)
    assert "/hooks/page" in told(tmp_path, "page")
    assert word_for(KEY) in told(tmp_path, "page")
    assert "capture the account once" in told(tmp_path, "page")
    assert "calls name this account: 61" in told(tmp_path, "numbered")
    assert "capture the account once" in told(tmp_path, "gallery")
    assert "calls name this account: @maple" in told(tmp_path, "thread")
    assert "set [listen] address" in told(tmp_path, "channel")
    settings.write_text(written + hooks + '[listen]\naddress = "https://holdfast.example"\n')
    shown = told(tmp_path, "channel")
    assert "https://holdfast.example/hooks/channel" in shown
    assert "channel_id=UCmaple" in shown
    assert word_for(KEY) not in shown
    for name in ("site", "other"):
        with pytest.raises(NothingToHearError):
            told(tmp_path, name)


def test_whoever_listens_to_nothing_is_told_so(tmp_path: Path):
    archive_in(tmp_path)
    done = CliRunner().invoke(listen, [], obj=Console(tmp_path, "clerk@office"))
    assert isinstance(done.exception, NothingToHearError)
