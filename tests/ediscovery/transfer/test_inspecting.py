"""A package that somebody changed: whatever was damaged, removed, added or exchanged is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ediscovery.bags import names
from ediscovery.bags.reading import DEEPEST, NotAPackageError
from ediscovery.transfer import naming
from ediscovery.transfer.inspecting import inspect
from manifests.console import system_clock
from manifests.proofs.vouching import Trust
from manifests.signing import SigningKey
from tests.ediscovery.bags import copied, files, name_again, name_tags_again, rewrite
from tests.ediscovery.transfer.packages import inspected, office, packed, part

NATIVE, NEXT_NATIVE = part(1, "native.xml"), part(2, "native.xml")
ROOT = Path(__file__).parents[3]
CANONICAL = {"separators": (",", ":"), "sort_keys": True, "ensure_ascii": False}
PROOF, NEXT_PROOF = part(1, naming.PROOF), part(2, naming.PROOF)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return office(tmp_path_factory.mktemp("office") / "home")


@pytest.fixture(scope="module")
def whole(archive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages") / "package"
    packed(archive, folder)
    return folder


@pytest.fixture
def package(whole, tmp_path):
    """A package that may be changed."""
    return copied(whole, tmp_path / "package")


def found(folder):
    """Code and file of everything that is found."""
    report = inspected(folder)
    assert report.sound is not bool(report.findings)
    return {(finding.code, finding.key) for finding in report.findings}


def codes(folder):
    return {code for code, _ in found(folder)}


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_a_byte_that_was_changed_anywhere_is_named_with_its_file(whole, data):
    name = data.draw(st.sampled_from(files(whole)))
    path = whole / name
    before = path.read_bytes()
    at, flip = data.draw(st.integers(0, len(before) - 1)), data.draw(st.integers(1, 255))
    try:
        path.write_bytes(before[:at] + bytes([before[at] ^ flip]) + before[at + 1 :])
        named = {key for _, key in found(whole)}
        assert named
        assert name in named or name.startswith(("manifest-", "tagmanifest-"))
    finally:
        path.write_bytes(before)


def test_every_file_that_is_removed_is_named(whole):
    for name in files(whole):
        path = whole / name
        before = path.read_bytes()
        path.unlink()
        try:
            if name == names.LAST:
                with pytest.raises(NotAPackageError):
                    inspected(whole)
            else:
                assert {key for _, key in found(whole)} & {name}
        finally:
            path.write_bytes(before)


@pytest.mark.parametrize(
    "name",
    ["more.txt", "data/more.txt", "data/representations/records/data/000000/000000001-more.json", "data/x/y.txt"],
)
def test_a_file_that_is_added_is_named(package, name):
    (package / name).parent.mkdir(exist_ok=True)
    (package / name).write_text("more")
    assert ("FILE_UNNAMED", name) in found(package)


def test_a_link_in_the_place_of_a_file_is_not_followed(package):
    away = package.with_name("away")
    (package / NATIVE).rename(away)
    (package / NATIVE).symlink_to(away)
    assert ("FILE_UNNAMED", NATIVE) in found(package)


def test_a_folder_or_a_pipe_in_the_place_of_a_file_is_named(package):
    (package / NATIVE).unlink()
    os.mkfifo(package / NATIVE)
    (package / names.INFO).unlink()
    (package / names.INFO).mkdir()
    assert {("FILE_UNNAMED", NATIVE), ("FILE_UNNAMED", names.INFO)} <= found(package)


def test_folders_in_folders_end_somewhere_and_names_may_be_anything(package):
    deep = package / names.PAYLOAD / "/".join("d" * 60)
    deep.mkdir(parents=True)
    strange = os.fsencode(package / names.PAYLOAD) + b"/\xff\n.txt"
    with open(strange, "wb") as file:  # noqa: PTH123 - no path of text
        file.write(b"x")
    named = found(package)
    assert ("FILE_UNNAMED", "data/\\udcff\n.txt") in named
    (deepest,) = [key for _, key in named if key.startswith("data/d/")]
    assert deepest.count("/") == DEEPEST + 1
    report = inspected(package)
    assert all(line.isprintable() for line in report.lines())
    assert json.dumps(report.to_json(), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("name", "before", "after", "code"),
    [
        (names.DECLARATION, b"BagIt-Version: 1.0", b"BagIt-Version: 0.97", "BAG_DIFFERS"),
        (names.DECLARATION, b"UTF-8", b"UTF-16", "BAG_DIFFERS"),
        (names.DECLARATION, b"\n", b"\r\n", "BAG_DIFFERS"),
        (names.INFO, b"Payload-Oxum: ", b"Payload-Oxum: 1", "BAG_DIFFERS"),
        (names.INFO, b".40\n", b".41\n", "BAG_DIFFERS"),
        (names.INFO, b"Payload-Oxum: ", b"Payload-Size: ", "BAG_DIFFERS"),
        (names.INFO, b"External-Identifier: ", b"External-Identifier: 0", "TRANSFER_DIFFERS"),
    ],
)
def test_what_a_bag_says_of_itself_is_compared_with_what_it_is(package, name, before, after, code):
    rewrite(package / name, lambda content: content.replace(before, after))
    name_tags_again(package)
    assert (code, name) in found(package)


class TestWhoeverWritesTheManifestsAnew:
    """Somebody changes a package and makes its digests fit: what the ledger signed still shows it."""

    def test_cannot_change_native_bytes(self, package):
        rewrite(package / NATIVE, lambda content: content.replace(b"Version", b"version", 1))
        name_again(package)
        assert {("RECORD_NOT_PROVED", PROOF), ("PREMIS_DIFFERS", NATIVE), ("METS_DIFFERS", NATIVE)} <= found(package)

    def test_cannot_exchange_the_proofs_of_two_records(self, package):
        proofs = [(package / name).read_bytes() for name in (PROOF, NEXT_PROOF)]
        for name, content in zip((PROOF, NEXT_PROOF), reversed(proofs), strict=True):
            (package / name).write_bytes(content)
        name_again(package)
        assert {("RECORD_NOT_PROVED", PROOF), ("RECORD_NOT_PROVED", NEXT_PROOF)} <= found(package)

    def test_cannot_exchange_two_records(self, package):
        for name in ("native.xml", naming.NORMALISED, naming.PROOF, naming.PROVENANCE):
            one, other = package / part(1, name), package / part(2, name)
            contents = one.read_bytes(), other.read_bytes()
            one.write_bytes(contents[1])
            other.write_bytes(contents[0])
        name_again(package)
        assert {("TRANSFER_DIFFERS", naming.TRANSFER), ("PROOF_OF_ANOTHER_RECORD", PROOF)} <= found(package)

    def test_cannot_leave_a_record_out(self, package):
        for path in package.rglob("000000001-*"):
            path.unlink()
        name_again(package)
        assert ("TRANSFER_DIFFERS", naming.TRANSFER) in found(package)

    def test_cannot_leave_a_part_out(self, package):
        (package / PROOF).unlink()
        name_again(package)
        assert ("RECORD_INCOMPLETE", PROOF) in found(package)

    @pytest.mark.parametrize("name", [naming.NORMALISED, naming.PROVENANCE])
    def test_cannot_change_what_was_read_of_a_record(self, package, name):
        rewrite(package / part(1, name), lambda content: content.replace(b"blog", b"glob").replace(b"post", b"page"))
        name_again(package)
        assert ("RECORD_DIFFERS", PROOF) in found(package)

    @pytest.mark.parametrize("field", ["salt", "row", "normalised", "entry", "inclusion", "partition"])
    def test_cannot_alter_a_proof(self, package, field):
        plain = json.loads((package / PROOF).read_bytes())
        value = plain[field]
        plain[field] = value + 1 if isinstance(value, int) else value.replace(value[5], "0" if value[5] != "0" else "1")
        (package / PROOF).write_text(json.dumps(plain, **CANONICAL))
        name_again(package)
        assert [key for code, key in found(package) if key == PROOF and not code.startswith(("FILE", "METS"))]

    @pytest.mark.parametrize("field", ["records", "records_root", "ledger_size", "ledger_root", "origin", "transfer"])
    def test_cannot_state_another_transfer(self, package, field):
        plain = json.loads((package / naming.TRANSFER).read_bytes())
        value = plain[field]
        plain[field] = value + 1 if isinstance(value, int) else ("0" if value[0] != "0" else "1") + value[1:]
        (package / naming.TRANSFER).write_text(json.dumps(plain, **CANONICAL))
        name_again(package)
        assert codes(package) & {"TRANSFER_DIFFERS", "CHECKPOINT_DIFFERS"}

    def test_cannot_change_a_fixity(self, package):
        rewrite(package / naming.PREMIS, lambda content: content.replace(b"<size>", b"<size>1", 1))
        name_again(package)
        assert {code for code in codes(package) if code != "METS_DIFFERS"} == {"PREMIS_DIFFERS"}

    def test_cannot_take_a_record_out_of_premis_or_mets(self, package):
        cut = (b'<object xsi:type="file">', b"</object>"), (b'<file ID="f-000000001-native', b"</file>")
        for name, (start, end) in zip((naming.PREMIS, naming.METS), cut, strict=True):
            content = (package / name).read_bytes()
            at = content.index(start)
            rest = content[content.index(end, at) + len(end) :]
            (package / name).write_bytes(content[:at] + rest)
        name_again(package)
        assert {("PREMIS_DIFFERS", part(0, "native.xml")), ("METS_DIFFERS", NATIVE)} <= found(package)

    @pytest.mark.parametrize("name", [naming.PREMIS, naming.METS])
    def test_cannot_tell_of_a_file_twice(self, package, name):
        start, end = {
            naming.PREMIS: (b'<object xsi:type="file">', b"</object>"),
            naming.METS: (b'<file ID="f-000000001-native', b"</file>"),
        }[name]
        content = (package / name).read_bytes()
        at = content.index(start)
        one = content[at : content.index(end, at) + len(end)]
        forged = (
            one.replace(b"<objectIdentifierValue>", b"<objectIdentifierValue>0", 1) if name == naming.PREMIS else one
        )
        (package / name).write_bytes(content[:at] + forged + content[at:])
        name_again(package)
        assert ("PACKAGE_MALFORMED", name) in found(package)

    def test_cannot_put_the_package_of_another_archive_in_its_place(self, package, whole, tmp_path):
        packed(office(tmp_path / "other"), tmp_path / "their-package")
        for path in (tmp_path / "their-package").rglob("000000001-*"):
            (package / path.relative_to(tmp_path / "their-package")).write_bytes(path.read_bytes())
        name_again(package)
        assert "PROOF_OF_ANOTHER_ARCHIVE" in codes(package)


@pytest.mark.parametrize(
    "line",
    [
        "{0}  data/../../away.txt",
        "{0}  /etc/passwd",
        "{0} data/x.txt",
        "{0}  ../x.txt",
        "x  data/x.txt",
        "{0}  data/a b.txt",
    ],
)
def test_a_manifest_that_leads_elsewhere_is_not_read(package, line):
    path = package / names.manifest("sha256")
    path.write_text(line.format("0" * 64) + "\n")
    assert ("PACKAGE_MALFORMED", path.name) in found(package)


def test_a_manifest_that_names_a_file_twice_is_not_read(package):
    rewrite(package / names.manifest("sha512"), lambda content: content + content.splitlines(keepends=True)[-1])
    assert ("PACKAGE_MALFORMED", names.manifest("sha512")) in found(package)


@pytest.mark.parametrize("name", [naming.PREMIS, naming.METS])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<mets",
        (
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><mets xmlns="http://www.loc.gov/METS/">'
            b'<file SIZE="1"><FLocat>&b;</FLocat></file></mets>'
        ),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><premis xmlns="http://www.loc.gov/premis/v3"><object/></premis>',
        b"<a>" * 5_000,
        (
            b'<premis xmlns="http://www.loc.gov/premis/v3" xmlns:x="http://www.w3.org/2001/XMLSchema-instance">'
            b'<object x:type="file"/></premis>'
        ),
        b'<mets xmlns="http://www.loc.gov/METS/"><file/></mets>',
    ],
)
def test_markup_that_is_hostile_or_no_markup_is_named_and_nothing_of_it_expanded(package, name, content):
    (package / name).write_bytes(content)
    name_again(package)
    unread, silent = ("PACKAGE_MALFORMED", name), ("METS_DIFFERS" if name == naming.METS else "PREMIS_DIFFERS", NATIVE)
    assert unread in found(package) if b"DOCTYPE" in content else found(package) & {unread, silent}


def test_nothing_outside_of_the_package_is_read_into_its_markup(package, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("what nobody handed over")
    (package / naming.PREMIS).write_text(
        f'<!DOCTYPE premis [<!ENTITY x SYSTEM "{secret.as_uri()}">]><premis xmlns="http://www.loc.gov/premis/v3">'
        "<object><objectIdentifier>&x;</objectIdentifier></object></premis>"
    )
    name_again(package)
    report = inspected(package)
    assert ("PACKAGE_MALFORMED", naming.PREMIS) in {(one.code, one.key) for one in report.findings}
    assert "nobody handed over" not in "\n".join(report.lines())


MEASURED = """
import sys
from pathlib import Path
from ediscovery.transfer.markup import METS, reading
assert list(reading(Path(sys.argv[1]), METS, ("file",))) == []
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""


def test_markup_that_nobody_asked_for_takes_no_memory(tmp_path):
    (tmp_path / "METS.xml").write_bytes(b'<mets xmlns="http://www.loc.gov/METS/">' + b"<x/>" * 2_000_000 + b"</mets>")
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path / "METS.xml")], capture_output=True, check=True, cwd=ROOT
    )
    assert int(done.stdout) < 200_000  # kilobytes; a tree of it has more than twice that


def test_an_element_with_too_many_others_in_it_is_refused(package):
    inner = b'<premis xmlns="http://www.loc.gov/premis/v3"><object>' + b"<x/>" * 20_000 + b"</object></premis>"
    (package / naming.PREMIS).write_bytes(inner)
    name_again(package)
    assert ("PACKAGE_MALFORMED", naming.PREMIS) in found(package)


def test_what_is_no_package_or_a_draft_is_refused(package, tmp_path):
    with pytest.raises(NotAPackageError, match="holds no package"):
        inspected(tmp_path)
    with pytest.raises(NotAPackageError, match="holds no package"):
        inspected(tmp_path / "none")
    (package / names.LAST).unlink()
    with pytest.raises(NotAPackageError, match="written last"):
        inspected(package)


def test_whoever_has_the_key_from_its_owner_is_told_of_another(package, archive):
    published = archive.ledger.history.verifiers("checkpoint")[0]
    assert inspect(package, Trust(at=system_clock(), verifier=published), tell=lambda *_: None).sound
    other = SigningKey.generate(archive.ledger.origin).verifier
    report = inspect(package, Trust(at=system_clock(), verifier=other), tell=lambda *_: None)
    assert [step.verdict for step in report.steps] == ["sound", "sound", "faulty", "sound", "faulty"]


def test_a_report_cannot_act_on_a_terminal(package):
    plain = json.loads((package / naming.TRANSFER).read_bytes()) | {"organisation": "X\x1b[2J"}
    (package / naming.TRANSFER).write_text(json.dumps(plain, **CANONICAL))
    assert all(line.isprintable() for line in inspected(package).lines())
