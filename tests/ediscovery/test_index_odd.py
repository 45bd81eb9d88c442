"""Parts of the index that were signed and are no index: they are refused, whatever reads them, and made here."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from demo.site import BlogSite
from ediscovery.commands import searchable
from ediscovery.evidence import sealed_places
from ediscovery.index import keeping, putting
from ediscovery.index.files import IndexDamagedError
from ediscovery.index.segments import digests_of
from ediscovery.index.stated import STATEMENT, sign, stated
from ediscovery.index.stored import REFUSED, SUFFIX
from schemas.query import Query, Word
from tests.ediscovery.indexes import fresh, in_store, office_with_index, overwrite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ediscovery.search import Search
    from manifests.archive import Archive
    from tests.ediscovery.disposition.offices import Office

COUNTED = {
    "docs": "SELECT kind, count(*) FROM docs GROUP BY ALL ORDER BY ALL",
    "postings": "SELECT count(*), count(DISTINCT doc) FROM postings",
    "names": "SELECT count(*), sum(doc) FROM names",
    "items": "SELECT count(*), sum(versions) FROM items",
}


@pytest.fixture
def site() -> Iterator[BlogSite]:
    """A blog's site."""
    with BlogSite() as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, site: BlogSite) -> Office:
    """An office with its index in the store."""
    return office_with_index(tmp_path / "home", site)


def sign_again(office: Office, file: str, change: Any, folder: Path) -> None:
    """Change files of that name in the store, and sign what they are then."""
    for key, path in in_store(office).items():
        part = key.split("/")[1]
        names = keeping.files_of(part)
        if not key.endswith(STATEMENT) or (names[0] if file == "items" else f"{file}.parquet") not in names:
            continue
        if (file == "items") != part.startswith(keeping.ITEMS):
            continue
        (made := folder / part).mkdir(parents=True)
        for name in names:
            made.joinpath(name).write_bytes(path.with_name(f"{name}.0").read_bytes())
        changed = made / (names[0] if file == "items" else f"{file}.parquet")
        change(changed)
        overwrite(path.with_name(f"{changed.name}.0"), changed.read_bytes())
        what = stated(part, [made / name for name in names])
        overwrite(path, sign(what, origin=office.archive.ledger.origin, key=office.archive.entry_key()))


def of_other_types(path: Path) -> None:
    """Let each column of numbers be one of text."""
    table = pq.read_table(path)
    types = [pa.string() if pa.types.is_integer(field.type) else field.type for field in table.schema]
    pq.write_table(table.cast(pa.schema(list(zip(table.schema.names, types, strict=True)))), path)


def of_other_pages(path: Path) -> None:
    """Overwrite all that comes before the footer."""
    content = path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little") + 8
    path.write_bytes(content[:4] + bytes(len(content) - length - 4) + content[-length:])


def of_no_rows(path: Path) -> None:
    """Write what is no Parquet."""
    path.write_bytes(b"none")


def searched(opened: Search, _file: str) -> object:
    """Find a word, and an item by its name."""
    hits = list(opened.hits(Query(term=Word("earthquake"), versions=True)))
    return hits, opened.versions(hits[0].account, hits[0].item)


def counted(opened: Search, file: str) -> object:
    """Count by a statement."""
    return list(opened.index.tables.rows(COUNTED[file]))


def tried(archive: Archive, ask: Any, file: str) -> object:
    with searchable(archive) as opened:
        return ask(opened, file)


@pytest.mark.parametrize("ask", [searched, counted])
@pytest.mark.parametrize("change", [of_other_types, of_other_pages, of_no_rows])
@pytest.mark.parametrize("file", ["docs", "postings", "names", "items"])
def test_what_was_signed_and_cannot_be_read_is_refused_and_made_here(
    office: Office, tmp_path: Path, file: str, change: Any, ask: Any
):
    there = tried(office.archive, ask, file)
    sign_again(office, file, change, tmp_path / "changed")
    archive, _ = fresh(office.archive, tmp_path / "fresh")
    refused = 0
    for _ in in_store(office):
        with suppress(IndexDamagedError):
            assert tried(archive, ask, file) == there
            break
        refused += 1
    assert refused
    assert tried(archive, ask, file) == there


@pytest.mark.parametrize("file", ["docs", "postings", "names", "items"])
def test_what_is_damaged_here_is_not_put(office: Office, file: str):
    there = {key: path.read_bytes() for key, path in in_store(office).items()}
    for path in in_store(office).values():
        path.unlink()
    with keeping.segments(
        office.archive, sealed_places(office.archive), size=office.archive.ledger.head.size, own=True
    ) as files:
        damaged = files.named[file][0]
    content = bytearray(damaged.read_bytes())
    content[-9] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(IndexDamagedError, match=damaged.parent.name):
        putting.put(office.archive)
    assert not in_store(office)
    assert putting.put(office.archive).new
    assert {key: path.read_bytes() for key, path in in_store(office).items()} == there


@pytest.mark.parametrize("file", ["docs", "postings", "names", "items"])
@pytest.mark.parametrize("spoilt", ["the footer", "the digests"])
def test_a_file_that_was_copied_and_in_which_a_bit_flipped_is_copied_again(
    office: Office, tmp_path: Path, file: str, spoilt: str
):
    there = tried(office.archive, counted, file)
    archive, _ = fresh(office.archive, tmp_path / "fresh")
    assert tried(archive, counted, file) == there
    home = tmp_path / "fresh" / "state" / "index"
    path = next(home.glob(f"{'items-*' if file == 'items' else '[0-9a-f]*'}{SUFFIX}/{file}*.parquet"))
    flipped = path if spoilt == "the footer" else digests_of(path)
    content = bytearray(flipped.read_bytes())
    content[-40] ^= 1
    flipped.write_bytes(content)
    with pytest.raises(IndexDamagedError, match=path.parent.name):
        tried(archive, counted, file)
    assert not path.exists()
    assert tried(archive, counted, file) == there
    assert path.exists()
    assert not list(home.rglob(REFUSED))
