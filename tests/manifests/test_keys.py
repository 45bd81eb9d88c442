"""Where private keys are: files of their owner, secrets that a machine is handed, and what is wrong with each."""

from __future__ import annotations

import base64
import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest

from manifests import keys
from manifests.archive import create_archive, open_archive
from manifests.keyring import KeyNotInForceError
from manifests.signing import KeyMalformedError, SigningKey
from schemas.settings import EnvironmentKey, FileKeys
from tests.manifests.archives import ORIGIN, Clock, registered
from tests.manifests.officers import entry_key
from tests.manifests.signers import check_signer

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "MAPLE_ENTRY_KEY"
HANDED = EnvironmentKey(variable=VARIABLE)


def opened(place, home: Path, *accepted: SigningKey):
    return keys.open_key(
        place, purpose="entry", name=accepted[0].name, accepted=[key.verifier for key in accepted], home=home
    )


def test_a_key_is_made_for_its_owner_alone_and_found_by_its_public_half(tmp_path: Path) -> None:
    verifier, where = keys.make_key(FileKeys(), purpose="entry", name=f"{ORIGIN}/entry/a", home=tmp_path, to=None)
    path = tmp_path / "keys" / f"entry-{verifier.id.hex()}.pem"
    assert where == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    found = keys.open_key(
        FileKeys(), purpose="entry", name="x", accepted=[entry_key("b").verifier, verifier], home=tmp_path
    )
    assert found.verifier == verifier


def test_of_several_keys_the_one_that_was_adopted_last_is_used(tmp_path: Path) -> None:
    made = [
        keys.make_key(FileKeys(), purpose="entry", name=f"{ORIGIN}/entry/a", home=tmp_path, to=None)[0]
        for _ in range(3)
    ]
    for accepted in (made, made[:2], made[::-1]):
        found = keys.open_key(FileKeys(), purpose="entry", name=accepted[0].name, accepted=accepted, home=tmp_path)
        assert found.verifier == accepted[-1]


def test_a_key_that_was_read_signs_as_every_signer_does(tmp_path: Path) -> None:
    keys.write_new(tmp_path / "a.pem", entry_key("a"), passphrase=b"x")
    check_signer(keys.load(tmp_path / "a.pem", name=f"{ORIGIN}/entry/a", passphrase=b"x"))


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "root.pem"
    keys.write_new(path, entry_key("a"), passphrase=b"x")
    before = path.read_bytes()
    with pytest.raises(keys.KeyTargetError):
        keys.write_new(path, entry_key("a"), passphrase=b"x")
    assert path.read_bytes() == before


def test_a_root_key_is_kept_on_a_memory_stick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT has neither links nor owners; no such file system is at hand, so the system says here what it says of one."""

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    path, key = tmp_path / "root.pem", entry_key("a")
    keys.write_new(path, key, passphrase=b"x")
    path.chmod(0o755)
    assert keys.load(path, name=key.name, passphrase=b"x").verifier == key.verifier
    keys.write_once(path, b"another", mode=0o600)
    assert keys.load(path, name=key.name, passphrase=b"x").verifier == key.verifier
    assert [one.name for one in tmp_path.iterdir()] == ["root.pem"]


def test_a_key_that_others_may_read_is_refused_unless_it_is_locked_with_its_own_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    keys.write_new(path, entry_key("a"), passphrase=None)
    path.chmod(0o644)
    with pytest.raises(keys.KeyExposedError):
        keys.load(path, name="a")
    with pytest.raises(KeyMalformedError):  # not encrypted: a passphrase does not make it so
        keys.load(path, name="a", passphrase=b"x")


def test_a_key_comes_from_a_variable_under_the_name_that_the_ledger_gives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = entry_key("capture-2")
    monkeypatch.setenv(VARIABLE, key.to_pem().decode())
    assert opened(HANDED, tmp_path, entry_key("other"), key).verifier == key.verifier


def test_a_key_comes_from_the_file_that_a_variable_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, mounted = entry_key("capture-2"), tmp_path / "secret"
    mounted.write_bytes(key.to_pem(passphrase=b"correct horse"))
    mounted.chmod(0o644)  # as Kubernetes mounts secrets
    monkeypatch.setenv(VARIABLE, str(mounted))
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, "correct horse")
    assert opened(HANDED, tmp_path, key).verifier == key.verifier
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, "wrong")
    with pytest.raises(KeyMalformedError):
        opened(HANDED, tmp_path, key)


@pytest.mark.parametrize("value", [None, "", "/nowhere/at/all", "/"])
def test_a_secret_that_is_not_there_is_an_error_that_names_the_variable_and_not_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(VARIABLE, raising=False)
    else:
        monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(keys.KeyMissingError, match=VARIABLE) as caught:
        opened(HANDED, tmp_path, entry_key("a"))
    assert value in (None, "", "/") or value not in str(caught.value)


def test_a_damaged_secret_is_refused_without_showing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = entry_key("a").to_pem().decode()
    secret = pem.splitlines()[1]
    monkeypatch.setenv(VARIABLE, pem.replace(secret, secret[:-4]))
    with pytest.raises(KeyMalformedError) as caught:
        opened(HANDED, tmp_path, entry_key("a"))
    for part in (secret[:20], secret[24:-4]):
        assert part not in f"{caught.value} {caught.value.do} {caught.value.facts}"


def test_a_key_for_a_machine_that_is_handed_its_keys_goes_where_its_operator_says(tmp_path: Path) -> None:
    with pytest.raises(keys.KeyTargetError, match=VARIABLE):
        keys.make_key(HANDED, purpose="entry", name=f"{ORIGIN}/entry/a", home=tmp_path, to=None)
    target = tmp_path / "new.pem"
    verifier, _ = keys.make_key(HANDED, purpose="entry", name=f"{ORIGIN}/entry/a", home=tmp_path, to=target)
    assert keys.load(target, name=verifier.name).verifier == verifier
    assert not (tmp_path / "keys").exists()


def spellings(key: SigningKey) -> list[str]:
    """The secret half as it might be printed; what every key's PEM begins with is none of it."""
    seed = key.private.private_bytes_raw()
    return [
        repr(seed)[2:-1],
        seed.hex(),
        base64.b64encode(seed).decode()[:40],
        key.to_pem().decode().split("\n")[1][24:],
    ]


def test_no_key_shows_itself() -> None:
    key = entry_key("a")
    shown = f"{key!r} {key!s} {key.verifier!r} {key.verifier.to_text()}"
    assert not [spelled for spelled in spellings(key) if spelled in shown]


def test_an_archive_is_written_with_a_key_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_archive(
        tmp_path, organisation="M", timezone="UTC", bates_prefix="M", tag="0a1b2c3d", now=Clock(), actor="clerk@office"
    )
    pem = (tmp_path / "keys" / "entry.pem").read_text()
    (tmp_path / "keys" / "entry.pem").unlink()
    with (tmp_path / "holdfast.toml").open("a") as stream:
        stream.write(f'\n[keys.entry]\nkind = "environment"\nvariable = "{VARIABLE}"\n')
    archive = open_archive(tmp_path, now=Clock(), actor="x")
    with pytest.raises(keys.KeyMissingError):
        archive.append(lambda _: (registered(),))
    monkeypatch.setenv(VARIABLE, SigningKey.generate("x").to_pem().decode())
    with pytest.raises(KeyNotInForceError, match="never put in force"):
        archive.append(lambda _: (registered(),))
    monkeypatch.setenv(VARIABLE, pem)
    archive.append(lambda _: (registered(),))
    assert archive.ledger.head.size == 2
    assert os.listdir(tmp_path / "keys") == ["checkpoint.pem"]  # noqa: PTH208
