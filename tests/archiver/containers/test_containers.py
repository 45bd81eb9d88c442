"""Whatever is handed over: its files come out as they are, or are refused by name, and nothing else happens."""

from __future__ import annotations

import io
import os
import struct
import tarfile
import warnings
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archiver.containers import members
from archiver.containers.opening import opened
from archiver.imports.refusals import ImportBombError, ImportDamagedError, ImportTooLargeError
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILES = {"a/one.json": b'{"id":1}', "a/b/two.jpg": b"\xff\xd8" + bytes(70_000), "three.txt": b""}
QUIET = [HealthCheck.function_scoped_fixture]


def zipped(files: Mapping[str, bytes], **arguments) -> bytes:
    """A ZIP of files."""
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, **arguments) as file:
        warnings.simplefilter("ignore")
        for name, body in files.items():
            file.writestr(name, body)
    return content.getvalue()


def tarred(files: Mapping[str, bytes], *, mode: str = "w:gz") -> bytes:
    """A tar of files."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as file:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            file.addfile(entry, io.BytesIO(body))
    return content.getvalue()


def taken(path: Path, scratch: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """What a container gives: its files, and the codes of what it refuses."""
    found: dict[str, bytes] = {}
    with opened(path, scratch) as container:
        refused = {one.path: one.error.code for one in container.refused}
        for member in container.members:
            to = io.BytesIO()
            try:
                container.copy(member, to)
                found[member.path] = to.getvalue()
            except InputError as error:
                refused[member.path] = error.code
    return found, refused


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "folder"])
def test_the_files_of_a_container_come_out_as_they_went_in(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "export"
    if kind == "folder":
        for name, body in FILES.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(body)
    else:
        made = {"zip": lambda: zipped(FILES), "tar": lambda: tarred(FILES, mode="w"), "tar.gz": lambda: tarred(FILES)}
        path.write_bytes(made[kind]())

    assert taken(path, tmp_path) == (FILES, {})


def test_a_file_that_is_no_container_is_its_only_member(tmp_path: Path) -> None:
    path = tmp_path / "tweets.json"
    path.write_bytes(b"[]")

    assert taken(path, tmp_path) == ({"tweets.json": b"[]"}, {})


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "C:\\x", "a/../../b", "a\x07b", "..\\up", "x" * 2000])
@pytest.mark.parametrize("make", [zipped, tarred])
def test_names_that_lead_out_of_a_container_are_refused_and_the_rest_is_taken(tmp_path: Path, name: str, make) -> None:
    path = tmp_path / "export"
    path.write_bytes(make({name: b"x", "good": b"y"}))
    found, refused = taken(path, tmp_path)

    assert found == {"good": b"y"}
    assert list(refused.values()) == ["IMPORT_NAME_UNSAFE"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["export"]


def test_of_two_files_with_one_name_the_first_is_taken_and_the_other_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w") as file:
        warnings.simplefilter("ignore")
        file.writestr("a", b"first")
        file.writestr("a", b"second")
    path = tmp_path / "export.zip"
    path.write_bytes(content.getvalue())

    assert taken(path, tmp_path) == ({"a": b"first"}, {"a": "IMPORT_NAME_TWICE"})


def test_what_is_encrypted_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped({"secret": b"x", "open": b"y"}))
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    path = tmp_path / "export.zip"
    path.write_bytes(content)

    assert taken(path, tmp_path) == ({"open": b"y"}, {"secret": "IMPORT_ENCRYPTED"})


def test_links_are_refused_and_never_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"private")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "folder").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    entry = zipfile.ZipInfo("link")
    entry.external_attr = 0o120777 << 16
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr(entry, "../outside")
    (tmp_path / "export.zip").write_bytes(content.getvalue())
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as file:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "../outside"
        file.addfile(link)
    (tmp_path / "export.tgz").write_bytes(tar.getvalue())

    assert taken(folder, tmp_path) == ({}, dict.fromkeys(("folder", "link", "pipe"), "IMPORT_NO_FILE"))
    assert taken(tmp_path / "export.zip", tmp_path) == ({}, {"link": "IMPORT_NO_FILE"})
    assert taken(tmp_path / "export.tgz", tmp_path) == ({}, {"link": "IMPORT_NO_FILE"})


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zipped({"bomb": bytes(members.BOMB_FROM + 1), "good": b"y"}))

    assert taken(path, tmp_path) == ({"good": b"y"}, {"bomb": "IMPORT_BOMB"})


def test_a_bomb_that_lies_about_its_size_is_cut_where_it_lies(tmp_path: Path) -> None:
    content = bytearray(zipped({"bomb": bytes(members.BOMB_FROM + 1)}))
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = content.index(mark) + at
        content[place : place + 4] = struct.pack("<I", 10)
    path = tmp_path / "export.zip"
    path.write_bytes(content)
    found, refused = taken(path, tmp_path)

    assert found == {}
    assert refused == {"bomb": "IMPORT_DAMAGED"}


def test_a_tar_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.tgz"
    path.write_bytes(tarred({"bomb": bytes(members.BOMB_FROM + 1)}))

    with pytest.raises(InputError) as caught:
        taken(path, tmp_path)
    assert caught.value.code == "IMPORT_BOMB"
    assert [one.name for one in tmp_path.iterdir()] == ["export.tgz"]


def test_a_list_of_files_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    content = bytearray(zipped(FILES))
    end = content.index(b"PK\x05\x06")
    content[end + 12 : end + 16] = struct.pack("<I", 0xF0000000)
    path = tmp_path / "export.zip"
    path.write_bytes(content)

    with pytest.raises(InputError) as caught:
        taken(path, tmp_path)
    assert caught.value.code == "IMPORT_TOO_LARGE"


def test_a_header_of_a_tar_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    content = bytearray(tarred({"x" * 150: b"y"}, mode="w"))
    content[124:136] = b"77777777777\0"
    path = tmp_path / "export.tar"
    path.write_bytes(content)

    with pytest.raises(InputError) as caught:
        taken(path, tmp_path)
    assert caught.value.code == "IMPORT_DAMAGED"


def test_a_file_with_other_bytes_than_were_packed_is_refused_and_the_others_taken(tmp_path: Path) -> None:
    content = bytearray(zipped({"a": os.urandom(500), "b": b"fine"}))
    content[100] ^= 0xFF
    path = tmp_path / "export.zip"
    path.write_bytes(content)

    assert taken(path, tmp_path) == ({"b": b"fine"}, {"a": "IMPORT_DAMAGED"})


@given(cut=st.integers(min_value=0, max_value=2_000))
@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_container_that_is_cut_off_keeps_what_came_before_or_is_refused_by_name(
    tmp_path: Path, make, cut: int
) -> None:
    files = {f"{number}.json": os.urandom(300) for number in range(5)}
    whole = make(files)
    path = tmp_path / "export"
    path.write_bytes(whole[:cut])
    try:
        found, refused = taken(path, tmp_path)
    except ImportDamagedError:
        return
    if found.keys() == {"export"}:
        assert found["export"] == whole[:cut]  # so short that it is no container any more
        return
    assert all(files[name] == body for name, body in found.items())
    assert refused or len(found) == len(files) or cut >= len(whole) - 20 or make is tarred


@given(
    seed=st.sampled_from([zipped(FILES), tarred(FILES), tarred(FILES, mode="w"), b"PK\x03\x04", b"\x1f\x8b\x08"]),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=6),
)
@settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
def test_any_bytes_give_files_or_refusals_and_nothing_else(tmp_path: Path, seed: bytes, changes: list) -> None:
    content = bytearray(seed)
    for place, bytes_ in changes:
        at = int(place * len(content))
        content[at : at + len(bytes_)] = bytes_
    path = tmp_path / "export"
    path.write_bytes(content)
    with suppress(ImportDamagedError, ImportTooLargeError, ImportBombError):
        taken(path, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["export"]
