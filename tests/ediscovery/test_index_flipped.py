"""A bit that flipped on the disk: answers stay the same, or the part is removed; none is ever another one."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ediscovery.engine import Means
from ediscovery.index import segments
from ediscovery.index.building import build
from ediscovery.index.files import Files, IndexDamagedError
from ediscovery.index.known import Known
from ediscovery.index.opened import Columns
from ediscovery.index.reading import indexed
from ediscovery.index.versions import gather
from schemas.query import Is, Phrase, Prefix, Query, Word
from tests.ediscovery.partitions import MEMORY, MONDAY, Version, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("docs", "postings", "names", "items")
ENDING = 8
SAMPLE = 60
QUERIES = (
    Query(term=Word("budget")),
    Query(term=Phrase(("budget", "hearing"))),
    Query(term=Prefix("wo"), versions=True),
    Query(start=MONDAY.plus(seconds=3 * 3600), end=MONDAY.plus(seconds=9 * 3600)),
    Query(term=Is("id", "item-3")),
)
COUNTED = "SELECT kind, count(*), count(items.verdict) FROM docs LEFT JOIN items USING (doc) GROUP BY ALL"


@dataclass(frozen=True)
class Made:
    """A segment, and what is said of its items; each in a folder, of which there is another copy."""

    folder: Path

    def file(self, name: str) -> Path:
        """One of the files."""
        return self.folder / ("items" if name == "items" else "segment") / f"{name}.parquet"

    def answers(self) -> list[Any]:
        """What some queries find, and a statement counts."""
        means = Means(1, MEMORY, self.folder)
        with indexed(Files([self.folder / "segment"], self.file("items")), Known(), means) as index:
            found: list[Any] = [list(index.find(query)) for query in QUERIES]
            return [*found, index.documents, sorted(index.tables.rows(COUNTED))]

    def restore(self) -> None:
        """Put back what was there."""
        for name in ("items", "segment"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            shutil.copytree(self.folder / f"{name}.whole", self.folder / name)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Some records with several row groups in each file."""
    for name, rows in (("DOC_ROWS", 16), ("POSTING_ROWS", 64), ("NAME_ROWS", 32)):
        monkeypatch.setattr(segments, name, rows)
    versions = [
        Version(
            f"item-{n % 70}",
            f"budget hearing word{n % 13}",
            kind="absence" if n == 7 else "post",
            verdict="deleted" if n == 7 else None,
            created=n % 11 or None,
            captured=n,
        )
        for n in range(120)
    ]
    made, means = Made(tmp_path), Means(1, MEMORY, tmp_path)
    for name in ("segment", "items"):
        (tmp_path / name).mkdir()
    build(write(tmp_path, versions), tmp_path / "segment", first=5, means=means)
    gather(Files([tmp_path / "segment"]), made.file("items"), means=means)
    for name in ("segment", "items"):
        shutil.copytree(tmp_path / name, tmp_path / f"{name}.whole")
    return made


def flipped(path: Path, bits: Iterator[int]) -> Iterator[int]:
    """Flip one bit of a file after the other."""
    whole = path.read_bytes()
    for bit in bits:
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        yield bit


def footer_of(path: Path) -> range:
    """The bits of a file's footer."""
    content = path.read_bytes()
    length = int.from_bytes(content[-ENDING:-4], "little") + ENDING
    return range((len(content) - length) * 8, len(content) * 8)


@pytest.mark.parametrize("name", NAMES)
def test_no_bit_of_a_footer_flips_unnoticed(made: Made, name: str):
    bits = footer_of(made.file(name))
    sample = {*bits[-ENDING * 8 :: 5], *random.Random(name).sample(bits, SAMPLE)}
    for bit in flipped(made.file(name), iter(sample)):
        with pytest.raises(IndexDamagedError, match=made.file(name).parent.name):
            made.answers()
        assert not made.file(name).parent.exists(), bit
        made.restore()


@pytest.mark.parametrize("name", NAMES)
def test_a_bit_that_flipped_before_the_footer_changes_no_answer(made: Made, name: str):
    there, bits, noticed = made.answers(), range(footer_of(made.file(name)).start), 0
    for _ in flipped(made.file(name), iter(random.Random(name).sample(bits, SAMPLE))):
        try:
            assert made.answers() == there
        except IndexDamagedError:
            noticed += 1
            made.restore()
    assert noticed


@pytest.mark.parametrize("name", NAMES)
def test_a_file_whose_digests_flipped_or_lack_is_taken_for_damaged(made: Made, name: str):
    digests = segments.digests_of(made.file(name))
    footer = (segments.DIGEST_BYTES + segments.LENGTH_BYTES) * 8
    for _ in flipped(digests, iter(range(0, footer, 11))):
        with pytest.raises(IndexDamagedError):
            made.answers()
        made.restore()
    digests.unlink()
    with pytest.raises(IndexDamagedError):
        made.answers()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_with_columns_of_other_types_is_removed(made: Made, name: str):
    path = made.file(name)
    table = pq.read_table(path)
    pq.write_table(table.cast(pa.schema([field.with_nullable(True) for field in table.schema])), path)
    segments.digests_of(path).write_bytes(segments.digests(path))
    schema = segments.ITEMS if name == "items" else {"docs": segments.DOCS, "names": segments.NAMES}.get(name)
    with pytest.raises(pa.ArrowInvalid, match="other columns"):
        Columns(path, schema or segments.POSTINGS)
    with pytest.raises(IndexDamagedError):
        made.answers()
    assert not path.parent.exists()
