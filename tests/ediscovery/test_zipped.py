"""Bags as ZIP files: the same bytes for the same bag, and nothing that a stranger packs leads out of its folder."""

from __future__ import annotations

import io
import stat
import subprocess
import sys
import warnings
import zipfile
from typing import TYPE_CHECKING

import pytest

from ediscovery.bags import zipped
from ediscovery.bags.reading import PackageMalformedError
from ediscovery.bags.writing import Bag, new_bag
from ediscovery.bags.zipped import unpacked
from ediscovery.sheets import ListUnwritableError, OutputExistsError

if TYPE_CHECKING:
    from pathlib import Path


def fill(bag: Bag) -> None:
    bag.add("data/TEXT/A1.txt", "Ökonomie".encode(), media_type="text/plain")
    bag.add("data/NATIVES/A1.json", b"{}" * 10_000, media_type="application/json")
    bag.finish({"Source-Organization": "Maple Grove USD"}, {})


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_zipped_is_what_is_unpacked_and_always_the_same_bytes(tmp_path: Path):
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with zipped.zipped(tmp_path / name / "bag.zip") as folder:
            with new_bag(folder) as bag:
                fill(bag)
            expected = contents(folder)
        made.append((tmp_path / name / "bag.zip").read_bytes())
        assert [path.name for path in (tmp_path / name).iterdir()] == ["bag.zip"]
    assert made[0] == made[1]
    with unpacked(tmp_path / "one" / "bag.zip") as folder:
        assert contents(folder) == expected
    # For others it is a ZIP as any.
    subprocess.run([sys.executable, "-m", "zipfile", "-t", tmp_path / "one" / "bag.zip"], check=True)


def test_nothing_is_written_where_something_is_or_cannot_be(tmp_path: Path):
    (tmp_path / "bag.zip").write_text("mine")
    with pytest.raises(OutputExistsError), zipped.zipped(tmp_path / "bag.zip"):
        pytest.fail("it began")
    assert (tmp_path / "bag.zip").read_text() == "mine"
    with pytest.raises(ListUnwritableError), zipped.zipped(tmp_path / "no" / "bag.zip"):
        pytest.fail("it began")


def packed(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w", method) as file:
        warnings.simplefilter("ignore")  # of two files of one name
        for name, octets in files:
            file.writestr(name, octets)
    return content.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    "content",
    [
        packed(("../out.txt", b"x")),
        packed(("bag/../../out.txt", b"x")),
        packed(("/out.txt", b"x")),
        packed(("bag/data/..\\out.txt", b"x")),
        packed(("bag/C:out.txt", b"x")),
        packed(("bag/data/a.txt", b"x"), ("other/a.txt", b"x")),
        packed(("bag/a.txt", b"x"), ("bag/a.txt", b"y")),
        packed(("a.txt", b"x")),
        packed(("bag/a.txt", b"x"), method=zipfile.ZIP_BZIP2),
        packed(),
        packed(("bag/a.txt", b"x" * 1000))[:-30],
        b"PK\x03\x04 and nothing",
    ],
)
def test_what_no_package_holds_is_refused_and_leads_nowhere(content: bytes, tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bag.zip").write_bytes(content)
    with pytest.raises(PackageMalformedError), unpacked(tmp_path / "in" / "bag.zip"):
        pytest.fail("it was unpacked")
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "bag.zip"]


def test_a_link_becomes_a_file_and_leads_nowhere(tmp_path: Path):
    (tmp_path / "bag.zip").write_bytes(packed((link("bag/data/a.txt"), b"/etc/passwd")))
    with unpacked(tmp_path / "bag.zip") as folder:
        assert not (folder / "data/a.txt").is_symlink()
        assert (folder / "data/a.txt").read_bytes() == b"/etc/passwd"


def test_what_unpacks_to_far_more_than_its_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(zipped, "LEAST_BUDGET", 1 << 20)
    (tmp_path / "bag.zip").write_bytes(packed(("bag/a.txt", bytes(8 << 20))))
    with pytest.raises(PackageMalformedError, match="far more"), unpacked(tmp_path / "bag.zip"):
        pytest.fail("it was unpacked")
