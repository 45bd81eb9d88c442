"""Officers and their keys, as they type it: the ceremony, rotation, loss, theft, and keys in a token."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from manifests.archive import open_archive
from manifests.console import system_clock
from schemas.errors import ConflictError, InputError, PolicyError
from storage import layout
from tests.e2e.halls import OFFICERS, PASSPHRASE, Hall
from tests.e2e.holdfast import Holdfast
from tests.softhsm import PIN, make_tokens, module

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def after_the_ceremony(tmp_path_factory: pytest.TempPathFactory) -> Hall:
    """An archive after its ceremony: never written to, only copied."""
    folder = tmp_path_factory.mktemp("hall")
    return Hall(Holdfast(folder / "home").init(), folder / "drawer").hold_ceremony()


@pytest.fixture
def hall(after_the_ceremony: Hall, tmp_path: Path) -> Hall:
    """A city hall of one's own."""
    shutil.copytree(after_the_ceremony.office.home.parent, tmp_path / "hall")
    return Hall(Holdfast(tmp_path / "hall" / "home"), tmp_path / "hall" / "drawer")


def test_a_new_archive_names_the_ceremony_as_what_comes_next(tmp_path: Path):
    made = Holdfast(tmp_path).run("init", "--organisation", "Maple Grove")
    assert "docs/KEYS.md" in made.out
    assert "hold the ceremony" in Holdfast(tmp_path).run("keys", "list").out


def test_after_the_ceremony_two_of_three_officers_decide(hall: Hall):
    listed = hall.json("list")
    assert (listed["version"], listed["needed"]) == (1, 2)
    assert [root.split("+")[0] for root in listed["roots"]] == list(OFFICERS)
    assert hall.findings() == set()


def test_a_root_key_is_made_encrypted_and_nothing_of_it_is_printed(hall: Hall):
    answer = hall.run("root", hall.file("dan.pem"), "--name", "dan")
    pem = (hall.drawer / "dan.pem").read_text()
    assert "ENCRYPTED" in pem
    assert pem.splitlines()[1] not in answer.out + answer.err
    assert PASSPHRASE not in answer.out + answer.err
    assert hall.run("root", hall.file("dan.pem"), "--name", "dan").status == InputError.exit_status
    assert (hall.drawer / "dan.pem").read_text() == pem
    unattended = hall.office.run("keys", "root", hall.file("eve.pem"), "--name", "eve", typed="")
    assert (unattended.status, "PASSPHRASE_MISSING" in unattended.err) == (InputError.exit_status, True)
    assert not (hall.drawer / "eve.pem").exists()


def test_an_officer_reads_what_changes_and_may_say_no(hall: Hall, tmp_path: Path):
    new = hall.json("make", "--job", "capture-2")["verifier"]
    file = hall.propose("keys-2.json", "--add", "entry", new)
    before = (hall.drawer / "keys-2.json").read_bytes()
    offline = Hall(Holdfast(tmp_path / "a machine without archive"), hall.drawer)

    no = offline.run("sign", file, "--with", hall.file("alice.pem"), typed="n\n")

    assert "New key:" in no.err
    assert new in no.err
    assert (no.status, "KEYS_NOT_SIGNED" in no.err) == (PolicyError.exit_status, True)
    assert "captured" not in no.err  # there is no archive here
    assert (hall.drawer / "keys-2.json").read_bytes() == before

    yes = offline.run("sign", file, "--with", hall.file("alice.pem"), typed="y\n")
    assert "It still needs 1 more of: bob, carol" in yes.out
    again = hall.run("adopt", file)
    assert (again.status, "KEYS_UNSIGNED" in again.err) == (PolicyError.exit_status, True)
    assert "holdfast keys adopt" in offline.run("sign", file, "--with", hall.file("carol.pem"), typed="y\n").out
    assert hall.run("adopt", file).status == 0
    assert hall.run("adopt", file).status == ConflictError.exit_status
    assert not (tmp_path / "a machine without archive").exists()


def test_a_wrong_passphrase_and_a_key_that_is_no_root_key_sign_nothing(hall: Hall):
    file = hall.propose("keys-2.json", "--needed", "3")
    wrong = hall.office.run(
        "keys", "sign", file, "--with", hall.file("alice.pem"), "--yes", HOLDFAST_ROOT_PASSPHRASE="wrong pony"
    )
    assert (wrong.status, "KEY_MALFORMED_OR_LOCKED" in wrong.err, "wrong pony" in wrong.err) == (2, True, False)
    hall.root("mallory")
    other = hall.run("sign", file, "--with", hall.file("mallory.pem"), "--yes")
    assert (other.status, "KEYS_PROPOSAL" in other.err) == (2, True)


def test_a_key_of_a_job_is_rotated(hall: Hall):
    (old,) = hall.keys("entry")
    assert hall.write("before").status == 0
    new = hall.json("make", "--job", "capture-2")["verifier"]
    file = hall.propose("keys-2.json", "--add", "entry", new, "--retire", old)
    for officer in ("alice", "carol"):
        hall.json("sign", file, "--with", hall.file(f"{officer}.pem"), "--yes")
    adopted = hall.run("adopt", file)
    assert "Entry 3 puts key statement 2 in force" in adopted.out
    assert "publish" not in adopted.out  # the keys for checkpoints are what they were

    assert hall.write("after").status == 0  # with the new key, by itself

    assert (hall.keys("entry")[old]["last"], hall.keys("entry")[new]["first"]) == (3, 4)
    (hall.office.home / "keys" / "entry.pem").unlink()
    assert hall.write("later").status == 0
    newer = hall.json("make", "--job", "capture-2")["verifier"]
    assert hall.change("keys-3.json", "--add", "entry", newer, "--retire", new) == 6
    assert hall.write("latest").status == 0
    assert hall.findings() == set()


def test_a_machine_with_the_old_key_is_told_what_to_do(hall: Hall):
    (old,) = hall.keys("entry")
    left = Holdfast(hall.office.home.parent / "second")
    shutil.copytree(hall.office.home, left.home)
    shutil.rmtree(left.home / "archive")
    (left.home / "archive").symlink_to(hall.office.home / "archive")
    new = hall.json("make", "--job", "capture-2")["verifier"]
    hall.change("keys-2.json", "--add", "entry", new, "--retire", old)

    refused = Hall(left, hall.drawer).write("after")

    error = json.loads(refused.out)["error"]
    assert (refused.status, error["code"]) == (PolicyError.exit_status, "KEY_NOT_IN_FORCE")
    assert "holdfast keys make" in error["do"]


def test_an_archive_whose_only_entry_key_is_lost_goes_on(hall: Hall):
    (lost,) = hall.keys("entry")
    shutil.rmtree(hall.office.home / "keys")  # the machine is gone; the store and the settings are not
    shutil.rmtree(hall.office.home / "state")
    answer = hall.write("refused")
    assert (answer.status, json.loads(answer.out)["error"]["code"]) == (2, "KEY_MISSING")

    entry = hall.json("make", "--job", "rebuilt")["verifier"]
    checkpoint = hall.json("make", "--checkpoint")["verifier"]
    (old,) = hall.keys("checkpoint")
    added = ("--add", "entry", entry, "--add", "checkpoint", checkpoint)
    assert hall.change("keys-2.json", *added, "--retire", lost, "--retire", old, by=("bob", "carol")) == 2

    assert hall.write("again").status == 0
    archive = open_archive(hall.office.home, now=system_clock, actor="x")
    archive.ledger.checkpoint(archive.checkpoint_key())
    assert hall.findings() == set()
    assert hall.office.json("verify", "--key", checkpoint)["findings"] == []


def test_a_root_key_that_is_lost_is_replaced_by_the_others(hall: Hall):
    (hall.drawer / "alice.pem").unlink()
    alice = (hall.drawer / "alice.pem.pub").read_text().strip()
    hall.root("dan")
    hall.change("keys-2.json", "--root", hall.file("dan.pem.pub"), "--retire", alice, by=("bob", "carol"))
    hall.change("keys-3.json", "--needed", "3", by=("dan", "carol", "bob"))
    assert [root.split("+")[0] for root in hall.json("list")["roots"]] == ["bob", "carol", "dan"]


def test_a_thief_of_the_entry_key_is_shut_out_and_what_he_wrote_is_named(hall: Hall, tmp_path: Path):
    (stolen,) = hall.keys("entry")
    hall.write("honest")  # entry 2
    thief = Hall(Holdfast(tmp_path / "thief"), tmp_path)
    shutil.copytree(hall.office.home, thief.office.home, ignore=shutil.ignore_patterns("archive"))
    (thief.office.home / "archive").symlink_to(hall.office.home / "archive")
    assert thief.write("forged").status == 0  # entry 3

    new = hall.json("make", "--job", "capture-2")["verifier"]
    found = ("--since", "3", "--reason", "Laptop stolen on May 2")
    assert hall.change("keys-2.json", "--add", "entry", new, "--revoke", stolen, *found) == 4

    refused = thief.write("again")
    assert (refused.status, json.loads(refused.out)["error"]["code"]) == (3, "KEY_NOT_IN_FORCE")
    assert hall.write("after").status == 0
    assert hall.findings() == {("notice", "ENTRY_SUSPECT", layout.entry(3))}
    assert "REVOKED since entry 3" in hall.run("list").out
    assert "Laptop stolen on May 2" in hall.run("list").out


def test_a_thief_of_the_checkpoint_key_is_shut_out_and_what_he_may_have_signed_is_named(hall: Hall):
    (stolen,) = hall.keys("checkpoint")
    archive = open_archive(hall.office.home, now=system_clock, actor="x")
    archive.ledger.checkpoint(archive.checkpoint_key())  # of 2 entries
    hall.write("more")
    archive.ledger.refresh()
    archive.ledger.checkpoint(archive.checkpoint_key())  # of 3 entries

    new = hall.json("make", "--checkpoint")["verifier"]
    found = ("--since", "3", "--reason", "Found on a forum")
    hall.change("keys-2.json", "--add", "checkpoint", new, "--revoke", stolen, *found)

    assert hall.findings() == {("notice", "CHECKPOINT_SUSPECT", layout.checkpoint(3))}
    assert hall.office.run("verify", "--key", stolen).status == 7
    assert hall.office.run("verify", "--key", new).status == 0


def test_an_audit_is_signed_with_the_checkpoint_key_that_is_in_force(hall: Hall, tmp_path: Path):
    (old,) = hall.keys("checkpoint")
    new = hall.json("make", "--checkpoint")["verifier"]
    hall.change("keys-2.json", "--add", "checkpoint", new, "--retire", old)
    (hall.office.home / "keys" / "checkpoint.pem").unlink()
    report = str(tmp_path / "audit.json")
    hall.office.json("verify", "--report", report)
    assert hall.office.json("verify", report, "--key", new)["signed_by"] == new


def test_what_was_checkpointed_under_an_older_key_is_proved_to_continue(hall: Hall, tmp_path: Path):
    (old,) = hall.keys("checkpoint")
    size = hall.office.json("checkpoint", "make")["size"]
    kept = hall.office.home / "archive" / layout.checkpoint(size)
    new = hall.json("make", "--checkpoint")["verifier"]
    hall.change("keys-2.json", "--add", "checkpoint", new, "--retire", old)
    proof = str(tmp_path / "same.proof")
    hall.office.json("prove", "--since", str(kept), "--out", proof)
    checked = hall.office.json("check", proof, "--key", new)
    assert "unchanged" in checked["statements"][0]
    assert checked["compare"] == [f"the archive's earlier key: {old}"]


def test_a_passphrase_encrypts_the_key_that_is_made_and_neither_is_printed(hall: Hall):
    for options in ((), ("--json",)):
        made = hall.office.run("keys", "make", "--job", "locked", *options, HOLDFAST_KEY_PASSPHRASE="secret words")
        assert made.status == 0
        assert "secret words" not in made.out + made.err
        for path in (hall.office.home / "keys").glob("entry-*.pem"):
            assert "ENCRYPTED" in path.read_text()
            assert not any(line in made.out + made.err for line in path.read_text().splitlines())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("make",), "KEYS_PROPOSAL"),
        (("make", "--job", "a", "--checkpoint"), "KEYS_PROPOSAL"),
        (("make", "--job", "Not A Job"), "KEYS_PROPOSAL"),
        (("propose", "--to", "x.json", "--revoke", "a+b+c"), "KEYS_PROPOSAL"),
        (("propose", "--to", "x.json", "--add", "entry", "nonsense"), "FILE_CARRIED"),
        (("propose", "--to", "x.json", "--add", "entry", "a+b+c"), "KEY_MALFORMED_OR_LOCKED"),
        (("propose", "--to", "x.json"), "KEYS_PROPOSAL"),
        (("sign", "nowhere.json", "--with", "x"), "FILE_CARRIED"),
        (("adopt", "nowhere.json"), "FILE_CARRIED"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(after_the_ceremony: Hall, arguments: tuple[str, ...], code: str):
    answer = after_the_ceremony.run(*arguments, "--json")
    assert (answer.status, json.loads(answer.out)["error"]["code"]) == (2, code)


@pytest.mark.server
def test_a_machine_signs_with_keys_in_a_token(hall: Hall, tmp_path: Path):
    environment = {**make_tokens(tmp_path / "softhsm", "holdfast"), "HOLDFAST_TOKEN_PIN": PIN}
    machine = Hall(Holdfast(hall.office.home, environment), hall.drawer)
    with (hall.office.home / "holdfast.toml").open("a") as stream:
        for purpose in ("entry", "checkpoint"):
            stream.write(
                f'\n[keys.{purpose}]\nkind = "pkcs11"\nmodule = "{module()}"\ntoken = "holdfast"\nlabel = "{purpose}"\n'
            )
    (old,), (old_checkpoint,) = machine.keys("entry"), machine.keys("checkpoint")
    entry, checkpoint = (machine.json("make", *kind)["verifier"] for kind in (("--job", "hsm"), ("--checkpoint",)))
    added = ("--add", "entry", entry, "--add", "checkpoint", checkpoint)
    assert machine.change("keys-2.json", *added, "--retire", old, "--retire", old_checkpoint) == 2
    shutil.rmtree(hall.office.home / "keys")

    assert machine.write("with-a-token").status == 0

    wrong = machine.office.run("account", "register", "https://x.example/f", "--name", "x", HOLDFAST_TOKEN_PIN="1111")
    assert (wrong.status, "TOKEN_PIN" in wrong.err, "1111" in wrong.err) == (2, True, False)
    assert machine.findings() == set()
