"""verify.py, as whoever gets a package runs it: alone, apart from everything that is installed."""

from __future__ import annotations

import ast
import json
import os
import resource
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.ediscovery.packages.sealed import HANDED, bagged, copied
from tests.ediscovery.packages.tampered import ROWS
from tests.ediscovery.packages.tampering import MANIFEST, edited, put

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = HANDED / "verify.py"
MEMORY = 96 << 20


def run(*arguments, program=PROGRAM) -> subprocess.CompletedProcess[str]:
    """verify.py, by itself, in little memory."""
    return subprocess.run(
        [sys.executable, "-I", str(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )


def said(*arguments, program=PROGRAM) -> dict:
    """What verify.py says, as JSON; it says nothing else, and its exit status agrees."""
    done = run(*arguments, "--json", program=program)
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["sound"] else 1)
    assert report["sound"] == (not report["findings"])
    return report


def faulty(report: dict) -> set[str]:
    """The steps that found fault."""
    steps = {one["step"] for one in report["steps"] if one["verdict"] == "faulty"}
    assert steps == {one["step"] for one in report["findings"]}
    return steps


def zipped(folder: Path, path: Path, *, top: str = "") -> zipfile.ZipFile:
    """A ZIP of a folder, open for more."""
    made = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
    for one in sorted(folder.rglob("*")):
        if one.is_file():
            made.write(one, f"{top}{one.relative_to(folder).as_posix()}")
    return made


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_somebody_does_to_a_package_is_noticed(row, case) -> None:
    row.change(case)
    report = said(case.folder, *(["--key", case.key] if row.with_key else []))
    assert faulty(report) == set(row.faulty.split())
    assert sum(one["proved"] for one in report["records"]) == row.proved
    for word in row.notices:
        assert word in " ".join(report["notices"])


def test_a_package_is_sound_where_it_lies_and_says_what_was_not_checked(packages) -> None:
    folder, *_ = packages
    done = run(program=folder / "data/verify.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "SOUND: 4 of 4 records are proved; 0 faults." in done.stdout
    assert "NOT SOUND" not in done.stdout
    for words in ("What was NOT checked", "signature of production.pdf", "Time stamps", "nobody signed"):
        assert words in done.stdout
    key = json.loads((folder / "data/sealed.json").read_bytes())["claims"]["verifier"]
    assert f"{key}  (in sealed.json)" in done.stdout
    assert "Compare it with what the archive publishes" in done.stdout
    assert (folder / "data/verify.py").read_bytes() == PROGRAM.read_bytes()


def test_another_archives_package_is_sound_by_its_own_key_alone(packages, case) -> None:
    stranger = packages[2]
    assert said(stranger)["sound"]
    report = said(stranger, "--key", case.key)
    assert faulty(report) == {"seal"}
    assert [one["proved"] for one in report["records"]] == [False] * 4


@pytest.mark.parametrize("key", ["", "x", "x/0+00000000+AXFlJfZoAgXy8VuhwrMbOygA7DHy7pQt9MKBdOski5yB", "\udcff+1+1"])
def test_a_key_that_is_none_checks_nothing(case, key) -> None:
    done = run(case.folder, "--key", key)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("verify.py: ")


@pytest.mark.parametrize("top", ["", "package/"])
def test_a_zip_is_checked_as_the_folder_is(case, tmp_path, top) -> None:
    zipped(case.folder, tmp_path / "package.zip", top=top).close()
    report = said(tmp_path / "package.zip")
    assert report == said(case.folder)
    assert report["sound"]


def member(name: str, *, mode: int = 0o100644, content: bytes = b"x", compression: int = zipfile.ZIP_STORED):
    """Something more in a ZIP."""

    def add(made: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo(name)
        info.external_attr, info.compress_type = mode << 16, compression
        made.writestr(info, content)

    return add


@pytest.mark.parametrize(
    "add",
    [
        member("../../etc/cron.d/x"),
        member("/etc/passwd"),
        member("data/TEXT/..\\x"),
        member("data/TEXT/link.txt", mode=0o120777, content=b"/etc/passwd"),
        member("data/TEXT/\u202e.txt"),
        member("bagit.TXT"),
        member("data/TEXT/rare.txt", compression=zipfile.ZIP_LZMA),
    ],
)
def test_what_should_not_be_in_a_zip_is_noticed(case, tmp_path, add) -> None:
    with zipped(case.folder, tmp_path / "package.zip") as made:
        add(made)
    assert "bag" in faulty(said(tmp_path / "package.zip"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_twice_in_a_zip_is_noticed(case, tmp_path) -> None:
    with zipped(case.folder, tmp_path / "package.zip") as made:
        made.write(case.folder / "bagit.txt", "bagit.txt")
    assert "it is there twice" in {one["what"] for one in said(tmp_path / "package.zip")["findings"]}


def test_a_zip_that_is_damaged_or_none_or_unpacks_to_too_much_is_no_traceback(case, tmp_path) -> None:
    path = tmp_path / "package.zip"
    zipped(case.folder, path).close()
    content = path.read_bytes()
    for place in range(0, len(content), len(content) // 12):
        path.write_bytes(content[:place] + bytes(64) + content[place + 64 :])
        done = run(path)
        assert len(done.stderr.splitlines()) == (done.returncode == 2)
    path.write_bytes(content[:-30])
    assert run(path).returncode == 2
    with zipped(case.folder, path) as made:
        made.filelist[-1].file_size = 2 << 30
    done = run(path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "unpacks to more" in done.stderr


def test_what_is_no_package_is_said_to_be_none(tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"no zip")
    for name in ("empty", "file", "absent", "x" * 5000):
        done = run(tmp_path / name)
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1


def test_a_large_file_and_a_folder_without_end_take_little_memory(case) -> None:
    with (case.folder / "data/TEXT/large.txt").open("wb") as large:
        large.truncate(2 * MEMORY)
    bagged(case.folder)
    deep = case.folder / "data/TEXT"
    for _ in range(100):
        deep /= "d"
    deep.mkdir(parents=True)
    report = said(case.folder)
    assert [one["where"] for one in report["findings"]] == [f"data/TEXT{'/d' * 7}"]


def test_hostile_words_do_not_reach_the_terminal(case) -> None:
    edited(MANIFEST, lambda value: put(value, "organisation", to="\x1b[2J\u202eX\r\n\x9b31m"))(case)
    name = "data/TEXT/\x1b]0;x\x07\u202e\n.txt"
    (case.folder / name).write_bytes(b"x")
    (case.folder / os.fsdecode(b"data/TEXT/\xff\xfe")).write_bytes(b"x")
    done = run(case.folder)
    assert done.stderr == ""
    assert not {"\x1b", "\r", "\x07", "\x9b", "\u202e"} & set(done.stdout)
    assert "\\u001b[2J" in done.stdout
    assert done.stdout.count("NOT SOUND") == 1


def test_files_that_cannot_be_opened_are_told_of(case) -> None:
    os.mkfifo(case.folder / "data/TEXT/pipe.txt")
    shutil.rmtree(case.folder / "data/PROOFS")
    report = said(case.folder)
    assert "data/TEXT/pipe.txt" in {one["where"] for one in report["findings"]}
    assert sum(one["proved"] for one in report["records"]) == 0


def test_only_a_thousand_faults_are_listed_and_the_rest_counted(case) -> None:
    for number in range(1200):
        (case.folder / f"data/TEXT/more-{number}.txt").write_bytes(b"x")
    report = said(case.folder)
    assert (len(report["findings"]), report["findings_beyond"]) == (1000, 201)


def test_it_needs_the_oldest_python_that_it_names_and_nothing_else(tmp_path) -> None:
    text = PROGRAM.read_text()
    tree = ast.parse(text, feature_version=(3, 9))
    imported = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert {str(name).partition(".")[0] for name in imported} <= sys.stdlib_module_names
    alone = shutil.copy(PROGRAM, tmp_path)
    assert run("--help", program=alone).returncode == 0


def test_a_copy_of_a_package_is_a_package(case, tmp_path) -> None:
    assert said(copied(case.folder, tmp_path / "copy"))["sound"]
