"""A bag as one ZIP file: the same bag gives the same bytes, and what is unpacked leads nowhere else."""

from __future__ import annotations

import shutil
import zlib
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from ediscovery.bags import names
from ediscovery.bags.entries import entry
from ediscovery.bags.reading import malformed
from ediscovery.sheets import new_file, refuse_taken, unwritable
from storage.objects import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGINNING = b"PK\x03\x04"
MOST_FILES = 1_000_000
LEAST_BUDGET, MOST_EXPANSION = 1 << 30, 200
"""Bytes that are unpacked of any file, and how many of each byte of a larger one."""


@contextmanager
def zipped(out: Path) -> Iterator[Path]:
    """Give the folder that is to be made in the block, and then write what is in it to ``out``, which is a new file.

    The folder lies beside the file meanwhile, hidden: whoever is killed leaves it there. In the file, all lies in a
    folder that is called like the file without its extension.

    Raises:
        OutputExistsError: there is such a file; it stays as it is.
        ListUnwritableError: it cannot be written.
    """
    refuse_taken(out, option="--to")
    try:
        beside = TemporaryDirectory(dir=out.parent, prefix=".")
    except OSError as error:
        raise unwritable(str(out), error, option="--to") from error
    with beside as temporary:
        folder = Path(temporary) / out.stem
        yield folder
        _write(folder, out)


def _write(folder: Path, out: Path) -> None:
    with new_file(out, option="--to") as file, ZipFile(file, "w", ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                about = entry(path.relative_to(folder.parent).as_posix(), compression=ZIP_DEFLATED)
                with path.open("rb") as content, packed.open(about, "w", force_zip64=True) as into:
                    shutil.copyfileobj(content, into, CHUNK)


def is_zip(path: Path) -> bool:
    """Return whether a file begins as a ZIP does."""
    with path.open("rb") as file:
        return file.read(len(BEGINNING)) == BEGINNING


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpack the bag in a ZIP file for the length of a block, and give its folder.

    Raises:
        PackageMalformedError: it is damaged, holds other than one folder of plainly named files, or would unpack to
            far more than its size.
    """
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "bag"
        try:
            with ZipFile(path) as packed:
                _unpack(packed, folder, budget=max(LEAST_BUDGET, MOST_EXPANSION * path.stat().st_size))
        except (BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
            raise malformed(f"{path.name} is no whole ZIP file") from error
        yield folder


def _unpack(packed: ZipFile, folder: Path, *, budget: int) -> None:
    entries = [one for one in packed.infolist() if not one.is_dir()]
    tops = {one.filename.partition("/")[0] for one in entries}
    if len(tops) != 1 or tops & {"", ".", ".."} or len(entries) > MOST_FILES:
        raise malformed("it has not one folder with all its files")
    if sum(one.file_size for one in entries) > budget:
        raise malformed("it would unpack to far more than its size")
    for one in entries:
        name = one.filename.partition("/")[2]
        if not names.SAFE.fullmatch(name) or one.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise malformed("it has a file that no package has")
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # Two of one name are refused: 'x' makes a file, and never opens one that is there.
        try:
            with packed.open(one) as content, target.open("xb") as into:
                shutil.copyfileobj(content, into, CHUNK)
        except FileExistsError as error:
            raise malformed("it has two files of one name") from error
