"""What only somebody with the archive's own keys could seal wrongly: each kind is named with a code of its own."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.audit import audit, captures
from manifests.audit.found import LIMIT
from manifests.audit.records import Alike
from schemas.errors import IntegrityError
from schemas.instant import Instant
from schemas.ledger import Captured
from schemas.record import Provenance, Record, Slice
from storage.memory import MemoryStore
from tests.manifests.archives import START, Writer
from tests.manifests.sealing import Archivist, digest_of, record, source_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.findings import Report
    from schemas.partition import Partition


@pytest.fixture
def archivist(tmp_path: Path) -> Archivist:
    """An archive with one sound capture."""
    made = Archivist(tmp_path)
    made.seal("sound")
    return made


def audited(archivist: Archivist) -> Report:
    """The audit of the archive, a second after its last entry."""
    return audit(archivist.store, now=archivist.writer.clock())


def found(archivist: Archivist) -> list[tuple[str, str]]:
    """The codes that the audit names, with the last part of the key."""
    return [(one.code, one.key.rpartition("/")[2].partition(".")[0]) for one in audited(archivist).findings]


def rewritten(content: bytes, column: str, cells: list[object]) -> bytes:
    """A partition with other cells in one column, in every other way like one of ours."""
    table = pq.read_table(io.BytesIO(content))
    place = table.schema.get_field_index(column)
    field = table.schema.field(place)
    table = table.set_column(place, field, pa.array(cells, type=field.type))
    out = io.BytesIO()
    with pq.ParquetWriter(
        out, table.schema, compression="zstd", use_dictionary=False, write_page_checksum=True, store_schema=False
    ) as writer:
        writer.add_key_value_metadata({"holdfast": "holdfast-partition/v2"})
        writer.write_table(table.replace_schema_metadata(None))
    return out.getvalue()


def test_what_was_sealed_as_it_should_be_is_sound(archivist: Archivist):
    report = audited(archivist)
    assert report.sound
    assert report.findings == ()
    assert (report.records, report.objects, report.read) == (3, 2, 2)


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("item", ["0", "other", "2"]),
        ("url", [None, "https://elsewhere.example/", None]),
        ("text", [None, None, "x"]),
        ("author", ["somebody", None, None]),
        ("created", [1, None, 2]),
        ("captured", [1, 2, 3]),
        ("native_sha256", [bytes(32), bytes(32), bytes(32)]),
    ],
)
def test_a_search_column_that_does_not_follow_is_named_for_every_row_that_differs(
    archivist: Archivist, column: str, cells: list[object]
):
    archivist.seal("bad", columns=lambda content: rewritten(content, column, cells))
    report = audited(archivist)
    assert {(one.code, one.key.rpartition("/")[2]) for one in report.findings} == {("COLUMNS_DIFFER", "bad.parquet")}
    assert len(report.findings) == (1 if column in ("item", "url", "author") else 3)


def test_an_id_that_the_parts_do_not_make_is_named_and_its_root_too(archivist: Archivist):
    archivist.seal("bad", columns=lambda content: rewritten(content, "record", [bytes(32), b"1" * 32, b"2" * 32]))
    assert found(archivist) == [*[("RECORD_ALTERED", "bad")] * 3, ("ROOT_DIFFERS", "bad")]


def test_text_that_is_not_in_its_one_spelling_is_named(archivist: Archivist):
    archivist.seal("bad", columns=lambda content: rewritten(content, "normalised", [b'{"kind": "post"}'] * 3))
    assert found(archivist) == [("NOT_CANONICAL", "bad")]


@pytest.mark.parametrize(
    "say",
    [
        lambda one: msgspec.structs.replace(one, root=digest_of("another root")),
        lambda one: msgspec.structs.replace(one, rows=one.rows + 1),
    ],
)
def test_a_root_or_number_of_rows_that_is_not_the_partitions_is_named(
    archivist: Archivist, say: Callable[[Partition], Partition]
):
    archivist.seal("bad", say=say)
    assert found(archivist) == [("ROOT_DIFFERS", "bad")]


def test_a_record_of_another_capture_or_account_is_named(archivist: Archivist):
    def moved(records: list[Record]) -> list[Record]:
        first, second, third = records
        return [
            first,
            record(1, second.native, source_of(second), capture="another"),
            record(2, third.native, source_of(third), capture="bad", account="other"),
        ]

    archivist.seal("bad", change=moved)
    assert found(archivist) == [("RECORD_MISPLACED", "bad")] * 2


def test_a_record_of_another_month_is_named(archivist: Archivist):
    april = Instant.from_text("2026-04-01T00:00:00.000000Z")

    def later(records: list[Record]) -> list[Record]:
        return [record(0, one.native, source_of(one), capture="bad", created=april) for one in records[:1]]

    archivist.seal("bad", change=later)
    assert found(archivist) == [("PERIOD_DIFFERS", "bad")]


def with_source(records: list[Record], **change: object) -> list[Record]:
    """The records, the second with another place that it says it comes from."""
    source = msgspec.structs.replace(source_of(records[1]), **change)
    capture = Provenance.from_bytes(records[1].provenance).capture
    return [records[0], record(1, records[1].native, source, capture=capture), *records[2:]]


@pytest.mark.parametrize("change", [{"offset": 0}, {"offset": 10_000}, {"length": 10_000}, {"length": 3}])
def test_native_bytes_that_are_not_where_they_are_said_to_be_are_named(archivist: Archivist, change: dict[str, int]):
    archivist.seal("bad", change=lambda records: with_source(records, **change))
    assert found(archivist) == [("SLICE_DIFFERS", "bad")]


def test_an_exchange_that_is_in_no_warc_file_is_named(archivist: Archivist):
    archivist.seal("bad", change=lambda records: with_source(records, exchange="urn:uuid:none"))
    assert found(archivist) == [("EXCHANGE_MISSING", "bad")]


def test_slices_may_nest_overlap_and_be_empty(archivist: Archivist):
    def nested(records: list[Record]) -> list[Record]:
        whole = b"".join(one.native for one in records)
        exchange = source_of(records[0]).exchange
        places = [(0, len(whole)), (3, 10), (5, 10), (0, 1), (len(whole), 0), (len(whole) - 1, 1)]
        return [
            record(
                number,
                whole[offset : offset + length],
                Slice(exchange=exchange, uri="file:///feed.xml", offset=offset, length=length),
                capture="good",
            )
            for number, (offset, length) in enumerate(places)
        ]

    archivist.seal("good", change=nested)
    assert found(archivist) == []


def test_records_of_an_answer_that_came_twice_are_found_where_its_payload_is(archivist: Archivist):
    archivist.seal("good", records=30, repeated=True)
    archivist.seal("bad", records=30, repeated=True, change=lambda records: with_source(records, offset=0))
    assert found(archivist) == [("SLICE_DIFFERS", "bad")]


def test_a_capture_with_more_records_than_are_looked_for_at_once_is_judged_alike(
    archivist: Archivist, monkeypatch: pytest.MonkeyPatch
):
    archivist.seal("bad", records=7, change=lambda records: with_source(records, offset=0))
    archivist.seal("worse", change=lambda records: with_source(records, exchange="urn:uuid:none"))
    at_once = audited(archivist)
    monkeypatch.setattr(captures, "AT_ONCE", 2)
    assert audited(archivist) == at_once
    assert found(archivist) == [("SLICE_DIFFERS", "bad"), ("EXCHANGE_MISSING", "worse")]


class Counting(MemoryStore):
    """A store that counts how often each key is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: Counter[str] = Counter()

    def open(self, key: str, *, version: str | None = None) -> BinaryIO:
        self.opened[key] += 1
        return super().open(key, version=version)


def test_every_object_is_read_once(tmp_path: Path):
    made = Archivist(tmp_path, Writer(store=Counting()))
    for number in range(4):
        made.seal(str(number))
    made.store.opened.clear()
    assert audited(made).sound
    assert set(made.store.opened) == set(made.store.keys(""))
    data = {key: times for key, times in made.store.opened.items() if not key.startswith("ledger/")}
    assert set(data.values()) == {1}


def test_a_partition_that_two_entries_name_is_named_and_read_once(archivist: Archivist):
    act = archivist.seal("first")
    last = archivist.ledger.history.last_capture["blog"][0]
    poll = msgspec.structs.replace(act.poll, capture="again")
    archivist.writer.append(archivist.ledger, Captured(poll=poll, base=last, partitions=act.partitions))
    assert found(archivist) == [("OBJECT_NAMED_TWICE", "first")]


def test_findings_beyond_a_thousand_of_a_kind_are_counted(archivist: Archivist):
    def moved(records: list[Record]) -> list[Record]:
        return [record(number, one.native, source_of(one), capture="another") for number, one in enumerate(records)]

    archivist.seal("bad", records=LIMIT + 234, change=moved)
    report = audited(archivist)
    assert len(report.findings) == LIMIT
    assert [(one.code, one.count) for one in report.beyond] == [("RECORD_MISPLACED", 234)]
    assert report.steps[4].note == f"{LIMIT + 234} at fault"


NUMBERS = st.one_of(st.integers(0, 2**53 - 1), st.integers(0, 99))
SOURCES = st.builds(
    Slice,
    exchange=st.sampled_from(["e", '"length":1,"offset":2']),
    uri=st.text(max_size=5),
    offset=NUMBERS,
    length=NUMBERS,
)
ORIGINS = st.builds(
    Provenance,
    account=st.just("blog"),
    platform=st.just("feed"),
    capture=st.sampled_from(["one", "two"]),
    captured=st.just(START),
    method=st.just("feed"),
    collector=st.just("test/1"),
    claim=st.just(1),
    source=SOURCES,
    previous=st.one_of(st.none(), st.just(digest_of("before"))),
)


@given(st.lists(ORIGINS, min_size=1, max_size=6))
def test_provenances_that_are_alike_are_read_as_each_alone_is(origins: list[Provenance]):
    alike = Alike()
    for origin in [*origins, *origins]:
        read, offset, length = alike.read(origin.to_bytes())
        source = msgspec.structs.replace(read.source, offset=offset, length=length)
        assert msgspec.structs.replace(read, source=source) == origin


@given(ORIGINS, st.integers(0, 400), st.sampled_from([b"", b"0", b"-", b" ", b"9" * 20, b'"', b","]), st.integers(0, 2))
def test_a_provenance_like_another_is_refused_wherever_it_alone_would_be(
    origin: Provenance, place: int, put: bytes, cut: int
):
    content = origin.to_bytes()
    place = min(place, len(content))
    changed = content[:place] + put + content[place + cut :]
    alike = Alike()
    alike.read(content)
    try:
        alone = Provenance.from_bytes(changed)
    except IntegrityError:
        with pytest.raises(IntegrityError):
            alike.read(changed)
    else:
        read, offset, length = alike.read(changed)
        source = msgspec.structs.replace(read.source, offset=offset, length=length)
        assert msgspec.structs.replace(read, source=source) == alone
