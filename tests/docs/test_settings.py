"""Every setting that exists is documented with its default, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from schemas.settings import (
    AccessSettings,
    AuthoritySettings,
    BucketPlace,
    EnvironmentKey,
    FileKeys,
    MailSettings,
    PlatformSettings,
    SecretSettings,
    Settings,
    SettingsError,
    TokenKey,
    WitnessSettings,
    parse_settings,
)

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "SETTINGS.md").read_text(encoding="utf-8")
MINIMAL = '[archive]\norigin = "x/1"\norganisation = "X"\n'


def documented() -> dict[str, dict[str, str]]:
    """The tables: section → setting → default as printed."""
    sections: dict[str, dict[str, str]] = {}
    for match in re.finditer(r"^## `\[(\w+)(?:\.NAME|\.PURPOSE)?\]`\n(.*?)(?=^## )", TEXT, re.MULTILINE | re.DOTALL):
        sections[match[1]] = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", match[2], re.MULTILINE))
    return sections


def test_the_documented_settings_are_those_that_exist_with_their_defaults() -> None:
    settings = parse_settings(MINIMAL)
    found = documented()
    sections = {
        "archive": settings.archive,
        "store": settings.store,
        "replica": BucketPlace(bucket=""),
        "capture": settings.capture,
        "production": settings.production,
        "checkpoint": settings.checkpoint,
        "disposition": settings.disposition,
        "matters": settings.matters,
        "mail": MailSettings(server="", sender=""),
        "witness": WitnessSettings(key=""),
        "authority": AuthoritySettings(url="", roots=""),
        "access": AccessSettings(),
        "platform": PlatformSettings(),
        "listen": settings.listen,
        "webhook": SecretSettings(),
    }
    kinds = (settings.keys.entry, EnvironmentKey(variable=""), TokenKey(module="", token="", label=""))
    assert settings.keys.entry == settings.keys.checkpoint == FileKeys()
    assert found.pop("keys") == {
        "kind": "`file`",
        **{name: printed(value) for kind in kinds for name, value in msgspec.structs.asdict(kind).items()},
    }
    assert set(found) == set(sections) == set(Settings.__struct_fields__) - {"keys"}
    for section, held in sections.items():
        values = {**({"kind": tag} if (tag := held.__struct_config__.tag) else {}), **msgspec.structs.asdict(held)}
        assert set(found[section]) == set(values), section
        for name, value in values.items():
            if name in ("origin", "organisation", "bucket") or found[section][name] == "required":
                assert value in ("", settings.archive.origin, settings.archive.organisation), name
                continue
            assert found[section][name].strip("`") == spelled(value), name


def spelled(value: object) -> str:
    """A default as it is documented."""
    if isinstance(value, tuple):
        return json.dumps(msgspec.to_builtins(value))
    if isinstance(value, bool):
        return str(value).lower()
    return {None: "none", "": "empty"}.get(value, str(value))


def printed(value: str) -> str:
    """A default as it is printed; what has none is required."""
    return f"`{value}`" if value else "required"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml at all [",
        MINIMAL + "[capture]\nattempts = 0\n",
        MINIMAL + "[capture]\nattempts = 'three'\n",
        MINIMAL + "[capture]\natempts = 3\n",
        MINIMAL + "[capture]\nrecheck = []\n",
        MINIMAL + "[capture]\nrecheck = [[2]]\n",
        MINIMAL + "[capture]\nrecheck = [[-1, 0]]\n",
        MINIMAL + "[platform.facebook]\nversion = 'v 1'\n",
        MINIMAL + "[platform.facebook]\napi = 'graph'\n",
        MINIMAL + "[production]\nbates_prefix = 'lower'\n",
        MINIMAL + "timezone = 'America/Nowhere'\n",
        MINIMAL + "timezone = '../../etc/passwd'\n",
        MINIMAL + "[store]\nkind = 'tape'\n",
        MINIMAL + "[keys.entry]\nkind = 'memory'\n",
        MINIMAL + "[keys.entry]\nkind = 'environment'\n",
        MINIMAL + "[keys.entry]\nkind = 'pkcs11'\nmodule = 'x'\ntoken = 'y'\nlabel = 'z'\npin = '1234'\n",
        MINIMAL + "[keys.root]\nkind = 'file'\n",
        MINIMAL + "[checkpoint]\nneeded = 1\n",
        MINIMAL + "[checkpoint]\ntimeout_seconds = 0\n",
        MINIMAL + "[mail]\nserver = 'm.example'\nsender = 'a@m.example'\nuser = 'a'\nsecurity = 'none'\n",
        MINIMAL + "[disposition]\ndays = 15\n",
        MINIMAL + "[witness.county]\nurl = 'http://w.example'\n",
        MINIMAL + "[witness.County]\nkey = 'k'\n",
        MINIMAL + "[authority.'a.1']\nurl = 'http://a.example'\nroots = 'a.pem'\n",
    ],
)
def test_impossible_settings_are_refused_with_advice(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text)
    assert caught.value.do
