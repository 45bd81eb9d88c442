"""SIGKILL at every durable step of making an index: what has its name is whole, and whoever comes next goes on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ediscovery.evidence import sealed_places
from ediscovery.index import keeping, putting
from ediscovery.index.stated import STATEMENT
from manifests.archive import Archive, open_archive
from manifests.console import system_clock
from tests.ediscovery.partitions import Version
from tests.ediscovery.transfer.packages import office
from tests.killing import deaths

if TYPE_CHECKING:
    from ediscovery.index.files import Files

TEXTS = [Version(f"item-{number}", f"snow day {number}", created=number) for number in range(6)]


def made(archive: Archive) -> dict[str, bytes]:
    """The files of the index, by their place in it; made where they lack."""
    with keeping.segments(archive, sealed_places(archive), size=archive.ledger.head.size) as files:
        return contents(files)


def contents(files: Files) -> dict[str, bytes]:
    assert files.items
    return {str(path.relative_to(files.items.parent.parent)): path.read_bytes() for path in files.all}


def make_here(home: str) -> None:
    """Make the index of an archive that is there; for a process that is killed."""
    made(open_archive(Path(home), now=system_clock, actor="test"))


def put_here(home: str) -> None:
    """Put the index of an archive into its store; for a process that is killed."""
    putting.put(open_archive(Path(home), now=system_clock, actor="test"))


def test_a_putting_that_is_killed_at_any_step_leaves_no_half_part_and_whoever_comes_next_goes_on(tmp_path):
    archive = office(tmp_path / "home", TEXTS, rows=2)
    folder = archive.home / "archive" / "index"

    def there() -> dict[tuple[str, str], bytes]:
        return {(path.parent.name, path.name): path.read_bytes() for path in folder.glob("*/*")}

    putting.put(archive)
    whole = there()

    def emptied(_: object) -> dict[str, str]:
        shutil.rmtree(folder, ignore_errors=True)
        return {"home": str(archive.home)}

    left = []
    for death in deaths("tests.ediscovery.test_index_killed:put_here", emptied, moments=("before",)):
        found = there()
        assert found.items() <= whole.items(), death
        stated = {part for part, name in found if name == STATEMENT}
        assert {key for key in whole if key[0] in stated} <= found.keys(), death
        left.append(len(found))
        putting.put(archive)
        assert there() == whole, death
    assert set(left) >= {0, 1, len(whole) - 1}


def test_an_index_whose_making_is_killed_at_any_step_is_made_by_whoever_comes_next(tmp_path):
    archive = office(tmp_path / "home", TEXTS, rows=2)
    folder = archive.home / "state" / "index"
    whole = made(archive)

    def emptied(_: object) -> dict[str, str]:
        shutil.rmtree(folder, ignore_errors=True)
        return {"home": str(archive.home)}

    left = []
    for death in deaths("tests.ediscovery.test_index_killed:make_here", emptied, moments=("before",)):
        found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}
        assert found.items() <= whole.items(), death
        left.append(len(found))
        assert made(archive) == whole, death
    assert set(left) > {0, len(whole)}
