"""What is to be done before an account can be captured, as the command that registers it says."""

from __future__ import annotations

import pytest

from archiver.collectors.known import steps_before
from schemas.account import Account
from schemas.settings import parse_settings

MINIMAL = '[archive]\norigin = "maple/1"\norganisation = "Maple Grove"\n'
VERSION = '[platform.x]\nversion = "2"\n'
ACCESS = '[access.a]\ntoken_variable = "TOKEN"\n'
ASKED = 'say in holdfast.toml which version of its API is read (docs/PLATFORMS.md): [platform.x] version = "…"'
CONNECT, CAPTURE = "holdfast account connect a", "holdfast capture a"


@pytest.mark.parametrize(
    ("platform", "settings", "steps"),
    [
        ("feed", "", (CAPTURE,)),
        ("mastodon", "", (CAPTURE,)),
        ("activitypub", "", ("holdfast import a FILE…",)),
        ("x", "", (ASKED, CONNECT, CAPTURE)),
        ("x", VERSION, (CONNECT, CAPTURE)),
        ("x", VERSION + ACCESS, (CAPTURE,)),
    ],
)
def test_an_account_is_registered_with_what_is_still_to_be_done(platform: str, settings: str, steps: tuple[str, ...]):
    account = Account(name="a", platform=platform, url="https://social.example/a", title="A")
    assert steps_before(account, parse_settings(MINIMAL + settings)) == steps
