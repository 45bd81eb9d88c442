"""Whatever is handed over: its files come out as they are, or are refused by name, and nothing else happens."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archiver.containers import members
from archiver.containers import tarred as tarred_module
from archiver.containers import zipped as zipped_module
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


def test_what_is_packed_in_a_way_that_takes_any_memory_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("odd", os.urandom(500))
        file.writestr("good", b"y", zipfile.ZIP_BZIP2)

    assert taken(path, tmp_path) == ({"good": b"y"}, {"odd": "IMPORT_DAMAGED"})


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

    assert taken(path, tmp_path) == ({}, {"": "IMPORT_DAMAGED"})


def test_a_link_in_a_tar_that_claims_a_size_hides_no_header_behind_it(tmp_path: Path) -> None:
    link, described = tarfile.TarInfo("link"), tarfile.TarInfo("x")
    link.type, link.size = tarfile.LNKTYPE, 512
    described.type, described.size = tarfile.XHDTYPE, 1 << 30
    path = tmp_path / "export.tar"
    with path.open("wb") as file:
        file.write(tarred({"good": b"y"}, mode="w")[:1024] + link.tobuf() + described.tobuf(tarfile.USTAR_FORMAT))
        file.truncate(2 << 30)
    tracemalloc.start()
    found = taken(path, tmp_path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found == ({"good": b"y"}, {"link": "IMPORT_NO_FILE", "": "IMPORT_DAMAGED"})
    assert most < 16 << 20


def test_headers_of_a_tar_that_describe_each_other_without_end_are_refused(tmp_path: Path) -> None:
    described = tarfile.TarInfo("x")
    described.type, body = tarfile.XHDTYPE, b"30 mtime=1350244992.023960108\n"
    described.size = len(body)
    headers = (described.tobuf(tarfile.USTAR_FORMAT) + body.ljust(512, b"\0")) * 900
    path = tmp_path / "export.tar"
    path.write_bytes(tarred({"good": b"y"}, mode="w")[:1024] + headers + tarred({"hidden": b"z"}, mode="w"))

    assert taken(path, tmp_path) == ({"good": b"y"}, {"": "IMPORT_DAMAGED"})


@pytest.mark.parametrize("cut", [b"", b"no header".ljust(512)], ids=["cut off", "damaged"])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_that_ends_before_its_end_gives_what_comes_before_and_says_so(
    tmp_path: Path, mode: str, cut: bytes
) -> None:
    content = tarred({"a": b"first", "b": b"second", "c": b"third"}, mode="w")[:2048] + cut
    path = tmp_path / "export.tar"
    path.write_bytes(gzip.compress(content) if mode == "w:gz" else content)

    assert taken(path, tmp_path) == ({"a": b"first", "b": b"second"}, {"": "IMPORT_DAMAGED"})


@pytest.mark.parametrize("make", [tarred, zipped])
def test_no_container_gives_more_names_than_are_taken_also_of_what_is_refused(
    tmp_path: Path, make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in (tarred_module, zipped_module):
        monkeypatch.setattr(part, "MOST_MEMBERS", 10)
    path = tmp_path / "export"
    path.write_bytes(make({f"../{number}": b"" for number in range(10)}))
    assert len(taken(path, tmp_path)[1]) == 10
    path.write_bytes(make({f"../{number}": b"" for number in range(11)}))

    with pytest.raises(ImportTooLargeError):
        taken(path, tmp_path)


def test_a_list_of_files_is_measured_where_it_lies_and_not_where_a_zip_says_that_it_does(tmp_path: Path) -> None:
    whole = zipped(FILES)
    end = whole.index(b"PK\x05\x06")
    modest, vast = (struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 3, 3, size, 0) for size in (200, 1 << 40))
    locator = struct.pack("<IIQI", 0x07064B50, 0, end, 1)
    path = tmp_path / "export.zip"
    path.write_bytes(whole[:end] + modest + vast + locator + whole[end:])

    with pytest.raises(ImportTooLargeError):
        taken(path, tmp_path)


def test_names_in_a_zip_are_read_as_utf_8_also_where_it_does_not_say_so(tmp_path: Path) -> None:
    content = bytearray(zipped({"für.jpg": b"1"}))
    for mark, at in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        content[content.index(mark) + at] &= ~0x08
    path = tmp_path / "export.zip"
    path.write_bytes(content)

    assert "für.jpg" in taken(path, tmp_path)[0]


def test_a_file_whose_name_has_a_backslash_is_taken_and_is_not_another_one(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    (folder / "a").mkdir(parents=True)
    (folder / "a\\b").write_bytes(b"odd")
    (folder / "a" / "c").write_bytes(b"plain")

    assert taken(folder, tmp_path) == ({"a/b": b"odd", "a/c": b"plain"}, {})


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
    assert refused or len(found) == len(files) or cut >= len(whole) - 20


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
